#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backup/entry.h"
#include "catalog/catalog.h"
#include "job/alarm.h"
#include "job/guard.h"
#include "job/parts.h"
#include "job/resource.h"
#include "job/state.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/log.h"
#include "util/pack.h"
#include "util/xalloc.h"

#define SPACE		"alarm"
#define DENSE_PERCENT	90	/* of what changed */
#define ENDING_PERCENT	80	/* of what is new */

/* ---- pure ---- */
static int
is_share(uint64_t part, uint64_t whole, uint64_t percent)
{
	return whole > 0 && (double)part * 100 > (double)whole * (double)percent;
}

static void
begin(const struct change *c, struct buf *why)
{
	buf_addf(why, "%" PRIu64 " of %" PRIu64 " files changed or went since the "
	    "last backup", c->changed + c->gone, c->before);
}

int
change_is_sudden(const struct change *c, uint64_t percent, struct buf *why)
{
	uint64_t lost = c->changed + c->gone;

	if (percent == GUARD_OFF || c->before < CHANGE_FROM)
		return 0;
	if (!is_share(lost, c->before, percent / 2))
		return 0;
	/* a.doc, b.doc are gone, and a.doc.locked, b.doc.locked are there */
	if (*c->ext != '\0' && c->added * 2 > c->gone && c->gone > 0 &&
	    is_share(c->gone, c->before, percent / 2) &&
	    is_share(c->one_ext, c->added, ENDING_PERCENT)) {
		begin(c, why);
		buf_addf(why, ", and %" PRIu64 " new ones end in %s", c->one_ext,
		    c->ext);
		return 1;
	}
	if (c->looked >= CHANGE_FROM / 2 &&
	    is_share(c->changed, c->before, percent / 2) &&
	    is_share(c->dense, c->looked, DENSE_PERCENT)) {
		begin(c, why);
		buf_addf(why, ", and their content looks encrypted");
		return 1;
	}
	if (!is_share(lost, c->before, percent))
		return 0;
	begin(c, why);
	return 1;
}

/* Of a whole name, short enough to be one: ".locked". */
static const char *
ending(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash != NULL ? slash + 1 : name;
	const char *dot = strrchr(base, '.');

	return dot == NULL || dot == base || dot[1] == '\0' ||
	    strlen(dot) >= CHANGE_EXT ? "" : dot;
}

void
endings_add(struct endings *s, const char *name)
{
	const char *ext = ending(name);

	if (strcmp(s->ext, ext) == 0) {
		s->votes++;
		s->n++;
	} else if (s->votes == 0) {
		memcpy(s->ext, ext, strlen(ext) + 1);
		s->votes = s->n = 1;
	} else
		s->votes--;
}

/* ---- kept ---- */
struct standing {
	struct hall	*h;
	int64_t		 run;		/* looked for, or the newest found */
	char		*job;		/* of it */
	int		 any;
	const struct resources *r;	/* whose backup would meet these */
	struct buf	*why;
	int		 found;
};

static int
read_one(const void *data, size_t len, int64_t *run, char **why)
{
	struct unpack u = unpack_start(data, len);

	*run = unpack_i64(&u);
	unpack_i64(&u);			/* when */
	*why = unpack_str(&u);
	if (unpack_end(&u) == 0)
		return 0;
	free(*why);
	*why = NULL;
	return -1;
}

void
alarm_raise(struct hall *h, const char *job, int64_t run, int64_t now,
    const char *why)
{
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};

	pack_i64(&b, run);
	pack_i64(&b, now);
	pack_str(&b, why);
	if (catalog_put(h->catalog, SPACE, job, b.data, b.len, &e) < 0 &&
	    h->log != NULL)
		log_line(h->log, LOG_ERROR, e.text);
}

int
alarm_of(struct hall *h, const char *job, int64_t *run, struct buf *why)
{
	CLEAN_BUF struct buf b = {0};
	CLEAN_FREE char *text = NULL;
	struct err ignored = {0};

	if (catalog_get(h->catalog, SPACE, job, &b, &ignored) != 1 ||
	    read_one(b.data, b.len, run, &text) < 0)
		return 0;
	buf_adds(why, text);
	return 1;
}

static int
meets(void *arg, const char *name, const void *data, size_t len)
{
	struct standing *s = arg;
	const struct job *j = settings_job(s->h->s, name);
	CLEAN_RESOURCES struct resources r = {0};
	CLEAN_FREE char *why = NULL;
	int64_t run;

	if (j == NULL || read_one(data, len, &run, &why) < 0)
		return 0;
	resources_of_job(&r, j, 1);
	if (!resources_meet(s->r, &r))
		return 0;
	buf_addf(s->why, "%s (backup %s, run %" PRId64 ")", why, name, run);
	s->found = 1;
	return 1;
}

int
alarm_over(struct hall *h, const struct job *j, struct buf *why)
{
	CLEAN_RESOURCES struct resources r = {0};
	struct standing s = { .h = h, .r = &r, .why = why };
	struct err ignored = {0};

	resources_of_job(&r, j, 1);
	catalog_each(h->catalog, SPACE, meets, &s, &ignored);
	return s.found;
}

/* ---- answered ---- */
/* The one of this run; or of the newest run. */
static int
look(void *arg, const char *name, const void *data, size_t len)
{
	struct standing *s = arg;
	CLEAN_FREE char *why = NULL;
	int64_t run;

	if (read_one(data, len, &run, &why) < 0)
		return 0;
	if (s->any ? run <= s->run : run != s->run)
		return 0;
	s->run = run;
	s->found = 1;
	free(s->job);
	s->job = xstrdup(name);
	return 0;
}

/* Its job is well again, if that was all. */
static void
job_is_well(struct hall *h, const char *name)
{
	__attribute__((cleanup(state_fini))) struct job_memory m = {0};
	struct err e = {0};

	if (state_get(h, name, &m, &e) != 1 || m.state != RUN_HELD)
		return;
	m.state = RUN_DONE;
	*m.why = '\0';
	if (state_put(h, name, &m, &e) < 0 && h->log != NULL)
		log_line(h->log, LOG_ERROR, e.text);
}

int
alarm_answer(struct hall *h, int64_t *run, int meant, struct err *e)
{
	struct standing s = { .h = h, .run = *run, .any = *run == 0 };
	int r;

	if (s.any && held_newest(h, &s.run, e) < 0)
		return -1;
	r = catalog_each(h->catalog, SPACE, look, &s, e);
	if (r >= 0 && s.found) {
		*run = s.run;
		r = meant ? catalog_drop(h->catalog, SPACE, s.job, e) : 0;
		if (r >= 0 && meant)
			job_is_well(h, s.job);
	}
	free(s.job);
	return r < 0 ? -1 : s.found;
}
