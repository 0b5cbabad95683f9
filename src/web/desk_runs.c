/* desk_runs.c -- runs and what each did. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "job/job.h"
#include "job/told.h"
#include "util/err.h"
#include "util/xalloc.h"
#include "web/desk.h"

static void
members(struct json *j, const struct run *r)
{
	json_put_i64(j, "v", 1);
	json_put_i64(j, "run", r->number);
	json_put_time(j, "started", r->started);
	json_put_time(j, "ended", r->ended);
	json_put_text(j, "trigger", r->trigger);
	json_put_text(j, "command", r->command);
	json_put_text(j, "state", run_state_name(r->state));
	json_put_lines(j, "jobs", r->jobs);
	json_put_i64(j, "done", (int64_t)r->done);
	json_put_i64(j, "skipped", (int64_t)r->skipped);
	json_put_i64(j, "failed", (int64_t)r->failed);
	json_put_i64(j, "held", (int64_t)r->held);
	json_put_i64(j, "waiting", (int64_t)r->waiting);
	json_put_i64(j, "changes", (int64_t)r->changes);
	json_put_some(j, "undoes", r->undoes);
	json_put_some(j, "undone_by", r->undone_by);
}

struct listing {
	struct json	*j;
	int64_t		 before, left;
	int		 more;
};

static int
each_run(void *arg, const struct run *r)
{
	struct listing *l = arg;

	if (l->before > 0 && r->number >= l->before)
		return 0;
	if (l->left-- == 0) {
		l->more = 1;
		return 1;
	}
	json_object_start(l->j);
	members(l->j, r);
	json_object_end(l->j);
	return 0;
}

int
desk_runs(struct desk *d, const struct args *a, struct buf *out, struct err *e)
{
	struct json j;
	struct listing l = { .j = &j, .left = 50 };

	if (args_number(a, "before", 1, INT64_MAX, &l.before, e) < 0 ||
	    args_number(a, "limit", 1, 500, &l.left, e) < 0)
		return -1;
	desk_begin(&j, out);
	json_key(&j, "runs");
	json_array_start(&j);
	if (catalog_runs(d->h->catalog, 0, 0, each_run, &l, e) < 0)
		return -1;
	json_array_end(&j);
	json_key(&j, "more");
	json_bool(&j, l.more);
	desk_end(&j);
	return 0;
}

struct one {
	struct json	*j;
	int		 found;
};

static int
the_run(void *arg, const struct run *r)
{
	struct one *o = arg;

	o->found = 1;
	if (o->j == NULL)
		return 1;
	json_object_start(o->j);
	members(o->j, r);
	json_object_end(o->j);
	return 1;
}

static int
number_of(const struct args *a, int64_t *run, struct err *e)
{
	int r = args_number(a, "run", 1, INT64_MAX, run, e);

	return r == 0 ? err_set(e, ERR_USAGE, "'run' is missing") : r;
}

static int
find_run(struct desk *d, int64_t number, struct json *j, struct err *e)
{
	struct one o = { .j = j };

	if (catalog_runs(d->h->catalog, number, 1, the_run, &o, e) < 0)
		return -1;
	return o.found ? 0 : err_set(e, ERR_NOENT, "there is no run %" PRId64,
	    number);
}

int
desk_run(struct desk *d, const struct args *a, struct buf *out, struct err *e)
{
	struct json j = { .out = out };
	int64_t run = 0;

	if (number_of(a, &run, e) < 0)
		return -1;
	return find_run(d, run, &j, e);
}

/* ---- operations ---- */
struct showing {
	struct json	*j;
	struct page	 page;
	const char	*q, *job, *state;
	int64_t		 total, n;	/* that fit; in all */
	char		**jobs;
	size_t		 n_jobs;
	int		 failures;	/* told, with reasons */
	struct err	 e;
	struct buf	 from, to;
};

static int
fits(const struct showing *s, const char *job, const char *state,
    const char *from, const char *to)
{
	return (s->job == NULL || strcmp(s->job, job) == 0) &&
	    (s->state == NULL || strcmp(s->state, state) == 0) &&
	    (desk_has(from, s->q) || desk_has(to, s->q));
}

static void
join(struct buf *b, const char *dir, const char *name)
{
	buf_adds(b, dir);
	buf_addc(b, '/');
	buf_adds(b, name);
}

