/*
 * where_packed.c -- the owner's side of `where`, for batches that are not rows
 * yet.
 *
 * A million moves are a million rows with four indexes: half a minute of work.
 * Reading them as they were packed takes a fraction of a second.  So a question
 * about a few files is answered from the packed batches (this file) and from
 * the rows (where_find.c); a batch has the same numbers in both, so nothing is
 * told twice, whichever way it was met.
 *
 * Request: how, the text, the batch to go on behind; by file, the identities.
 * Reply: as those of where_find.c; before the cursor's 8 bytes, 8 with a run
 * whose history is damaged, or 0.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/codec.h"
#include "catalog/impl.h"
#include "catalog/packed.h"
#include "catalog/where.h"
#include "util/clean.h"
#include "util/hash.h"
#include "util/set64.h"

#define AT_ONCE	16		/* batches looked through in one go */

struct question {
	enum packed_by	 by;
	char		*what;
	const char	*dir, *name;	/* of what; dir NULL for a bare name */
	struct set64	 files;
	struct buf	 path;
};

static void
question_fini(struct question *q)
{
	free(q->what);
	set64_fini(&q->files);
	buf_fini(&q->path);
}

static uint64_t
mark(uint64_t fs, uint64_t ino, int64_t btime)
{
	const struct { uint64_t fs, ino; int64_t btime; } f =
	    { fs, ino, btime };

	return hash_keyed(3, &f, sizeof(f));
}

static int
is_asked(const struct question *q, const struct fs_id *id)
{
	return set64_has(&q->files, mark(id->fs, id->ino, id->btime));
}

static int
is_named(struct question *q, const char *dir, const char *name)
{
	if (q->by == PACKED_NAME)
		return *name != '\0' && strcmp(name, q->name) == 0 &&
		    (q->dir == NULL || strcmp(dir, q->dir) == 0);
	if (*name == '\0')
		return 0;
	if (strchr(q->what, '/') == NULL)
		return catalog_glob(q->what, name);
	where_join(&q->path, dir, name, strlen(name));
	return catalog_glob(q->what, buf_str(&q->path));
}

/* On which sides is the i-th entry asked for? */
static unsigned
sides_of(struct question *q, const struct packed *p, size_t i)
{
	const struct entry *en = &p->en[i];
	unsigned sides = 0;

	if (q->by == PACKED_FILE) {
		if (en->id.ino != 0 && is_asked(q, &en->id))
			sides |= WHERE_FROM;
		if (packed_is_anew(p, i) && is_asked(q, &p->res[i].id))
			sides |= WHERE_TO;
		return sides;
	}
	if (is_named(q, en->from_dir, en->from))
		sides |= WHERE_FROM;
	if (*en->to_dir != '\0' && is_named(q, en->to_dir, packed_to(en)))
		sides |= WHERE_TO;
	return sides;
}

static void
put_identity(struct buf *reply, const struct fs_id *id)
{
	pack_u64(reply, id->fs);
	pack_u64(reply, id->ino);
	pack_i64(reply, id->btime);
}

static void
put_found(struct buf *reply, const struct packed *p, size_t i, unsigned sides)
{
	const struct entry *en = &p->en[i];
	int before = en->id.ino != 0, after = packed_is_anew(p, i);

	if (where_is_split(en->kind)) {
		before = before && sides & WHERE_FROM;
		after = after && sides & WHERE_TO;
	}
	pack_u64(reply, (uint64_t)p->id << 20 | i);
	pack_u64(reply, (uint64_t)before + (uint64_t)after);
	if (before)
		put_identity(reply, &en->id);
	if (after)
		put_identity(reply, &p->res[i].id);
}

static int
look_through(struct catalog *c, struct question *q, int64_t cursor,
    struct buf *reply, struct err *e)
{
	size_t start = reply->len, i;
	int64_t damaged = 0;
	struct packed p;
	unsigned sides;
	int r = 1, n;

	for (n = 0; n < AT_ONCE && reply->len - start < CATALOG_PAGE; n++) {
		struct err own = {0};

		r = packed_next(c->db, cursor, &p, &own);
		if (r < 0 && (own.kind != ERR_CORRUPT || p.id == 0)) {
			*e = own;
			packed_fini(&p);
			return -1;
		}
		if (r == 0)
			break;
		cursor = p.id;
		if (r < 0)
			damaged = damaged ? damaged : p.run;
		for (i = 0; r == 1 && i < p.n; i++)
			if (packed_is_told(&p, i) &&
			    (sides = sides_of(q, &p, i)) != 0)
				put_found(reply, &p, i, sides);
		packed_fini(&p);
	}
	codec_put_raw64(reply, (uint64_t)damaged);
	codec_put_raw64(reply, (uint64_t)cursor);
	return r != 0;
}

static void
read_files(struct question *q, struct unpack *req)
{
	uint64_t fs, ino;
	int64_t btime;

	while (!req->bad && req->p < req->end) {
		fs = unpack_u64(req);
		ino = unpack_u64(req);
		btime = unpack_i64(req);
		if (!req->bad)
			set64_add(&q->files, mark(fs, ino, btime));
	}
}

int
do_packed(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	CLEAN(question_fini) struct question q = {0};
	uint64_t by = unpack_u64(req);
	int64_t cursor;
	char *slash;

	q.by = by <= PACKED_FILE ? (enum packed_by)by : PACKED_NAME;
	q.what = unpack_str(req);
	cursor = unpack_i64(req);
	if (q.by == PACKED_FILE)
		read_files(&q, req);
	if (unpack_end(req) < 0 || by > PACKED_FILE)
		return catalog_bad_request(e);
	q.name = q.what;
	slash = q.by == PACKED_NAME ? strrchr(q.what, '/') : NULL;
	if (slash != NULL) {
		*slash = '\0';
		q.name = slash + 1;
		q.dir = *q.what != '\0' ? q.what : "/";
	}
	return look_through(c, &q, cursor, reply, e);
}
