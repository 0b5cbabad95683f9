/*
 * errands.c -- what was started from here: a list of the last ERRANDS_KEPT.
 *
 * Each has a thread that reads what the command has to say until it ends.  An
 * errand that is streamed (a download) has none: its reader is the connection's.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/err.h"
#include "util/json.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "web/web_impl.h"

#define START_S		15
#define STREAMS		8		/* at once */

enum errand_state { NEW, REFUSED, GOING, ENDED };

struct errand {
	uint64_t	 id;		/* 0: free */
	enum errand_verb verb;
	enum errand_state state;
	int		 streamed;
	char		*about, *why;	/* why it was refused */
	int64_t		 started, ended;
	int		 status, got_status, heard;	/* heard: all it said */
	int		 fds[2];
	char		*lines[ERRAND_LINES];	/* a ring */
	size_t		 n_lines;
	char		*last;		/* the last object that it told */
	int64_t		 run;
	struct web	*w;
};

struct errands {
	struct errand	 v[ERRANDS_KEPT + STREAMS];
	uint64_t	 last;
};

struct errands *
errands_new(void)
{
	struct errands *s = xalloc(sizeof(*s));
	size_t i;

	for (i = 0; i < ERRANDS_KEPT + STREAMS; i++)
		s->v[i].fds[0] = s->v[i].fds[1] = -1;
	return s;
}

static struct errand *
find(struct web *w, uint64_t id)
{
	struct errands *s = w->errands;
	size_t i;

	for (i = 0; id != 0 && i < ERRANDS_KEPT + STREAMS; i++)
		if (s->v[i].id == id)
			return &s->v[i];
	return NULL;
}

static void
clear(struct errand *x)
{
	size_t i;

	free(x->about);
	free(x->why);
	free(x->last);
	for (i = 0; i < ERRAND_LINES; i++)
		free(x->lines[i]);
	for (i = 0; i < 2; i++)
		if (x->fds[i] >= 0)
			close(x->fds[i]);
	*x = (struct errand){ .fds = { -1, -1 } };
}

/* A place: a free one, or that of the oldest that has ended. */
static struct errand *
place(struct errands *s, int streamed)
{
	size_t from = streamed ? ERRANDS_KEPT : 0, i;
	size_t to = streamed ? ERRANDS_KEPT + STREAMS : ERRANDS_KEPT;
	struct errand *best = NULL, *x;

	for (i = from; i < to; i++) {
		x = &s->v[i];
		if (x->id == 0)
			return x;
		if (!streamed && (x->state == REFUSED || (x->state == ENDED &&
		    x->heard)) && (best == NULL || x->id < best->id))
			best = x;
	}
	return best;
}

/* ---- as JSON ---- */
static const char *
state_name(const struct errand *x)
{
	if (x->state == REFUSED)
		return "failed";
	if (x->state != ENDED || !x->heard)
		return "going";
	switch (x->status) {
	case 0:
		return "done";
	case 3:
		return "some";
	case 4:
		return "held";
	case 130:
	case 128 + 15:
		return "stopped";
	default:
		return "failed";
	}
}

static void
lines_member(struct json *j, const struct errand *x)
{
	size_t n = x->n_lines < ERRAND_LINES ? x->n_lines : ERRAND_LINES, i;
	const char *s;

	json_key(j, "lines");
	json_array_start(j);
	for (i = x->n_lines - n; i < x->n_lines; i++) {
		s = x->lines[i % ERRAND_LINES];
		json_bytes(j, s, strlen(s));
	}
	json_array_end(j);
}

static void
as_json(struct json *j, const struct errand *x)
{
	int is_over = x->state == ENDED && x->heard;

	json_begin(j);
	json_key(j, "id");
	json_u64(j, x->id);
	json_key(j, "verb");
	json_str(j, errand_name(x->verb));
	json_key(j, "about");
	json_bytes(j, x->about, strlen(x->about));
	json_key(j, "state");
	json_str(j, state_name(x));
	json_put_time(j, "started", x->started);
	json_put_time(j, "ended", is_over ? x->ended : 0);
	json_key(j, "status");
	if (is_over)
		json_i64(j, x->status);
	else
		json_null(j);
	json_key(j, "run");
	if (x->run > 0)
		json_i64(j, x->run);
	else
		json_null(j);
	json_key(j, "summary");
	if (x->last != NULL)
		json_raw(j, x->last, strlen(x->last));
	else
		json_null(j);
	lines_member(j, x);
	json_object_end(j);
}

/* Under the lock; what is told is told without it. */
static void
publish(struct web *w, const struct errand *x)
{
	CLEAN_BUF struct buf b = {0};
	struct json j = { .out = &b };

	as_json(&j, x);
	hub_publish(w->hub, "errand", buf_str(&b));
}

