/*
 * only.c -- a rule over some files, instead of over all there are.
 *
 * For files that have just arrived.  A folder is not listed for them, unless
 * an earlier rule brings something into it, or files go along with others:
 * else a folder of many files would be read for each one that is added.
 */
#include <dirent.h>
#include <string.h>

#include "organize/organize_impl.h"
#include "plan/overlay.h"
#include "util/clean.h"
#include "util/path.h"
#include "util/xalloc.h"

/* The way from the location to the folder: would a walk go there? */
static int
would_walk(struct run *r, const char *top, const char *dir)
{
	const struct location *l = r->location;
	const char *p = dir + (strcmp(top, "/") == 0 ? 0 : strlen(top)), *end;
	int depth = 0, go = 1;

	for (; *p != '\0' && go; p = end) {
		CLEAN_FREE char *above = NULL, *name = NULL;

		end = strchrnul(p + 1, '/');
		above = p == dir ? xstrdup("/") : xstrndup(dir,
		    (size_t)(p - dir));
		name = xstrndup(p + 1, (size_t)(end - p - 1));
		go = *name == '\0' || folder_enter(r, above, name, ++depth);
	}
	return go && depth >= l->min_depth &&
	    (l->max_depth < 0 || depth <= l->max_depth);
}

int
only_has(const struct organize_only *o, const char *name)
{
	size_t low = 0, high = o->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(o->names[mid], name);

		if (c == 0)
			return 1;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

size_t
only_most(const struct run *r)
{
	size_t n = 16;

	if (r->env->only == NULL)
		return r->most;
	for (size_t i = 0; i < r->env->n_only; i++)
		n += r->env->only[i].n;
	return n < r->most ? n : r->most;
}

/* The folder's names as they will be, of which we want ours, and what earlier
 * rules bring: those were ours before. */
static int
take_listed(struct run *r, const struct organize_only *o, struct walk_dir *d,
    struct err *e)
{
	struct walk_source *s = overlay_source(r->overlay);
	struct err why = {0};
	int rc;

	if (s->list(s, d->dir, d->path, &d->list, &why) < 0)
		return 0;
	r->only = o;
	rc = folder_take(r, d, e);
	r->only = NULL;
	s->release(s, &d->list);
	return rc;
}

static int
take_named(struct run *r, const struct organize_only *o, struct walk_dir *d,
    struct err *e)
{
	struct walk_entry *v = xallocn(o->n + 1, sizeof(*v));
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < o->n; i++) {
		struct err why = {0};
		int type = overlay_type(r->overlay, d->path, o->names[i],
		    &why);

		if (type == DT_REG)
			v[n++] = (struct walk_entry){ .name = o->names[i],
			    .type = DT_REG };
	}
	d->list = (struct walk_list){ .v = v, .n = n };
	r->alone = 1;
	rc = folder_take(r, d, e);
	r->alone = 0;
	free(v);
	return rc;
}

static int
take_folder(struct run *r, const struct organize_only *o, const char *top,
    const struct fs_dir *held, struct err *e)
{
	const char *rel = o->dir + strlen(top);
	struct walk_dir d = { .path = o->dir };
	struct fs_dir *below = NULL;
	struct err why = {0};
	int rc;

	/* Whatever left meanwhile needs nothing. */
	if (fs_dir_below(held, rel + strspn(rel, "/"), &below, &why) < 0)
		return 0;
	d.dir = below;
	if (r->rule->companions != NULL || r->rule->companions_usual ||
	    overlay_brings(r->overlay, o->dir))
		rc = take_listed(r, o, &d, e);
	else
		rc = take_named(r, o, &d, e);
	fs_dir_free(below);
	return rc;
}

int
only_take(struct run *r, const char *top, struct err *e)
{
	struct fs_dir *held = NULL;
	struct err why = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->env->n_only; i++) {
		const struct organize_only *o = &r->env->only[i];

		if (!path_is_below(o->dir, top) || !would_walk(r, top, o->dir))
			continue;
		if (held == NULL && fs_dir_open(top, &held, &why) < 0)
			return 0;
		rc = take_folder(r, o, top, held, e);
	}
	fs_dir_free(held);
	return rc;
}
