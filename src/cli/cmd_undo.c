/* cmd_undo.c -- fettle undo [RUN|PATH...]: take it back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/go.h"
#include "cli/runs.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ "yes", 'y', NULL, "do not ask", 0 },
	{ "plan", 'n', NULL, "only show what would be done", 0 },
	{ "all", 'a', NULL, "every line, not ten a group", 0 },
	{ "wait", 0, NULL, "wait for another run to end", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

/* Which of two runs, where scheduled ones came after the last by hand. */
static int
ask_which(struct cli *c, int64_t by_hand, int64_t later, int64_t *run)
{
	char line[32];

	if (!isatty(STDIN_FILENO)) {
		*run = by_hand;
		return 1;
	}
	cli_say(c, "run %" PRId64 " was the last by hand; run %" PRId64
	    " came later by itself", by_hand, later);
	fprintf(stderr, "which one is to be taken back? [%" PRId64 "] ", by_hand);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return 0;
	*run = line[0] == '\n' ? by_hand : strtoll(line, NULL, 10);
	return *run == by_hand || *run == later;
}

/* The run that is meant, and the paths in it: the exit status. */
static int
what(struct cli *c, struct hall *h, const struct opts *o, int64_t *run,
    size_t *first_path)
{
	int64_t later = 0;
	struct err e = {0};

	*run = 0;
	*first_path = 0;
	if (o->n_args > 0 && (runs_is_number(o->args[0], run) ||
	    strcmp(o->args[0], "last") == 0))
		*first_path = 1;
	if (*run != 0)
		return EXIT_DONE;
	if (o->n_args > *first_path)
		return runs_of_path(c, h, o->args[*first_path], run);
	if (job_undo_which(h, run, &later, &e) < 0)
		return cli_fail(c, &e);
	if (later != 0 && !opt_given(o, "yes") &&
	    !ask_which(c, *run, later, run))
		return cli_usage(c, "neither of the two");
	return EXIT_DONE;
}

static int
undo(struct cli *c, struct hall *h, const struct opts *o)
{
	struct going g = {
		.trigger = "undo", .command = c->command_line,
		.yes = opt_given(o, "yes"), .all = opt_given(o, "all"),
		.undoing = 1,
	};
	int64_t run;
	CLEAN_FREE char **paths = xallocn(o->n_args + 1, sizeof(*paths));
	size_t first, i, n = 0;
	struct parts *p;
	struct err e = {0};
	int status = what(c, h, o, &run, &first);

	if (status != EXIT_DONE)
		return status;
	for (i = first; i < o->n_args; i++)
		paths[n++] = runs_absolute(c, o->args[i]);
	g.undoes = n == 0 ? run : 0;	/* else some of it is left to be undone */
	if (job_plan_undo(h, run, (const char *const *)paths, n, &p, &e) < 0)
		status = cli_fail(c, &e);
	else if (opt_given(o, "plan"))
		status = go_show(c, p, g.all, "undo", o);
	else
		status = go_do(c, h, p, &g);
	for (i = 0; i < n; i++)
		free(paths[i]);
	return status;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct hall *h;
	int status = cli_load_places(c);

	if (status == EXIT_DONE)
		status = go_open(c, opt_given(o, "plan") ? HALL_ASK : HALL_RUN,
		    opt_given(o, "wait"), &h);
	if (status != EXIT_DONE)
		return status;
	status = undo(c, h, o);
	hall_close(h);
	return status;
}

const struct command cmd_undo = {
	"undo", "[RUN|PATH...]", "Take a run back, or single files",
	"Without an argument, the newest run with changes. A file that changed since,\n"
	"or whose old place is taken, is left and told. An undo is a run itself:\n"
	"undo its number to have it as it was. Digits are a run; ./12 is a file.",
	opts, run, COMMAND_HISTORY,
};
