/* desk_diff.c -- what changed from one snapshot to another; the last comparison
 * is kept for its next page. */
#include <stdlib.h>
#include <string.h>

#include "copies/copies.h"
#include "job/job.h"
#include "repo/diff.h"
#include "repo/repo.h"
#include "repo/snapshot.h"
#include "util/arena.h"
#include "util/err.h"
#include "util/map.h"
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

/* ---- plain copies: what their manifests say ---- */
struct past {
	struct past_entry {
		const char	*path, *sha256, *target;
		uint64_t	 size;
		uint32_t	 mode;
		char		 kind;
		int		 seen;
	}		*v;
	size_t		 n, cap;
	struct map	 at;		/* path -> index into v */
	struct arena	 mem;
	struct changes	*c;
};

static int
remember(void *arg, const struct copy_entry *en)
{
	struct past *p = arg;
	int added;
	uint64_t *at = map_add(&p->at, en->source, strlen(en->source), &added);

	if (!added)
		return 0;
	*at = p->n;
	XGROW(p->v, p->n, p->cap);
	p->v[p->n++] = (struct past_entry){
		.path = arena_str(&p->mem, en->source),
		.sha256 = arena_str(&p->mem, en->sha256),
		.target = arena_str(&p->mem, en->target),
		.size = en->size, .mode = en->mode, .kind = en->kind,
	};
	return p->n >= CHANGES_MOST;
}

/* A hard link is a file whose contents lie elsewhere, too. */
static char
kind_of(char kind)
{
	return kind == 'h' ? 'f' : kind;
}

static const char *
modifier_of(const struct past_entry *was, const struct copy_entry *is)
{
	char kind = kind_of(is->kind);

	if (kind_of(was->kind) != kind)
		return "T";
	if ((kind == 'f' && strcmp(was->sha256, is->sha256) != 0) ||
	    (kind == 'l' && strcmp(was->target, is->target) != 0))
		return "M";
	return was->mode != is->mode ? "U" : NULL;
}

static void
count_side(struct diff_side *s, char kind, uint64_t size)
{
	s->files += kind_of(kind) == 'f';
	s->dirs += kind == 'd';
	s->bytes += kind == 'f' ? size : 0;
}

static int
hold_against(void *arg, const struct copy_entry *en)
{
	struct past *p = arg;
	struct diff_totals *t = &p->c->totals;
	uint64_t *at = map_get(&p->at, en->source, strlen(en->source));
	const char *m = "+";

	if (at == NULL) {
		count_side(&t->added, en->kind, en->size);
	} else {
		p->v[*at].seen = 1;
		m = modifier_of(&p->v[*at], en);
		t->changed_files += m != NULL && *m == 'M' && en->kind != 'l';
	}
	if (m != NULL)
		each(p->c, en->source, m);
	return 0;
}

static int
compare_copies(const struct job *job, struct changes *c, struct err *e)
{
	struct past p = { .c = c };
	size_t i;
	int r = copies_ls(job->copies, c->from, remember, &p, e);

	if (r == 0)
		r = copies_ls(job->copies, c->to, hold_against, &p, e);
	for (i = 0; i < p.n && r == 0; i++)
		if (!p.v[i].seen) {
			count_side(&c->totals.removed, p.v[i].kind, p.v[i].size);
			each(c, p.v[i].path, "-");
		}
	free(p.v);
	map_fini(&p.at);
	arena_fini(&p.mem);
	return r;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct change *)a)->path,
	    ((const struct change *)b)->path);
}

/* ---- either ---- */
static int
compare(struct desk *d, const struct args *a, struct changes *c, struct err *e)
{
	CLEAN_SNAPSHOT struct snapshot x = {0}, y = {0};
	struct diff_options o = { .each = each, .bad = bad, .arg = c };
	const struct job *job;
	struct repo *r;

	if (desk_backup(d, a, &job, e) < 0)
		return -1;
	if (job->copies != NULL) {
		if (compare_copies(job, c, e) < 0)
			return -1;
		if (c->n > 0)
			qsort(c->v, c->n, sizeof(*c->v), by_path);
		return 0;
	}
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
