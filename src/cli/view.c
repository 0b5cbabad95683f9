#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/view_impl.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/quote.h"
#include "util/size.h"
#include "util/time.h"
#include "util/xalloc.h"

#define PROGRESS_MS	100

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
on_op(void *arg, const struct op_told *t)
{
	struct view *v = arg;

	v->ops->op(v, t);
}

static void
on_note(void *arg, int level, const char *text)
{
	struct view *v = arg;

	view_quiet(v);
	if (level >= LOG_WARNING)
		fprintf(stderr, "fettle: %s\n", text);
	else
		cli_say(v->cli, "%s", text);
}

/* One line that is written over itself, on a terminal only. */
static void
on_progress(void *arg, const char *job, uint64_t ops, uint64_t total,
    uint64_t bytes)
{
	struct view *v = arg;
	CLEAN_BUF struct buf b = {0};
	int64_t now, ms;

	if (!v->cli->err_tty || v->cli->quiet || v->cli->json)
		return;
	now = now_ms();
	if (now - v->progress_at < PROGRESS_MS)
		return;
	v->progress_at = now;
	ms = now - v->started;
	buf_addf(&b, "\r\033[K%.30s: %" PRIu64, job, ops);
	if (total > 0)
		buf_addf(&b, " of %" PRIu64, total);
	if (bytes > 0) {
		buf_adds(&b, ", ");
		size_print(&b, bytes);
	}
	if (ms > 500 && ops > 0) {
		buf_addf(&b, ", %" PRIu64 "/s", ops * 1000 / (uint64_t)ms);
		if (total > ops)
			buf_addf(&b, ", %" PRIu64 " s left",
			    (total - ops) * (uint64_t)ms / ops / 1000 + 1);
	}
	fputs(buf_str(&b), stderr);
	v->progress_shown = 1;
}

void
view_quiet(struct view *v)
{
	if (v->progress_shown)
		fputs("\r\033[K", stderr);
	v->progress_shown = 0;
}

/* A question of a rule's, in whose text file names may be. */
static int
on_ask(void *arg, const char *question, int usual)
{
	struct view *v = arg;
	CLEAN_BUF struct buf b = {0};

	if (v->cli->json || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return -1;
	view_quiet(v);
	quote_text(&b, question, strlen(question));
	return cli_ask(v->cli, buf_str(&b), usual);
}

struct view *
view_new(const struct cli *c, enum view_what what, int all)
{
	struct view *v = xalloc(sizeof(*v));

	*v = (struct view){
		.ops = c->json ? &view_json : &view_text,
		.cli = c, .what = what, .all = all, .started = now_ms(),
		.sink = { .op = on_op, .note = on_note,
			.progress = on_progress, .stop = cli_stopped,
			.ask = on_ask },
	};
	v->sink.arg = v;
	return v;
}

void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	view_quiet(v);
	v->ops->free(v);
	buf_fini(&v->line);
	free(v);
}

const struct sink *
view_sink(struct view *v)
{
	return &v->sink;
}

void
view_plan_end(struct view *v, const struct parts *p, const struct job_totals *t)
{
	view_quiet(v);
	v->ops->plan_end(v, p, t);
}

void
view_run_end(struct view *v, const struct job_done *d)
{
	view_quiet(v);
	v->ops->run_end(v, d);
}
