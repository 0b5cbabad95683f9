/*
 * get.c -- the newest copy of a file, whatever holds it.
 *
 * All copies, archives and repositories are asked for the newest entry that fits;
 * of equal times a plain copy wins, since it is the cheaper to read.
 */
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "archive/archive.h"
#include "catalog/catalog.h"
#include "copies/copies.h"
#include "job/find.h"
#include "job/resource.h"
#include "job/side.h"
#include "job/vault_find.h"
#include "job/vault_get.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/log.h"
#include "util/quote.h"
#include "util/xalloc.h"

struct best {
	const char		*what;
	int			 by_glob;	/* once nothing has `what` itself
						   as its name or path */
	struct side		*side;
	int			 told;		/* what lacks was */
	int64_t			 as_of;
	const struct job	*job;		/* being asked */
	const struct copy_info	*copy;
	const struct job	*from;		/* the best so far */
	int64_t			 time, mtime;
	char			*source, *copy_name;
	struct archive_entry	 archived;	/* strings owned */
	struct id		 tree;		/* of a snapshot, copy_name's */
};

static int
fits(const struct best *b, const char *source)
{
	const char *name = find_name(b->what, source);

	return b->by_glob ? catalog_glob(b->what, name) :
	    strcmp(name, b->what) == 0;
}

/* What is brought back may not be the newest. */
static void
lacks(struct best *b, const char *why)
{
	CLEAN_BUF struct buf text = {0};

	if (b->told)
		return;		/* the first time through */
	b->side->out->missed++;
	buf_addf(&text, "%s: %s", b->job->name, why);
	b->side->k->note(b->side->k->arg, LOG_WARNING, buf_str(&text));
}

static void
drop_archived(struct archive_entry *a)
{
	free((void *)(uintptr_t)a->path);
	free((void *)(uintptr_t)a->source);
	free((void *)(uintptr_t)a->bundle);
	free((void *)(uintptr_t)a->member);
	free((void *)(uintptr_t)a->sha256);
	*a = (struct archive_entry){0};
}

static void
take(struct best *b, int64_t time, const char *source, const char *copy)
{
	b->from = b->job;
	b->time = time;
	free(b->source);
	free(b->copy_name);
	b->source = xstrdup(source);
	b->copy_name = xstrdup(copy);
	drop_archived(&b->archived);
}

static int
each_copied(void *arg, const struct copy_entry *en)
{
	struct best *b = arg;

	/* A folder only if its very path was asked for. */
	if ((en->kind == 'd' && b->what[0] != '/') || !fits(b, en->source))
		return 0;
	/* Of several files of that name in one copy, the newest. */
	if (b->from == b->job && b->time == b->copy->time &&
	    en->mtime < b->mtime)
		return 0;
	take(b, b->copy->time, en->source, b->copy->name);
	b->mtime = en->mtime;
	return 0;
}

static int
each_copy(void *arg, const struct copy_info *i)
{
	struct best *b = arg;
	struct err e = {0};

	if (i->damaged != NULL) {
		lacks(b, i->damaged);
		return 0;
	}
	if ((b->as_of != 0 && i->time > b->as_of) || i->time < b->time)
		return 0;
	b->copy = i;
	if (copies_ls(b->job->copies, i->name, each_copied, b, &e) < 0)
		lacks(b, e.text);
	return 0;
}

static int
each_archived(void *arg, const struct archive_entry *en)
{
	struct best *b = arg;

	if (!fits(b, en->source) || en->time <= b->time ||
	    (b->as_of != 0 && en->time > b->as_of))
		return 0;
	take(b, en->time, en->source, "");
	b->archived = *en;
	b->archived.path = xstrdup(en->path);
	b->archived.source = xstrdup(en->source);
	b->archived.bundle = xstrdup(en->bundle);
	b->archived.member = xstrdup(en->member);
	b->archived.sha256 = xstrdup(en->sha256);
	return 0;
}

/* ---- repositories ---- */
static int
wants(void *arg, const char *path)
{
	return fits(arg, path);
}

static void
each_hit(void *arg, const struct vault_hit *v)
{
	struct best *b = arg;
	char id[ID_SHORT];

	if (v->time < b->time || (v->time == b->time &&
	    (b->from != b->job || v->mtime < b->mtime)))
		return;
	id_short(&v->snapshot->id, id);
	take(b, v->time, v->path, id);
	b->mtime = v->mtime;
	b->tree = v->snapshot->tree;
}

static void
hit_lacks(void *arg, const char *text)
{
	lacks(arg, text);
}

static void
ask_vault(struct hall *h, struct best *b)
{
	const struct vault_question q = {
		.path = b->what[0] == '/' && !b->by_glob ? b->what : NULL,
		.folders = 1, .wants = wants, .as_of = b->as_of, .newest = 1,
		.hit = each_hit, .lacks = hit_lacks, .arg = b,
	};

	vault_find(h, b->job, &q);
}

