#ifndef BACKUP_RESTORE_IMPL_H
#define BACKUP_RESTORE_IMPL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "backup/restore.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"

/*
 * A restore under way: what all its parts share.  The parts, from the ground up:
 *
 *	record	what is to be known of an entry when its turn comes, packed
 *	pick	include and exclude
 *	folder	a folder of the target, which ends when all in it has ended
 *	open	files of several blobs, and which of them are open
 *	window	some files, and their blobs in the order of the packs
 *	look	what is there already
 *	pack	packs are read, blobs opened and written where they are wanted
 *	links	hard links
 *	team	the threads
 *	plan	the caller's thread: walks the trees and fills windows
 *	prove	--verify
 *
 * Memory does not grow with the snapshot: the walk fills one window while the
 * threads work on the one before.  Of a near store the first windows are small,
 * so that nobody waits for the walk; of a far one they are as large as they get,
 * so that a pack is asked for once.  Blobs that two windows want are read twice.
 */
struct team;
struct lay;
struct open_files;
struct pick;
struct repo_hand;
struct rfolder;
struct sha256;

#define RWORKER_FOLDERS	4

/* One thread, and what it works with; the caller's has one, too. */
struct rworker {
	struct restore	*r;
	struct repo_hand *hand;
	struct sha256	*sha;
	struct buf	 part, plain;	/* of a pack; one blob of it */
	struct buf	 path;
	struct arena	 arena;		/* of the record in hand */
	size_t		*late;		/* uses that are asked for once more */
	size_t		 n_late, cap_late;
	unsigned char	*piece;		/* of a file that is looked at */
	struct {
		uint64_t	 serial;	/* of the folder; 0: none */
		int		 fd;
	}		 held[RWORKER_FOLDERS];
	unsigned	 next_held;
};

struct restore {
	struct repo	*repo;
	const struct restore_options *o;
	const struct restore_events *ev;
	char		*top;		/* o->top as a prefix: "" or "/a/b" */
	struct lay	*lay;		/* NULL: a dry run, and nothing is there */
	struct pick	*pick;
	struct open_files *open;
	struct team	*team;
	struct rworker	*workers;	/* n of them, and the caller's behind */
	unsigned	 n_workers;
	size_t		 part_max;
	int		 flows;		/* parts are read as they come */
	uint32_t	 gap;		/* between blobs that is read through */
	int		 proving;	/* --verify: only look */

	atomic_uint_fast64_t files, total_files, bytes, total_bytes;
	atomic_uint_fast64_t skipped, skipped_bytes, deleted;
	atomic_uint_fast64_t problems, verified;
	atomic_uint_fast64_t serial;	/* of the last folder */
	atomic_int	 no_delete;	/* a tree has names that cannot be */
	int64_t		 said;		/* progress, last; µs */

	pthread_mutex_t	 tell;		/* events, one at a time; also: */
	unsigned char	*whole;		/* a bit a file: it is as it should be */
	size_t		 whole_cap;

	pthread_mutex_t	 fatal_lock;
	struct err	 fatal;		/* why it ends */
	atomic_int	 over;		/* it ends: fatal is set */
};

/* ---- restore_tell.c ---- */
/* The first failure that ends the restore is kept; -1. */
int restore_fail(struct restore *r, const struct err *why);
static inline int
restore_over(struct restore *r)
{
	return atomic_load_explicit(&r->over, memory_order_relaxed);
}
/* From the caller's thread, often: progress, and is it to stop? */
void restore_tick(struct restore *r);

/* A name in a folder ("" the folder itself) cannot be restored, or not in full.
 * A full disk ends it all. */
void restore_problem(struct rworker *w, const struct rfolder *f,
    const char *name, const struct err *why);
void restore_item(struct rworker *w, const struct rfolder *f, const char *name,
    enum restore_what what, uint64_t size);

/* A file's number (restore_plan.c) is one that is whole now; and is it? */
void restore_whole(struct restore *r, uint32_t number);
int restore_is_whole(struct restore *r, uint32_t number);

/* ---- restore_worker.c ---- */
void rworker_init(struct rworker *w, struct restore *r);
void rworker_fini(struct rworker *w);
/* A folder, open: borrowed until the next call. */
int rworker_at(struct rworker *w, const struct rfolder *f, int *fd,
    struct err *e);

/* What a restore may do to what is there. */
static inline int
restore_may_replace(const struct restore *r)
{
	return r->o->overwrite != RESTORE_NEVER;
}

#endif