static void
paths(struct showing *s, const struct entry *en)
{
	buf_reset(&s->from);
	buf_reset(&s->to);
	if (*en->from != '\0')
		join(&s->from, en->from_dir, en->from);
	if (*en->to != '\0')
		join(&s->to, en->to_dir, en->to);
}

/* One whose paths stand in from and to. */
static void
show(struct showing *s, const char *what, const char *job, const char *why,
    const char *state)
{
	int64_t at = s->n++;

	if (!fits(s, job, state, buf_str(&s->from), buf_str(&s->to)))
		return;
	if (s->total++ < s->page.offset ||
	    s->total > s->page.offset + s->page.limit)
		return;
	json_object_start(s->j);
	json_put_i64(s->j, "n", at);
	json_put_text(s->j, "op", what);
	json_name(s->j, "from", s->from.data, s->from.len);
	json_name(s->j, "to", s->to.data, s->to.len);
	json_put_text(s->j, "job", job);
	json_put_text(s->j, "why", why);
	json_put_text(s->j, "state", state);
	json_object_end(s->j);
}

static void
show_entry(void *arg, const struct entry *en, const struct result *res)
{
	struct showing *s = arg;
	if (res->outcome == OUTCOME_ROLLED_BACK && s->failures)
		return;			/* told with its reason */
	paths(s, en);
	show(s, event_name(en->event), en->job < s->n_jobs ? s->jobs[en->job] :
	    "", en->why, outcome_name(res->outcome));
}

/* A snapshot that was made, or what could not be done. */
static int
show_told(void *arg, const struct told_row *r)
{
	struct showing *s = arg;

	s->failures |= r->state == OP_FAILED;
	buf_reset(&s->from);
	buf_reset(&s->to);
	buf_adds(&s->from, r->from);
	buf_adds(&s->to, r->to);
	show(s, r->state == OP_DONE ? event_name(EVENT_BACKED_UP) :
	    op_kind_name(r->kind), r->job, r->why, op_state_name(r->state));
	return 0;
}

/* Nothing of it is on the page, and nothing is asked of it? */
static int
is_passed(struct showing *s, size_t n)
{
	if (s->failures || s->q != NULL || s->job != NULL || s->state != NULL)
		return 0;
	if (s->total + (int64_t)n > s->page.offset &&
	    s->total < s->page.offset + s->page.limit)
		return 0;
	s->total += (int64_t)n;
	s->n += (int64_t)n;
	return 1;
}

static int
each_batch(void *arg, const struct catalog_batch *b)
{
	struct showing *s = arg;

	if (is_passed(s, b->n))
		return 0;
	return batch_each(b, show_entry, s, &s->e);
}

static const char *
or_null(const char *s)
{
	return s != NULL && *s != '\0' ? s : NULL;
}

int
desk_operations(struct desk *d, const struct args *a, struct buf *out,
    struct err *e)
{
	struct json j;
	struct showing s = { .j = &j, .q = or_null(args_get(a, "q")),
	    .job = or_null(args_get(a, "job")),
	    .state = or_null(args_get(a, "state")) };
	int64_t run = 0;
	uint64_t more;
	int r;

	if (number_of(a, &run, e) < 0 || desk_page(a, &s.page, e) < 0 ||
	    find_run(d, run, NULL, e) < 0 ||
	    catalog_run_jobs(d->h->catalog, run, &s.jobs, &s.n_jobs, e) < 0)
		return -1;
	desk_begin(&j, out);
	json_put_i64(&j, "run", run);
	json_put_i64(&j, "offset", s.page.offset);
	json_key(&j, "operations");
	json_array_start(&j);
	r = told_each(d->h->catalog, run, show_told, &s, &more, e);
	if (r == 0)
		r = catalog_batches(d->h->catalog, run, each_batch, &s, e);
	json_array_end(&j);
	json_put_i64(&j, "total", s.total);
	desk_end(&j);
	if (s.e.kind != ERR_NONE) {
		*e = s.e;
		r = -1;
	}
	while (s.n_jobs > 0)
		free(s.jobs[--s.n_jobs]);
	free(s.jobs);
	buf_fini(&s.from);
	buf_fini(&s.to);
	return r < 0 ? -1 : 0;
}
