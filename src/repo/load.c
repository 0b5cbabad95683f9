/*
 * load.c -- see load.h.
 *
 * Packs of trees are kept whole (load_impl.h), since who looks at one folder looks
 * at others.  What comes out of there is checked as anything else; a copy that is
 * damaged is forgotten and fetched again.
 */
#include <stdlib.h>
#include <string.h>

#include "repo/hand.h"
#include "repo/index.h"
#include "repo/load.h"
#include "repo/load_impl.h"
#include "repo/repo.h"
#include "util/clean.h"

#define SEAL_IV		16	/* before what is sealed */

#define TRIES		2	/* what was damaged on its way may not be again */

/* A place that cannot be, whoever wrote the index. */
static int
bad_place(const struct blob_at *at)
{
	return at->length < SEAL_OVERHEAD || at->plain > BLOB_PLAIN_MAX ||
	    at->length > BLOB_PLAIN_MAX + SEAL_OVERHEAD ||
	    (!at->compressed && at->plain != at->length - SEAL_OVERHEAD);
}

static int
open_sealed(struct repo_hand *h, const struct blob_at *at, const void *sealed,
    struct buf *out, struct err *e)
{
	unsigned char *plain, *zipped;
	size_t n = at->length - SEAL_OVERHEAD;

	out->len = 0;
	plain = buf_room(out, (size_t)at->plain + 1);
	if (!at->compressed) {
		if (sealer_open(h->sealer, plain, sealed, at->length, e) < 0)
			return -1;
	} else {
		h->scratch.len = 0;
		zipped = buf_room(&h->scratch, n);
		if (sealer_open(h->sealer, zipped, sealed, at->length, e) < 0 ||
		    unzip_exact(h->unzip, plain, at->plain, zipped, n, e) < 0)
			return -1;
	}
	out->len = at->plain;
	return 0;
}

enum fault { FAULT_PLACE, FAULT_SEAL, FAULT_BYTES };

static int
damaged(enum fault f, const struct id *id, const struct blob_at *at,
    struct err *e)
{
	char blob[ID_HEX], pack[ID_HEX];

	id_hex(id, blob);
	id_hex(&at->pack, pack);
	if (f == FAULT_SEAL)
		return err_wrap(e, "blob %.16s in pack %.16s", blob, pack);
	return err_set(e, ERR_CORRUPT, "blob %.16s in pack %.16s: %s", blob,
	    pack, f == FAULT_PLACE ? "the index cannot be right" :
	    "it is not what it was");
}

static int
is_blob(struct repo_hand *h, const struct id *id, const void *plain, size_t len)
{
	struct id got;

	sha256_start(h->sha);
	sha256_add(h->sha, plain, len);
	sha256_end(h->sha, got.b);
	return id_equal(&got, id);
}

int
load_open(struct repo_hand *h, const struct id *id, const struct blob_at *at,
    const void *sealed, struct buf *out, struct err *e)
{
	enum fault f = FAULT_BYTES;

	if (bad_place(at))
		f = FAULT_PLACE;
	else if (open_sealed(h, at, sealed, out, e) < 0)
		f = FAULT_SEAL;
	else if (is_blob(h, id, out->data, out->len))
		return 0;
	out->len = 0;
	return damaged(f, id, at, e);
}

int
load_open_here(struct repo_hand *h, const struct id *id,
    const struct blob_at *at, void *sealed, struct buf *out,
    const void **plain, struct err *e)
{
	unsigned char *inside = (unsigned char *)sealed + SEAL_IV;

	if (bad_place(at))
		return damaged(FAULT_PLACE, id, at, e);
	if (sealer_open(h->sealer, inside, sealed, at->length, e) < 0)
		return damaged(FAULT_SEAL, id, at, e);
	*plain = inside;
	if (at->compressed) {
		/* Not by growing: that would hold the old and the new at once. */
		if (out->cap <= at->plain)
			buf_fini(out);
		out->len = 0;
		*plain = buf_room(out, (size_t)at->plain + 1);
		if (unzip_exact(h->unzip, out->data, at->plain, inside,
		    at->length - SEAL_OVERHEAD, e) < 0)
			return damaged(FAULT_SEAL, id, at, e);
		out->len = at->plain;
	}
	return is_blob(h, id, *plain, at->plain) ? 0 :
	    damaged(FAULT_BYTES, id, at, e);
}

static void
hash_piece(void *sha, const void *data, size_t len)
{
	sha256_add(sha, data, len);
}

