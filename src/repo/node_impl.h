#ifndef REPO_NODE_IMPL_H
#define REPO_NODE_IMPL_H

#include "repo/node.h"
#include "repo/lex.h"

/* What node.c, tree.c and snapshot.c share. */
struct arena;

/* Go's zero time, which is what a time that is not told is. */
#define NODE_TIME_NONE	((struct node_time){ INT64_C(-62135596800), 0, 0 })

/* node_time_parse of a text that is not NUL-ended, without words: 0 or -1. */
int node_time_read(const char *s, size_t len, struct node_time *out);

/* A member that is a time; null leaves it as it is. */
int node_read_time(struct lex *s, struct node_time *out, struct err *e);

/* The next value, which must be a node. */
int node_read(struct lex *s, struct arena *a, struct node *out,
    struct err *e);

#endif