/* ---- what it says ---- */
/* An object?  Then keep it, and the number of its run. */
static int
take_object(struct errand *x, const char *line)
{
	__attribute__((cleanup(json_read_fini))) struct json_read r;
	struct err e = {0};
	int64_t run = 0;
	int n;

	json_read_init(&r, line, strlen(line));
	if (json_expect(&r, JSON_OBJECT, &e) < 0)
		return 0;
	while ((n = json_member(&r, &e)) == 1) {
		int is_run = strcmp(r.str, "run") == 0;

		if (json_next(&r, &e) < 0 || (is_run && r.event == JSON_NUMBER &&
		    json_i64_of(&r, &run, &e) < 0) || json_skip(&r, &e) < 0)
			return 0;
	}
	if (n < 0 || json_end(&r, &e) < 0)
		return 0;
	if (run > 0)
		x->run = run;
	free(x->last);
	x->last = xstrdup(line);
	return 1;
}

static void
take_line(struct web *w, struct errand *x, const char *line)
{
	pthread_mutex_lock(&w->lock);
	if (*line != '\0' && !(line[0] == '{' && take_object(x, line))) {
		free(x->lines[x->n_lines % ERRAND_LINES]);
		x->lines[x->n_lines++ % ERRAND_LINES] = xstrndup(line,
		    ERRAND_LINE);
	}
	pthread_mutex_unlock(&w->lock);
}

/* Whole lines of b; one that is very long is cut. */
static void
take_lines(struct web *w, struct errand *x, struct buf *b, int at_end)
{
	char *p = (char *)(uintptr_t)buf_str(b), *end;

	while ((end = strchr(p, '\n')) != NULL) {
		*end = '\0';
		take_line(w, x, p);
		p = end + 1;
	}
	if (at_end || strlen(p) > 65536) {
		take_line(w, x, p);
		p += strlen(p);
	}
	b->len -= (size_t)(p - (char *)b->data);
	memmove(b->data, p, b->len);
}

static void *
listen_to(void *arg)
{
	struct errand *x = arg;
	struct web *w = x->w;
	struct pollfd p[2] = { { .fd = x->fds[0], .events = POLLIN },
	    { .fd = x->fds[1], .events = POLLIN } };
	struct buf b[2] = { {0}, {0} };
	ssize_t n;
	int i;

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		poll(p, 2, -1);
		for (i = 0; i < 2; i++) {
			if (p[i].fd < 0 || p[i].revents == 0)
				continue;
			n = read(p[i].fd, buf_room(&b[i], 8192), 8192);
			if (n <= 0 && !(n < 0 && errno == EINTR))
				p[i].fd = -1;
			b[i].len += n > 0 ? (size_t)n : 0;
			take_lines(w, x, &b[i], p[i].fd < 0);
		}
	}
	buf_fini(&b[0]);
	buf_fini(&b[1]);
	pthread_mutex_lock(&w->lock);
	for (i = 0; i < 2; i++) {
		close(x->fds[i]);
		x->fds[i] = -1;
	}
	while (!x->got_status)
		pthread_cond_wait(&w->news, &w->lock);
	x->heard = 1;
	x->state = ENDED;
	x->ended = time_now();
	publish(w, x);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- starting ---- */
static int
ask(struct web *w, uint64_t id, enum errand_verb v, char *const *args,
    size_t n)
{
	CLEAN_BUF struct buf m = {0};
	size_t i;

	pack_u64(&m, CHANNEL_START);
	pack_u64(&m, id);
	pack_u64(&m, (uint64_t)v);
	pack_u64(&m, n);
	for (i = 0; i < n; i++)
		pack_str(&m, args[i]);
	return channel_send(w->channel, &m, NULL, 0);
}

/* Under the lock: the errand once the daemon has started it, or NULL and why
 * not. */
static struct errand *
begin(struct web *w, enum errand_verb v, char *const *args, size_t n,
    const char *about, int streamed, struct buf *out)
{
	struct errand *x = place(w->errands, streamed);
	struct timespec until;

	if (x == NULL) {
		web_error_text(out, "there is too much going on; try again in a "
		    "moment");
		return NULL;
	}
	clear(x);
	x->id = ++w->errands->last;
	x->w = w;
	x->verb = v;
	x->streamed = streamed;
	x->about = xstrdup(about);
	x->started = time_now();
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += START_S;
	if (ask(w, x->id, v, args, n) == 0)
		while (x->state == NEW && pthread_cond_timedwait(&w->news,
		    &w->lock, &until) == 0)
			;
	if (x->state != GOING) {
		web_error_text(out, x->why != NULL ? x->why :
		    "the daemon does not answer");
		clear(x);
		return NULL;
	}
	return x;
}

int
errands_start(struct web *w, enum errand_verb v, char *const *args,
    size_t n, const char *about, struct buf *out)
{
	struct json j = { .out = out };
	struct errand *x;
	pthread_attr_t attr;
	pthread_t t;
	int status = 409;

	pthread_mutex_lock(&w->lock);
	x = begin(w, v, args, n, about, 0, out);
	if (x != NULL) {
		pthread_attr_init(&attr);
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		if (pthread_create(&t, &attr, listen_to, x) != 0)
			abort();	/* as when memory runs out */
		pthread_attr_destroy(&attr);
		as_json(&j, x);
		publish(w, x);
		status = 202;
	}
	pthread_mutex_unlock(&w->lock);
	return status;
}

