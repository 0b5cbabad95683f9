/*
 * arrivals.c -- from "something happened in a folder" to "this file is to be
 * handled now".
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "daemon/impl.h"
#include "fs/dir.h"
#include "rules/rule.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/map.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "watch/ours.h"
#include "watch/settle.h"
#include "watch/watcher.h"

#define LOOKS		2000	/* before others have their turn */
#define BATCH		4000	/* files that arrived */
#define BATCH_FOUND	200000	/* that were there before */
#define SLACK		INT64_C(1000000000)	/* ns: a clock of files is coarse */
#define YIELD		INT64_C(500000)		/* µs */
#define SCAN_AGAIN	INT64_C(60000000)	/* µs, when too many wait */

/* ---- what is watched ---- */

static int
is_left_out(const struct arrivals *a, const char *path)
{
	char *const *p = (*a->d->s)->leave_out;

	for (; p != NULL && *p != NULL; p++)
		if (strcmp(*p, path) == 0)
			return 1;
	return 0;
}

/* May a walk of this location enter all folders on the way to path? */
static int
enters(const struct watched *w, const char *path)
{
	const char *p = path + (strcmp(w->real, "/") == 0 ? 0 :
	    strlen(w->real));
	size_t n;

	for (; *p == '/' && p[1] != '\0'; p += n + 1) {
		CLEAN_FREE char *name = NULL;

		n = strcspn(p + 1, "/");
		name = xstrndup(p + 1, n);
		if (location_skips_dir(w->location, name, n) != NULL ||
		    strncmp(name, ".fettle", 7) == 0 ||
		    strcmp(name, ".Trash") == 0 ||
		    strncmp(name, ".Trash-", 7) == 0)
			return 0;
	}
	return 1;
}

static int
depth_of(const struct watched *w, const char *folder)
{
	const char *p = folder + (strcmp(w->real, "/") == 0 ? 0 :
	    strlen(w->real));
	int depth = 0;

	for (; *p != '\0'; p++)
		depth += *p == '/' && p[1] != '\0';
	return depth;
}

static int
on_wanted(void *arg, const char *path)
{
	const struct arrivals *a = arg;
	const struct watched *w;

	if (is_left_out(a, path))
		return 0;
	for (w = a->v; w < a->v + a->n; w++)
		if (burst_covers(w->location, w->real, path) &&
		    enters(w, path))
			return 1;
	return 0;
}

/* How long files of this folder settle: the longest that a rule wishes; 0 if
 * none watches it. */
static int
wish_of(const struct arrivals *a, const char *path, struct settle_wish *out)
{
	CLEAN_FREE char *folder = xstrndup(path,
	    (size_t)(strrchr(path, '/') - path));
	const struct watched *w;
	int any = 0;

	*out = (struct settle_wish){0};
	for (w = a->v; w < a->v + a->n; w++) {
		if (!burst_covers(w->location, w->real, folder) ||
		    depth_of(w, folder) < w->location->min_depth ||
		    !enters(w, folder))
			continue;
		any = 1;
		if (w->rule->watch.settle > out->settle)
			out->settle = w->rule->watch.settle;
		if (w->rule->watch.after > out->after)
			out->after = w->rule->watch.after;
	}
	return any;
}

/* ---- what happens ---- */

void
arrivals_touch(struct arrivals *a, const char *path, int64_t since, int found)
{
	struct settle_wish w;

	if (!wish_of(a, path, &w))
		return;
	if (settle_touch(a->settle, path, time_mono(), since, found, &w) == 0)
		return;
	a->scan = time_mono() + SCAN_AGAIN;
	if (!a->too_many)
		say(a->d, LOG_WARNING, "more than %zu files wait; the rest is "
		    "looked for again later", SETTLE_MOST);
	a->too_many = 1;
}

static void
on_file(void *arg, enum watch_how how, const char *path)
{
	struct arrivals *a = arg;
	int64_t now = time_mono(), age;
	struct fs_id id;

	if (how == WATCH_FOUND) {
		if (watcher_look(a->watcher, path, &id, NULL) < 0)
			return;
		age = time_now() - id.ctime / 1000;
		arrivals_touch(a, path, age > 0 ? now - age : now, a->opening ||
		    id.ctime < a->drained - SLACK);
		return;
	}
	if (ours_has_path(a->ours, path) &&
	    (watcher_look(a->watcher, path, &id, NULL) < 0 ||
	    ours_has(a->ours, path, &id)))
		return;
	arrivals_touch(a, path, now, 0);
}

static int
on_folder(void *arg, const char *path)
{
	const struct arrivals *a = arg;

	return !ours_has_path(a->ours, path);
}

