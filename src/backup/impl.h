#ifndef BACKUP_IMPL_H
#define BACKUP_IMPL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "backup/backup.h"
#include "backup/meta.h"
#include "backup/parent.h"
#include "repo/chunker.h"
#include "repo/save.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/map.h"

/*
 * A backup that is being made: what all its parts share.  The parts, from the
 * ground up:
 *
 *	meta	an entry of a folder as the disk tells it, and as a node
 *	past	the parent's trees, read beside the folder
 *	links	hard links: read once
 *	moves	files under another name since the last snapshot
 *	tasks	the workers, and what waits for them
 *	read	a file's bytes into blobs
 *	folder	a tree in the making
 *	batch	some entries of a folder, done by one worker
 *	walk	the caller's thread: lists folders, makes batches of them
 *	checkpoint, parent, finish ...	the snapshot around it
 */
struct links;
struct moves;
struct tasks;

/* One of the workers, and what it works with; the caller's has one, too. */
struct worker {
	struct run	*r;
	struct repo_hand *hand;
	int		 own_cwd;	/* its working folder is its own to change */
	struct meta_room room;		/* for xattrs and links' targets */
	struct past_memo *memo;		/* of moves */
	unsigned char	*piece;		/* what is being read, or NULL */
};

struct run {
	struct repo	*repo;
	const struct backup_options *o;
	const struct backup_events *ev;
	struct backup_result *out;
	struct arena	 arena;
	const char	**paths;	/* absolute, those that are there */
	int64_t		 time;		/* of the snapshot; µs */
	int64_t		 start, began;	/* by the wall clock; by the other */
	struct parents	 parents;

	struct saver	*saver;
	struct chunker	*chunker;
	struct owners	 owners;
	struct buffers	*buffers;
	struct links	*links;
	struct moves	*moves;		/* NULL: not looked for */
	struct tasks	*tasks;

	/* The walk's, in the caller's thread. */
	struct worker	 me;
	struct folder	*at;		/* where it is */
	struct map	 devices;	/* of paths, for --one-file-system */
	struct look	*left_out;	/* folders, by identity */
	size_t		 n_left_out, cap_left_out;
	int64_t		 said;		/* progress, last; µs */
	int		 has_checkpoint;
	struct id	 checkpoint;
	int64_t		 checkpoint_at;	/* µs */
	uint64_t	 checkpoint_blobs;	/* saved by then */

	pthread_mutex_t	 lock;		/* of all folders (folder.h) */
	pthread_cond_t	 turned;	/* a folder's next batch may go on */
	struct folder	*root;
	struct id	 root_tree;
	int		 root_done, root_empty;

	pthread_mutex_t	 tell;		/* events, one at a time; also these: */
	char		*current;
	uint64_t	 problems, changed;

	atomic_uint_fast64_t files, bytes;	/* for progress */
	atomic_uint_fast64_t sum;		/* of the sizes of files */
	atomic_uint_fast64_t n_files[3], n_dirs[3];	/* by backup_what */
	atomic_uint_fast64_t moved;
	uint64_t	 total_files, total_bytes;

	pthread_mutex_t	 fatal_lock;
	struct err	 fatal;		/* why it ends */
	atomic_int	 over;		/* it ends: fatal is set */

	pthread_mutex_t	 zero_lock;
	struct id	 zero;		/* of CHUNK_MIN zeroes */
	int		 has_zero;
};

/* ---- tell.c ---- */
void run_progress(struct run *r);	/* from the caller's thread */
void run_problem(struct run *r, const char *path, const struct err *why);
void run_changed(struct run *r, const char *path);
void run_note(struct run *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
void run_item(struct run *r, const struct backup_item *i);
void run_current(struct run *r, const char *path);

/* The first failure that ends the backup is kept; -1. */
int run_fail(struct run *r, const struct err *why);
static inline int
run_over(struct run *r)
{
	return atomic_load_explicit(&r->over, memory_order_relaxed);
}
/* Asked between folders, by the caller's thread: is it over, by a failure, a lost
 * lock or stop?  For stop a checkpoint is made first. */
int run_check(struct run *r);

/* saver_save; a failure ends the backup. */
int run_save(struct run *r, struct repo_hand *hand, enum blob_type t,
    const void *data, size_t len, struct id *id, struct saved *how);

#endif
