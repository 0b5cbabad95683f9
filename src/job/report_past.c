/*
 * report_past.c -- figures a day, in the catalog:
 *
 *	space "days"	"2026-11-22 home"	what that job did on that day
 *	space "growth"	"2026-11-22"		files and bytes in all
 *
 * Days are local ones.  What is older than two years goes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "catalog/catalog.h"
#include "job/report_impl.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"
#include "util/pack.h"
#include "util/span.h"
#include "util/time.h"
#include "util/xalloc.h"

#define DAYS		"days"
#define GROWTH		"growth"
#define KEPT		(2 * SPAN_YEAR)
#define SAMPLE_EVERY	(6 * SPAN_DAY + 12 * SPAN_HOUR)

struct figures {
	uint64_t	 kind;		/* enum job_kind */
	uint64_t	 runs, done, failed, held, files, bytes;
};

void
report_day_name(int64_t at, char out[REPORT_DAY])
{
	struct tm tm;

	time_to_tm(at, &tm);
	strftime(out, REPORT_DAY, "%Y-%m-%d", &tm);
}

/* The beginning of the day that a row is named by; -1 if it is none. */
static int64_t
day_of(const char *name)
{
	struct tm tm = {0};
	const char *end = strptime(name, "%Y-%m-%d", &tm);

	if (end == NULL || end - name != 10)
		return -1;
	return time_of_tm(&tm);
}

static void
figures_pack(const struct figures *f, struct buf *b)
{
	pack_u64(b, f->kind);
	pack_u64(b, f->runs);
	pack_u64(b, f->done);
	pack_u64(b, f->failed);
	pack_u64(b, f->held);
	pack_u64(b, f->files);
	pack_u64(b, f->bytes);
}

static int
figures_unpack(const void *data, size_t len, struct figures *f)
{
	struct unpack u = unpack_start(data, len);

	f->kind = unpack_u64(&u);
	f->runs = unpack_u64(&u);
	f->done = unpack_u64(&u);
	f->failed = unpack_u64(&u);
	f->held = unpack_u64(&u);
	f->files = unpack_u64(&u);
	f->bytes = unpack_u64(&u);
	return unpack_end(&u);
}

void
report_note(struct hall *h, const struct part *pt, int64_t now,
    const struct job_totals *before, const struct job_totals *after)
{
	uint64_t done = after->done - before->done,
	    failed = after->failed - before->failed,
	    held = after->held - before->held;
	CLEAN_BUF struct buf name = {0}, old = {0}, b = {0};
	struct figures f = {0};
	char day[REPORT_DAY];
	struct err e = {0};

	if (pt->job == NULL || done + failed + held == 0)
		return;
	report_day_name(now, day);
	buf_addf(&name, "%s %s", day, pt->name);
	if (catalog_get(h->catalog, DAYS, buf_str(&name), &old, &e) == 1 &&
	    figures_unpack(old.data, old.len, &f) < 0)
		f = (struct figures){0};
	f.kind = (uint64_t)pt->job->kind;
	f.runs++;
	f.done += done;
	f.failed += failed;
	f.held += held;
	f.files += after->files - before->files;
	f.bytes += after->bytes - before->bytes;
	figures_pack(&f, &b);
	if (catalog_put(h->catalog, DAYS, buf_str(&name), b.data, b.len, &e) < 0)
		log_line(h->log, LOG_ERROR, e.text);
}

/* ---- reading ---- */

struct reading {
	struct hall	*h;
	struct report	*r;
	size_t		 cap;
	char		**old;		/* names to be dropped */
	size_t		 n_old, cap_old;
};

static void
drop_later(struct reading *d, const char *name)
{
	XGROW(d->old, d->n_old, d->cap_old);
	d->old[d->n_old++] = xstrdup(name);
}

static int
each_day(void *arg, const char *name, const void *data, size_t len)
{
	struct reading *d = arg;
	int64_t at = day_of(name);
	struct report_day *day = NULL;
	struct figures f;
	size_t i;

	if (at < 0 || at < d->r->now - KEPT || figures_unpack(data, len, &f) < 0)
		drop_later(d, name);
	else
		for (i = 0; i < REPORT_DAYS; i++)
			if (d->r->days[i].at == at)
				day = &d->r->days[i];
	if (day == NULL)
		return 0;
	day->failed += f.failed;
	if (f.kind == JOB_RULE)
		day->sorted += f.done;
	else if (f.kind == JOB_ARCHIVE)
		day->put_away += f.done;
	else {
		day->backups += f.done > 0 ? f.runs : 0;
		day->backed_up += f.bytes;
	}
	return 0;
}

