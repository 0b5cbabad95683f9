/* hall.c -- opening and closing what a run needs. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/apply.h"
#include "catalog/catalog.h"
#include "job/job.h"
#include "job/live.h"
#include "job/post.h"
#include "job/state.h"
#include "job/vault.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/file.h"
#include "util/log.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define GOING_MAX	1000	/* runs looked at for one that is going */

static enum catalog_role
role_of(enum hall_role r)
{
	return r == HALL_ASK || r == HALL_POST ? CATALOG_ASK :
	    r == HALL_RUN ? CATALOG_RUN : CATALOG_DAEMON;
}

struct saying {
	struct hall		*h;
	const struct sink	*k;
};

static void
say_recovered(void *arg, const char *line)
{
	struct saying *s = arg;

	if (s->h->log != NULL)
		log_line(s->h->log, LOG_WARNING, line);
	if (s->k != NULL && s->k->note != NULL)
		s->k->note(s->k->arg, LOG_WARNING, line);
}

static int
open_log(const struct settings *s, int *dir, struct log **out, struct err *e)
{
	struct log_options o = {
		.level = (enum log_level)s->log_level,
		.format = (enum log_format)s->log_format,
		.name = s->log_name, .fd = STDERR_FILENO,
	};

	if (file_private_dir(s->log_dir, dir, e) < 0)
		return -1;
	o.dir = *dir;
	return log_open(&o, out, e);
}

/* The cache folder is only for spooling: without it, plans stay in memory. */
static void
open_cache(struct hall *h)
{
	struct err e = {0};

	if (file_private_dir(h->s->cache_dir, &h->cache, &e) < 0)
		h->cache = -1;
}

static int
open_all(struct hall *h, enum hall_role role, const char *what, int wait,
    const struct sink *sink, struct err *e)
{
	struct catalog_options o = {
		.state_dir = h->s->state_dir, .role = role_of(role),
		.what = what, .wait = wait,
	};
	struct saying s = { h, sink };

	if (file_private_dir(h->s->state_dir, &h->state, e) < 0 ||
	    catalog_open(&o, &h->catalog, e) < 0)
		return -1;
	open_cache(h);
	if (role == HALL_ASK)
		return 0;
	if (open_log(h->s, &h->log_dir, &h->log, e) < 0)
		return -1;
	if (!catalog_is_owner(h->catalog) || role == HALL_POST)
		return 0;
	if (apply_recover(h->catalog, h->s->home_trash, say_recovered, &s, e) < 0)
		return -1;
	if (role != HALL_RUN)
		return 0;
	live_answer(h->catalog);
	return catalog_serve(h->catalog, e);
}

int
hall_open(const struct settings *s, enum hall_role role, const char *what,
    int wait, const struct sink *sink, struct hall **out, struct err *e)
{
	struct hall *h = xalloc(sizeof(*h));

	*h = (struct hall){ .role = role, .s = s, .cache = -1, .state = -1,
	    .log_dir = -1, .wait = wait };
	if (open_all(h, role, what, wait, sink, e) < 0) {
		hall_close(h);
		return -1;
	}
	*out = h;
	return 0;
}

static void
close_dir(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
hall_close(struct hall *h)
{
	if (h == NULL)
		return;
	vaults_close(h);
	post_finish(h);
	if (h->catalog != NULL && catalog_is_owner(h->catalog))
		catalog_on_live(h->catalog, NULL, NULL);
	if (h->log != NULL)
		log_close(h->log, NULL);
	catalog_close(h->catalog);
	close_dir(h->cache);
	close_dir(h->state);
	close_dir(h->log_dir);
	free(h);
}

static int
same_log(const struct settings *a, const struct settings *b)
{
	return a->log_level == b->log_level && a->log_format == b->log_format &&
	    strcmp(a->log_dir, b->log_dir) == 0 &&
	    strcmp(a->log_name, b->log_name) == 0;
}

int
hall_take(struct hall *h, const struct settings *s, struct err *e)
{
	struct log *log = NULL;
	int dir = -1;

	if (!same_log(h->s, s)) {
		if (open_log(s, &dir, &log, e) < 0) {
			close_dir(dir);
			return -1;
		}
		log_close(h->log, NULL);
		close_dir(h->log_dir);
		h->log = log;
		h->log_dir = dir;
	}
	vaults_close(h);
	h->s = s;
	return 0;
}

struct going {
	int64_t		*runs;
	size_t		 n, cap;
};

static int
note_going(void *arg, const struct run *r)
{
	struct going *g = arg;

	if (r->state == RUN_GOING) {
		XGROW(g->runs, g->n, g->cap);
		g->runs[g->n++] = r->number;
	}
	return 0;
}

/* Only the newest can be going: no more are at work at a time. */
static int
find_going(struct hall *h, struct going *g, struct err *e)
{
	return catalog_runs(h->catalog, 0, GOING_MAX, note_going, g, e);
}

int
hall_is_unclean(struct hall *h, struct err *e)
{
	struct going g = {0};
	int r = find_going(h, &g, e);

	free(g.runs);
	return r < 0 ? -1 : g.n > 0;
}

static void
tell_crash(struct hall *h, const char *name, int64_t run, int64_t now)
{
	char none[] = "", why[] = "its last run was killed";
	struct notify_news w = {
		.time = now, .run = run, .job = (char *)(uintptr_t)name,
		.kind = none, .text = why, .log = none, .unattended = 1,
		.events = NOTIFY_BIT(NOTIFY_FAILURE),
	};

	post_news(h, &w);
}

/* Its jobs did not end well, until they run again. */
static void
note_crash(struct hall *h, int64_t run, int64_t now)
{
	__attribute__((cleanup(state_fini))) struct job_memory m = {0};
	char **names = NULL;
	struct err e = {0};
	size_t n = 0, i;

	if (catalog_run_jobs(h->catalog, run, &names, &n, &e) < 0)
		log_line(h->log, LOG_ERROR, e.text);
	for (i = 0; i < n; i++) {
		state_fini(&m);
		if (state_get(h, names[i], &m, &e) == 1) {
			m.last_run = now;
			m.run = run;
			m.state = RUN_CRASHED;
			free(m.why);
			m.why = xstrdup("its last run was killed");
			if (state_put(h, names[i], &m, &e) < 0)
				log_line(h->log, LOG_ERROR, e.text);
			tell_crash(h, names[i], run, now);
		}
		free(names[i]);
	}
	free(names);
}

int
hall_recover(struct hall *h, int64_t now, const struct sink *k, struct err *e)
{
	struct saying s = { h, k };
	struct going g = {0};
	struct run r = { .ended = now, .state = RUN_CRASHED };
	size_t i;
	int ret = find_going(h, &g, e);

	if (ret == 0)
		ret = apply_recover(h->catalog, h->s->home_trash, say_recovered,
		    &s, e);
	for (i = 0; i < g.n && ret == 0; i++) {
		r.number = g.runs[i];
		ret = catalog_run_end(h->catalog, &r, e);
		note_crash(h, r.number, now);
	}
	free(g.runs);
	return ret;
}
