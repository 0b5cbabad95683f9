/* cmd_why.c -- fettle why FILE: what takes it, what lets it be, what was. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/go.h"
#include "cli/runs.h"
#include "job/find.h"
#include "job/why.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/json.h"

static const struct opt_def opts[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

static void
each(void *arg, const struct why_line *l)
{
	const struct cli *c = arg;
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };

	if (!c->json) {
		buf_addf(&b, "%s %s: %s", l->takes ? "*" : " ", l->job, l->text);
		cli_line(&b);
		return;
	}
	json_begin(&j);
	json_put_text(&j, "job", l->job);
	json_put_text(&j, "kind", l->kind);
	json_key(&j, "takes");
	json_bool(&j, l->takes);
	json_put_text(&j, "why", l->text);
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
}

static void
before(void *arg, const struct find_event *ev)
{
	const struct cli *c = arg;
	CLEAN_BUF struct buf b = {0};

	if (c->json || *ev->why == '\0')
		return;
	buf_adds(&b, "  before: ");
	cli_time(&b, ev->time);
	buf_addf(&b, " %s by %s: %s", ev->event, ev->job, ev->why);
	cli_line(&b);
}

static int
run(struct cli *c, const struct opts *o)
{
	struct find_report report = { .event = before, .arg = c };
	CLEAN_FREE char *path = NULL;
	struct hall *h;
	struct err e = {0};
	int status;

	if (o->n_args != 1)
		return cli_usage(c, "fettle why wants one file");
	path = runs_absolute(c, o->args[0]);
	status = cli_load(c);
	if (status == EXIT_DONE && faccessat(AT_FDCWD, path, F_OK,
	    AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT) {
		err_set(&e, ERR_NOENT, "%.200s is not there; what became of it: "
		    "fettle where %.200s", path, o->args[0]);
		return cli_fail(c, &e);
	}
	if (status == EXIT_DONE)
		status = go_open(c, HALL_ASK, 0, &h);
	if (status != EXIT_DONE)
		return status;
	if (job_why(h, path, c->now, each, c, &e) < 0 ||
	    find_where(h, path, &report, &e) < 0)
		status = cli_fail(c, &e);
	hall_close(h);
	return status;
}

const struct command cmd_why = {
	"why", "FILE", "Which job takes a file, and why the others do not",
	NULL, opts, run, COMMAND_HISTORY,
};
