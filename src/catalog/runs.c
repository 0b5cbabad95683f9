/* runs.c -- what was done, by number: begun, with its jobs, ended, told. */
#include <stdlib.h>
#include <string.h>

#include "catalog/db.h"
#include "catalog/impl.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define RUN_NAMES	((size_t)1 << 16)	/* most jobs of a run */

void
run_fini(struct run *r)
{
	free(r->trigger);
	free(r->command);
	free(r->jobs);
	*r = (struct run){0};
}

int
catalog_run_begin(struct catalog *c, const char *trigger, const char *command,
    int64_t undoes, int64_t now, int64_t *number, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	struct unpack u;

	pack_str(&req, trigger);
	pack_str(&req, command);
	pack_i64(&req, undoes);
	pack_i64(&req, now);
	if (catalog_call(c, VERB_RUN_BEGIN, &req, &reply, e) < 0)
		return -1;
	u = unpack_start(reply.data, reply.len);
	*number = unpack_i64(&u);
	return unpack_end(&u) == 0 ? 0 : catalog_garbled(e);
}

int
do_run_begin(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	size_t n_trigger, n_command;
	const void *trigger = unpack_bytes(req, &n_trigger);
	const void *command = unpack_bytes(req, &n_command);
	int64_t undoes = unpack_i64(req), now = unpack_i64(req);

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	if (db_run(c->db, e, "INSERT INTO run(started, cause, command, undoes)"
	    " VALUES(?, ?, ?, ?)", "ibbi", now, trigger, n_trigger, command,
	    n_command, undoes) < 0)
		return -1;
	pack_i64(reply, sqlite3_last_insert_rowid(c->db->h));
	return 0;
}

int
catalog_run_job(struct catalog *c, int64_t run, const char *name,
    const char *kind, uint64_t hash, uint32_t *job, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	struct unpack u;

	pack_i64(&req, run);
	pack_str(&req, name);
	pack_str(&req, kind);
	pack_u64(&req, hash);
	if (catalog_call(c, VERB_RUN_JOB, &req, &reply, e) < 0)
		return -1;
	u = unpack_start(reply.data, reply.len);
	*job = (uint32_t)unpack_u64(&u);
	return unpack_end(&u) == 0 ? 0 : catalog_garbled(e);
}

int
do_run_job(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	int64_t run = unpack_i64(req), job = 0, n;
	size_t n_name, n_kind;
	const void *name = unpack_bytes(req, &n_name);
	const void *kind = unpack_bytes(req, &n_kind);
	uint64_t hash = unpack_u64(req);
	int r;

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	r = db_number(c->db, &job, e, "SELECT job FROM run_job WHERE run = ? "
	    "AND name = ? AND kind = ? AND hash = ?", "ibbu", run, name,
	    n_name, kind, n_kind, hash);
	if (r == 0) {
		r = db_number(c->db, &n, e, "SELECT number FROM run "
		    "WHERE number = ?", "i", run);
		if (r == 0)
			return err_set(e, ERR_NOENT, "there is no run %lld",
			    (long long)run);
		if (r < 0 || db_number(c->db, &job, e,
		    "SELECT count(*) FROM run_job WHERE run = ?", "i",
		    run) < 0)
			return -1;
		if ((size_t)job >= RUN_NAMES)
			return err_set(e, ERR_USAGE, "a run of too many jobs");
		r = db_run(c->db, e, "INSERT INTO run_job VALUES"
		    "(?, ?, ?, ?, ?)", "iibbu", run, job, name, n_name, kind,
		    n_kind, hash);
	}
	pack_u64(reply, (uint64_t)job);
	return r < 0 ? -1 : 0;
}

int
catalog_run_end(struct catalog *c, const struct run *r, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};

	pack_i64(&req, r->number);
	pack_i64(&req, r->ended);
	pack_u64(&req, (uint64_t)r->state);
	pack_u64(&req, r->done);
	pack_u64(&req, r->skipped);
	pack_u64(&req, r->failed);
	pack_u64(&req, r->held);
	pack_u64(&req, r->waiting);
	pack_u64(&req, r->changes);
	return catalog_call(c, VERB_RUN_END, &req, &reply, e);
}

