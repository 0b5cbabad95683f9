/*
 * journal.c -- intents and results: what makes every change recoverable.
 *
 * One commit carries the intents of the next batch and the results of earlier
 * ones.  A batch goes through phases 0 (intent), 1 (copied: the copies are
 * proven, the sources may go) and 2 (ended).  Recovery reads what is below 2.
 */
#include <endian.h>
#include <string.h>

#include "catalog/codec.h"
#include "catalog/db.h"
#include "catalog/impl.h"
#include "catalog/results.h"
#include "util/time.h"

int
catalog_commit(struct catalog *c, int64_t run, const void *bytes, size_t len,
    size_t n, const struct catalog_done *done, size_t n_done, int64_t *batch,
    struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	struct unpack u;
	size_t i, j;

	if (bytes != NULL && len > CATALOG_BATCH_MAX)
		return err_set(e, ERR_USAGE,
		    "a journal batch of %zu bytes is too large", len);
	pack_i64(&req, run);
	pack_u64(&req, bytes ? n : 0);
	pack_bytes(&req, bytes, bytes ? len : 0);
	for (i = 0; i < n_done; i++) {
		pack_i64(&req, done[i].batch);
		pack_u64(&req, (uint64_t)done[i].phase);
		pack_bytes(&req, done[i].results, done[i].results_len);
		pack_u64(&req, done[i].rule);
		pack_u64(&req, done[i].n_keys * 8);
		for (j = 0; j < done[i].n_keys; j++)
			codec_put_raw64(&req, done[i].done_keys[j]);
	}
	if (catalog_call(c, VERB_COMMIT, &req, &reply, e) < 0)
		return -1;
	u = unpack_start(reply.data, reply.len);
	i = (size_t)unpack_i64(&u);
	if (batch != NULL && bytes != NULL)
		*batch = (int64_t)i;
	return unpack_end(&u) == 0 ? 0 : catalog_garbled(e);
}

/* Recovery will act on it, so it must at least be a batch of n. */
static int
check_batch(const unsigned char *p, size_t len, uint64_t n, struct err *e)
{
	uint32_t told = 0;

	if (len >= CODEC_HEADER)
		memcpy(&told, p + 4, 4);
	if (len < CODEC_HEADER || memcmp(p, CODEC_MAGIC, 4) != 0 || n == 0 ||
	    le32toh(told) != n || n > CATALOG_ENTRIES)
		return err_set(e, ERR_USAGE, "journal: not a batch of %llu",
		    (unsigned long long)n);
	return 0;
}

static int
add_batch(struct catalog *c, int64_t run, const void *bytes, size_t len,
    uint64_t n, int64_t *id, struct err *e)
{
	int64_t there;
	int r;

	if (check_batch(bytes, len, n, e) < 0)
		return -1;
	r = db_number(c->db, &there, e, "SELECT number FROM run "
	    "WHERE number = ?", "i", run);
	if (r == 0)
		return err_set(e, ERR_NOENT, "there is no run %lld",
		    (long long)run);
	if (r < 0 || db_run(c->db, e, "INSERT INTO batch(run, time, n) "
	    "VALUES(?, ?, ?)", "iiu", run, time_now(), n) < 0)
		return -1;
	*id = sqlite3_last_insert_rowid(c->db->h);
	return db_run(c->db, e, "INSERT INTO batch_data VALUES(?, ?)", "ib",
	    *id, bytes, len);
}

static int
end_batch(struct catalog *c, int64_t id, uint64_t phase, const void *results,
    size_t len, struct err *e)
{
	size_t done = 0;
	int64_t n = 0;
	int r;

	if (phase < 1 || phase > 2)
		return catalog_bad_request(e);
	r = db_number(c->db, &n, e, "SELECT n FROM batch "
	    "WHERE id = ? AND phase < 2 AND phase <= ?", "iu", id, phase);
	if (r == 0)
		return err_set(e, ERR_USAGE,
		    "journal: batch %lld has ended or was never begun",
		    (long long)id);
	if (r < 0 || (len > 0 &&
	    results_count(results, len, (size_t)n, &done, e) < 0))
		return -1;
	return db_run(c->db, e, "UPDATE batch SET phase = ?, results = ?, "
	    "done = ? WHERE id = ?", "ubui", phase, results, len,
	    (uint64_t)done, id);
}

