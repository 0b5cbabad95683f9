/* overlay_table.c -- items by hash, with linear probing and no tombstones. */
#include <stdlib.h>

#include "plan/overlay_impl.h"
#include "util/xalloc.h"

/* The first item that may have this hash; then the next, NULL at the end. */
void *
ov_table_at(const struct ov_table *t, uint64_t hash, size_t *i)
{
	if (t->cap == 0)
		return NULL;
	*i = (size_t)hash & (t->cap - 1);
	return t->v[*i];
}

void *
ov_table_next(const struct ov_table *t, size_t *i)
{
	*i = (*i + 1) & (t->cap - 1);
	return t->v[*i];
}

static void
put(struct ov_table *t, void *item)
{
	size_t i = (size_t)t->hash(item) & (t->cap - 1);

	while (t->v[i] != NULL)
		i = (i + 1) & (t->cap - 1);
	t->v[i] = item;
}

static void
grow(struct ov_table *t)
{
	struct ov_table new = { .n = t->n, .hash = t->hash };
	size_t i;

	new.cap = t->cap > 0 ? t->cap * 2 : 64;
	new.v = xallocn(new.cap, sizeof(*new.v));
	for (i = 0; i < t->cap; i++)
		if (t->v[i] != NULL)
			put(&new, t->v[i]);
	free(t->v);
	*t = new;
}

void
ov_table_add(struct ov_table *t, void *item)
{
	if ((t->n + 1) * 8 > t->cap * 7)
		grow(t);
	put(t, item);
	t->n++;
}

void
ov_table_remove(struct ov_table *t, void *item)
{
	size_t mask = t->cap - 1, i, j, k;
	void *p;

	p = ov_table_at(t, t->hash(item), &i);
	while (p != NULL && p != item)
		p = ov_table_next(t, &i);
	if (p == NULL)
		return;
	/* Later ones that would rather lie here move up. */
	for (j = (i + 1) & mask; t->v[j] != NULL; j = (j + 1) & mask) {
		k = (size_t)t->hash(t->v[j]) & mask;
		if (((j - k) & mask) < ((j - i) & mask))
			continue;
		t->v[i] = t->v[j];
		i = j;
	}
	t->v[i] = NULL;
	t->n--;
}

void
ov_table_fini(struct ov_table *t)
{
	free(t->v);
	*t = (struct ov_table){0};
}
