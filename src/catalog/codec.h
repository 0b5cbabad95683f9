#ifndef CATALOG_CODEC_H
#define CATALOG_CODEC_H

#include <stdint.h>

#include "fs/id.h"
#include "util/pack.h"

/*
 * What batches and results have in common.
 *
 * An identity is packed as its difference to the one packed before it: fs,
 * owner and mode are mostly the same, inode numbers lie near, and a file's own
 * times lie near each other.  prev starts as {0} on both sides and is moved on
 * by every call.
 */
struct buf;

void codec_put_id(struct buf *b, struct fs_id *prev, const struct fs_id *id);
void codec_get_id(struct unpack *u, struct fs_id *prev, struct fs_id *id);

/* Eight bytes as they are: for random and hashed numbers. */
void codec_put_raw64(struct buf *b, uint64_t v);
uint64_t codec_get_raw64(struct unpack *u);

/*
 * A batch in bytes (all numbers little-endian):
 *
 *	0	"FBt1"
 *	4	u32 number of entries
 *	8	u64 hash_fixed(number of entries, payload)
 *	16	payload: the entries, one after another
 *
 * An entry: kind, event (a byte each), mask (CODEC_*), flags, job; references
 * from_dir, to_dir and, if in the mask, why; names from and, unless they are
 * equal, to; then what else the mask tells, in the order of its bits.
 * A reference is 0 for "", 1 for a new string that follows and takes the next
 * number, or that number + 2.  Every string is its length, its bytes and a NUL
 * that the length does not count, so that a reader may lend it as it lies.
 */
#define CODEC_MAGIC	"FBt1"
#define CODEC_HEADER	((size_t)16)

#define CODEC_SAME_NAME	0x01u
#define CODEC_WHY	0x02u
#define CODEC_TOKEN	0x04u
#define CODEC_ID	0x08u
#define CODEC_MADE	0x10u
#define CODEC_KEY	0x20u
#define CODEC_EXTRA	0x40u
#define CODEC_ALL	0x7fu

#define CODEC_FLAGS	0xffu		/* all ENTRY_* flags there are */

#endif
