/* desk_today.c -- is all well: every job, what runs, the room that is left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "catalog/catalog.h"
#include "job/job.h"
#include "job/parts.h"
#include "job/room.h"
#include "util/err.h"
#include "util/xalloc.h"
#include "web/desk.h"

/* What could go wrong although all is well: words, or "". */
static void
put_warning(struct json *j, const struct job_status *s)
{
	CLEAN_BUF struct buf b = {0};

	if (s->key_at_risk)
		job_say_key_at_risk(s->job, &b);
	json_key(j, "key_at_risk");
	json_bool(j, s->key_at_risk);
	json_put_text(j, "warning", buf_str(&b));
}

static void
one_job(struct json *j, const struct job_status *s)
{

	json_object_start(j);
	json_put_text(j, "job", s->job->name);
	json_put_text(j, "kind", job_kind_name(s->job->kind));
	json_put_text(j, "state", job_health_name(s->health));
	json_put_some(j, "run", s->run);
	json_put_time(j, "last_run", s->last_run);
	json_put_time(j, "last_success", s->last_success);
	json_put_time(j, "next", s->next);
	json_put_text(j, "why", s->why);
	put_warning(j, s);
	json_key(j, "schedule");
	if (s->job->schedule != NULL)
		json_bytes(j, s->job->schedule->text,
		    strlen(s->job->schedule->text));
	else
		json_null(j);
	json_key(j, "enabled");
	json_bool(j, s->job->enabled);
	json_object_end(j);
}

/* ---- where things lie ---- */
struct place {
	const char	*path;
	const struct job *jobs[64];
	size_t		 n;
	uint64_t	 total, free;
	int		 known;
	unsigned long	 fs;
	int64_t		 full;		/* INT64_MAX: never, as far as is known */
};

/* Two jobs may put things onto one file system. */
static void
measure(struct desk *d, struct place *p)
{
	struct room_point now;
	struct err ignored = {0};
	struct statvfs v;

	p->full = INT64_MAX;
	if (room_now(d->h, p->jobs[0], d->now, &now, &p->full, &ignored) != 1 ||
	    statvfs(p->path, &v) < 0)
		return;
	p->known = 1;
	p->total = now.total;
	p->free = now.free;
	p->fs = v.f_fsid;
}

static void
add_place(struct desk *d, struct place *v, size_t *n, const struct job *j)
{
	struct place p = { .path = room_place(j), .jobs = { j }, .n = 1 };
	size_t i;

	if (p.path == NULL)
		return;
	measure(d, &p);
	for (i = 0; i < *n; i++)
		if (v[i].known && p.known && v[i].fs == p.fs &&
		    v[i].total == p.total) {
			if (v[i].n < sizeof(p.jobs) / sizeof(p.jobs[0]))
				v[i].jobs[v[i].n++] = j;
			if (p.full < v[i].full)
				v[i].full = p.full;
			return;
		}
	v[(*n)++] = p;
}

static void
space(struct desk *d, struct json *j)
{
	const struct settings *s = d->h->s;
	struct place *v = xallocn(s->n_jobs + 1, sizeof(*v));
	size_t n = 0, i, k;

	for (i = 0; i < s->n_jobs; i++)
		add_place(d, v, &n, &s->jobs[i]);
	json_key(j, "space");
	json_array_start(j);
	for (i = 0; i < n; i++) {
		json_object_start(j);
		desk_name(j, "place", v[i].path);
		json_key(j, "jobs");
		json_array_start(j);
		for (k = 0; k < v[i].n; k++)
			json_bytes(j, v[i].jobs[k]->name,
			    strlen(v[i].jobs[k]->name));
		json_array_end(j);
		json_put_some(j, "total", (int64_t)v[i].total);
		json_key(j, "free");
		if (v[i].known)
			json_u64(j, v[i].free);
		else
			json_null(j);
		json_put_time(j, "full", v[i].full == INT64_MAX ? 0 : v[i].full);
		json_object_end(j);
	}
	json_array_end(j);
	free(v);
}

/* ---- the rest ---- */
static int
count_held(void *arg, const char *name, const void *data, size_t len)
{
	(void)name;
	(void)data;
	(void)len;
	++*(int64_t *)arg;
	return 0;
}

/* {"running":[...],"faults":...} */
static void
daemon_state(struct desk *d, struct json *j)
{
	CLEAN_BUF struct buf b = {0}, progress = {0};
	const char *p, *end;
	struct err e = {0};

	json_key(j, "daemon");
	json_object_start(j);
	json_key(j, "running");
	json_array_start(j);
	if (catalog_live(d->h->catalog, "running", &b, &e) == 0)
		for (p = buf_str(&b); *p != '\0'; p = end + (*end == '\n')) {
			end = strchrnul(p, '\n');
			if (end > p)
				json_bytes(j, p, (size_t)(end - p));
		}
	json_array_end(j);
	json_key(j, "faults");
	json_bool(j, catalog_live(d->h->catalog, "progress", &progress,
	    &e) == 0 && strstr(buf_str(&progress), "\"faults\":true") != NULL);
	json_object_end(j);
}

/* What is worst is named; the pages show it first, too. */
static int
gravity(enum job_health h)
{
	return h == HEALTH_FAILED ? 0 : h == HEALTH_LATE ? 1 :
	    h == HEALTH_PARTIAL ? 2 : 3;
}

