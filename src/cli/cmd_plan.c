/* cmd_plan.c -- fettle plan: what a run would do, and why. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/go.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/quote.h"

static const struct opt_def opts[] = {
	{ "all", 'a', NULL, "every line, not ten a group", 0 },
	{ "save", 0, "FILE", "keep the plan, for fettle apply", 0 },
	{ "again", 0, NULL, "also what was done or taken back before", 0 },
	{ "tags", 0, "TAG,...", "only jobs with one of these tags", 1 },
	{ "skip-tags", 0, "TAG,...", "not the jobs with one of these", 1 },
	{ NULL, 0, NULL, NULL, 0 },
};

/* A new file only: a plan is never written over something else. */
static int
save(struct cli *c, const struct parts *p, const char *file)
{
	CLEAN_BUF struct buf b = {0};
	CLEAN_FD int fd = -1;
	char q[QUOTE_SIZE];
	struct err e = {0};

	if (parts_save(p, &b, &e) < 0)
		return cli_fail(c, &e);
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd < 0 || fd_write_all(fd, b.data, b.len) < 0 || fsync(fd) < 0) {
		err_sys(&e, "save the plan to %s", quote_to(q, sizeof(q), file));
		return cli_fail(c, &e);
	}
	return EXIT_DONE;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct job_request q = {
		.names = (const char *const *)o->args,
		.tags = opt_values(o, "tags"),
		.skip_tags = opt_values(o, "skip-tags"),
		.again = opt_given(o, "again"),
		.unattended = !isatty(STDIN_FILENO), .now = c->now,
	};
	struct parts *p;
	struct hall *h;
	struct err e = {0};
	int status = cli_load(c);

	if (status == EXIT_DONE)
		status = go_open(c, HALL_ASK, 0, &h);
	if (status != EXIT_DONE)
		return status;
	if (job_plan(h, &q, &p, &e) < 0)
		status = cli_fail(c, &e);
	else if (opt_value(o, "save") != NULL &&
	    (status = save(c, p, opt_value(o, "save"))) != EXIT_DONE)
		parts_free(p);
	else
		status = go_show(c, p, opt_given(o, "all"), "run", o);
	hall_close(h);
	return status;
}

const struct command cmd_plan = {
	"plan", "[NAME...]", "What a run would do, and why; nothing is changed",
	"NAME is a job or a tag; without one, all jobs are planned. Every operation\n"
	"has its reason. A run that follows at once does exactly these operations.",
	opts, run, COMMAND_DAILY,
};
