/*
 * do_hooks.c -- a part of a run between its hooks.
 *
 * before, the job, on_error if either failed, after: the last always, so that
 * what before mounted is unmounted again.  A command inherits the lock of the
 * catalog, as the shell action does: recovery waits for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/entry.h"
#include "catalog/catalog.h"
#include "job/do_impl.h"
#include "job/hooks.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/proc.h"
#include "util/quote.h"
#include "util/span.h"
#include "util/time.h"
#include "util/xalloc.h"

#define KEPT		((size_t)64 << 10)	/* of what it prints */
#define SLICE_MS	100
#define GRACE		(5 * SPAN_SECOND)
#define AFTER_STOP	(10 * SPAN_SECOND)
#define ENV_MAX		16

struct hooking {
	struct doing	*g;
	enum hook_kind	 kind;
	const char	*status, *error;
	struct buf	 env[ENV_MAX];
	const char	*v[ENV_MAX + 1];
	size_t		 n;
};

static void
add(struct hooking *k, const char *name, const char *value)
{
	struct buf *b = &k->env[k->n];

	buf_addf(b, "FETTLE_%s=", name);
	buf_adds(b, value);
	k->v[k->n++] = buf_str(b);
}

static void
add_number(struct hooking *k, const char *name, uint64_t value)
{
	char s[24];

	snprintf(s, sizeof(s), "%llu", (unsigned long long)value);
	add(k, name, s);
}

static void
hooking_fini(struct hooking *k)
{
	while (k->n > 0)
		buf_fini(&k->env[--k->n]);
}

static void
make_env(struct hooking *k)
{
	const struct job_totals *t = &k->g->out->totals, *b = &k->g->before;
	const struct part *pt = k->g->part;

	add(k, "JOB", pt->name);
	add(k, "KIND", pt->kind);
	add_number(k, "RUN", (uint64_t)k->g->out->run);
	add(k, "TRIGGER", k->g->d->trigger);
	add(k, "HOOK", hook_kind_name(k->kind));
	add(k, "STATUS", k->status);
	add(k, "ERROR", k->error);
	add_number(k, "DONE", t->done - b->done);
	add_number(k, "FAILED", t->failed - b->failed);
	add_number(k, "FILES", t->files - b->files);
	add_number(k, "BYTES", t->bytes - b->bytes);
	if (pt->job->backup != NULL)
		add(k, "REPOSITORY", pt->job->backup->repository);
}

