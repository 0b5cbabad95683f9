/* cmd_run.c -- fettle run: rules, then backups, then archives. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "cli/go.h"
#include "cli/watch_run.h"
#include "job/fence.h"
#include "job/power.h"
#include "job/housekeeping.h"
#include "job/post.h"
#include "job/resource.h"
#include "util/buf.h"
#include "util/log.h"

static const struct opt_def opts[] = {
	{ "yes", 'y', NULL, "do not ask, and go past the guard's limits", 0 },
	{ "due", 0, NULL, "only what is due now, for cron or an own timer", 0 },
	{ "again", 0, NULL, "also what was done or taken back before", 0 },
	{ "wait", 0, NULL, "wait for another run to end", 0 },
	{ "tags", 0, "TAG,...", "only jobs with one of these tags", 1 },
	{ "skip-tags", 0, "TAG,...", "not the jobs with one of these", 1 },
	{ "all", 'a', NULL, "every line before the question", 0 },
	{ "trigger", 0, "WORD", "what started it: schedule, watch or hand (used "
	    "by the daemon)", 0 },
	{ "housekeeping", 0, NULL, "no jobs, only what is due nightly", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static void
free_names(char **names)
{
	char **n;

	for (n = names; n != NULL && *n != NULL; n++)
		free(*n);
	free(names);
}

/* What the daemon starts can change its own folders and nothing else. */
static void
fence(struct hall *h, const struct parts *p)
{
	CLEAN_BUF struct buf why = {0}, text = {0};
	int r = job_fence(h, p, &why);

	buf_addf(&text, r == 1 ? "%s is fenced in%s" :
	    "%s has no fence: %s",
	    p->n == 1 ? p->v[0].name : "this run", buf_str(&why));
	log_line(h->log, r < 0 ? LOG_WARNING : LOG_DEBUG, buf_str(&text));
}

static int
plan_and_do(struct cli *c, struct hall *h, struct job_request *q,
    const struct going *g)
{
	struct sink k = { .stop = cli_stopped };
	struct parts *p;
	struct err e = {0};

	/* Beside a daemon: while somebody thinks, others need not wait. */
	if ((!go_asks(c, g) || h->wait) && jobs_claim(h, q, &k, &e) < 0)
		return cli_fail(c, &e);
	if (go_asks(c, g))
		catalog_unclaim(h->catalog);
	if (job_plan(h, q, &p, &e) < 0)
		return cli_fail(c, &e);
	if (g->worker)
		fence(h, p);
	return go_do(c, h, p, g);
}

/* Nobody waits for it: others go first. */
static void
yield(const struct cli *c, const struct going *g)
{
	if (g->unattended)
		power_yield(&c->settings->daemon);
}

/* Is a job that the clock asks for to wait, and is that told? */
static int
waits(const struct cli *c, const char *name)
{
	const struct job *j = settings_job(c->settings, name);
	const char *why = power_waits(c->settings, j, 1);

	if (why != NULL)
		cli_say(c, "%s waits: %s", name, why);
	return why != NULL;
}

/* A due instant is one run a job, one after the other. */
static int
run_due(struct cli *c, struct hall *h, struct job_request *q, struct going *g)
{
	const char *one[2] = { NULL, NULL };
	char **due, **n;
	struct err e = {0};
	int64_t next;
	int status = EXIT_DONE, s;

	if (job_due(h, c->now, &due, &next, &e) < 0)
		return cli_fail(c, &e);
	g->trigger = "schedule";
	g->unattended = 1;
	q->unattended = 1;
	q->exact = 1;
	yield(c, g);
	for (n = due; *n != NULL && !cli_stopped(NULL); n++) {
		if (waits(c, *n))
			continue;
		one[0] = *n;
		q->names = one;
		s = plan_and_do(c, h, q, g);
		if (status == EXIT_DONE || s == EXIT_FAILED)
			status = s;
	}
	q->names = NULL;
	if (*due == NULL)
		cli_say(c, "nothing is due");
	if (post_late(h, c->now, NULL, NULL, &e) < 0)
		status = cli_fail(c, &e);
	free_names(due);
	return status;
}

static void
on_note(void *arg, int level, const char *text)
{
	(void)level;
	cli_say(arg, "%s", text);
}

/* Once a night, after the jobs of whoever comes by; alone: nobody waits. */
static int
keep_house(struct cli *c, struct hall *h, int alone)
{
	struct sink k = { .note = on_note, .stop = cli_stopped, .arg = c };
	struct err e = {0};

	if (!cli_stopped(NULL) && housekeeping(h, c->now, &k, &e) < 0)
		return cli_fail(c, &e);
	if (alone && housekeeping_rows(h, &k, &e) < 0)
		return cli_fail(c, &e);
	return EXIT_DONE;
}

/* A configuration, as organize's run takes one? */
static int
names_a_file(const struct opts *o)
{
	const char *dot = o->n_args > 0 ? strrchr(o->args[0], '.') : NULL;

	return dot != NULL && (strcmp(dot, ".yaml") == 0 ||
	    strcmp(dot, ".yml") == 0);
}

static int
run(struct cli *c, const struct opts *o)
{
	const char *trigger = opt_value(o, "trigger");
	struct job_request q = {
		.names = (const char *const *)o->args,
		.exact = trigger != NULL,
		.tags = opt_values(o, "tags"),
		.skip_tags = opt_values(o, "skip-tags"),
		.again = opt_given(o, "again"), .yes = opt_given(o, "yes"),
		.now = c->now,
	};
	struct going g = {
		.trigger = trigger ? trigger : "hand",
		.command = c->command_line, .yes = opt_given(o, "yes"),
		.all = opt_given(o, "all"), .unattended = trigger != NULL,
		.worker = trigger != NULL,
	};
	int by_clock = trigger != NULL && strcmp(trigger, "schedule") == 0;
	struct hall *h;
	int status, did = 0;

	g.did = &did;
	q.unattended = !go_asks(c, &g);	/* then guards count */
	if (trigger == NULL && names_a_file(o))
		return cli_usage(c, "organize's run FILE is: fettle -c %.200s run",
		    o->args[0]);
	if (trigger != NULL && strcmp(trigger, "schedule") != 0 &&
	    strcmp(trigger, "hand") != 0 && strcmp(trigger, "watch") != 0)
		return cli_usage(c, "--trigger is 'schedule', 'watch' or 'hand'");
	status = cli_load(c);
	if (status == EXIT_DONE)
		status = go_open(c, HALL_RUN, opt_given(o, "wait"), &h);
	if (status != EXIT_DONE)
		return status;
	yield(c, &g);
	if (trigger != NULL && strcmp(trigger, "watch") == 0)
		status = watch_run(c, h);
	else if (opt_given(o, "housekeeping"))
		status = keep_house(c, h, 1);
	else if (by_clock && o->n_args == 1 && waits(c, o->args[0]))
		status = EXIT_NOT_NOW;
	else {
		status = opt_given(o, "due") ? run_due(c, h, &q, &g) :
		    plan_and_do(c, h, &q, &g);
		if (did)
			keep_house(c, h, 0);
	}
	hall_close(h);
	return status;
}

const struct command cmd_run = {
	"run", "[NAME...]", "Do it: rules, then backups, then archives",
	"NAME is a job or a tag; without one, all jobs are run. On a terminal it\n"
	"shows the plan and asks first. One run is one number, for fettle undo.",
	opts, run, COMMAND_DAILY,
};