/*
 * A run that took another back marks it; if that one was itself an undo, what
 * it had taken back is there again, and may be undone anew.
 */
static int
mark_undone(struct catalog *c, int64_t run, struct err *e)
{
	int64_t undoes = 0, before = 0;

	if (db_number(c->db, &undoes, e, "SELECT undoes FROM run "
	    "WHERE number = ?", "i", run) < 0)
		return -1;
	if (undoes == 0)
		return 0;
	if (db_run(c->db, e, "UPDATE run SET undone_by = ? WHERE number = ?",
	    "ii", run, undoes) < 0 || db_number(c->db, &before, e,
	    "SELECT undoes FROM run WHERE number = ?", "i", undoes) < 0)
		return -1;
	return before == 0 ? 0 : db_run(c->db, e, "UPDATE run "
	    "SET undone_by = 0 WHERE number = ? AND undone_by = ?", "ii",
	    before, undoes);
}

int
do_run_end(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	int64_t run = unpack_i64(req), ended = unpack_i64(req);
	uint64_t state = unpack_u64(req), v[6];
	size_t i;

	(void)reply;
	for (i = 0; i < 6; i++)
		v[i] = unpack_u64(req);
	if (unpack_end(req) < 0 || state > RUN_REJECTED)
		return catalog_bad_request(e);
	if (db_run(c->db, e, "UPDATE run SET ended = ?, state = ?, done = ?, "
	    "skipped = ?, failed = ?, held = ?, waiting = ?, changes = ? "
	    "WHERE number = ?", "iuuuuuuui", ended, state, v[0], v[1], v[2],
	    v[3], v[4], v[5], run) < 0)
		return -1;
	if (sqlite3_changes(c->db->h) == 0)
		return err_set(e, ERR_NOENT, "there is no run %lld",
		    (long long)run);
	/* One that found nothing to take back hides none that did. */
	return (state == RUN_DONE || state == RUN_PARTIAL) && v[5] > 0 ?
	    mark_undone(c, run, e) : 0;
}

int
runs_mark_crashed(struct catalog *c, struct err *e)
{
	int64_t n = 0;

	if (db_number(c->db, &n, e,
	    "SELECT count(*) FROM run WHERE state = 0", "") < 0)
		return -1;
	if (n == 0)
		return 0;
	/* When it ended nobody knows; it was alive at its last commit. */
	if (db_begin(c->db, e) < 0)
		return -1;
	if (db_run(c->db, e, "UPDATE run SET state = 6, ended = max(started, "
	    "ifnull((SELECT max(time) FROM batch WHERE run = run.number), 0)) "
	    "WHERE state = 0", "") == 0 && db_commit(c->db, e) == 0)
		return 0;
	db_rollback(c->db);
	return -1;
}

static void
get_run(struct unpack *u, struct run *r)
{
	*r = (struct run){ .number = unpack_i64(u) };
	r->started = unpack_i64(u);
	r->ended = unpack_i64(u);
	r->trigger = unpack_str(u);
	r->command = unpack_str(u);
	r->state = (enum run_state)unpack_u64(u);
	r->undoes = unpack_i64(u);
	r->undone_by = unpack_i64(u);
	r->done = unpack_u64(u);
	r->skipped = unpack_u64(u);
	r->failed = unpack_u64(u);
	r->held = unpack_u64(u);
	r->waiting = unpack_u64(u);
	r->changes = unpack_u64(u);
	r->jobs = unpack_str(u);
}

int
catalog_runs(struct catalog *c, int64_t number, size_t limit,
    int (*each)(void *arg, const struct run *r), void *arg, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	int64_t before = INT64_MAX;
	size_t told = 0;
	struct unpack u;
	int more = 1, stop = 0;
	struct run r;

	while (more && !stop && (limit == 0 || told < limit)) {
		buf_reset(&req);
		buf_reset(&reply);
		pack_i64(&req, number);
		pack_i64(&req, before);
		pack_u64(&req, limit ? limit - told : INT64_MAX);
		more = catalog_call(c, VERB_RUNS, &req, &reply, e);
		if (more < 0)
			return -1;
		u = unpack_start(reply.data, reply.len);
		while (!stop && u.p < u.end) {
			get_run(&u, &r);
			before = r.number;
			if (!u.bad)
				stop = each(arg, &r);
			run_fini(&r);
			told++;
		}
		if (u.bad)
			return catalog_garbled(e);
	}
	return 0;
}

