/*
 * lane.c -- questions to desks: a length in four bytes (little-endian) and as
 * many bytes, both ways.  A desk that does not answer is given up, and the next
 * question has another one started.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/err.h"
#include "util/fd.h"
#include "util/time.h"
#include "web/desk.h"
#include "web/web_impl.h"

#define START_US	INT64_C(15000000)
#define ANSWER_US	INT64_C(180000000)
#define BUSY_S		60

void
lane_give(struct web *w, unsigned lane, int fd)
{
	struct lane *l = &w->lanes[lane];

	pthread_mutex_lock(&w->lock);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = fd;
	l->asked = 0;
	pthread_cond_broadcast(&w->news);
	pthread_mutex_unlock(&w->lock);
}

static struct timespec
in(int64_t us)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += us / 1000000;
	t.tv_nsec += us % 1000000 * 1000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* The lane's desk, waited for: its descriptor, or -1. */
static int
desk_of(struct web *w, unsigned lane)
{
	CLEAN_BUF struct buf m = {0};
	struct lane *l = &w->lanes[lane];
	struct timespec until = in(START_US);
	int fd, late = 0;

	pthread_mutex_lock(&w->lock);
	if (l->fd < 0 && !l->asked) {
		pack_u64(&m, CHANNEL_ASK_DESK);
		pack_u64(&m, lane);
		l->asked = channel_send(w->channel, &m, NULL, 0) == 0;
	}
	while (l->fd < 0 && l->asked && !late)
		late = pthread_cond_timedwait(&w->news, &w->lock, &until) != 0;
	fd = l->fd;
	if (late)
		l->asked = 0;
	pthread_mutex_unlock(&w->lock);
	return fd;
}

static void
give_up(struct web *w, unsigned lane)
{
	pthread_mutex_lock(&w->lock);
	if (w->lanes[lane].fd >= 0)
		close(w->lanes[lane].fd);
	w->lanes[lane].fd = -1;
	pthread_mutex_unlock(&w->lock);
}

static int
read_exactly(int fd, unsigned char *to, size_t n, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t got;
	int64_t left;

	while (n > 0) {
		left = until - time_mono();
		if (left <= 0 || poll(&p, 1, (int)(left / 1000) + 1) <= 0)
			return -1;
		got = read(fd, to, n);
		if (got <= 0 && !(got < 0 && errno == EINTR))
			return -1;
		if (got > 0) {
			to += got;
			n -= (size_t)got;
		}
	}
	return 0;
}

static int
exchange(int fd, const struct buf *m, struct buf *out, int *status)
{
	int64_t until = time_mono() + ANSWER_US;
	unsigned char h[DESK_HEAD];
	size_t len;

	if (fd_write_all(fd, m->data, m->len) < 0 ||
	    read_exactly(fd, h, sizeof(h), until) < 0)
		return -1;
	len = desk_length(h);
	if (len < 2 || len > DESK_ANSWER_MAX)
		return -1;
	if (read_exactly(fd, h, 2, until) < 0)
		return -1;
	*status = h[0] | h[1] << 8;
	len -= 2;
	if (read_exactly(fd, buf_room(out, len), len, until) < 0)
		return -1;
	out->len += len;
	return 0;
}

int
lane_ask(struct web *w, unsigned lane, const char *what,
    const struct args *a, struct buf *answer)
{
	struct timespec until;
	CLEAN_BUF struct buf m = {0}, q = {0};
	int status = 502, fd, tries;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += BUSY_S;
	if (pthread_mutex_timedlock(&w->lanes[lane].busy, &until) != 0) {
		web_error_text(answer, "an earlier question takes long; try again "
		    "in a moment");
		return 503;
	}
	pack_str(&q, what);
	args_pack(a, &q);
	desk_add_length(&m, q.len);
	buf_add(&m, q.data, q.len);
	/* One that was put away meanwhile (the configuration is another) is not
	 * noticed before it is asked. */
	for (tries = 0; tries < 2; tries++) {
		buf_reset(answer);
		if ((fd = desk_of(w, lane)) < 0)
			break;
		if (exchange(fd, &m, answer, &status) == 0)
			break;
		give_up(w, lane);
		status = 502;
	}
	pthread_mutex_unlock(&w->lanes[lane].busy);
	if (status == 502 && (fd < 0 || tries == 2)) {
		buf_reset(answer);
		web_error_text(answer, "the daemon has no answer to that; its log "
		    "may tell why");
	}
	return status;
}
