/*
 * post_deliver.c -- the child that hands news over: each address in a thread
 * of its own, so that one that hangs is in nobody's way.
 *
 * Before something is sent it is written down that it may have been, and not to
 * be tried within an hour; after it, what came of it.  A crash between the two
 * may cost an hour, and never a second mail.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backup/entry.h"
#include "catalog/catalog.h"
#include "job/post_impl.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/log.h"
#include "util/span.h"
#include "util/time.h"
#include "util/xalloc.h"

struct round {			/* one address */
	struct hall		*h;
	const struct notify	*n;
	struct post_queue	*q;
	const char		*host;
	int64_t			 end;	/* time_mono */
	int (*stop)(void *arg);
	pthread_t		 thread;
	int			 started;
};

void
post_name(const struct notify *n, struct buf *out)
{
	static const char *const names[] = { "mail", "webhook", "ping",
	    "desktop notice", "command", "journal" };
	const char *host, *end;

	buf_adds(out, names[n->kind]);
	if (n->kind == NOTIFY_MAIL)
		buf_addf(out, " to %s", n->to[0]);
	else if (n->kind == NOTIFY_COMMAND)
		buf_addf(out, " %s", n->argv[0]);
	else if (n->url != NULL && (host = strstr(n->url, "://")) != NULL) {
		end = strpbrk(host + 3, "/?#");
		buf_addf(out, " to %.*s", end != NULL ? (int)(end - host - 3) :
		    (int)strlen(host + 3), host + 3);
	}
}

static void
complain(struct round *r, const struct notify_entry *x, const struct err *why,
    int again)
{
	CLEAN_BUF struct buf name = {0}, wait = {0};

	post_name(r->n, &name);
	if (again) {
		span_print(&wait, x->due - time_now(), 1);
		post_complain(r->h, LOG_WARNING, "%s: '%s' of %s could not be "
		    "told: %s; again in %s", buf_str(&name),
		    notify_event_name(x->ev), x->news.job, why->text,
		    buf_str(&wait));
	} else
		post_complain(r->h, LOG_ERROR, "%s: '%s' of %s was not told: %s",
		    buf_str(&name), notify_event_name(x->ev), x->news.job,
		    why->text);
}

/* Where there is no desktop to notice anything, the journal may. */
static int
fall_back(struct round *r, const struct notify_item *v,
    const struct notify_env *env)
{
	struct notify n = *r->n;
	struct err e = {0};
	int unsure;

	n.kind = NOTIFY_JOURNAL;
	return r->n->kind == NOTIFY_DESKTOP && r->h->s->notify->usual &&
	    notify_deliver(&n, v, 1, env, &unsure, &e) == 0;
}

static int
is_there(struct round *r, const char *name)
{
	CLEAN_BUF struct buf b = {0};

	return catalog_get(r->h->catalog, POST_SPACE, name, &b, NULL) == 1;
}

/* What came of it, written down. */
static void
settle(struct round *r, struct post_queued *p, int ok, int unsure,
    const struct err *why)
{
	struct err e = {0};
	int again = !ok && why->kind != ERR_USAGE &&
	    notify_failed(r->n, &p->x, unsure, time_now()), bad;

	if (ok)
		bad = post_note(r->h, r->n, p->x.news.job, p->x.ev, time_now(),
		    &e);
	else {
		complain(r, &p->x, why, again);
		bad = 0;
	}
	if (bad == 0 && !again)
		bad = catalog_drop(r->h->catalog, POST_SPACE, p->name, &e);
	else if (bad == 0 && is_there(r, p->name))
		bad = post_save(r->h, p->name, &p->x, &e);
	if (bad < 0)
		post_complain(r->h, LOG_ERROR, "%s", e.text);
}

