#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"
#include "repo/snapshot.h"

/*
 * A snapshot of paths, into a repository, as restic makes one
 * (restic-format 1.8 to 1.10 and 1.14): the same trees, byte for byte.
 *
 *	repo_open, lock_take (shared), repo_load_index
 *	backup_run(repo, &options, &events, &result, e)
 *
 * One thread (the caller's) lists folders, depth first; workers look at what is
 * in them, hold it against the parent snapshot, and read, cut and save what is
 * new.  A folder's tree is saved when all in it is there.  Everything is opened
 * below folders that are held, and never through a symlink.
 *
 * What cannot be read is told and left out; the rest goes on, and the snapshot
 * is made all the same.  Only a repository that cannot be written to, a lock
 * that was lost, or stop ends a backup, and then what was saved so far is kept
 * for the next one by a checkpoint: a snapshot with the tag "partial", made
 * every few minutes, which serves as parent and is removed once the whole is
 * there (backup_options.checkpoint).
 */
struct backup_exclude;
struct buf;
struct err;
struct lock;
struct repo;

#define BACKUP_PARTIAL		"partial"
#define BACKUP_CHECKPOINT	((int64_t)240 * 1000000)	/* default, µs */

enum {				/* what snapshots have in common to be parents */
	BACKUP_BY_HOST = 1, BACKUP_BY_PATHS = 2, BACKUP_BY_TAGS = 4,
};
#define BACKUP_BY_DEFAULT	(BACKUP_BY_HOST | BACKUP_BY_PATHS)

/*
 * All strings are borrowed for the time of backup_run.  {0} with paths, host
 * and program set is a plain `restic backup PATH...`, but for group_by.
 */
struct backup_options {
	const char	*const *paths;	/* NULL-ended, as typed */
	const char	*dir;		/* absolute: where relative ones begin, or
					   NULL: where this process is */
	const struct backup_exclude *exclude;	/* NULL: nothing */
	const char	*const *leave_out;	/* absolute folders that are passed
					   by, by identity; NULL-ended or NULL */
	int		 one_file_system;

	const char	*stdin_name;	/* not NULL: one file of this name, read from
					   stdin_fd, instead of paths */
	int		 stdin_fd;

	const char	*parent;	/* id or its beginning; NULL: the latest */
	unsigned	 group_by;	/* BACKUP_BY_* */
	int		 force;		/* no parent: read everything */
	int		 ignore_inode;	/* implies ignore_ctime, as in restic */
	int		 ignore_ctime;
	int		 with_atime;
	int		 no_move_detection;
	int		 dry_run;	/* write nothing; r is of no use for anything
					   else afterwards */
	int		 skip_if_unchanged;	/* no snapshot if the tree is the
						   parent's */
	unsigned	 read_concurrency;	/* workers; 0: one a core */

	const char	*const *tags;	/* NULL-ended or NULL */
	const char	*host, *program;
	int64_t		 time;		/* of the snapshot, µs; 0: now */
	int64_t		 checkpoint;	/* µs between them; 0: BACKUP_CHECKPOINT,
					   negative: never */
	const struct lock *lock;	/* held by the caller; NULL: none */
	int (*stop)(void *arg);		/* asked often: 1 ends with ERR_STOPPED */
	void		*stop_arg;
};

struct backup_progress {
	uint64_t	 files, bytes;	/* done */
	uint64_t	 total_files, total_bytes;	/* as the parent had them; 0:
							   not known */
	uint64_t	 problems;
	const char	*current;	/* a file that is being read, or NULL */
};

enum backup_what { BACKUP_NEW, BACKUP_CHANGED, BACKUP_UNMODIFIED };

struct backup_item {
	const char	*path;		/* in the snapshot; a folder's ends with '/' */
	enum backup_what what;
	int		 dir;
	int		 moved;		/* known by its earlier path, not read */
	uint64_t	 size;		/* of a file */
	uint64_t	 added, packed;	/* bytes new to the repository */
	int64_t		 took;		/* µs */
};

