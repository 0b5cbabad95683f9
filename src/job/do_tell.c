/* do_tell.c -- how a part began and ended: remembered, and told to whoever
 * wants to know (job/post.h). */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "job/do_impl.h"
#include "job/post.h"
#include "job/report.h"
#include "job/state.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"

#define LOG_TAIL	((off_t)8 << 10)

static int
open_log_file(const struct hall *h)
{
	return h->log_dir < 0 ? -1 : openat(h->log_dir, h->s->log_name,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

static int
is_wanted(const struct doing *g)
{
	return g->part->job != NULL && !g->d->undoing &&
	    g->h->s->notify != NULL;
}

/* Where the log stands: what comes after it is about this part. */
static void
mark_log(struct doing *g)
{
	CLEAN_FD int fd = -1;
	struct stat st;

	g->log_at = 0;
	log_flush(g->h->log, NULL);
	fd = open_log_file(g->h);
	if (fd >= 0 && fstat(fd, &st) == 0)
		g->log_at = st.st_size;
}

/* The end of what was logged since: whole lines. */
static void
read_log(const struct doing *g, struct buf *out)
{
	CLEAN_FD int fd = -1;
	char piece[LOG_TAIL];
	const char *from = piece;
	off_t at = g->log_at;
	struct stat st;
	ssize_t n;

	log_flush(g->h->log, NULL);
	fd = open_log_file(g->h);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (at > st.st_size)		/* it was rotated */
		at = 0;
	if (st.st_size - at > LOG_TAIL)
		at = st.st_size - LOG_TAIL;
	n = fd_pread_full(fd, piece, sizeof(piece), (uint64_t)at);
	if (n > 0 && at > g->log_at &&
	    (from = memchr(piece, '\n', (size_t)n)) != NULL)
		from++;
	if (n > 0 && from != NULL)
		buf_add(out, from, (size_t)(piece + n - from));
}

/* Files that arrive all day are no news as long as all goes well. */
static int
is_routine(const struct doing *g, unsigned events)
{
	return strcmp(g->d->trigger, "watch") == 0 &&
	    (events & ~(NOTIFY_BIT(NOTIFY_START) |
	    NOTIFY_BIT(NOTIFY_SUCCESS))) == 0;
}

static int
is_unattended(const struct doing *g)
{
	return strcmp(g->d->trigger, "schedule") == 0 ||
	    strcmp(g->d->trigger, "watch") == 0;
}

void
doing_began(struct doing *g)
{
	char none[] = "";
	struct notify_news w = {
		.time = doing_now(g), .run = g->out->run,
		.job = (char *)(uintptr_t)g->part->name,
		.kind = (char *)(uintptr_t)g->part->kind,
		.text = none, .log = none, .unattended = is_unattended(g),
		.events = NOTIFY_BIT(NOTIFY_START),
	};

	g->part_began = w.time;
	if (!is_wanted(g))
		return;
	mark_log(g);
	if (is_routine(g, w.events))
		return;
	post_news(g->h, &w);
	post_go(g->h);
}

/* Something was wrong with it when it ended last. */
static int
was_in_trouble(struct hall *h, const char *job)
{
	__attribute__((cleanup(state_fini))) struct job_memory m = {0};
	struct err e = {0};

	if (state_get(h, job, &m, &e) == 1 && m.last_run != 0 &&
	    (m.state == RUN_FAILED || m.state == RUN_PARTIAL ||
	    m.state == RUN_CRASHED))
		return 1;
	return post_was_late(h, job);
}

static unsigned
events_of(enum run_state how, int waiting, enum err_kind kind, int trouble)
{
	switch (how) {
	case RUN_DONE:
		if (waiting)
			return 0;
		return NOTIFY_BIT(NOTIFY_SUCCESS) |
		    (trouble ? NOTIFY_BIT(NOTIFY_RECOVERED) : 0);
	case RUN_FAILED:
		return NOTIFY_BIT(NOTIFY_FAILURE) | (kind == ERR_CORRUPT ?
		    NOTIFY_BIT(NOTIFY_INTEGRITY) : 0);
	case RUN_PARTIAL:
		return NOTIFY_BIT(NOTIFY_PARTIAL);
	case RUN_HELD:
		return NOTIFY_BIT(NOTIFY_HELD);
	default:
		return 0;
	}
}

static void
tell(struct doing *g, unsigned events, const char *why)
{
	const struct job_totals *t = &g->out->totals, *b = &g->before;
	CLEAN_BUF struct buf log = {0};
	struct notify_news w = {
		.time = doing_now(g), .started = g->part_began,
		.run = g->out->run, .events = events,
		.job = (char *)(uintptr_t)g->part->name,
		.kind = (char *)(uintptr_t)g->part->kind,
		.text = (char *)(uintptr_t)why,
		.unattended = is_unattended(g),
		.done = t->done - b->done, .skipped = t->skipped - b->skipped,
		.failed = t->failed - b->failed, .held = t->held - b->held,
		.waiting = t->waiting - b->waiting,
		.files = t->files - b->files, .bytes = t->bytes - b->bytes,
	};

	read_log(g, &log);
	w.log = (char *)(uintptr_t)buf_str(&log);
	post_news(g->h, &w);
	post_go(g->h);
}

void
doing_ended(struct doing *g, enum run_state how, int waiting,
    enum err_kind kind, const char *why)
{
	int trouble = is_wanted(g) && was_in_trouble(g->h, g->part->name);
	unsigned events = events_of(how, waiting, kind, trouble);
	int stopped = g->k->stop != NULL && g->k->stop(g->k->arg);

	if (g->part->job != NULL && !g->d->undoing)
		report_note(g->h, g->part, doing_now(g), &g->before,
		    &g->out->totals);
	state_ended(g->h, g->part, g->out->run, doing_now(g), how, waiting, why);
	if (is_wanted(g) && events != 0 && !is_routine(g, events) && !stopped)
		tell(g, events, why);
}
