#ifndef JOB_BURST_H
#define JOB_BURST_H

#include <stddef.h>
#include <stdint.h>

#include "job/job.h"

/*
 * Files that arrive, handled as they come: a run that grows.
 *
 * Each batch is planned over just its files, by all rules over their folders in
 * the order of the configuration, and done at once; the run is begun with the
 * first operation and ended by burst_end, so that a burst of files is one run
 * and can be taken back as one.  Everything else is as in any run: the same
 * journal, guards (their limits count by the hour here, see job/tally.h), log.
 *
 * One thread; blocks while files are moved.
 */
struct burst;

struct burst_dir {
	char		*dir;		/* absolute, without symlinks */
	char		**names;	/* in any order */
	size_t		 n;
};

struct burst_batch {
	struct burst_dir *v;
	size_t		 n;
	int		 found;		/* they were there before: max_share counts */
};
void burst_batch_fini(struct burst_batch *b);

/* What was not handled, and is to be tried again. */
struct burst_left {
	char		*path, *why;
	int64_t		 pause;		/* µs */
};

struct burst_answer {
	int64_t		 run;		/* 0: none is open */
	int		 done;		/* the run should be ended now */
	struct burst_left *v;
	size_t		 n, cap;
};
void burst_answer_fini(struct burst_answer *a);
/* One more, copied. */
void burst_leave(struct burst_answer *a, const char *dir, const char *name,
    const char *why, int64_t pause);

/* Is the rule over this folder (real: its location's path without symlinks)? */
struct location;
int burst_covers(const struct location *l, const char *real,
    const char *folder);

struct burst *burst_new(struct hall *h, const struct sink *k);
void burst_free(struct burst *b);
/* Where somebody else is at work in its folders, all of it is left for later.
 * -1: it could not be handled at all, and the run, if any, should be ended. */
int burst_take(struct burst *b, const struct burst_batch *x, int64_t now,
    struct burst_answer *out, struct err *e);
/*
 * What was moved is in place after burst_take; this makes it durable, and writes
 * down that it was done.  To be called when there is a moment, and now and then
 * if there is none; burst_end does it too.  1 if there was something to do.
 */
int burst_flush(struct burst *b, struct err *e);
/* Nothing if no run is open. */
int burst_end(struct burst *b, struct err *e);
int burst_is_open(const struct burst *b);

#endif
