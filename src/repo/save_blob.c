/* save_blob.c -- what becomes of a blob before it lies in a pack: save_impl.h. */
#include <string.h>

#include "repo/hand.h"
#include "repo/repo.h"
#include "repo/save_impl.h"

/* Up to here what is opened again is decompressed at once, which is faster;
 * beyond it in pieces, which takes less memory. */
#define AT_ONCE		((size_t)256 << 10)

/* A hand keeps its memory from blob to blob, but not that of a giant. */
#define KEEP		((size_t)32 << 20)

/* Which compressor, or NULL: trees always, what is empty never. */
static struct zip *
zip_for(const struct repo *r, const struct repo_hand *h, enum blob_type t,
    size_t len)
{
	if (r->version < 2 || len == 0)
		return NULL;
	if (t == BLOB_TREE)
		return h->tree_zip;
	return r->options.compression == REPO_COMPRESS_OFF ? NULL : h->zip;
}

/*
 * Compress to where it is sealed in place, or, if nothing is won, seal the data
 * as it is: then it costs nothing to decompress it either.  Trees stay compressed
 * in any case, for restic takes plain ones for those of an old repository.
 */
static void
seal(const struct repo *r, struct repo_hand *h, const void *data, size_t len,
    struct pack_entry *p)
{
	struct zip *z = zip_for(r, h, p->type, len);
	const size_t more = PACK_ENTRY_ZIPPED - PACK_ENTRY_PLAIN;
	unsigned char *out, *text;
	const void *from = data;
	size_t n = len;

	h->sealed.len = 0;
	out = buf_room(&h->sealed, SEAL_OVERHEAD +
	    (z != NULL ? zip_bound(len) : len));
	text = out + SEAL_OVERHEAD / 2;
	if (z != NULL && (p->type == BLOB_TREE ||
	    blob_shrinks(z, text, data, len))) {
		n = zip_pack(z, text, data, len);
		p->compressed = p->type == BLOB_TREE || n + more < len;
		from = text;
	}
	if (!p->compressed) {
		n = len;
		from = data;
	}
	sealer_seal(h->sealer, out, from, n);
	h->sealed.len = n + SEAL_OVERHEAD;
	p->length = (uint32_t)h->sealed.len;
	p->plain = (uint32_t)len;
}

static void
hash_piece(void *sha, const void *data, size_t len)
{
	sha256_add(sha, data, len);
}

static int
hash_zipped(struct repo_hand *h, const struct pack_entry *p, struct err *e)
{
	size_t zipped = p->length - SEAL_OVERHEAD;
	int small = p->plain <= AT_ONCE;
	unsigned char *text, *plain;

	h->scratch.len = 0;
	text = buf_room(&h->scratch, zipped + (small ? p->plain : 0));
	if (sealer_open(h->sealer, text, h->sealed.data, p->length, e) < 0)
		return -1;
	if (!small)
		return unzip_look(h->unzip, p->plain, text, zipped, hash_piece,
		    h->sha, e);
	plain = text + zipped;
	if (unzip_exact(h->unzip, plain, p->plain, text, zipped, e) < 0)
		return -1;
	sha256_add(h->sha, plain, p->plain);
	return 0;
}

/*
 * Will it come back?  restic has written what did not (its #4523, #4677: faults
 * of a compressor), and memory is not always right.  r is what opening it said,
 * h->sha has what came out.
 */
static int
verdict(struct repo_hand *h, const struct pack_entry *p, int r, struct err *e)
{
	struct id got;
	char hex[ID_HEX];

	sha256_end(h->sha, got.b);
	id_hex(&p->id, hex);
	if (r < 0)
		return err_wrap(e, "verify blob %.16s before it is saved", hex);
	if (!id_equal(&got, &p->id))
		return err_set(e, ERR_CORRUPT, "verify blob %.16s before it is "
		    "saved: it came back as something else; is the memory good?",
		    hex);
	return 0;
}

/* Of what lies plain in its pack: two sums over as many bytes. */
struct along {
	struct sha256	*blob, *pack;
	const unsigned char *text;	/* sealed */
};

static void
hash_both(void *arg, const void *plain, size_t len)
{
	struct along *a = arg;

	sha256_add_two(a->blob, plain, a->pack, a->text, len);
	a->text += len;
}

int
blob_hash(struct repo_hand *h, const struct pack_entry *p,
    const unsigned char *sealed, struct sha256 *pack, struct err *e)
{
	const size_t side = SEAL_OVERHEAD / 2;
	struct along a;
	int r;

	if (h == NULL || p->compressed) {
		sha256_add(pack, sealed, p->length);
		return 0;
	}
	a = (struct along){ h->sha, pack, sealed + side };
	sha256_start(h->sha);
	sha256_add(pack, sealed, side);
	r = sealer_look(h->sealer, sealed, p->length, hash_both, &a, e);
	sha256_add(pack, sealed + p->length - side, side);
	return verdict(h, p, r, e);
}

static void
give_back(struct buf *b)
{
	if (b->cap > KEEP)
		buf_fini(b);
}

static int
seal_plain(const struct repo *r, struct repo_hand *h,
    const struct known_blob *b, struct pack_entry *out, struct err *e)
{
	seal(r, h, b->data, b->len, out);
	if (r->options.no_verify || !out->compressed)
		return 0;
	sha256_start(h->sha);
	return verdict(h, out, hash_zipped(h, out, e), e);
}

static int
seal_frame(const struct repo *r, struct repo_hand *h,
    const struct known_blob *b, struct pack_entry *out, struct err *e)
{
	int ret;

	out->compressed = 1;
	out->length = (uint32_t)b->len + SEAL_OVERHEAD;
	out->plain = b->plain_len;
	h->sealed.len = h->scratch.len = 0;
	sealer_seal(h->sealer, buf_room(&h->sealed, out->length), b->data,
	    b->len);
	if (r->options.no_verify)
		return 0;
	ret = sealer_open(h->sealer, buf_room(&h->scratch, b->len),
	    h->sealed.data, out->length, e);
	if (ret == 0 && memcmp(h->scratch.data, b->data, b->len) != 0)
		ret = err_set(e, ERR_CORRUPT, "it came back as something "
		    "else; is the memory good?");
	return ret < 0 ? err_wrap(e, "verify a blob before it is saved") : 0;
}

int
blob_seal(const struct repo *r, struct repo_hand *h,
    const struct known_blob *b, struct pack_entry *out, struct err *e)
{
	if (b->len > BLOB_PLAIN_MAX)
		return err_set(e, ERR_USAGE, "save a blob of %zu bytes: at most "
		    "%u can be", b->len, (unsigned)BLOB_PLAIN_MAX);
	give_back(&h->sealed);
	give_back(&h->scratch);
	*out = (struct pack_entry){ .id = *b->id, .type = b->type };
	return b->framed ? seal_frame(r, h, b, out, e) :
	    seal_plain(r, h, b, out, e);
}
