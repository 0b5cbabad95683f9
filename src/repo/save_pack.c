/* save_pack.c -- a pack being made: save_impl.h. */
#include <stdlib.h>
#include <string.h>

#include "crypto/seal.h"
#include "crypto/sha256.h"
#include "repo/save_impl.h"
#include "store/store.h"
#include "util/xalloc.h"

struct packer *
packer_new(struct store *store, enum blob_type t)
{
	struct packer *p = xalloc(sizeof(*p));

	p->store = store;
	p->type = t;
	p->sha = sha256_new();
	sha256_start(p->sha);
	return p;
}

void
packer_free(struct packer *p)
{
	if (p == NULL)
		return;
	store_drop(p->upload);
	sha256_free(p->sha);
	buf_fini(&p->held);
	free(p->v);
	free(p);
}

static int
send(struct packer *p, const void *data, size_t len, struct err *e)
{
	if (p->upload == NULL) {
		if (store_start(p->store, STORE_PACK, 0, &p->upload, e) < 0)
			return -1;
		if (p->type == BLOB_DATA)
			store_mark_data(p->upload);
	}
	return store_add(p->upload, data, len, e);
}

static int
send_held(struct packer *p, struct err *e)
{
	if (p->held.len > 0 && send(p, p->held.data, p->held.len, e) < 0)
		return -1;
	p->held.len = 0;
	return 0;
}

int
packer_add(struct packer *p, struct repo_hand *h,
    const struct pack_entry *blob, const void *sealed, struct err *e)
{
	size_t limit = p->upload == NULL ? PACKER_HOLD : PACKER_PIECE;

	XGROW(p->v, p->n, p->cap);
	p->v[p->n] = *blob;
	p->v[p->n++].offset = (uint32_t)p->size;
	p->size += blob->length;
	if (blob_hash(h, blob, sealed, p->sha, e) < 0)
		return -1;
	if (p->held.len + blob->length > limit && send_held(p, e) < 0)
		return -1;
	/* What is long goes out without being copied. */
	if (blob->length > limit)
		return send(p, sealed, blob->length, e);
	buf_add(&p->held, sealed, blob->length);
	return 0;
}

int
packer_absorb(struct packer *into, struct packer *p, struct err *e)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (packer_add(into, NULL, &p->v[i],
		    p->held.data + p->v[i].offset, e) < 0)
			return -1;
	packer_free(p);
	return 0;
}

/* The sealed header and its length, to what is held. */
static int
add_header(struct packer *p, struct sealer *s, struct err *e)
{
	CLEAN_BUF struct buf plain = {0}, again = {0};
	size_t i, sealed;
	unsigned char *out;

	for (i = 0; i < p->n; i++)
		pack_entry_add(&plain, &p->v[i]);
	sealed = plain.len + SEAL_OVERHEAD;
	out = buf_room(&p->held, sealed + 4);
	sealer_seal(s, out, plain.data, plain.len);
	/* Blobs are looked at again, so what tells where they lie is, too. */
	if (sealer_open(s, buf_room(&again, plain.len), out, sealed, e) < 0)
		return err_wrap(e, "verify the header of a pack");
	if (plain.len > 0 && memcmp(again.data, plain.data, plain.len) != 0)
		return err_set(e, ERR_CORRUPT, "verify the header of a pack: it "
		    "came back as something else; is the memory good?");
	for (i = 0; i < 4; i++)
		out[sealed + i] = (unsigned char)(sealed >> 8 * i);
	sha256_add(p->sha, out, sealed + 4);
	p->held.len += sealed + 4;
	return 0;
}

/* A small one needs no upload in pieces. */
static int
put_whole(struct packer *p, const struct id *id, struct err *e)
{
	struct store_name name = { .kind = STORE_PACK,
	    .data = p->type == BLOB_DATA };

	memcpy(name.id, id->b, sizeof(name.id));
	return store_put(p->store, &name, p->held.data, p->held.len, e);
}

int
packer_finish(struct packer *p, struct sealer *s, struct id *id, struct err *e)
{
	struct store_upload *u;

	if (add_header(p, s, e) < 0)
		return -1;
	sha256_end(p->sha, id->b);
	if (p->upload == NULL)
		return put_whole(p, id, e);
	if (send_held(p, e) < 0)
		return -1;
	u = p->upload;
	p->upload = NULL;		/* finish frees it in any case */
	return store_finish(u, id->b, e);
}
