/* cmd_next.c -- fettle next: when jobs run; --at tries an expression. */
#include <string.h>
#include <unistd.h>

#include "cli/go.h"
#include "job/select.h"
#include "schedule/calendar.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/time.h"

static const struct opt_def opts[] = {
	{ "at", 0, "EXPR", "when this expression comes due", 1 },
	{ "from", 0, "TIME", "from then on, not from now", 0 },
	{ "number", 'n', "N", "how many times (1)", 0 },
	{ "timezone", 0, "ZONE", "in this zone", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static void
show(const struct cli *c, const struct job *of, const struct calendar *cal,
    int64_t at)
{
	const char *job = of != NULL ? of->name : NULL;
	int watches = of != NULL && job_watches(of);
	char text[CALENDAR_FORMAT_MAX];
	CLEAN_BUF struct buf b = {0}, t = {0};
	struct json j = { .out = &b };

	if (!c->json) {
		if (job != NULL)
			buf_addf(&b, "%s: ", job);
		buf_adds(&b, cal != NULL && at != 0 ?
		    calendar_format(cal, at, text) : watches ?
		    "when files arrive" : "never");
		if (watches && at != 0)
			buf_adds(&b, ", and when files arrive");
		cli_line(&b);
		return;
	}
	json_begin(&j);
	if (job != NULL) {
		json_key(&j, "job");
		json_bytes(&j, job, strlen(job));
	}
	json_key(&j, "next");
	if (at == 0)
		json_null(&j);
	else {
		time_rfc3339(&t, at);
		json_str(&j, buf_str(&t));
	}
	if (watches) {
		json_key(&j, "watching");
		json_bool(&j, 1);
	}
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
}

static int
try_expression(struct cli *c, const char *text, const char *zone, int64_t from,
    long n)
{
	struct calendar *cal;
	struct err e = {0};
	int64_t at = from;

	if (calendar_parse(text, zone, &cal, &e) < 0) {
		e.kind = ERR_USAGE;
		return cli_fail(c, &e);
	}
	for (; n > 0; n--) {
		if (calendar_next(cal, at, &at) == 0) {
			show(c, NULL, cal, 0);
			break;
		}
		show(c, NULL, cal, at);
	}
	calendar_free(cal);
	return EXIT_DONE;
}

/* The next n times of one job. */
static int
job_times(struct cli *c, struct hall *h, const struct job *j, int64_t from,
    long n)
{
	struct err e = {0};
	int64_t at = from;
	int r;

	for (; n > 0; n--) {
		r = job_next(h, j, at, &at, &e);
		if (r < 0)
			return cli_fail(c, &e);
		show(c, j, r ? j->schedule->at[0] : NULL, r ? at : 0);
		if (r == 0)
			break;
	}
	return EXIT_DONE;
}

static int
jobs(struct cli *c, const struct opts *o, int64_t from, long n)
{
	struct hall *h;
	struct err e = {0};
	size_t i, k;
	int status = cli_load(c), wanted;

	if (status == EXIT_DONE)
		status = go_open(c, HALL_ASK, 0, &h);
	if (status != EXIT_DONE)
		return status;
	for (k = 0; k < o->n_args && status == EXIT_DONE; k++)
		if (settings_job(c->settings, o->args[k]) == NULL) {
			select_unknown(c->settings, "job", 0, o->args[k], &e);
			status = cli_fail(c, &e);
		}
	for (i = 0; i < c->settings->n_jobs && status == EXIT_DONE; i++) {
		wanted = o->n_args == 0;
		for (k = 0; k < o->n_args; k++)
			wanted |= strcmp(o->args[k],
			    c->settings->jobs[i].name) == 0;
		if (wanted)
			status = job_times(c, h, &c->settings->jobs[i], from, n);
	}
	hall_close(h);
	return status;
}

static int
run(struct cli *c, const struct opts *o)
{
	const char *const *at = opt_values(o, "at");
	int64_t from = c->now;
	long n = 1;
	struct err e = {0};
	int status = EXIT_DONE;

	if (opt_number(o, "number", 1, 100000, &n, &e) < 0)
		return cli_fail(c, &e);
	if (opt_value(o, "from") != NULL &&
	    time_parse_user(opt_value(o, "from"), c->now, &from, &e) < 0) {
		e.kind = ERR_USAGE;
		return cli_fail(c, &e);
	}
	if (at == NULL)
		return jobs(c, o, from, n);
	for (; *at != NULL && status == EXIT_DONE; at++)
		status = try_expression(c, *at, opt_value(o, "timezone"), from, n);
	return status;
}

const struct command cmd_next = {
	"next", "[NAME...]", "When jobs run next",
	"--at tries an expression: systemd's ('Mon..Fri *-*-* 08:00'), cron's\n"
	"('0 8 * * 1-5') or plain words ('every weekday at 08:00').",
	opts, run, COMMAND_HISTORY,
};
