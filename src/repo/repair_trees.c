/* repair_trees.c -- what is missing goes out of trees: see repair.h. */
#include <stdlib.h>
#include <string.h>

#include "repo/index.h"
#include "repo/repair_impl.h"
#include "repo/repo.h"
#include "repo/rewrite_tree.h"
#include "util/quote.h"
#include "util/xalloc.h"

static void
tell(const struct repair_trees *t, const char *path, const char *what)
{
	char q[QUOTE_SIZE];

	repair_tell(t->w, "%s: %s", quote_to(q, sizeof(q), path), what);
}

/* The pieces that are there, into t->content: how many, and their bytes. */
static size_t
gather(struct repair_trees *t, const struct node *n, uint64_t *size)
{
	uint32_t len;
	size_t i, k = 0;

	if (n->n_content > t->cap) {
		t->cap = n->n_content;
		t->content = xrealloc(t->content, t->cap, sizeof(*t->content));
	}
	*size = 0;
	for (i = 0; i < n->n_content; i++) {
		if (!index_plain(t->r->index, BLOB_DATA, &n->content[i], &len))
			continue;
		t->content[k++] = n->content[i];
		*size += len;
	}
	return k;
}

static int
mend_file(struct repair_trees *t, const char *path, struct node *n)
{
	uint64_t size;
	size_t k = gather(t, n, &size);

	if (k == n->n_content && size == n->size && n->content != NULL)
		return REWRITE_KEEP;
	tell(t, path, k < n->n_content ? "some of it is lost, the rest is put "
	    "together" : n->content == NULL ? "it had no list of pieces" :
	    "its size was wrong");
	n->content = t->content;
	n->n_content = k;
	n->size = size;
	t->files++;
	return REWRITE_CHANGED;
}

static int
is_nothing(const struct node *n)
{
	return n->type == NODE_OTHER && (n->other == NULL ||
	    n->other[0] == '\0' || strcmp(n->other, "irregular") == 0);
}

static int
node(void *arg, const char *path, struct node *n)
{
	struct repair_trees *t = arg;

	if (n->type == NODE_FILE)
		return mend_file(t, path, n);
	if (!is_nothing(n))
		return REWRITE_KEEP;
	tell(t, path, "it is of no type, and left out");
	t->files++;
	return REWRITE_DROP;
}

static int
unread(void *arg, const char *path, const struct err *why)
{
	struct repair_trees *t = arg;
	char q[QUOTE_SIZE];

	t->folders++;
	repair_tell(t->w, "%s: %s, what was in it is lost: %s",
	    quote_to(q, sizeof(q), path), strcmp(path, "/") == 0 ?
	    "the snapshot's root cannot be read" :
	    "this folder cannot be read and becomes an empty one", why->text);
	return 0;
}

void
repair_trees_watch(struct repair_trees *t, struct rewrite_watch *out)
{
	*out = (struct rewrite_watch){ .node = node, .unread = unread,
	    .arg = t };
}

void
repair_trees_fini(struct repair_trees *t)
{
	free(t->content);
	t->content = NULL;
	t->cap = 0;
}
