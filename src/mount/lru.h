#ifndef MOUNT_LRU_H
#define MOUNT_LRU_H

#include <stddef.h>

#include "repo/id.h"

/*
 * What was loaded and may be wanted again, up to a number of bytes: what was not
 * asked for longest goes.  What somebody holds stays, also if it is more.  Any
 * number of threads.
 */
struct lru;
struct lru_item {
	void		*thing;
	/* The rest is lru.c's. */
	struct id	 id;
	size_t		 size, holders;
	struct lru_item	*next;		/* of its bucket */
	struct lru_item	*newer, *older;
};

struct lru *lru_new(size_t max, void (*drop)(void *thing));
void lru_free(struct lru *l);		/* NULL is fine; nobody holds anything */

/* Hold what is there under this id, or NULL. */
struct lru_item *lru_take(struct lru *l, const struct id *id);
/* Put it there and hold it.  If somebody was faster his is held, and this one is
 * dropped. */
struct lru_item *lru_put(struct lru *l, const struct id *id, void *thing,
    size_t size);
void lru_give_back(struct lru *l, struct lru_item *i);

#endif