static void
ask_all(struct hall *h, struct best *b)
{
	size_t i;

	for (i = 0; i < h->s->n_jobs; i++) {
		struct err e = {0};
		int r = 0;

		b->job = &h->s->jobs[i];
		if (b->job->backup != NULL)
			ask_vault(h, b);
		else if (b->job->copies != NULL &&
		    copies_place(b->job->copies) != NULL)
			r = copies_each(b->job->copies, each_copy, b, &e);
		else if (b->job->kind == JOB_ARCHIVE)
			r = archive_each(b->job->archive, each_archived, b, &e);
		if (r < 0 && !find_is_away(&e))
			lacks(b, e.text);
	}
	b->told = 1;
}

static int
search(struct hall *h, struct best *b, struct err *e)
{
	char q[QUOTE_SIZE];

	ask_all(h, b);
	if (b->from == NULL && strpbrk(b->what, "*?[") != NULL) {
		b->by_glob = 1;
		ask_all(h, b);
	}
	if (b->from == NULL)
		return err_set(e, ERR_NOENT, "no backup holds %s",
		    quote_to(q, sizeof(q), b->what));
	return 0;
}

/* The folder it goes to; free it. */
static char *
goal(const struct best *b, const char *to)
{
	const char *slash = strrchr(b->source, '/');

	if (to != NULL)
		return xstrdup(to);
	return slash == b->source ? xstrdup("/") :
	    xstrndup(b->source, (size_t)(slash - b->source));
}

static int
fetch(struct side *g, const struct best *b, const char *to, struct err *e)
{
	const char *paths[1] = { b->source };
	struct copies_restore what = { .name = b->copy_name,
	    .target = to ? to : "", .paths = paths, .n_paths = 1 };
	struct copies_env env = { .catalog = g->h->catalog, .now = g->now,
	    .run = g->out->run };
	CLEAN_FREE char *dir = goal(b, to);
	uint64_t n;

	if (catalog_run_job(g->h->catalog, g->out->run, b->from->name, "restore",
	    0, &env.job, e) < 0)
		return -1;
	g->part.name = b->from->name;
	if (b->from->backup != NULL)
		return vault_get(g, b->from, &b->tree, b->copy_name, b->source,
		    dir, e);
	if (b->from->kind == JOB_BACKUP)
		return copies_restore(b->from->copies, &env, &what, &g->report, &n,
		    e);
	return archive_get(b->from->archive, g->h->catalog, g->out->run,
	    &b->archived, g->h->s->cache_dir, dir, &g->report, e);
}

static void
best_fini(struct best *b)
{
	free(b->source);
	free(b->copy_name);
	drop_archived(&b->archived);
}

/* What is asked for: the best of each, all told that is not there. */
struct asked {
	struct best	*v;
	size_t		 n;
	struct err	 first;		/* of what could not be got */
};

static void
not_got(struct asked *a, struct side *g, const struct err *why)
{
	if (a->n > 1) {		/* the others are got all the same */
		g->out->totals.failed++;
		g->k->note(g->k->arg, LOG_WARNING, why->text);
	}
	if (a->first.kind == ERR_NONE)
		a->first = *why;
}

/* Search for all, and claim where each lies and where it goes. */
static int
prepare(struct asked *a, struct side *g, const char *to, struct err *e)
{
	CLEAN_RESOURCES struct resources r = {0};
	struct err why = {0};
	size_t i;

	for (i = 0; i < a->n; i++) {
		struct best *b = &a->v[i];
		CLEAN_FREE char *dir = NULL;

		b->side = g;
		if (search(g->h, b, &why) < 0) {
			not_got(a, g, &why);
			continue;
		}
		dir = goal(b, to);
		resources_add_goal(&r, dir);
		if (b->from->backup == NULL)
			resources_add_real(&r, b->from->kind == JOB_BACKUP ?
			    copies_place(b->from->copies) :
			    archive_to(b->from->archive));
	}
	return resources_claim(g->h, &r, "get", g->k, e);
}

static int
get_all(struct asked *a, struct side *g, const char *to,
    const struct job_doing *d, struct err *e)
{
	struct err why = {0};
	size_t i;

	if (prepare(a, g, to, e) < 0 || side_begin(g, d, e) < 0)
		return -1;
	for (i = 0; i < a->n; i++)
		if (a->v[i].from != NULL && fetch(g, &a->v[i], to, &why) < 0)
			not_got(a, g, &why);
	if (g->out->totals.done > 0)
		a->first.kind = ERR_NONE;
	return side_end(g, a->first.kind != ERR_NONE ? &a->first : NULL, e);
}

int
find_get(struct hall *h, const struct find_wish *w, const struct job_doing *d,
    const struct sink *k, struct job_done *out, struct err *e)
{
	struct asked a = { .v = xallocn(w->n, sizeof(*a.v)), .n = w->n };
	struct side g;
	size_t i;
	int r;

	for (i = 0; i < w->n; i++)
		a.v[i] = (struct best){ .what = w->what[i], .as_of = w->as_of };
	side_init(&g, h, d, k, out);
	r = get_all(&a, &g, w->to, d, e);
	catalog_unclaim(h->catalog);
	for (i = 0; i < w->n; i++)
		best_fini(&a.v[i]);
	free(a.v);
	return r;
}
