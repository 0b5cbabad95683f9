/*
 * done.c -- what a rule already did, as fingerprints.
 *
 * They come by the thousand in a run and by the one in a watch, so short rows
 * are filled up before a new one is begun.
 */
#include "catalog/codec.h"
#include "catalog/db.h"
#include "catalog/impl.h"
#include "util/set64.h"

#define SHORT_ROW	((size_t)3200)	/* so that filling it stays in a page */

int
done_add(struct catalog *c, uint64_t rule, const void *keys, size_t len,
    struct err *e)
{
	int64_t last = 0;
	int r;

	r = db_number(c->db, &last, e, "SELECT id FROM done WHERE id = "
	    "(SELECT max(id) FROM done WHERE rule = ?) AND length(keys) < ?",
	    "uu", rule, (uint64_t)SHORT_ROW);
	if (r < 0)
		return -1;
	if (r == 1 && len < SHORT_ROW)
		return db_run(c->db, e, "UPDATE done SET keys = "
		    "CAST(keys || ? AS BLOB) WHERE id = ?", "bi", keys, len,
		    last);
	return db_run(c->db, e, "INSERT INTO done(rule, keys) VALUES(?, ?)",
	    "ub", rule, keys, len);
}

int
catalog_done_keys(struct catalog *c, uint64_t rule, struct set64 *set,
    struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	struct unpack u;
	int64_t after = 0;
	int more = 1;

	while (more) {
		buf_reset(&req);
		buf_reset(&reply);
		pack_u64(&req, rule);
		pack_i64(&req, after);
		more = catalog_call(c, VERB_DONE_KEYS, &req, &reply, e);
		if (more < 0)
			return -1;
		/* The cursor comes last, when it is known. */
		u = unpack_start(reply.data, reply.len);
		while (u.end - u.p > 8)
			set64_add(set, codec_get_raw64(&u));
		after = (int64_t)codec_get_raw64(&u);
		if (unpack_end(&u) < 0)
			return catalog_garbled(e);
	}
	return 0;
}

int
do_done_keys(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	uint64_t rule = unpack_u64(req);
	int64_t after = unpack_i64(req);
	size_t start = reply->len, len;
	sqlite3_stmt *st;
	const void *p;
	int r;

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	st = db_query(c->db, e, "SELECT id, keys FROM done "
	    "WHERE rule = ? AND id > ? ORDER BY id", "ui", rule, after);
	if (st == NULL)
		return -1;
	while ((r = db_step(c->db, st, e)) == 1) {
		after = db_i64(st, 0);
		p = db_bytes(st, 1, &len);
		buf_add(reply, p, len);
		if (reply->len - start >= CATALOG_PAGE) {
			sqlite3_reset(st);
			break;
		}
	}
	codec_put_raw64(reply, (uint64_t)after);
	return r;
}
