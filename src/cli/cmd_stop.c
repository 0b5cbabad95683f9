/* cmd_stop.c -- fettle stop NAME...: a job that the daemon does ends soon. */
#include <string.h>

#include "catalog/catalog.h"
#include "cli/go.h"
#include "util/buf.h"
#include "util/json.h"

static const struct opt_def opts[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

/* What the daemon answered: 0, or -1 and its reason. */
static int
read_answer(const struct buf *b, struct err *e)
{
	CLEAN_JSON_READ struct json_read r;
	CLEAN_BUF struct buf why = {0};
	const char *text;
	int ok = 0, n, bad;

	json_read_init(&r, b->data, b->len);
	if (json_expect(&r, JSON_OBJECT, e) < 0)
		return -1;
	while ((n = json_member(&r, e)) == 1) {
		if (strcmp(r.str, "ok") == 0)
			bad = json_get_bool(&r, &ok, e);
		else if (strcmp(r.str, "error") == 0) {
			bad = json_get_str(&r, &text, NULL, e);
			if (!bad)
				buf_adds(&why, text);
		} else
			bad = json_skip(&r, e);
		if (bad)
			return -1;
	}
	if (n < 0 || ok)
		return n;
	return err_set(e, ERR_NOENT, "%s", buf_str(&why));
}

static int
stop(struct hall *h, const char *name, struct err *e)
{
	CLEAN_BUF struct buf question = {0}, answer = {0};

	buf_addf(&question, "stop %s", name);
	if (catalog_live(h->catalog, buf_str(&question), &answer, e) < 0)
		return err_set(e, ERR_NOENT, "no daemon is running; a run by "
		    "hand ends with Ctrl-C");
	return read_answer(&answer, e);
}

static int
run(struct cli *c, const struct opts *o)
{
	struct hall *h;
	struct err e = {0};
	int status;
	size_t i;

	if (o->n_args == 0)
		return cli_usage(c, "fettle stop wants the name of a job");
	status = cli_load_places(c);
	if (status == EXIT_DONE)
		status = go_open(c, HALL_ASK, 0, &h);
	if (status != EXIT_DONE)
		return status;
	for (i = 0; i < o->n_args; i++)
		if (stop(h, o->args[i], &e) < 0)
			status = cli_fail(c, &e);
	hall_close(h);
	return status;
}

const struct command cmd_stop = {
	"stop", "NAME...", "Let a job end that the daemon does",
	"It ends soon and whole; what it was due for is not begun again. Jobs that\n"
	"only wait for their turn are passed over likewise.",
	opts, run, COMMAND_DAILY,
};