/* These together, which is one, but for a digest: 0, or -1. */
static int
send(struct round *r, struct post_queued **v, size_t n)
{
	CLEAN_FREE struct notify_item *items = xallocn(n, sizeof(*items));
	struct notify_env env = { .host = r->host, .now = time_now(),
	    .credentials = r->h->s->credentials,
	    .most = r->end - time_mono() };
	struct err e = {0};
	int unsure = 0, ok;
	size_t i;

	for (i = 0; i < n; i++) {
		notify_try(&v[i]->x, env.now);
		if (post_save(r->h, v[i]->name, &v[i]->x, &e) < 0) {
			post_complain(r->h, LOG_ERROR, "%s", e.text);
			return -1;	/* nothing that cannot be remembered */
		}
		items[i] = (struct notify_item){ v[i]->x.ev, &v[i]->x.news };
	}
	ok = notify_deliver(r->n, items, n, &env, &unsure, &e) == 0 ||
	    fall_back(r, items, &env);
	for (i = 0; i < n; i++)
		settle(r, v[i], ok, unsure, &e);
	return ok || e.kind == ERR_USAGE ? 0 : -1;
}

/* Who just failed would fail again: the others wait with the first. */
static void
put_off(struct round *r, struct post_queued **v, size_t n, int64_t due)
{
	struct err e = {0};
	size_t i;

	for (i = 0; i < n; i++) {
		v[i]->x.due = due;
		if (is_there(r, v[i]->name) &&
		    post_save(r->h, v[i]->name, &v[i]->x, &e) < 0)
			post_complain(r->h, LOG_ERROR, "%s", e.text);
	}
}

static void *
work(void *arg)
{
	struct round *r = arg;
	CLEAN_FREE struct post_queued **v = xallocn(r->q->n, sizeof(void *));
	int64_t now = time_now();
	size_t i, n = 0;

	for (i = 0; i < r->q->n; i++)
		if (r->q->v[i].x.to == r->n->id &&
		    notify_is_due(&r->q->v[i].x, now))
			v[n++] = &r->q->v[i];
	if (r->n->digest >= 0 && n > 0) {
		send(r, v, n);
		return NULL;
	}
	for (i = 0; i < n && r->end - time_mono() > SPAN_SECOND; i++) {
		if (r->stop != NULL && r->stop(NULL))
			break;
		if (send(r, &v[i], 1) < 0) {
			put_off(r, v + i + 1, n - i - 1, v[i]->x.due);
			break;
		}
	}
	return NULL;
}

static const struct notify *
find(const struct notify_list *l, uint64_t id)
{
	size_t i;

	for (i = 0; l != NULL && i < l->n; i++)
		if (l->v[i].id == id && id != 0)
			return &l->v[i];
	return NULL;
}

/* What is for an address that is no longer written anywhere goes. */
static void
drop_strangers(struct hall *h, const struct post_queue *q)
{
	struct err e = {0};
	size_t i;

	for (i = 0; i < q->n; i++)
		if (find(h->s->notify, q->v[i].x.to) == NULL &&
		    catalog_drop(h->catalog, POST_SPACE, q->v[i].name, &e) < 0)
			post_complain(h, LOG_ERROR, "%s", e.text);
}

int
post_deliver(struct hall *h, int64_t most, int (*stop)(void *arg),
    struct err *e)
{
	__attribute__((cleanup(post_queue_fini))) struct post_queue q = {0};
	const struct notify_list *l = h->s->notify;
	CLEAN_FREE char *host = backup_host();
	CLEAN_FREE struct round *rounds = xallocn((l ? l->n : 0) + 1,
	    sizeof(*rounds));
	size_t i;

	if (post_load(h, &q, e) < 0)
		return -1;
	drop_strangers(h, &q);
	for (i = 0; l != NULL && i < l->n; i++) {
		if (find(l, l->v[i].id) != &l->v[i])
			continue;	/* the same address twice */
		rounds[i] = (struct round){ .h = h, .n = &l->v[i], .q = &q,
		    .host = host, .end = time_mono() + most, .stop = stop };
		rounds[i].started = pthread_create(&rounds[i].thread, NULL,
		    work, &rounds[i]) == 0;
	}
	for (i = 0; l != NULL && i < l->n; i++)
		if (rounds[i].started)
			pthread_join(rounds[i].thread, NULL);
	return 0;
}
