/*
 * due.c -- the queue of due jobs.
 *
 * All an entry needs is `base`: instants up to it are handled, the next one
 * after it is due.  Everything that can happen to a clock is a rule on how
 * base moves, all in settle().  Jitter is a shift of the clock: an instant is
 * due when now - shift has reached it, so base and instants stay the
 * calendar's own.
 *
 * A configuration has tens of jobs, so a list is walked, not a heap kept.
 */
#include <stdlib.h>
#include <string.h>

#include "schedule/calendar.h"
#include "schedule/due.h"
#include "util/hash.h"
#include "util/xalloc.h"

struct job {
	char			*name;
	const struct calendar	**calendars;
	size_t			 n;
	int			 enabled, catch_up, taken;
	int64_t			 shift;
	int64_t			 base;
	int64_t			 handled;	/* what base was before a jump */
	int64_t			 next;	/* after base; INT64_MAX for never */
};

struct sched {
	uint64_t	 seed;
	struct job	*jobs;
	size_t		 n, cap;
};

struct sched *
sched_new(const void *seed, size_t len)
{
	struct sched *s = xalloc(sizeof(*s));

	s->seed = hash_fixed(0, seed, len);
	return s;
}

static void
job_fini(struct job *j)
{
	free(j->name);
	free(j->calendars);
}

void
sched_free(struct sched *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		job_fini(&s->jobs[i]);
	free(s->jobs);
	free(s);
}

static struct job *
find(struct sched *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->jobs[i].name, name) == 0)
			return &s->jobs[i];
	return NULL;
}

/* Count from this instant on. */
static void
set_base(struct job *j, int64_t base)
{
	int64_t t;
	size_t i;

	j->base = base;
	j->next = INT64_MAX;
	for (i = 0; i < j->n; i++)
		if (calendar_next(j->calendars[i], base, &t) && t < j->next)
			j->next = t;
}

/* The latest instant that has come; there is one, since next has. */
static int64_t
latest(const struct job *j, int64_t clock)
{
	int64_t t, last = j->next;
	size_t i;

	for (i = 0; i < j->n; i++)
		if (calendar_last(j->calendars[i], j->base, clock, &t) &&
		    t > last)
			last = t;
	return last;
}

static int64_t
stable_shift(uint64_t seed, const char *name, int64_t jitter_us)
{
	if (jitter_us <= 0)
		return 0;
	return (int64_t)(hash_fixed(seed, name, strlen(name)) %
	    ((uint64_t)jitter_us + 1));
}

void
sched_put(struct sched *s, const struct sched_entry *entry)
{
	struct job *j = find(s, entry->name);
	int64_t base = entry->first_seen_us;
	int taken = j != NULL && j->taken;

	if (j != NULL) {
		job_fini(j);
	} else {
		XGROW(s->jobs, s->n, s->cap);
		j = &s->jobs[s->n++];
	}
	*j = (struct job){ .name = xstrdup(entry->name), .taken = taken };
	j->n = entry->n_calendars;
	j->calendars = xallocn(j->n ? j->n : 1, sizeof(*j->calendars));
	if (j->n > 0)
		memcpy(j->calendars, entry->calendars,
		    j->n * sizeof(*j->calendars));
	j->enabled = entry->enabled;
	j->catch_up = entry->catch_up;
	j->shift = stable_shift(s->seed, j->name, entry->jitter_us);
	if (entry->last_due_us > base)
		base = entry->last_due_us;
	j->handled = base;
	set_base(j, base);
}

void
sched_remove(struct sched *s, const char *name)
{
	struct job *j = find(s, name);

	if (j == NULL)
		return;
	job_fini(j);
	*j = s->jobs[--s->n];
}

/*
 * Bring a job up to the time: count anew if the clock was set back before
 * base; take that back if it then leaps forward again (a machine without a
 * battery wakes up in 1970, until the network tells it better); pass over what
 * came too long ago for a job that does not catch up.
 */
static void
settle(struct job *j, int64_t now)
{
	int64_t clock = now - j->shift, last;

	if (j->base > now + SCHED_STEP_US)
		set_base(j, clock);
	if (j->handled > j->base && j->handled <= now &&
	    j->next < clock - SCHED_LATE_US)
		set_base(j, j->handled);
	if (j->catch_up || j->next == INT64_MAX ||
	    clock - j->next <= SCHED_LATE_US)
		return;
	last = latest(j, clock);
	if (clock - last > SCHED_LATE_US)
		set_base(j, last);
	else
		j->next = last;
}

static int
is_due(const struct job *j, int64_t now)
{
	return j->next <= now - j->shift;
}

static int64_t
due_at(const struct job *j)
{
	return j->next > INT64_MAX - j->shift ? INT64_MAX : j->next + j->shift;
}

/* What a job is due for; when it is due already, the latest it missed. */
static void
describe(const struct job *j, int64_t now, struct sched_due *due)
{
	int64_t clock = now - j->shift;

	due->name = j->name;
	due->due_us = is_due(j, now) ? latest(j, clock) : j->next;
	due->at_us = due->due_us + j->shift;
	due->missed = clock - due->due_us > SCHED_LATE_US;
}

/* The job that comes first among those that may run. */
static struct job *
first(struct sched *s, int64_t now)
{
	struct job *best = NULL, *j;

	for (j = s->jobs; j < s->jobs + s->n; j++) {
		if (!j->enabled || j->taken)
			continue;
		settle(j, now);
		if (j->next != INT64_MAX &&
		    (best == NULL || due_at(j) < due_at(best)))
			best = j;
	}
	return best;
}

int
sched_take(struct sched *s, int64_t now_us, struct sched_due *due)
{
	struct job *j = first(s, now_us);

	if (j == NULL || !is_due(j, now_us))
		return 0;
	describe(j, now_us, due);
	j->taken = 1;
	j->handled = due->due_us;
	set_base(j, j->handled);
	return 1;
}

void
sched_done(struct sched *s, const char *name)
{
	struct job *j = find(s, name);

	if (j != NULL)
		j->taken = 0;
}

int
sched_wake(struct sched *s, int64_t now_us, int64_t *wake_us)
{
	struct job *j = first(s, now_us);

	if (j == NULL)
		return 0;
	*wake_us = due_at(j) > now_us ? due_at(j) : now_us;
	return 1;
}

int
sched_peek(struct sched *s, const char *name, int64_t now_us,
    struct sched_due *due)
{
	struct job *j = find(s, name);

	if (j == NULL || !j->enabled)
		return 0;
	settle(j, now_us);
	if (j->next == INT64_MAX)
		return 0;
	describe(j, now_us, due);
	return 1;
}
