/*
 * due.c -- which jobs the clock asks for, and what is remembered of that.
 *
 * The queue itself is schedule/due.h; here it is filled from the catalog and
 * asked.  It is made anew for each question: a configuration has tens of jobs,
 * and so there is nothing that could differ from what is written down.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "job/due.h"
#include "job/machine.h"
#include "job/state.h"
#include "schedule/calendar.h"
#include "schedule/due.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/hash.h"
#include "util/log.h"
#include "util/pack.h"
#include "util/xalloc.h"

#define SPACE	"due"

static void
clean_sched(struct sched **s)
{
	sched_free(*s);
}

#define CLEAN_SCHED	__attribute__((cleanup(clean_sched)))

static struct sched *
queue_new(void)
{
	CLEAN_BUF struct buf id = {0};

	machine_id(&id);
	return sched_new(id.data, id.len);
}

/* What was written, with the zones it is meant in. */
static uint64_t
schedule_hash(const struct job *j)
{
	const char *text;
	uint64_t hash = 1;
	size_t i;

	if (j->schedule == NULL || !j->enabled)
		return 0;
	for (i = 0; i < j->schedule->n; i++) {
		text = calendar_normal(j->schedule->at[i]);
		hash = hash_fixed(hash, text, strlen(text));
	}
	return hash;
}

static int
unpack_memory(const struct buf *b, struct due_memory *m)
{
	struct unpack u = unpack_start(b->data, b->len);

	m->schedule = unpack_u64(&u);
	m->since = unpack_i64(&u);
	m->last = unpack_i64(&u);
	m->begun = unpack_i64(&u);
	m->retry_at = 0;
	m->tries = 0;
	if (u.p != u.end) {		/* since there are retries */
		m->retry_at = unpack_i64(&u);
		m->tries = (unsigned)unpack_u64(&u);
	}
	return unpack_end(&u);
}

/*
 * The clock was years ahead once, and what is remembered lies in the future: it
 * is counted anew from now, and that is written down, or each question would
 * count from its own now.
 */
static int
is_ahead(const struct due_memory *m, int64_t now)
{
	return m->since > now + SCHED_STEP_US || m->last > now + SCHED_STEP_US;
}

int
due_load(struct hall *h, const struct job *j, int64_t now,
    struct due_memory *m, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	uint64_t schedule = schedule_hash(j);
	int r = catalog_get(h->catalog, SPACE, j->name, &b, e);

	if (r < 0)
		return -1;
	if (r == 1 && unpack_memory(&b, m) == 0 && m->schedule == schedule &&
	    !is_ahead(m, now))
		return 0;
	*m = (struct due_memory){ .schedule = schedule, .since = now };
	return 1;
}

int
due_save(struct hall *h, const struct job *j, const struct due_memory *m,
    struct err *e)
{
	CLEAN_BUF struct buf b = {0};

	pack_u64(&b, m->schedule);
	pack_i64(&b, m->since);
	pack_i64(&b, m->last);
	pack_i64(&b, m->begun);
	pack_i64(&b, m->retry_at);
	pack_u64(&b, m->tries);
	return catalog_put(h->catalog, SPACE, j->name, b.data, b.len, e);
}

/* Jobs tagged "never" run when they are named, or by a schedule of their own. */
static int
is_timed(struct hall *h, const struct job *j)
{
	char **t;

	if (!j->enabled || j->schedule == NULL)
		return 0;
	if (j->schedule != h->s->schedule)
		return 1;
	for (t = j->tags; t != NULL && *t != NULL; t++)
		if (strcmp(*t, "never") == 0)
			return 0;
	return 1;
}

static void
enter(struct hall *h, struct sched *s, const struct job *j, int64_t since, int64_t last)
{
	const struct job_schedule *w = j->schedule;
	struct sched_entry entry = {
		.name = j->name, .enabled = is_timed(h, j),
		.first_seen_us = since,
		.last_due_us = last != 0 ? last : SCHED_NONE,
	};

	if (w != NULL) {
		entry.calendars = (const struct calendar *const *)w->at;
		entry.n_calendars = w->n;
		entry.catch_up = w->catch_up;
		entry.jitter_us = w->jitter;
	}
	sched_put(s, &entry);
}

/* Write down that a job was seen, for `late` as well as for what it missed. */
static int
mark_seen(struct hall *h, const struct job *j, const struct due_memory *m,
    int64_t now, struct err *e)
{
	__attribute__((cleanup(state_fini))) struct job_memory s = {0};

	if (due_save(h, j, m, e) < 0 || state_get(h, j->name, &s, e) < 0)
		return -1;
	if (s.first_seen != 0)
		return 0;
	s.first_seen = now;
	return state_put(h, j->name, &s, e);
}

/* What is to be tried again, beside what the calendar says. */
struct retries {
	const struct job **due;		/* as many as there are jobs */
	size_t		 n;
	int64_t		 next;		/* the first that is not due yet */
};

static int
has_retry(const struct job *j, const struct due_memory *m)
{
	return m->retry_at != 0 && j->enabled && m->tries <= j->retry;
}

static int
fill(struct hall *h, struct sched *s, int64_t now, struct retries *again,
    struct err *e)
{
	struct due_memory m;
	const struct job *j;
	size_t i;
	int r;

	for (i = 0; i < h->s->n_jobs; i++) {
		j = &h->s->jobs[i];
		r = due_load(h, j, now, &m, e);
		if (r < 0 || (r == 1 && mark_seen(h, j, &m, now, e) < 0))
			return -1;
		enter(h, s, j, m.since, m.last);
		if (!has_retry(j, &m))
			continue;
		if (m.retry_at <= now)
			again->due[again->n++] = j;
		else if (m.retry_at < again->next)
			again->next = m.retry_at;
	}
	return 0;
}

