#ifndef REPO_INDEX_H
#define REPO_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "repo/blob.h"

/*
 * Which blob lies in which pack, and where.
 *
 * A repository's index files are JSON, and many.  Each is read once and kept
 * in the cache folder as a sorted run of fixed-size records; runs are merged as
 * they grow in number; small ones are mapped, and of large ones it is read what
 * is looked at, so opening the index of millions of blobs takes milliseconds and
 * next to no memory.  Without a cache the runs lie in unlinked temporary files.
 * What this process adds lies in a table in memory until its index file is
 * written.
 *
 * A run is made from index files that are named by their hash and never
 * change; it is checked when mapped (length, checksum of its head) and made
 * anew when in doubt, so a broken cache costs time and nothing else.
 *
 * May be asked by many threads at once.  index_add and index_claim too.
 */
struct buf;
struct err;
struct index;
struct repo;

struct index_stat {
	uint64_t	 blobs[2];	/* by type, duplicates counted */
	uint64_t	 packs, files;
};

void index_stat(const struct index *ix, struct index_stat *out);

/* Where a blob lies: 1, or 0 if nowhere.  Of several places one is given;
 * index_all gives each, and an answer other than 0 ends it and is returned. */
int index_find(const struct index *ix, enum blob_type t, const struct id *id,
    struct blob_at *out);
int index_all(const struct index *ix, enum blob_type t, const struct id *id,
    int (*each)(void *arg, const struct blob_at *at), void *arg);
int index_has(const struct index *ix, enum blob_type t, const struct id *id);

/* The plain length of a blob, without its place: 1 or 0. */
int index_plain(const struct index *ix, enum blob_type t, const struct id *id,
    uint32_t *len);

/*
 * For savers.  Claim a blob that is nowhere yet: 1, it is the caller's to save,
 * who must index_add it or index_unclaim it; 0, it is there or somebody else
 * saves it.
 */
int index_claim(struct index *ix, enum blob_type t, const struct id *id);
void index_unclaim(struct index *ix, enum blob_type t, const struct id *id);

struct pack_entry;
/* A pack is durable, these n blobs lie in it. */
void index_add(struct index *ix, const struct id *pack,
    const struct pack_entry *v, size_t n);

/*
 * Write what was added and is in no index file yet: when INDEX_DUE blobs have
 * gathered or INDEX_AGE has passed (now in µs of time_mono), or all of it.  A
 * file has INDEX_FULL blobs or a little more at most; that one is due earlier
 * keeps it and what waits meanwhile small, which a backup of tiny files feels.
 */
#define INDEX_FULL	50000
#define INDEX_DUE	25000
#define INDEX_AGE	((int64_t)600 * 1000000)
int index_save(struct repo *r, int all, int64_t now, struct err *e);

/*
 * Everything that index files say (index_save before), pack by pack in the order
 * of their ids: what lies in each, sorted by offset.  A pack that several index
 * files name comes once for each of them, one after the other.  Memory does not
 * grow with the number of blobs, beyond that of the largest pack; large indexes
 * are sorted in a file.  An answer other than 0 ends it and is returned.
 */
struct index_pack {
	struct id	 id;
	const struct pack_entry *v;
	const unsigned char *dup;	/* each: it lies in other packs, too */
	const size_t	*number;	/* each: as index_number */
	size_t		 n;
	struct id	 file;		/* the index file that names it */
};
int index_packs(const struct index *ix,
    int (*each)(void *arg, const struct index_pack *p), void *arg,
    struct err *e);

/*
 * The runs in the cache are trusted for looking things up: what they say wrongly
 * costs a blob that is saved twice, or one that is not found until the cache is
 * gone.  Whoever removes something calls this first: it looks at every byte, and
 * makes anew from the index files what is not what it was.
 */
int index_verify(struct repo *r, struct err *e);

/*
 * For prune and repair: write the index anew.  Packs that keep says 0 to (it may
 * be asked twice about one) are left out, and only index files that name such a
 * pack, or one that another file names as well, are written again (all: every
 * one).  So each pack is in one of them.  New files are durable before old ones
 * go.
 */
int index_rewrite(struct repo *r, int all,
    int (*keep)(void *arg, const struct id *pack), void *arg, struct err *e);

/*
 * For repair: index files that are damaged, which loading (repo_load_index, after
 * this) passes over as if they were not there.  They stay where they are.
 */
void index_pass_over(struct repo *r, const struct id *files, size_t n);

/*
 * A number for each blob, 0 .. index_count - 1, the same while the index is
 * not added to: for a bit or a byte a blob (prune, check, stats).  SIZE_MAX if
 * it is not there; duplicates share the number of the first.
 */
size_t index_count(const struct index *ix);
size_t index_number(const struct index *ix, enum blob_type t,
    const struct id *id);

void index_free(struct index *ix);	/* NULL is fine */

/* ---- index files ---- */
/* Read one (JSON, opened): each pack it names.  Unknown members are passed
 * over; rustic's packs_to_delete is told with deleted set.  A non-zero answer of
 * each ends it and is returned.  ERR_CORRUPT may come after some were told; then
 * nothing that this file said is to be believed. */
struct index_file_pack {
	struct id	 id;
	const struct pack_entry *v;
	size_t		 n;
	int		 deleted;
};
int index_file_read(const void *json, size_t len,
    int (*each)(void *arg, const struct index_file_pack *p), void *arg,
    struct err *e);
/* Add a pack to an index file being written; begin and end it. */
void index_file_begin(struct buf *out);
void index_file_pack(struct buf *out, const struct id *pack,
    const struct pack_entry *v, size_t n);
void index_file_end(struct buf *out);

#endif
