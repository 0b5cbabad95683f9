#ifndef REPO_REPAIR_IMPL_H
#define REPO_REPAIR_IMPL_H

#include "repo/repair.h"
#include "util/err.h"

/* What the parts of repair share. */
void repair_tell(const struct repair_watch *w, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
void repair_step(const struct repair_watch *w, enum repair_step step,
    uint64_t done, uint64_t total);
/* -1 and ERR_LOCKED if the lock is not ours any more. */
int repair_may_remove(const struct repair_watch *w, struct err *e);

#endif
