/*
 * envelope.c -- whole files that are sealed: index, snapshot, lock.
 *
 * In version 1 the plaintext is JSON.  In version 2 it is a byte 2 and a zstd
 * frame of JSON; but JSON as it is may stand there, too (older files of a
 * repository that was brought to version 2), which '{' or '[' tells.
 */
#include <string.h>

#include "crypto/seal.h"
#include "repo/hand.h"
#include "repo/repo_impl.h"
#include "util/err.h"
#include "zip/zip.h"

#define COMPRESSED	2

void
envelope_seal(const struct repo *r, struct repo_hand *h, const void *json,
    size_t len, struct buf *out)
{
	size_t bound = r->version >= 2 ? zip_bound(len) + 1 : len, n = len;
	unsigned char *to;

	buf_reset(out);
	to = buf_room(out, bound + SEAL_OVERHEAD);
	if (r->version >= 2) {
		to[16] = COMPRESSED;
		n = 1 + zip_pack(h->tree_zip, to + 17, json, len);
	} else if (len > 0)
		memcpy(to + 16, json, len);
	sealer_seal(h->sealer, to, to + 16, n);
	out->len = n + SEAL_OVERHEAD;
}

int
envelope_open(const struct repo *r, struct repo_hand *h, const void *sealed,
    size_t len, struct buf *out, struct err *e)
{
	unsigned char *plain;

	buf_reset(out);
	buf_reset(&h->scratch);
	plain = buf_room(&h->scratch, len + 1);
	if (sealer_open(h->sealer, plain, sealed, len, e) < 0)
		return -1;
	len -= SEAL_OVERHEAD;
	if (r->version < 2 || len == 0 || plain[0] == '{' || plain[0] == '[') {
		buf_add(out, plain, len);
		return 0;
	}
	if (plain[0] != COMPRESSED)
		return err_set(e, ERR_CORRUPT, "neither JSON nor compressed");
	return unzip_any(h->unzip, out, REPO_UNPACKED_MAX, plain + 1, len - 1,
	    e);
}

/* What comes out, held against what went in. */
struct compare {
	const unsigned char *with;
	size_t		 left;
	int		 differs;
};

static void
compare(void *arg, const void *plain, size_t n)
{
	struct compare *c = arg;

	if (c->differs || n > c->left) {
		c->differs = 1;
		return;
	}
	c->differs = n > 0 && memcmp(plain, c->with, n) != 0;
	c->with += n;
	c->left -= n;
}

int
envelope_check(const struct repo *r, struct repo_hand *h, const void *sealed,
    size_t len, const void *json, size_t json_len, struct err *e)
{
	struct compare c = { json, json_len, 0 };
	unsigned char *plain;
	int bad;

	if (r->version < 2)
		bad = sealer_look(h->sealer, sealed, len, compare, &c, e) < 0;
	else {
		buf_reset(&h->scratch);
		plain = buf_room(&h->scratch, len);
		bad = sealer_open(h->sealer, plain, sealed, len, e) < 0 ||
		    plain[0] != COMPRESSED || unzip_look(h->unzip, json_len,
		    plain + 1, len - SEAL_OVERHEAD - 1, compare, &c, e) < 0;
	}
	if (bad || c.differs || c.left > 0)
		return err_set(e, ERR_CORRUPT, "what was sealed does not open "
		    "again: memory or processor fails");
	return 0;
}
