/* desk_diff.c -- what changed from one snapshot to another; the last comparison
 * is kept for its next page. */
#include <stdlib.h>
#include <string.h>

#include "job/job.h"
#include "repo/diff.h"
#include "repo/repo.h"
#include "repo/snapshot.h"
#include "util/arena.h"
#include "util/err.h"
#include "util/xalloc.h"
#include "web/desk.h"

#define CHANGES_MOST	((size_t)2000000)

struct change {
	const char	*path;
	char		 modifier[8];
};

struct changes {
	char		*backup, *from, *to;
	struct change	*v;
	size_t		 n, cap;
	struct diff_totals totals;
	struct arena	 mem;
};

void
desk_changes_free(struct changes *c)
{
	if (c == NULL)
		return;
	free(c->backup);
	free(c->from);
	free(c->to);
	free(c->v);
	arena_fini(&c->mem);
	free(c);
}

static int
each(void *arg, const char *path, const char *modifier)
{
	struct changes *c = arg;
	struct change *x;

	if (c->n >= CHANGES_MOST)
		return 0;
	XGROW(c->v, c->n, c->cap);
	x = &c->v[c->n++];
	x->path = arena_str(&c->mem, path);
	strncpy(x->modifier, modifier, sizeof(x->modifier) - 1);
	x->modifier[sizeof(x->modifier) - 1] = '\0';
	return 0;
}

static void
bad(void *arg, const char *path, const struct err *why)
{
	(void)why;
	each(arg, path, "?");
}

static int
compare(struct desk *d, const struct args *a, struct changes *c, struct err *e)
{
	CLEAN_SNAPSHOT struct snapshot x = {0}, y = {0};
	struct diff_options o = { .each = each, .bad = bad, .arg = c };
	const struct job *job;
	struct repo *r;

	if (desk_repository(d, a, &job, &r, e) < 0 ||
	    desk_snapshot(r, job, c->from, &x, e) < 0 ||
	    desk_snapshot(r, job, c->to, &y, e) < 0)
		return -1;
	return diff_trees(r, &x.tree, &y.tree, &o, &c->totals, e);
}

static int
is_last(const struct changes *c, const char *backup, const char *from,
    const char *to)
{
	return c != NULL && strcmp(c->backup, backup) == 0 &&
	    strcmp(c->from, from) == 0 && strcmp(c->to, to) == 0 &&
	    strcmp(from, "latest") != 0 && strcmp(to, "latest") != 0;
}

static int
open_changes(struct desk *d, const struct args *a, struct err *e)
{
	const char *backup, *from, *to;
	struct changes *c;

	if (args_need(a, "backup", &backup, e) < 0 ||
	    args_need(a, "from", &from, e) < 0 || args_need(a, "to", &to, e) < 0)
		return -1;
	if (is_last(d->changes, backup, from, to))
		return 0;
	c = xalloc(sizeof(*c));
	c->backup = xstrdup(backup);
	c->from = xstrdup(from);
	c->to = xstrdup(to);
	if (compare(d, a, c, e) < 0) {
		desk_changes_free(c);
		return -1;
	}
	desk_changes_free(d->changes);
	d->changes = c;
	return 0;
}

static void
side(struct json *j, const char *key, const struct diff_side *s)
{
	json_key(j, key);
	json_object_start(j);
	json_put_i64(j, "files", (int64_t)s->files);
	json_put_i64(j, "dirs", (int64_t)s->dirs);
	json_put_i64(j, "bytes", (int64_t)s->bytes);
	json_object_end(j);
}

int
desk_diff(struct desk *d, const struct args *a, struct buf *out, struct err *e)
{
	const char *q = args_get(a, "q");
	const struct changes *c;
	int64_t total = 0;
	struct page page;
	struct json j;
	size_t i;

	if (desk_page(a, &page, e) < 0 || open_changes(d, a, e) < 0)
		return -1;
	c = d->changes;
	desk_begin(&j, out);
	json_put_text(&j, "from", c->from);
	json_put_text(&j, "to", c->to);
	json_put_i64(&j, "offset", page.offset);
	json_key(&j, "changes");
	json_array_start(&j);
	for (i = 0; i < c->n; i++) {
		if (!desk_has(c->v[i].path, q))
			continue;
		if (total >= page.offset && total < page.offset + page.limit) {
			json_object_start(&j);
			desk_name(&j, "path", c->v[i].path);
			json_put_text(&j, "modifier", c->v[i].modifier);
			json_object_end(&j);
		}
		total++;
	}
	json_array_end(&j);
	json_put_i64(&j, "total", total);
	json_put_i64(&j, "changed_files", (int64_t)c->totals.changed_files);
	side(&j, "added", &c->totals.added);
	side(&j, "removed", &c->totals.removed);
	desk_end(&j);
	return 0;
}
