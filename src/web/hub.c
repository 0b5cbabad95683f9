/*
 * hub.c -- server-sent events.  While somebody listens, a thread asks the desk
 * once a second how far the jobs are; errands tell of themselves.  The last
 * KEPT events wait for who is slow; who is slower misses some.  A listener that
 * went away is noticed late, when something is written to it.  So a new one is
 * never refused: with too many of them the eldest ends, and comes again if it lives.
 */
#include <stdlib.h>
#include <time.h>

#include "util/xalloc.h"
#include "web/web_impl.h"

#define KEPT		256
#define QUIET_S		15

struct hub {
	struct web	*w;
	pthread_mutex_t	 lock;
	pthread_cond_t	 news;
	char		*v[KEPT];	/* a ring, each ready to be sent */
	uint64_t	 n;
	unsigned	 listeners;
	uint64_t	 tickets;	/* given so far */
	pthread_t	 asker;
};

static void
add(struct hub *h, char *text)
{
	pthread_mutex_lock(&h->lock);
	free(h->v[h->n % KEPT]);
	h->v[h->n++ % KEPT] = text;
	pthread_cond_broadcast(&h->news);
	pthread_mutex_unlock(&h->lock);
}

void
hub_publish(struct hub *h, const char *event, const char *data)
{
	add(h, xasprintf("event: %s\ndata: %s\n\n", event, data));
}

static void *
keep_asking(void *arg)
{
	struct hub *h = arg;
	struct timespec second = { .tv_sec = 1 };
	const struct args none = { .n = 0 };

	for (;;) {
		CLEAN_BUF struct buf b = {0};

		pthread_mutex_lock(&h->lock);
		while (h->listeners == 0)
			pthread_cond_wait(&h->news, &h->lock);
		pthread_mutex_unlock(&h->lock);
		if (lane_ask(h->w, 0, "live", &none, &b) == 200 && b.len > 0)
			add(h, buf_steal(&b));
		nanosleep(&second, NULL);
	}
	return NULL;
}

struct hub *
hub_new(struct web *w)
{
	struct hub *h = xalloc(sizeof(*h));
	pthread_condattr_t attr;

	h->w = w;
	pthread_mutex_init(&h->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&h->news, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&h->asker, NULL, keep_asking, h) != 0)
		abort();
	return h;
}

void
hub_enter(struct hub *h, struct hub_place *at)
{
	pthread_mutex_lock(&h->lock);
	h->listeners++;
	at->next = h->n;
	at->ticket = ++h->tickets;
	pthread_cond_broadcast(&h->news);
	pthread_mutex_unlock(&h->lock);
}

void
hub_leave(struct hub *h)
{
	pthread_mutex_lock(&h->lock);
	h->listeners--;
	pthread_mutex_unlock(&h->lock);
}

void
hub_wait(struct hub *h, struct hub_place *p, struct buf *out)
{
	struct timespec until;
	uint64_t *at = &p->next;
	int over;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += QUIET_S;
	pthread_mutex_lock(&h->lock);
	while (!(over = h->tickets - p->ticket >= HUB_LISTENERS) && *at == h->n)
		if (pthread_cond_timedwait(&h->news, &h->lock, &until) != 0)
			break;
	if (h->n - *at > KEPT)
		*at = h->n - KEPT;
	if (*at == h->n && !over)
		buf_adds(out, ": still here\n\n");
	for (; *at < h->n; (*at)++)
		buf_adds(out, h->v[*at % KEPT]);
	pthread_mutex_unlock(&h->lock);
}