int
load_look(struct repo_hand *h, const struct id *id, const struct blob_at *at,
    void *sealed, struct err *e)
{
	unsigned char *inside = (unsigned char *)sealed + SEAL_IV;
	struct id got;

	if (bad_place(at))
		return damaged(FAULT_PLACE, id, at, e);
	if (sealer_open(h->sealer, inside, sealed, at->length, e) < 0)
		return damaged(FAULT_SEAL, id, at, e);
	sha256_start(h->sha);
	if (!at->compressed)
		sha256_add(h->sha, inside, at->plain);
	else if (unzip_look(h->unzip, at->plain, inside,
	    at->length - SEAL_OVERHEAD, hash_piece, h->sha, e) < 0)
		return damaged(FAULT_SEAL, id, at, e);
	sha256_end(h->sha, got.b);
	return id_equal(&got, id) ? 0 : damaged(FAULT_BYTES, id, at, e);
}

static struct store_name
pack_name(const struct id *pack)
{
	struct store_name n = { .kind = STORE_PACK };

	memcpy(n.id, pack->b, sizeof(n.id));
	return n;
}

static int
fetch(struct repo *r, struct repo_hand *h, const struct blob_at *at,
    struct err *e)
{
	struct store_name n = pack_name(&at->pack);

	h->sealed.len = 0;
	return store_get(r->store, &n, at->offset,
	    buf_room(&h->sealed, at->length), at->length, e);
}

/* ---- trees, by way of the cache, or what serves for it ---- */

static int
load_kept(struct repo *r, struct repo_hand *h, enum blob_type t,
    const struct id *id, const struct blob_at *at, struct buf *out)
{
	if (t != BLOB_TREE || !load_whole_keeps(r))
		return 0;
	h->sealed.len = 0;
	if (load_whole_get(r, &at->pack, at->offset,
	    buf_room(&h->sealed, at->length), at->length)) {
		if (load_open(h, id, at, h->sealed.data, out, NULL) == 0)
			return 1;
		load_whole_forget(r, &at->pack);
	}
	if (!load_whole_pack(r, &at->pack) || !load_whole_get(r, &at->pack,
	    at->offset, h->sealed.data, at->length))
		return 0;
	if (load_open(h, id, at, h->sealed.data, out, NULL) == 0)
		return 1;
	load_whole_forget(r, &at->pack);
	return 0;
}

static int
load_at(struct repo *r, struct repo_hand *h, enum blob_type t,
    const struct id *id, const struct blob_at *at, struct buf *out,
    struct err *e)
{
	char blob[ID_HEX];
	int i;

	if (bad_place(at))
		return load_open(h, id, at, NULL, out, e);	/* says so */
	if (load_kept(r, h, t, id, at, out))
		return 0;
	for (i = 0; i < TRIES; i++) {
		if (fetch(r, h, at, e) < 0) {
			if (e->kind == ERR_CORRUPT)
				continue;
			id_hex(id, blob);
			return err_wrap(e, "blob %.16s", blob);
		}
		if (load_open(h, id, at, h->sealed.data, out, e) == 0)
			return 0;
	}
	return -1;
}

/* ---- every place ---- */
struct search {
	struct repo	*repo;
	struct repo_hand *hand;
	enum blob_type	 type;
	const struct id	*id;
	struct blob_at	 tried;		/* in vain, and is not tried again */
	struct buf	*out;
};

static int
try_place(void *arg, const struct blob_at *at)
{
	struct search *s = arg;
	struct err e = {0};

	if (id_equal(&at->pack, &s->tried.pack) &&
	    at->offset == s->tried.offset)
		return 0;
	return load_at(s->repo, s->hand, s->type, s->id, at, s->out, &e) == 0;
}

int
load_blob(struct repo *r, struct repo_hand *h, enum blob_type t,
    const struct id *id, struct buf *out, struct err *e)
{
	struct search s = { .repo = r, .hand = h, .type = t, .id = id,
	    .out = out };
	struct err here = {0};
	char blob[ID_HEX];

	if (e == NULL)
		e = &here;
	id_hex(id, blob);
	out->len = 0;
	if (!index_find(r->index, t, id, &s.tried))
		return err_set(e, ERR_NOENT, "%s blob %s is in no index",
		    t == BLOB_TREE ? "tree" : "data", blob);
	if (load_at(r, h, t, id, &s.tried, out, e) == 0)
		return 0;
	if (e->kind != ERR_STOPPED &&
	    index_all(r->index, t, id, try_place, &s) == 1)
		return 0;
	/* The index knows it, so a pack that is not there is damage. */
	if (e->kind == ERR_NOENT)
		e->kind = ERR_CORRUPT;
	out->len = 0;
	return -1;
}