/* Nobody counted for a run that is going, or was killed (states 0 and 6). */
#define COUNTED(column)	"CASE WHEN state IN (0, 6) THEN " \
	"ifnull((SELECT sum(b.done) FROM batch b WHERE b.run = number), 0) " \
	"ELSE " column " END"

/* Column 14, the names of its jobs, is joined by newlines in SQL. */
static const char select_runs[] =
    "SELECT number, started, ended, cause, command, state, undoes, undone_by, "
    COUNTED("done") ", skipped, failed, held, waiting, " COUNTED("changes")
    ", CAST((SELECT group_concat(name, x'0a') FROM "
    "(SELECT name FROM run_job j WHERE j.run = number ORDER BY job)) AS BLOB) "
    "FROM run WHERE number < ? AND (? IN (0, number)) "
    "ORDER BY number DESC LIMIT ?";

static void
put_blob(struct buf *b, sqlite3_stmt *st, int col)
{
	size_t len;
	const void *p = db_bytes(st, col, &len);

	pack_bytes(b, p, len);
}

int
do_runs(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	int64_t number = unpack_i64(req), before = unpack_i64(req);
	uint64_t limit = unpack_u64(req);
	size_t start = reply->len;
	sqlite3_stmt *st;
	int i, r;

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	if (number != 0 && before > number)
		before = number < INT64_MAX ? number + 1 : number;
	st = db_query(c->db, e, select_runs, "iiu", before, number, limit);
	if (st == NULL)
		return -1;
	while ((r = db_step(c->db, st, e)) == 1) {
		for (i = 0; i < 3; i++)
			pack_i64(reply, db_i64(st, i));
		put_blob(reply, st, 3);
		put_blob(reply, st, 4);
		pack_u64(reply, (uint64_t)db_i64(st, 5));
		pack_i64(reply, db_i64(st, 6));
		pack_i64(reply, db_i64(st, 7));
		for (i = 8; i < 14; i++)
			pack_u64(reply, (uint64_t)db_i64(st, i));
		put_blob(reply, st, 14);
		if (reply->len - start >= CATALOG_PAGE) {
			sqlite3_reset(st);
			return 1;
		}
	}
	return r;
}

static int
run_jobs(struct catalog *c, int64_t run, char ***names, uint64_t **hashes,
    size_t *n, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	struct unpack u;
	char **v = NULL;
	uint64_t *h = NULL;
	size_t i, cap = 0, cap_h = 0, got = 0;

	pack_i64(&req, run);
	if (catalog_call(c, VERB_RUN_JOBS, &req, &reply, e) < 0)
		return -1;
	u = unpack_start(reply.data, reply.len);
	while (u.p < u.end) {
		XGROW(v, got, cap);
		XGROW(h, got, cap_h);
		v[got] = unpack_str(&u);
		h[got++] = unpack_u64(&u);
	}
	if (names != NULL && !u.bad)
		*names = v;
	else {
		for (i = 0; i < got; i++)
			free(v[i]);
		free(v);
	}
	if (hashes != NULL && !u.bad)
		*hashes = h;
	else
		free(h);
	*n = got;
	return u.bad ? catalog_garbled(e) : 0;
}

int
catalog_run_jobs(struct catalog *c, int64_t run, char ***names, size_t *n,
    struct err *e)
{
	return run_jobs(c, run, names, NULL, n, e);
}

int
catalog_run_hashes(struct catalog *c, int64_t run, uint64_t **hashes,
    size_t *n, struct err *e)
{
	return run_jobs(c, run, NULL, hashes, n, e);
}

int
do_run_jobs(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	int64_t run = unpack_i64(req);
	sqlite3_stmt *st;
	int r;

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	/* They are numbered from 0 without gaps. */
	st = db_query(c->db, e, "SELECT name, hash FROM run_job WHERE run = ? "
	    "ORDER BY job", "i", run);
	if (st == NULL)
		return -1;
	while ((r = db_step(c->db, st, e)) == 1) {
		put_blob(reply, st, 0);
		pack_u64(reply, (uint64_t)db_i64(st, 1));
	}
	return r;
}
