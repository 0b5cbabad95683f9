/*
 * cmd_status.c -- fettle status: is all well?
 *
 * First the answer, in one line; then what is going on; then a job a paragraph;
 * then the space that is left where things go.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "cli/go.h"
#include "job/parts.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/json.h"
#include "util/size.h"
#include "util/span.h"
#include "util/time.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

/* ---- as JSON ---- */
static void
room_json(struct json *j, const struct job_status *s)
{
	if (*s->place == '\0') {
		json_key(j, "place");
		json_null(j);
		return;
	}
	json_name(j, "place", s->place, strlen(s->place));
	json_key(j, "free");
	json_u64(j, s->free);
	json_key(j, "total");
	json_u64(j, s->total);
	json_put_time(j, "full_at", s->full_at);
}

static void
as_json(const struct job_status *s)
{
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };

	json_begin(&j);
	json_key(&j, "job");
	json_bytes(&j, s->job->name, strlen(s->job->name));
	json_key(&j, "kind");
	json_str(&j, job_kind_name(s->job->kind));
	json_key(&j, "state");
	json_str(&j, job_health_name(s->health));
	json_key(&j, "run");
	if (s->run > 0)
		json_i64(&j, s->run);
	else
		json_null(&j);
	json_put_time(&j, "last_run", s->last_run);
	json_put_time(&j, "last_success", s->last_success);
	json_put_time(&j, "next", s->next);
	json_put_time(&j, "retry", s->retry);
	json_key(&j, "why");
	json_bytes(&j, s->why, strlen(s->why));
	json_key(&j, "key_at_risk");
	json_bool(&j, s->key_at_risk);
	room_json(&j, s);
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
}

/* ---- as text ---- */
/* "3h 12min ago", "never". */
static void
ago(const struct cli *c, struct buf *b, int64_t us)
{
	if (us == 0) {
		buf_adds(b, "never");
		return;
	}
	span_print(b, c->now > us ? (c->now - us) / SPAN_SECOND * SPAN_SECOND :
	    0, 2);
	buf_adds(b, " ago");
}

static void
add_next(struct buf *b, const struct job_status *s)
{
	if (job_watches(s->job))
		buf_adds(b, s->next == 0 ? ", next when files arrive" :
		    ", next when files arrive, and ");
	else if (s->next != 0)
		buf_adds(b, ", next ");
	if (s->next != 0)
		cli_time(b, s->next);
}

static void
as_text(const struct cli *c, const struct job_status *s)
{
	const char *red = c->colour && job_health_is_bad(s->health) ?
	    "\033[31m" : "";
	CLEAN_BUF struct buf b = {0};

	buf_addf(&b, "%s%-8s%s %s: last success ", red,
	    job_health_name(s->health), *red != '\0' ? "\033[0m" : "",
	    s->job->name);
	ago(c, &b, s->last_success);
	if (s->last_run != s->last_success) {
		buf_adds(&b, ", last run ");
		ago(c, &b, s->last_run);
	}
	add_next(&b, s);
	if (*s->why != '\0')
		buf_addf(&b, "\n         %s", s->why);
	if (s->key_at_risk) {
		buf_adds(&b, "\n         ");
		job_say_key_at_risk(s->job, &b);
	}
	if (s->health == HEALTH_HELD)
		buf_addf(&b, "\n         fettle approve %lld, or fettle reject "
		    "%lld", (long long)s->run, (long long)s->run);
	if (s->retry != 0) {
		buf_addf(&b, "\n         tried again (%u of %u) ", s->nth_retry,
		    s->job->retry);
		cli_time(&b, s->retry);
	}
	cli_line(&b);
}

/* One line a place, whoever puts things there. */
static void
room_text(const struct cli *c, const struct job_status *v, size_t n, size_t at)
{
	const struct job_status *s = &v[at];
	CLEAN_BUF struct buf b = {0};
	size_t i;

	(void)n;
	for (i = 0; i < at; i++)
		if (strcmp(v[i].place, s->place) == 0)
			return;
	buf_adds(&b, "space    ");
	cli_path(c, &b, s->place);
	buf_adds(&b, ": ");
	size_print(&b, s->free);
	buf_adds(&b, " of ");
	size_print(&b, s->total);
	buf_adds(&b, " free");
	if (s->full_at != INT64_MAX) {
		struct tm tm;

		time_to_tm(s->full_at, &tm);
		buf_addf(&b, ", full on %04d-%02d-%02d at this rate",
		    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	}
	cli_line(&b);
}

/* What the owner of the catalog is busy with, if it is not us. */
static void
live(const struct cli *c, struct hall *h)
{
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};

	if (catalog_live(h->catalog, c->json ? "arrivals" : "status", &b,
	    &e) == 0)
		cli_out(b.data, b.len);
}

static void
show(struct cli *c, struct hall *h, const struct job_status *v, size_t n,
    const char *trouble)
{
	size_t i;

	if (trouble == NULL)
		cli_outf("all is well\n");
	else
		cli_outf("%snot all is well: %s%s\n", c->colour ? "\033[31m" : "",
		    trouble, c->colour ? "\033[0m" : "");
	live(c, h);
	for (i = 0; i < n; i++)
		as_text(c, &v[i]);
	for (i = 0; i < n; i++)
		if (*v[i].place != '\0')
			room_text(c, v, n, i);
}

static int
all(struct cli *c, struct hall *h)
{
	size_t n = c->settings->n_jobs, i;
	CLEAN_FREE struct job_status *v = xallocn(n + 1, sizeof(*v));
	CLEAN_BUF struct buf trouble = {0};
	struct err e = {0};
	int bad = job_trouble(h, c->now, &trouble, &e);

	if (bad < 0)
		return cli_fail(c, &e);
	for (i = 0; i < n; i++) {
		if (job_status(h, &c->settings->jobs[i], c->now, &v[i], &e) < 0)
			return cli_fail(c, &e);
		if (c->json)
			as_json(&v[i]);
	}
	if (c->json)
		live(c, h);
	else
		show(c, h, v, n, bad ? buf_str(&trouble) : NULL);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct hall *h;
	int status;

	if (o->n_args > 0)
		return cli_usage(c, "fettle status takes no argument");
	status = cli_load(c);
	if (status == EXIT_DONE)
		status = go_open(c, HALL_ASK, 0, &h);
	if (status != EXIT_DONE)
		return status;
	status = all(c, h);
	hall_close(h);
	return status;
}

const struct command cmd_status = {
	"status", "", "Is all well? What waits, and why; exits 1 if it is not",
	NULL, opts, run, COMMAND_DAILY,
};
