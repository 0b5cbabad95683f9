/* web_work.c -- desks and errands: what the web child may not start itself. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "daemon/web_impl.h"
#include "util/arena.h"
#include "util/clean.h"
#include "util/err.h"
#include "web/errand.h"

#define KILLED		128

/* ---- starting what is our own program ---- */
int
web_start(struct daemon *d, const char *const *argv, int in, int out, int err,
    int with_lock, struct proc *p, struct err *e)
{
	int lock = catalog_lock_fd(d->h->catalog);
	struct proc_spec spec = { .argv = argv, .in = in, .out = out,
	    .err = err, .dir = -1, .die_with_us = 1, .keep = &lock,
	    .n_keep = with_lock ? 1 : 0 };

	log_flush(d->h->log, NULL);
	return proc_start(&spec, p, e);
}

/* The program, its configuration, and no relative paths; the next free place. */
static size_t
begin_argv(const char **argv, const char *file)
{
	size_t n = 0;

	argv[n++] = WEB_EXE;
	argv[n++] = "-c";
	argv[n++] = file;
	argv[n++] = "-W";
	argv[n++] = "";
	return n;
}

int
web_watch_end(struct daemon *d, struct proc *p, struct watch *w,
    void (*ready)(void *arg, uint32_t events), void *arg, struct err *e)
{
	*w = (struct watch){ .fd = p->fd, .ready = ready, .arg = arg };
	if (loop_add(&d->loop, w, e) == 0)
		return 0;
	proc_end(p, 0);
	return -1;
}

int
web_reap(struct daemon *d, struct proc *p, struct watch *w)
{
	struct err e = {0};
	int status = 1;

	loop_remove(&d->loop, w);
	if (proc_wait(p, -1, &status, &e) < 0)
		say_error(d, &e);
	return status;
}

void
web_end(struct daemon *d, struct proc *p, struct watch *w)
{
	if (p->pid == 0)
		return;
	loop_remove(&d->loop, w);
	proc_end(p, 0);
}

static void
tell_started(struct web_side *w, uint64_t id, const char *why, const int *fds,
    size_t n)
{
	CLEAN_BUF struct buf m = {0};

	pack_u64(&m, CHANNEL_STARTED);
	pack_u64(&m, id);
	pack_str(&m, why);
	web_tell(w, &m, fds, n);
}

/* ---- desks ---- */
static void
on_desk_end(void *arg, uint32_t events)
{
	struct desk *k = arg;

	(void)events;
	web_reap(k->w->d, &k->proc, &k->watch);
}

static int
start_desk(struct web_side *w, struct desk *k, int fd, struct err *e)
{
	CLEAN_FREE char *file = reload_file(w->d);
	const char *argv[16];
	size_t n = begin_argv(argv, file);

	argv[n++] = "web";
	argv[n++] = "--desk";
	argv[n++] = (*w->d->s)->file;
	argv[n] = NULL;
	k->w = w;
	if (web_start(w->d, argv, fd, -1, STDERR_FILENO, 0, &k->proc, e) < 0)
		return -1;
	return web_watch_end(w->d, &k->proc, &k->watch, on_desk_end, k, e);
}

void
web_give_desk(struct web_side *w, uint64_t lane)
{
	CLEAN_BUF struct buf m = {0};
	int pair[2] = { -1, -1 };
	struct desk *k;
	struct err e = {0};
	int ok;

	if (lane >= WEB_LANES)
		return;
	k = &w->desks[lane];
	web_end(w->d, &k->proc, &k->watch);
	ok = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 &&
	    start_desk(w, k, pair[1], &e) == 0;
	if (!ok && e.kind != ERR_NONE)
		say_error(w->d, &e);
	pack_u64(&m, CHANNEL_DESK);
	pack_u64(&m, lane);
	web_tell(w, &m, pair, ok ? 1 : 0);
	if (pair[0] >= 0)
		close(pair[0]);
	if (pair[1] >= 0)
		close(pair[1]);
}

