/*
 * compose.c -- from libyaml's events to our nodes.
 *
 * Composing recurses at most CONF_DEPTH_MAX deep.  Aliases share the node they
 * name, and each counts as many nodes as a copy would: ten lines that would
 * unfold to a billion nodes end at CONF_NODES_MAX.  libyaml's own time grows
 * with the square of the nesting, so the depth is checked as events come, and
 * the reading is given up there, not at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/compose.h"
#include "conf/nearest.h"
#include "conf/syntax.h"
#include "conf/trap.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define LONG_TEXT	64	/* bytes of text that weigh as one more node */

struct pairs {
	struct conf_candidate	*all;
	size_t			 n, cap;
};

/* A map while its pairs come. */
struct building {
	struct conf_node	*map;
	struct pairs		 own, merged;
	unsigned		 merge_line;	/* of its '<<'; 0: none yet */
	unsigned		 height;
};

static void
building_fini(struct building *b)
{
	free(b->own.all);
	free(b->merged.all);
}

static const char *
keep(struct conf_composer *c, const yaml_char_t *s)
{
	return s ? arena_str(c->arena, (const char *)s) : NULL;
}

/* Count nodes; false, and told, if there are too many. */
static bool
weigh(struct conf_composer *c, unsigned weight, const struct conf_mark *at)
{
	c->conf->weight += weight;
	if (c->conf->weight <= CONF_NODES_MAX)
		return true;
	conf_fault(c->f, at, "more than %d values, aliases counted as copies",
	    CONF_NODES_MAX);
	return false;
}

static struct conf_anchor *
find_anchor(struct conf_composer *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n_anchors; i++)
		if (strcmp(c->anchors[i].name, name) == 0)
			return &c->anchors[i];
	return NULL;
}

static bool
add_anchor(struct conf_composer *c, struct conf_node *n)
{
	const struct conf_anchor *first = find_anchor(c, n->anchor);

	if (first != NULL) {
		conf_fault(c->f, &n->at, "anchor %s is there already, "
		    "on line %u", conf_said(n->anchor).s,
		    first->node->at.line);
		return true;
	}
	if (c->n_anchors == CONF_ANCHORS_MAX) {
		conf_fault(c->f, &n->at, "more than %d anchors",
		    CONF_ANCHORS_MAX);
		return false;
	}
	XGROW(c->anchors, c->n_anchors, c->cap_anchors);
	c->anchors[c->n_anchors++] = (struct conf_anchor){ n->anchor, n };
	return true;
}

static bool
known_tag(const char *tag, enum conf_kind kind)
{
	static const char core[] = "tag:yaml.org,2002:";
	static const char *const scalars[] = { "str", "int", "bool", "float",
	    "null", NULL };
	const char *name = tag + sizeof(core) - 1;
	size_t i;

	if (strcmp(tag, "!") == 0)
		return true;
	if (strncmp(tag, core, sizeof(core) - 1) != 0)
		return false;
	if (kind == CONF_LIST)
		return strcmp(name, "seq") == 0;
	if (kind == CONF_MAP)
		return strcmp(name, "map") == 0;
	for (i = 0; scalars[i] != NULL; i++)
		if (strcmp(name, scalars[i]) == 0)
			return true;
	return false;
}

/*
 * A new node for an event; NULL if that is one too many.  The anchor is known
 * from here on, so that an alias inside of it is seen.
 */
static struct conf_node *
new_node(struct conf_composer *c, const yaml_event_t *ev, enum conf_kind kind,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct conf_node *n = arena_alloc(c->arena, sizeof(*n));

	n->kind = kind;
	n->at = conf_yaml_mark(c, ev->start_mark, ev->end_mark);
	n->key = c->key;
	n->key_at = c->key_at;
	n->in_flow = c->flow > 0;
	n->weight = 1;
	n->anchor = keep(c, anchor);
	n->tag = keep(c, tag);
	if (!weigh(c, 1, &n->at))
		return NULL;
	if (n->tag != NULL && !known_tag(n->tag, kind))
		conf_unknown_tag(n, c->f);
	if (n->anchor != NULL && !add_anchor(c, n))
		return NULL;
	return n;
}

/* A name that no anchor has was more likely meant as text. */
static struct conf_node *
no_anchor(struct conf_composer *c, const char *name, const struct conf_mark *at)
{
	CLEAN_FREE const char **names =
	    xallocn(c->n_anchors + 1, sizeof(*names));
	size_t i;

	for (i = 0; i < c->n_anchors; i++)
		names[i] = c->anchors[i].name;
	c->again = conf_no_anchor(c->source, at, c->flow > 0,
	    conf_nearest(name, names), c->f);
	return NULL;
}