/* A file whose side file has gone need not wait any longer. */
static void
poke_main(struct arrivals *a, const char *path)
{
	static const char *const sides[] = { ".part", ".aria2" };
	size_t n = strlen(path), k, i;

	for (i = 0; i < 2; i++) {
		k = strlen(sides[i]);
		if (n > k && strcmp(path + n - k, sides[i]) == 0) {
			CLEAN_FREE char *of = xstrndup(path, n - k);

			settle_poke(a->settle, of, time_mono());
		}
	}
}

static void
on_gone(void *arg, const char *path, int is_folder)
{
	struct arrivals *a = arg;

	if (is_folder)
		settle_gone_below(a->settle, path);
	else
		settle_gone(a->settle, path);
	poke_main(a, path);
}

static void
on_say(void *arg, int level, const char *text)
{
	struct arrivals *a = arg;

	say(a->d, (enum log_level)level, "%s", text);
}

/* ---- what is handed on ---- */

static void
add_to(struct burst_batch *b, struct map *dirs, size_t *cap, size_t **caps,
    const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == path ? 1 : (size_t)(slash - path);
	int added;
	uint64_t *at = map_add(dirs, path, len, &added);
	struct burst_dir *d;

	if (added) {
		*at = b->n;
		if (b->n == *cap) {
			*cap = *cap == 0 ? 16 : *cap * 2;
			b->v = xrealloc(b->v, *cap, sizeof(*b->v));
			*caps = xrealloc(*caps, *cap, sizeof(**caps));
		}
		(*caps)[b->n] = 0;
		b->v[b->n++] = (struct burst_dir){ .dir = xstrndup(path,
		    len) };
	}
	d = &b->v[*at];
	/* Whoever is in the map is in b->v, which is more than the analyzer knows. */
	XGROW(d->names, d->n, (*caps)[*at]);	// NOLINT(*-core.NullDereference)
	d->names[d->n++] = xstrdup(slash + 1);
}

/* All that was there before goes as one, so that guards see all of it. */
static void
hand_on(struct arrivals *a)
{
	int found = settle_ready(a->settle, 0) == 0;
	struct burst_batch b = { .found = found };
	CLEAN_MAP struct map dirs = {0};
	CLEAN_FREE size_t *caps = NULL;
	const struct settle_file *f;
	size_t n = 0, cap = 0, most = found ? BATCH_FOUND : BATCH;
	struct err e = {0};

	if (a->yields > time_mono()) {
		if (!a->asked && courier_is_free(a)) {
			courier_end_run(a);
			a->asked = 1;
		}
		return;
	}
	a->asked = 0;
	if (a->d->ending || a->d->unclean || !courier_is_free(a) ||
	    settle_ready(a->settle, found) == 0 ||
	    (found && settle_next(a->settle) <= time_mono()))
		return;
	while (n++ < most && (f = settle_take(a->settle, found)) != NULL)
		add_to(&b, &dirs, &cap, &caps, f->path);
	if (courier_take(a, &b, &e) == 0)
		return;
	say_error(a->d, &e);
	burst_batch_fini(&b);
	settle_all_back(a->settle, time_mono());
}

static void
look(struct arrivals *a, int64_t now)
{
	struct settle_facts x;
	struct settle_file *f;
	struct fs_id id;
	int n = 0;

	while (n++ < LOOKS && (f = settle_due(a->settle, now)) != NULL) {
		x = (struct settle_facts){0};
		if (watcher_look(a->watcher, f->path, &id, &x.writing) == 0) {
			x.there = 1;
			x.size = id.size;
			x.mtime = id.mtime;
		}
		settle_look(a->settle, f, &x, now);
	}
	watcher_rest(a->watcher);
}

void
arrivals_go(struct arrivals *a)
{
	int64_t now = time_mono(), next;

	if (a->watcher == NULL || a->d->ending)
		return;
	look(a, now);
	hand_on(a);
	next = settle_next(a->settle);
	if (a->tick < next)
		next = a->tick;
	if (a->scan != 0 && a->scan < next)
		next = a->scan;
	if (settle_ready(a->settle, -1) > 0 && a->courier.not_before > now &&
	    a->courier.not_before < next)
		next = a->courier.not_before;
	if (a->yields > now && a->yields < next)
		next = a->yields;
	timer_set(&a->timer, next == INT64_MAX ? next : next - now);
}

void
arrivals_yield(struct daemon *d)
{
	struct arrivals *a = &d->arrivals;

	if (a->watcher == NULL)
		return;
	a->yields = time_mono() + YIELD;
	arrivals_go(a);
}

static void
back(struct arrivals *a, const struct burst_dir *d, int64_t now)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		CLEAN_FREE char *path = xasprintf("%s/%s",
		    strcmp(d->dir, "/") == 0 ? "" : d->dir, d->names[i]);

		settle_back(a->settle, path, NULL, now, 0);
	}
}

