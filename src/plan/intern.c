#include <stdlib.h>
#include <string.h>

#include "plan/intern.h"
#include "util/hash.h"
#include "util/xalloc.h"

static size_t
place(const struct intern *t, const char *s, size_t len)
{
	size_t i = hash_keyed(0, s, len) & t->mask;

	while (t->slots[i] != 0 && strcmp(t->v[t->slots[i] - 1], s) != 0)
		i = (i + 1) & t->mask;
	return i;
}

static void
grow(struct intern *t)
{
	size_t slots = t->mask ? (t->mask + 1) * 2 : 64, i;

	free(t->slots);
	t->slots = xallocn(slots, sizeof(*t->slots));
	t->mask = slots - 1;
	for (i = 0; i < t->n; i++)
		t->slots[place(t, t->v[i], strlen(t->v[i]))] = (uint32_t)i + 1;
}

uint32_t
intern_add(struct intern *t, const char *s)
{
	size_t len, i;

	if (t->last < t->n && strcmp(t->v[t->last], s) == 0)
		return t->last;
	if (t->mask == 0 || t->n * 2 > t->mask)
		grow(t);
	len = strlen(s);
	i = place(t, s, len);
	if (t->slots[i] == 0) {
		if (t->n >= UINT32_MAX - 1)
			abort();
		XGROW(t->v, t->n, t->cap);
		t->v[t->n++] = arena_dup(&t->own, s, len);
		t->slots[i] = (uint32_t)t->n;
	}
	return t->last = t->slots[i] - 1;
}

const char *
intern_str(const struct intern *t, uint32_t number)
{
	return number < t->n ? t->v[number] : "";
}

void
intern_fini(struct intern *t)
{
	arena_fini(&t->own);
	free(t->v);
	free(t->slots);
	*t = (struct intern){0};
}
