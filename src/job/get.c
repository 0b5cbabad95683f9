/*
 * get.c -- the newest copy of a file, whatever holds it.
 *
 * All copies and archives are asked for the newest entry that fits; of equal
 * times a plain copy wins, since it is the cheaper to read.
 */
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "archive/archive.h"
#include "catalog/catalog.h"
#include "copies/copies.h"
#include "glob/glob.h"
#include "job/find.h"
#include "job/side.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/log.h"
#include "util/quote.h"
#include "util/xalloc.h"

struct best {
	const char		*what;
	struct glob		*glob;		/* of a name, once nothing has
						   `what` itself as its name */
	int64_t			 as_of;
	const struct job	*job;		/* being asked */
	const struct copy_info	*copy;
	const struct job	*from;		/* the best so far */
	int64_t			 time, mtime;
	char			*source, *copy_name;
	struct archive_entry	 archived;	/* strings owned */
};

static int
fits(const struct best *b, const char *source)
{
	const char *slash = strrchr(source, '/');

	if (b->what[0] == '/')
		return strcmp(source, b->what) == 0;
	source = slash ? slash + 1 : source;
	return b->glob == NULL ? strcmp(source, b->what) == 0 :
	    glob_match(b->glob, source, strlen(source));
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
	struct err ignored = {0};

	if ((b->as_of != 0 && i->time > b->as_of) || i->time < b->time)
		return 0;
	b->copy = i;
	copies_ls(b->job->copies, i->name, each_copied, b, &ignored);
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

static void
ask_all(struct hall *h, struct best *b)
{
	struct err ignored = {0};
	size_t i;

	for (i = 0; i < h->s->n_jobs; i++) {
		b->job = &h->s->jobs[i];
		if (b->job->copies != NULL &&
		    copies_place(b->job->copies) != NULL)
			copies_each(b->job->copies, each_copy, b, &ignored);
		else if (b->job->kind == JOB_ARCHIVE)
			archive_each(b->job->archive, each_archived, b, &ignored);
	}
}

static int
search(struct hall *h, struct best *b, struct err *e)
{
	char q[QUOTE_SIZE];

	ask_all(h, b);
	if (b->from == NULL && b->what[0] != '/' &&
	    strpbrk(b->what, "*?[") != NULL) {
		if (glob_new(b->what, 0, &b->glob, e) < 0)
			return -1;
		ask_all(h, b);
	}
	if (b->from == NULL)
		return err_set(e, ERR_NOENT, "no backup holds %s",
		    quote_to(q, sizeof(q), b->what));
	return 0;
}

static int
fetch(struct side *g, const struct best *b, const char *to, struct err *e)
{
	const char *paths[1] = { b->source };
	struct copies_restore what = { .name = b->copy_name,
	    .target = to ? to : "", .paths = paths, .n_paths = 1 };
	struct copies_env env = { .catalog = g->h->catalog, .now = g->now,
	    .run = g->out->run };
	CLEAN_FREE char *dir = NULL;
	uint64_t n;

	if (catalog_run_job(g->h->catalog, g->out->run, b->from->name, "restore",
	    0, &env.job, e) < 0)
		return -1;
	g->part.name = b->from->name;
	if (b->from->kind == JOB_BACKUP)
		return copies_restore(b->from->copies, &env, &what, &g->report, &n,
		    e);
	dir = to ? xstrdup(to) : xstrndup(b->source,
	    (size_t)(strrchr(b->source, '/') - b->source));
	return archive_get(b->from->archive, g->h->catalog, g->out->run,
	    &b->archived, g->h->s->cache_dir, dir, &g->report, e);
}

static void
best_fini(struct best *b)
{
	glob_free(b->glob);
	free(b->source);
	free(b->copy_name);
	drop_archived(&b->archived);
}

static int
get_one(struct side *g, const char *what, int64_t as_of, const char *to,
    struct err *e)
{
	__attribute__((cleanup(best_fini))) struct best b = {
		.what = what, .as_of = as_of,
	};

	if (search(g->h, &b, e) < 0)
		return -1;
	return fetch(g, &b, to, e);
}

int
find_get(struct hall *h, const char *const *what, size_t n, int64_t as_of,
    const char *to, const struct job_doing *d, const struct sink *k,
    struct job_done *out, struct err *e)
{
	struct err first = {0}, why = {0};
	struct side g;
	size_t i;

	if (side_begin(&g, h, d, k, out, e) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (get_one(&g, what[i], as_of, to, &why) == 0)
			continue;
		if (n > 1) {		/* the others are got all the same */
			out->totals.failed++;
			k->note(k->arg, LOG_WARNING, why.text);
		}
		if (first.kind == ERR_NONE)
			first = why;
	}
	if (out->totals.done > 0)
		first.kind = ERR_NONE;
	return side_end(&g, first.kind != ERR_NONE ? &first : NULL, e);
}
