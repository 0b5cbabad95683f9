/*
 * kv.c -- small things kept by name.
 *
 * "Small" may be a held plan of a million operations, so a value longer than
 * CATALOG_PART comes and goes in parts.  Parts are put first, under a number
 * of their own that nothing names yet; the last request names them, and so the
 * new value is there all at once.  Parts that were never named go at the next
 * start.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/db.h"
#include "catalog/impl.h"
#include "util/clean.h"

#define TRIES	8	/* to read a value that is being replaced */

static int
put_part(struct catalog *c, int64_t *parts, size_t part, const void *data,
    size_t len, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	struct unpack u;

	pack_i64(&req, *parts);
	pack_u64(&req, part);
	pack_bytes(&req, data, len);
	if (catalog_call(c, VERB_PUT_PART, &req, &reply, e) < 0)
		return -1;
	u = unpack_start(reply.data, reply.len);
	*parts = unpack_i64(&u);
	return unpack_end(&u) == 0 ? 0 : catalog_garbled(e);
}

int
catalog_put(struct catalog *c, const char *space, const char *name,
    const void *data, size_t len, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	const unsigned char *p = data;
	size_t at, n, part = 0;
	int64_t parts = 0;

	if (len > CATALOG_VALUE_MAX)
		return err_set(e, ERR_USAGE,
		    "%s/%s: %zu bytes are too many to keep", space, name, len);
	for (at = 0; len > CATALOG_PART && at < len; at += n) {
		n = len - at < CATALOG_PART ? len - at : CATALOG_PART;
		if (put_part(c, &parts, part++, p + at, n, e) < 0)
			return -1;
	}
	pack_str(&req, space);
	pack_str(&req, name);
	pack_i64(&req, parts);
	pack_bytes(&req, data, parts ? 0 : len);
	return catalog_call(c, VERB_PUT, &req, &reply, e);
}

int
do_put_part(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	int64_t parts = unpack_i64(req), attached = 0;
	uint64_t part = unpack_u64(req);
	size_t len;
	const void *data = unpack_bytes(req, &len);

	if (unpack_end(req) < 0 || part > CATALOG_VALUE_MAX / CATALOG_PART)
		return catalog_bad_request(e);
	if (parts == 0 && db_number(c->db, &parts, e, "SELECT 1 + max("
	    "ifnull((SELECT max(id) FROM kv_part), 0), "
	    "ifnull((SELECT max(parts) FROM kv), 0))", "") < 0)
		return -1;
	if (db_number(c->db, &attached, e, "SELECT count(*) FROM kv "
	    "WHERE parts = ?", "i", parts) < 0)
		return -1;
	if (attached)
		return catalog_bad_request(e);
	pack_i64(reply, parts);
	return db_run(c->db, e, "INSERT INTO kv_part VALUES(?, ?, ?)", "iub",
	    parts, part, data, len);
}

static int
drop_parts(struct catalog *c, const void *space, size_t n_space,
    const void *name, size_t n_name, struct err *e)
{
	return db_run(c->db, e, "DELETE FROM kv_part WHERE id = (SELECT parts "
	    "FROM kv WHERE space = ? AND name = ?)", "bb", space, n_space,
	    name, n_name);
}

int
do_put(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	size_t n_space, n_name, len;
	const void *space = unpack_bytes(req, &n_space);
	const void *name = unpack_bytes(req, &n_name);
	int64_t parts = unpack_i64(req);
	const void *data = unpack_bytes(req, &len);

	(void)reply;
	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	if (drop_parts(c, space, n_space, name, n_name, e) < 0)
		return -1;
	return db_run(c->db, e, "INSERT INTO kv(space, name, data, parts) "
	    "VALUES(?, ?, ?, ?) ON CONFLICT(space, name) DO UPDATE "
	    "SET data = excluded.data, parts = excluded.parts", "bbbi", space,
	    n_space, name, n_name, data, len, parts);
}

/* One part: 1, 0 there is no such value.  *parts and *n tell of the whole. */
static int
get_part(struct catalog *c, const char *space, const char *name, size_t part,
    int64_t *parts, uint64_t *n, struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	struct unpack u;
	const void *data;
	size_t len;
	int r;

	pack_str(&req, space);
	pack_str(&req, name);
	pack_u64(&req, part);
	if ((r = catalog_call(c, VERB_GET, &req, &reply, e)) <= 0)
		return r;
	u = unpack_start(reply.data, reply.len);
	*parts = unpack_i64(&u);
	*n = unpack_u64(&u);
	data = unpack_bytes(&u, &len);
	if (unpack_end(&u) < 0)
		return catalog_garbled(e);
	buf_add(out, data, len);
	return 1;
}

int
catalog_get(struct catalog *c, const char *space, const char *name,
    struct buf *out, struct err *e)
{
	size_t before = out->len, part;
	int64_t first = 0, parts = 0;
	uint64_t n = 0;
	int r = 1, tries;

	for (tries = 0; tries < TRIES; tries++) {
		out->len = before;
		r = get_part(c, space, name, 0, &first, &n, out, e);
		parts = first;
		for (part = 1; r == 1 && part < n && parts == first; part++)
			r = get_part(c, space, name, part, &parts, &n, out, e);
		if (r == 1 && parts == first)
			return 1;
		if (r < 0)
			break;
		if (r == 0 && first == 0)
			return 0;
		first = 0;
	}
	out->len = before;
	return r <= 0 ? r : err_set(e, ERR_CHANGED,
	    "%s/%s changes while it is read", space, name);
}

