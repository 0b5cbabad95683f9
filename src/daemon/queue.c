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

static int
is_before(const struct queued *a, const struct queued *b)
{
	return a->turn != b->turn ? a->turn < b->turn : a->order < b->order;
}

/* Put the last entry where it belongs. */
static struct queued *
sort_in_last(struct queue *q)
{
	size_t at = q->n - 1;
	struct queued w = q->v[at];

	while (at > 0 && is_before(&w, &q->v[at - 1]))
		at--;
	memmove(&q->v[at + 1], &q->v[at], (q->n - 1 - at) * sizeof(*q->v));
	q->v[at] = w;
	return &q->v[at];
}

/* It waits from now on: behind those that do already. */
static struct queued *
give_turn(struct queue *q, size_t at)
{
	struct queued w = q->v[at];

	w.turn = q->turn + 1;
	w.taken = 0;
	memmove(&q->v[at], &q->v[at + 1], (q->n - 1 - at) * sizeof(*q->v));
	q->v[q->n - 1] = w;
	return sort_in_last(q);
}

struct queued *
queue_due(struct queue *q, const char *name, size_t order)
{
	struct queued *w = queue_find(q, name);

	if (w == NULL) {
		XGROW(q->v, q->n, q->cap);
		w = &q->v[q->n++];
		*w = (struct queued){ .name = xstrdup(name), .order = order };
	}
	w->due = 1;
	return (w->turn == 0 || w->taken) && !w->running ?
	    give_turn(q, (size_t)(w - q->v)) : w;
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
		if (w->not_before <= now) {
			q->turn++;
			w->taken = 1;
			return w;
		}
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
