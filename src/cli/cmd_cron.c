/* cmd_cron.c -- fettle cron: a line for a crontab, where there is no systemd. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/runs.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/quote.h"

#define EVERY	5	/* minutes */

static const struct opt_def opts[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

/* A word for the shell, in a crontab, where '%' is a newline. */
static void
word(struct buf *out, const char *s)
{
	CLEAN_BUF struct buf q = {0};
	const char *p;

	quote_str(&q, s);
	for (p = buf_str(&q); *p != '\0'; p++) {
		if (*p == '%')
			buf_addc(out, '\\');
		buf_addc(out, *p);
	}
}

/* cron starts with a bare environment: what says where our files lie goes
 * along. */
static void
environment(struct buf *out)
{
	static const char *const names[] = { "XDG_CONFIG_HOME",
	    "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME" };
	const char *value;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = getenv(names[i]);
		if (value == NULL || *value != '/')
			continue;
		buf_addf(out, "%s=", names[i]);
		word(out, value);
		buf_addc(out, ' ');
	}
}

static void
add_config(const struct cli *c, struct buf *out)
{
	const char *file = c->config != NULL ? c->config :
	    getenv("FETTLE_CONFIG");
	CLEAN_FREE char *abs = NULL;

	if (file == NULL || *file == '\0')
		return;
	abs = runs_absolute(c, file);
	buf_adds(out, " -c ");
	word(out, abs);
}

static int
run(struct cli *c, const struct opts *o)
{
	CLEAN_BUF struct buf b = {0};
	char exe[4096];
	ssize_t n;
	int status;

	if (o->n_args > 0)
		return cli_usage(c, "fettle cron takes no argument");
	if ((status = cli_load(c)) != EXIT_DONE)
		return status;
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	if (!c->json)
		cli_outf("# fettle: what is due (crontab -e).  What fails comes "
		    "as mail.\n");
	buf_addf(&b, "*/%d * * * * ", EVERY);
	environment(&b);
	word(&b, exe);
	buf_adds(&b, " -q");
	add_config(c, &b);
	buf_adds(&b, " run --due");
	if (c->json)
		cli_object("line", buf_str(&b), NULL);
	else
		cli_line(&b);
	return EXIT_DONE;
}

const struct command cmd_cron = {
	"cron", "", "Print a line for a crontab, in place of a service",
	"It runs what is due every five minutes.",
	opts, run, COMMAND_SETTING,
};
