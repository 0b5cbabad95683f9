/*
 * desk_space.c -- where the room goes in a snapshot.  All its files are gone
 * through once and summed up: by folder as deep as DEPTH, by type, and by
 * contents.  The last sum is kept, for other folders and pages of it.
 */
#include <stdlib.h>
#include <string.h>

#include "copies/copies.h"
#include "job/job.h"
#include "repo/repo.h"
#include "repo/snapshot.h"
#include "repo/tree.h"
#include "rules/category.h"
#include "util/arena.h"
#include "util/base64.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/map.h"
#include "util/xalloc.h"
#include "web/desk.h"

#define DEPTH		12		/* folders that are told apart */
#define CHILDREN	40		/* shown of one */
#define TWINS_MOST	((size_t)3000000)	/* files looked at for twins */
#define PATHS_SHOWN	20

struct spot {				/* a folder */
	const char	*name;
	size_t		 parent;
	uint64_t	 files, bytes;	/* at any depth */
	uint64_t	 own_files, own_bytes;	/* right in it */
};

struct twin {				/* a file, by what is in it */
	uint64_t	 hash, size;
	const char	*path;
};

struct group {				/* of equal ones: twins[from...] */
	size_t		 from, n;
	uint64_t	 size;
};

struct tally {
	char		*backup, *snapshot;
	struct spot	*spots;		/* [0] is "/" */
	size_t		 n_spots, cap_spots;
	struct map	 index;		/* path -> spot */
	struct categories *categories;
	uint64_t	*type_files, *type_bytes;	/* a category each, + other */
	struct twin	*twins;
	size_t		 n_twins, cap_twins;
	struct group	*groups;	/* those that waste most first */
	size_t		 n_groups, cap_groups;
	uint64_t	 wasted;
	struct arena	 mem;
};

void
desk_tally_free(struct tally *t)
{
	if (t == NULL)
		return;
	free(t->backup);
	free(t->snapshot);
	free(t->spots);
	map_fini(&t->index);
	categories_free(t->categories);
	free(t->type_files);
	free(t->type_bytes);
	free(t->twins);
	free(t->groups);
	arena_fini(&t->mem);
	free(t);
}

/* ---- summing up ---- */
static size_t
spot_of(struct tally *t, const char *path, size_t len, size_t parent,
    const char *name, size_t name_len)
{
	int added;
	uint64_t *at = map_add(&t->index, path, len, &added);

	if (added) {
		XGROW(t->spots, t->n_spots, t->cap_spots);
		t->spots[t->n_spots] = (struct spot){ .parent = parent,
		    .name = arena_dup(&t->mem, name, name_len) };
		*at = t->n_spots++;
	}
	return (size_t)*at;
}

/* The folders on the way to a file, and the sums of each. */
static void
add_to_folders(struct tally *t, const char *path, uint64_t size)
{
	size_t at = 0, way[DEPTH + 1], n = 0;
	const char *p = path, *slash;
	unsigned depth;

	way[n++] = 0;
	for (depth = 0; depth < DEPTH &&
	    (slash = strchr(p + 1, '/')) != NULL; depth++, p = slash)
		way[n++] = at = spot_of(t, path, (size_t)(slash - path), at,
		    p + 1, (size_t)(slash - p - 1));
	t->spots[at].own_files++;
	t->spots[at].own_bytes += size;
	while (n > 0) {
		n--;
		t->spots[way[n]].files++;
		t->spots[way[n]].bytes += size;
	}
}

static void
add_file(struct tally *t, const char *path, uint64_t size, uint64_t hash)
{
	const char *name = strrchr(path, '/') + 1;
	size_t other = categories_count(t->categories);
	int c = categories_find(t->categories, name, strlen(name), NULL);
	size_t type = c >= 0 ? (size_t)c : other;

	add_to_folders(t, path, size);
	t->type_files[type]++;
	t->type_bytes[type] += size;
	if (size == 0 || hash == 0 || t->n_twins >= TWINS_MOST)
		return;
	XGROW(t->twins, t->n_twins, t->cap_twins);
	t->twins[t->n_twins++] = (struct twin){ hash, size,
	    arena_str(&t->mem, path) };
}

