/* status.c -- how each job stands. */
#include <stdio.h>
#include <string.h>

#include "backup/entry.h"
#include "catalog/catalog.h"
#include "copies/copies.h"
#include "job/due.h"
#include "job/room.h"
#include "job/state.h"
#include "rules/rule.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/pack.h"
#include "util/span.h"

#define DAY_US		(INT64_C(86400) * 1000000)

const char *
job_health_name(enum job_health hl)
{
	static const char *const names[] = {
		[HEALTH_OK] = "ok", [HEALTH_NEVER] = "never",
		[HEALTH_LATE] = "late", [HEALTH_FAILED] = "failed",
		[HEALTH_PARTIAL] = "partial", [HEALTH_HELD] = "held",
		[HEALTH_WAITING] = "waiting", [HEALTH_RUNNING] = "running",
		[HEALTH_WATCHING] = "watching",
	};

	return names[hl];
}

int
job_health_is_bad(enum job_health hl)
{
	return hl == HEALTH_LATE || hl == HEALTH_FAILED ||
	    hl == HEALTH_PARTIAL || hl == HEALTH_HELD;
}

/* Late: it should have run, or succeeded, longer ago than it may. */
static int
is_late(struct hall *h, const struct job *j, const struct job_memory *m,
    int64_t now, struct job_status *out)
{
	CLEAN_BUF struct buf b = {0};
	int64_t since = m->last_success ? m->last_success : m->first_seen;
	int64_t due;
	struct err e = {0};

	if (j->max_age > 0 && since > 0 && now - since > j->max_age) {
		span_print(&b, now - since, 2);
		snprintf(out->why, sizeof(out->why), "no success for %s",
		    buf_str(&b));
		return 1;
	}
	if (j->schedule == NULL || m->first_seen == 0 ||
	    job_next(h, j, m->last_run ? m->last_run : m->first_seen, &due,
	    &e) != 1 || due + DAY_US > now)
		return 0;
	snprintf(out->why, sizeof(out->why),
	    "it was due more than a day ago and has not run");
	return 1;
}

int
job_watches(const struct job *j)
{
	return j->kind == JOB_RULE && j->rule->watch.on;
}

static enum job_health
health_of(struct hall *h, const struct job *j, const struct job_memory *m,
    int64_t now, struct job_status *out)
{
	if (is_late(h, j, m, now, out))
		return HEALTH_LATE;
	if (m->last_run == 0)
		return HEALTH_NEVER;
	snprintf(out->why, sizeof(out->why), "%.255s", m->why);
	switch (m->state) {
	case RUN_FAILED:
	case RUN_CRASHED:
		return HEALTH_FAILED;
	case RUN_PARTIAL:
		return HEALTH_PARTIAL;
	case RUN_HELD:
		return HEALTH_HELD;
	default:
		return m->waiting ? HEALTH_WAITING : HEALTH_OK;
	}
}

/* The daemon knows, if there is one: a name a line. */
static int
is_running(struct hall *h, const char *name)
{
	CLEAN_BUF struct buf b = {0};
	const char *p, *end;
	struct err e = {0};

	if (catalog_live(h->catalog, "running", &b, &e) < 0)
		return 0;
	for (p = buf_str(&b); *p != '\0'; p = end + (*end == '\n')) {
		end = strchrnul(p, '\n');
		if (strlen(name) == (size_t)(end - p) &&
		    memcmp(name, p, strlen(name)) == 0)
			return 1;
	}
	return 0;
}

/* It needs no turn of its own, but somebody who watches. */
static void
look_at_watch(struct hall *h, struct job_status *out)
{
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};

	if (catalog_live(h->catalog, "running", &b, &e) == 0)
		out->health = HEALTH_WATCHING;
	else
		snprintf(out->why, sizeof(out->why), "it watches as long as the "
		    "daemon runs, and none does");
}

static void
look_at_reach(const struct job *j, struct job_status *out)
{
	if (out->health == HEALTH_OK && j->kind == JOB_BACKUP &&
	    *out->why == '\0')
		snprintf(out->why, sizeof(out->why), "%.255s",
		    j->backup != NULL ? backup_entry_reach(j->backup) :
		    copies_reach(j->copies));
}

#define SHEETS	"sheets"	/* when they were printed, by name */

int
job_sheet_printed(struct hall *h, const struct job *j, int64_t now,
    struct err *e)
{
	CLEAN_BUF struct buf b = {0};

	pack_i64(&b, now);
	return catalog_put(h->catalog, SHEETS, j->name, b.data, b.len, e);
}

void
job_say_key_at_risk(const struct job *j, struct buf *out)
{
	buf_addf(out, "its key lies only on the disk that it protects; keep the "
	    "sheet of 'fettle -b %s key sheet' elsewhere", j->name);
}

static void
look_at_key(struct hall *h, const struct job *j, struct job_status *out)
{
	CLEAN_BUF struct buf b = {0};
	struct err ignored = {0};

	out->key_at_risk = j->kind == JOB_BACKUP && j->backup != NULL &&
	    backup_entry_key_beside(j->backup) &&
	    catalog_get(h->catalog, SHEETS, j->name, &b, &ignored) != 1;
}

/* The space that is left; not to be seen is no failure of status. */
static void
look_at_room(struct hall *h, const struct job *j, int64_t now,
    struct job_status *out)
{
	struct room_point p;
	struct err ignored = {0};

	out->place = "";
	out->full_at = INT64_MAX;
	if (room_now(h, j, now, &p, &out->full_at, &ignored) != 1)
		return;
	out->place = room_place(j);
	out->free = p.free;
	out->total = p.total;
}

int
job_stands(struct hall *h, const struct job *j, int64_t now,
    struct job_status *out, struct err *e)
{
	__attribute__((cleanup(state_fini))) struct job_memory m = {0};

	*out = (struct job_status){ .job = j };
	if (state_get(h, j->name, &m, e) < 0)
		return -1;
	out->last_run = m.last_run;
	out->last_success = m.last_success;
	out->run = m.run;
	out->health = health_of(h, j, &m, now, out);
	return 0;
}

int
job_status(struct hall *h, const struct job *j, int64_t now,
    struct job_status *out, struct err *e)
{
	if (job_stands(h, j, now, out, e) < 0 ||
	    job_next(h, j, now, &out->next, e) < 0)
		return -1;
	out->retry = due_retry(h, j, now, &out->nth_retry);
	look_at_room(h, j, now, out);
	look_at_key(h, j, out);
	if (is_running(h, j->name)) {
		out->health = HEALTH_RUNNING;
		out->why[0] = '\0';
		return 0;
	}
	if (out->health == HEALTH_NEVER && job_watches(j))
		look_at_watch(h, out);
	look_at_reach(j, out);
	return 0;
}

#define TOLD	3	/* jobs by name; of more, their number */

int
job_trouble(struct hall *h, int64_t now, struct buf *out, struct err *e)
{
	struct job_status s;
	size_t i, n = 0;

	for (i = 0; i < h->s->n_jobs; i++) {
		if (job_stands(h, &h->s->jobs[i], now, &s, e) < 0)
			return -1;
		if (!job_health_is_bad(s.health) || n++ >= TOLD)
			continue;
		buf_addf(out, "%s%s %s%s", n > 1 ? ", " : "", s.job->name,
		    s.health == HEALTH_FAILED ? "" : "is ",
		    s.health == HEALTH_PARTIAL ? "not whole" :
		    job_health_name(s.health));
	}
	if (n > TOLD)
		buf_addf(out, ", and %zu more", n - TOLD);
	return n > 0;
}
