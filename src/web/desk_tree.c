/*
 * desk_tree.c -- a folder of a snapshot, a page at a time.  The last folder is
 * kept, as its next page is what will be asked for.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "copies/copies.h"
#include "job/job.h"
#include "repo/repo.h"
#include "repo/snapshot.h"
#include "repo/tree.h"
#include "util/arena.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/map.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "web/desk.h"

#define ENTRIES_MOST	((size_t)5000000)

struct entry {
	const char	*name, *target;
	enum node_type	 type;
	uint64_t	 size;
	int64_t		 mtime;		/* µs */
	uint32_t	 mode;		/* st_mode */
};

struct folder {
	char		*backup, *snapshot, *path;	/* which it is */
	int		 sort;
	struct entry	*v;
	size_t		 n, cap;
	struct arena	 mem;
};

void
desk_folder_free(struct folder *f)
{
	if (f == NULL)
		return;
	free(f->backup);
	free(f->snapshot);
	free(f->path);
	free(f->v);
	arena_fini(&f->mem);
	free(f);
}

static struct entry *
add(struct folder *f, const char *name)
{
	XGROW(f->v, f->n, f->cap);
	f->v[f->n] = (struct entry){ .name = arena_str(&f->mem, name) };
	return &f->v[f->n++];
}

/* ---- of a repository ---- */
static int
find(struct repo *r, struct repo_hand *h, const struct id *root,
    const char *path, struct arena *a, struct node *out, struct err *e)
{
	*out = (struct node){ .type = NODE_DIR, .subtree = *root,
	    .has_subtree = 1 };
	return tree_find(r, h, root, path, a, out, e);
}

static int
read_nodes(struct folder *f, const struct buf *text, struct err *e)
{
	CLEAN_TREE_READ struct tree_read t;
	struct entry *x;
	int n = 0;

	tree_read_init(&t, text->data, text->len);
	while (f->n < ENTRIES_MOST && (n = tree_read_next(&t, e)) == 1) {
		x = add(f, t.node.name);
		x->type = t.node.type;
		x->size = t.node.type == NODE_FILE ? t.node.size : 0;
		x->mtime = time_from(t.node.mtime.sec, t.node.mtime.nsec);
		x->mode = node_st_mode(&t.node);
		if (t.node.target != NULL)
			x->target = arena_str(&f->mem, t.node.target);
	}
	return n < 0 ? -1 : 0;
}

static int
list_repository(struct desk *d, const struct args *a, struct folder *f,
    struct err *e)
{
	CLEAN_SNAPSHOT struct snapshot s = {0};
	CLEAN_ARENA struct arena mem = {0};
	CLEAN_BUF struct buf text = {0};
	const struct job *job;
	struct repo_hand *h;
	struct repo *r;
	struct node n;
	int ret;

	if (desk_repository(d, a, &job, &r, e) < 0 ||
	    desk_snapshot(r, job, f->snapshot, &s, e) < 0)
		return -1;
	h = repo_hand_new(r);
	ret = find(r, h, &s.tree, f->path, &mem, &n, e);
	if (ret == 0 && !n.has_subtree)
		ret = err_set(e, ERR_USAGE, "this is no folder");
	if (ret == 0)
		ret = tree_load(r, h, &n.subtree, &text, e);
	repo_hand_free(h);
	return ret < 0 ? -1 : read_nodes(f, &text, e);
}

/* ---- of a plain copy: its manifest has whole paths ---- */
struct gathering {
	struct folder	*f;
	size_t		 len;		/* of the folder's path, without a '/' */
	struct map	 seen;
};

static enum node_type
type_of(char kind)
{
	return kind == 'd' ? NODE_DIR : kind == 'l' ? NODE_SYMLINK :
	    kind == 'p' ? NODE_FIFO : NODE_FILE;
}

