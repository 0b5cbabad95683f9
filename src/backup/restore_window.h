#ifndef BACKUP_RESTORE_WINDOW_H
#define BACKUP_RESTORE_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "repo/blob.h"
#include "util/buf.h"
#include "util/map.h"

/*
 * Some files of a snapshot, and where their blobs are wanted: flat arrays, about
 * 40 bytes a file, 64 a blob, and the record of each file.
 *
 * The walk fills it in its own order.  After that was looked at which blobs are
 * in place, window_sort makes parts of the rest: stretches of packs, in the order
 * in which the packs were first met, each to be read at once.
 */
struct rfolder;
struct ropen;

enum rfile_state {
	RFILE_NEW,		/* nothing is there */
	RFILE_OVER,		/* write into what is there */
	RFILE_DONE		/* it has ended, whichever way */
};

/* A file; or a slice of a large one. */
struct rfile {
	struct rfolder	*folder;	/* held, until it has ended */
	struct ropen	*open;		/* of several blobs; else NULL */
	uint32_t	 record, record_len;
	uint32_t	 first, n;	/* its uses, before they are sorted */
	uint32_t	 number;
	unsigned char	 state;		/* of one without open */
	unsigned char	 alone;		/* it is no slice of many */
};

/* A blob in a file. */
struct use {
	uint64_t	 at;		/* in the file */
	uint32_t	 pack, offset;	/* pack: USE_NOT, it is in place */
	uint32_t	 length;	/* sealed */
	uint32_t	 plain;		/* and USE_ZIPPED */
	uint32_t	 file;
	uint32_t	 id;		/* which of the window's */
};
#define USE_NOT		UINT32_MAX
#define USE_ZIPPED	((uint32_t)1 << 31)

/* A stretch of a pack: uses first .. first + n. */
struct part {
	uint32_t	 first, n;
};

/* Another name of a file that comes before, in any window. */
struct rlink {
	struct rfolder	*folder;	/* held */
	char		*from;		/* path below the target; owned */
	uint32_t	 record, record_len;
};

struct window {
	struct buf	 records;
	struct rfile	*files;
	size_t		 n_files, cap_files;
	struct use	*uses;
	size_t		 n_uses, cap_uses;
	struct id	*ids;
	size_t		 n_ids, cap_ids;
	struct id	*packs;
	size_t		 n_packs, cap_packs;
	struct map	 pack_numbers;
	struct part	*parts;
	size_t		 n_parts, cap_parts;
	struct rlink	*links;
	size_t		 n_links, cap_links;
	size_t		 opens;		/* bytes of files of several blobs */
};

/* Memory that it takes. */
size_t window_weight(const struct window *w);

void window_use(struct window *w, uint32_t file, uint64_t at,
    const struct id *id, const struct blob_at *where);
static inline uint32_t
use_plain(const struct use *u)
{
	return u->plain & ~USE_ZIPPED;
}
/* Where it lies. */
void window_where(const struct window *w, const struct use *u,
    struct blob_at *out);

/* gap: so much between two blobs is read through.  max: of a part, in bytes,
 * unless one blob is longer. */
void window_sort(struct window *w, uint32_t gap, size_t max);

void window_reset(struct window *w);
void window_fini(struct window *w);

#endif
