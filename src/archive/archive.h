#ifndef ARCHIVE_ARCHIVE_H
#define ARCHIVE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

/*
 * `archives:`: old files put away, relative paths kept.
 *
 * A file is old when its age (by mtime, or added, atime, ctime, birth) is at
 * least older_than at the time handed in.  It is moved (OP_ARCHIVE, with
 * OP_KEEP_META) below `to`, or goes into one tar.zst a month (OP_BUNDLE);
 * `empty_folders: remove` adds OP_RMDIR for folders that the job empties.
 *
 * Each destination keeps a manifest: <to>/.fettle/archive.manifest, a line a
 * file with SHA-256, appended when the files have arrived.
 */
struct archive;
struct buf;
struct catalog;
struct conf_faults;
struct conf_node;
struct conf_where;
struct err;
struct overlay;
struct set64;

struct archive *archive_read(const struct conf_node *entry,
    const struct conf_where *where, struct conf_faults *faults);
void archive_free(struct archive *a);
const char *archive_name(const struct archive *a);
const char *const *archive_locations(const struct archive *a); /* NULL-ended */
uint64_t archive_hash(const struct archive *a);	/* of its definition */
const char *archive_to(const struct archive *a);
/* What is to stay free on the destination. */
void archive_min_free(const struct archive *a, uint64_t *bytes,
    unsigned *percent);

struct archive_env {
	int64_t		 now;		/* µs since 1970 */
	struct catalog	*catalog;	/* done keys, first sights */
	const struct set64 *done;	/* fingerprints already done, or NULL */
	const char	*const *leave_out;
};

/* What it takes, in words: "last changed more than 30 days ago". */
void archive_takes_text(const struct archive *a, struct buf *out);

/* Absent locations are counted into *absent of *locations. */
int archive_plan(const struct archive *a, const struct archive_env *env,
    struct overlay *o, struct plan *p, uint32_t job, size_t *locations,
    size_t *absent, struct err *e);

/* Before a plan is done: make the destination on first use. */
int archive_prepare(const struct archive *a, struct catalog *c, struct err *e);

/*
 * Writing down what has arrived: hold a recorder while the plan is done, add
 * each operation that was done, with the path at which it arrived (the file is
 * read back for its SHA-256; a bundle at close, for the members that were put
 * into it), and close it: the manifest is durable then.  A crash before that
 * leaves files in the archive that the manifest does not tell: they lie there
 * all the same, and the catalog knows them.
 */
struct archive_recorder;
struct archive_recorder *archive_record(const struct archive *a, int64_t now);
void archive_record_add(struct archive_recorder *r, const struct op *op,
    const char *from, const char *to);
/* Writes, flushes and frees; NULL is fine. */
int archive_record_close(struct archive_recorder *r, struct err *e);

/*
 * Re-read everything the manifest names and compare; 1 if damage was found.  Of
 * several lines for one path the last one counts; what undo took back home is
 * not missed.
 */
int archive_check(const struct archive *a,
    void (*say)(void *arg, const char *path, const char *what), void *arg,
    struct err *e);

struct archive_entry {
	const char	*path;		/* within `to`; of a member: bundle!member */
	const char	*source;	/* absolute, where it was */
	const char	*bundle;	/* "" or the bundle's path within `to` */
	const char	*member;
	uint64_t	 size;
	int64_t		 mtime, time;	/* ns; µs when it was put away */
	const char	*sha256;
};
/* ERR_CORRUPT after the last one: the manifest is damaged, some may lack. */
int archive_each(const struct archive *a,
    int (*each)(void *arg, const struct archive_entry *en), void *arg,
    struct err *e);

/*
 * Copy one of them out of the archive, bundles too, into folder to_dir under
 * its old name or the next free one: an operation of run like any other.  A
 * member of a bundle is unpacked into cache_dir first.
 */
struct apply_report;
int archive_get(const struct archive *a, struct catalog *c, int64_t run,
    const struct archive_entry *en, const char *cache_dir, const char *to_dir,
    const struct apply_report *r, struct err *e);

#endif
