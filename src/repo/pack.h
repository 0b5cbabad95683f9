#ifndef REPO_PACK_H
#define REPO_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "repo/blob.h"

/*
 * The header at the end of a pack file (restic-format 1.6): an entry a blob, in
 * the order in which they lie there.  Offsets are the sums of the lengths.
 */
struct buf;
struct err;

#define PACK_HEADER_MAX	((size_t)16 << 20)
#define PACK_ENTRY_PLAIN	37
#define PACK_ENTRY_ZIPPED	41

struct pack_entry {
	struct id	 id;
	enum blob_type	 type;
	uint32_t	 offset, length, plain;
	unsigned char	 compressed;
};

void pack_entry_add(struct buf *header, const struct pack_entry *p);

/*
 * Read an opened header whose pack is size bytes long in all.  Entries go to
 * each in order, after all of them were looked at; a non-zero answer of each
 * ends it and is returned.  ERR_CORRUPT: an unknown type, a cut entry, lengths
 * that do not add up to the pack.
 */
int pack_entries(const void *header, size_t len, uint64_t size,
    int (*each)(void *arg, const struct pack_entry *p), void *arg,
    struct err *e);

/* The size a pack must have, with n plain and z compressed blobs of sealed
 * bytes in all. */
uint64_t pack_size(uint64_t n, uint64_t z, uint64_t sealed);

struct repo;
struct repo_hand;
/* Fetch and open the header of a pack of this size (0: ask). */
int pack_read(struct repo *r, struct repo_hand *h, const struct id *pack,
    uint64_t size, int (*each)(void *arg, const struct pack_entry *p),
    void *arg, struct err *e);

#endif
