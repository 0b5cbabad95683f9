#ifndef JOB_REPORT_H
#define JOB_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "job/job.h"
#include "util/arena.h"

/*
 * How things lie: what takes the room, what was done, what went wrong.
 *
 * Nothing is changed but the catalog, which keeps a figure for a day so that
 * growth can be told.  Sizes are those that files tell; a file of several names
 * counts once, and symlinks not at all.  What lies on another file system below
 * a folder counts too.
 */
struct buf;
struct err;

#define REPORT_AGES	6
#define REPORT_TOP	15	/* folders, files, groups of duplicates */
#define REPORT_DAYS	30
#define REPORT_PATHS	5	/* of a group of duplicates */
/* Bytes that are read to find duplicates, unless all are asked for. */
#define REPORT_READ	((uint64_t)1 << 30)

struct report_sum {
	uint64_t	 files, bytes;
};

struct report_place {		/* a root, a type, an age, a folder, a file */
	const char	*name;		/* absolute path, or word */
	const char	*error;		/* of a root that cannot be read, or NULL */
	struct report_sum s;
};

struct report_list {
	struct report_place *v;
	size_t		 n;
};

struct report_twins {		/* files with the same bytes */
	uint64_t	 bytes;		/* of each */
	size_t		 n;
	const char	*paths[REPORT_PATHS];
};

struct report_day {
	int64_t		 at;		/* its beginning, local; µs */
	uint64_t	 sorted, put_away, failed;
	uint64_t	 backups, backed_up;	/* runs; bytes that were new */
};

struct report_point {
	int64_t		 at;
	struct report_sum s;
};

struct report {
	struct arena	 mem;
	int64_t		 now;
	struct report_sum all;
	struct report_list roots, types, ages, folders, files;
	uint64_t	 unreadable;	/* folders */

	struct {
		struct report_twins *v;	/* the most wasteful first */
		size_t		 n;
		uint64_t	 groups, files, bytes;	/* that could be freed */
		uint64_t	 unread;	/* files of equal size not compared */
	}		 twins;

	struct report_day days[REPORT_DAYS];	/* the last is today */
	struct report_point *growth;	/* oldest first, today's included */
	size_t		 n_growth;
	struct job_status *jobs;	/* of all that are enabled */
	size_t		 n_jobs;
};

struct report_options {
	int64_t		 now;
	int		 all;		/* read whatever may be a duplicate */
	int (*stop)(void *arg);
	void		*stop_arg;
};

/* Blocks as long as the disk does.  -1 if it was stopped, or the catalog
 * failed; what cannot be read is told in the report. */
int report_make(struct hall *h, const struct report_options *o,
    struct report **out, struct err *e);
void report_free(struct report *r);

/* One page, whole in itself: no script, nothing fetched; it prints well. */
#define REPORT_MARK	"<!doctype html><!-- fettle report -->"
void report_html(const struct report *r, struct buf *out);

/* A job's part ended: its figures of that day. */
struct part;
void report_note(struct hall *h, const struct part *pt, int64_t now,
    const struct job_totals *before, const struct job_totals *after);
/* Once a week, for growth; by the house-keeping. */
int report_sample(struct hall *h, int64_t now, int (*stop)(void *arg),
    void *stop_arg, struct err *e);

#endif
