/*
 * find.c -- where a file was and what holds it, and bringing it back.
 *
 * The catalog knows what was done; what copies and archives hold stands in
 * their manifests on their own disks, and what repositories hold in the trees of
 * their snapshots, which are read when asked.  A path asks for exactly that
 * source, a bare name for any file of that name, a glob for all that fit.
 */
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "archive/archive.h"
#include "catalog/catalog.h"
#include "copies/copies.h"
#include "job/find.h"
#include "job/parts.h"
#include "job/tell.h"
#include "job/vault_find.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

struct events {
	struct find_row {
		struct find_event ev;
		char		*own[8];	/* what ev's strings point to */
		int		 by_glob;	/* its name only fits the pattern */
	}		*v;
	size_t		 n, cap;
	int		 by_name;	/* something is named so: no pattern */
};

static const char *
keep(struct find_row *r, int i, const char *s)
{
	return r->own[i] = xstrdup(s ? s : "");
}

static void
add(struct events *all, const struct find_event *ev)
{
	struct find_row *r;

	XGROW(all->v, all->n, all->cap);
	r = &all->v[all->n++];
	*r = (struct find_row){ .ev = *ev };
	r->ev.event = keep(r, 0, ev->event);
	r->ev.from = keep(r, 1, ev->from);
	r->ev.to = keep(r, 2, ev->to);
	r->ev.job = keep(r, 3, ev->job);
	r->ev.why = keep(r, 4, ev->why);
	r->ev.backup = keep(r, 5, ev->backup);
	r->ev.snapshot = keep(r, 6, ev->snapshot);
}

static int
each_row(void *arg, const struct event_row *r)
{
	struct find_event ev = {
		.time = r->time, .run = r->run, .event = event_name(r->event),
		.from = r->from, .to = r->to, .job = r->job, .why = r->why,
		.backup = r->backup, .snapshot = r->snapshot,
	};

	add(arg, &ev);
	return 0;
}

/* ---- what is meant ---- */
const char *
find_name(const char *what, const char *source)
{
	const char *slash = strchr(what, '/') == NULL ?
	    strrchr(source, '/') : NULL;

	return slash ? slash + 1 : source;
}

/* 2: by its name or path; 1: by the pattern only; 0. */
static int
is_wanted(const char *what, const char *source)
{
	const char *name = find_name(what, source);

	if (strcmp(name, what) == 0)
		return 2;
	return strpbrk(what, "*?[") != NULL && catalog_glob(what, name);
}

static void
add_held(struct events *all, const struct find_event *ev, int wanted)
{
	add(all, ev);
	all->v[all->n - 1].by_glob = wanted == 1;
	all->by_name |= wanted == 2;
}

/* ---- copies ---- */
struct looking {
	struct events		*all;
	const char		*what;
	const struct find_report *r;
	const struct job	*job;
	const struct copy_info	*copy;
};

static void
lacks(const struct looking *l, const char *why)
{
	CLEAN_BUF struct buf b = {0};

	if (l->r->lacks == NULL)
		return;
	buf_addf(&b, "%s: %s", l->job->name, why);
	l->r->lacks(l->r->arg, buf_str(&b));
}

static int
each_copied(void *arg, const struct copy_entry *en)
{
	struct looking *l = arg;
	CLEAN_BUF struct buf to = {0};
	struct find_event ev = { .event = "backed_up", .from = en->source,
	    .job = l->job->name, .backup = l->job->name };
	int wanted = en->kind == 'd' ? 0 : is_wanted(l->what, en->source);

	if (!wanted)
		return 0;
	buf_addf(&to, "%s/%s/%s", copies_place(l->job->copies), l->copy->name,
	    en->path);
	ev.to = buf_str(&to);
	ev.time = l->copy->time;
	ev.snapshot = l->copy->name;
	ev.why = "";
	add_held(l->all, &ev, wanted);
	return 0;
}

static int
each_copy(void *arg, const struct copy_info *i)
{
	struct looking *l = arg;
	struct err e = {0};

	l->copy = i;
	if (i->damaged != NULL)
		lacks(l, i->damaged);
	else if (copies_ls(l->job->copies, i->name, each_copied, l, &e) < 0)
		lacks(l, e.text);
	return 0;
}

