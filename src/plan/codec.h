#ifndef PLAN_CODEC_H
#define PLAN_CODEC_H

#include "plan/plan.h"

/*
 * One operation as bytes, told as what differs from the one before, so that a
 * usual move takes about 60 bytes and its name.  A struct codec is the memory
 * of the one before; both sides start with {0} at the start of a chunk.
 */
struct buf;

struct codec {
	struct fs_id	 id;
	uint64_t	 done_key;
	uint32_t	 job, from_dir, to_dir, why;
};

/* Append op to out. */
void codec_put(struct codec *c, struct buf *out, const struct op *op);

/*
 * Read one at *at of len bytes and step over it.  Strings are borrowed from
 * data and end in NUL.  -1 if the bytes are not what codec_put wrote; what
 * they name (folders, texts, jobs) is not judged here.
 */
int codec_get(struct codec *c, const void *data, size_t len, size_t *at,
    struct op *op);

#endif
