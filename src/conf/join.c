#include <string.h>

#include "conf/conf_impl.h"
#include "conf/source.h"

static bool
is_list_key(const char *key, const char *const *lists)
{
	for (; lists != NULL && *lists != NULL; lists++)
		if (strcmp(*lists, key) == 0)
			return true;
	return false;
}

static struct conf_pair *
find(struct conf_pair *pairs, size_t n, const char *key)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(pairs[i].key, key) == 0)
			return &pairs[i];
	return NULL;
}

/* Write the items of n behind those in to; how many there are. */
static size_t
add_items(struct conf_node **to, struct conf_node *n)
{
	if (n->kind == CONF_NULL)
		return 0;
	if (n->kind != CONF_LIST) {
		to[0] = n;
		return 1;
	}
	if (n->n > 0)
		memcpy(to, n->items, n->n * sizeof(*to));
	return n->n;
}

/* A list of the items of both, in the place of the first. */
static struct conf_node *
join_lists(struct arena *a, struct conf_node *first, struct conf_node *second)
{
	struct conf_node *both = arena_alloc(a, sizeof(*both));
	size_t room = first->n + second->n + 2;

	*both = *first;
	both->kind = CONF_LIST;
	both->style = CONF_BLOCK;
	both->text = NULL;
	both->items = arena_alloc(a, room * sizeof(*both->items));
	both->n = add_items(both->items, first);
	both->n += add_items(both->items + both->n, second);
	return both;
}

static void
join_pair(struct conf *c, struct conf_pair *first,
    const struct conf_pair *second, const char *const *lists,
    struct conf_faults *f)
{
	if (strncmp(first->key, "x-", 2) == 0)
		return;		/* for aliases of its own file alone */
	if (is_list_key(first->key, lists) ||
	    (first->value->kind == CONF_LIST &&
	    second->value->kind == CONF_LIST))
		first->value = join_lists(&c->arena, first->value,
		    second->value);
	else
		conf_fault(f, &second->at, "key %s is there already, in %s:%u",
		    conf_said(second->key).s, first->at.source->path,
		    first->at.line);
}

void
conf_join(struct conf *c, const struct conf_node *root,
    const char *const *lists, struct conf_faults *f)
{
	struct conf_node *all = arena_alloc(&c->arena, sizeof(*all));
	size_t had = c->root ? c->root->n : 0, i;
	struct conf_pair *same;

	*all = c->root ? *c->root : *root;
	all->pairs = arena_alloc(&c->arena,
	    (had + root->n + 1) * sizeof(*all->pairs));
	if (had > 0)
		memcpy(all->pairs, c->root->pairs, had * sizeof(*all->pairs));
	all->n = had;
	for (i = 0; i < root->n; i++)
		if ((same = find(all->pairs, had, root->pairs[i].key)) != NULL)
			join_pair(c, same, &root->pairs[i], lists, f);
		else
			all->pairs[all->n++] = root->pairs[i];
	c->root = all;
}
