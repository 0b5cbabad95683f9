/*
 * stats.c -- see stats.h.
 *
 * Files that were counted, and paths and pieces of them, are remembered as
 * fingerprints of 64 bits under a key of this process: ten million of them are
 * mistaken for one another once in a hundred thousand runs.
 */
#include <stdlib.h>
#include <string.h>

#include "repo/index.h"
#include "repo/pack.h"
#include "repo/repo.h"
#include "repo/snapshot.h"
#include "repo/stats.h"
#include "repo/tree.h"
#include "repo/used.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/map.h"
#include "util/quote.h"
#include "util/set64.h"
#include "util/xalloc.h"

static const char *const words[] = { "restore-size", "files-by-contents",
    "blobs-per-file", "raw-data", NULL };

int
stats_parse_mode(const char *s, enum stats_mode *out, struct err *e)
{
	char q[QUOTE_SIZE];
	int i;

	for (i = 0; words[i] != NULL; i++)
		if (strcmp(s, words[i]) == 0) {
			*out = (enum stats_mode)i;
			return 0;
		}
	return err_set(e, ERR_USAGE, "there is no way of counting %s: "
	    "restore-size, files-by-contents, blobs-per-file or raw-data",
	    quote_to(q, sizeof(q), s));
}

const char *
stats_mode_name(enum stats_mode m)
{
	return words[m];
}

/* What lies below a folder. */
struct sum {
	uint64_t	 files, size;
	int		 linked;	/* and files with several names besides */
};

struct level {
	struct id	 tree;
	struct sum	 sum;
};

struct count {
	struct repo	*r;
	const struct stats_options *o;
	struct stats	*out;

	struct map	 sums;		/* restore-size: a tree's place in v */
	struct sum	*v;
	size_t		 n, cap;
	struct level	*levels;	/* folders on the way down */
	size_t		 n_levels, cap_levels;
	struct set64	 links;		/* of this snapshot */

	struct set64	 seen;		/* folders, perhaps at their paths */
	struct set64	 contents, paths, pieces;
	int		 missing;	/* a piece that is in no index */
	uint64_t	 trees;
};

static void
count_fini(struct count *k)
{
	map_fini(&k->sums);
	free(k->v);
	free(k->levels);
	set64_fini(&k->links);
	set64_fini(&k->seen);
	set64_fini(&k->contents);
	set64_fini(&k->paths);
	set64_fini(&k->pieces);
}

static int
has_stopped(const struct count *k)
{
	const struct repo_options *o = &k->r->options;

	return o->stop != NULL && o->stop(o->stop_arg);
}

static int
enter_new(struct count *k)
{
	k->trees++;
	if (k->o->step != NULL)
		k->o->step(k->o->arg, k->out->snapshots, k->trees);
	return has_stopped(k) ? TREE_END : TREE_ENTER;
}

/* ---- restore-size ---- */

static void
push(struct count *k, const struct id *tree)
{
	XGROW(k->levels, k->n_levels, k->cap_levels);
	k->levels[k->n_levels++] = (struct level){ .tree = *tree };
}

static void
add_sum(struct sum *to, const struct sum *s)
{
	to->files += s->files;
	to->size += s->size;
	to->linked |= s->linked;
}

static void
pop(struct count *k)
{
	struct level *l = &k->levels[--k->n_levels];
	int added;
	uint64_t *at;

	at = map_add(&k->sums, l->tree.b, ID_LEN, &added);
	if (added) {
		XGROW(k->v, k->n, k->cap);
		*at = k->n;
		k->v[k->n++] = l->sum;
	}
	if (k->n_levels > 0)
		add_sum(&k->levels[k->n_levels - 1].sum, &l->sum);
}

/* One of several names: its bytes count once a snapshot, whatever folder they
 * are met in. */
static void
add_linked(struct count *k, const struct node *n)
{
	const uint64_t what[2] = { n->inode, n->device_id };

	k->levels[k->n_levels - 1].sum.linked = 1;
	if (set64_add(&k->links, hash_keyed(0, what, sizeof(what))))
		k->out->size += n->size;
}

static int
each_size(void *arg, const char *path, const struct node *n)
{
	struct count *k = arg;
	struct sum *here = &k->levels[k->n_levels - 1].sum;
	const uint64_t *at;

	(void)path;
	here->files++;
	if (n->type == NODE_DIR || n->links == 1 || n->inode == 0 ||
	    n->size == 0)
		here->size += n->size;
	else
		add_linked(k, n);
	if (n->type != NODE_DIR || !n->has_subtree)
		return TREE_ENTER;
	at = map_get(&k->sums, n->subtree.b, ID_LEN);
	if (at != NULL && !k->v[*at].linked) {
		add_sum(here, &k->v[*at]);
		return TREE_PASS;
	}
	push(k, &n->subtree);
	return enter_new(k);
}

static int
leave_size(void *arg, const char *path, const struct node *n)
{
	(void)path;
	(void)n;
	pop(arg);
	return TREE_PASS;
}

static int
count_size(struct count *k, struct repo_hand *h, const struct id *root,
    struct err *e)
{
	const struct tree_walk w = { .each = each_size, .leave = leave_size,
	    .arg = k };
	int r;

	k->n_levels = 0;
	set64_fini(&k->links);
	push(k, root);
	r = tree_walk(k->r, h, root, &w, e);
	if (r == 0) {
		k->out->files += k->levels[0].sum.files;
		k->out->size += k->levels[0].sum.size;
		pop(k);
	}
	return r;
}

