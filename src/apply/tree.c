/*
 * tree.c -- a tree appears by one rename.
 *
 *	1  the intent is durable: destination, name, token
 *	2  .fettle-<token>.part is made in the destination, 0700, and filled;
 *	   nothing in it is flushed by itself
 *	3  syncfs; an error ends it
 *	4  COPIED with the folder's identity is durable
 *	5  renameat2 NOREPLACE to the name, the folders are flushed
 *	6  DONE is durable
 *
 *	cut before 4	the .part goes, or a later backup carries on with it
 *	cut after 4	it is renamed if it is not; it was whole before
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/apply_impl.h"
#include "apply/copydata.h"
#include "apply/gone.h"
#include "apply/token.h"
#include "apply/tree_impl.h"
#include "catalog/catalog.h"
#include "catalog/entry.h"
#include "util/quote.h"
#include "util/xalloc.h"

static int
intend(struct tree *t, const struct tree_options *o, struct err *e)
{
	struct batch *b = batch_new();
	struct entry en = { .kind = ENTRY_TREE, .job = o->job,
	    .event = (uint8_t)o->event, .token = t->token, .from_dir = "",
	    .from = "", .to_dir = t->dest->path, .to = t->name,
	    .flags = ENTRY_DIR, .why = o->why };
	const void *bytes;
	size_t len;
	int r;

	batch_add(b, &en);
	bytes = batch_bytes(b, &len);
	r = catalog_commit(o->catalog, o->run, bytes, len, 1, NULL, 0,
	    &t->batch, e);
	batch_free(b);
	return r;
}

static int
told(struct tree *t, int phase, enum outcome outcome, struct err *e)
{
	struct result res = { .outcome = outcome };
	struct catalog_done d = { .batch = t->batch, .phase = phase };
	CLEAN_BUF struct buf b = {0};
	int64_t none;

	if (outcome != OUTCOME_ROLLED_BACK &&
	    fs_stat_fd(t->dest, t->top->fd, &res.id, e) < 0)
		return -1;
	results_pack(&b, &res, 1);
	d.results = b.data;
	d.results_len = b.len;
	return catalog_commit(t->o.catalog, t->o.run, NULL, 0, 0, &d, 1, &none,
	    e);
}

/* A backup carries on with what an earlier one left in the same place. */
static int
adopt_left(struct tree *t, const char *part, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	char left[TOKEN_NAME];
	struct err why = {0};
	int r;

	if (t->o.reuse != NULL)
		return tree_adopt(t, part, e);
	if (t->o.event != EVENT_BACKED_UP || catalog_get(t->o.catalog,
	    TREE_SPACE, t->dest->path, &b, &why) != 1)
		return 0;
	snprintf(left, sizeof(left), "%s", buf_str(&b));
	t->o.reuse = left;
	r = tree_adopt(t, part, e);
	t->o.reuse = NULL;
	if (catalog_drop(t->o.catalog, TREE_SPACE, t->dest->path, &why) < 0)
		why.kind = ERR_NONE;	/* what it names is not there any more */
	return r;
}

static int
make_top(struct tree *t, struct err *e)
{
	char part[TOKEN_NAME], q[QUOTE_SIZE];
	int r;

	token_part(t->token, part);
	if ((r = adopt_left(t, part, e)) < 0)
		return -1;
	t->reusing = r;
	if (r == 0 && mkdirat(t->dest->fd, part, 0700) < 0)
		return err_sys(e, "make a folder in %s",
		    quote_to(q, sizeof(q), t->dest->path));
	return fs_dir_below(t->dest, part, &t->top, e);
}

int
tree_start(const struct fs_dir *dest, const char *name,
    const struct tree_options *o, struct tree **out, struct err *e)
{
	struct tree *t;
	char q[QUOTE_SIZE];

	if (*name == '\0' || strchr(name, '/') != NULL ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strlen(name) > 255)
		return err_set(e, ERR_USAGE, "%s cannot be a name",
		    quote_to(q, sizeof(q), name));
	if (room_for(dest, 0, o->min_free, o->min_free_percent, e) < 0)
		return -1;
	t = xalloc(sizeof(*t));
	t->o = *o;
	t->name = xstrdup(name);
	t->token = token_new();
	pthread_mutex_init(&t->lock, NULL);
	tree_hand_init(&t->own, t);
	if (fs_dir_below(dest, "", &t->dest, e) < 0 || intend(t, o, e) < 0 ||
	    make_top(t, e) < 0) {
		tree_free(t);
		return -1;
	}
	*out = t;
	return 0;
}

const char *
tree_lost(struct tree *t)
{
	return buf_str(&t->lost);
}

static int
show(struct tree *t, struct err *e)
{
	char part[TOKEN_NAME], q[QUOTE_SIZE];

	token_part(t->token, part);
	if (renameat2(t->dest->fd, part, t->dest->fd, t->name,
	    RENAME_NOREPLACE) == 0)
		return 0;
	/* Without NOREPLACE: over an empty folder of ours. */
	if (errno == EINVAL && mkdirat(t->dest->fd, t->name, 0700) == 0) {
		if (renameat2(t->dest->fd, part, t->dest->fd, t->name, 0) == 0)
			return 0;
		err_sys(e, "name the new folder %s",
		    quote_to(q, sizeof(q), t->name));
		unlinkat(t->dest->fd, t->name, AT_REMOVEDIR);
		return -1;
	}
	return err_sys(e, "name the new folder %s",
	    quote_to(q, sizeof(q), t->name));
}

int
tree_commit(struct tree *t, struct err *e)
{
	char q[QUOTE_SIZE];

	if (t->reusing && tree_sweep(t, e) < 0)
		return -1;
	if (syncfs(t->top->fd) < 0)
		return err_sys(e, "flush %s",
		    quote_to(q, sizeof(q), t->dest->path));
	if (told(t, 1, OUTCOME_NONE, e) < 0 || show(t, e) < 0)
		return -1;
	t->shown = 1;
	if (fsync(t->top->fd) < 0 || fsync(t->dest->fd) < 0)
		return err_sys(e, "flush %s",
		    quote_to(q, sizeof(q), t->dest->path));
	return told(t, 2, OUTCOME_DONE, e);
}

void
tree_keep(struct tree *t)
{
	t->kept = 1;
}

/* The staging goes, or is remembered for a later tree.  If neither can be
 * done the intent stays open, and recovery does it. */
static void
put_away(struct tree *t)
{
	char part[TOKEN_NAME];
	struct err e = {0};

	token_part(t->token, part);
	if (t->kept) {
		if (catalog_put(t->o.catalog, TREE_SPACE, t->dest->path, part,
		    strlen(part), &e) < 0)
			return;
	} else if (tree_away(t->dest, part, &e) < 0)
		return;
	told(t, 2, OUTCOME_ROLLED_BACK, &e);
}

void
tree_free(struct tree *t)
{
	if (t == NULL)
		return;
	if (!t->shown && t->batch != 0)
		put_away(t);
	tree_hand_fini(&t->own);
	fs_dir_free(t->top);
	fs_dir_free(t->dest);
	buf_fini(&t->lost);
	set64_fini(&t->made);
	pthread_mutex_destroy(&t->lock);
	free(t->name);
	free(t);
}
