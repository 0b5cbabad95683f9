#ifndef REPO_TEST_SAME_NODE_H
#define REPO_TEST_SAME_NODE_H

#include <stddef.h>

#include "repo/node.h"

/* Fail unless both are the same in all that they hold. */
void assert_node_equal(const struct node *a, const struct node *b);

/* Read a tree and write it again: its text must be the same. */
void assert_writes_the_same(const void *text, size_t len);

#endif
