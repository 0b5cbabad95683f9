#ifndef REPO_LOCK_H
#define REPO_LOCK_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"

/*
 * restic's locks (restic-format 1.12): a file that says who works here.  Many
 * may share; one that is exclusive is alone.
 *
 * Taking one blocks 200 ms, as restic does, to see whether somebody else came
 * at the same time; not on a disk of this machine, where who comes second sees
 * the first at once.  A lock is refreshed from a thread of its own every five
 * minutes by the wall clock; if that failed for so long that others may take it
 * for stale, lock_lost says so and whoever holds it must end.  Locks of this
 * host whose process is gone, and our own (same host, older than 30 minutes),
 * are removed by the way; those of others only by unlock.
 *
 * restic's unlock sends SIGHUP to a lock's pid to see whether it lives: while a
 * lock is held the process ignores SIGHUP.
 */
struct err;
struct lock;
struct repo;

#define LOCK_REFRESH	((int64_t)300 * 1000000)	/* µs */
#define LOCK_STALE	((int64_t)1800 * 1000000)

/* retry: µs to try again for (5 s, doubling to 60 s).  ERR_LOCKED names who. */
int lock_take(struct repo *r, int exclusive, int64_t retry, struct lock **out,
    struct err *e);
/*
 * May the work go on?  0 or 1.  It blocks for as long as a refresh takes when one
 * is overdue, as after a long sleep of the machine: only then is it known.  To
 * be asked before anything is removed.
 */
int lock_lost(const struct lock *l);
void lock_release(struct lock *l);	/* NULL is fine */

struct lock_info {
	struct id	 id;
	int64_t		 time;		/* µs */
	int		 exclusive, stale;
	char		 hostname[256], username[128];
	int64_t		 pid;
	uint32_t	 uid, gid;
};
int lock_each(struct repo *r, int (*each)(void *arg, const struct lock_info *l),
    void *arg, struct err *e);
/* Remove stale ones, or all; *n is how many. */
int lock_unlock(struct repo *r, int all, size_t *n, struct err *e);

#endif