/* ---- files-by-contents, blobs-per-file ---- */

static int
is_new_content(struct count *k, const struct node *n)
{
	return set64_add(&k->contents, hash_keyed(0, n->content,
	    n->n_content * ID_LEN));
}

static int
enter_once(struct count *k, const struct node *n, uint64_t at)
{
	if (n->type != NODE_DIR || !n->has_subtree)
		return TREE_ENTER;
	return set64_add(&k->seen, hash_keyed(at, n->subtree.b, ID_LEN)) ?
	    enter_new(k) : TREE_PASS;
}

static int
each_content(void *arg, const char *path, const struct node *n)
{
	struct count *k = arg;

	(void)path;
	if (is_new_content(k, n)) {
		k->out->files++;
		k->out->size += n->size;
	}
	return enter_once(k, n, 0);
}

static int
each_piece(void *arg, const char *path, const struct node *n)
{
	struct count *k = arg;
	uint64_t at = hash_keyed(0, path, strlen(path));
	uint32_t len;
	size_t i;

	if (is_new_content(k, n)) {
		k->out->files += n->n_content > 0 && set64_add(&k->paths, at);
		for (i = 0; i < n->n_content; i++) {
			if (!set64_add(&k->pieces, hash_keyed(at,
			    n->content[i].b, ID_LEN)))
				continue;
			if (!index_plain(k->r->index, BLOB_DATA,
			    &n->content[i], &len)) {
				k->missing = 1;
				return TREE_END;
			}
			k->out->size += len;
			k->out->blobs++;
		}
	}
	return enter_once(k, n, at);
}

static int
count_once(struct count *k, struct repo_hand *h, const struct id *root,
    struct err *e)
{
	const struct tree_walk w = { .each = k->o->mode ==
	    STATS_FILES_BY_CONTENTS ? each_content : each_piece, .arg = k };

	if (!set64_add(&k->seen, hash_keyed(1, root->b, ID_LEN)))
		return 0;
	return tree_walk(k->r, h, root, &w, e);
}

static int
count_trees(struct count *k, const struct snapshots *l, struct err *e)
{
	struct repo_hand *h = repo_hand_new(k->r);
	int r = 0;
	size_t i;

	for (i = 0; i < l->n && r == 0; i++) {
		k->out->snapshots++;
		enter_new(k);
		r = k->o->mode == STATS_RESTORE_SIZE ?
		    count_size(k, h, &l->v[i].tree, e) :
		    count_once(k, h, &l->v[i].tree, e);
	}
	repo_hand_free(h);
	if (r == 1)
		r = k->missing ? err_set(e, ERR_CORRUPT, "a piece of a file is "
		    "in no index") : err_set(e, ERR_STOPPED, "stopped");
	return r;
}

/* ---- raw-data ---- */

struct raw {
	struct stats	*out;
	const struct repo *r;
	const struct used *used;
	uint64_t	*done;		/* bits: it lies in several packs */
};

static int
is_done(struct raw *w, size_t number)
{
	uint64_t bit = (uint64_t)1 << number % 64;

	if (w->done[number / 64] & bit)
		return 1;
	w->done[number / 64] |= bit;
	return 0;
}

static int
add_pack(void *arg, const struct index_pack *p)
{
	struct raw *w = arg;
	struct stats *s = w->out;
	const struct pack_entry *b;
	size_t i;

	for (i = 0; i < p->n; i++) {
		b = &p->v[i];
		if (!used_has(w->used, p->number[i]) ||
		    is_done(w, p->number[i]))
			continue;
		s->blobs++;
		s->size += b->length;
		if (w->r->version < 2)
			continue;
		s->uncompressed += (uint64_t)b->plain + SEAL_OVERHEAD;
		if (b->compressed) {
			s->zipped += b->length;
			s->zipped_plain += (uint64_t)b->plain + SEAL_OVERHEAD;
		}
	}
	return 0;
}

static void
on_trees(void *arg, uint64_t trees)
{
	const struct count *k = arg;

	k->o->step(k->o->arg, k->out->snapshots, trees);
}

static int
count_raw(struct count *k, const struct snapshots *l, struct err *e)
{
	const struct used_watch w = { .step = k->o->step ? on_trees : NULL,
	    .arg = k };
	CLEAN_FREE struct id *roots = xallocn(l->n + 1, sizeof(*roots));
	CLEAN_FREE uint64_t *done = NULL;
	struct raw raw = { .out = k->out, .r = k->r };
	struct used *used;
	size_t i;
	int r;

	for (i = 0; i < l->n; i++)
		roots[i] = l->v[i].tree;
	k->out->snapshots = l->n;
	if (used_find(k->r, roots, l->n, &w, &used, e) < 0)
		return -1;
	raw.used = used;
	raw.done = done = xallocn(index_count(k->r->index) / 64 + 1,
	    sizeof(*done));
	r = index_packs(k->r->index, add_pack, &raw, e);
	used_free(used);
	return r < 0 ? -1 : 0;
}

int
stats_count(struct repo *r, const struct snapshots *l,
    const struct stats_options *o, struct stats *out, struct err *e)
{
	CLEAN(count_fini) struct count k = { .r = r, .o = o, .out = out };

	*out = (struct stats){0};
	return o->mode == STATS_RAW_DATA ? count_raw(&k, l, e) :
	    count_trees(&k, l, e);
}
