/* cmd_runs.c -- fettle runs: what was done; runs show RUN: every operation. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "cli/go.h"
#include "cli/runs.h"
#include "job/told.h"
#include "plan/plan.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/json.h"
#include "util/time.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ "limit", 'n', "N", "the newest N (20)", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static void
run_json(const struct run *r)
{
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };

	json_begin(&j);
	json_put_i64(&j, "run", r->number);
	json_put_time(&j, "started", r->started);
	json_put_time(&j, "ended", r->ended);
	json_put_text(&j, "trigger", r->trigger);
	json_put_text(&j, "command", r->command);
	json_put_text(&j, "state", run_state_name(r->state));
	json_put_lines(&j, "jobs", r->jobs);
	json_put_i64(&j, "done", (int64_t)r->done);
	json_put_i64(&j, "skipped", (int64_t)r->skipped);
	json_put_i64(&j, "failed", (int64_t)r->failed);
	json_put_i64(&j, "held", (int64_t)r->held);
	json_put_i64(&j, "waiting", (int64_t)r->waiting);
	json_put_i64(&j, "changes", (int64_t)r->changes);
	json_put_i64(&j, "undoes", r->undoes);
	json_put_i64(&j, "undone_by", r->undone_by);
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
}

static void
run_text(const struct run *r)
{
	CLEAN_BUF struct buf b = {0};
	const char *p;

	buf_addf(&b, "%5" PRId64 "  ", r->number);
	cli_time(&b, r->started);
	buf_addf(&b, "  %-8s %-8s %6" PRIu64 " done", r->trigger,
	    run_state_name(r->state), r->done);
	if (r->failed > 0)
		buf_addf(&b, ", %" PRIu64 " failed", r->failed);
	if (r->held > 0)
		buf_addf(&b, ", %" PRIu64 " held", r->held);
	if (r->undoes > 0)
		buf_addf(&b, ", takes back %" PRId64, r->undoes);
	if (r->undone_by > 0)
		buf_addf(&b, ", taken back by %" PRId64, r->undone_by);
	buf_adds(&b, *r->jobs ? "   (" : "");
	for (p = r->jobs; *p != '\0'; p++)
		if (*p == '\n')
			buf_adds(&b, ", ");
		else
			buf_addc(&b, *p);
	buf_adds(&b, *r->jobs ? ")" : "");
	cli_line(&b);
}

static int
each_run(void *arg, const struct run *r)
{
	const struct cli *c = arg;

	if (r->state > RUN_REJECTED)
		return 0;
	if (c->json)
		run_json(r);
	else
		run_text(r);
	return 0;
}

struct showing {
	struct cli	*c;
	char		**jobs;
	size_t		 n_jobs;
	struct err	 e;
	int		 found, failures;
};

/* One line of what a run did: event is in the past, op what was wanted. */
struct shown {
	const char	*event, *op, *job, *why, *state, *snapshot;
	struct buf	*from, *to;
};

static void
show_json(const struct shown *w)
{
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };

	json_begin(&j);
	json_put_text(&j, w->event != NULL ? "event" : "op",
	    w->event != NULL ? w->event : w->op);
	json_name(&j, "from", w->from->data, w->from->len);
	json_name(&j, "to", w->to->data, w->to->len);
	json_put_text(&j, "job", w->job);
	json_put_text(&j, "why", w->why);
	json_put_text(&j, "state", w->state);
	if (*w->snapshot != '\0')
		json_put_text(&j, "snapshot", w->snapshot);
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
}

static void
show_text(const struct showing *s, const struct shown *w)
{
	CLEAN_BUF struct buf b = {0};

	if (w->event != NULL)
		buf_addf(&b, "  %-10s ", w->event);
	else
		buf_addf(&b, "  %s: %s ", w->state, w->op);
	if (w->from->len > 0)
		cli_path(s->c, &b, buf_str(w->from));
	if (w->to->len > 0 && strcmp(buf_str(w->to), buf_str(w->from)) != 0) {
		buf_adds(&b, w->from->len > 0 ? "  ->  " : "");
		cli_path(s->c, &b, buf_str(w->to));
	}
	buf_addf(&b, "   (%s%s%s)", w->job, *w->why ? ": " : "", w->why);
	if (*w->snapshot != '\0')
		buf_addf(&b, "   [snapshot %s]", w->snapshot);
	if (w->event != NULL && strcmp(w->state, "done") != 0)
		buf_addf(&b, "   [%s]", w->state);
	cli_line(&b);
}

