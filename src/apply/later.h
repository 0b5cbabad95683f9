#ifndef APPLY_LATER_H
#define APPLY_LATER_H

#include <stddef.h>

#include "apply/apply.h"

/*
 * Flushing put off, for plans that follow each other closely (files that
 * arrive): what they moved by rename is in place, and journalled as intended;
 * the folders are flushed and the results written for several plans at once.
 * A crash before that leaves nothing that recovery does not know from its
 * table (c.2).
 *
 * Everything else, and all of a load that holds anything else, is flushed at
 * once, as without this.
 */
struct catalog;
struct err;
struct later;

struct later *later_new(struct catalog *c, int64_t run);
/* What was not flushed is left to recovery.  NULL is fine. */
void later_free(struct later *l);
/* Flush, and write all results.  -1: not known to be on disk, and told to the
 * journal so; or the journal failed. */
int later_flush(struct later *l, struct err *e);
/* How many operations wait for it. */
size_t later_count(const struct later *l);

/* ---- for settle.c ---- */
struct apply;
struct load;
/* 1: it is taken over, once what it touched is held. */
int later_take(struct later *l, struct apply *a, struct load *load);

#endif
