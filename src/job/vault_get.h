#ifndef JOB_VAULT_GET_H
#define JOB_VAULT_GET_H

struct err;
struct id;
struct job;
struct side;

/*
 * Bring back one file, or a folder with all that is in it, from a snapshot's tree:
 * `source` (absolute, in the snapshot) into the folder `dir`, beside what has its
 * name.  It is restored into the cache folder first, whole and checked, and from
 * there copied as any plan does it, so it is journalled and can be undone.
 */
int vault_get(struct side *g, const struct job *j, const struct id *tree,
    const char *snapshot, const char *source, const char *dir, struct err *e);

#endif