/* ---- archives ---- */
static int
each_archived(void *arg, const struct archive_entry *en)
{
	struct looking *l = arg;
	CLEAN_BUF struct buf to = {0};
	struct find_event ev = { .event = *en->bundle ? "bundled" : "archived",
	    .from = en->source, .job = l->job->name, .why = "" };
	int wanted = is_wanted(l->what, en->source);

	if (*en->bundle == '\0' || !wanted)
		return 0;		/* the catalog knows plain moves */
	buf_addf(&to, "%s/%s", archive_to(l->job->archive), en->bundle);
	ev.to = buf_str(&to);
	ev.time = en->time;
	ev.backup = ev.snapshot = "";
	add_held(l->all, &ev, wanted);
	return 0;
}

/* ---- repositories ---- */
static int
wants(void *arg, const char *path)
{
	const struct looking *l = arg;

	return is_wanted(l->what, path);
}

static void
each_hit(void *arg, const struct vault_hit *v)
{
	struct looking *l = arg;
	char id[ID_SHORT];
	struct find_event ev = { .event = "backed_up", .from = v->path,
	    .to = "", .job = v->backup, .why = "", .backup = v->backup,
	    .snapshot = id, .time = v->time };

	id_short(&v->snapshot->id, id);
	add_held(l->all, &ev, v->wanted);
}

static void
hit_lacks(void *arg, const char *text)
{
	lacks(arg, text);
}

static void
ask_vault(struct looking *l, struct hall *h)
{
	struct vault_question q = { .wants = wants, .hit = each_hit,
	    .lacks = hit_lacks, .arg = l };
	int is_path = l->what[0] == '/';
	size_t n = l->all->n;

	q.path = is_path ? l->what : NULL;
	vault_find(h, l->job, &q);
	if (is_path && l->all->n == n && strpbrk(l->what, "*?[") != NULL) {
		q.path = NULL;
		vault_find(h, l->job, &q);
	}
}

static int
by_time(const void *a, const void *b)
{
	const struct find_row *x = a, *y = b;

	return (x->ev.time > y->ev.time) - (x->ev.time < y->ev.time);
}

int
find_is_away(const struct err *e)
{
	return e->kind == ERR_ABSENT || e->kind == ERR_NOENT;
}

static void
ask_job(struct looking *l, struct hall *h)
{
	struct err e = {0};
	int r = 0;

	if (l->job->backup != NULL)
		ask_vault(l, h);
	else if (l->job->copies != NULL && copies_place(l->job->copies) != NULL)
		r = copies_each(l->job->copies, each_copy, l, &e);
	else if (l->job->kind == JOB_ARCHIVE)
		r = archive_each(l->job->archive, each_archived, l, &e);
	if (r < 0 && !find_is_away(&e))
		lacks(l, e.text);
}

int
find_where(struct hall *h, const char *what, const struct find_report *r,
    struct err *e)
{
	struct events all = {0};
	struct looking l = { .all = &all, .what = what, .r = r };
	struct err why = {0};
	size_t i, k;
	int ret = catalog_where(h->catalog, what, each_row, &all, &why);

	if (ret < 0 && why.kind == ERR_CORRUPT && r->lacks != NULL) {
		r->lacks(r->arg, why.text);
		ret = 0;
	}
	for (i = 0; i < h->s->n_jobs; i++) {
		l.job = &h->s->jobs[i];
		ask_job(&l, h);
	}
	if (all.n > 1)
		qsort(all.v, all.n, sizeof(*all.v), by_time);
	for (i = 0; i < all.n; i++) {
		if (!(all.by_name && all.v[i].by_glob))
			r->event(r->arg, &all.v[i].ev);
		for (k = 0; k < 8; k++)
			free(all.v[i].own[k]);
	}
	free(all.v);
	if (ret < 0) {		/* what else is known was told */
		*e = why;
		return -1;
	}
	return all.n > 0;
}
