#ifndef APPLY_LOAD_H
#define APPLY_LOAD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "apply/apply.h"
#include "catalog/entry.h"
#include "fs/dir.h"
#include "util/arena.h"
#include "util/err.h"

/*
 * A load: some thousand operations on their way through this room.
 *
 *	prepare		the caller's thread reads them from the plan and writes
 *			their intents (prepare.c)
 *	commit		the intents are durable (journal.c)
 *	do		the hands, a thread of their own, do them (hands.c)
 *	settle		what they did is checked and flushed, and told (settle.c)
 *	commit		their results are durable, with the next load's intents
 *
 * One thread has a load at a time.  Usually the hands have one while the
 * caller settles the one before and prepares the one after.
 */
struct batch;
struct bundle;
struct folders;
struct load;
struct trashcan;

#define NO_ENTRY	SIZE_MAX
#define NO_FOLDER	UINT32_MAX

/* What prepare wants of the hands, and what they did. */
#define ITEM_CHECK	0x01u	/* look at the target at once, not in settle */
#define ITEM_FAR	0x02u	/* the target lies on another file system */
#define ITEM_MOVED	0x04u	/* by rename: settle checks the target */
#define ITEM_LEADS	0x10u	/* its rule goes on with the copy */
#define ITEM_REPLACED	0x08u	/* the next one takes its name (OP_REPLACES) */

struct item {
	struct op	 op;		/* strings in the load's arena */
	uint64_t	 token;
	uint32_t	 from_dir, to_dir;	/* folders.h's numbers */
	uint32_t	 info_dir;	/* of a trash: where .trashinfo files lie */
	const char	*to;		/* the name it gets: op.to, or the next */
	const char	*member;	/* its path in a bundle */
	const char	*top;		/* of a trash: paths are relative to it */
	struct load	*in;		/* whose batch holds its intent ... */
	size_t		 entry;		/* ... and where; NO_ENTRY: none needed */
	unsigned	 flags;
	enum op_state	 state;
	const char	*error;		/* NULL: none */
	uid_t		 who;		/* with whose rights it is done (fs/who.h) */
	int		 restores;	/* its source is read with our own */
	struct fs_id	 expect;	/* what its source must be; ino 0: nothing */
	struct fs_id	 found;		/* what was made or gone, for undo; the
					   journal hears of it only in the end: an
					   identity before that means COPIED */
};

/* A folder that was changed and is to be flushed. */
struct touched {
	uint32_t	*v;
	size_t		 n, cap;
	unsigned	 files;		/* flushed one by one; past some, whole */
	int		 whole;		/* flush whole file systems, not folders */
};

struct load {
	struct arena	 own;
	struct item	*items;
	size_t		 n, cap;
	struct batch	*batch;		/* intents; NULL: no operation needs one */
	struct result	*results;	/* one an intent */
	size_t		 n_results;
	int64_t		 id;		/* of the batch, once committed */
	uint64_t	 rule;		/* hash of the job all of it belongs to */
	int		 inline_checks;
	int		 leads;		/* a copy in it is gone on with in the next
					   load: not ended before that */
	int		 leads_on;	/* such a copy, of what the load before led */
	int		 stopped;	/* it was ended before its end */
	int		 open;		/* something is left for recovery: its batch
					   does not end */
	struct touched	 touched;
	struct bundle	*bundles;	/* that its operations fill */
	size_t		 n_bundles, cap_bundles;
	struct load	*more;		/* intents that became needed while doing:
					   a load each, without items */
};

struct load *load_new(void);
void load_free(struct load *l);		/* and all in more */

struct item *load_add(struct load *l, const struct op *op);
/* An intent of l's own batch: its number. */
size_t load_intend(struct load *l, const struct entry *en);
/* All intents are in: make room for their results. */
void load_seal(struct load *l);

static inline struct result *
item_result(const struct item *it)
{
	return &it->in->results[it->entry];
}

/* How it ended.  The words are copied into l. */
void item_done(struct item *it);
void item_skip(struct load *l, struct item *it, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void item_fail(struct load *l, struct item *it, const struct err *e);
/* It is not known how, or both names are kept: somebody must look. */
void item_attention(struct load *l, struct item *it, const struct err *e);
/* It has failed half done, and recovery is to go on with it. */
void item_later(struct load *l, struct item *it, const struct err *e);
void item_words(struct load *l, struct item *it, const char *words);

void touch(struct load *l, uint32_t folder);

#endif
