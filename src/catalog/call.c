/* call.c -- the table of verbs, and how one is done. */
#include <string.h>
#include <unistd.h>

#include "catalog/client.h"
#include "catalog/db.h"
#include "catalog/impl.h"
#include "catalog/state.h"
#include "fs/who.h"
#include "util/clean.h"

#define WRITES	1u		/* in a transaction */
#define WORKER	2u		/* only for who may touch files: holds the lock */
#define UNLOCKED 4u		/* not about the database */

static const struct {
	verb_fn		*fn;
	unsigned	 flags;
} verbs[VERBS] = {
	[VERB_LIVE] = { do_live, UNLOCKED },
	[VERB_RUN_BEGIN] = { do_run_begin, WRITES | WORKER },
	[VERB_RUN_JOB] = { do_run_job, WRITES | WORKER },
	[VERB_RUN_END] = { do_run_end, WRITES | WORKER },
	[VERB_RUNS] = { do_runs, 0 },
	[VERB_RUN_JOBS] = { do_run_jobs, 0 },
	[VERB_COMMIT] = { do_commit, WRITES | WORKER },
	[VERB_BATCHES] = { do_batches, 0 },
	[VERB_DONE_KEYS] = { do_done_keys, 0 },
	[VERB_UNPACK] = { do_unpack, 0 },	/* by itself, if at all */
	[VERB_FIND] = { do_find, 0 },
	[VERB_SCAN] = { do_scan, 0 },
	[VERB_FOLLOW] = { do_follow, 0 },
	[VERB_EVENTS] = { do_events, 0 },
	[VERB_PACKED] = { do_packed, 0 },
	[VERB_PUT] = { do_put, WRITES },
	[VERB_PUT_PART] = { do_put_part, WRITES },
	[VERB_GET] = { do_get, 0 },
	[VERB_DROP] = { do_drop, WRITES },
	[VERB_EACH] = { do_each, 0 },
	[VERB_EXPIRE] = { do_expire, WRITES },
	[VERB_SWEEP] = { do_sweep, WRITES },
	[VERB_BACKUP] = { do_backup, 0 },
	[VERB_CUT] = { do_cut, 0 },
	[VERB_CUT_SEEN] = { do_cut_seen, WRITES },
	[VERB_CLAIM] = { do_claim, WORKER | UNLOCKED },
	[VERB_UNCLAIM] = { do_unclaim, WORKER | UNLOCKED },
	[VERB_REPORT] = { do_report, WORKER | UNLOCKED },
};

int
catalog_bad_request(struct err *e)
{
	return err_set(e, ERR_USAGE, "catalog: a request that makes no sense");
}

int
catalog_garbled(struct err *e)
{
	return err_set(e, ERR_CORRUPT, "catalog: an answer that makes no sense");
}

static int
try_write(struct catalog *c, verb_fn *fn, struct unpack req,
    struct buf *reply, struct err *e)
{
	int r;

	if (db_begin(c->db, e) < 0)
		return -1;
	r = fn(c, &req, reply, e);
	if (r >= 0 && db_commit(c->db, e) == 0)
		return r;
	db_rollback(c->db);
	return -1;
}

/* Want of room is met once by giving up the ballast; then it stays. */
static int
do_write(struct catalog *c, verb_fn *fn, struct unpack req,
    struct buf *reply, struct err *e)
{
	size_t len = reply->len;
	int r = try_write(c, fn, req, reply, e);

	if (r >= 0 || c->db->broken.kind != ERR_FULL || !c->ballast)
		return r;
	state_drop_ballast(c->dir_fd);
	c->ballast = 0;
	c->db->broken = (struct err){0};
	reply->len = len;
	return try_write(c, fn, req, reply, e);
}

int
catalog_do(struct catalog *c, enum catalog_role role, unsigned verb,
    const void *req, size_t len, struct buf *reply, struct err *e)
{
	struct unpack u = unpack_start(req, len);
	size_t before = reply->len;
	unsigned flags;
	int r;

	if (verb >= VERBS || verbs[verb].fn == NULL)
		return catalog_bad_request(e);
	flags = verbs[verb].flags;
	if (flags & WORKER && role == CATALOG_ASK)
		return err_set(e, ERR_USAGE,
		    "catalog: opened to ask, not to change files");
	if (flags & UNLOCKED)
		return verbs[verb].fn(c, &u, reply, e);
	pthread_mutex_lock(&c->lock);
	r = flags & WRITES ? do_write(c, verbs[verb].fn, u, reply, e) :
	    verbs[verb].fn(c, &u, reply, e);
	if (r >= 0 && verb == VERB_COMMIT && c->heard != NULL)
		heard_commit(c, req, len, reply->data + before,
		    reply->len - before);
	pthread_mutex_unlock(&c->lock);
	if (r < 0)
		reply->len = before;
	return r;
}

int
catalog_call(struct catalog *c, enum verb verb, const struct buf *req,
    struct buf *reply, struct err *e)
{
	CLEAN_WHO uid_t before = fs_who();
	struct err own = {0};
	int r;

	/* The state folder is ours, whoever the caller is at the moment. */
	fs_be(geteuid(), NULL);
	/* The errors of a verb matter inside, even if the caller takes none. */
	if (e == NULL)
		e = &own;
	if (c->owner)
		return catalog_do(c, c->role, verb, req->data, req->len, reply,
		    e);
	pthread_mutex_lock(&c->lock);
	r = client_call(c->remote, verb, req, reply, e);
	pthread_mutex_unlock(&c->lock);
	return r;
}
