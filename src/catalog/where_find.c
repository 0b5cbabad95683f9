/*
 * where_find.c -- the owner's side of `where`: look up, scan, follow, tell.
 *
 * Replies of the first three: a row's id, how many files to follow from it and
 * their identities, and so on; at the end, 8 bytes, where to go on.
 *
 * A row joins what its file was before with what it was after: the same file
 * for a move, be it through a copy to another disk.  Where one file became two
 * (a copy, a member of a bundle) only the side that was asked for is followed.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/codec.h"
#include "catalog/db.h"
#include "catalog/impl.h"
#include "catalog/packed.h"
#include "catalog/where.h"
#include "util/arena.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define SCAN_ROWS	20000		/* looked at in one go */
#define FROM		WHERE_FROM
#define TO		WHERE_TO

#define IDENTITY "id, kind, fs, ino, btime, fs2, ino2, btime2"

int
where_is_split(int64_t kind)
{
	return kind == ENTRY_COPY || kind == ENTRY_SYMLINK ||
	    kind == ENTRY_BUNDLE || kind == ENTRY_UNBUNDLE;
}

static void
put_identity(struct buf *reply, sqlite3_stmt *st, int col)
{
	pack_u64(reply, (uint64_t)db_i64(st, col));
	pack_u64(reply, (uint64_t)db_i64(st, col + 1));
	pack_i64(reply, db_i64(st, col + 2));
}

/* A row of IDENTITY columns, met on these sides. */
static void
put_found(struct buf *reply, sqlite3_stmt *st, unsigned sides)
{
	int before = db_i64(st, 3) != 0;
	int after = sqlite3_column_type(st, 6) != SQLITE_NULL;

	if (where_is_split(db_i64(st, 1))) {
		before = before && sides & FROM;
		after = after && sides & TO;
	}
	pack_u64(reply, (uint64_t)db_i64(st, 0));
	pack_u64(reply, (uint64_t)before + (uint64_t)after);
	if (before)
		put_identity(reply, st, 2);
	if (after)
		put_identity(reply, st, 5);
}

static const char find_name[] = "SELECT " IDENTITY ", "
    "from_name IS ?1, to_dir IS NOT NULL AND ifnull(to_name, from_name) IS ?1 "
    "FROM event WHERE (from_name = ?1 AND id > ?2) OR "
    "(to_name = ?1 AND id > ?2) ORDER BY id";
static const char find_path[] = "SELECT " IDENTITY ", "
    "from_name IS ?1 AND from_dir IS ?3, "
    "to_dir IS ?3 AND ifnull(to_name, from_name) IS ?1 "
    "FROM event WHERE ((from_name = ?1 AND id > ?2) OR "
    "(to_name = ?1 AND id > ?2)) AND (from_dir = ?3 OR to_dir = ?3) "
    "ORDER BY id";

static int
reply_found(struct catalog *c, sqlite3_stmt *st, int64_t cursor,
    struct buf *reply, struct err *e)
{
	size_t start = reply->len;
	unsigned sides;
	int r;

	while ((r = db_step(c->db, st, e)) == 1) {
		cursor = db_i64(st, 0);
		sides = (db_i64(st, 8) ? FROM : 0) | (db_i64(st, 9) ? TO : 0);
		if (sides != 0)
			put_found(reply, st, sides);
		if (reply->len - start >= CATALOG_PAGE) {
			sqlite3_reset(st);
			break;
		}
	}
	codec_put_raw64(reply, (uint64_t)cursor);
	return r;
}

/* A path (it has a '/') or a bare name, exactly. */
int
do_find(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	CLEAN_FREE char *what = unpack_str(req);
	int64_t cursor = unpack_i64(req), dir = 0;
	char *name = strrchr(what, '/');
	sqlite3_stmt *st;
	int r = 1;

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	if (name == NULL) {
		st = db_query(c->db, e, find_name, "si", what, cursor);
	} else {
		*name++ = '\0';
		r = db_number(c->db, &dir, e, "SELECT id FROM text "
		    "WHERE bytes = ?", "s", *what ? what : "/");
		st = r == 1 ? db_query(c->db, e, find_path, "sii", name,
		    cursor, dir) : NULL;
	}
	if (r == 0)
		codec_put_raw64(reply, (uint64_t)cursor);
	if (st == NULL)
		return r == 0 ? 0 : -1;
	return reply_found(c, st, cursor, reply, e);
}

/* Folders by number, as scans meet them again and again. */
struct folders {
	struct db	*db;
	struct arena	 strings;
	struct {
		int64_t		 id;
		const char	*path;
	}		 kept[256];
};

static const char *
folder(struct folders *f, int64_t id, struct err *e)
{
	size_t slot = (size_t)id & 255, len;
	sqlite3_stmt *st;
	const void *p;
	int r;

	if (id == 0)
		return "";
	if (f->kept[slot].id == id)
		return f->kept[slot].path;
	st = db_query(f->db, e, "SELECT bytes FROM text WHERE id = ?", "i", id);
	if (st == NULL || (r = db_step(f->db, st, e)) < 0)
		return NULL;
	if (r == 0)
		return "";
	p = db_bytes(st, 0, &len);
	f->kept[slot].path = arena_dup(&f->strings, p, len);
	f->kept[slot].id = id;
	sqlite3_reset(st);
	return f->kept[slot].path;
}

