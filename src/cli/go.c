#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/go.h"
#include "util/buf.h"
#include "util/quote.h"

static void
on_note(void *arg, int level, const char *text)
{
	(void)level;
	cli_say(arg, "%s", text);
}

int
go_open(struct cli *c, enum hall_role role, int wait, struct hall **out)
{
	struct sink k = { .note = on_note, .arg = c };
	struct err e = {0};

	if (hall_open(c->settings, role, role == HALL_RUN ? "run" : "a look",
	    wait, &k, out, &e) < 0)
		return cli_fail(c, &e);
	return EXIT_DONE;
}

static void
add_word(struct buf *b, const char *before, const char *word)
{
	buf_adds(b, before);
	quote_add(b, word, strlen(word));
}

/* What does this plan, as it is typed: "fettle -c FILE run home". */
static void
to_type(const struct cli *c, const char *command, const struct opts *o,
    struct buf *b)
{
	static const char *const chosen[] = { "tags", "skip-tags" };
	const char *const *v;
	size_t i;

	buf_adds(b, "fettle");
	if (c->config != NULL)
		add_word(b, " -c ", c->config);
	buf_addf(b, " %s", command);
	for (i = 0; i < o->n_args; i++)
		add_word(b, " ", o->args[i]);
	if (strcmp(command, "run") != 0)
		return;
	for (i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++)
		for (v = opt_values(o, chosen[i]); v != NULL && *v != NULL; v++) {
			buf_addf(b, " --%s", chosen[i]);
			add_word(b, " ", *v);
		}
}

int
go_show(struct cli *c, struct parts *p, int all, const char *command,
    const struct opts *o)
{
	CLEAN_BUF struct buf b = {0};
	struct view *v = view_new(c, VIEW_PLAN, all);
	struct job_totals t = {0};
	struct err e = {0};
	int status = EXIT_DONE;

	if (parts_tell(p, view_sink(v), &t, &e) < 0)
		status = cli_fail(c, &e);
	else {
		view_plan_end(v, p, &t);
		buf_adds(&b, "nothing was changed");
		if (t.planned > 0) {
			buf_adds(&b, "; do it: ");
			to_type(c, command, o, &b);
		}
		if (!c->json)
			cli_line(&b);
	}
	view_free(v);
	parts_free(p);
	return status;
}

int
go_asks(const struct cli *c, const struct going *g)
{
	return !g->yes && !g->unattended && !c->json && c->out_tty &&
	    isatty(STDIN_FILENO);
}

/* Totals first, then the question; 1 to go on. */
static int
agreed(struct cli *c, struct parts *p, const struct going *g)
{
	struct view *v;
	struct job_totals t = {0};
	struct err e = {0};
	char question[96];
	int r;

	if (!go_asks(c, g))
		return 1;
	v = view_new(c, VIEW_PLAN, g->all);
	r = parts_tell(p, view_sink(v), &t, &e);
	if (r == 0 && t.planned > 0)
		view_plan_end(v, p, &t);
	view_free(v);
	if (r < 0)
		return cli_fail(c, &e) == EXIT_DONE;
	if (t.planned == 0)
		return 1;
	snprintf(question, sizeof(question), "do these %" PRIu64
	    " operations?", t.planned);
	return cli_ask(c, question, 0);
}

int
go_tell(struct cli *c, struct view *v, int r, const struct job_done *done,
    const struct err *e)
{
	int status;

	if (r < 0) {
		view_quiet(v);
		status = cli_fail(c, e);
	} else {
		view_run_end(v, done);
		status = job_exit(done);
	}
	view_free(v);
	return status;
}

int
go_do(struct cli *c, struct hall *h, struct parts *p, const struct going *g)
{
	struct job_doing d = {
		.trigger = g->trigger, .command = g->command,
		.undoes = g->undoes, .undoing = g->undoing, .now = c->now,
	};
	struct job_done done;
	struct view *v;
	struct err e = {0};
	int r, status;

	if (!agreed(c, p, g)) {
		parts_free(p);
		cli_say(c, "nothing was changed");
		return EXIT_DONE;
	}
	if (g->did != NULL)
		*g->did = 1;
	v = view_new(c, VIEW_RUN, g->all);
	r = job_do(h, p, &d, view_sink(v), &done, &e);
	status = go_tell(c, v, r, &done, &e);
	parts_free(p);
	return status;
}