static int
is_in(char *const *names, size_t n, const char *name)
{
	while (n > 0)
		if (strcmp(names[--n], name) == 0)
			return 1;
	return 0;
}

int
job_due(struct hall *h, int64_t now, char ***names, int64_t *next,
    struct err *e)
{
	CLEAN_SCHED struct sched *s = queue_new();
	CLEAN_FREE const struct job **again = xallocn(h->s->n_jobs + 1,
	    sizeof(*again));
	struct retries r = { .due = again, .next = INT64_MAX };
	struct sched_due due;
	size_t n = 0, i, of_clock;

	if (fill(h, s, now, &r, e) < 0)
		return -1;
	*names = xallocn(h->s->n_jobs + 1, sizeof(**names));
	while (sched_take(s, now, &due))
		(*names)[n++] = xstrdup(due.name);
	if (!sched_wake(s, now, next))
		*next = INT64_MAX;
	of_clock = n;
	for (i = 0; i < r.n; i++)
		if (!is_in(*names, of_clock, r.due[i]->name))
			(*names)[n++] = xstrdup(r.due[i]->name);
	while (of_clock > 0) {	/* as if they had ended: when next? */
		sched_done(s, (*names)[--of_clock]);
		if (sched_peek(s, (*names)[of_clock], now, &due) &&
		    due.at_us < *next)
			*next = due.at_us;
	}
	if (r.next < *next)
		*next = r.next;
	return 0;
}

int
job_next(struct hall *h, const struct job *j, int64_t after, int64_t *at,
    struct err *e)
{
	CLEAN_SCHED struct sched *s = queue_new();
	struct sched_due due;
	int64_t shift;

	(void)e;
	*at = 0;
	enter(h, s, j, after, 0);
	if (!sched_peek(s, j->name, after, &due))
		return 0;
	shift = due.at_us - due.due_us;
	if (shift != 0) {
		enter(h, s, j, after - shift, 0);
		if (!sched_peek(s, j->name, after - shift, &due))
			return 0;
	}
	*at = due.at_us;
	return 1;
}

/* The instant that a job is due for at now, or 0. */
static int64_t
instant_of(struct hall *h, const struct job *j, const struct due_memory *m,
    int64_t now)
{
	CLEAN_SCHED struct sched *s = queue_new();
	struct sched_due due;

	enter(h, s, j, m->since, m->last);
	return sched_take(s, now, &due) ? due.due_us : 0;
}

static void
complain(struct hall *h, const struct err *e)
{
	log_line(h->log, LOG_ERROR, e->text);
}

int64_t
due_begin(struct hall *h, const struct job *j, int64_t now)
{
	struct due_memory m;
	struct err e = {0};
	int64_t instant;

	if (due_load(h, j, now, &m, &e) < 0) {
		complain(h, &e);
		return 0;
	}
	instant = instant_of(h, j, &m, now);
	if (instant != 0) {
		m.retry_at = 0;		/* a new one: tries are counted anew */
		m.tries = 0;
	} else if (has_retry(j, &m) && m.retry_at <= now && m.last != 0)
		instant = m.last;
	else
		return 0;
	if (m.begun == instant) {	/* and we were killed */
		m.last = instant;
		m.retry_at = 0;
	}
	m.begun = instant;
	if (due_save(h, j, &m, &e) < 0)
		complain(h, &e);
	return instant;
}

/* Is it to be tried again, and when: later each time. */
static void
plan_retry(const struct job *j, struct due_memory *m, int64_t now)
{
	m->retry_at = 0;
	if (m->tries >= j->retry) {
		m->tries = 0;
		return;
	}
	m->tries++;
	m->retry_at = now + j->retry_every * m->tries;
}

void
due_end(struct hall *h, const struct job *j, int64_t instant, int64_t now,
    enum due_how how)
{
	struct due_memory m;
	struct err e = {0};

	if (instant == 0)
		return;
	if (due_load(h, j, now, &m, &e) == 0) {
		m.begun = 0;
		if (how != DUE_STOPPED)
			m.last = instant;
		else if (m.last == instant && m.retry_at == 0)
			m.last = instant - 1;
		if (how == DUE_FAILED)
			plan_retry(j, &m, now);
		else if (how == DUE_DONE) {
			m.retry_at = 0;
			m.tries = 0;
		}
		if (due_save(h, j, &m, &e) == 0)
			return;
	}
	if (e.kind != ERR_NONE)
		complain(h, &e);
}

int64_t
due_retry(struct hall *h, const struct job *j, int64_t now, unsigned *nth)
{
	struct due_memory m;
	struct err e = {0};

	if (due_load(h, j, now, &m, &e) != 0 || !has_retry(j, &m))
		return 0;
	*nth = m.tries;
	return m.retry_at;
}

void
due_pass(struct hall *h, const struct job *j, int64_t now)
{
	struct due_memory m;
	struct err e = {0};
	int64_t instant;

	if (due_load(h, j, now, &m, &e) == 0) {
		instant = instant_of(h, j, &m, now);
		if (instant != 0)
			m.last = instant;
		m.begun = m.retry_at = 0;
		m.tries = 0;
		if (due_save(h, j, &m, &e) == 0)
			return;
	}
	if (e.kind != ERR_NONE)
		complain(h, &e);
}
