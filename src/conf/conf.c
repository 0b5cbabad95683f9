#include <stdlib.h>
#include <string.h>

#include "conf/conf_impl.h"
#include "conf/source.h"
#include "util/hash.h"
#include "util/xalloc.h"

struct conf *
conf_new(void)
{
	return xalloc(sizeof(struct conf));
}

void
conf_free(struct conf *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->n_sources; i++)
		conf_source_free(c->sources[i]);
	free(c->sources);
	arena_fini(&c->arena);
	free(c);
}

struct conf_source *
conf_add_source(struct conf *c, const char *path, const void *data, size_t len)
{
	struct conf_source *s;

	XGROW(c->sources, c->n_sources, c->cap_sources);
	s = conf_source_new(path, (unsigned)c->n_sources + 1, data, len);
	c->sources[c->n_sources++] = s;
	c->bytes += len;
	c->fingerprint = hash_fixed(c->fingerprint, path, strlen(path));
	c->fingerprint = hash_fixed(c->fingerprint, data, len);
	return s;
}

int
conf_parse(const char *name, const void *data, size_t len,
    struct conf_faults *f, struct conf **out)
{
	struct conf *c = conf_new();

	*out = NULL;
	if (len > CONF_FILE_MAX) {
		conf_fault_file(f, name, "more than %zu bytes", CONF_FILE_MAX);
		conf_free(c);
		return -1;
	}
	c->root = conf_read(c, conf_add_source(c, name, data, len), f);
	if (c->root == NULL) {
		conf_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

const struct conf_node *
conf_root(const struct conf *c)
{
	return c->root;
}

size_t
conf_files(const struct conf *c)
{
	return c->n_sources;
}

const char *
conf_file(const struct conf *c, size_t i)
{
	return c->sources[i]->path;
}

uint64_t
conf_fingerprint(const struct conf *c)
{
	return c->fingerprint;
}

const struct conf_node *
conf_get(const struct conf_node *map, const char *key)
{
	size_t i;

	if (map == NULL || map->kind != CONF_MAP)
		return NULL;
	for (i = 0; i < map->n; i++)
		if (strcmp(map->pairs[i].key, key) == 0)
			return map->pairs[i].value;
	return NULL;
}

struct conf_each
conf_each(const struct conf_node *n)
{
	struct conf_each it = { .depth = 0 };

	if (n == NULL || (n->kind == CONF_NULL && n->text[0] == '\0'))
		return it;
	if (n->kind == CONF_LIST)
		it.up[it.depth++].list = n;
	else
		it.single = n;
	return it;
}

const struct conf_node *
conf_next(struct conf_each *it)
{
	const struct conf_node *n = it->single;

	it->single = NULL;
	if (n != NULL)
		return n;
	while (it->depth > 0) {
		const struct conf_node *list = it->up[it->depth - 1].list;
		size_t *next = &it->up[it->depth - 1].next;

		if (*next == list->n) {
			it->depth--;
			continue;
		}
		n = list->items[(*next)++];
		if (n->kind != CONF_LIST)
			return n;
		it->up[it->depth].list = n;
		it->up[it->depth++].next = 0;
	}
	return NULL;
}

static bool
holds_used_anchor(const struct conf_node *n)
{
	size_t i;

	if (n->anchor_used)
		return true;
	for (i = 0; n->kind == CONF_LIST && i < n->n; i++)
		if (holds_used_anchor(n->items[i]))
			return true;
	for (i = 0; n->kind == CONF_MAP && i < n->n; i++)
		if (holds_used_anchor(n->pairs[i].value))
			return true;
	return false;
}

bool
conf_is_extra(const struct conf_pair *p)
{
	return strncmp(p->key, "x-", 2) == 0 || holds_used_anchor(p->value);
}
