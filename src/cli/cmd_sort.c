/* cmd_sort.c -- fettle sort FOLDER: the whole job without a configuration. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cli/go.h"
#include "cli/runs.h"
#include "util/clean.h"

static const struct opt_def opts[] = {
	{ "yes", 'y', NULL, "do not ask", 0 },
	{ "plan", 'n', NULL, "only show what would be done", 0 },
	{ "all", 'a', NULL, "every line, not ten a group", 0 },
	{ "again", 0, NULL, "also what was done or taken back before", 0 },
	{ "wait", 0, NULL, "wait for another run to end", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static int
run(struct cli *c, const struct opts *o)
{
	struct job_request q = {
		.again = opt_given(o, "again"), .yes = opt_given(o, "yes"),
		.unattended = !isatty(STDIN_FILENO), .now = c->now,
	};
	struct going g = {
		.trigger = "hand", .command = c->command_line,
		.yes = opt_given(o, "yes"), .all = opt_given(o, "all"),
	};
	struct whereabouts w = cli_whereabouts(c);
	int plan = opt_given(o, "plan"), status;
	CLEAN_FREE char *folder = NULL;
	struct parts *p;
	struct hall *h;
	struct err e = {0};

	if (!plan)
		q.unattended = !go_asks(c, &g);	/* then guards count */
	if (o->n_args != 1)
		return cli_usage(c, "fettle sort wants one folder");
	folder = runs_absolute(c, o->args[0]);
	if (faccessat(AT_FDCWD, folder, F_OK, 0) < 0 && errno == ENOENT)
		return cli_usage(c, "there is no folder %.300s", folder);
	if (settings_for_sort(&w, folder, &c->settings, &e) < 0)
		return cli_fail(c, &e);
	status = go_open(c, plan ? HALL_ASK : HALL_RUN, opt_given(o, "wait"),
	    &h);
	if (status != EXIT_DONE)
		return status;
	if (job_plan(h, &q, &p, &e) < 0)
		status = cli_fail(c, &e);
	else if (plan)
		status = go_show(c, p, g.all, "sort", o);
	else
		status = go_do(c, h, p, &g);
	hall_close(h);
	return status;
}

const struct command cmd_sort = {
	"sort", "FOLDER", "Sort a folder by type: plan, ask, do; no configuration",
	"Files go into Images/, Documents/, Videos/ ... inside FOLDER. Unknown types,\n"
	"hidden files, folders and symlinks stay. fettle undo takes it back.",
	opts, run, COMMAND_DAILY,
};