int
errands_stream(struct web *w, enum errand_verb v, char *const *args,
    size_t n, uint64_t *id, int fds[2], struct buf *out)
{
	struct errand *x;
	int status = 409;

	pthread_mutex_lock(&w->lock);
	if ((x = begin(w, v, args, n, "", 1, out)) != NULL) {
		memcpy(fds, x->fds, sizeof(x->fds));
		x->fds[0] = x->fds[1] = -1;
		*id = x->id;
		status = 200;
	}
	pthread_mutex_unlock(&w->lock);
	return status;
}

int
errands_wait(struct web *w, uint64_t id)
{
	struct errand *x;
	int status = 1;

	pthread_mutex_lock(&w->lock);
	while ((x = find(w, id)) != NULL && !x->got_status)
		pthread_cond_wait(&w->news, &w->lock);
	if (x != NULL)
		status = x->status;
	pthread_mutex_unlock(&w->lock);
	return status;
}

static int
send_stop(struct web *w, uint64_t id)
{
	CLEAN_BUF struct buf m = {0};

	pack_u64(&m, CHANNEL_STOP);
	pack_u64(&m, id);
	return channel_send(w->channel, &m, NULL, 0);
}

void
errands_drop(struct web *w, uint64_t id)
{
	struct errand *x;

	pthread_mutex_lock(&w->lock);
	if ((x = find(w, id)) != NULL) {
		if (!x->got_status)
			send_stop(w, id);
		clear(x);
	}
	pthread_mutex_unlock(&w->lock);
}

/* ---- asking about them ---- */
static void
begin_answer(struct json *j)
{
	json_begin(j);
}

void
errands_list(struct web *w, struct buf *out)
{
	struct json j = { .out = out };
	uint64_t below = UINT64_MAX;
	struct errand *x, *best;
	size_t i;

	pthread_mutex_lock(&w->lock);
	begin_answer(&j);
	json_key(&j, "errands");
	json_array_start(&j);
	do {
		best = NULL;
		for (i = 0; i < ERRANDS_KEPT; i++) {
			x = &w->errands->v[i];
			if (x->id != 0 && x->id < below && (best == NULL ||
			    x->id > best->id))
				best = x;
		}
		if (best != NULL) {
			as_json(&j, best);
			below = best->id;
		}
	} while (best != NULL);
	json_array_end(&j);
	json_object_end(&j);
	pthread_mutex_unlock(&w->lock);
}

static int
not_there(struct buf *out)
{
	web_error_text(out, "there is no such errand");
	return 404;
}

int
errands_show(struct web *w, int64_t id, struct buf *out)
{
	struct json j = { .out = out };
	struct errand *x;

	pthread_mutex_lock(&w->lock);
	x = find(w, (uint64_t)id);
	if (x != NULL && !x->streamed)
		as_json(&j, x);
	pthread_mutex_unlock(&w->lock);
	return x == NULL || x->streamed ? not_there(out) : 200;
}

static void
say_ok(struct buf *out)
{
	struct json j = { .out = out };

	begin_answer(&j);
	json_key(&j, "ok");
	json_bool(&j, 1);
	json_object_end(&j);
}

int
errands_stop(struct web *w, int64_t id, struct buf *out)
{
	struct errand *x;
	int found;

	pthread_mutex_lock(&w->lock);
	x = find(w, (uint64_t)id);
	found = x != NULL && !x->streamed;
	if (found && x->state == GOING)
		send_stop(w, x->id);
	pthread_mutex_unlock(&w->lock);
	if (!found)
		return not_there(out);
	say_ok(out);
	return 200;
}

int
errands_stop_job(struct web *w, const char *job)
{
	struct errand *x;
	int found = 0;

	pthread_mutex_lock(&w->lock);
	for (x = w->errands->v; x < w->errands->v + ERRANDS_KEPT; x++)
		if (x->id != 0 && x->state == GOING && x->verb == ERRAND_RUN &&
		    strcmp(x->about, job) == 0)
			found = send_stop(w, x->id) == 0;
	pthread_mutex_unlock(&w->lock);
	return found;
}

/* ---- the daemon's news ---- */
void
errands_started(struct web *w, uint64_t id, const char *why, int fds[2])
{
	struct errand *x;

	pthread_mutex_lock(&w->lock);
	x = find(w, id);
	if (x != NULL && x->state == NEW) {
		x->state = *why == '\0' && fds[0] >= 0 && fds[1] >= 0 ?
		    GOING : REFUSED;
		x->why = xstrdup(why);
		if (x->state == GOING) {
			memcpy(x->fds, fds, sizeof(x->fds));
			fds[0] = fds[1] = -1;
		}
	}
	pthread_cond_broadcast(&w->news);
	pthread_mutex_unlock(&w->lock);
}

void
errands_ended(struct web *w, uint64_t id, int status)
{
	struct errand *x;

	pthread_mutex_lock(&w->lock);
	if ((x = find(w, id)) != NULL) {
		x->status = status;
		x->got_status = 1;
	}
	pthread_cond_broadcast(&w->news);
	pthread_mutex_unlock(&w->lock);
}