void
where_join(struct buf *out, const char *dir, const void *name, size_t len)
{
	buf_reset(out);
	buf_adds(out, dir);
	if (len > 0 && (out->len == 0 || out->data[out->len - 1] != '/'))
		buf_addc(out, '/');
	buf_add(out, name, len);
	/* A name alone is told as it is: there is no folder to it. */
	if (*dir == '\0' && len > 0)
		memmove(out->data, out->data + 1, --out->len);
}

/* The path of a side; col is its folder, then its name.  NULL on failure. */
static const char *
path_of(struct folders *f, sqlite3_stmt *st, int col, unsigned side,
    struct buf *out, struct err *e)
{
	int64_t dir_id = db_i64(st, side == FROM ? col : col + 2);
	const char *dir = folder(f, dir_id, e);
	const void *name;
	size_t len;

	if (dir == NULL)
		return NULL;
	name = db_bytes(st, side == FROM ? col + 1 : col + 3, &len);
	if (side == TO && len == 0 && dir_id != 0)
		name = db_bytes(st, col + 1, &len);
	where_join(out, dir, name, len);
	return buf_str(out);
}

static int
glob_side(struct folders *f, sqlite3_stmt *st, unsigned side,
    const char *pattern, int whole, struct buf *tmp, struct err *e)
{
	const char *path = path_of(f, st, 8, side, tmp, e), *name;

	if (path == NULL)
		return -1;
	name = strrchr(path, '/');
	if (*path == '\0')
		return 0;
	return catalog_glob(pattern, whole || name == NULL ? path : name + 1);
}

static const char scan[] = "SELECT " IDENTITY ", from_dir, from_name, to_dir, "
    "to_name FROM event WHERE id > ? ORDER BY id LIMIT ?";

static int
scan_rows(struct catalog *c, struct folders *f, const char *pattern,
    int64_t cursor, struct buf *reply, struct err *e)
{
	CLEAN_BUF struct buf tmp = {0};
	sqlite3_stmt *st = db_query(c->db, e, scan, "ii", cursor,
	    (int64_t)SCAN_ROWS);
	int whole = strchr(pattern, '/') != NULL, r, from, to, seen = 0;

	if (st == NULL)
		return -1;
	while ((r = db_step(c->db, st, e)) == 1) {
		cursor = db_i64(st, 0);
		seen++;
		from = glob_side(f, st, FROM, pattern, whole, &tmp, e);
		to = glob_side(f, st, TO, pattern, whole, &tmp, e);
		if (from < 0 || to < 0) {
			sqlite3_reset(st);
			return -1;
		}
		if (from || to)
			put_found(reply, st, (from ? FROM : 0) |
			    (to ? TO : 0));
	}
	if (r < 0)
		return -1;
	codec_put_raw64(reply, (uint64_t)cursor);
	return seen == SCAN_ROWS;
}

int
do_scan(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	CLEAN_FREE char *pattern = unpack_str(req);
	int64_t cursor = unpack_i64(req);
	struct folders f = { .db = c->db };
	int r;

	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	r = scan_rows(c, &f, pattern, cursor, reply, e);
	arena_fini(&f.strings);
	return r;
}

static const char follow_from[] = "SELECT " IDENTITY " FROM event "
    "WHERE ino = ?1 AND ino <> 0 AND fs = ?2 AND btime = ?3";
static const char follow_to[] = "SELECT " IDENTITY " FROM event "
    "WHERE ino2 = ?1 AND fs2 = ?2 AND btime2 = ?3";

static int
follow(struct catalog *c, const char *sql, unsigned side, uint64_t fs,
    uint64_t ino, int64_t btime, struct buf *reply, struct err *e)
{
	sqlite3_stmt *st = db_query(c->db, e, sql, "uui", ino, fs, btime);
	int r = -1;

	while (st != NULL && (r = db_step(c->db, st, e)) == 1)
		put_found(reply, st, side);
	return r;
}

/* All rows of some files; the cursor is how many of them were looked at. */
int
do_follow(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	size_t start = reply->len;
	uint64_t fs, ino, done = 0;
	int64_t btime;

	while (req->p < req->end && reply->len - start < CATALOG_PAGE) {
		fs = unpack_u64(req);
		ino = unpack_u64(req);
		btime = unpack_i64(req);
		if (req->bad)
			return catalog_bad_request(e);
		if (follow(c, follow_from, FROM, fs, ino, btime, reply, e) < 0 ||
		    follow(c, follow_to, TO, fs, ino, btime, reply, e) < 0)
			return -1;
		done++;
	}
	codec_put_raw64(reply, done);
	return 0;
}

