/* cmd_where.c -- fettle where: every place a file was, what holds it now. */
#include <inttypes.h>
#include <string.h>

#include "cli/go.h"
#include "cli/runs.h"
#include "job/find.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/json.h"
#include "util/time.h"

static const struct opt_def opts[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

static void
as_json(const struct find_event *ev)
{
	CLEAN_BUF struct buf b = {0}, t = {0};
	struct json j = { .out = &b };

	time_rfc3339(&t, ev->time);
	json_begin(&j);
	json_put_text(&j, "time", buf_str(&t));
	json_key(&j, "run");
	if (ev->run > 0)
		json_i64(&j, ev->run);
	else
		json_null(&j);
	json_put_text(&j, "event", ev->event);
	json_name(&j, "from", ev->from, strlen(ev->from));
	json_name(&j, "to", ev->to, strlen(ev->to));
	json_put_text(&j, "job", ev->job);
	json_put_text(&j, "why", ev->why);
	json_put_text(&j, "backup", ev->backup);
	json_put_text(&j, "snapshot", ev->snapshot);
	json_object_end(&j);
	json_line(&j);
	cli_out(b.data, b.len);
}

static void
as_text(const struct cli *c, const struct find_event *ev)
{
	CLEAN_BUF struct buf b = {0};

	cli_time(&b, ev->time);
	if (ev->run > 0)
		buf_addf(&b, "  run %-4" PRId64, ev->run);
	buf_addf(&b, "  %-11s ", ev->event);
	cli_path(c, &b, ev->from);
	if (*ev->to != '\0' && strcmp(ev->to, ev->from) != 0) {
		buf_adds(&b, "  ->  ");
		cli_path(c, &b, ev->to);
	}
	if (*ev->backup != '\0')
		buf_addf(&b, "   [%s %s]", ev->backup, ev->snapshot);
	else if (*ev->why != '\0')
		buf_addf(&b, "   (%s: %s)", ev->job, ev->why);
	cli_line(&b);
}

struct telling {
	struct cli	*c;
	int		 lacks;
};

static void
each(void *arg, const struct find_event *ev)
{
	const struct telling *t = arg;

	if (t->c->json)
		as_json(ev);
	else
		as_text(t->c, ev);
}

static void
lacks(void *arg, const char *text)
{
	struct telling *t = arg;

	t->lacks = 1;
	cli_say(t->c, "%s", text);
}

static int
run(struct cli *c, const struct opts *o)
{
	struct telling t = { .c = c };
	struct find_report report = { each, lacks, &t };
	struct hall *h;
	struct err e = {0};
	size_t i;
	int status = cli_load_places(c), r, found = 0;

	if (o->n_args == 0)
		return cli_usage(c, "fettle where wants a path, a name or a glob");
	if (status == EXIT_DONE)
		status = go_open(c, HALL_ASK, 0, &h);
	if (status != EXIT_DONE)
		return status;
	for (i = 0; i < o->n_args && status == EXIT_DONE; i++) {
		CLEAN_FREE char *abs = strchr(o->args[i], '/') != NULL ?
		    runs_absolute(c, o->args[i]) : NULL;

		r = find_where(h, abs ? abs : o->args[i], &report, &e);
		if (r < 0)
			status = cli_fail(c, &e);
		found |= r == 1;
	}
	if (status == EXIT_DONE && !found) {
		err_set(&e, ERR_NOENT, "nothing is known of %.300s%s",
		    o->args[0], o->n_args > 1 ? " and the others" : "");
		status = cli_fail(c, &e);
	}
	if (status == EXIT_DONE && t.lacks)
		status = EXIT_SOME;
	hall_close(h);
	return status;
}

const struct command cmd_where = {
	"where", "PATH|NAME|GLOB", "Every place a file was, and what holds it",
	"A file is followed through its moves. A glob is quoted: fettle where '*.pdf'.",
	opts, run, COMMAND_HISTORY,
};
