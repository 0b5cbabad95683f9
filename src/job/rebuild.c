#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/catalog_copy.h"
#include "job/rebuild.h"
#include "job/vault.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/file.h"
#include "util/log.h"
#include "util/xalloc.h"

#define LOGS	2	/* the log, and the one before it was rotated */

static void
tell(const struct sink *k, struct err *e, const char *doing)
{
	err_wrap(e, "%s", doing);
	if (k->note != NULL)
		k->note(k->arg, LOG_WARNING, e->text);
}

/* ---- the last run that the log knows ---- */
/* "run 12: ..." ends a run in each form of the log. */
static int64_t
run_in(const char *line)
{
	const char *p = line;
	int64_t n;
	char *end;

	while ((p = strstr(p, "run ")) != NULL) {
		p += 4;
		if (!isdigit((unsigned char)*p))
			continue;
		n = strtoll(p, &end, 10);
		if (*end == ':' && n > 0 && n < INT64_MAX / 2)
			return n;
	}
	return 0;
}

static int64_t
last_in(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char line[8192];
	int64_t n, last = 0;

	if (f == NULL) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (fgets(line, sizeof(line), f) != NULL)
		if ((n = run_in(line)) > last)
			last = n;
	fclose(f);
	return last;
}

static int64_t
last_run(const struct settings *s)
{
	CLEAN_FREE char *before = xasprintf("%s.1", s->log_name);
	const char *const names[LOGS] = { s->log_name, before };
	CLEAN_FD int dir = -1;
	struct err ignored = {0};
	int64_t n, last = 0;
	int i;

	if (file_private_dir(s->log_dir, &dir, &ignored) < 0)
		return 0;
	for (i = 0; i < LOGS; i++)
		if ((n = last_in(dir, names[i])) > last)
			last = n;
	return last;
}

/* ---- the copies ---- */
static int
newer_first(const void *a, const void *b)
{
	const struct catalog_copy *x = a, *y = b;

	return (x->time < y->time) - (x->time > y->time);
}

static size_t
find(struct hall *h, const struct sink *k, struct catalog_copy *v)
{
	const struct settings *s = h->s;
	struct err e = {0};
	size_t i, n = 0;
	int r;

	for (i = 0; i < s->n_jobs; i++) {
		if (s->jobs[i].kind != JOB_BACKUP)
			continue;
		r = catalog_copy_newest(h, &s->jobs[i], &v[n], &e);
		if (r < 0)
			tell(k, &e, s->jobs[i].name);
		n += r == 1;
	}
	qsort(v, n, sizeof(*v), newer_first);
	return n;
}

/* 0 it is done, 1 this copy is no good, -1. */
static int
take(struct hall *h, const struct catalog_copy *c, int anyway,
    const struct sink *k, struct rebuilt *out, struct err *e)
{
	CLEAN_FD int fd = -1;
	struct err why = {0};

	if (catalog_copy_get(h, c, &fd, &why) == 0 &&
	    catalog_renew(h->s->state_dir, fd, anyway, out->next_run, out->aside,
	    &why) == 0) {
		snprintf(out->backup, sizeof(out->backup), "%.127s",
		    c->job->name);
		out->time = c->time;
		return 0;
	}
	if (why.kind == ERR_EXISTS || why.kind == ERR_LOCKED) {
		*e = why;
		return -1;
	}
	tell(k, &why, c->job->name);
	return 1;
}

static int
rebuild(struct hall *h, int anyway, const struct sink *k, struct rebuilt *out,
    struct err *e)
{
	struct catalog_copy *v = xallocn(h->s->n_jobs + 1, sizeof(*v));
	size_t n = find(h, k, v), i;
	int r = 1;

	for (i = 0; i < n && r == 1; i++)
		r = take(h, &v[i], anyway, k, out, e);
	free(v);
	return r != 1 ? r : catalog_renew(h->s->state_dir, -1, anyway,
	    out->next_run, out->aside, e);
}

int
job_rebuild(const struct settings *s, int anyway, const struct sink *k,
    struct rebuilt *out, struct err *e)
{
	/* A hall without its catalog: enough to ask the backups. */
	struct hall h = { .s = s, .cache = -1, .state = -1, .log_dir = -1 };
	struct err ignored = {0};
	int r;

	*out = (struct rebuilt){ .next_run = last_run(s) + 1 };
	if (file_private_dir(s->cache_dir, &h.cache, &ignored) < 0)
		h.cache = -1;
	r = rebuild(&h, anyway, k, out, e);
	vaults_close(&h);
	if (h.cache >= 0)
		close(h.cache);
	return r;
}
