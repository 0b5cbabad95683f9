/* cmd_get.c -- fettle get: the newest copy of a file, from any backup. */
#include <stdlib.h>
#include <string.h>

#include "cli/go.h"
#include "cli/runs.h"
#include "job/find.h"
#include "util/time.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ "as-of", 0, "TIME", "as it was then: '2026-11-01', '3 days ago'", 0 },
	{ "to", 0, "DIR", "put it there instead of where it was", 0 },
	{ "wait", 0, NULL, "wait for another run to end", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static int
get(struct cli *c, struct hall *h, const struct opts *o, int64_t as_of)
{
	struct job_doing d = { .trigger = "hand", .command = c->command_line,
	    .now = c->now };
	const char *to = opt_value(o, "to");
	char *abs_to = to ? runs_absolute(c, to) : NULL;
	char **what = xallocn(o->n_args + 1, sizeof(*what));
	struct find_wish w = { .what = (const char *const *)what,
	    .n = o->n_args, .as_of = as_of, .to = abs_to };
	struct view *v = view_new(c, VIEW_RUN, 1);
	struct job_done done;
	struct err e = {0};
	size_t i;
	int status;

	for (i = 0; i < o->n_args; i++)
		what[i] = strchr(o->args[i], '/') ?
		    runs_absolute(c, o->args[i]) : xstrdup(o->args[i]);
	status = go_tell(c, v, find_get(h, &w, &d, view_sink(v), &done, &e),
	    &done, &e);
	for (i = 0; i < o->n_args; i++)
		free(what[i]);
	free(what);
	free(abs_to);
	return status;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct hall *h;
	int64_t as_of = 0;
	struct err e = {0};
	int status;

	if (o->n_args == 0)
		return cli_usage(c, "fettle get wants a path or a name");
	if (opt_value(o, "as-of") != NULL &&
	    time_parse_user(opt_value(o, "as-of"), c->now, &as_of, &e) < 0)
		return cli_fail(c, &e);
	status = cli_load(c);
	if (status == EXIT_DONE)
		status = go_open(c, HALL_RUN, opt_given(o, "wait"), &h);
	if (status != EXIT_DONE)
		return status;
	status = get(c, h, o, as_of);
	hall_close(h);
	return status;
}

const struct command cmd_get = {
	"get", "PATH...", "Bring back the newest copy of a file from any backup",
	"Nothing is overwritten: beside, if the name is taken. Archives and their\n"
	"bundles are searched too.", opts, run, COMMAND_HISTORY,
};
