#ifndef STORE_LOCAL_H
#define STORE_LOCAL_H

#include <stdatomic.h>
#include <sys/types.h>

#include "store/store_impl.h"

/*
 * The local back end's insides: local.c, local_put.c, local_list.c.
 *
 * The repository's folder is held, and every name is taken below it.  What is
 * in it is looked up as restic does it, symlinks included: whoever owns a
 * repository may have put its data elsewhere.
 */
struct local {
	struct store	 base;		/* first, so a struct store * is one */
	int		 root;
	mode_t		 dir_mode, file_mode;	/* before read-only */
	atomic_uchar	 swept[STORE_KINDS];	/* old temporaries are gone */
};

/* "data/ab/abcd...": relative to the root. */
#define LOCAL_PATH_MAX	96
void local_folder(char out[LOCAL_PATH_MAX], enum store_kind kind,
    const unsigned char *id);
void local_path(char out[LOCAL_PATH_MAX], const struct store_name *n);

/*
 * Fill e from errno: what was tried, the whole path, and why not; a disk or
 * share that is not there any more is ERR_ABSENT.  -1.
 */
int local_fail(const struct local *l, const char *verb, const char *path,
    struct err *e);

/* Flush a folder or file; where that cannot be done at all, it is done. */
int local_flush(int fd);

/* Open a folder below the root; make: and if it is not there, make it, durably.
 * -1 with errno set. */
int local_open_folder(const struct local *l, const char *path, int make);

int local_put(struct store *s, const struct store_name *n, const void *data,
    size_t len, struct err *e);
int local_start(struct store *s, enum store_kind kind, uint64_t hint,
    struct store_upload **out, struct err *e);
int local_add(struct store_upload *base, const void *data, size_t len,
    struct err *e);
int local_finish(struct store_upload *base, const unsigned char *id,
    struct err *e);
void local_drop(struct store_upload *base);

int local_list(struct store *s, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e);

/* Temporaries of ours have this prefix; restic passes over such names. */
#define LOCAL_TMP	"fettle-tmp-"
#define LOCAL_TMP_OLD	((int64_t)86400)	/* s since the last write */

/* With the first write of a kind: remove temporaries that a crash left in
 * folder.  fresh: one that was made just now; its time is what the clock says. */
void local_sweep(struct local *l, enum store_kind kind, int folder, int fresh);

#endif