/* Keep the end of what it prints: 1, or 0 at its end. */
static int
drain(int fd, struct buf *b)
{
	char piece[8192];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0) {
		if (b->len > KEPT) {
			memmove(b->data, b->data + b->len - KEPT / 2, KEPT / 2);
			b->len = KEPT / 2;
		}
		buf_add(b, piece, (size_t)n);
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static int
is_stopped(const struct doing *g)
{
	return g->k->stop != NULL && g->k->stop(g->k->arg);
}

/* Until it ends, takes too long, or we are told to end: its status, or -1. */
static int
attend(const struct hooking *k, const struct hook *h, struct proc *p, int fd,
    struct buf *said, struct err *e)
{
	struct pollfd v[2] = { { .fd = p->fd, .events = POLLIN },
	    { .fd = fd, .events = POLLIN } };
	int64_t began = time_mono(), most;
	int status, r;

	for (;;) {
		if (poll(v, 2, SLICE_MS) < 0 && errno != EINTR)
			return err_sys(e, "wait for the command");
		if (v[1].fd >= 0 && v[1].revents != 0 && !drain(fd, said))
			v[1].fd = -1;
		if ((r = proc_wait(p, 0, &status, e)) < 0)
			return -1;
		if (r == 1) {
			drain(fd, said);
			return status;
		}
		if (is_stopped(k->g) && k->kind == HOOK_BEFORE)
			return err_set(e, ERR_STOPPED, "stopped");
		most = is_stopped(k->g) && h->timeout > AFTER_STOP ?
		    AFTER_STOP : h->timeout;
		if (time_mono() - began > most)
			return err_set(e, ERR_IO, "it took too long, and was "
			    "ended");
	}
}

/* What it printed, a line each. */
static void
log_said(struct hooking *k, const struct buf *said)
{
	const char *p = (const char *)said->data, *end = p + said->len, *nl;

	while (p < end) {
		CLEAN_BUF struct buf b = {0};

		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		buf_addf(&b, "%s, %s: ", k->g->part->name,
		    hook_kind_name(k->kind));
		quote_text(&b, p, (size_t)(nl - p));
		log_line(k->g->h->log, LOG_INFO, buf_str(&b));
		p = nl + 1;
	}
}

/* The last line of it, for the message. */
static void
add_last_line(const struct buf *said, struct buf *out)
{
	const char *s = (const char *)said->data, *line;
	size_t n = said->len;

	while (n > 0 && (s[n - 1] == '\n' || s[n - 1] == '\r'))
		n--;
	if (n == 0)
		return;
	line = memrchr(s, '\n', n);
	line = line != NULL ? line + 1 : s;
	n -= (size_t)(line - s);
	buf_adds(out, ": ");
	quote_text(out, line, n > 200 ? 200 : n);
}

static int
run_it(struct hooking *k, const struct hook *h, struct buf *said,
    struct err *e)
{
	int lock = catalog_lock_fd(k->g->h->catalog), ends[2], status;
	struct proc_spec s = { PROC_NULL, .argv = h->argv, .keep = &lock,
	    .n_keep = lock >= 0, .own_group = 1, .die_with_us = 1,
	    .env = k->v };
	struct proc p = PROC_NONE;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe");
	CLEAN_FD int from = ends[0];
	CLEAN_FD int to = ends[1];

	if (fcntl(from, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, "set up a pipe");
	s.out = s.err = to;
	if (proc_start(&s, &p, e) < 0)
		return -1;
	close(to);
	to = -1;
	status = attend(k, h, &p, from, said, e);
	proc_end(&p, GRACE);
	return status;
}

static int
run_hook(struct hooking *k, const struct hook *h, struct err *e)
{
	CLEAN_BUF struct buf said = {0}, why = {0};
	int status = run_it(k, h, &said, e);

	log_said(k, &said);
	if (status == 0)
		return 0;
	if (status > 0) {
		buf_addf(&why, "it ended with %d", status);
		add_last_line(&said, &why);
		err_set(e, ERR_IO, "%s", buf_str(&why));
	}
	if (e->kind == ERR_STOPPED)
		return -1;
	/* Whatever it was, it was no fault of a store, to be tried elsewhere. */
	e->kind = ERR_IO;
	return err_wrap(e, "%s '%.100s'", hook_kind_name(k->kind), h->text);
}

/* All of a kind, in order, until one fails. */
static int
run_hooks(struct doing *g, enum hook_kind kind, const char *status,
    const char *error, struct err *e)
{
	const struct job_hooks *h = g->part->job->hooks;
	struct hooking k = { .g = g, .kind = kind, .status = status,
	    .error = error };
	int r = 0;
	size_t i;

	make_env(&k);
	for (i = 0; r == 0 && i < h->of[kind].n; i++)
		r = run_hook(&k, &h->of[kind].v[i], e);
	hooking_fini(&k);
	return r;
}

/* As run_hooks, where the job has ended: a failure makes it partial. */
static void
run_last(struct doing *g, enum hook_kind kind, const char *status,
    const char *error)
{
	struct err e = {0};

	if (run_hooks(g, kind, status, error, &e) == 0)
		return;
	err_wrap(&e, "%s", g->part->name);
	doing_note(g, LOG_ERROR, e.text);
	g->out->totals.failed++;
}

/*
 * What before made there (a mount, a dump) is in no plan yet.  Only a backup is
 * planned anew: it is one operation whatever it finds, and all else was shown
 * as it was to be done.
 */
static void
plan_again(struct doing *g, struct part *pt)
{
	const char *const names[] = { pt->name, NULL };
	const struct job_request q = { .names = names, .exact = 1, .yes = 1,
	    .now = doing_now(g) };
	struct parts *p = NULL;
	struct plan *old = pt->plan;
	struct err e = {0};

	if (pt->job->kind != JOB_BACKUP || job_plan(g->h, &q, &p, &e) < 0)
		return;
	if (p->n == 1) {
		char *failed = pt->failed;

		pt->plan = p->v[0].plan;
		p->v[0].plan = old;
		pt->failed = p->v[0].failed;
		p->v[0].failed = failed;
	}
	parts_free(p);
}

static const char *
status_of(const struct doing *g, const struct part *pt, int r,
    const struct err *e)
{
	const struct job_totals *t = &g->out->totals, *b = &g->before;

	if (is_stopped(g) || (r < 0 && e->kind == ERR_STOPPED))
		return "stopped";
	if (r < 0 || (pt->absent > 0 && pt->absent == pt->locations))
		return "failed";
	if (t->failed > b->failed)
		return t->done > b->done ? "partial" : "failed";
	if (t->held > b->held)
		return "held";
	return t->waiting > b->waiting ? "waiting" : "success";
}

int
doing_hooked(struct doing *g, struct part *pt,
    int (*work)(struct doing *g, struct part *pt, struct err *e),
    struct err *e)
{
	const struct job_hooks *h = pt->job != NULL ? pt->job->hooks : NULL;
	const char *status;
	struct err ignored = {0};
	int r;

	if (h == NULL || g->d->undoing)
		return work(g, pt, e);
	r = run_hooks(g, HOOK_BEFORE, "going", "", e);
	if (r == 0) {
		if (h->of[HOOK_BEFORE].n > 0)
			plan_again(g, pt);
		r = work(g, pt, e);
	} else if (pt->job->kind == JOB_BACKUP && e->kind != ERR_STOPPED) {
		doing_tell_ended(g, OP_BACKUP, OP_FAILED, e->text, &ignored);
		g->told = 1;
	}
	status = status_of(g, pt, r, e);
	if (strcmp(status, "failed") == 0 || strcmp(status, "partial") == 0)
		run_last(g, HOOK_ON_ERROR, status, r < 0 ? e->text : "");
	run_last(g, HOOK_AFTER, status, r < 0 ? e->text : "");
	return r;
}
