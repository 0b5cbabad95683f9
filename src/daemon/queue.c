#include <stdlib.h>
#include <string.h>

#include "daemon/queue.h"
#include "util/xalloc.h"

struct queued *
queue_find(struct queue *q, const char *name)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		if (strcmp(q->v[i].name, name) == 0)
			return &q->v[i];
	return NULL;
}

void
queue_ask(struct queue *q)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		q->v[i].due = 0;
}

/* Where an entry of this order belongs. */
static struct queued *
make_room(struct queue *q, size_t order)
{
	size_t at = q->n;

	XGROW(q->v, q->n, q->cap);
	while (at > 0 && q->v[at - 1].order > order)
		at--;
	memmove(&q->v[at + 1], &q->v[at], (q->n - at) * sizeof(*q->v));
	q->n++;
	return &q->v[at];
}

struct queued *
queue_due(struct queue *q, const char *name, size_t order)
{
	struct queued *w = queue_find(q, name);

	if (w == NULL) {
		w = make_room(q, order);
		*w = (struct queued){ .name = xstrdup(name), .order = order };
	}
	w->due = 1;
	return w;
}

static void
queued_fini(struct queued *w)
{
	free(w->name);
	resources_fini(&w->r);
}

void
queue_told(struct queue *q)
{
	size_t i, n = 0;

	for (i = 0; i < q->n; i++) {
		if (q->v[i].due || q->v[i].running)
			q->v[n++] = q->v[i];
		else
			queued_fini(&q->v[i]);
	}
	q->n = n;
}

/* Is any of the folders of v[at] in use, or waited for by one before it? */
static int
is_in_use(const struct queue *q, size_t at, int64_t now)
{
	const struct queued *w;
	size_t i;

	for (i = 0; i < q->n; i++) {
		w = &q->v[i];
		if (i != at && (w->running || (i < at && w->not_before <= now)) &&
		    resources_meet(&w->r, &q->v[at].r))
			return 1;
	}
	return 0;
}

struct queued *
queue_pick(struct queue *q, int64_t now, int64_t *again)
{
	struct queued *w;
	size_t i;

	*again = INT64_MAX;
	for (i = 0; i < q->n; i++) {
		w = &q->v[i];
		if (w->running || is_in_use(q, i, now))
			continue;
		if (w->not_before <= now)
			return w;
		if (w->not_before < *again)
			*again = w->not_before;
	}
	return NULL;
}

void
queue_put_off(struct queued *w, int64_t now, int locked)
{
	w->put_off = w->put_off == 0 ? QUEUE_PUT_OFF : w->put_off * 2;
	if (w->put_off > QUEUE_PUT_OFF_MOST)
		w->put_off = QUEUE_PUT_OFF_MOST;
	w->not_before = now + w->put_off;
	w->locked = locked;
}

void
queue_pause(struct queued *w, int64_t now, int64_t us)
{
	w->not_before = now + us;
	w->locked = 0;
}

void
queue_unlock(struct queue *q)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		if (q->v[i].locked) {
			q->v[i].locked = 0;
			q->v[i].not_before = q->v[i].put_off = 0;
		}
}

void
queue_fini(struct queue *q)
{
	while (q->n > 0)
		queued_fini(&q->v[--q->n]);
	free(q->v);
	*q = (struct queue){0};
}
