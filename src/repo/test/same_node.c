/* same_node.c -- nodes and trees held against each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repo/test/same_node.h"
#include "repo/tree.h"
#include "util/err.h"

static void
assert_time_equal(const struct node_time *a, const struct node_time *b)
{
	assert_true(a->sec == b->sec && a->nsec == b->nsec &&
	    a->zone == b->zone);
}

static void
assert_text_equal(const char *a, const char *b)
{
	assert_string_equal(a != NULL ? a : "", b != NULL ? b : "");
}

static void
assert_xattrs_equal(const struct node *a, const struct node *b)
{
	const struct node_xattr *x, *y;
	size_t i;

	assert_int_equal(a->n_xattrs, b->n_xattrs);
	for (i = 0; i < a->n_xattrs; i++) {
		x = &a->xattrs[i];
		y = &b->xattrs[i];
		assert_string_equal(x->name, y->name);
		assert_int_equal(x->len, y->len);
		assert_int_equal(x->value == NULL, y->value == NULL);
		if (x->len > 0)
			assert_memory_equal(x->value, y->value, x->len);
	}
}

void
assert_node_equal(const struct node *a, const struct node *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->mode, b->mode);
	assert_time_equal(&a->mtime, &b->mtime);
	assert_time_equal(&a->atime, &b->atime);
	assert_time_equal(&a->ctime, &b->ctime);
	assert_int_equal(a->uid, b->uid);
	assert_int_equal(a->gid, b->gid);
	assert_text_equal(a->user, b->user);
	assert_text_equal(a->group, b->group);
	assert_true(a->inode == b->inode && a->device_id == b->device_id &&
	    a->size == b->size && a->links == b->links &&
	    a->device == b->device);
	assert_text_equal(a->target, b->target);
	assert_xattrs_equal(a, b);
	assert_int_equal(a->n_content, b->n_content);
	if (a->n_content > 0)
		assert_memory_equal(a->content, b->content,
		    a->n_content * sizeof(struct id));
	assert_int_equal(a->has_subtree, b->has_subtree);
	if (a->has_subtree)
		assert_true(id_equal(&a->subtree, &b->subtree));
	assert_int_equal(a->generic_len, b->generic_len);
	if (a->generic_len > 0)
		assert_memory_equal(a->generic, b->generic, a->generic_len);
}

void
assert_writes_the_same(const void *text, size_t len)
{
	CLEAN_BUF struct buf again = {0};
	CLEAN_TREE_READ struct tree_read t;
	struct err e;
	int more;

	tree_read_init(&t, text, len);
	tree_begin(&again);
	while ((more = tree_read_next(&t, &e)) == 1)
		tree_add(&again, &t.node);
	if (more < 0)
		fail_msg("%s", e.text);
	tree_end(&again);
	assert_int_equal(again.len, len);
	assert_memory_equal(again.data, text, len);
}
