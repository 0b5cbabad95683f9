/* front.c -- see front.h. */
#include <stdlib.h>
#include <string.h>

#include "mount/template.h"
#include "mount/front.h"
#include "repo/snapshot.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/xalloc.h"

struct front {
	struct arena	 mem;
	struct map	 paths;		/* a place in v */
	struct front_node **v;
	size_t		 n, cap;
};

struct making {
	struct front	*v;
	const struct snapshot *s;
};

const struct front_node *
front_find(const struct front *v, const char *path)
{
	const uint64_t *at = map_get(&v->paths, path, strlen(path));

	return at != NULL ? v->v[*at] : NULL;
}

static struct front_node *
make_node(struct front *v, const char *path, struct front_node *parent,
    const char *name)
{
	struct front_node *n = arena_alloc(&v->mem, sizeof(*n));

	n->name = arena_str(&v->mem, name);
	n->parent = parent;
	if (parent != NULL) {
		n->next = parent->kids;
		parent->kids = n;
	}
	map_put(&v->paths, path, strlen(path), v->n);
	XGROW(v->v, v->n, v->cap);
	v->v[v->n++] = n;
	return n;
}

/* The node at a path, and those above it, made if they are not there.  The path
 * is clean. */
static struct front_node *
make_path(struct front *v, const char *path)
{
	const uint64_t *at = map_get(&v->paths, path, strlen(path));
	struct front_node *n = v->v[0];
	CLEAN_BUF struct buf b = {0};
	size_t len;

	if (at != NULL)
		return v->v[*at];
	for (; *path != '\0'; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (b.len > 0)
			buf_addc(&b, '/');
		buf_add(&b, path, len);
		at = map_get(&v->paths, b.data, b.len);
		n = at != NULL ? v->v[*at] : make_node(v, buf_str(&b), n,
		    buf_str(&b) + b.len - len);
	}
	return n;
}

/* Without empty components, "." and ".."; those of templates are meant well. */
static void
clean(struct buf *out, const char *path)
{
	size_t len;

	for (; *path != '\0'; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (len == 0 || (len == 1 && *path == '.') ||
		    (len == 2 && path[0] == '.' && path[1] == '.'))
			continue;
		if (out->len > 0)
			buf_addc(out, '/');
		buf_add(out, path, len);
	}
}

static int
is_taken(const struct front *v, const char *path)
{
	const struct front_node *n = front_find(v, path);

	return n != NULL && (n->is_snapshot || n->target != NULL);
}

static int
is_older(const struct node_time *a, const struct node_time *b)
{
	return a->sec != b->sec ? a->sec < b->sec : a->nsec < b->nsec;
}

static void
show(struct front_node *n, const struct snapshot *s)
{
	n->is_snapshot = 1;
	n->tree = s->tree;
	n->time = s->time;
}

/* The newest comes last: links are moved along. */
static void
link_latest(struct making *k, const char *prefix, const char *target)
{
	CLEAN_BUF struct buf raw = {0}, path = {0};
	struct front_node *n;

	buf_addf(&raw, "%s/latest", prefix);
	clean(&path, buf_str(&raw));
	n = make_path(k->v, buf_str(&path));
	if (n->is_snapshot || n->kids != NULL)
		return;
	n->target = arena_str(&k->v->mem, target);
	n->time = k->s->time;
}

static void
add(void *arg, const char *prefix, const char *suffix)
{
	CLEAN_BUF struct buf raw = {0}, path = {0};
	struct making *k = arg;
	size_t i, end;

	buf_addf(&raw, "%s%s", prefix, suffix);
	clean(&path, buf_str(&raw));
	end = path.len;
	for (i = 1; is_taken(k->v, buf_str(&path)); i++) {
		path.len = end;
		buf_addf(&path, "-%zu", i);
	}
	show(make_path(k->v, buf_str(&path)), k->s);
	if (*suffix == '\0')
		return;
	buf_reset(&raw);
	buf_adds(&raw, suffix);
	if (i > 1)
		buf_addf(&raw, "-%zu", i - 1);
	link_latest(k, prefix, buf_str(&raw));
}

/* Folders are as old as the newest below them; they were made before what is in
 * them, so the last comes first. */
static void
set_times(struct front *v)
{
	struct front_node *n;
	size_t i;

	for (i = v->n; i-- > 1;) {
		n = v->v[i];
		/* Only the first has none. */
		if (!n->parent->is_snapshot &&	// NOLINT(*-core.NullDereference)
		    is_older(&n->parent->time, &n->time))
			n->parent->time = n->time;
	}
}

struct front *
front_new(const struct snapshots *l, const char *const *paths, const char *time)
{
	struct front *v = xalloc(sizeof(*v));
	struct making k = { .v = v };
	CLEAN_BUF struct buf b = {0};
	const char *const *p;
	size_t i;

	make_node(v, "", NULL, "");
	for (p = paths; *p != NULL; p++) {
		CLEAN_BUF struct buf raw = {0};

		buf_add(&raw, *p, template_static(*p));
		buf_reset(&b);
		clean(&b, buf_str(&raw));
		make_path(v, buf_str(&b));
	}
	for (i = 0; i < l->n; i++) {
		k.s = &l->v[i];
		for (p = paths; *p != NULL; p++)
			template_paths(*p, time, k.s, add, &k);
	}
	set_times(v);
	return v;
}

void
front_free(struct front *v)
{
	if (v == NULL)
		return;
	arena_fini(&v->mem);
	map_fini(&v->paths);
	free(v->v);
	free(v);
}
