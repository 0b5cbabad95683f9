/* keeping.c -- the catalog's own care: forgetting, copying, the last cut. */
#include "catalog/db.h"
#include "catalog/impl.h"
#include "util/clean.h"

#define AT_ONCE	4	/* batches forgotten in one transaction */

int
catalog_expire(struct catalog *c, int64_t before, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	int more = 1, any = 0;

	pack_i64(&req, before);
	while (more) {
		more = catalog_call(c, VERB_EXPIRE, &req, &reply, e);
		if (more < 0)
			return -1;
		any |= more;
	}
	buf_reset(&req);
	return any ? catalog_call(c, VERB_SWEEP, &req, &reply, e) : 0;
}

/* Held runs stay: their plans wait for a word.  So does what has not ended. */
static const char expired[] = "SELECT number FROM run WHERE ended > 0 "
    "AND ended < ? AND state NOT IN (0, 4) AND NOT EXISTS (SELECT 1 "
    "FROM batch WHERE run = number AND phase < 2) ORDER BY number LIMIT 1";

static int
forget_batches(struct catalog *c, int64_t run, int *n, struct err *e)
{
	int64_t batch;
	int r;

	for (*n = 0; *n < AT_ONCE; ++*n) {
		r = db_number(c->db, &batch, e,
		    "SELECT min(id) FROM batch WHERE run = ?", "i", run);
		if (r <= 0)
			return r;
		if (db_run(c->db, e, "DELETE FROM event WHERE id >= ?1 << 20 "
		    "AND id < (?1 + 1) << 20", "i", batch) < 0 ||
		    db_run(c->db, e, "DELETE FROM batch_data WHERE id = ?",
		    "i", batch) < 0 || db_run(c->db, e,
		    "DELETE FROM batch WHERE id = ?", "i", batch) < 0)
			return -1;
	}
	return 0;
}

/* Some batches of one old run, or the run itself: 1 there may be more. */
int
do_expire(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	int64_t before = unpack_i64(req), run;
	int r, n;

	(void)reply;
	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	r = db_number(c->db, &run, e, expired, "i", before);
	if (r <= 0)
		return r;
	if (forget_batches(c, run, &n, e) < 0)
		return -1;
	if (n < AT_ONCE && (db_run(c->db, e,
	    "DELETE FROM run_job WHERE run = ?", "i", run) < 0 ||
	    db_run(c->db, e, "DELETE FROM run WHERE number = ?", "i",
	    run) < 0))
		return -1;
	return 1;
}

/* Folders and reasons that no event names any more. */
int
do_sweep(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	(void)reply;
	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	return db_run(c->db, e, "DELETE FROM text WHERE id NOT IN "
	    "(SELECT from_dir FROM event WHERE from_dir IS NOT NULL UNION "
	    "SELECT to_dir FROM event WHERE to_dir IS NOT NULL UNION "
	    "SELECT why FROM event WHERE why IS NOT NULL)", "");
}

int
catalog_backup(struct catalog *c, const char *path, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};

	pack_str(&req, path);
	return catalog_call(c, VERB_BACKUP, &req, &reply, e);
}

int
do_backup(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	CLEAN_FREE char *path = unpack_str(req);
	struct err before = c->db->broken;
	int r;

	(void)reply;
	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	r = db_copy(c->db, path, e);
	/* A full stick is no reason to distrust our own disk. */
	if (c->db->broken.kind == ERR_FULL || c->db->broken.kind == ERR_IO)
		c->db->broken = before;
	return r;
}

int
catalog_cut(struct catalog *c, int64_t *last, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	struct unpack u;
	int r = catalog_call(c, VERB_CUT, &req, &reply, e);

	if (r < 0)
		return -1;
	u = unpack_start(reply.data, reply.len);
	*last = unpack_i64(&u);
	return unpack_end(&u) == 0 ? r : catalog_garbled(e);
}

int
do_cut(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	int64_t last = 0;
	int r;

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	r = db_number(c->db, &last, e,
	    "SELECT value FROM meta WHERE name = 'cut'", "");
	pack_i64(reply, last);
	return r;
}

int
catalog_cut_seen(struct catalog *c, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};

	return catalog_call(c, VERB_CUT_SEEN, &req, &reply, e);
}

int
do_cut_seen(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	(void)reply;
	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	return db_run(c->db, e, "DELETE FROM meta WHERE name = 'cut'", "");
}
