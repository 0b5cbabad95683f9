#ifndef REPO_INDEX_IMPL_H
#define REPO_INDEX_IMPL_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/index.h"
#include "repo/index_fresh.h"
#include "repo/index_run.h"

/*
 * The inside of a struct index, for index*.c.
 *
 * Whoever looks something up holds lock for reading.  Whoever changes which
 * runs there are, or what of them is live, holds work all the time (so there is
 * one at a time, who may read runs without lock), and lock for writing while
 * the list is changed.  Lookups go on while index files are read, runs merged
 * and index files written.
 *
 * A blob that moves from the fresh table into a run is in both for a moment:
 * look in the table first.
 */
struct index_sync {
	pthread_rwlock_t lock;
	pthread_mutex_t	 work;
};

struct runs {
	struct run	**v;
	size_t		 n, cap;
};

struct index {
	struct index_sync *sync;
	struct fresh	*fresh;
	struct runs	 runs;
	struct runs	 gone;		/* to be freed when the new have names */
	int		 dir;		/* for runs, or -1; the cache's own */
	int64_t		 since;		/* what waits is older than that, or 0 */
	struct id	*passed;	/* index files that are not read, sorted */
	size_t		 n_passed;
};

struct index *index_new(int dir);

void runs_add(struct runs *s, struct run *u);
void runs_fini(struct runs *s);		/* frees the runs, too */

/* ---- with work held ---- */

/* Read index files, by several threads, and make runs of them.  *vanished
 * counts those that are not there any more. */
int index_read_files(struct repo *r, int dir, const struct id *ids, size_t n,
    struct runs *out, size_t *vanished, struct err *e);

/* Put new runs in; s is empty then. */
void index_put_in(struct index *ix, struct runs *s);
/* These index files, sorted, are gone. */
void index_bury(struct index *ix, const struct id *files, size_t n);

/*
 * Merge runs as they need it, name those that have no name yet, and free those
 * that were merged: 0, or 1 if one is damaged, and then the index must be
 * loaded anew.  What cannot be written stays as it is.
 */
int index_settle(struct index *ix);

/*
 * Everything, pack by pack, of what index files say (index_packs).  want may be
 * NULL: it says which packs.
 */
int index_each_pack(const struct index *ix,
    int (*want)(void *arg, const struct run *u, uint32_t pack), void *want_arg,
    int (*each)(void *arg, const struct index_pack *p), void *arg,
    struct err *e);

/*
 * The same, and what several index files say of one pack is put together, each
 * blob once; file is one of them.
 */
int index_each_whole(const struct index *ix,
    int (*want)(void *arg, const struct run *u, uint32_t pack), void *want_arg,
    int (*each)(void *arg, const struct index_pack *p), void *arg,
    struct err *e);

/* ---- writing index files ---- */
struct index_writer;

/* Packs into index files, of INDEX_FULL blobs or a little more but for the last.
 * They are durable when finish is back, and found.  What was written before a
 * failure stays in the repository and is found when the index is loaded. */
struct index_writer *index_writer_new(struct repo *r);
int index_writer_pack(struct index_writer *w, const struct id *pack,
    const struct pack_entry *v, size_t n, struct err *e);
int index_writer_finish(struct index_writer *w, struct err *e);
void index_writer_free(struct index_writer *w);

/* index_rewrite with other packs that more() adds: they are durable with the
 * rest, before old index files go.  more() may use index_each_whole. */
int index_rewrite_with(struct repo *r, int all,
    int (*keep)(void *arg, const struct id *pack),
    int (*more)(void *arg, struct index_writer *w, struct err *e), void *arg,
    struct err *e);

#endif