static int
by_contents(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int
by_waste(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	uint64_t p = x->size * (x->n - 1), q = y->size * (y->n - 1);

	return p != q ? (p < q) - (p > q) : (x->from > y->from) -
	    (x->from < y->from);
}

static void
find_twins(struct tally *t)
{
	size_t i, k;

	if (t->n_twins > 0)
		qsort(t->twins, t->n_twins, sizeof(*t->twins), by_contents);
	for (i = 0; i < t->n_twins; i = k) {
		for (k = i + 1; k < t->n_twins &&
		    t->twins[k].hash == t->twins[i].hash &&
		    t->twins[k].size == t->twins[i].size; k++)
			;
		if (k - i < 2)
			continue;
		XGROW(t->groups, t->n_groups, t->cap_groups);
		t->groups[t->n_groups++] = (struct group){ i, k - i,
		    t->twins[i].size };
		t->wasted += t->twins[i].size * (k - i - 1);
	}
	if (t->n_groups > 0)
		qsort(t->groups, t->n_groups, sizeof(*t->groups), by_waste);
}

/* ---- where files come from ---- */
struct going {
	struct tally	*t;
	struct buf	 path;
};

static int
each_node(void *arg, const char *path, const struct node *n)
{
	struct going *g = arg;
	uint64_t hash;

	if (n->type == NODE_FILE) {
		buf_reset(&g->path);
		buf_addf(&g->path, "/%s", path);
		hash = n->n_content > 0 ? hash_keyed(0, n->content,
		    n->n_content * sizeof(*n->content)) : 0;
		add_file(g->t, buf_str(&g->path), n->size, hash);
	}
	return n->type == NODE_DIR ? TREE_ENTER : TREE_PASS;
}

static int
bad_folder(void *arg, const char *path, const struct id *tree,
    const struct err *why)
{
	(void)arg;
	(void)path;
	(void)tree;
	(void)why;
	return 0;
}

static int
count_repository(struct desk *d, const struct args *a, struct tally *t,
    struct err *e)
{
	CLEAN_SNAPSHOT struct snapshot s = {0};
	struct going g = { .t = t };
	struct tree_walk w = { .each = each_node, .bad = bad_folder, .arg = &g };
	const struct job *job;
	struct repo_hand *h;
	struct repo *r;
	int ret;

	if (desk_repository(d, a, &job, &r, e) < 0 ||
	    desk_snapshot(r, job, t->snapshot, &s, e) < 0)
		return -1;
	h = repo_hand_new(r);
	ret = tree_walk(r, h, &s.tree, &w, e);
	repo_hand_free(h);
	buf_fini(&g.path);
	return ret < 0 ? -1 : 0;
}

static int
each_copied(void *arg, const struct copy_entry *en)
{
	struct tally *t = arg;

	if ((en->kind == 'f' || en->kind == 'h') && *en->source == '/')
		add_file(t, en->source, en->size, *en->sha256 != '\0' ?
		    hash_keyed(0, en->sha256, strlen(en->sha256)) : 0);
	return 0;
}

/* ---- the last one ---- */
static struct tally *
new_tally(const char *backup, const char *snapshot)
{
	struct tally *t = xalloc(sizeof(*t));
	size_t n;

	t->backup = xstrdup(backup);
	t->snapshot = xstrdup(snapshot);
	t->categories = categories_new();
	categories_add_builtin(t->categories);
	n = categories_count(t->categories) + 1;
	t->type_files = xallocn(n, sizeof(*t->type_files));
	t->type_bytes = xallocn(n, sizeof(*t->type_bytes));
	spot_of(t, "", 0, 0, "/", 1);
	return t;
}

static int
open_tally(struct desk *d, const struct args *a, struct err *e)
{
	const char *snapshot = args_get(a, "snapshot");
	const struct job *job;
	struct tally *t;
	int r;

	if (snapshot == NULL || *snapshot == '\0')
		snapshot = "latest";
	if (desk_backup(d, a, &job, e) < 0)
		return -1;
	if (d->tally != NULL && strcmp(d->tally->backup, job->name) == 0 &&
	    strcmp(d->tally->snapshot, snapshot) == 0 &&
	    strcmp(snapshot, "latest") != 0)
		return 0;
	t = new_tally(job->name, snapshot);
	r = job->copies != NULL ? copies_ls(job->copies, snapshot, each_copied,
	    t, e) : count_repository(d, a, t, e);
	if (r < 0) {
		desk_tally_free(t);
		return -1;
	}
	find_twins(t);
	desk_tally_free(d->tally);
	d->tally = t;
	return 0;
}

/* ---- showing ---- */
static int
larger(const struct tally *t, size_t x, size_t y)
{
	return t->spots[x].bytes != t->spots[y].bytes ?
	    t->spots[x].bytes > t->spots[y].bytes : x < y;
}

/* The largest folders right in `at`, up to CHILDREN. */
static size_t
children(const struct tally *t, size_t at, size_t out[CHILDREN])
{
	size_t n = 0, i, k;

	for (i = 1; i < t->n_spots; i++) {
		if (t->spots[i].parent != at || (n == CHILDREN &&
		    !larger(t, i, out[n - 1])))
			continue;
		k = n < CHILDREN ? n++ : n - 1;
		for (; k > 0 && larger(t, i, out[k - 1]); k--)
			out[k] = out[k - 1];
		out[k] = i;
	}
	return n;
}

static void
show_spot(struct json *j, const struct tally *t, size_t at, int64_t depth)
{
	const struct spot *s = &t->spots[at];
	size_t child[CHILDREN], n, i;

	json_object_start(j);
	desk_name(j, "name", s->name);
	json_put_i64(j, "files", (int64_t)s->files);
	json_put_i64(j, "bytes", (int64_t)s->bytes);
	if (depth > 0) {
		json_key(j, "children");
		json_array_start(j);
		n = children(t, at, child);
		for (i = 0; i < n; i++)
			show_spot(j, t, child[i], depth - 1);
		if (s->own_files > 0) {
			json_object_start(j);
			json_put_text(j, "name", "");
			json_put_i64(j, "files", (int64_t)s->own_files);
			json_put_i64(j, "bytes", (int64_t)s->own_bytes);
			json_object_end(j);
		}
		json_array_end(j);
	}
	json_object_end(j);
}

static void
show_types(struct json *j, const struct tally *t)
{
	size_t n = categories_count(t->categories), i;

	json_key(j, "types");
	json_array_start(j);
	for (i = 0; i <= n; i++) {
		if (t->type_files[i] == 0)
			continue;
		json_object_start(j);
		json_put_text(j, "type", i < n ? categories_name(t->categories,
		    (int)i) : "Other");
		json_put_i64(j, "files", (int64_t)t->type_files[i]);
		json_put_i64(j, "bytes", (int64_t)t->type_bytes[i]);
		json_object_end(j);
	}
	json_array_end(j);
}

int
desk_space(struct desk *d, const struct args *a, struct buf *out,
    struct err *e)
{
	const char *path = args_get(a, "path");
	size_t len = path != NULL ? strlen(path) : 0;
	const uint64_t *at;
	int64_t depth = 3;
	struct json j;

	if (args_number(a, "depth", 1, 6, &depth, e) < 0 ||
	    open_tally(d, a, e) < 0)
		return -1;
	while (len > 0 && path[len - 1] == '/')
		len--;
	at = map_get(&d->tally->index, len > 0 ? path : "", len);
	if (at == NULL)
		return err_set(e, ERR_NOENT, "there is no such folder in it, or it "
		    "lies too deep");
	desk_begin(&j, out);
	json_put_text(&j, "backup", d->tally->backup);
	json_put_text(&j, "snapshot", d->tally->snapshot);
	desk_name(&j, "path", len > 0 ? path : "/");
	json_key(&j, "tree");
	show_spot(&j, d->tally, (size_t)*at, depth);
	show_types(&j, d->tally);
	desk_end(&j);
	return 0;
}

/* A name that is no UTF-8 would be known by nobody: then all go as bytes, too. */
static void
show_paths(struct json *j, const struct tally *t, const struct group *g)
{
	const struct twin *v = t->twins + g->from;
	size_t n = g->n < PATHS_SHOWN ? g->n : PATHS_SHOWN, i;
	int raw = 0;

	json_key(j, "paths");
	json_array_start(j);
	for (i = 0; i < n; i++)
		raw |= json_bytes(j, v[i].path, strlen(v[i].path)) != 0;
	json_array_end(j);
	if (!raw)
		return;
	json_key(j, "paths_bytes");
	json_array_start(j);
	for (i = 0; i < n; i++) {
		CLEAN_BUF struct buf b = {0};

		base64_add(&b, v[i].path, strlen(v[i].path));
		json_bytes(j, buf_str(&b), b.len);
	}
	json_array_end(j);
}

int
desk_duplicates(struct desk *d, const struct args *a, struct buf *out,
    struct err *e)
{
	const struct tally *t;
	struct page page;
	struct json j;
	size_t i;

	if (desk_page(a, &page, e) < 0 || open_tally(d, a, e) < 0)
		return -1;
	t = d->tally;
	desk_begin(&j, out);
	json_put_text(&j, "backup", t->backup);
	json_put_text(&j, "snapshot", t->snapshot);
	json_put_i64(&j, "total", (int64_t)t->n_groups);
	json_put_i64(&j, "offset", page.offset);
	json_put_i64(&j, "wasted", (int64_t)t->wasted);
	json_key(&j, "groups");
	json_array_start(&j);
	for (i = (size_t)page.offset; i < t->n_groups &&
	    i < (size_t)(page.offset + page.limit); i++) {
		json_object_start(&j);
		json_put_i64(&j, "bytes", (int64_t)t->groups[i].size);
		json_put_i64(&j, "count", (int64_t)t->groups[i].n);
		show_paths(&j, t, &t->groups[i]);
		json_object_end(&j);
	}
	json_array_end(&j);
	desk_end(&j);
	return 0;
}
