#ifndef ORGANIZE_TWINS_H
#define ORGANIZE_TWINS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Which of many files are the same bytes, and of those, which is the original.
 *
 * Files are told apart by size, then by identity (the names of one file are no
 * duplicates of each other), then by a hash of their first bytes, of their
 * last, and at the end of all of them (SHA-256, so that nobody can make two
 * that pass for one; where two are left, they are compared).  Each step reads only what the one before could not tell
 * apart, on all cores, folder by folder.  Before a duplicate is
 * removed, apply compares it with its original byte for byte once more.
 *
 * About 160 bytes a file, and its name.
 */
struct crew;
struct err;
struct fs_id;
struct twins;
struct twins_by;

#define TWINS_PIECE	((size_t)4 << 10)	/* first and last bytes */
#define TWINS_SMALL	((size_t)8 << 10)	/* read whole at once */
#define TWINS_LARGE	((size_t)128 << 10)	/* from here on the last bytes
						   are worth a look of their own */

struct twins *twins_new(const struct twins_by *by);
void twins_free(struct twins *t);		/* NULL is fine */

/*
 * One more file, in the order in which they are seen: where it will lie, and
 * where its bytes are now (real_dir NULL: there).  The same path twice is once.
 * Strings are copied.
 */
void twins_add(struct twins *t, const char *dir, const char *name,
    const char *real_dir, const char *real_name, const struct fs_id *id);

/* All have been added: read and compare.  Blocks. */
void twins_find(struct twins *t, struct crew *c);

/*
 * Is the file at dir/name a duplicate?  1 and *original_dir, *original (where
 * the original will lie); 0; -1 if it could not be read.
 */
int twins_original(const struct twins *t, const char *dir, const char *name,
    const char **original_dir, const char **original, struct err *e);

#endif
