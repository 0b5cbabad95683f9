/* cmd_status.c -- fettle status: is all well? */
#include <string.h>

#include "catalog/catalog.h"
#include "cli/go.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/time.h"

static const struct opt_def opts[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

static void
times(struct json *j, const char *key, int64_t us)
{
	CLEAN_BUF struct buf b = {0};

	json_key(j, key);
	if (us == 0) {
		json_null(j);
		return;
	}
	time_rfc3339(&b, us);
	json_str(j, buf_str(&b));
}

static void
as_json(const struct job_status *s)
{
	static const char *const kinds[] = { "rule", "backup", "archive" };
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };

	json_object_start(&j);
	json_key(&j, "v");
	json_u64(&j, 1);
	json_key(&j, "job");
	json_bytes(&j, s->job->name, strlen(s->job->name));
	json_key(&j, "kind");
	json_str(&j, kinds[s->job->kind]);
	json_key(&j, "state");
	json_str(&j, job_health_name(s->health));
	json_key(&j, "run");
	if (s->run > 0)
		json_i64(&j, s->run);
	else
		json_null(&j);
	times(&j, "last_run", s->last_run);
	times(&j, "last_success", s->last_success);
	times(&j, "next", s->next);
	json_key(&j, "why");
	json_bytes(&j, s->why, strlen(s->why));
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
}

static void
as_text(const struct cli *c, const struct job_status *s)
{
	CLEAN_BUF struct buf b = {0};
	int bad = s->health == HEALTH_FAILED || s->health == HEALTH_LATE ||
	    s->health == HEALTH_PARTIAL || s->health == HEALTH_HELD;

	buf_addf(&b, "%s%-8s%s %-28s last ", c->colour && bad ? "\033[31m" : "",
	    job_health_name(s->health), c->colour && bad ? "\033[0m" : "",
	    s->job->name);
	cli_time(&b, s->last_run);
	buf_adds(&b, "  next ");
	cli_time(&b, s->next);
	if (*s->why != '\0')
		buf_addf(&b, "\n         %s", s->why);
	cli_line(&b);
}

/* What the owner of the catalog is busy with, if it is not us. */
static void
live(struct cli *c, struct hall *h)
{
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};

	if (catalog_live(h->catalog, c->json ? "arrivals" : "status", &b,
	    &e) < 0)
		return;
	cli_out(b.data, b.len);
}

static int
all(struct cli *c, struct hall *h)
{
	struct job_status s;
	struct err e = {0};
	int status = EXIT_DONE;
	size_t i;

	live(c, h);
	for (i = 0; i < c->settings->n_jobs; i++) {
		if (job_status(h, &c->settings->jobs[i], c->now, &s, &e) < 0)
			return cli_fail(c, &e);
		if (c->json)
			as_json(&s);
		else
			as_text(c, &s);
		if (s.health == HEALTH_FAILED || s.health == HEALTH_LATE ||
		    s.health == HEALTH_PARTIAL || s.health == HEALTH_HELD)
			status = EXIT_FAILED;
	}
	if (!c->json && status == EXIT_DONE)
		cli_outf("all is well\n");
	return status;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct hall *h;
	int status;

	if (o->n_args > 0)
		return cli_usage(c, "fettle status takes no argument");
	status = cli_load(c);
	if (status == EXIT_DONE)
		status = go_open(c, HALL_ASK, 0, &h);
	if (status != EXIT_DONE)
		return status;
	status = all(c, h);
	hall_close(h);
	return status;
}

const struct command cmd_status = {
	"status", "", "Is all well? What waits, and why; exits 1 if it is not",
	NULL, opts, run, COMMAND_DAILY,
};
