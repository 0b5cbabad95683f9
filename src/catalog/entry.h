#ifndef CATALOG_ENTRY_H
#define CATALOG_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "fs/id.h"

/*
 * A journal entry: what recovery, undo and `where` need to know of one
 * operation.  It is written (a batch of some thousand in one row) and durable
 * before the operation touches anything.
 *
 * A batch is packed: folder paths once, then per entry its kind, folders,
 * names, identity.  Times of one batch lie close together, so they are stored
 * as differences.  Names are bytes.
 */
struct buf;
struct err;

enum entry_kind {		/* written down: never renumber */
	ENTRY_MOVE = 1,		/* also rename, archive, untrash */
	ENTRY_COPY = 2,		/* a new file made from another */
	ENTRY_TRASH = 3,
	ENTRY_DELETE = 4,	/* a file goes for good */
	ENTRY_RMDIR = 5,
	ENTRY_MKDIR = 6,
	ENTRY_TREE = 7,		/* a new tree appears under one name */
	ENTRY_PURGE = 8,	/* a tree of our own goes */
	ENTRY_BUNDLE = 9,	/* a member goes into a tar */
	ENTRY_WRITE = 10,
	ENTRY_LINK = 11,
	ENTRY_SYMLINK = 12,
	ENTRY_UNBUNDLE = 13,
	ENTRY_SHELL = 14,	/* a command: nobody knows what it did */
	ENTRY_XATTR = 15,	/* attributes; to is from */
};

#define ENTRY_STAGED	0x01u	/* by copy (c.3): staging name below */
#define ENTRY_DIR	0x02u	/* the source is a folder */
#define ENTRY_IRREVERSIBLE 0x04u
#define ENTRY_CHAINED	0x08u	/* source comes from this same batch */
#define ENTRY_REPLACES	0x10u	/* belongs to the entry before */
#define ENTRY_SEALED	0x20u	/* bundle/tree: manifest in extra */
#define ENTRY_TOGETHER	0x40u	/* with the entry before: both or none */
#define ENTRY_LEADS	0x80u	/* a copy that its rule goes on with in the next
				   batch; this one does not end before that */

struct entry {
	enum entry_kind	 kind;
	uint32_t	 flags;
	uint32_t	 job;		/* number in this run (catalog_run_job) */
	uint8_t		 event;		/* enum event: how `where` tells it */
	uint64_t	 token;		/* random: in the staging name
					   .fettle-<token in 16 hex>.part/.gone */
	const char	*from_dir, *from;	/* "" where there is none */
	const char	*to_dir, *to;
	struct fs_id	 id;		/* the source before */
	uint32_t	 made;		/* how many of to_dir's last components this
					   entry is to make */
	uint64_t	 done_key;
	const char	*why;		/* interned in the batch */
	const void	*extra;
	size_t		 extra_len;
};

enum event {			/* written down: never renumber */
	EVENT_MOVED = 1, EVENT_RENAMED, EVENT_COPIED, EVENT_ARCHIVED,
	EVENT_BUNDLED, EVENT_TRASHED, EVENT_DELETED, EVENT_OVERWRITTEN,
	EVENT_BACKED_UP, EVENT_RESTORED, EVENT_UNDONE, EVENT_LINKED,
	EVENT_WRITTEN, EVENT_RAN, EVENT_MARKED,
};
const char *event_name(enum event ev);		/* "moved" */

/* How an entry ended: written down. */
enum outcome {
	OUTCOME_NONE = 0,	/* no word: recovery looks */
	OUTCOME_DONE = 1,
	OUTCOME_ROLLED_BACK = 2,	/* nothing happened */
	OUTCOME_ATTENTION = 3,	/* ambiguous: both kept, somebody must look */
	OUTCOME_EXTERNAL = 4,	/* somebody else moved or removed the file */
};
const char *outcome_name(enum outcome o);	/* "not done", for people */

/* What became of an entry; id is the result's identity where it is new. */
struct result {
	enum outcome	 outcome;
	struct fs_id	 id;		/* of a copy, a tree ...; ino 0: as entry */
};

/* Writing a batch. */
struct batch;
struct batch *batch_new(void);
void batch_add(struct batch *b, const struct entry *en);	/* copies all */
size_t batch_len(const struct batch *b);
const void *batch_bytes(struct batch *b, size_t *len);	/* until next call */
void batch_reset(struct batch *b);
void batch_free(struct batch *b);

/* Reading one; strings are borrowed from the reader until it is freed. */
struct batch_reader;
int batch_read(const void *data, size_t len, struct batch_reader **out,
    struct err *e);
int batch_next(struct batch_reader *r, struct entry *en, struct err *e);
void batch_reader_free(struct batch_reader *r);

/* The results of a batch, packed: runs of plain DONE take a few bytes. */
void results_pack(struct buf *out, const struct result *v, size_t n);
int results_unpack(const void *data, size_t len, struct result *v, size_t n,
    struct err *e);

/*
 * Each entry of a batch, in order, with what became of it (OUTCOME_NONE where
 * nothing was written down yet); both are good during the call only.  0, or -1
 * once it makes no sense: what came before that was told.
 */
struct catalog_batch;
int batch_each(const struct catalog_batch *b, void (*each)(void *arg,
    const struct entry *en, const struct result *res), void *arg,
    struct err *e);

#endif
