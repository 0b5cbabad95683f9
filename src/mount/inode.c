/* inode.c -- see inode.h. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mount/inode.h"
#include "util/buf.h"
#include "util/hash.h"
#include "util/xalloc.h"

#define BUCKETS_MIN	1024

struct inodes {
	pthread_mutex_t	 lock;
	struct inode	**buckets;
	size_t		 n, cap;	/* cap is a power of two */
};

uint64_t
inode_number(uint64_t parent, const char *name, const struct id *tree,
    const void *text, size_t len)
{
	uint64_t h = hash_keyed(parent, name, strlen(name));

	if (tree != NULL)
		h = hash_keyed(h, tree->b, ID_LEN);
	if (len > 0)
		h = hash_keyed(h, text, len);
	return h <= 1 ? h + 2 : h;	/* 0 is none, 1 is the root */
}

struct inode *
inode_new(enum inode_kind kind, uint64_t parent, const char *name,
    const struct id *tree, const void *text, size_t len)
{
	struct inode *i = xalloc(sizeof(*i));

	i->kind = kind;
	i->number = inode_number(parent, name, tree, text, len);
	if (tree != NULL)
		i->tree = *tree;
	if (len > 0) {
		i->text = xalloc(len);
		memcpy(i->text, text, len);
		i->len = len;
	}
	return i;
}

void
inode_free(struct inode *i)
{
	if (i == NULL)
		return;
	free(i->path);
	free(i->text);
	free(i);
}

struct inodes *
inodes_new(void)
{
	struct inodes *t = xalloc(sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	t->cap = BUCKETS_MIN;
	t->buckets = xallocn(t->cap, sizeof(struct inode *));
	return t;
}

void
inodes_free(struct inodes *t)
{
	struct inode *i, *next;
	size_t b;

	if (t == NULL)
		return;
	for (b = 0; b < t->cap; b++)
		for (i = t->buckets[b]; i != NULL; i = next) {
			next = i->next;
			inode_free(i);
		}
	pthread_mutex_destroy(&t->lock);
	free(t->buckets);
	free(t);
}

static struct inode **
bucket(struct inodes *t, uint64_t number)
{
	return &t->buckets[number & (t->cap - 1)];
}

static void
grow(struct inodes *t)
{
	struct inode **old = t->buckets, *i, *next, **to;
	size_t n = t->cap, b;

	t->cap *= 2;
	t->buckets = xallocn(t->cap, sizeof(struct inode *));
	for (b = 0; b < n; b++)
		for (i = old[b]; i != NULL; i = next) {
			next = i->next;
			to = bucket(t, i->number);
			i->next = *to;
			*to = i;
		}
	free(old);
}

struct inode *
inodes_add(struct inodes *t, struct inode *fresh)
{
	struct inode *i, **to;

	pthread_mutex_lock(&t->lock);
	for (i = *bucket(t, fresh->number); i != NULL; i = i->next)
		if (i->number == fresh->number)
			break;
	if (i == NULL) {
		if (t->n >= t->cap)
			grow(t);
		to = bucket(t, fresh->number);
		i = fresh;
		i->next = *to;
		*to = i;
		t->n++;
		fresh = NULL;
	}
	i->lookups++;
	pthread_mutex_unlock(&t->lock);
	inode_free(fresh);
	return i;
}

void
inodes_forget(struct inodes *t, struct inode *i, uint64_t lookups)
{
	struct inode **p;
	int gone;

	pthread_mutex_lock(&t->lock);
	i->lookups -= lookups < i->lookups ? lookups : i->lookups;
	gone = i->lookups == 0;
	if (gone) {
		for (p = bucket(t, i->number); *p != i;)
			p = &(*p)->next;
		*p = i->next;
		t->n--;
	}
	pthread_mutex_unlock(&t->lock);
	if (gone)
		inode_free(i);
}

size_t
inodes_count(struct inodes *t)
{
	size_t n;

	pthread_mutex_lock(&t->lock);
	n = t->n;
	pthread_mutex_unlock(&t->lock);
	return n;
}
