/* tree.c -- a folder's blob, written and read; whole trees: tree_walk.c. */
#include <string.h>

#include "repo/node_impl.h"
#include "repo/tree.h"
#include "util/err.h"

static const char begin[] = "{\"nodes\":[";
static const char end[] = "]}\n";

void
tree_begin(struct buf *out)
{
	buf_adds(out, begin);
}

void
tree_add(struct buf *out, const struct node *n)
{
	if (out->len > 0 && out->data[out->len - 1] != '[')
		buf_addc(out, ',');
	node_write(out, n);
}

void
tree_end(struct buf *out)
{
	buf_adds(out, end);
}

/* ---- reading ---- */

enum state {
	AT_START, IN_NODES, AT_END, FAILED
};

void
tree_read_init(struct tree_read *t, const void *text, size_t len)
{
	*t = (struct tree_read){ .state = AT_START };
	lex_init(&t->lex, text, len);
}

void
tree_read_fini(struct tree_read *t)
{
	lex_fini(&t->lex);
	arena_fini(&t->arena);
	buf_fini(&t->last);
	t->state = FAILED;
}

/*
 * Members of the tree up to "nodes": 1 there, 0 if there are no more, -1.  Only
 * "nodes" is known today.  *n counts members, for the comma before the next.
 */
static int
find_nodes(struct lex *s, size_t *n, struct err *e)
{
	static const char *const names[] = { "nodes", NULL };
	struct lex_text key;
	size_t hint = 0;
	int more;

	while ((more = lex_member(s, n, &key, e)) == 1) {
		if (lex_name(&key, names, &hint) == 0)
			return 1;
		if (lex_skip(s, e) < 0)
			return -1;
	}
	return more;
}

/* What follows the nodes.  A second list of them would be read by some as
 * more, by some instead of the first: refused. */
static int
read_rest(struct tree_read *t, struct err *e)
{
	size_t n = 1;
	int more = find_nodes(&t->lex, &n, e);

	if (more < 0)
		return -1;
	if (more > 0)
		return lex_fail(&t->lex, "nodes given twice", e);
	if (lex_end(&t->lex, e) < 0)
		return -1;
	t->state = AT_END;
	return 0;
}

/* 1 if there is a list of nodes, and then it is open. */
static int
read_start(struct tree_read *t, struct err *e)
{
	size_t n = 0;
	int more;

	if (lex_open(&t->lex, '{', e) < 0 ||
	    (more = find_nodes(&t->lex, &n, e)) < 0)
		return -1;
	if (more == 0)
		return lex_fail(&t->lex, "a tree without nodes", e);
	if (lex_null(&t->lex))
		return read_rest(t, e);
	if (lex_open(&t->lex, '[', e) < 0)
		return -1;
	t->state = IN_NODES;
	return 1;
}

/* last is the name before, with its NUL, or empty. */
static void
note_order(struct tree_read *t)
{
	const char *name = t->node.name;

	t->unordered = t->last.len > 0 &&
	    strcmp((const char *)t->last.data, name) >= 0;
	buf_reset(&t->last);
	buf_add(&t->last, name, strlen(name) + 1);
}

static int
read_node(struct tree_read *t, struct err *e)
{
	int more = lex_item(&t->lex, &t->nodes, e);

	if (more < 0)
		return -1;
	if (more == 0)
		return read_rest(t, e);
	arena_reset(&t->arena);
	lex_peek(&t->lex);
	t->begin = (size_t)(t->lex.at - t->lex.text);
	if (node_read(&t->lex, &t->arena, &t->node, e) < 0)
		return -1;
	t->end = (size_t)(t->lex.at - t->lex.text);
	note_order(t);
	return 1;
}

int
tree_read_next(struct tree_read *t, struct err *e)
{
	int got = 0;

	if (t->state == FAILED)
		return lex_fail(&t->lex, "read on behind a fault", e);
	if (t->state == AT_START)
		got = read_start(t, e);
	if (got >= 0 && t->state == IN_NODES)
		got = read_node(t, e);
	if (got < 0)
		t->state = FAILED;
	return got;
}
