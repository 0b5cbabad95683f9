#ifndef JOB_TALLY_H
#define JOB_TALLY_H

#include <stdint.h>

#include "job/job.h"

/*
 * What a rule has done to files that arrived, by the minute, for an hour: the
 * guard's limits count so for them.  Kept in the catalog's space "tally" by the
 * rule's name.
 *
 * Past a limit the rule is held: nothing more is planned for it until somebody
 * has approved or rejected, and then the hour begins anew.
 */
#define TALLY_MINUTES	60

struct tally {
	int64_t		 first;		/* the minute of v[0], since 1970 */
	uint32_t	 moves[TALLY_MINUTES], deletes[TALLY_MINUTES];
	int64_t		 held;		/* the run that holds it, or 0 */
};

/* Pure. */
void tally_add(struct tally *t, int64_t now, uint64_t moves,
    uint64_t deletes);
void tally_sum(struct tally *t, int64_t now, uint64_t *moves,
    uint64_t *deletes);

/* What cannot be read counts as nothing. */
int tally_load(struct hall *h, const char *rule, struct tally *t,
    struct err *e);
int tally_save(struct hall *h, const char *rule, const struct tally *t,
    struct err *e);

/* How many of a plan's operations move, and how many delete. */
struct plan;
void tally_plan(const struct plan *p, uint64_t *moves, uint64_t *deletes);
/* 1 and why if the plan, with the hour before it, is past a limit. */
struct buf;
int tally_check(const struct guard *g, struct tally *t, const struct plan *p,
    int found, int64_t now, struct buf *why);

#endif
