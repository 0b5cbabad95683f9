#ifndef REPO_SAVE_H
#define REPO_SAVE_H

#include <stddef.h>
#include <stdint.h>

#include "repo/blob.h"

/*
 * Blobs into a repository.
 *
 *	s = saver_new(repo)
 *	many threads, each with a hand of its own:
 *		saver_save(s, hand, BLOB_DATA, piece, len, &id, &saved)
 *	saver_flush(s)		packs and index are durable
 *	saver_free(s)
 *
 * A blob is hashed, left alone if it is there already, else compressed, sealed,
 * opened again and compared (unless repo_options.no_verify), and put in an open
 * pack; two packs are open for each type and a blob goes into either at random
 * (restic 0.18; eprint 2025/532).  A pack is uploaded as it fills, where the
 * store takes it so.  Full packs and index files are finished by the thread
 * that filled them.
 *
 * After a failure of one call every later one fails with the same words; what
 * was flushed before is durable and of use to the next backup.
 */
struct err;
struct repo;
struct repo_hand;
struct saver;

struct saved {
	int		 fresh;		/* it was not there before */
	uint32_t	 packed;	/* bytes it takes, sealed; 0 if not fresh */
};

struct known_blob {
	enum blob_type	 type;
	const struct id	*id;		/* borrowed, as data is */
	const void	*data;
	size_t		 len;
	int		 framed;	/* data is its frame, compressed already and
					   looked at, not in the hand's own buffers;
					   v2 only */
	uint32_t	 plain_len;	/* what the frame gives */
	int		 again;		/* though it is there */
};

struct saver_totals {
	uint64_t	 blobs[2];	/* fresh ones, by type */
	uint64_t	 plain[2], packed[2];
};

int saver_new(struct repo *r, struct saver **out, struct err *e);
int saver_save(struct saver *s, struct repo_hand *h, enum blob_type t,
    const void *data, size_t len, struct id *id, struct saved *how,
    struct err *e);
/* The same of one whose id is known: copies between repositories, prune. */
int saver_save_known(struct saver *s, struct repo_hand *h,
    const struct known_blob *b, struct saved *how, struct err *e);
/* A blob as it lies sealed in a pack of the same key: prune and copy. */
int saver_save_sealed(struct saver *s, enum blob_type t, const struct id *id,
    const void *sealed, const struct blob_at *at, struct err *e);

/* All that was saved is durable: open packs, then the index. */
int saver_flush(struct saver *s, struct err *e);
/* So much is durable without any end of packs: index files that are due. */
int saver_checkpoint(struct saver *s, struct err *e);
void saver_totals(const struct saver *s, struct saver_totals *out);
void saver_free(struct saver *s);	/* NULL is fine; drops open packs */

#endif
