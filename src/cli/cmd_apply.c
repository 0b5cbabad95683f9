/* cmd_apply.c -- fettle apply FILE: do a saved plan; approve, reject: held ones. */
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "cli/go.h"
#include "cli/runs.h"
#include "job/alarm.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/quote.h"

#define PLAN_FILE_MAX	((size_t)1 << 30)

static const struct opt_def opts[] = {
	{ "yes", 'y', NULL, "do not ask", 0 },
	{ "all", 'a', NULL, "every line, not ten a group", 0 },
	{ "wait", 0, NULL, "wait for another run to end", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static int
load(struct cli *c, struct hall *h, const char *file, struct parts **p)
{
	CLEAN_BUF struct buf b = {0};
	CLEAN_FD int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char q[QUOTE_SIZE];
	struct err e = {0};

	if (fd < 0 || fd_read_all(fd, PLAN_FILE_MAX, &b) < 0) {
		err_sys(&e, "read the plan %s", quote_to(q, sizeof(q), file));
		return cli_fail(c, &e);
	}
	if (parts_load(h, b.data, b.len, p, &e) < 0) {
		err_wrap(&e, "%s", quote_to(q, sizeof(q), file));
		return cli_fail(c, &e);
	}
	return EXIT_DONE;
}

static struct going
going(const struct cli *c, const struct opts *o, const char *trigger)
{
	return (struct going){ .trigger = trigger, .command = c->command_line,
		.yes = opt_given(o, "yes"), .all = opt_given(o, "all") };
}

static int
run_apply(struct cli *c, const struct opts *o)
{
	struct going g = going(c, o, "apply");
	struct parts *p = NULL;
	struct hall *h;
	int status;

	if (o->n_args != 1)
		return cli_usage(c, "fettle apply wants one file, made by "
		    "fettle plan --save");
	status = cli_load_places(c);
	if (status == EXIT_DONE)
		status = go_open(c, HALL_RUN, opt_given(o, "wait"), &h);
	if (status != EXIT_DONE)
		return status;
	status = load(c, h, o->args[0], &p);
	if (p != NULL)
		status = go_do(c, h, p, &g);
	hall_close(h);
	return status;
}

const struct command cmd_apply = {
	"apply", "FILE", "Do a plan that was saved with plan --save",
	"What changed since the plan was made is skipped and told.",
	opts, run_apply, COMMAND_DAILY,
};

/* The run of approve and reject: 0 for the newest, or told. */
static int
which(struct cli *c, const struct opts *o, int64_t *run)
{
	*run = 0;
	if (o->n_args > 1 ||
	    (o->n_args == 1 && !runs_is_number(o->args[0], run)))
		return cli_usage(c, "it wants the number of a held run");
	return EXIT_DONE;
}

/* Was it an alarm of a sudden change that this run stands for?  1 and *status,
 * 0: there may be a held plan. */
static int
answer_alarm(struct cli *c, struct hall *h, int64_t *run, int meant,
    int *status)
{
	struct err e = {0};
	int r = alarm_answer(h, run, meant, &e);

	if (r == 0)
		return 0;
	*status = r < 0 ? cli_fail(c, &e) : EXIT_DONE;
	if (r > 0 && meant)
		cli_say(c, "what run %" PRId64 " found changed was meant: old "
		    "backups are let go again, and files put away", *run);
	else if (r > 0)
		cli_say(c, "what run %" PRId64 " found changed was not meant: "
		    "nothing is forgotten or put away until fettle approve",
		    *run);
	return 1;
}

static int
run_approve(struct cli *c, const struct opts *o)
{
	struct going g = going(c, o, "approve");
	int did = 0;
	struct parts *p;
	struct hall *h;
	struct err e = {0};
	int64_t run;
	int status = which(c, o, &run);

	if (status == EXIT_DONE)
		status = cli_load_places(c);
	if (status == EXIT_DONE)
		status = go_open(c, HALL_RUN, opt_given(o, "wait"), &h);
	if (status != EXIT_DONE)
		return status;
	if (answer_alarm(c, h, &run, 1, &status))
		;
	else if (job_held(h, &run, &p, &e) < 0)
		status = cli_fail(c, &e);
	else {
		g.did = &did;	/* it stays held if somebody says no */
		status = go_do(c, h, p, &g);
		if (did && (status == EXIT_DONE || status == EXIT_SOME) &&
		    job_approved(h, run, &e) < 0)
			status = cli_fail(c, &e);
	}
	hall_close(h);
	return status;
}

const struct command cmd_approve = {
	"approve", "[RUN]", "Do what a guard held",
	"Exactly the held plan is done; what changed since is skipped and told.",
	opts, run_approve, COMMAND_DAILY,
};

static const struct opt_def none[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

static int
run_reject(struct cli *c, const struct opts *o)
{
	struct hall *h;
	struct err e = {0};
	int64_t run;
	int status = which(c, o, &run);

	if (status == EXIT_DONE)
		status = cli_load_places(c);
	if (status == EXIT_DONE)
		status = go_open(c, HALL_RUN, 0, &h);
	if (status != EXIT_DONE)
		return status;
	if (answer_alarm(c, h, &run, 0, &status))
		;
	else if (job_reject(h, &run, &e) < 0)
		status = cli_fail(c, &e);
	else
		cli_say(c, "what run %" PRId64 " held is dropped; nothing was "
		    "changed", run);
	hall_close(h);
	return status;
}

const struct command cmd_reject = {
	"reject", "[RUN]", "Drop what a guard held", NULL, none, run_reject, COMMAND_DAILY,
};