static int
gather(void *arg, const struct copy_entry *en)
{
	struct gathering *g = arg;
	const char *rest = en->source + g->len, *slash;
	CLEAN_FREE char *name = NULL;
	struct entry *x;
	uint64_t *at;
	int added;

	if (strncmp(en->source, g->f->path, g->len) != 0 || *rest != '/' ||
	    rest[1] == '\0')
		return 0;
	slash = strchr(++rest, '/');
	name = slash != NULL ? xstrndup(rest, (size_t)(slash - rest)) :
	    xstrdup(rest);
	at = map_add(&g->seen, name, strlen(name), &added);
	if (added) {
		*at = g->f->n;
		add(g->f, name)->type = NODE_DIR;
	}
	if (slash != NULL)
		return 0;
	x = &g->f->v[*at];
	x->type = type_of(en->kind);
	x->size = x->type == NODE_FILE ? en->size : 0;
	x->mtime = en->mtime / 1000;
	x->mode = en->mode;
	if (x->type == NODE_SYMLINK)
		x->target = arena_str(&g->f->mem, en->target);
	return g->f->n >= ENTRIES_MOST;
}

static int
list_copy(const struct job *job, struct folder *f, struct err *e)
{
	struct gathering g = { .f = f, .len = strlen(f->path) };
	int r;

	while (g.len > 0 && f->path[g.len - 1] == '/')
		g.len--;
	r = copies_ls(job->copies, f->snapshot, gather, &g, e);
	map_fini(&g.seen);
	if (r == 0 && f->n == 0 && g.len > 0)
		return err_set(e, ERR_NOENT, "there is no such folder in it");
	return r;
}

/* ---- in order ---- */
static int
folders_first(const struct entry *x, const struct entry *y)
{
	return (y->type == NODE_DIR) - (x->type == NODE_DIR);
}

static int
by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int r = folders_first(x, y);

	return r != 0 ? r : strcmp(x->name, y->name);
}

static int
by_size(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int r = (x->size < y->size) - (x->size > y->size);

	return r != 0 ? r : by_name(a, b);
}

static int
by_time(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int r = (x->mtime < y->mtime) - (x->mtime > y->mtime);

	return r != 0 ? r : by_name(a, b);
}

static int
put_in_order(struct folder *f, const char *sort, struct err *e)
{
	static const struct {
		const char	*name;
		int (*compare)(const void *a, const void *b);
	} orders[] = { { "name", by_name }, { "size", by_size },
	    { "time", by_time } };
	int i;

	for (i = 0; i < 3; i++)
		if (strcmp(sort, orders[i].name) == 0) {
			if (f->sort != i && f->n > 0)
				qsort(f->v, f->n, sizeof(*f->v),
				    orders[i].compare);
			f->sort = i;
			return 0;
		}
	return err_set(e, ERR_USAGE, "'sort' is name, size or time");
}

/* ---- the last one ---- */
static int
is_last(const struct folder *f, const char *backup, const char *snapshot,
    const char *path)
{
	return f != NULL && strcmp(f->backup, backup) == 0 &&
	    strcmp(f->snapshot, snapshot) == 0 && strcmp(f->path, path) == 0 &&
	    strcmp(snapshot, "latest") != 0;
}

static int
open_folder(struct desk *d, const struct args *a, struct err *e)
{
	const char *snapshot, *path;
	const struct job *job;
	struct folder *f;
	int r;

	if (desk_backup(d, a, &job, e) < 0 ||
	    args_need(a, "snapshot", &snapshot, e) < 0 ||
	    args_need(a, "path", &path, e) < 0)
		return -1;
	if (*path != '/')
		return err_set(e, ERR_USAGE, "'path' must be absolute");
	if (is_last(d->folder, job->name, snapshot, path))
		return 0;
	f = xalloc(sizeof(*f));
	*f = (struct folder){ .backup = xstrdup(job->name),
	    .snapshot = xstrdup(snapshot), .path = xstrdup(path), .sort = -1 };
	r = job->copies != NULL ? list_copy(job, f, e) :
	    list_repository(d, a, f, e);
	if (r < 0) {
		desk_folder_free(f);
		return -1;
	}
	desk_folder_free(d->folder);
	d->folder = f;
	return 0;
}

