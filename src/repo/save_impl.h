#ifndef REPO_SAVE_IMPL_H
#define REPO_SAVE_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "repo/pack.h"
#include "repo/save.h"
#include "util/buf.h"
#include "util/err.h"

/*
 * The parts of a saver, each with a file of its own:
 *
 *	save_blob.c	a blob: compressed, sealed, looked at again
 *	save_probe.c	will it shrink?
 *	save_pack.c	a pack being made
 *	save_finish.c	threads that end packs
 *	save.c		which pack a blob goes into, and when it is full
 */
struct repo;
struct repo_hand;
struct saver;
struct sealer;
struct sha256;
struct store;
struct store_upload;
struct zip;

/*
 * Make of data what lies in a pack: h->sealed, and *out tells about it (but for
 * the offset).
 *
 * Unless the repository's options say otherwise, it is opened again and must have
 * its id: ERR_CORRUPT if it has not, which is a fault of memory, processor or
 * library, or an id that is not the data's.  What was compressed is looked at by
 * blob_seal; what lies in its pack as it was, by blob_hash, since the sum of the
 * blob and that of the pack are made together in little more than half the time.
 * That a frame is right is known: of it only the seal is looked at.
 */
int blob_seal(const struct repo *r, struct repo_hand *h,
    const struct known_blob *b, struct pack_entry *out, struct err *e);

/* Is data worth being compressed?  room has zip_bound(len), and is written to. */
int blob_shrinks(struct zip *z, unsigned char *room, const unsigned char *data,
    size_t len);

/*
 * Add a blob to its pack's sum.  h: of the thread that sealed it, or NULL not to
 * look at it.
 */
int blob_hash(struct repo_hand *h, const struct pack_entry *p,
    const unsigned char *sealed, struct sha256 *pack, struct err *e);

/*
 * A pack being made, used by one thread at a time.  Its bytes go to the store in
 * pieces; the first PACKER_HOLD of them are held back, so that two packs which
 * stay small can become one.
 */
#define PACKER_PIECE	((size_t)256 << 10)
#define PACKER_HOLD	((size_t)1 << 20)
#define PACKER_BLOBS	25000	/* and then it is full: memory, and the header */

struct packer {
	struct store	*store;
	enum blob_type	 type;
	struct sha256	*sha;
	struct store_upload *upload;	/* NULL until there is more than HOLD */
	struct buf	 held;		/* not sent yet */
	struct pack_entry *v;
	size_t		 n, cap;
	uint64_t	 size;		/* of the blobs, sealed */
	struct packer	*next;		/* in the queue of save_finish.c */
};

struct packer *packer_new(struct store *store, enum blob_type t);
void packer_free(struct packer *p);	/* NULL is fine; drops what was sent */

/* h as for blob_hash. */
int packer_add(struct packer *p, struct repo_hand *h,
    const struct pack_entry *blob, const void *sealed, struct err *e);

/* Put all of p into `into`: p must not have been sent from.  Frees p on 0. */
int packer_absorb(struct packer *into, struct packer *p, struct err *e);

/* The header, the end, the name.  On 0 the pack is durable. */
int packer_finish(struct packer *p, struct sealer *s, struct id *id,
    struct err *e);

/*
 * Threads that end packs.  It takes as long as the disk needs to make 16 MiB
 * durable; who fills packs goes on meanwhile, unless too many wait already.
 */
struct finisher;
struct finisher *finisher_new(struct saver *s, struct repo *r);
void finisher_free(struct finisher *f);	/* what waits is ended first */

/* Takes p over. */
void finisher_add(struct finisher *f, struct packer *p);
/* Until none is left. */
void finisher_drain(struct finisher *f);

/* The saver is over: the first reason counts.  Any thread. */
void saver_fail(struct saver *s, const struct err *why);
int saver_failed(const struct saver *s);
/* Drop a pack: what was in it is nowhere. */
void saver_drop(struct saver *s, struct packer *p);

#endif
