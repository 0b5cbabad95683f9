/* desk_held.c -- what a guard holds: the plans, grouped. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "job/job.h"
#include "job/state.h"
#include "plan/plan.h"
#include "util/err.h"
#include "util/map.h"
#include "util/xalloc.h"
#include "web/desk.h"

#define GROUPS_SHOWN	50
#define HELD_MOST	1000

struct group {
	enum op_kind	 kind;
	char		*folder, *example;
	uint64_t	 count;
};

struct groups {
	struct group	*v;
	size_t		 n, cap;
	struct map	 index;		/* kind and folder -> which */
};

static void
groups_fini(struct groups *g)
{
	size_t i;

	for (i = 0; i < g->n; i++) {
		free(g->v[i].folder);
		free(g->v[i].example);
	}
	free(g->v);
	map_fini(&g->index);
}

/* Where it goes to; of what goes nowhere, where it is. */
static const char *
folder_of(const struct plan *p, const struct op *op)
{
	if (op->to_dir != PLAN_NONE)
		return plan_dir(p, op->to_dir);
	return op->from_dir != PLAN_NONE ? plan_dir(p, op->from_dir) : "";
}

static void
group_add(struct groups *g, const struct plan *p, const struct op *op)
{
	CLEAN_BUF struct buf key = {0};
	const char *folder = folder_of(p, op);
	uint64_t *at;
	int added;

	buf_addf(&key, "%d %s", (int)op->kind, folder);
	at = map_add(&g->index, key.data, key.len, &added);
	if (added) {
		XGROW(g->v, g->n, g->cap);
		g->v[g->n] = (struct group){ op->kind, xstrdup(folder),
		    xstrdup(*op->from ? op->from : op->to), 0 };
		*at = g->n++;
	}
	g->v[*at].count++;
}

static int
larger_first(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return x->count != y->count ? (x->count < y->count) - (x->count >
	    y->count) : strcmp(x->folder, y->folder);
}

static int
each_op(const struct plan *p, int (*each)(void *arg, const struct plan *p,
    const struct op *op), void *arg, struct err *e)
{
	struct plan_reader *r = plan_read(p);
	struct op op;
	int n, end = 0;

	while (!end && (n = plan_next(r, &op, e)) == 1)
		end = each(arg, p, &op);
	plan_reader_free(r);
	return n < 0 ? -1 : 0;
}

static int
count(void *arg, const struct plan *p, const struct op *op)
{
	group_add(arg, p, op);
	return 0;
}

static uint64_t
show_groups(struct json *j, struct groups *g)
{
	uint64_t sum = 0;
	size_t i;

	if (g->n > 0)
		qsort(g->v, g->n, sizeof(*g->v), larger_first);
	json_key(j, "groups");
	json_array_start(j);
	for (i = 0; i < g->n; i++) {
		sum += g->v[i].count;
		if (i >= GROUPS_SHOWN)
			continue;
		json_object_start(j);
		json_put_text(j, "op", op_kind_name(g->v[i].kind));
		desk_name(j, "folder", g->v[i].folder);
		json_put_i64(j, "count", (int64_t)g->v[i].count);
		desk_name(j, "example", g->v[i].example);
		json_object_end(j);
	}
	json_array_end(j);
	return sum;
}

static int
show_part(struct desk *d, struct json *j, const struct part *pt,
    uint64_t *sum, struct err *e)
{
	__attribute__((cleanup(state_fini))) struct job_memory m = {0};
	struct groups g = {0};
	uint64_t n;
	int r = each_op(pt->plan, count, &g, e);

	if (r == 0 && state_get(d->h, pt->name, &m, e) < 0)
		r = -1;
	if (r == 0) {
		json_object_start(j);
		json_put_text(j, "job", pt->name);
		json_put_text(j, "kind", pt->kind);
		json_put_text(j, "why", m.state == RUN_HELD ? m.why : "");
		n = show_groups(j, &g);
		json_put_i64(j, "operations", (int64_t)n);
		json_object_end(j);
		*sum += n;
	}
	groups_fini(&g);
	return r;
}

struct when {
	int64_t		 started;
	char		*trigger;
};

static int
take_when(void *arg, const struct run *r)
{
	struct when *w = arg;

	w->started = r->started;
	w->trigger = xstrdup(r->trigger);
	return 1;
}

