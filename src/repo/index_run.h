#ifndef REPO_INDEX_RUN_H
#define REPO_INDEX_RUN_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/blob.h"
#include "repo/cache_run.h"

/*
 * A run: the records of some index files, sorted, in a file that never changes.
 *
 *	head		4096 bytes
 *	part 1		the index files; for each type a fan-out over the
 *			leading bits of ids
 *	part 2		the packs, in no order
 *	part 3		the records: data, then trees, by id; equal ids by pack
 *	sums		of each block of the parts
 *
 * Parts begin at whole blocks of RUN_BLOCK bytes, which is RUN_BLOCK_RECORDS
 * records.  Numbers are this machine's own: a cache does not travel, and one
 * that did is made anew.  The head and part 1 are checked when a run is opened,
 * a block of the others when a cursor reads it, so what removes things from a
 * repository looks at all of them first (index_verify).  Whatever the bytes
 * are, nothing here reads beyond them.
 *
 * Index files that are gone since are not live, and what they say is passed
 * over.  An opened run is read only but for live, and may be read by many
 * threads at once.
 */
struct err;

#define RUN_BLOCK_RECORDS	1024
#define RUN_BLOCK		(RUN_BLOCK_RECORDS * sizeof(struct run_record))
#define RUN_RECORDS_MAX		((uint32_t)1 << 31)
#define RUN_PACKS_MAX		((uint32_t)1 << 28)
#define RUN_FILES_MAX		((uint32_t)1 << 24)
#define RUN_NAME		72

/* plain 0: not compressed. */
struct run_record {
	struct id	 id;
	uint32_t	 pack, offset, length, plain;
};

struct run_pack {
	struct id	 id;
	uint32_t	 file;		/* which of the run names it */
	uint32_t	 blobs;
};

struct run_file {
	struct id	 id;
	uint32_t	 packs, blobs[2];
};

/* What a run is made of; the arrays are borrowed. */
struct run_content {
	const struct run_file *files;
	const struct run_pack *packs;
	uint32_t	 n_files, n_packs, n[2];	/* records by type */
};

struct run {
	struct cache_run_file file;
	char		 name[RUN_NAME];
	int		 named;		/* it is there under that name */
	atomic_int	 doubted;	/* a block of it is not what it was */

	struct run_content is;		/* points into map */
	unsigned	 bits[2];
	const uint32_t	*fan[2];
	const struct run_record *records;	/* mapped, or NULL: too many */
	uint64_t	 records_at, packs_block, records_block, n_blocks;

	unsigned char	*live;		/* by file: 1 it counts */
	unsigned char	*map;
	size_t		 mapped;
	uint64_t	*sums;
};

/* Take f over (also on failure).  ERR_CORRUPT: it is no whole run of ours. */
int run_open(struct cache_run_file *f, struct run **out, struct err *e);
void run_free(struct run *u);		/* NULL is fine; the name stays */

/* Give it its name in the cache folder, if there is one. */
void run_publish(struct run *u);
/* Take the name away; it stays usable. */
void run_unpublish(struct run *u);

/* Is all of it what it was; one block of a part, whose bytes these are; the
 * packs?  Verifying is 0 or -1 (ERR_CORRUPT), of a block 1 or 0. */
int run_verify(const struct run *u, struct err *e);
int run_verify_block(const struct run *u, uint64_t block, const void *data);
int run_verify_packs(const struct run *u, struct err *e);
int run_damaged(const struct run *u, struct err *e);	/* says it: -1 */

/* The first record of an id, live or not: 1 with its position within its type,
 * or 0.  The n-th of a type: 1 or 0. */
int run_seek(const struct run *u, enum blob_type t, const struct id *id,
    size_t *pos, struct run_record *out);
int run_at(const struct run *u, enum blob_type t, size_t pos,
    struct run_record *out);

/* Does its index file count? */
int run_alive(const struct run *u, const struct run_record *r);
void run_where(const struct run *u, const struct run_record *r,
    struct blob_at *out);

/* What counts: records by type, and packs. */
void run_living(const struct run *u, uint64_t blobs[2], uint64_t *packs);

/* ---- writing ---- */
struct run_writer;

/* content must stay until finish.  Records are added data first, sorted, and
 * there must be as many as content says. */
int run_write_start(struct run_writer **out, int dir,
    const struct run_content *content, struct err *e);
int run_write_add(struct run_writer *w, enum blob_type t,
    const struct run_record *r, struct err *e);
/* Frees w, on failure, too.  The run has no name yet. */
int run_write_finish(struct run_writer *w, struct run **out, struct err *e);
void run_write_drop(struct run_writer *w);	/* NULL is fine */

/* ---- the file, for index_run*.c ---- */
struct run_head {
	char		 magic[8];
	uint32_t	 order;
	uint32_t	 n_files, n_packs, n[2], bits[2];
	uint32_t	 unused;
	uint64_t	 sums;		/* checksum of the checksums */
	uint64_t	 self;		/* of what is above */
};
#define RUN_MAGIC	"fettleI1"
#define RUN_ORDER	((uint32_t)0x01020304)
#define RUN_HEAD	4096
#define RUN_BITS_MAX	22

struct run_layout {
	uint64_t	 fan[2], packs, records;	/* offsets */
	uint64_t	 packs_block, records_block, n_blocks;
	uint64_t	 sums, size;
};
void run_lay(const struct run_head *h, struct run_layout *l);
uint64_t run_head_sum(const struct run_head *h);
uint64_t run_block_sum(uint64_t block, const void *data);
uint64_t run_sums_sum(const uint64_t *sums, uint64_t n);
size_t run_bucket(const struct id *id, unsigned bits);

#endif
