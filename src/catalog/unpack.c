/*
 * unpack.c -- from packed batches to rows that `where` can look up.
 *
 * Not done while a run waits for its commit, but when somebody asks (where.c:
 * some of them), and by night: a batch a transaction.  A batch that cannot be
 * read is marked, so that it neither blocks the others nor is forgotten.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/db.h"
#include "catalog/impl.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define DAMAGED		2	/* batch.unpacked */
#define REMEMBERED	1024	/* strings of a batch, by their address */

struct unpacking {
	struct db	*db;
	int64_t		 batch, run;
	struct {
		const char	*s;
		int64_t		 id;
	}		 texts[REMEMBERED];
};

/* The number of a folder or reason; 0 for "".  A batch's reader gives every
 * string one address, so asking again is cheap. */
static int
text_id(struct unpacking *u, const char *s, int64_t *id, struct err *e)
{
	size_t slot = ((uintptr_t)s * 0x9e3779b97f4a7c15u) >> 54;
	int r;

	*id = 0;
	if (*s == '\0')
		return 0;
	if (u->texts[slot].s == s) {
		*id = u->texts[slot].id;
		return 0;
	}
	r = db_number(u->db, id, e, "SELECT id FROM text WHERE bytes = ?", "s",
	    s);
	if (r < 0)
		return -1;
	if (r == 0) {
		if (db_run(u->db, e, "INSERT INTO text(bytes) VALUES(?)", "s",
		    s) < 0)
			return -1;
		*id = sqlite3_last_insert_rowid(u->db->h);
	}
	u->texts[slot].s = s;
	u->texts[slot].id = *id;
	return 0;
}

static int
bind_number(sqlite3_stmt *st, int col, int64_t v, int is_null)
{
	return is_null ? sqlite3_bind_null(st, col) :
	    sqlite3_bind_int64(st, col, v);
}

static int
bind_name(sqlite3_stmt *st, int col, const char *s)
{
	return s == NULL ? sqlite3_bind_null(st, col) :
	    sqlite3_bind_blob(st, col, s, (int)strlen(s), SQLITE_STATIC);
}

static const char insert[] = "INSERT OR REPLACE INTO event VALUES"
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

static int
add_row(struct unpacking *u, size_t place, const struct entry *en,
    const struct result *res, struct err *e)
{
	int same = strcmp(en->from, en->to) == 0;
	int anew = res->id.ino != 0 && !fs_id_same(&res->id, &en->id);
	int64_t from, to, why;
	sqlite3_stmt *st;
	int bad;

	if (text_id(u, en->from_dir, &from, e) < 0 ||
	    text_id(u, en->to_dir, &to, e) < 0 ||
	    text_id(u, en->why, &why, e) < 0 ||
	    (st = db_query(u->db, e, insert, "")) == NULL)
		return -1;
	bad = sqlite3_bind_int64(st, 1, u->batch << 20 | (int64_t)place) |
	    sqlite3_bind_int64(st, 2, u->run) |
	    sqlite3_bind_int64(st, 3, en->job) |
	    sqlite3_bind_int64(st, 4, (int64_t)en->kind) |
	    sqlite3_bind_int64(st, 5, en->event) |
	    bind_number(st, 6, from, from == 0) |
	    bind_name(st, 7, *en->from ? en->from : NULL) |
	    bind_number(st, 8, to, to == 0) |
	    bind_name(st, 9, same || *en->to == '\0' ? NULL : en->to) |
	    bind_number(st, 10, why, why == 0) |
	    bind_number(st, 11, (int64_t)en->id.fs, 0) |
	    bind_number(st, 12, (int64_t)en->id.ino, 0) |
	    bind_number(st, 13, en->id.btime, 0) |
	    bind_number(st, 14, (int64_t)res->id.fs, !anew) |
	    bind_number(st, 15, (int64_t)res->id.ino, !anew) |
	    bind_number(st, 16, res->id.btime, !anew);
	if (bad)
		return db_fail(u->db, e, insert);
	return db_step(u->db, st, e) < 0 ? -1 : 0;
}

