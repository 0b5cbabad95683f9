/*
 * where.c -- all that happened to a file.
 *
 * First what matches the question, then, in rounds, whatever else happened to
 * the files met on the way, by identity; then all of it in order.  An event's
 * number grows with time, so the order is that of the numbers.
 *
 * What was done lately may still lie packed (where_packed.c).  Some of it is
 * made rows here, and that is all there is in everyday use; behind a run of a
 * million files the rest is looked through as it lies.  Packed batches are
 * always looked through before the rows: one that is unpacked meanwhile is met
 * twice then, which does no harm, and not never.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/codec.h"
#include "catalog/impl.h"
#include "catalog/where.h"
#include "util/clean.h"
#include "util/hash.h"
#include "util/set64.h"
#include "util/xalloc.h"

#define AT_ONCE	512		/* identities or rows asked for in one request */
#define ROWS	10000		/* made before an answer */

struct identity {
	uint64_t	 fs, ino;
	int64_t		 btime;
};

struct search {
	struct catalog	*c;
	uint64_t	*ids;
	size_t		 n_ids, cap_ids;
	struct identity	*files;
	size_t		 n_files, cap_files, followed;
	struct set64	 seen;		/* ids and files, by fingerprint */
	int		 rows_only;	/* nothing is packed */
	int64_t		 damaged;	/* a run of which something is missing */
};

static void
search_fini(struct search *s)
{
	free(s->ids);
	free(s->files);
	set64_fini(&s->seen);
}

static void
add_id(struct search *s, uint64_t id)
{
	if (!set64_add(&s->seen, hash_keyed(1, &id, sizeof(id))))
		return;
	XGROW(s->ids, s->n_ids, s->cap_ids);
	s->ids[s->n_ids++] = id;
}

static void
add_file(struct search *s, const struct identity *f)
{
	if (!set64_add(&s->seen, hash_keyed(2, f, sizeof(*f))))
		return;
	XGROW(s->files, s->n_files, s->cap_files);
	s->files[s->n_files++] = *f;
}

/* Rows found, then the cursor. */
static int
take_found(struct search *s, const struct buf *reply, uint64_t *cursor,
    struct err *e)
{
	struct unpack u = unpack_start(reply->data, reply->len);
	struct identity f;
	uint64_t id, n;

	while (!u.bad && u.end - u.p > 8) {
		id = unpack_u64(&u);
		for (n = unpack_u64(&u); n > 0 && !u.bad; n--) {
			f.fs = unpack_u64(&u);
			f.ino = unpack_u64(&u);
			f.btime = unpack_i64(&u);
			if (!u.bad)
				add_file(s, &f);
		}
		if (!u.bad)
			add_id(s, id);
	}
	*cursor = codec_get_raw64(&u);
	return unpack_end(&u) == 0 ? 0 : catalog_garbled(e);
}

static int
seek(struct search *s, enum verb verb, const char *what, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	uint64_t cursor = 0;
	int more = 1;

	while (more) {
		buf_reset(&req);
		buf_reset(&reply);
		pack_str(&req, what);
		pack_i64(&req, (int64_t)cursor);
		more = catalog_call(s->c, verb, &req, &reply, e);
		if (more < 0 || take_found(s, &reply, &cursor, e) < 0)
			return -1;
	}
	return 0;
}

static void
put_files(const struct search *s, size_t end, struct buf *req)
{
	const struct identity *f;
	size_t i;

	for (i = s->followed; i < end; i++) {
		f = &s->files[i];
		pack_u64(req, f->fs);
		pack_u64(req, f->ino);
		pack_i64(req, f->btime);
	}
}

/* Look through what is packed; by file, for those up to end. */
static int
seek_packed(struct search *s, enum packed_by by, const char *what, size_t end,
    struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	uint64_t cursor = 0;
	struct unpack u;
	int64_t damaged;
	int more = !s->rows_only;

	while (more) {
		buf_reset(&req);
		buf_reset(&reply);
		pack_u64(&req, by);
		pack_str(&req, what);
		pack_i64(&req, (int64_t)cursor);
		if (by == PACKED_FILE)
			put_files(s, end, &req);
		more = catalog_call(s->c, VERB_PACKED, &req, &reply, e);
		if (more < 0)
			return -1;
		if (reply.len < 16)
			return catalog_garbled(e);
		u = unpack_start(reply.data + reply.len - 16, 8);
		damaged = (int64_t)codec_get_raw64(&u);
		s->damaged = s->damaged ? s->damaged : damaged;
		memmove(reply.data + reply.len - 16,
		    reply.data + reply.len - 8, 8);
		reply.len -= 8;
		if (take_found(s, &reply, &cursor, e) < 0)
			return -1;
	}
	return 0;
}

/* 1: of so many files that looking through what is packed for each of them
 * would take longer than making rows of it. */
static int
follow(struct search *s, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	size_t end;
	uint64_t done;

	while (s->followed < s->n_files) {
		end = s->n_files;
		if (end > s->followed + AT_ONCE) {
			if (!s->rows_only)
				return 1;
			end = s->followed + AT_ONCE;
		}
		if (seek_packed(s, PACKED_FILE, "", end, e) < 0)
			return -1;
		buf_reset(&req);
		buf_reset(&reply);
		put_files(s, end, &req);
		if (catalog_call(s->c, VERB_FOLLOW, &req, &reply, e) < 0 ||
		    take_found(s, &reply, &done, e) < 0)
			return -1;
		if (done == 0 || done > end - s->followed)
			return catalog_garbled(e);
		s->followed += done;
	}
	return 0;
}