static int
show_held(struct desk *d, struct json *j, int64_t run, struct err *e)
{
	struct when w = {0};
	struct parts *p;
	uint64_t sum = 0;
	size_t i;
	int r = 0;

	if (job_held(d->h, &run, &p, e) < 0)
		return -1;
	if (catalog_runs(d->h->catalog, run, 1, take_when, &w, e) < 0)
		r = -1;
	json_object_start(j);
	json_put_i64(j, "run", run);
	json_put_time(j, "started", w.started);
	json_put_text(j, "trigger", w.trigger);
	json_key(j, "parts");
	json_array_start(j);
	for (i = 0; r == 0 && i < p->n; i++)
		r = show_part(d, j, &p->v[i], &sum, e);
	json_array_end(j);
	json_put_i64(j, "operations", (int64_t)sum);
	json_object_end(j);
	free(w.trigger);
	parts_free(p);
	return r;
}

struct numbers {
	int64_t		 v[HELD_MOST];
	size_t		 n;
};

static int
take_number(void *arg, const char *name, const void *data, size_t len)
{
	struct numbers *s = arg;

	(void)data;
	(void)len;
	s->v[s->n++] = strtoll(name, NULL, 10);
	return s->n == HELD_MOST;
}

int
desk_held(struct desk *d, const struct args *a, struct buf *out, struct err *e)
{
	struct numbers *s = xalloc(sizeof(*s));
	struct json j;
	int r;

	(void)a;
	desk_begin(&j, out);
	json_key(&j, "held");
	json_array_start(&j);
	r = catalog_each(d->h->catalog, "held", take_number, s, e);
	while (r >= 0 && s->n > 0)	/* names are in order: newest first */
		r = show_held(d, &j, s->v[--s->n], e);
	json_array_end(&j);
	desk_end(&j);
	free(s);
	return r < 0 ? -1 : 0;
}

/* ---- its operations ---- */
struct showing {
	struct json	*j;
	struct page	 page;
	const char	*q, *folder, *job;	/* job: of the part in hand */
	int64_t		 total, n;
	struct buf	 from, to;
};

static int
show_op(void *arg, const struct plan *p, const struct op *op)
{
	struct showing *s = arg;
	int64_t at = s->n++;

	buf_reset(&s->from);
	buf_reset(&s->to);
	plan_from(p, op, &s->from);
	plan_to(p, op, &s->to);
	if (!(desk_has(buf_str(&s->from), s->q) ||
	    desk_has(buf_str(&s->to), s->q)) ||
	    (s->folder != NULL && strcmp(s->folder, folder_of(p, op)) != 0))
		return 0;
	if (s->total++ < s->page.offset ||
	    s->total > s->page.offset + s->page.limit)
		return 0;
	json_object_start(s->j);
	json_put_i64(s->j, "n", at);
	json_put_text(s->j, "op", op_kind_name(op->kind));
	json_name(s->j, "from", s->from.data, s->from.len);
	json_name(s->j, "to", s->to.data, s->to.len);
	json_put_text(s->j, "job", s->job);
	json_put_text(s->j, "why", plan_text(p, op->why));
	json_put_text(s->j, "state", op_state_name(op->state));
	if (op->error != 0)
		json_put_text(s->j, "error", plan_text(p, op->error));
	json_object_end(s->j);
	return 0;
}

int
desk_held_operations(struct desk *d, const struct args *a, struct buf *out,
    struct err *e)
{
	const char *job = args_get(a, "job");
	struct json j;
	struct showing s = { .j = &j, .q = args_get(a, "q"),
	    .folder = args_get(a, "folder") };
	struct parts *p;
	int64_t run = 0;
	size_t i;
	int r = args_number(a, "run", 1, INT64_MAX, &run, e);

	if (r == 0)
		return err_set(e, ERR_USAGE, "'run' is missing");
	if (r < 0 || desk_page(a, &s.page, e) < 0 ||
	    job_held(d->h, &run, &p, e) < 0)
		return -1;
	desk_begin(&j, out);
	json_put_i64(&j, "run", run);
	json_put_i64(&j, "offset", s.page.offset);
	json_key(&j, "operations");
	json_array_start(&j);
	for (i = 0, r = 0; r == 0 && i < p->n; i++) {
		s.job = p->v[i].name;
		if (job == NULL || *job == '\0' || strcmp(job, s.job) == 0)
			r = each_op(p->v[i].plan, show_op, &s, e);
	}
	json_array_end(&j);
	json_put_i64(&j, "total", s.total);
	desk_end(&j);
	parts_free(p);
	buf_fini(&s.from);
	buf_fini(&s.to);
	return r;
}
