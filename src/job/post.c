/* post.c -- news is queued. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "job/post_impl.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"
#include "util/xalloc.h"

void
post_complain(struct hall *h, int level, const char *fmt, ...)
{
	char text[800];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_line(h->log, (enum log_level)level, text);
}

void
post_queue_fini(struct post_queue *q)
{
	size_t i;

	for (i = 0; i < q->n; i++) {
		notify_entry_fini(&q->v[i].x);
		free(q->v[i].name);
	}
	free(q->v);
	*q = (struct post_queue){0};
}

static int
take(void *arg, const char *name, const void *data, size_t len)
{
	struct post_queue *q = arg;
	struct notify_entry x;
	struct err e;

	if (notify_entry_unpack(data, len, &x, &e) < 0)
		x.to = 0;	/* of nobody: it is dropped */
	XGROW(q->v, q->n, q->cap);
	q->v[q->n].name = xstrdup(name);
	q->v[q->n++].x = x;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct post_queued *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int
post_load(struct hall *h, struct post_queue *q, struct err *e)
{
	*q = (struct post_queue){0};
	if (catalog_each(h->catalog, POST_SPACE, take, q, e) < 0)
		return -1;
	if (q->n > 1)
		qsort(q->v, q->n, sizeof(*q->v), by_name);
	return 0;
}

int
post_save(struct hall *h, const char *name, const struct notify_entry *x,
    struct err *e)
{
	CLEAN_BUF struct buf b = {0};

	notify_entry_pack(x, &b);
	return catalog_put(h->catalog, POST_SPACE, name, b.data, b.len, e);
}

static void
told_key(const struct notify *n, const char *job, struct buf *out)
{
	buf_addf(out, "%016llx %s", (unsigned long long)n->id, job);
}

int
post_told(struct hall *h, const struct notify *n, const char *job,
    struct notify_told *t, struct err *e)
{
	CLEAN_BUF struct buf key = {0}, b = {0};
	int r;

	*t = (struct notify_told){0};
	told_key(n, job, &key);
	r = catalog_get(h->catalog, POST_TOLD, buf_str(&key), &b, e);
	if (r == 1)
		notify_told_unpack(b.data, b.len, t);
	return r < 0 ? -1 : 0;
}

int
post_note(struct hall *h, const struct notify *n, const char *job,
    enum notify_event ev, int64_t now, struct err *e)
{
	CLEAN_BUF struct buf key = {0}, b = {0};
	struct notify_told t;

	if (post_told(h, n, job, &t, e) < 0)
		return -1;
	notify_told_note(&t, ev, now);
	notify_told_pack(&t, &b);
	told_key(n, job, &key);
	return catalog_put(h->catalog, POST_TOLD, buf_str(&key), b.data, b.len,
	    e);
}

/* Of the queue: does somebody know, or will he know, of trouble there? */
static int
knows_of_trouble(const struct post_queue *q, const struct notify *n,
    const char *job, const struct notify_told *t)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		if (q->v[i].x.to == n->id && !q->v[i].x.put_off &&
		    NOTIFY_BIT(q->v[i].x.ev) & NOTIFY_TROUBLE &&
		    strcmp(q->v[i].x.news.job, job) == 0)
			return 1;
	return t->trouble;
}

/* What waits and is overtaken by this goes. */
static int
drop_old(struct hall *h, const struct post_queue *q, const struct notify *n,
    struct notify_entry *x, struct err *e)
{
	size_t i;

	for (i = 0; i < q->n; i++) {
		if (q->v[i].x.to == 0 || notify_old(n, x->ev, &x->news,
		    &q->v[i].x, &x->news.again) == NOTIFY_STAYS)
			continue;
		if (catalog_drop(h->catalog, POST_SPACE, q->v[i].name, e) < 0)
			return -1;
	}
	return 0;
}

/* A name that sorts by time and that nobody has. */
static int
free_name(struct hall *h, int64_t now, char name[48], struct err *e)
{
	unsigned i;
	int r = 1;

	for (i = 0; r == 1; i++) {
		CLEAN_BUF struct buf b = {0};

		snprintf(name, 48, "%020lld %04u", (long long)now, i);
		r = catalog_get(h->catalog, POST_SPACE, name, &b, e);
	}
	return r;
}

static int
queue_it(struct hall *h, const struct notify *n, enum notify_event ev,
    const struct notify_news *w, struct err *e)
{
	__attribute__((cleanup(post_queue_fini))) struct post_queue q = {0};
	struct notify_entry x = { .to = n->id, .ev = ev, .first = w->time,
	    .news = *w };	/* its texts are w's */
	struct notify_told told;
	char name[48];

	if (post_load(h, &q, e) < 0 || post_told(h, n, w->job, &told, e) < 0)
		return -1;
	if (ev == NOTIFY_RECOVERED && n->kind != NOTIFY_PING &&
	    !knows_of_trouble(&q, n, w->job, &told)) {
		if (!(n->events & NOTIFY_BIT(NOTIFY_SUCCESS)))
			x.ev = NOTIFY_EVENTS;
		else
			x.ev = NOTIFY_SUCCESS;
	}
	if (x.ev == NOTIFY_EVENTS) {	/* only what is untrue by now goes */
		x.ev = NOTIFY_RECOVERED;
		return drop_old(h, &q, n, &x, e);
	}
	if (drop_old(h, &q, n, &x, e) < 0)
		return -1;
	if (q.n >= NOTIFY_QUEUED_MAX)
		return err_set(e, ERR_FULL, "%zu notifications wait already",
		    q.n);
	x.due = notify_due(n, x.ev, &told, w->time, &x.put_off);
	return free_name(h, w->time, name, e) < 0 ? -1 :
	    post_save(h, name, &x, e);
}

void
post_news(struct hall *h, const struct notify_news *w)
{
	const struct notify_list *l = h->s->notify;
	const struct job *j;
	enum notify_event ev;
	struct err e = {0};
	size_t i;

	if (l == NULL || h->catalog == NULL)
		return;
	j = settings_job(h->s, w->job);
	for (i = 0; i < l->n; i++)
		if (notify_wants(&l->v[i], w, j != NULL ? j->tags : NULL,
		    &ev) && queue_it(h, &l->v[i], ev, w, &e) < 0)
			post_complain(h, LOG_ERROR, "a notification is lost: %s",
			    e.text);
}

int
post_next(struct hall *h, int64_t *at, struct err *e)
{
	__attribute__((cleanup(post_queue_fini))) struct post_queue q = {0};
	size_t i;

	*at = INT64_MAX;
	if (post_load(h, &q, e) < 0)
		return -1;
	for (i = 0; i < q.n; i++)
		if (q.v[i].x.due < *at)
			*at = q.v[i].x.due;
	return 0;
}

void
post_integrity(struct hall *h, const struct job *j, int64_t now,
    const char *text)
{
	struct notify_news w = {
		.time = now, .events = NOTIFY_BIT(NOTIFY_INTEGRITY),
		.job = (char *)(uintptr_t)j->name,
		.kind = (char *)(uintptr_t)(j->kind == JOB_RULE ? "rule" :
		    j->kind == JOB_BACKUP ? "backup" : "archive"),
		.text = (char *)(uintptr_t)text, .log = (char *)(uintptr_t)"",
		.unattended = 1,
	};

	post_complain(h, LOG_ERROR, "%s: %s", j->name, text);
	post_news(h, &w);
	post_go(h);
}
