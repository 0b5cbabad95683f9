#ifndef JOB_BURST_IMPL_H
#define JOB_BURST_IMPL_H

#include "job/burst.h"
#include "job/do_impl.h"
#include "job/resource.h"
#include "job/tally.h"
#include "util/set64.h"

/*
 * Inside a burst.
 *
 *	burst.c		batches, doing, the run's beginning and end
 *	burst_plan.c	planning: one part a rule, held ones aside
 */
/* A rule, as far as it watches or lies over what is watched. */
struct lane {
	const struct job *job;
	char		**reals;	/* of its locations */
	struct set64	 done;
	struct tally	 tally;
	unsigned char	 known;		/* done and tally are */
	unsigned char	 used;		/* in this run */
	unsigned char	 left_out;	/* it is held */
	struct job_totals totals;	/* of this run */
	int		 told;		/* that it began in this run */
	int64_t		 began, log_at;	/* as struct doing has them */
};

struct burst {
	struct hall	*h;
	const struct sink *k;
	struct lane	*lanes;		/* the rules, in order */
	size_t		 n;
	int64_t		 run, last;	/* open; the last that was */
	struct job_done	 out;
	struct job_doing d;
	struct doing	 g;
	struct resources claimed;
	struct set64	 stopped;
	struct lane	*lane;		/* in hand */
	struct planned	*planned;	/* likewise */
	struct burst_answer *answer;
};

struct planned {
	struct organize_only *only;
	size_t		 n_only;
	struct parts	*parts;		/* one a lane that is used */
	struct lane	**lanes;	/* of each */
	char		**held;		/* by lane: why, or NULL */
	int64_t		 now;
	struct set64	 failed;	/* hashed paths, by planning already */
};

/* Plan all lanes that are used: 0, -1. */
int burst_plan(struct burst *b, struct planned *p,
    const struct burst_batch *x, struct err *e);
void burst_plan_fini(struct planned *p, size_t lanes);
/* What a writer still has is left for later, and what could not be planned is
 * noted: 0, -1. */
int burst_leave_written(struct planned *p, struct burst_answer *out,
    struct err *e);
/* Where its source lies; "": it has none. */
const char *burst_dir_of(const struct plan *p, const struct op *op);
uint64_t burst_hash(const char *dir, const char *name);
/* Does a part do, or tell, anything? */
int burst_counts(const struct part *pt);

#endif
