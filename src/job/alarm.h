#ifndef JOB_ALARM_H
#define JOB_ALARM_H

#include <stddef.h>
#include <stdint.h>

#include "job/job.h"

/*
 * A sudden change of many files: the sign of ransomware, or of a rule that was
 * not meant so.
 *
 * Each backup is held against the one before.  If too much of it changed at
 * once, the backup is made all the same, and from then on nothing of that job
 * is forgotten and nothing is put away from its folders by itself, until
 * somebody says that it was meant (`fettle approve RUN`).  What fettle itself
 * moved does not count.
 */
struct buf;
struct part;

#define CHANGE_FROM	100	/* files: fewer are too few to tell */
#define CHANGE_EXT	16

struct change {
	uint64_t	 before;	/* files that the last backup had */
	uint64_t	 changed, gone;	/* of them, by now */
	uint64_t	 added;		/* that it did not have */
	uint64_t	 one_ext;	/* of those, with the ending ext */
	char		 ext[CHANGE_EXT];	/* ".locked"; "" none */
	uint64_t	 looked, dense;	/* changed files whose content was seen, and
					   those that cannot be made smaller, as
					   if they were encrypted */
};

/*
 * Is it too much?  1 and the reason, else 0.  percent: of the files before that
 * may have changed or gone, GUARD_OFF for no limit.  Half of it is enough where
 * what is new has one ending, or what changed cannot be compressed any more.
 */
int change_is_sudden(const struct change *c, uint64_t percent,
    struct buf *why);

/* Count the endings of what is new, in little memory: the commonest is right
 * if it has more than half. */
struct endings {
	char		 ext[CHANGE_EXT];
	uint64_t	 votes;		/* Boyer and Moore's */
	uint64_t	 n;		/* of ext, since it leads */
};
void endings_add(struct endings *s, const char *name);

/* It is kept with the run that saw it.  A failure is logged. */
void alarm_raise(struct hall *h, const char *job, int64_t run, int64_t now,
    const char *why);
/* Does one stand for this backup?  1, and its run and reason; else 0. */
int alarm_of(struct hall *h, const char *job, int64_t *run, struct buf *why);
/* Does one stand for a backup of this job's folders? */
int alarm_over(struct hall *h, const struct job *j, struct buf *why);
/*
 * Somebody answers run's alarm (*run 0: the newest, if it is newer than what is
 * held).  meant: it goes, and its jobs are well again.  1; 0 if there is none;
 * or -1.
 */
int alarm_answer(struct hall *h, int64_t *run, int meant, struct err *e);

#endif