static struct conf_node *
compose_alias(struct conf_composer *c, const yaml_event_t *ev)
{
	const char *name = (const char *)ev->data.alias.anchor;
	struct conf_mark at = conf_yaml_mark(c, ev->start_mark, ev->end_mark);
	const struct conf_anchor *a = find_anchor(c, name);

	if (a == NULL)
		return no_anchor(c, name, &at);
	if (a->node->height == 0) {
		conf_fault(c->f, &at, "alias %s stands inside what it names",
		    conf_said(name).s);
		return NULL;
	}
	if (c->depth + a->node->height > CONF_DEPTH_MAX) {
		conf_fault(c->f, &at, "nested more than %d deep",
		    CONF_DEPTH_MAX);
		return NULL;
	}
	if (!weigh(c, a->node->weight, &at))
		return NULL;
	a->node->anchor_used = true;
	return a->node;
}

static bool
means_null(const char *text)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static enum conf_style
style_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return CONF_SINGLE;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return CONF_DOUBLE;
	case YAML_LITERAL_SCALAR_STYLE:
		return CONF_LITERAL;
	case YAML_FOLDED_SCALAR_STYLE:
		return CONF_FOLDED;
	default:
		return CONF_PLAIN;
	}
}

static struct conf_node *
compose_scalar(struct conf_composer *c, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value;
	struct conf_node *n = new_node(c, ev, CONF_SCALAR,
	    ev->data.scalar.anchor, ev->data.scalar.tag);

	if (n == NULL || !weigh(c, (unsigned)(ev->data.scalar.length /
	    LONG_TEXT), &n->at))
		return NULL;
	n->weight += (unsigned)(ev->data.scalar.length / LONG_TEXT);
	n->text = keep(c, ev->data.scalar.value);
	n->style = style_of(ev->data.scalar.style);
	n->height = 1;
	n->one_line = ev->start_mark.line == ev->end_mark.line;
	if (strlen(text) != ev->data.scalar.length)
		conf_fault(c->f, &n->at, "a NUL character inside a value");
	if (n->style == CONF_PLAIN && ev->data.scalar.plain_implicit &&
	    means_null(text))
		n->kind = CONF_NULL;
	if (n->style == CONF_PLAIN && c->flow == 0)
		conf_swallowed_list(n, (unsigned)ev->end_mark.line + 1, c->f);
	return n;
}

static bool
enter(struct conf_composer *c, const struct conf_node *n)
{
	c->flow += n->style == CONF_FLOW;
	if (n->style == CONF_FLOW)
		c->open = n->at;
	if (++c->depth <= CONF_DEPTH_MAX)
		return true;
	conf_fault(c->f, &n->at, "nested more than %d deep", CONF_DEPTH_MAX);
	return false;
}

/* A list or a map is whole: its last event came. */
static void
finish(struct conf_composer *c, struct conf_node *n, yaml_event_t *last,
    unsigned height, const struct conf_mark *open)
{
	c->open = *open;
	n->one_line = n->style == CONF_FLOW &&
	    last->end_mark.line + 1 == n->at.line;
	if (n->one_line)
		n->at.width = (unsigned)last->end_mark.column + 1 -
		    n->at.column;
	yaml_event_delete(last);
	c->flow -= n->style == CONF_FLOW;
	c->depth--;
	n->height = height;
}

static struct conf_node *
compose_list(struct conf_composer *c, const yaml_event_t *ev)
{
	struct conf_node *n = new_node(c, ev, CONF_LIST,
	    ev->data.sequence_start.anchor, ev->data.sequence_start.tag);
	CLEAN_FREE struct conf_node **items = NULL;
	const struct conf_mark open = c->open;
	struct conf_node *item;
	unsigned height = 1;
	yaml_event_t sub;
	size_t cap = 0;

	if (n == NULL)
		return NULL;
	n->style = ev->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ?
	    CONF_FLOW : CONF_BLOCK;
	if (!enter(c, n))
		return NULL;
	for (;;) {
		if (conf_event(c, &sub) < 0)
			return NULL;
		if (sub.type == YAML_SEQUENCE_END_EVENT)
			break;
		if ((item = conf_compose(c, &sub)) == NULL)
			return NULL;
		XGROW(items, n->n, cap);
		items[n->n++] = item;
		item->in_list = true;
		n->weight += item->weight;
		height = item->height < height ? height : item->height + 1;
	}
	finish(c, n, &sub, height, &open);
	n->items = arena_alloc(c->arena, (n->n + 1) * sizeof(*items));
	if (items != NULL)
		memcpy(n->items, items, n->n * sizeof(*items));
	return n;
}

static void
add_pair(struct pairs *p, const char *key, const struct conf_mark *at,
    struct conf_node *value, bool merged)
{
	XGROW(p->all, p->n, p->cap);
	p->all[p->n++] = (struct conf_candidate){ { key, *at, value }, merged };
}

