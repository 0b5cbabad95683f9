#ifndef JOB_GUARD_H
#define JOB_GUARD_H

#include "job/settings.h"
#include "plan/plan.h"

struct buf;

/*
 * Would this plan of one job go past a limit?  1 and the reason in why, else 0.
 * Moves are all operations that take files from where they are; deletes are
 * trash and delete; the share is of all files seen under the job's locations,
 * counted from GUARD_SHARE_FROM files up.  Backups are never held.
 */
#define GUARD_SHARE_FROM	100

int guard_check(const struct guard *g, const struct plan *p, uint32_t job,
    struct buf *why);

#endif
