#include <string.h>
#include <sys/statvfs.h>

#include "archive/archive.h"
#include "backup/entry.h"
#include "catalog/catalog.h"
#include "copies/copies.h"
#include "job/room.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"
#include "util/pack.h"

#define SPACE	"room"

/* ---- pure ---- */
void
room_add(struct room *r, const struct room_point *p)
{
	while (r->n > 0 && r->v[r->n - 1].time > p->time)
		r->n--;
	/* The last one stays only if it is far enough from the one before. */
	if (r->n > 1 &&
	    r->v[r->n - 1].time - r->v[r->n - 2].time < ROOM_STEP)
		r->n--;
	if (r->n == ROOM_POINTS) {
		memmove(&r->v[0], &r->v[1], (ROOM_POINTS - 1) * sizeof(r->v[0]));
		r->n--;
	}
	r->v[r->n++] = *p;
}

/* The slope of the line that fits best, in bytes a µs; 0 if there is none. */
static double
slope(const struct room_point *p, size_t n)
{
	double t0 = (double)p[0].time, st = 0, sf = 0, stt = 0, stf = 0, d;
	size_t i;

	for (i = 0; i < n; i++) {
		double t = (double)p[i].time - t0, f = (double)p[i].free;

		st += t;
		sf += f;
		stt += t * t;
		stf += t * f;
	}
	d = (double)n * stt - st * st;
	return d > 0 ? ((double)n * stf - st * sf) / d : 0;
}

int64_t
room_full_at(const struct room *r, int64_t now)
{
	const struct room_point *last;
	size_t first = 0;
	double s, left;

	if (r->n == 0)
		return INT64_MAX;
	last = &r->v[r->n - 1];
	while (first < r->n && r->v[first].time < now - ROOM_SPAN)
		first++;
	/* Another disk in its place tells nothing of this one. */
	while (first < r->n && r->v[first].total != last->total)
		first++;
	if (r->n - first < ROOM_FEW ||
	    last->time - r->v[first].time < ROOM_LEAST)
		return INT64_MAX;
	s = slope(&r->v[first], r->n - first);
	if (s >= 0)
		return INT64_MAX;
	left = (double)last->free / -s;
	return left > (double)ROOM_FAR ? INT64_MAX :
	    last->time + (int64_t)left;
}

/* ---- on the disk and in the catalog ---- */
const char *
room_place(const struct job *j)
{
	if (j->copies != NULL)
		return copies_place(j->copies);
	if (j->kind == JOB_ARCHIVE)
		return archive_to(j->archive);
	return j->backup != NULL && j->backup->repository[0] == '/' ?
	    j->backup->repository : NULL;
}

static int
look(const char *place, int64_t now, struct room_point *out)
{
	struct statvfs v;

	if (statvfs(place, &v) < 0)
		return 0;
	*out = (struct room_point){ now, (uint64_t)v.f_bavail * v.f_frsize,
	    (uint64_t)v.f_blocks * v.f_frsize };
	return out->total > 0;
}

static int
load(struct hall *h, const char *place, struct room *r, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	struct room_point p;
	struct unpack u;
	uint64_t n;

	r->n = 0;
	if (catalog_get(h->catalog, SPACE, place, &b, e) < 0)
		return -1;
	u = unpack_start(b.data, b.len);
	for (n = b.len > 0 ? unpack_u64(&u) : 0; n > 0 && !u.bad; n--) {
		p.time = unpack_i64(&u);
		p.free = unpack_u64(&u);
		p.total = unpack_u64(&u);
		if (!u.bad && r->n < ROOM_POINTS)
			r->v[r->n++] = p;
	}
	return 0;
}

static int
save(struct hall *h, const char *place, const struct room *r, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	size_t i;

	pack_u64(&b, r->n);
	for (i = 0; i < r->n; i++) {
		pack_i64(&b, r->v[i].time);
		pack_u64(&b, r->v[i].free);
		pack_u64(&b, r->v[i].total);
	}
	return catalog_put(h->catalog, SPACE, place, b.data, b.len, e);
}

void
room_note(struct hall *h, const struct job *j, int64_t now)
{
	const char *place = room_place(j);
	struct room_point p;
	struct err e = {0};
	struct room r;

	if (place == NULL || !look(place, now, &p))
		return;
	if (load(h, place, &r, &e) == 0) {
		room_add(&r, &p);
		if (save(h, place, &r, &e) == 0)
			return;
	}
	if (h->log != NULL)
		log_line(h->log, LOG_ERROR, e.text);
}

void
room_note_all(struct hall *h, int64_t now)
{
	size_t i;

	for (i = 0; i < h->s->n_jobs; i++)
		room_note(h, &h->s->jobs[i], now);
}

int
room_now(struct hall *h, const struct job *j, int64_t now,
    struct room_point *out, int64_t *full_at, struct err *e)
{
	const char *place = room_place(j);
	struct room r;

	if (place == NULL || !look(place, now, out))
		return 0;
	if (load(h, place, &r, e) < 0)
		return -1;
	room_add(&r, out);
	*full_at = room_full_at(&r, now);
	return 1;
}