void
arrivals_answered(struct arrivals *a, const struct burst_answer *x)
{
	int64_t now = time_mono();
	size_t i;

	for (i = 0; i < x->n && a->settle != NULL; i++)
		settle_back(a->settle, x->v[i].path, x->v[i].why, now,
		    now + x->v[i].pause);
	for (i = 0; i < a->courier.batch.n && a->settle != NULL; i++)
		back(a, &a->courier.batch.v[i], now);
	burst_batch_fini(&a->courier.batch);
	arrivals_go(a);
}

void
arrivals_lost(struct arrivals *a)
{
	burst_batch_fini(&a->courier.batch);
	if (a->settle != NULL)
		settle_all_back(a->settle, time_mono());
}

/* ---- from the loop ---- */

static void
on_events(void *arg, uint32_t events)
{
	struct arrivals *a = arg;
	int64_t before = time_now() * 1000;

	(void)events;
	if (watcher_read(a->watcher)) {
		ours_drained(a->ours);
		a->drained = before;
	}
	arrivals_go(a);
}

static void
on_timer(void *arg, uint32_t events)
{
	struct arrivals *a = arg;
	int64_t now = time_mono();

	(void)events;
	timer_take(&a->timer);
	if (a->watcher == NULL || a->d->ending)
		return;
	if (a->scan != 0 && a->scan <= now) {
		a->scan = 0;
		a->too_many = 0;
		watcher_rescan(a->watcher);
	}
	if (a->tick <= now)
		a->tick = watcher_tick(a->watcher, now);
	arrivals_go(a);
}

/* ---- opening ---- */

static void
gather(struct arrivals *a)
{
	const struct settings *s = *a->d->s;
	size_t i, n;

	for (i = 0; i < s->n_jobs; i++) {
		const struct job *j = &s->jobs[i];

		if (j->kind != JOB_RULE || !j->enabled || !j->rule->watch.on)
			continue;
		for (n = 0; n < j->rule->n_locations; n++) {
			XGROW(a->v, a->n, a->cap);
			a->v[a->n++] = (struct watched){ .rule = j->rule,
			    .location = &j->rule->locations[n],
			    .real = fs_real_path(j->rule->locations[n].path) };
		}
	}
}

static int
start(struct arrivals *a, struct err *e)
{
	const struct watch_sink sink = { .wanted = on_wanted, .file = on_file,
	    .folder = on_folder, .gone = on_gone, .say = on_say, .arg = a };
	struct watch_count c;
	size_t i;

	gather(a);
	if (a->n == 0)
		return 0;
	if (watcher_new(&sink, &a->watcher, e) < 0)
		return -1;
	a->settle = settle_new();
	a->ours = ours_new();
	a->watch = (struct watch){ .fd = watcher_fd(a->watcher),
	    .ready = on_events, .arg = a };
	if (loop_add(&a->d->loop, &a->watch, e) < 0) {
		a->watch.fd = -1;
		return -1;
	}
	a->opening = 1;
	a->drained = time_now() * 1000;
	for (i = 0; i < a->n; i++)
		watcher_add(a->watcher, a->v[i].real);
	a->opening = 0;
	watcher_count(a->watcher, &c);
	say(a->d, LOG_INFO, "watching %zu folders%s", c.folders,
	    c.missing > 0 ? "; some locations are not there yet" : "");
	a->tick = time_mono();
	timer_set(&a->timer, 1);
	return 0;
}

static void
stop(struct arrivals *a)
{
	size_t i;

	if (a->watch.fd >= 0)
		loop_remove(&a->d->loop, &a->watch);
	a->watch.fd = -1;
	watcher_free(a->watcher);
	settle_free(a->settle);
	ours_free(a->ours);
	a->watcher = NULL;
	a->settle = NULL;
	a->ours = NULL;
	for (i = 0; i < a->n; i++)
		free(a->v[i].real);
	a->n = 0;
	a->n_heard = 0;
	a->scan = 0;
	timer_set(&a->timer, INT64_MAX);
}

int
arrivals_open(struct daemon *d, struct err *e)
{
	struct arrivals *a = &d->arrivals;

	a->d = d;
	if (timer_open(&a->timer, &d->loop, CLOCK_MONOTONIC, on_timer, a,
	    e) < 0)
		return -1;
	catalog_on_commit(d->h->catalog, arrivals_hear, a);
	return start(a, e);
}

void
arrivals_again(struct daemon *d)
{
	struct err e = {0};

	courier_rest(d);
	stop(&d->arrivals);
	if (start(&d->arrivals, &e) < 0)
		say_error(d, &e);
}

void
arrivals_close(struct daemon *d)
{
	struct arrivals *a = &d->arrivals;

	if (a->d == NULL)
		return;
	catalog_on_commit(d->h->catalog, NULL, NULL);
	courier_close(d);
	stop(a);
	timer_close(&a->timer, &d->loop);
	free(a->v);
	free(a->heard);
}
