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
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/globals.h"
#include "cli/signals.h"
#include "cli/trouble.h"
#include "cli/words.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/xalloc.h"

/* Does this word, an option of defs, take the next one as its value? */
static int
wants_next(const struct opt_def *defs, const char *word)
{
	for (; defs->name != NULL; defs++) {
		if (defs->value == NULL)
			continue;
		if (word[1] == '-' ? strcmp(word + 2, defs->name) == 0 :
		    (word[1] == defs->letter && word[2] == '\0'))
			return 1;
	}
	return 0;
}

/* How many of argv's first words are global options and their values. */
static int
leading(const struct opt_def *defs, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		i += wants_next(defs, argv[i]);
	}
	return i < argc ? i : argc;
}

static void
take(const char **to, const struct opts *o, const char *name)
{
	if (opt_value(o, name) != NULL)
		*to = opt_value(o, name);
}

static void
take_repo_globals(struct repo_flags *f, const struct opts *o)
{
	take(&f->repo, o, "repo");
	take(&f->repository_file, o, "repository-file");
	take(&f->password_file, o, "password-file");
	take(&f->password_command, o, "password-command");
	take(&f->key_hint, o, "key-hint");
	take(&f->retry_lock, o, "retry-lock");
	take(&f->cache_dir, o, "cache-dir");
	take(&f->compression, o, "compression");
	take(&f->pack_size, o, "pack-size");
	take(&f->limit_upload, o, "limit-upload");
	take(&f->cacert, o, "cacert");
	take(&f->client_cert, o, "tls-client-cert");
	take(&f->limit_download, o, "limit-download");
	take(&f->stuck, o, "stuck-request-timeout");
	if (opt_values(o, "option") != NULL)
		f->extended = opt_values(o, "option");
	f->no_lock |= opt_given(o, "no-lock");
	f->no_cache |= opt_given(o, "no-cache");
	f->cleanup_cache |= opt_given(o, "cleanup-cache");
	f->no_password |= opt_given(o, "insecure-no-password");
	f->no_verify |= opt_given(o, "no-extra-verify");
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

/* What options there are is told by help: of a command, or, "", of fettle. */
static int
wrong_options(const struct cli *c, const char *command, struct err *e)
{
	size_t len = strlen(e->text);

	snprintf(e->text + len, sizeof(e->text) - len, "%s fettle %s%s--help",
	    len > 0 && e->text[len - 1] == '?' ? " See" : "; see", command,
	    *command != '\0' ? " " : "");
	return cli_fail(c, e);
}

static int
run_command(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	struct all_opts all = globals_and(cmd);
	struct opts o = {0};
	struct err e = {0};
	int status;

	if (opts_parse(&o, all.defs, argc, argv, &e) < 0)
		status = wrong_options(c, cmd->name, &e);
	else {
		take_globals(c, &o);
		if (cmd->group == COMMAND_REPO)
			take_repo_globals(&c->repo, &o);
		if (opt_given(&o, "help")) {
			words_help_command(cmd);
			status = EXIT_DONE;
		} else {
			status = cmd->run(c, &o);
			trouble_tell(c, cmd);
		}
	}
	opts_fini(&o);
	free(all.defs);
	return status;
}

/*
 * The exit status, now that all results are written.  A full disk behind
 * stdout is told; a reader that went away, as `head` does, knows it itself.
 */
static int
results_written(int status)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (poll(&out, 1, 0) <= 0 || (out.revents & (POLLERR | POLLHUP)) == 0)
		fprintf(stderr, "fettle: the results could not all be "
		    "written to standard output\n");
	return status == EXIT_DONE ? EXIT_FAILED : status;
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

	xalloc_frugal();
	fd_reopen_stdio();
	xalloc_frugal();
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
	struct opt_def *defs = globals_leading();
	int at, i, status;

	prepare();
	clock_gettime(CLOCK_REALTIME, &ts);
	c.now = (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
	c.out_tty = isatty(STDOUT_FILENO);
	c.err_tty = isatty(STDERR_FILENO);
	c.colour = c.out_tty && getenv("NO_COLOR") == NULL;
	at = leading(defs, argc, argv);
	/* For what is wrong with the options before they are read. */
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		c.json |= strcmp(argv[i], "--json") == 0;
	if (opts_parse(&o, defs, at > 0 ? at - 1 : 0, argv + 1, &e) < 0) {
		opts_fini(&o);
		free(defs);
		return wrong_options(&c, "", &e);
	}
	take_globals(&c, &o);
	take_repo_globals(&c.repo, &o);
	c.config = opt_value(&o, "config");
	c.working_dir = working_dir(opt_value(&o, "working-dir"));
	c.command_line = typed(argc, argv);
	if (opt_given(&o, "version")) {
		cli_outf("fettle %s\n", FETTLE_VERSION);
		status = EXIT_DONE;
	} else if (opt_given(&o, "help")) {
		words_help();
		status = EXIT_DONE;
	} else
		status = dispatch(&c, argc, argv, at);
	opts_fini(&o);
	free(defs);
	settings_free(c.settings);
	free(c.command_line);
	free((void *)(uintptr_t)c.working_dir);
	return results_written(status);
}
