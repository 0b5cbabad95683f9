/* cmd_daemon.c -- fettle daemon: the schedule, in the foreground. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "daemon/daemon.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

static void
on_note(void *arg, int level, const char *text)
{
	(void)level;
	cli_say(arg, "%s", text);
}

static void
on_faults(void *arg, const char *text)
{
	(void)arg;
	fputs(text, stderr);
}

static int
run(struct cli *c, const struct opts *o)
{
	struct sink sink = { .note = on_note, .arg = c };
	struct whereabouts where;
	struct daemon_options d = { .where = &where, .sink = &sink,
	    .faults = on_faults, .arg = c };
	struct err e = {0};
	int status;

	if (o->n_args > 0)
		return cli_usage(c, "fettle daemon takes no argument");
	/* There is no place that relative paths could be meant from. */
	free((void *)(uintptr_t)c->working_dir);
	c->working_dir = xstrdup("");
	where = cli_whereabouts(c);
	status = cli_load(c);
	if (status != EXIT_DONE)
		return status;
	if (daemon_run(&c->settings, &d, &e) < 0)
		return cli_fail(c, &e);
	return EXIT_DONE;
}

const struct command cmd_daemon = {
	"daemon", "", "Run jobs when they are due, in the foreground",
	"Ends on SIGTERM; SIGHUP reads the configuration again, SIGUSR1 opens the log\n"
	"anew. A changed configuration is taken by itself once it has no faults.",
	opts, run, COMMAND_DAILY,
};