/* What '<<' stands before: a map, or a list of maps. */
static void
add_merged(struct conf_composer *c, struct pairs *p, const struct conf_node *from)
{
	size_t i;

	if (from->kind == CONF_LIST) {
		for (i = 0; i < from->n; i++)
			if (from->items[i]->kind == CONF_MAP)
				add_merged(c, p, from->items[i]);
			else
				conf_fault(c->f, &from->items[i]->at,
				    "'<<' merges maps, and this is none");
		return;
	}
	if (from->kind != CONF_MAP)
		conf_fault(c->f, &from->at,
		    "'<<' merges maps, and this is none");
	for (i = 0; from->kind == CONF_MAP && i < from->n; i++)
		add_pair(p, from->pairs[i].key, &from->pairs[i].at,
		    from->pairs[i].value, true);
}

/* Is this a key as we know them, one word?  Told if not. */
static bool
usable_key(struct conf_composer *c, const struct conf_node *key)
{
	if (key->kind == CONF_MAP || key->kind == CONF_LIST) {
		conf_quoted(conf_fault(c->f, &key->at,
		    "a key must be one word"), key);
		return false;
	}
	if (key->text[0] != '\0')
		return true;
	conf_fault(c->f, &key->at, "a key is missing before the colon");
	return false;
}

static bool
is_merge(const struct conf_node *key)
{
	return key->style == CONF_PLAIN && strcmp(key->text, "<<") == 0;
}

static void
take_merge(struct conf_composer *c, struct building *b,
    const struct conf_node *key, const struct conf_node *value)
{
	if (b->merge_line > 0)
		conf_expected(conf_fault(c->f, &key->at, "key '<<' is there "
		    "already, on line %u", b->merge_line),
		    "one line for all: '<<: [*a, *b]'");
	else
		add_merged(c, &b->merged, value);
	b->merge_line = key->at.line;
}

/* One key and its value; ev is the key's. */
static int
compose_pair(struct conf_composer *c, yaml_event_t *ev, struct building *b)
{
	const char *key_above = c->key;
	struct conf_mark at_above = c->key_at;
	struct conf_node *key, *value;
	yaml_event_t sub;
	bool usable;

	if ((key = conf_compose(c, ev)) == NULL)
		return -1;
	if ((usable = usable_key(c, key))) {
		c->key = key->text;
		c->key_at = key->at;
	}
	if (conf_event(c, &sub) < 0 || (value = conf_compose(c, &sub)) == NULL)
		return -1;
	c->key = key_above;
	c->key_at = at_above;
	b->map->weight += key->weight + value->weight;
	if (value->height >= b->height)
		b->height = value->height + 1;
	if (usable && is_merge(key))
		take_merge(c, b, key, value);
	else if (usable)
		add_pair(&b->own, key->text, &key->at, value, false);
	return 0;
}

static struct conf_node *
compose_map(struct conf_composer *c, const yaml_event_t *ev)
{
	struct conf_node *n = new_node(c, ev, CONF_MAP,
	    ev->data.mapping_start.anchor, ev->data.mapping_start.tag);
	CLEAN(building_fini) struct building b = { .map = n, .height = 1 };
	const struct conf_mark open = c->open;
	const struct conf_candidate *m;
	yaml_event_t sub;
	size_t i;

	if (n == NULL)
		return NULL;
	n->style = ev->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ?
	    CONF_FLOW : CONF_BLOCK;
	if (!enter(c, n))
		return NULL;
	for (;;) {
		if (conf_event(c, &sub) < 0)
			return NULL;
		if (sub.type == YAML_MAPPING_END_EVENT)
			break;
		if (compose_pair(c, &sub, &b) < 0)
			return NULL;
	}
	finish(c, n, &sub, b.height, &open);
	for (i = 0, m = b.merged.all; i < b.merged.n; i++, m++)
		add_pair(&b.own, m->pair.key, &m->pair.at, m->pair.value, true);
	conf_settle(c->arena, n, b.own.all, b.own.n, c->f);
	return n;
}

struct conf_node *
conf_compose(struct conf_composer *c, yaml_event_t *ev)
{
	struct conf_node *n = NULL;

	switch (ev->type) {
	case YAML_ALIAS_EVENT:
		n = compose_alias(c, ev);
		break;
	case YAML_SCALAR_EVENT:
		n = compose_scalar(c, ev);
		break;
	case YAML_SEQUENCE_START_EVENT:
		n = compose_list(c, ev);
		break;
	case YAML_MAPPING_START_EVENT:
		n = compose_map(c, ev);
		break;
	default:
		break;		/* libyaml sends nothing else where nodes are */
	}
	yaml_event_delete(ev);
	return n;
}
