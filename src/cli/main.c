/*
 * main.c -- the door by the command line.
 *
 *	fettle [-c FILE] [-W DIR] [-b NAME] [--json] [-q] [-v] COMMAND ...
 *
 * Global options may stand before the command and, but for -c and -W, behind
 * it.  Without a command it is `status`.
 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/signals.h"
#include "cli/words.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/xalloc.h"

static const struct opt_def globals[] = {
	{ "config", 'c', "FILE", "use this configuration (before the command)", 0 },
	{ "working-dir", 'W', "DIR", "relative paths are taken from here", 0 },
	{ "backup", 'b', "NAME", "the backup a repository command is about", 0 },
	{ "json", 0, NULL, "results as JSON Lines", 0 },
	{ "quiet", 'q', NULL, "no progress and no talk", 0 },
	{ "verbose", 'v', NULL, "every operation", 0 },
	{ "help", 'h', NULL, "this help", 0 },
	{ "version", 'V', NULL, "the version", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

/* How many of argv's first words are global options and their values. */
static int
leading(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		if (strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "-W") == 0 ||
		    strcmp(argv[i], "-b") == 0 ||
		    strcmp(argv[i], "--config") == 0 ||
		    strcmp(argv[i], "--working-dir") == 0 ||
		    strcmp(argv[i], "--backup") == 0)
			i++;
	}
	return i < argc ? i : argc;
}

/* Globals that may also stand behind the command join its own table. */
static const struct opt_def *
with_globals(const struct opt_def *own)
{
	static const char *const late[] = { "json", "quiet", "verbose", "help",
	    "backup" };
	struct opt_def *defs;
	size_t n = 0, i, j, k;

	while (own != NULL && own[n].name != NULL)
		n++;
	defs = xallocn(n + 6, sizeof(*defs));
	for (i = 0; i < n; i++)
		defs[i] = own[i];
	for (j = 0; j < 5; j++)
		for (k = 0; globals[k].name != NULL; k++)
			if (strcmp(globals[k].name, late[j]) == 0)
				defs[i++] = globals[k];
	for (j = n; j < i; j++)		/* the command's own letters win */
		for (k = 0; k < n; k++)
			if (defs[k].letter == defs[j].letter)
				defs[j].letter = 0;
	return defs;
}

static void
take_globals(struct cli *c, const struct opts *o)
{
	c->json |= opt_given(o, "json");
	c->quiet |= opt_given(o, "quiet");
	c->verbose |= opt_given(o, "verbose");
	if (opt_value(o, "backup") != NULL)
		c->backup = opt_value(o, "backup");
}

/* The command line in one string, for the history. */
static char *
typed(int argc, char **argv)
{
	struct buf b = {0};
	int i;

	for (i = 1; i < argc && b.len < 4096; i++)
		buf_addf(&b, "%s%s", i > 1 ? " " : "", argv[i]);
	return buf_steal(&b);
}

static int
run_command(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	const struct opt_def *defs = with_globals(cmd->opts);
	struct opts o = {0};
	struct err e = {0};
	int status;

	if (opts_parse(&o, defs, argc, argv, &e) < 0)
		status = cli_fail(c, &e);
	else {
		take_globals(c, &o);
		if (opt_given(&o, "help")) {
			words_help_command(cmd, defs);
			status = EXIT_DONE;
		} else
			status = cmd->run(c, &o);
	}
	opts_fini(&o);
	free((void *)(uintptr_t)defs);
	return status;
}

/* -W as an absolute path; where we were started by default. */
static char *
working_dir(const char *given)
{
	char cwd[4096];
	struct buf b = {0};

	if (given != NULL && (given[0] == '/' || given[0] == '\0'))
		return xstrdup(given);
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		return xstrdup(given ? given : "");
	buf_adds(&b, cwd);
	if (given != NULL)
		buf_addf(&b, "/%s", given);
	return buf_steal(&b);
}

static void
prepare(void)
{
	struct rlimit none = { 0, 0 };

	fd_reopen_stdio();
	setlocale(LC_CTYPE, "");
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signals_prepare();
}

static int
dispatch(struct cli *c, int argc, char **argv, int at)
{
	const struct command *cmd;

	if (at >= argc)
		return run_command(c, command_find("status"), 0, argv + at);
	cmd = command_find(argv[at]);
	if (cmd == NULL)
		return words_unknown_command(c, argv[at], argc - at - 1);
	return run_command(c, cmd, argc - at - 1, argv + at + 1);
}

int
main(int argc, char **argv)
{
	struct timespec ts;
	struct opts o = {0};
	struct cli c = {0};
	struct err e = {0};
	int at, i, status;

	prepare();
	clock_gettime(CLOCK_REALTIME, &ts);
	c.now = (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
	c.out_tty = isatty(STDOUT_FILENO);
	c.err_tty = isatty(STDERR_FILENO);
	c.colour = c.out_tty && getenv("NO_COLOR") == NULL;
	at = leading(argc, argv);
	/* For what is wrong with the options before they are read. */
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		c.json |= strcmp(argv[i], "--json") == 0;
	if (opts_parse(&o, globals, at > 0 ? at - 1 : 0, argv + 1, &e) < 0) {
		opts_fini(&o);
		return cli_fail(&c, &e);
	}
	take_globals(&c, &o);
	c.config = opt_value(&o, "config");
	c.working_dir = working_dir(opt_value(&o, "working-dir"));
	c.command_line = typed(argc, argv);
	if (opt_given(&o, "version")) {
		cli_outf("fettle %s\n", FETTLE_VERSION);
		status = EXIT_DONE;
	} else if (opt_given(&o, "help")) {
		words_help(globals);
		status = EXIT_DONE;
	} else
		status = dispatch(&c, argc, argv, at);
	opts_fini(&o);
	settings_free(c.settings);
	free(c.command_line);
	free((void *)(uintptr_t)c.working_dir);
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_DONE)
		status = EXIT_FAILED;
	return status;
}
