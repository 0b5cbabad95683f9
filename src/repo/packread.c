/* packread.c -- pack_read of pack.h: the header, fetched from the pack's end. */
#include <string.h>

#include "repo/hand.h"
#include "repo/pack.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/err.h"

#define LENGTH_SIZE	((size_t)4)

/* What is fetched first: most packs are of few, large blobs, and their header is
 * in it (15 blobs, as restic). */
#define FIRST		(15 * PACK_ENTRY_ZIPPED + SEAL_OVERHEAD + LENGTH_SIZE)

static size_t
get_length(const unsigned char *p)
{
	return p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
	    (size_t)p[3] << 24;
}

/* The last len bytes, to h->sealed. */
static int
fetch_end(struct repo *r, struct repo_hand *h, const struct store_name *n,
    uint64_t size, size_t len, struct err *e)
{
	h->sealed.len = 0;
	return store_get(r->store, n, size - len, buf_room(&h->sealed, len), len,
	    e);
}

/* The sealed header: in h->sealed from *at, *len bytes. */
static int
fetch_header(struct repo *r, struct repo_hand *h, const struct store_name *n,
    uint64_t size, size_t *at, size_t *len, struct err *e)
{
	size_t first = size < FIRST ? (size_t)size : FIRST, want;

	if (size < PACK_ENTRY_PLAIN + SEAL_OVERHEAD + LENGTH_SIZE)
		return err_set(e, ERR_CORRUPT, "%llu bytes are no pack",
		    (unsigned long long)size);
	if (fetch_end(r, h, n, size, first, e) < 0)
		return -1;
	*len = get_length(h->sealed.data + first - LENGTH_SIZE);
	if (*len < PACK_ENTRY_PLAIN + SEAL_OVERHEAD ||
	    *len > PACK_HEADER_MAX + SEAL_OVERHEAD || *len > size - LENGTH_SIZE)
		return err_set(e, ERR_CORRUPT, "its header cannot be %zu bytes "
		    "long", *len);
	want = *len + LENGTH_SIZE;
	if (want > first && fetch_end(r, h, n, size, want, e) < 0)
		return -1;
	*at = want > first ? 0 : first - want;
	return 0;
}

int
pack_read(struct repo *r, struct repo_hand *h, const struct id *pack,
    uint64_t size, int (*each)(void *arg, const struct pack_entry *p),
    void *arg, struct err *e)
{
	struct store_name n = { .kind = STORE_PACK };
	CLEAN_BUF struct buf header = {0};
	char hex[ID_HEX];
	size_t at, len;
	int rc;

	id_hex(pack, hex);
	memcpy(n.id, pack->b, sizeof(n.id));
	if ((size == 0 && store_size(r->store, &n, &size, e) < 0) ||
	    fetch_header(r, h, &n, size, &at, &len, e) < 0 ||
	    sealer_open(h->sealer, buf_room(&header, len),
	    h->sealed.data + at, len, e) < 0)
		return err_wrap(e, "pack %.16s", hex);
	rc = pack_entries(header.data, len - SEAL_OVERHEAD, size, each, arg, e);
	return rc == -1 ? err_wrap(e, "pack %.16s", hex) : rc;
}