static const char tell[] =
    "SELECT b.time, e.run, e.event, e.kind, e.from_dir, e.from_name, "
    "e.to_dir, e.to_name, j.name, t.bytes, ifnull(e.ino2, e.ino), "
    "ifnull(e.fs2, e.fs) FROM event e JOIN batch b ON b.id = e.id >> 20 "
    "LEFT JOIN run_job j ON j.run = e.run AND j.job = e.job "
    "LEFT JOIN text t ON t.id = e.why WHERE e.id = ?";

static int
put_event(struct folders *f, sqlite3_stmt *st, struct buf *tmp,
    struct buf *reply, struct err *e)
{
	int64_t event = db_i64(st, 2);
	const void *job, *why;
	size_t n_job, n_why;
	const char *path;
	int backup = event == EVENT_BACKED_UP;

	pack_i64(reply, db_i64(st, 0));
	pack_i64(reply, db_i64(st, 1));
	pack_i64(reply, event);
	if ((path = path_of(f, st, 4, FROM, tmp, e)) == NULL)
		return -1;
	pack_str(reply, path);
	if ((path = path_of(f, st, 4, TO, tmp, e)) == NULL)
		return -1;
	pack_str(reply, path);
	job = db_bytes(st, 8, &n_job);
	pack_bytes(reply, job, n_job);
	why = db_bytes(st, 9, &n_why);
	pack_bytes(reply, why, n_why);
	/* A backup is known by its job, a snapshot by where it lies. */
	pack_bytes(reply, job, backup ? n_job : 0);
	pack_str(reply, backup ? path : "");
	pack_u64(reply, (uint64_t)db_i64(st, 10));
	pack_u64(reply, (uint64_t)db_i64(st, 11));
	return 0;
}

static const char job_name[] =
    "SELECT name FROM run_job WHERE run = ? AND job = ?";

/* One that is not a row yet; pk is the batch that was read last. */
static int
put_packed(struct catalog *c, struct packed *pk, uint64_t id, struct buf *tmp,
    struct buf *reply, struct err *e)
{
	int64_t batch = (int64_t)(id >> 20);
	size_t i = (size_t)(id & 0xfffff), n_job = 0;
	const void *job = "";
	const struct entry *en;
	const struct fs_id *now;
	sqlite3_stmt *st;
	int r;

	if (pk->id != batch) {
		packed_fini(pk);
		r = packed_get(c->db, batch, pk, e);
		if (r <= 0)
			return r;
	}
	if (i >= pk->n || !packed_is_told(pk, i))
		return 0;
	en = &pk->en[i];
	now = packed_is_anew(pk, i) ? &pk->res[i].id : &en->id;
	st = db_query(c->db, e, job_name, "ii", pk->run, (int64_t)en->job);
	if (st == NULL || (r = db_step(c->db, st, e)) < 0)
		return -1;
	if (r == 1)
		job = db_bytes(st, 0, &n_job);
	pack_i64(reply, pk->time);
	pack_i64(reply, pk->run);
	pack_i64(reply, en->event);
	where_join(tmp, en->from_dir, en->from, strlen(en->from));
	pack_str(reply, buf_str(tmp));
	where_join(tmp, en->to_dir, packed_to(en), strlen(packed_to(en)));
	pack_str(reply, buf_str(tmp));
	pack_bytes(reply, job, n_job);
	pack_str(reply, en->why);
	pack_bytes(reply, job, en->event == EVENT_BACKED_UP ? n_job : 0);
	pack_str(reply, en->event == EVENT_BACKED_UP ? buf_str(tmp) : "");
	pack_u64(reply, now->ino);
	pack_u64(reply, now->fs);
	sqlite3_reset(st);
	return 0;
}

static int
put_one(struct catalog *c, struct folders *f, struct packed *pk, uint64_t id,
    struct buf *reply, struct err *e)
{
	CLEAN_BUF struct buf tmp = {0};
	sqlite3_stmt *st = db_query(c->db, e, tell, "u", id);
	int r;

	if (st == NULL || (r = db_step(c->db, st, e)) < 0)
		return -1;
	if (r == 1)
		r = put_event(f, st, &tmp, reply, e);
	else	/* one that was expired meanwhile is left out */
		r = put_packed(c, pk, id, &tmp, reply, e);
	sqlite3_reset(st);
	return r;
}

static int
put_events(struct catalog *c, struct folders *f, struct unpack *req,
    struct buf *reply, struct err *e)
{
	CLEAN(packed_fini) struct packed pk = {0};
	size_t start = reply->len;
	uint64_t done = 0, id;

	while (req->p < req->end && reply->len - start < CATALOG_PAGE) {
		id = unpack_u64(req);
		if (req->bad)
			return catalog_bad_request(e);
		if (put_one(c, f, &pk, id, reply, e) < 0)
			return -1;
		done++;
	}
	codec_put_raw64(reply, done);
	return 0;
}

/* Rows in full; the cursor is how many of the ids were looked at. */
int
do_events(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	struct folders f = { .db = c->db };
	int r = put_events(c, &f, req, reply, e);

	arena_fini(&f.strings);
	return r;
}