int
do_get(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	size_t n_space, n_name, len;
	const void *space = unpack_bytes(req, &n_space), *data;
	const void *name = unpack_bytes(req, &n_name);
	uint64_t part = unpack_u64(req);
	sqlite3_stmt *st;
	int r;

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	st = db_query(c->db, e, "SELECT parts, (SELECT count(*) FROM kv_part "
	    "WHERE id = parts), CASE WHEN parts = 0 THEN data ELSE "
	    "(SELECT p.data FROM kv_part p WHERE p.id = parts AND p.part = ?) "
	    "END FROM kv WHERE space = ? AND name = ?", "ubb", part, space,
	    n_space, name, n_name);
	if (st == NULL || (r = db_step(c->db, st, e)) < 0)
		return -1;
	if (r == 1) {
		pack_i64(reply, db_i64(st, 0));
		pack_u64(reply, (uint64_t)db_i64(st, 1));
		data = db_bytes(st, 2, &len);
		pack_bytes(reply, data, len);
		sqlite3_reset(st);
	}
	return r;
}

int
catalog_drop(struct catalog *c, const char *space, const char *name,
    struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};

	pack_str(&req, space);
	pack_str(&req, name);
	return catalog_call(c, VERB_DROP, &req, &reply, e);
}

int
do_drop(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	size_t n_space, n_name;
	const void *space = unpack_bytes(req, &n_space);
	const void *name = unpack_bytes(req, &n_name);

	(void)reply;
	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	if (drop_parts(c, space, n_space, name, n_name, e) < 0)
		return -1;
	return db_run(c->db, e, "DELETE FROM kv WHERE space = ? AND name = ?",
	    "bb", space, n_space, name, n_name);
}

struct telling {
	struct catalog	*c;
	const char	*space;
	int (*each)(void *arg, const char *name, const void *data, size_t len);
	void		*arg;
	char		*last;
};

/* One row of a page; a large value is fetched now, if it is still there. */
static int
tell_one(struct telling *t, struct unpack *u, int *stop, struct err *e)
{
	CLEAN_BUF struct buf whole = {0};
	char *name = unpack_str(u);
	int64_t parts = unpack_i64(u);
	size_t len;
	const void *data = unpack_bytes(u, &len);
	int r = 1;

	free(t->last);
	t->last = name;
	if (u->bad)
		return catalog_garbled(e);
	if (parts != 0) {
		r = catalog_get(t->c, t->space, name, &whole, e);
		data = whole.data;
		len = whole.len;
	}
	if (r == 1)
		*stop = t->each(t->arg, name, data, len);
	return r < 0 ? -1 : 0;
}

static int
tell_all(struct telling *t, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	struct unpack u;
	int more = 1, stop = 0;

	while (more && !stop) {
		buf_reset(&req);
		buf_reset(&reply);
		pack_str(&req, t->space);
		pack_u64(&req, t->last != NULL);
		pack_str(&req, t->last);
		more = catalog_call(t->c, VERB_EACH, &req, &reply, e);
		if (more < 0)
			return -1;
		u = unpack_start(reply.data, reply.len);
		while (!stop && u.p < u.end)
			if (tell_one(t, &u, &stop, e) < 0)
				return -1;
	}
	return 0;
}

int
catalog_each(struct catalog *c, const char *space,
    int (*each)(void *arg, const char *name, const void *data, size_t len),
    void *arg, struct err *e)
{
	struct telling t = { c, space, each, arg, NULL };
	int r = tell_all(&t, e);

	free(t.last);
	return r;
}

int
do_each(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	size_t n_space, n_name, len, start = reply->len;
	const void *space = unpack_bytes(req, &n_space), *p;
	uint64_t later = unpack_u64(req);
	const void *name = unpack_bytes(req, &n_name);
	sqlite3_stmt *st;
	int r;

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	st = db_query(c->db, e, "SELECT name, parts, data FROM kv "
	    "WHERE space = ? AND (? = 0 OR name > ?) ORDER BY name", "bub",
	    space, n_space, later, name, n_name);
	if (st == NULL)
		return -1;
	while ((r = db_step(c->db, st, e)) == 1) {
		p = db_bytes(st, 0, &len);
		pack_bytes(reply, p, len);
		pack_i64(reply, db_i64(st, 1));
		p = db_bytes(st, 2, &len);
		pack_bytes(reply, p, len);
		if (reply->len - start >= CATALOG_PAGE) {
			sqlite3_reset(st);
			return 1;
		}
	}
	return r;
}

int
kv_drop_orphans(struct catalog *c, struct err *e)
{
	int64_t n = 0;

	if (db_number(c->db, &n, e, "SELECT count(*) FROM kv_part "
	    "WHERE id NOT IN (SELECT parts FROM kv)", "") < 0)
		return -1;
	if (n == 0)
		return 0;
	if (db_begin(c->db, e) < 0)
		return -1;
	if (db_run(c->db, e, "DELETE FROM kv_part "
	    "WHERE id NOT IN (SELECT parts FROM kv)", "") == 0 &&
	    db_commit(c->db, e) == 0)
		return 0;
	db_rollback(c->db);
	return -1;
}