static int
add_rows(struct unpacking *u, struct batch_reader *r, const struct result *v,
    size_t n, struct err *e)
{
	struct entry en;
	size_t i;
	int more;

	for (i = 0; (more = batch_next(r, &en, e)) == 1 && i < n; i++)
		if (v[i].outcome == OUTCOME_DONE && en.event != 0 &&
		    add_row(u, i, &en, &v[i], e) < 0)
			return -1;
	return more < 0 ? -1 : 0;
}

static int
unpack_batch(struct unpacking *u, sqlite3_stmt *st, struct err *e)
{
	CLEAN_FREE struct result *v = NULL;
	struct batch_reader *r = NULL;
	size_t n = (size_t)db_i64(st, 2), len;
	const void *p;
	int ok;

	u->batch = db_i64(st, 0);
	u->run = db_i64(st, 1);
	v = xallocn(n ? n : 1, sizeof(*v));
	p = db_bytes(st, 3, &len);
	if (len > 0 && results_unpack(p, len, v, n, e) < 0)
		return -1;
	p = db_bytes(st, 4, &len);
	if (batch_read(p, len, &r, e) < 0)
		return -1;
	ok = add_rows(u, r, v, n, e);
	batch_reader_free(r);
	return ok;
}

static const char next_packed[] =
    "SELECT b.id, run, n, results, bytes FROM batch b "
    "JOIN batch_data d ON d.id = b.id "
    "WHERE phase = 2 AND unpacked = 0 ORDER BY b.id LIMIT 1";

static int
unpack_row(struct catalog *c, sqlite3_stmt *st, uint64_t *rows, struct err *e)
{
	struct unpacking u = { .db = c->db };
	struct err own = {0};
	int64_t state = 1;

	if (unpack_batch(&u, st, &own) < 0) {
		if (c->db->broken.kind || own.kind != ERR_CORRUPT) {
			*e = own;
			return -1;
		}
		state = DAMAGED;
	}
	*rows += (uint64_t)db_i64(st, 2);
	return db_run(c->db, e, "UPDATE batch SET unpacked = ? WHERE id = ?",
	    "ii", state, u.batch);
}

/*
 * 1 one was unpacked, 0 there was none: then nothing is written, as often as
 * somebody asks.  The rows can be made again, so want of room for them neither
 * takes the ballast nor the journal's right to go on.
 */
static int
unpack_next(struct catalog *c, uint64_t *rows, struct err *e)
{
	sqlite3_stmt *st = db_query(c->db, e, next_packed, "");
	int r;

	if (st == NULL || (r = db_step(c->db, st, e)) <= 0)
		return st == NULL ? -1 : r;
	if (db_begin(c->db, e) < 0) {
		sqlite3_reset(st);
		return -1;
	}
	r = unpack_row(c, st, rows, e);
	sqlite3_reset(st);
	if (r == 0 && db_commit(c->db, e) == 0)
		return 1;
	db_rollback(c->db);
	if (c->db->broken.kind == ERR_FULL)
		c->db->broken = (struct err){0};
	return -1;
}

/* Replies with a run whose history is damaged, or 0, and how many rows there
 * may be more. */
int
do_unpack(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	uint64_t n = unpack_u64(req), rows = 0;
	int64_t damaged = 0;
	int r = 1;

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	while (n-- > 0 && r == 1)
		r = unpack_next(c, &rows, e);
	if (r < 0 || db_number(c->db, &damaged, e, "SELECT min(run) FROM batch "
	    "WHERE unpacked = 2", "") < 0)
		return -1;
	pack_i64(reply, damaged);
	pack_u64(reply, rows);
	return r;
}

int
catalog_unpack(struct catalog *c, size_t n, struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};

	pack_u64(&req, n);
	return catalog_call(c, VERB_UNPACK, &req, &reply, e);
}
