#ifndef BACKUP_RESTORE_H
#define BACKUP_RESTORE_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"

/*
 * A snapshot, or a part of it, back onto a file system (restic-format 1.15).
 *
 * First the trees are read: what is to be made, and which blobs are wanted
 * where, in the order of the packs they lie in.  Then folders are made, and
 * packs are read once each, front to back, by many threads, while many files
 * are open; then what is no file, hard links, owners, attributes, modes and
 * times, folders last of all.  Files are durable on return (one syncfs).
 *
 * Everything is made below the target, which is held: no name with a '/', no
 * "." or "..", and no symlink that is there or comes meanwhile leads out of it.
 * All writing goes through apply/ (the door to the user's files).
 *
 * What cannot be restored is told, and the rest goes on.
 */
struct err;
struct repo;

enum restore_overwrite {
	RESTORE_ALWAYS,		/* what is there is compared blob by blob, and
				   only what differs is written */
	RESTORE_IF_CHANGED,	/* the same, but equal size and mtime is believed */
	RESTORE_IF_NEWER,	/* if the snapshot's mtime is newer */
	RESTORE_NEVER,		/* what is there stays as it is; folders, too */
};

/* All strings are borrowed for the time of restore_run. */
struct restore_options {
	struct id	 tree;		/* the folder to restore */
	const char	*top;		/* its path in the snapshot: "" the root */
	const char	*target;	/* absolute; what is missing of it is made */
	enum restore_overwrite overwrite;
	int		 delete;	/* what the snapshot does not have goes */
	int		 sparse;	/* blocks of zeroes become holes */
	int		 dry_run;
	int		 verify;	/* read everything back afterwards */
	int		 by_name;	/* owners by user and group name */
	/* restic's patterns, NULL-ended or NULL: only these; not these.  Those of
	 * the i-lists take no notice of case. */
	const char	*const *include, *const *iinclude;
	const char	*const *exclude, *const *iexclude;
	/* The same for the names of extended attributes ("user.*"), ACLs among
	 * them; with either, others that a file has already stay. */
	const char	*const *include_xattr, *const *exclude_xattr;
	int (*stop)(void *arg);
	void		*stop_arg;
};

struct restore_progress {
	uint64_t	 files, total_files;
	uint64_t	 bytes, total_bytes;
	uint64_t	 skipped, skipped_bytes, deleted;
};

enum restore_what { RESTORE_MADE, RESTORE_UPDATED, RESTORE_UNCHANGED,
	RESTORE_DELETED };

struct restore_events {
	void		*arg;
	/* About ten times a second, from the caller's own thread. */
	void (*progress)(void *arg, const struct restore_progress *p);
	/* From any thread, one at a time; path is in the snapshot. */
	void (*item)(void *arg, const char *path, enum restore_what what,
	    uint64_t size);
	void (*problem)(void *arg, const char *path, const struct err *why);
};

struct restore_result {
	struct restore_progress done;
	uint64_t	 verified;	/* files read back */
	uint64_t	 problems;
};

/*
 * 0 and the result (problems: not everything is there); -1: ERR_STOPPED (what
 * was restored stays), ERR_USAGE (a pattern), or the target or the repository
 * cannot be used at all.  The caller holds a lock and has loaded the index.
 */
int restore_run(struct repo *r, const struct restore_options *o,
    const struct restore_events *ev, struct restore_result *out,
    struct err *e);

/*
 * One file of a snapshot, or a folder as an archive, to an open descriptor:
 * `dump`.  A tar is pax with extended attributes.  Its members are files, folders
 * and symlinks, as in restic's; their names begin with top, a path ("" none).
 * What else lies there (fifos, devices, sockets) is told to left, if that is not
 * NULL, and the archive goes on.
 * The first thing that cannot be read ends it: -1, and what was written so far is
 * of no use.
 */
struct node;
enum restore_archive { RESTORE_TAR, RESTORE_ZIP };
int restore_dump_file(struct repo *r, const struct node *n, int fd,
    struct err *e);
struct restore_left {
	void (*tell)(void *arg, const char *path, const struct node *n);
	void	*arg;
};
int restore_dump_tree(struct repo *r, const struct id *tree, const char *top,
    enum restore_archive format, int fd, const struct restore_left *left,
    struct err *e);

#endif