/* ---- the page ---- */
static const char *
type_name(enum node_type t)
{
	static const char *const names[] = {
		[NODE_FILE] = "file", [NODE_DIR] = "dir",
		[NODE_SYMLINK] = "symlink", [NODE_DEV] = "dev",
		[NODE_CHARDEV] = "chardev", [NODE_FIFO] = "fifo",
		[NODE_SOCKET] = "socket", [NODE_OTHER] = "other",
	};

	return names[t];
}

static void
one_entry(struct json *j, const struct entry *x)
{
	json_object_start(j);
	desk_name(j, "name", x->name);
	json_put_text(j, "type", type_name(x->type));
	json_key(j, "size");
	json_u64(j, x->size);
	json_put_time(j, "mtime", x->mtime);
	json_put_i64(j, "mode", x->mode & 07777);
	if (x->target != NULL)
		desk_name(j, "target", x->target);
	json_object_end(j);
}

int
desk_tree(struct desk *d, const struct args *a, struct buf *out, struct err *e)
{
	const char *sort = args_get(a, "sort"), *q = args_get(a, "q");
	struct page page;
	struct json j;
	int64_t total = 0;
	size_t i;

	if (desk_page(a, &page, e) < 0 || open_folder(d, a, e) < 0 ||
	    put_in_order(d->folder, sort ? sort : "name", e) < 0)
		return -1;
	desk_begin(&j, out);
	json_put_text(&j, "backup", d->folder->backup);
	json_put_text(&j, "snapshot", d->folder->snapshot);
	desk_name(&j, "path", d->folder->path);
	json_put_i64(&j, "offset", page.offset);
	json_key(&j, "entries");
	json_array_start(&j);
	for (i = 0; i < d->folder->n; i++) {
		if (!desk_has(d->folder->v[i].name, q))
			continue;
		if (total >= page.offset && total < page.offset + page.limit)
			one_entry(&j, &d->folder->v[i]);
		total++;
	}
	json_array_end(&j);
	json_put_i64(&j, "total", total);
	desk_end(&j);
	return 0;
}

static int
type_in_repository(struct desk *d, const struct args *a, const char *name,
    const char *path, enum node_type *out, struct err *e)
{
	CLEAN_SNAPSHOT struct snapshot s = {0};
	CLEAN_ARENA struct arena mem = {0};
	const struct job *job;
	struct repo_hand *h;
	struct repo *r;
	struct node n;
	int ret;

	if (desk_repository(d, a, &job, &r, e) < 0 ||
	    desk_snapshot(r, job, name, &s, e) < 0)
		return -1;
	h = repo_hand_new(r);
	ret = find(r, h, &s.tree, path, &mem, &n, e);
	repo_hand_free(h);
	*out = n.type;
	return ret;
}

/* What lies at a path: for downloads. */
int
desk_type(struct desk *d, const struct args *a, struct buf *out, struct err *e)
{
	enum node_type type = NODE_OTHER;
	const char *name, *path;
	const struct job *job;
	struct json j;
	char kind = 0;

	if (args_need(a, "snapshot", &name, e) < 0 ||
	    args_need(a, "path", &path, e) < 0 || desk_backup(d, a, &job, e) < 0)
		return -1;
	if (job->copies == NULL) {
		if (type_in_repository(d, a, name, path, &type, e) < 0)
			return -1;
	} else {
		if (copies_kind(job->copies, name, path, &kind, e) < 0)
			return -1;
		type = type_of(kind);
	}
	desk_begin(&j, out);
	json_put_text(&j, "type", type_name(type));
	desk_end(&j);
	return 0;
}
