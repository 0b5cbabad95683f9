#ifndef COPIES_COPIES_H
#define COPIES_COPIES_H

#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

/*
 * A backup entry with `copies:`: plain folders, one a backup, unchanged files
 * linked (or reflinked) to the last one.
 *
 *	<path>/<job>/<name>/		a complete copy; appears by one rename
 *	<path>/<job>/.fettle/NAME.manifest	what it holds: a line a file with
 *					SHA-256, size, mtime, mode, kind
 *	<path>/.fettle-destination	the marker by which the place is known
 *	<path>/<job>/latest		a symlink to the newest
 *
 * The disk is the truth: list, check and restore work from these folders alone,
 * on any machine, with or without the catalog.
 */
struct buf;
struct catalog;
struct conf_faults;
struct conf_node;
struct conf_where;
struct copies;
struct err;
struct overlay;
struct apply_report;

/*
 * Read one entry of `backups:` (a map); everything wrong goes to faults, and
 * NULL is returned then.  hash is of the definition.
 */
struct copies *copies_read(const struct conf_node *entry,
    const struct conf_where *where, struct conf_faults *faults);
void copies_free(struct copies *c);
const char *copies_name(const struct copies *c);
/* The absolute source paths, NULL-terminated, borrowed. */
const char *const *copies_paths(const struct copies *c);
/* Where they lie: "<path>/<job>", borrowed; NULL while the disk named by its
 * label is not there. */
const char *copies_place(const struct copies *c);

/* Would a copy hold this absolute path?  By its sources and patterns alone. */
int copies_takes(const struct copies *c, const char *path);

/* What it protects against, in words: "same disk: survives a mistake, not a
 * dead disk", "other disk", "its disk is not there". */
const char *copies_reach(const struct copies *c);

/* What is to stay free where they lie. */
void copies_min_free(const struct copies *c, uint64_t *bytes,
    unsigned *percent);

struct copies_env {
	struct catalog	*catalog;
	int64_t		 now;		/* µs since 1970 */
	const char	*const *leave_out;	/* state, cache, trash ...: absolute
					   paths never copied, NULL-ended */
	uint64_t	 min_free;
	unsigned	 min_free_percent;
	int64_t		 run;		/* copies_run only */
	uint32_t	 job;		/* catalog_run_job's number */
	int (*stop)(void *arg);
	void		*stop_arg;
	/* copies_run only, or NULL: of a file that the last copy had not, neither
	 * by its name nor as another's; path is as in the copy. */
	void (*is_new)(void *arg, const char *path);
	void		*is_new_arg;
};

/*
 * Add what a run would do to plan: one OP_BACKUP a source path (from: the
 * path, to: the place), OP_WAITING where the disk is not there, and one
 * OP_PURGE for each old copy that `keep` lets go (or none after what keep's
 * guards tell in face.md).  The overlay says how the sources will look.
 */
int copies_plan(const struct copies *c, const struct copies_env *env,
    struct overlay *o, struct plan *p, uint32_t job, struct err *e);

struct copies_result {
	enum op_state	 state;		/* DONE, FAILED, WAITING or HELD */
	int		 partial;	/* some files could not be read: told */
	int		 shrunk;	/* a source is missing or lost half of its
					   files: keep must let nothing go */
	char		 name[256];	/* of the new copy */
	uint64_t	 files, linked, copied, bytes, failed;
	uint64_t	 before;	/* files that the last full copy had */
	uint64_t	 known;		/* of them, as they were, wherever they lie
					   now */
	uint64_t	 changed;	/* of them, by name, but they look otherwise */
	uint64_t	 added;		/* that it had not */
};

/*
 * Make the copy; every file that could not be read is told as a failed op.
 * WAITING (its disk is not there) and HELD (less than min_free would be left)
 * are returned with 0, and e says why.  After -1, WAITING and HELD nothing new
 * can be seen in the place.
 */
int copies_run(const struct copies *c, const struct copies_env *env,
    const struct apply_report *r, struct copies_result *res, struct err *e);

/* One complete copy on the disk. */
struct copy_info {
	const char	*name;
	int64_t		 time;		/* µs; from its manifest */
	uint64_t	 files, bytes;
	int		 partial;
	const char	*damaged;	/* why its manifest cannot be read; all but
					   name is unknown then.  Or NULL */
};
/* Oldest first, but those that are damaged before all others. */
int copies_each(const struct copies *c,
    int (*each)(void *arg, const struct copy_info *i), void *arg,
    struct err *e);

/* One line of a manifest. */
struct copy_entry {
	const char	*path;		/* within the copy, bytes */
	const char	*source;	/* absolute, where it came from */
	size_t		 root_len;	/* of source: the source path it lies in */
	char		 kind;		/* f file, d folder, l symlink, p fifo, h link */
	uint64_t	 size;
	int64_t		 mtime;		/* ns */
	uint32_t	 mode;
	const char	*sha256;	/* hex, "" if none */
	const char	*target;	/* of a symlink or hard link */
};
/* name NULL or "latest": the newest. */
int copies_ls(const struct copies *c, const char *name,
    int (*each)(void *arg, const struct copy_entry *en), void *arg,
    struct err *e);

/*
 * What lies at an absolute source path: *kind as in struct copy_entry, 'd' also
 * for a folder above the sources ("/" is all).  -1: ERR_NOENT, or the copy cannot
 * be read.
 */
int copies_kind(const struct copies *c, const char *name, const char *path,
    char *kind, struct err *e);
/*
 * One file of a copy, or a folder as an archive, to an open descriptor.  Members
 * (folders, files, symlinks) are named by where they came from; each file is held
 * against its sum.  The first thing that is not as it was copied ends it: -1, and
 * what was written so far is of no use.
 */
enum copies_archive { COPIES_TAR, COPIES_ZIP };
int copies_dump(const struct copies *c, const char *name, const char *path,
    enum copies_archive format, int fd, struct err *e);

/* Re-read copies (name NULL: all) and compare with their manifests; each
 * damage is told with every copy that shares it.  1 if damage was found. */
int copies_check(const struct copies *c, const char *name,
    void (*say)(void *arg, const char *copy, const char *path,
    const char *what), void *arg, struct err *e);

/*
 * Restore paths (absolute sources or paths within the copy; none: all) to
 * target ("" : where they came from), never overwriting: a taken name gets the
 * next free one.  Each file is told.
 */
struct copies_restore {
	const char	*name;		/* which copy; NULL newest */
	int64_t		 as_of;		/* µs: newest not younger; 0 none */
	const char	*target;
	const char	*const *paths;
	size_t		 n_paths;
	int		 overwrite;	/* enum conflict mode of plan/conflict.h;
					   0: next free name */
};
int copies_restore(const struct copies *c, const struct copies_env *env,
    const struct copies_restore *what, const struct apply_report *r,
    uint64_t *restored, struct err *e);

#endif