static void
sentence(struct buf *b, size_t bad, size_t n, const struct job_status *first)
{
	if (bad == 0) {
		buf_adds(b, n == 0 ? "there is no job yet" : "all is well");
		return;
	}
	if (bad > 1)
		buf_addf(b, "%zu of %zu jobs are not well: ", bad, n);
	buf_addf(b, "%s %s%s%s%s", first->job->name,
	    first->health == HEALTH_FAILED ? "" : "is ",
	    job_health_name(first->health), *first->why ? ": " : "",
	    first->why);
}

int
desk_today(struct desk *d, const struct args *a, struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf says = {0};
	struct job_status s, first = {0};
	size_t i, bad = 0;
	int64_t held = 0;
	struct json j;

	(void)a;
	desk_begin(&j, out);
	json_put_time(&j, "now", d->now);
	json_put_text(&j, "version", FETTLE_VERSION);
	json_key(&j, "jobs");
	json_array_start(&j);
	for (i = 0; i < d->h->s->n_jobs; i++) {
		if (job_status(d->h, &d->h->s->jobs[i], d->now, &s, e) < 0)
			return -1;
		if (job_health_is_bad(s.health) && (bad++ == 0 ||
		    gravity(s.health) < gravity(first.health)))
			first = s;
		one_job(&j, &s);
	}
	json_array_end(&j);
	if (catalog_each(d->h->catalog, "held", count_held, &held, e) < 0)
		return -1;
	json_put_i64(&j, "held", held);
	sentence(&says, bad, d->h->s->n_jobs, &first);
	json_key(&j, "well");
	json_bool(&j, bad == 0);
	json_put_text(&j, "sentence", buf_str(&says));
	daemon_state(d, &j);
	space(d, &j);
	desk_end(&j);
	return 0;
}

int
desk_health(struct desk *d, const struct args *a, struct buf *out,
    struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	struct json j;

	(void)a;
	if (catalog_live(d->h->catalog, "running", &b, e) < 0)
		return -1;
	desk_begin(&j, out);
	json_key(&j, "ok");
	json_bool(&j, 1);
	json_put_text(&j, "version", FETTLE_VERSION);
	desk_end(&j);
	return 0;
}

/* ---- jobs ---- */
int
desk_job(struct desk *d, const struct args *a, struct buf *out, struct err *e)
{
	const char *name;
	struct json j;

	if (args_need(a, "job", &name, e) < 0)
		return -1;
	if (settings_job(d->h->s, name) == NULL)
		return err_set(e, ERR_NOENT, "there is no job of that name");
	desk_begin(&j, out);
	json_key(&j, "ok");
	json_bool(&j, 1);
	desk_end(&j);
	return 0;
}

int
desk_stop(struct desk *d, const struct args *a, struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf question = {0}, b = {0};
	const char *name;

	if (args_need(a, "job", &name, e) < 0)
		return -1;
	if (settings_job(d->h->s, name) == NULL)
		return err_set(e, ERR_NOENT, "there is no job of that name");
	buf_addf(&question, "stop %s", name);
	if (catalog_live(d->h->catalog, buf_str(&question), &b, e) < 0)
		return err_set(e, ERR_NOENT, "it does not run");
	if (strstr(buf_str(&b), "\"ok\":false") != NULL)
		return err_set(e, ERR_NOENT, "it does not run, or cannot be "
		    "stopped from here");
	return desk_job(d, a, out, e);
}

/* ---- as it happens ---- */
static int
newest(void *arg, const struct run *r)
{
	struct run *out = arg;

	out->number = r->number;
	out->state = r->state;
	return 1;
}

/* Each object of "running" as an event of its own. */
static void
tell_progress(const struct buf *progress, struct buf *out)
{
	__attribute__((cleanup(json_read_fini))) struct json_read r;
	struct err e = {0};
	size_t from;
	int n;

	json_read_init(&r, progress->data, progress->len);
	if (json_expect(&r, JSON_OBJECT, &e) < 0)
		return;
	while ((n = json_member(&r, &e)) == 1) {
		if (strcmp(r.str, "running") != 0) {
			if (json_skip(&r, &e) < 0)
				return;
			continue;
		}
		if (json_expect(&r, JSON_ARRAY, &e) < 0)
			return;
		while (json_item(&r, &e) == 1) {
			from = r.start;
			if (json_skip(&r, &e) < 0)
				return;
			buf_adds(out, "event: progress\ndata: {\"v\":1,");
			buf_add(out, progress->data + from + 1, r.at - from - 1);
			buf_adds(out, "\n\n");
		}
	}
}

int
desk_live(struct desk *d, const struct args *a, struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf progress = {0};
	struct run last = { .number = 0 };
	struct err none = {0};

	(void)a;
	if (catalog_runs(d->h->catalog, 0, 1, newest, &last, e) < 0)
		return -1;
	if (d->last_run >= 0 && (last.number != d->last_run ||
	    (int)last.state != d->last_state))
		buf_adds(out, "event: changed\ndata: {\"v\":1,\"what\":\"runs\"}"
		    "\n\n");
	d->last_run = last.number;
	d->last_state = (int)last.state;
	if (catalog_live(d->h->catalog, "progress", &progress, &none) == 0)
		tell_progress(&progress, out);
	return 0;
}
