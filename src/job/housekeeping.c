#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apply/place.h"
#include "catalog/catalog.h"
#include "fs/dir.h"
#include "job/catalog_copy.h"
#include "job/housekeeping.h"
#include "job/parts.h"
#include "job/report.h"
#include "job/room.h"
#include "job/told.h"
#include "job/trash.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/log.h"
#include "util/pack.h"
#include "util/time.h"
#include "util/xalloc.h"

#define SPACE		"housekeeping"
#define HOUR		3		/* of the night, local */
#define COPY		"catalog-copy.db"

struct memory {
	int64_t		 last;		/* when it was done */
	int64_t		 emptied;	/* runs up to this have no trash left */
};

struct keeping {
	struct hall	*h;
	int64_t		 now;
	const struct sink *k;
	struct memory	 m;
};

static void
clean_dir(struct fs_dir **d)
{
	fs_dir_free(*d);
}

#define CLEAN_DIR	__attribute__((cleanup(clean_dir)))

static int
load(struct hall *h, struct memory *m, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	int r = catalog_get(h->catalog, SPACE, "last", &b, e);
	struct unpack u = unpack_start(b.data, b.len);

	*m = (struct memory){0};
	if (r != 1)
		return r;
	m->last = unpack_i64(&u);
	m->emptied = unpack_i64(&u);
	if (unpack_end(&u) < 0)
		*m = (struct memory){0};
	return 0;
}

static int
save(struct hall *h, const struct memory *m, struct err *e)
{
	CLEAN_BUF struct buf b = {0};

	pack_i64(&b, m->last);
	pack_i64(&b, m->emptied);
	return catalog_put(h->catalog, SPACE, "last", b.data, b.len, e);
}

static int64_t
next_night(int64_t after)
{
	struct tm tm;
	int64_t at;

	time_to_tm(after, &tm);
	tm.tm_hour = HOUR;
	tm.tm_min = tm.tm_sec = 0;
	at = time_of_tm(&tm);
	if (at > after)
		return at;
	tm.tm_mday++;
	return time_of_tm(&tm);
}

int
housekeeping_next(struct hall *h, int64_t *at, struct err *e)
{
	struct memory m;

	if (load(h, &m, e) < 0)
		return -1;
	*at = m.last == 0 ? 0 : next_night(m.last);
	return 0;
}

static void
tell(const struct keeping *g, struct err *e, const char *doing)
{
	err_wrap(e, "%s", doing);
	log_line(g->h->log, LOG_ERROR, e->text);
	if (g->k->note != NULL)
		g->k->note(g->k->arg, LOG_ERROR, e->text);
}

/* ---- the trash ---- */

static int
empty(struct keeping *g, struct plan *plan, int64_t *mark, struct err *e)
{
	/* The log has every file; a door need not show them. */
	struct sink quiet = { .note = g->k->note, .stop = g->k->stop,
	    .arg = g->k->arg };
	struct job_doing d = { .trigger = "trash", .command = "",
	    .now = g->now };
	int64_t before = g->now - g->h->s->trash_keep;
	struct job_done done;
	struct parts *p;
	int r = trash_plan(g->h, before, mark, plan, e);

	if (r < 0 || plan_len(plan) == 0) {
		plan_free(plan);
		return r;
	}
	p = xalloc(sizeof(*p));
	parts_add(p, NULL, "trash", "trash", plan);
	r = job_do(g->h, p, &d, &quiet, &done, e);
	parts_free(p);
	if (r == 0 && done.totals.failed > 0)
		*mark = g->m.emptied;	/* try them again tomorrow */
	return r;
}

static void
empty_trash(struct keeping *g)
{
	int64_t mark = g->m.emptied;
	struct err e = {0};

	if (g->h->s->trash_keep == INT64_MAX)
		return;
	if (empty(g, plan_new(g->h->cache), &mark, &e) < 0)
		tell(g, &e, "empty the trash");
	else
		g->m.emptied = mark;
}

/* ---- history ---- */

static void
forget_history(struct keeping *g)
{
	const struct settings *s = g->h->s;
	int64_t keep = s->history_keep;
	struct err e = {0};

	/* What is forgotten can no longer be found in the trash. */
	if (s->trash_keep != INT64_MAX && s->trash_keep > keep)
		keep = s->trash_keep;
	if (keep < g->now &&
	    (catalog_expire(g->h->catalog, g->now - keep, &e) < 0 ||
	    told_expire(g->h->catalog, &e) < 0))
		tell(g, &e, "forget old history");
}

/* ---- copies of the catalog ---- */

/* Not into repositories the first time: then they are just being made. */
static void
copy_to_all(struct keeping *g, int from)
{
	const struct settings *s = g->h->s;
	struct err e = {0};
	size_t i;

	for (i = 0; i < s->n_jobs; i++)
		if (s->jobs[i].kind == JOB_BACKUP &&
		    (s->jobs[i].copies != NULL || g->m.last != 0) &&
		    catalog_copy_put(g->h, &s->jobs[i], from, &e) < 0)
			tell(g, &e, "copy the catalog");
}

static int
any_backup(const struct settings *s)
{
	size_t i;

	for (i = 0; i < s->n_jobs; i++)
		if (s->jobs[i].kind == JOB_BACKUP)
			return 1;
	return 0;
}

/* The copy is made in the state folder, since SQLite wants a path that nobody
 * else can change meanwhile. */
static int
copy_catalog(struct keeping *g, struct err *e)
{
	CLEAN_FREE char *path = xasprintf("%s/" COPY, g->h->s->state_dir);
	CLEAN_DIR struct fs_dir *state = NULL;
	CLEAN_FD int fd = -1;

	if (fs_dir_open(g->h->s->state_dir, &state, e) < 0 ||
	    place_remove(state, COPY, e) < 0 ||
	    catalog_backup(g->h->catalog, path, e) < 0)
		return -1;
	fd = openat(state->fd, COPY, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open " COPY);
	copy_to_all(g, fd);
	return place_remove(state, COPY, e);
}

int
housekeeping(struct hall *h, int64_t now, const struct sink *k, struct err *e)
{
	struct keeping g = { .h = h, .now = now, .k = k };
	struct err why = {0};

	if (load(h, &g.m, e) < 0)
		return -1;
	/* A clock that was wrong must not put it off for years. */
	if (g.m.last != 0 && g.m.last <= now && next_night(g.m.last) > now)
		return 0;
	empty_trash(&g);
	forget_history(&g);
	if (any_backup(h->s) && copy_catalog(&g, &why) < 0)
		tell(&g, &why, "copy the catalog");
	room_note_all(h, now);
	if (report_sample(h, now, k->stop, k->arg, &why) < 0 &&
	    why.kind != ERR_STOPPED)
		tell(&g, &why, "measure what there is");
	g.m.last = now;
	return save(h, &g.m, e) < 0 ? -1 : 1;
}

int
housekeeping_rows(struct hall *h, const struct sink *k, struct err *e)
{
	int r = 1;

	while (r == 1 && (k->stop == NULL || !k->stop(k->arg)))
		r = catalog_unpack(h->catalog, 1, e);
	return r < 0 ? -1 : 0;
}