static int
each_point(void *arg, const char *name, const void *data, size_t len)
{
	struct reading *d = arg;
	struct unpack u = unpack_start(data, len);
	struct report_point p = { .at = day_of(name),
	    .s = { .files = unpack_u64(&u), .bytes = unpack_u64(&u) } };

	if (unpack_end(&u) < 0 || p.at < d->r->now - KEPT) {
		drop_later(d, name);
		return 0;
	}
	XGROW(d->r->growth, d->r->n_growth, d->cap);
	d->r->growth[d->r->n_growth++] = p;
	return 0;
}

static int
by_time(const void *a, const void *b)
{
	const struct report_point *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static void
drop_old(struct reading *d, const char *space)
{
	struct err e = {0};

	while (d->n_old > 0) {
		catalog_drop(d->h->catalog, space, d->old[--d->n_old], &e);
		free(d->old[d->n_old]);
	}
}

static int
write_growth(struct hall *h, const struct report *r, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	char day[REPORT_DAY];

	report_day_name(r->now, day);
	pack_u64(&b, r->all.files);
	pack_u64(&b, r->all.bytes);
	return catalog_put(h->catalog, GROWTH, day, b.data, b.len, e);
}

static void
name_days(struct report *r)
{
	struct tm tm;
	size_t i;

	for (i = 0; i < REPORT_DAYS; i++) {
		time_to_tm(r->now, &tm);
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
		tm.tm_mday -= (int)(REPORT_DAYS - 1 - i);
		r->days[i].at = time_of_tm(&tm);
	}
}

int
report_past(struct hall *h, struct report *r, struct err *e)
{
	struct reading d = { .h = h, .r = r };
	struct report_point *own;
	int ret = -1;

	name_days(r);
	if (write_growth(h, r, e) < 0 ||
	    catalog_each(h->catalog, DAYS, each_day, &d, e) < 0)
		goto out;
	drop_old(&d, DAYS);
	if (catalog_each(h->catalog, GROWTH, each_point, &d, e) < 0)
		goto out;
	drop_old(&d, GROWTH);
	if (r->n_growth > 1)
		qsort(r->growth, r->n_growth, sizeof(*r->growth), by_time);
	ret = 0;
out:
	while (d.n_old > 0)
		free(d.old[--d.n_old]);
	free(d.old);
	own = r->growth;
	r->growth = arena_alloc(&r->mem, (r->n_growth + 1) * sizeof(*own));
	if (r->n_growth > 0)
		memcpy(r->growth, own, r->n_growth * sizeof(*own));
	free(own);
	return ret;
}

static int
newest(void *arg, const char *name, const void *data, size_t len)
{
	int64_t *at = arg, t = day_of(name);

	(void)data, (void)len;
	if (t > *at)
		*at = t;
	return 0;
}

static int
each_old_day(void *arg, const char *name, const void *data, size_t len)
{
	struct reading *d = arg;
	int64_t at = day_of(name);

	(void)data, (void)len;
	if (at < 0 || at < d->r->now - KEPT)
		drop_later(d, name);
	return 0;
}

/* What nobody asks for by then. */
static int
forget_days(struct hall *h, struct report *r, struct err *e)
{
	struct reading d = { .h = h, .r = r };
	int ret = catalog_each(h->catalog, DAYS, each_old_day, &d, e);

	drop_old(&d, DAYS);
	free(d.old);
	return ret;
}

int
report_sample(struct hall *h, int64_t now, int (*stop)(void *arg),
    void *stop_arg, struct err *e)
{
	const struct report_options o = { .now = now, .stop = stop,
	    .stop_arg = stop_arg };
	struct report r = { .now = now };
	struct report_scan s = { .h = h, .r = &r, .o = &o, .brief = 1 };
	int64_t last = 0;
	int ret;

	if (catalog_each(h->catalog, GROWTH, newest, &last, e) < 0)
		return -1;
	if (last <= now && now - last < SAMPLE_EVERY)
		return 0;
	ret = forget_days(h, &r, e);
	if (ret == 0)
		ret = report_scan(&s, e);
	if (ret == 0)
		ret = write_growth(h, &r, e);
	report_scan_fini(&s);
	arena_fini(&r.mem);
	return ret;
}
