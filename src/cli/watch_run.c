#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cli/watch_run.h"
#include "job/burst_wire.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/time.h"

#define QUIET_MS	150	/* a burst has ended */
#define LONGEST		INT64_C(20000000)	/* µs of one run: others wait for
						   our folders */
#define REST_MS		10	/* time to make it durable */
#define FLUSH_EACH	INT64_C(1000000)	/* µs, if there is no such time */
#define IDLE_MS		15000	/* nobody needs us */
#define PIECE		65536
#define TRY_LATER	INT64_C(60000000)

struct watching {
	struct cli	*c;
	struct burst	*b;
	struct buf	 in, out;
	int64_t		 since;		/* when the run was begun */
	int64_t		 flushed;
	int		 dirty;		/* something is to be flushed */
};

static int
end_run(struct watching *w)
{
	struct err e = {0};
	int was_open = burst_is_open(w->b), r = burst_end(w->b, &e);

	if (r < 0)
		cli_fail(w->c, &e);
	if (!was_open)
		return r;
	buf_reset(&w->out);
	wire_put_ended(&w->out);
	if (fd_write_all(STDIN_FILENO, w->out.data, w->out.len) < 0)
		r = -1;
	return r;
}

static void
flush(struct watching *w)
{
	struct err e = {0};

	if (burst_flush(w->b, &e) < 0)
		cli_fail(w->c, &e);
	w->dirty = 0;
}

static void
take(struct watching *w, const struct burst_batch *x)
{
	struct burst_answer a = {0};
	struct err e = {0};
	int was_open = burst_is_open(w->b);
	size_t i, k;

	if (burst_take(w->b, x, time_now(), &a, &e) < 0) {
		cli_fail(w->c, &e);
		burst_answer_fini(&a);
		for (i = 0; i < x->n; i++)
			for (k = 0; k < x->v[i].n; k++)
				burst_leave(&a, x->v[i].dir, x->v[i].names[k],
				    e.text, TRY_LATER);
		a.done = 1;
	}
	if (!was_open)
		w->since = time_mono();
	buf_reset(&w->out);
	wire_put_answer(&w->out, &a);
	/* If nobody is there to hear it, reading will say so. */
	(void)fd_write_all(STDIN_FILENO, w->out.data, w->out.len);
	if (a.done || time_mono() - w->since > LONGEST)
		end_run(w);
	burst_answer_fini(&a);
	if (!w->dirty)
		w->flushed = time_mono();
	w->dirty = burst_is_open(w->b);
	if (w->dirty && time_mono() - w->flushed > FLUSH_EACH)
		flush(w);
}

/* All whole messages that are in: 0, or -1 if one makes no sense. */
static int
take_all(struct watching *w)
{
	struct burst_batch x;
	const void *body;
	size_t len, all;
	struct err e = {0};
	int r;

	while ((r = wire_whole(&w->in, &body, &len, &all)) == 1) {
		if (wire_get_batch(body, len, &x, &e) < 0) {
			cli_fail(w->c, &e);
			return -1;
		}
		if (x.n > 0)
			take(w, &x);
		else
			end_run(w);	/* others want the folders */
		burst_batch_fini(&x);
		w->in.len -= all;
		memmove(w->in.data, w->in.data + all, w->in.len);
	}
	return r;
}

/* 1 there is something, 0 nothing came, -1 it is over. */
static int
wait_for(struct watching *w)
{
	struct pollfd f = { .fd = STDIN_FILENO, .events = POLLIN };
	int n;

	do {
		if (cli_stopped(NULL))
			return -1;
		n = poll(&f, 1, w->dirty ? REST_MS :
		    burst_is_open(w->b) ? QUIET_MS : IDLE_MS);
		if (n == 0 && w->dirty) {
			flush(w);
			n = -1;
			errno = EINTR;
		}
	} while (n < 0 && errno == EINTR);
	return n;
}

static int
more(struct watching *w)
{
	ssize_t n = read(STDIN_FILENO, buf_room(&w->in, PIECE), PIECE);

	if (n > 0)
		w->in.len += (size_t)n;
	return n > 0 || (n < 0 && errno == EINTR) ? 0 : -1;
}

static void
on_note(void *arg, int level, const char *text)
{
	(void)level;
	cli_say(arg, "%s", text);
}

int
watch_run(struct cli *c, struct hall *h)
{
	const struct sink k = { .note = on_note, .stop = cli_stopped,
	    .arg = c };
	struct watching w = { .c = c, .b = burst_new(h, &k) };
	int n;

	for (;;) {
		n = wait_for(&w);
		if (n == 0 && !burst_is_open(w.b))
			break;
		if (n == 0)
			end_run(&w);
		if (n < 0 || (n > 0 && (more(&w) < 0 || take_all(&w) < 0)))
			break;
	}
	end_run(&w);
	burst_free(w.b);
	buf_fini(&w.in);
	buf_fini(&w.out);
	return EXIT_DONE;
}