/* ---- errands ---- */
static void
on_errand_end(void *arg, uint32_t events)
{
	CLEAN_BUF struct buf m = {0};
	struct errand *x = arg;
	struct daemon *d = x->w->d;
	int status;

	(void)events;
	status = web_reap(d, &x->proc, &x->watch);
	if (x->id != 0) {
		pack_u64(&m, CHANNEL_ENDED);
		pack_u64(&m, x->id);
		pack_u64(&m, (uint64_t)status);
		web_tell(x->w, &m, NULL, 0);
	}
	d->unclean |= status > KILLED && status != KILLED + SIGINT;
	if (d->ending && workers_running(d) == 0)
		loop_end(&d->loop);
	workers_somebody_left(d);
}

static struct errand *
free_errand(struct web_side *w)
{
	size_t i;

	for (i = 0; i < WEB_ERRANDS; i++)
		if (w->errands[i].proc.pid == 0)
			return &w->errands[i];
	return NULL;
}

static int
start_errand(struct web_side *w, uint64_t id, uint64_t verb, char *const *args,
    size_t n, const int fds[2], struct err *e)
{
	CLEAN_FREE char *file = reload_file(w->d);
	CLEAN_ARENA struct arena a = {0};
	struct errand *x = free_errand(w);
	const char *argv[ERRAND_ARGV];

	if (x == NULL || w->d->ending || w->d->unclean)
		return err_set(e, ERR_LOCKED, "there is too much to do just now; "
		    "try again in a moment");
	if (errand_argv((enum errand_verb)verb, args, n, argv,
	    begin_argv(argv, file), &a, e) < 0 ||
	    web_start(w->d, argv, -1, fds[0], fds[1], 1, &x->proc, e) < 0)
		return -1;
	x->w = w;
	x->id = id;
	return web_watch_end(w->d, &x->proc, &x->watch, on_errand_end, x, e);
}

void
web_errand(struct web_side *w, struct unpack *u)
{
	uint64_t id = unpack_u64(u), verb = unpack_u64(u), n = unpack_u64(u), i;
	char *args[ERRAND_ARGS] = { NULL };
	int out[2] = { -1, -1 }, talk[2] = { -1, -1 };
	struct err e = {0};
	int ok = n <= ERRAND_ARGS;

	for (i = 0; ok && i < n; i++)
		args[i] = unpack_str(u);
	ok = ok && unpack_end(u) == 0 && id != 0;
	if (!ok)
		err_set(&e, ERR_USAGE, "what was asked for makes no sense");
	else if (pipe2(out, O_CLOEXEC) < 0 || pipe2(talk, O_CLOEXEC) < 0)
		ok = err_sys(&e, "make a pipe") == 0;
	else
		ok = start_errand(w, id, verb, args, (size_t)n,
		    (const int[2]){ out[1], talk[1] }, &e) == 0;
	tell_started(w, id, ok ? "" : e.text, (const int[2]){ out[0], talk[0] },
	    ok ? 2 : 0);
	for (i = 0; i < 2; i++) {
		if (out[i] >= 0)
			close(out[i]);
		if (talk[i] >= 0)
			close(talk[i]);
	}
	for (i = 0; i < ERRAND_ARGS; i++)
		free(args[i]);
}

void
web_stop_errand(struct web_side *w, uint64_t id)
{
	size_t i;

	for (i = 0; i < WEB_ERRANDS; i++)
		if (w->errands[i].proc.pid != 0 && w->errands[i].id == id &&
		    id != 0)
			proc_signal(&w->errands[i].proc, SIGTERM);
}

size_t
web_errands(const struct daemon *d)
{
	size_t i, n = 0;

	for (i = 0; d->web != NULL && i < WEB_ERRANDS; i++)
		n += d->web->errands[i].proc.pid != 0;
	return n;
}

void
web_signal(struct daemon *d, int sig)
{
	size_t i;

	for (i = 0; d->web != NULL && i < WEB_ERRANDS; i++)
		proc_signal(&d->web->errands[i].proc, sig);
}