int
do_commit(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	int64_t run = unpack_i64(req), id = 0, ended;
	uint64_t n = unpack_u64(req), phase, rule;
	size_t len, n_results, n_keys;
	const void *bytes = unpack_bytes(req, &len), *results, *keys;

	if (req->bad)
		return catalog_bad_request(e);
	if (len > 0 && add_batch(c, run, bytes, len, n, &id, e) < 0)
		return -1;
	while (req->p < req->end) {
		ended = unpack_i64(req);
		phase = unpack_u64(req);
		results = unpack_bytes(req, &n_results);
		rule = unpack_u64(req);
		keys = unpack_bytes(req, &n_keys);
		if (req->bad || n_keys % 8 != 0)
			return catalog_bad_request(e);
		if (end_batch(c, ended, phase, results, n_results, e) < 0 ||
		    (n_keys > 0 && done_add(c, rule, keys, n_keys, e) < 0))
			return -1;
	}
	pack_i64(reply, id);
	return 0;
}

static int
tell_batches(struct unpack *u, int64_t *last,
    int (*each)(void *arg, const struct catalog_batch *b), void *arg)
{
	struct catalog_batch b;
	int stop = 0;

	while (!stop && u->p < u->end) {
		b.id = *last = unpack_i64(u);
		b.run = unpack_i64(u);
		b.time = unpack_i64(u);
		b.phase = (int)unpack_u64(u);
		b.n = (size_t)unpack_u64(u);
		b.bytes = unpack_bytes(u, &b.len);
		b.results = unpack_bytes(u, &b.results_len);
		if (!u->bad)
			stop = each(arg, &b);
	}
	return stop;
}

static int
batches(struct catalog *c, int64_t run, int all,
    int (*each)(void *arg, const struct catalog_batch *b), void *arg,
    struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	int64_t last = 0;
	struct unpack u;
	int more = 1, stop = 0;

	while (more && !stop) {
		buf_reset(&req);
		buf_reset(&reply);
		pack_i64(&req, run);
		pack_u64(&req, (uint64_t)all);
		pack_i64(&req, last);
		more = catalog_call(c, VERB_BATCHES, &req, &reply, e);
		if (more < 0)
			return -1;
		u = unpack_start(reply.data, reply.len);
		stop = tell_batches(&u, &last, each, arg);
		if (u.bad)
			return catalog_garbled(e);
	}
	return 0;
}

int
catalog_pending(struct catalog *c, int64_t run,
    int (*each)(void *arg, const struct catalog_batch *b), void *arg,
    struct err *e)
{
	return batches(c, run, 0, each, arg, e);
}

int
catalog_batches(struct catalog *c, int64_t run,
    int (*each)(void *arg, const struct catalog_batch *b), void *arg,
    struct err *e)
{
	return batches(c, run, 1, each, arg, e);
}

#define COLUMNS	"SELECT b.id, run, time, phase, n, bytes, results " \
    "FROM batch b JOIN batch_data d ON d.id = b.id WHERE "

static sqlite3_stmt *
query_batches(struct catalog *c, int64_t run, int all, int64_t after,
    struct err *e)
{
	if (all)
		return db_query(c->db, e, COLUMNS "run = ? AND b.id > ? "
		    "ORDER BY b.id", "ii", run, after);
	return db_query(c->db, e, COLUMNS "phase < 2 AND ? IN (0, run) "
	    "AND b.id > ? ORDER BY b.id", "ii", run, after);
}

int
do_batches(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	int64_t run = unpack_i64(req);
	uint64_t all = unpack_u64(req);
	int64_t after = unpack_i64(req);
	size_t start = reply->len, len;
	sqlite3_stmt *st;
	const void *p;
	int i, r;

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	if ((st = query_batches(c, run, all != 0, after, e)) == NULL)
		return -1;
	while ((r = db_step(c->db, st, e)) == 1) {
		for (i = 0; i < 3; i++)
			pack_i64(reply, db_i64(st, i));
		for (; i < 5; i++)
			pack_u64(reply, (uint64_t)db_i64(st, i));
		for (; i < 7; i++) {
			p = db_bytes(st, i, &len);
			pack_bytes(reply, p, len);
		}
		if (reply->len - start >= CATALOG_PAGE) {
			sqlite3_reset(st);
			return 1;
		}
	}
	return r;
}