static void
show_line(const struct showing *s, const struct shown *w)
{
	if (s->c->json)
		show_json(w);
	else
		show_text(s, w);
}

static void
show_entry(void *arg, const struct entry *en, const struct result *res)
{
	struct showing *s = arg;
	CLEAN_BUF struct buf from = {0}, to = {0};
	const struct shown w = { .event = event_name(en->event), .why = en->why,
	    .job = en->job < s->n_jobs ? s->jobs[en->job] : "", .snapshot = "",
	    .state = outcome_name(res->outcome), .from = &from, .to = &to };

	if (res->outcome == OUTCOME_ROLLED_BACK && s->failures)
		return;			/* told with its reason */
	if (*en->from != '\0')
		buf_addf(&from, "%s/%s", en->from_dir, en->from);
	if (*en->to != '\0')
		buf_addf(&to, "%s/%s", en->to_dir, en->to);
	show_line(s, &w);
}

/* A snapshot that was made, or what could not be done. */
static int
show_told(void *arg, const struct told_row *r)
{
	struct showing *s = arg;
	CLEAN_BUF struct buf from = {0}, to = {0};
	const struct shown w = {
	    .event = r->state == OP_DONE ? event_name(EVENT_BACKED_UP) : NULL,
	    .op = op_kind_name(r->kind), .job = r->job, .why = r->why,
	    .state = op_state_name(r->state), .snapshot = r->snapshot,
	    .from = &from, .to = &to };

	s->failures |= r->state == OP_FAILED;
	buf_adds(&from, r->from);
	buf_adds(&to, r->to);
	show_line(s, &w);
	return 0;
}

static int
each_batch(void *arg, const struct catalog_batch *b)
{
	struct showing *s = arg;

	return batch_each(b, show_entry, s, &s->e);
}

static int
found(void *arg, const struct run *r)
{
	struct showing *s = arg;

	(void)r;
	s->found = 1;
	return 1;
}

static int
show(struct cli *c, struct hall *h, int64_t number)
{
	struct showing s = { .c = c };
	struct err e = {0};
	int status = EXIT_DONE;
	uint64_t more = 0;
	size_t i;

	if (catalog_runs(h->catalog, number, 1, found, &s, &e) < 0)
		return cli_fail(c, &e);
	if (!s.found) {
		err_set(&e, ERR_NOENT, "there is no run %" PRId64, number);
		return cli_fail(c, &e);
	}
	if (catalog_runs(h->catalog, number, 1, each_run, c, &e) < 0 ||
	    catalog_run_jobs(h->catalog, number, &s.jobs, &s.n_jobs, &e) < 0 ||
	    told_each(h->catalog, number, show_told, &s, &more, &e) < 0)
		return cli_fail(c, &e);
	if (more > 0)
		cli_say(c, "and %" PRIu64 " that were not done; the log has all",
		    more);
	if (catalog_batches(h->catalog, number, each_batch, &s, &e) < 0)
		status = cli_fail(c, s.e.kind != ERR_NONE ? &s.e : &e);
	for (i = 0; i < s.n_jobs; i++)
		free(s.jobs[i]);
	free(s.jobs);
	return status;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct hall *h;
	int64_t number = 0;
	long limit = 20;
	struct err e = {0};
	int status;

	if (opt_number(o, "limit", 1, 1000000, &limit, &e) < 0)
		return cli_fail(c, &e);
	if (o->n_args > 0 && (strcmp(o->args[0], "show") != 0 ||
	    o->n_args != 2 || !runs_is_number(o->args[1], &number)))
		return cli_usage(c, "it is: fettle runs, or fettle runs show RUN");
	status = cli_load_places(c);
	if (status == EXIT_DONE)
		status = go_open(c, HALL_ASK, 0, &h);
	if (status != EXIT_DONE)
		return status;
	if (number > 0)
		status = show(c, h, number);
	else if (catalog_runs(h->catalog, 0, (size_t)limit, each_run, c, &e) < 0)
		status = cli_fail(c, &e);
	hall_close(h);
	return status;
}

const struct command cmd_runs = {
	"runs", "[show RUN]", "What was done, newest first", NULL, opts, run, COMMAND_HISTORY,
};
