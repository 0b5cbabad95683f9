/* overlay_attr.c -- attributes that earlier operations will have set. */
#include "plan/overlay_impl.h"

struct ov_attr {
	const char	*value;		/* NULL: none */
	size_t		 len;
};

void
overlay_attr(struct overlay *o, const void *key, size_t key_len,
    const void *value, size_t len)
{
	struct ov_attr *a = arena_alloc(&o->arena, sizeof(*a));

	a->value = value != NULL ? arena_dup(&o->arena, value, len) : NULL;
	a->len = len;
	map_put(&o->attrs, key, key_len, (uint64_t)(uintptr_t)a);
}

int
overlay_attr_told(const struct overlay *o, const void *key, size_t key_len,
    const void **value, size_t *len)
{
	const uint64_t *at = map_get(&o->attrs, key, key_len);
	const struct ov_attr *a;

	if (at == NULL)
		return 0;
	a = (const struct ov_attr *)(uintptr_t)*at;
	*value = a->value;
	*len = a->len;
	return 1;
}
