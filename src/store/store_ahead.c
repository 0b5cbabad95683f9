/* store_ahead.c -- lists that are asked for before they are wanted; see store.h. */
#include <assert.h>
#include <stdlib.h>

#include "store/store_impl.h"
#include "util/thread.h"
#include "util/xalloc.h"

/* One list under way, or here. */
struct ahead {
	struct store	*store;
	enum store_kind	 kind;
	pthread_t	 thread;
	struct store_entries found;
	struct err	 why;
	int		 answer;
};

static void *
run(void *arg)
{
	struct ahead *a = arg;

	a->answer = store_entries_get(a->store, a->kind, &a->found, &a->why);
	return NULL;
}

static struct ahead *
take(struct store *s, enum store_kind kind)
{
	struct ahead *a;

	pthread_mutex_lock(&s->mutex);
	a = s->ahead[kind];
	s->ahead[kind] = NULL;
	pthread_mutex_unlock(&s->mutex);
	return a;
}

void
store_list_ahead(struct store *s, enum store_kind kind)
{
	struct ahead *a;

	assert(kind < STORE_KINDS && kind != STORE_CONFIG);
	/* Elsewhere a second connection costs more than the round trip. */
	if (s->caps.near || !s->caps.flows)
		return;
	store_ahead_drop(s, kind);
	a = xalloc(sizeof(*a));
	a->store = s;
	a->kind = kind;
	if (thread_start(&a->thread, run, a) != 0) {
		free(a);
		return;
	}
	pthread_mutex_lock(&s->mutex);
	s->ahead[kind] = a;
	pthread_mutex_unlock(&s->mutex);
}

int
store_ahead_take(struct store *s, enum store_kind kind,
    struct store_entries *out, int *answer, struct err *e)
{
	struct ahead *a = take(s, kind);

	if (a == NULL)
		return 0;
	pthread_join(a->thread, NULL);
	*out = a->found;
	*answer = a->answer;
	if (a->answer < 0 && e != NULL)
		*e = a->why;
	free(a);
	return 1;
}

void
store_ahead_drop(struct store *s, enum store_kind kind)
{
	struct store_entries l = {0};
	int answer;

	if (store_ahead_take(s, kind, &l, &answer, NULL))
		free(l.v);
}
