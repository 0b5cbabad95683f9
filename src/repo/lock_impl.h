#ifndef REPO_LOCK_IMPL_H
#define REPO_LOCK_IMPL_H

#include "repo/lock.h"
#include "repo/who.h"

/* Lock files as such, and lock_take at a pace of the caller's: for lock.c,
 * lock_file.c and their tests. */
struct buf;

/* All in µs. */
struct lock_pace {
	int64_t		 settle;	/* before looking a second time */
	int64_t		 refresh;	/* a new file so often */
	int64_t		 overdue;	/* others may soon take it for stale */
	int64_t		 step;		/* how often the clock is looked at */
	int64_t		 again;		/* between tries after a failure */
	int64_t		 bad[3];	/* pauses while one cannot be read */
	int64_t		 retry_first, retry_most;
};

/* restic's. */
extern const struct lock_pace lock_pace;

int lock_take_with(struct repo *r, int exclusive, int64_t retry,
    const struct lock_pace *pace, struct lock **out, struct err *e);

void lock_file_write(struct buf *out, const struct who *w, int exclusive,
    int64_t now);
/* stale is left 0. */
int lock_file_read(const void *json, size_t len, struct lock_info *out,
    struct err *e);

/* Load one and judge it by `now`: ERR_NOENT if it went, ERR_CORRUPT if it
 * cannot be read. */
int lock_file_load(struct repo *r, const struct id *id, int64_t now,
    struct lock_info *out, struct err *e);

/* Is it of this host, as far as a name can tell? */
int lock_file_here(const struct lock_info *l);

/* The ids of all lock files; to be freed.  One of 0 bytes is what an upload that
 * was cut short left, and nobody's lock: passed over, if empty is not set. */
struct lock_ids {
	struct id	*v;
	size_t		 n, cap;
	int		 empty;
};
int lock_ids(struct repo *r, struct lock_ids *out, struct err *e);

#endif