static int
give_row(struct unpack *u, int (*each)(void *arg, const struct event_row *r),
    void *arg)
{
	struct event_row row = { .time = unpack_i64(u), .run = unpack_i64(u) };
	char *text[6];
	int i, stop = 0;

	row.event = (enum event)unpack_i64(u);
	for (i = 0; i < 6; i++)
		text[i] = unpack_str(u);
	row.from = text[0];
	row.to = text[1];
	row.job = text[2];
	row.why = text[3];
	row.backup = text[4];
	row.snapshot = text[5];
	row.ino = unpack_u64(u);
	row.fs = unpack_u64(u);
	if (!u->bad)
		stop = each(arg, &row);
	for (i = 0; i < 6; i++)
		free(text[i]);
	return stop;
}

static int
tell(struct search *s, int (*each)(void *arg, const struct event_row *r),
    void *arg, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	size_t i, told = 0;
	struct unpack u;
	uint64_t done;
	int stop = 0;

	while (told < s->n_ids && !stop) {
		buf_reset(&req);
		buf_reset(&reply);
		for (i = told; i < s->n_ids && i < told + AT_ONCE; i++)
			pack_u64(&req, s->ids[i]);
		if (catalog_call(s->c, VERB_EVENTS, &req, &reply, e) < 0)
			return -1;
		u = unpack_start(reply.data, reply.len);
		while (!stop && !u.bad && u.end - u.p > 8)
			stop = give_row(&u, each, arg);
		done = stop ? 0 : codec_get_raw64(&u);
		if (!stop && (unpack_end(&u) < 0 || done == 0 ||
		    done > i - told))
			return catalog_garbled(e);
		told += done;
	}
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* All that there is to tell: 0, 1 as follow says, -1. */
static int
search(struct search *s, const char *what, struct err *e)
{
	if (seek_packed(s, PACKED_NAME, what, 0, e) < 0 ||
	    seek(s, VERB_FIND, what, e) < 0)
		return -1;
	/* A name may look like a pattern; it is one if it is no name. */
	if (s->n_ids == 0 && strpbrk(what, "*?[") != NULL &&
	    (seek_packed(s, PACKED_GLOB, what, 0, e) < 0 ||
	    seek(s, VERB_SCAN, what, e) < 0))
		return -1;
	return follow(s, e);
}

/* Make up to so many rows of what is packed, a batch at a time, so that a
 * run's commits come between. */
static int
unpack_some(struct catalog *c, uint64_t rows, int64_t *damaged, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	struct unpack u;
	uint64_t made = 0;
	int more = 1;

	while (more) {
		buf_reset(&req);
		buf_reset(&reply);
		pack_u64(&req, made < rows);
		more = catalog_call(c, VERB_UNPACK, &req, &reply, e);
		if (more < 0)
			return -1;
		more = more && made < rows;
		u = unpack_start(reply.data, reply.len);
		*damaged = unpack_i64(&u);
		made += unpack_u64(&u);
		if (unpack_end(&u) < 0)
			return catalog_garbled(e);
	}
	return 0;
}

static int
answer(struct search *s, const char *what,
    int (*each)(void *arg, const struct event_row *r), void *arg,
    struct err *e)
{
	struct err unpacking = {0};
	int64_t damaged;
	int r = search(s, what, e);

	if (r == 1) {
		damaged = s->damaged;
		if (unpack_some(s->c, UINT64_MAX, &damaged, &unpacking) < 0)
			err_wrap(&unpacking, "the newest history cannot be told");
		search_fini(s);
		*s = (struct search){ .c = s->c, .rows_only = 1,
		    .damaged = damaged };
		r = search(s, what, e);
	}
	if (r < 0)
		return -1;
	if (s->n_ids > 0)
		qsort(s->ids, s->n_ids, sizeof(*s->ids), by_number);
	if (tell(s, each, arg, e) < 0)
		return -1;
	if (unpacking.kind != ERR_NONE && e != NULL)
		*e = unpacking;
	return unpacking.kind != ERR_NONE ? -1 : 0;
}

int
where_within(struct catalog *c, const char *what, uint64_t rows,
    int (*each)(void *arg, const struct event_row *r), void *arg,
    struct err *e)
{
	CLEAN_FREE char *plain = xstrdup(what);
	size_t len = strlen(plain);
	CLEAN(search_fini) struct search s = { .c = c };
	struct err unpacking = {0};

	while (len > 1 && plain[len - 1] == '/')
		plain[--len] = '\0';
	/* With no room for rows, all is looked through as it lies. */
	if (unpack_some(c, rows, &s.damaged, &unpacking) < 0 &&
	    unpacking.kind != ERR_FULL && unpacking.kind != ERR_IO) {
		if (e != NULL)
			*e = unpacking;
		return -1;
	}
	if (answer(&s, plain, each, arg, e) < 0)
		return -1;
	if (s.damaged != 0)
		return err_set(e, ERR_CORRUPT, "the history of run %lld is "
		    "damaged: this list may lack some of it",
		    (long long)s.damaged);
	return 0;
}

int
catalog_where(struct catalog *c, const char *what,
    int (*each)(void *arg, const struct event_row *r), void *arg,
    struct err *e)
{
	return where_within(c, what, ROWS, each, arg, e);
}
