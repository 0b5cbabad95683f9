#ifndef SCHEDULE_DUE_H
#define SCHEDULE_DUE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Which jobs are due: the queue between calendars and a clock that is not to
 * be trusted.  It has no clock of its own; every call is told the time, in
 * microseconds since 1970, and may be told anything.  Pure but for memory;
 * nothing blocks or fails.  One thread at a time.
 *
 * A calendar gives instants.  A job's due instant is the first one after the
 * last one that was handled.  From the promises the rest follows:
 *
 *  - Missed any number of times (off, asleep, busy), due once, now; the due
 *    instant is then the latest one missed.  Without catch_up what is more
 *    than SCHED_LATE_US late is passed over.
 *  - Nothing is missed before the job was first seen.
 *  - The clock jumps forwards: as if asleep.  One run a job, no storm.
 *  - The clock jumps back before what was handled: the next one is counted
 *    from now, so nobody waits longer than the calendar's period.  Only within
 *    SCHED_STEP_US, where clocks are commonly corrected, what was handled
 *    stays handled and is not done twice; so it does when the clock leaps
 *    forward again past it before the next run.
 *  - Jitter moves a job's whole calendar by one amount from 0 to jitter_us,
 *    the same for ever for that seed and name.  Due instants are told without
 *    it.
 *  - What was taken is not due again before sched_done, however long it takes;
 *    instants that pass meanwhile are one missed run.
 */
struct calendar;
struct sched;

#define SCHED_NONE	INT64_MIN
#define SCHED_LATE_US	(INT64_C(60) * 1000000)
#define SCHED_STEP_US	(INT64_C(60) * 1000000)

struct sched_entry {
	const char	*name;		/* unique; copied */
	/* Any of them; the array is copied, the calendars are borrowed for as
	 * long as the entry is in the queue.  None: never due. */
	const struct calendar *const *calendars;
	size_t		 n_calendars;
	int		 enabled;
	int		 catch_up;
	int64_t		 jitter_us;	/* the most; 0 for none */
	/* Since when this job has been enabled with these calendars; the
	 * caller remembers it, and takes now for one it sees first. */
	int64_t		 first_seen_us;
	/* The due instant of its last run as sched_take told it, or
	 * SCHED_NONE; the caller remembers it when the run has ended. */
	int64_t		 last_due_us;
};

struct sched_due {
	const char	*name;		/* borrowed until the entry goes */
	int64_t		 due_us;	/* the calendar's instant */
	int64_t		 at_us;		/* the same with jitter */
	int		 missed;	/* more than SCHED_LATE_US ago */
};

/* The seed is the machine's: machine-id, hashed. */
struct sched *sched_new(const void *seed, size_t len);
void sched_free(struct sched *s);	/* NULL is fine */

/* Add an entry, or replace the one of that name, which stays taken if it is. */
void sched_put(struct sched *s, const struct sched_entry *entry);
void sched_remove(struct sched *s, const char *name);

/*
 * Take a job that is due: 1, the one longest due first; 0 if there is none.
 * It counts as handled from here on, until a restart; and as taken until
 * sched_done, which is told of jobs that have ended in any way.
 */
int sched_take(struct sched *s, int64_t now_us, struct sched_due *due);
void sched_done(struct sched *s, const char *name);

/*
 * When to ask again: 1, or 0 if nothing will ever be due by itself.  Not
 * before now_us.  Ask as well when the clock has been set (a timerfd tells),
 * and after sched_done.
 */
int sched_wake(struct sched *s, int64_t now_us, int64_t *wake_us);

/* What is next for one job, taken or not: 1, or 0 for never (or unknown). */
int sched_peek(struct sched *s, const char *name, int64_t now_us,
    struct sched_due *due);

#endif
