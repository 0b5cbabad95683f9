#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "fs/id.h"

/*
 * A plan: the list of operations a run would do, in order, each with its
 * reason.  Planners (organize, copies, archive, undo) add operations; a dry
 * run prints them, a guard counts them, apply does them, approval keeps them.
 *
 * A plan holds its operations packed (pack.h), about 60 bytes and the names
 * each; past PLAN_MEMORY they go to an unlinked file in the cache folder, so
 * a million files need no more memory than a hundred thousand.  Operations
 * are read back in order only.
 *
 * Folders, reasons, errors and jobs are interned: an operation names them by
 * number.  Strings handed in are copied.  One thread at a time.
 */
struct err;
struct buf;
struct plan;
struct plan_reader;

#define PLAN_MEMORY	((size_t)24 << 20)
#define PLAN_NONE	UINT32_MAX	/* no folder */

enum op_kind {
	OP_MOVE, OP_RENAME, OP_COPY, OP_LINK, OP_SYMLINK, OP_TRASH, OP_DELETE,
	OP_WRITE, OP_ECHO, OP_SHELL,
	OP_ARCHIVE,	/* a move into an archive folder, or into a bundle */
	OP_BACKUP,	/* one copy, or one snapshot, of a backup job */
	OP_RMDIR,	/* an empty folder goes; shown as delete */
	OP_UNTRASH,	/* undo of OP_TRASH; shown as move */
	OP_MKDIR,	/* undo of OP_RMDIR; shown as move */
	OP_BUNDLE,	/* files into one tar.zst; shown as archive, one a member */
	OP_UNBUNDLE,	/* undo of it; shown as move */
	OP_PURGE,	/* a tree of our own goes: an old copy, old trash */
	OP_CONFIRM,	/* a question; text is it */
	OP_XATTR,	/* attributes of a file are set; text tells them */
	OP_KINDS
};

enum op_state {
	OP_PLANNED,
	OP_DONE,
	OP_SKIPPED,	/* left alone on purpose; error says why */
	OP_FAILED,
	OP_HELD,	/* a guard; error says which */
	OP_WAITING,	/* the disk is not there */
	OP_STATES
};

/* How flags change the doing. */
#define OP_REPLACES	0x01u	/* the operation before moved the old target
				   away for this one: if this fails, take that
				   back */
#define OP_CHAINED	0x02u	/* its source is what an earlier operation of
				   this plan made or moved there */
#define OP_KEEP_META	0x04u	/* refuse where owner, ACL or xattr would be
				   lost by a copy (archives) */
#define OP_IRREVERSIBLE	0x08u	/* undo cannot take it back */
#define OP_UNSURE	0x10u	/* behind a shell: "if the command leaves it" */
#define OP_DIR		0x20u	/* the source is a folder, moved whole */
#define OP_BEHIND	0x40u	/* behind a command or a question about the same
				   file, and only if that went well; the source
				   is what a command left there */
#define OP_LATER	0x100u	/* its text has places that the command before
				   fills (rules/later.h) */
#define OP_RESTORES	0x200u	/* a copy out of a backup or an archive, which
				   holds those bytes: undo deletes it */
#define OP_TOGETHER	0x80u	/* it goes along with the one before: all of them
				   are done, or none */

struct op {
	enum op_kind	 kind;
	enum op_state	 state;
	uint32_t	 job;		/* plan_job */
	uint32_t	 from_dir;	/* plan_dir, or PLAN_NONE */
	uint32_t	 to_dir;
	const char	*from;		/* a name in from_dir; "" if none */
	const char	*to;
	uint32_t	 why;		/* plan_text */
	uint32_t	 error;		/* plan_text; 0 is "" */
	uint32_t	 flags;
	struct fs_id	 id;		/* the source when it was planned; fs 0 and
					   ino 0 if there is none */
	uint64_t	 done_key;	/* remembered when done, so that this rule
					   leaves the file alone; 0 none */
	const char	*text;		/* echo's words, write's text, a command */
	const void	*extra;		/* the planner's note to its own workshop */
	size_t		 extra_len;
};

struct plan_job {
	const char	*name;
	const char	*kind;		/* rule, backup, archive, undo, trash */
	uint64_t	 hash;		/* of its definition: changes with it */
	uint64_t	 files;		/* all files seen under its locations */
};

/* spool_dir: the cache folder's descriptor (borrowed), -1 never spools. */
struct plan *plan_new(int spool_dir);
void plan_free(struct plan *p);

uint32_t plan_add_job(struct plan *p, const char *name, const char *kind,
    uint64_t hash);
void plan_count_files(struct plan *p, uint32_t job, uint64_t files);
const struct plan_job *plan_job(const struct plan *p, uint32_t job);
size_t plan_jobs(const struct plan *p);

/* The number of a folder (absolute path, no trailing slash) or a text. */
uint32_t plan_add_dir(struct plan *p, const char *path);
const char *plan_dir(const struct plan *p, uint32_t dir);
uint32_t plan_add_text(struct plan *p, const char *text);
const char *plan_text(const struct plan *p, uint32_t text);

/* Add one operation; its strings are copied.  -1 if spooling failed. */
int plan_add(struct plan *p, const struct op *op, struct err *e);
uint64_t plan_len(const struct plan *p);

/* Is the source of any what an earlier operation brings? */
int plan_has_chained(const struct plan *p);

/* How many of a kind and state a job has, for totals and guards. */
uint64_t plan_count(const struct plan *p, uint32_t job, enum op_kind kind,
    enum op_state state);

/*
 * Read from the start, any number of readers:
 *	r = plan_read(p);
 *	while ((k = plan_next(r, &op, &e)) == 1) ...	borrowed till the next
 *	plan_reader_free(r);
 */
struct plan_reader *plan_read(const struct plan *p);
int plan_next(struct plan_reader *r, struct op *op, struct err *e);
void plan_reader_free(struct plan_reader *r);

/*
 * What a rule remembers of a file it has dealt with.  salt says which rule and
 * which of its actions (a hash of both); the file is known by identity, size
 * and mtime.  Never 0.  plan_done_again gives the same rule's key for the file
 * when it has become another (copied to another file system and back).
 */
uint64_t plan_done_key(uint64_t salt, const struct fs_id *id);
uint64_t plan_done_again(uint64_t key, const struct fs_id *was,
    const struct fs_id *now);

/* The absolute path of an operation's source or target, "" if it has none. */
void plan_from(const struct plan *p, const struct op *op, struct buf *out);
void plan_to(const struct plan *p, const struct op *op, struct buf *out);

const char *op_kind_name(enum op_kind k);	/* as in JSON: "move" */
const char *op_state_name(enum op_state s);

/*
 * A plan as bytes, and back: for held plans and `plan --save`.  Loading never
 * trusts its input.  The bytes begin with a version and a SHA-256-free check
 * (hash_fixed); who may load whose plan is the caller's affair.
 */
int plan_save(const struct plan *p, struct buf *out, struct err *e);
int plan_load(const void *data, size_t len, int spool_dir, struct plan **out,
    struct err *e);

#endif
