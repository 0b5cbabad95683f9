/* lru.c -- see lru.h. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mount/lru.h"
#include "util/xalloc.h"

#define BUCKETS	4096		/* ids are random: two bytes of one say which */

struct lru {
	pthread_mutex_t	 lock;
	size_t		 max, size;
	void (*drop)(void *thing);
	struct lru_item	*buckets[BUCKETS];
	struct lru_item	*newest, *oldest;
};

struct lru *
lru_new(size_t max, void (*drop)(void *thing))
{
	struct lru *l = xalloc(sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	l->max = max;
	l->drop = drop;
	return l;
}

static struct lru_item **
bucket(struct lru *l, const struct id *id)
{
	return &l->buckets[(id->b[0] | id->b[1] << 8) % BUCKETS];
}

static void
unlink_age(struct lru *l, struct lru_item *i)
{
	if (i->newer != NULL)
		i->newer->older = i->older;
	else
		l->newest = i->older;
	if (i->older != NULL)
		i->older->newer = i->newer;
	else
		l->oldest = i->newer;
}

static void
make_newest(struct lru *l, struct lru_item *i)
{
	i->newer = NULL;
	i->older = l->newest;
	if (l->newest != NULL)
		l->newest->newer = i;
	else
		l->oldest = i;
	l->newest = i;
}

static struct lru_item *
find(struct lru *l, const struct id *id)
{
	struct lru_item *i = *bucket(l, id);

	while (i != NULL && !id_equal(&i->id, id))
		i = i->next;
	return i;
}

static void
forget(struct lru *l, struct lru_item *i)
{
	struct lru_item **p = bucket(l, &i->id);

	while (*p != i)
		p = &(*p)->next;
	*p = i->next;
	unlink_age(l, i);
	l->size -= i->size;
	l->drop(i->thing);
	free(i);
}

static void
shrink(struct lru *l)
{
	struct lru_item *i, *newer;

	for (i = l->oldest; i != NULL && l->size > l->max; i = newer) {
		newer = i->newer;
		if (i->holders == 0)
			forget(l, i);
	}
}

static struct lru_item *
hold(struct lru *l, struct lru_item *i)
{
	if (i == NULL)
		return NULL;
	i->holders++;
	unlink_age(l, i);
	make_newest(l, i);
	return i;
}

struct lru_item *
lru_take(struct lru *l, const struct id *id)
{
	struct lru_item *i;

	pthread_mutex_lock(&l->lock);
	i = hold(l, find(l, id));
	pthread_mutex_unlock(&l->lock);
	return i;
}

struct lru_item *
lru_put(struct lru *l, const struct id *id, void *thing, size_t size)
{
	struct lru_item *i;

	pthread_mutex_lock(&l->lock);
	i = hold(l, find(l, id));
	if (i == NULL) {
		i = xalloc(sizeof(*i));
		*i = (struct lru_item){ .thing = thing, .id = *id,
		    .size = size, .holders = 1, .next = *bucket(l, id) };
		*bucket(l, id) = i;
		make_newest(l, i);
		l->size += size;
		shrink(l);
	} else
		l->drop(thing);
	pthread_mutex_unlock(&l->lock);
	return i;
}

void
lru_give_back(struct lru *l, struct lru_item *i)
{
	pthread_mutex_lock(&l->lock);
	i->holders--;
	shrink(l);
	pthread_mutex_unlock(&l->lock);
}

void
lru_free(struct lru *l)
{
	struct lru_item *i, *newer;

	if (l == NULL)
		return;
	for (i = l->oldest; i != NULL; i = newer) {
		newer = i->newer;
		forget(l, i);
	}
	pthread_mutex_destroy(&l->lock);
	free(l);
}
