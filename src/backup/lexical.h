#ifndef BACKUP_LEXICAL_H
#define BACKUP_LEXICAL_H

/*
 * Paths as strings, by Go's rules (path/filepath), since restic's snapshots
 * are named by them.  No disk is asked.  Results are to be freed.
 */
char *lexical_clean(const char *path);		/* never empty: "." */
char *lexical_join(const char *a, const char *b);	/* cleaned */
char *lexical_dir(const char *path);
const char *lexical_base(const char *path);	/* of a cleaned path; borrowed */
/* path, or dir/path if it is relative; cleaned. */
char *lexical_abs(const char *dir, const char *path);

#endif