/*
 * What is told while it runs.  Each may be NULL.  Calls come from any thread,
 * one at a time, and hold up the work: they should be short, and must not call
 * backup_run.
 */
struct backup_events {
	void		*arg;
	/* From the caller's own thread, about ten times a second. */
	void (*progress)(void *arg, const struct backup_progress *p);
	void (*item)(void *arg, const struct backup_item *i);
	int changes_only;	/* item is told of new and changed files only */
	/* This could not be backed up, or not in full: exit status 3. */
	void (*problem)(void *arg, const char *path, const struct err *why);
	/* It is there, but changed each time while it was read. */
	void (*changed)(void *arg, const char *path);
	/* A word that makes nothing partial ("using parent snapshot 1a2b3c4d"). */
	void (*note)(void *arg, const char *text);
	/* Where fettle moved this file from since the last snapshot: 1 and its
	 * earlier absolute path, or 0.  Size and mtime are checked here.  Only
	 * asked where the paths are absolute: then they are the snapshot's. */
	int (*moved)(void *arg, const char *path, struct buf *earlier);
};

struct backup_result {
	struct snapshot_summary summary;
	int		 saved;		/* there is a new snapshot */
	struct id	 snapshot, tree, parent;
	int		 has_parent;
	uint64_t	 problems;	/* told by events.problem */
	uint64_t	 changed;	/* changed while they were read */
	uint64_t	 moved;		/* files not read for that reason */
};

/*
 * Do it.  0 and the result (problems: not everything is in it); -1:
 * ERR_STOPPED, ERR_USAGE (paths that cannot be, "nothing to back up"),
 * ERR_NOENT (none of the paths is there, or no such parent), or what the
 * repository says.
 */
int backup_run(struct repo *r, const struct backup_options *o,
    const struct backup_events *ev, struct backup_result *out, struct err *e);

/*
 * What to leave out, as restic's options say it.  A path is out if any of them
 * says so.  Used by many threads once it is made.
 */
struct backup_exclude *backup_exclude_new(void);
void backup_exclude_free(struct backup_exclude *x);	/* NULL is fine */
int backup_exclude_pattern(struct backup_exclude *x, const char *pattern,
    int nocase, struct err *e);
/* A file of patterns: spaces around a line go, `#` begins a comment, $VAR and
 * ${VAR} are taken from the environment, $$ is a dollar sign. */
int backup_exclude_file(struct backup_exclude *x, const char *path,
    int nocase, struct err *e);
/* "NAME" or "NAME:header": of a folder that has it, only NAME is kept. */
int backup_exclude_if_present(struct backup_exclude *x, const char *spec,
    struct err *e);
void backup_exclude_caches(struct backup_exclude *x);
/* "10M": restic's sizes, powers of 1024. */
int backup_exclude_larger(struct backup_exclude *x, const char *size,
    struct err *e);

/*
 * --files-from and its kin: add the paths that a file names.  GLOB: a line a
 * pattern, `#` begins a comment, what is there and matches is taken (dir as in
 * backup_options); none: told to warn.  VERBATIM: a line a path.  RAW: ended by
 * a NUL each.  "-" reads from in.
 */
struct backup_paths {
	char		**v;		/* NULL-ended once there is one */
	size_t		 n, cap;
};

enum backup_list { BACKUP_LIST_GLOB, BACKUP_LIST_VERBATIM, BACKUP_LIST_RAW };

void backup_paths_add(struct backup_paths *p, const char *path);
/* The patterns of such a file as backup_exclude_file reads. */
int backup_patterns_read(struct backup_paths *p, const char *file,
    struct err *e);
int backup_paths_read(struct backup_paths *p, enum backup_list how,
    const char *file, int in, const char *dir,
    void (*warn)(void *arg, const char *text), void *arg, struct err *e);
void backup_paths_fini(struct backup_paths *p);

#endif
