#ifndef JOB_DO_IMPL_H
#define JOB_DO_IMPL_H

#include "catalog/catalog.h"
#include "job/job.h"
#include "job/live.h"
#include "job/told.h"
#include "plan/plan.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"

/* What the files that do a run share: do.c, do_copies.c, do_repository.c. */
struct archive_recorder;

struct doing {
	struct hall		*h;
	const struct job_doing	*d;
	const struct sink	*k;
	struct job_done		*out;
	struct part		*part;		/* the one in hand */
	struct job_totals	 before;	/* totals when it began */
	uint64_t		 total;		/* its operations */
	int64_t			 began;		/* time_mono when the run began */
	const char		*snapshot;
	int			 told;		/* why it failed, with its paths */
	struct archive_recorder	*recorder;
	size_t			 failed_parts;
	struct later		*later;		/* of a burst */
	struct brought		*brought;	/* between parts; or NULL */
	struct live		 live;
	struct told		 told_ops;	/* of the whole run */
	const char		*phase;		/* for whoever looks on */
	uint64_t		 total_bytes;
	uint64_t		 files, bytes;	/* of the part in hand */
	const char		*current;	/* file, or NULL */
	struct buf		 alarm;		/* why the part is held, or empty */
	int64_t			 part_began;	/* µs; and the log's size then */
	int64_t			 log_at;
};

/* The time now, by the door's clock when the run began. */
int64_t doing_now(const struct doing *g);
/* A line for the log and the door. */
void doing_note(struct doing *g, enum log_level level, const char *text);
/* An operation as it ended: counted, told, logged; arg is the doing. */
void doing_on_op(void *arg, const struct op *op, const char *from,
    const char *to, const char *error);
void doing_on_progress(void *arg, uint64_t ops, uint64_t bytes);
/* How far it is, for whoever looks on. */
void doing_live(struct doing *g);
int doing_apply(struct doing *g, const struct plan *p, struct err *e);
struct apply_report;
int doing_apply_with(struct doing *g, const struct plan *p,
    const struct apply_report *r, struct err *e);
/* Write the run's end, with its parts' names, and its summary line. */
int doing_end_run(struct doing *g, const struct parts *p, struct err *e);
/* The part in hand begins and ends: remembered, told.  kind: why it failed. */
void doing_began(struct doing *g);
void doing_ended(struct doing *g, enum run_state how, int waiting,
    enum err_kind kind, const char *why);
/* Do a part between its hooks: what work returns, or -1 as before failed. */
int doing_hooked(struct doing *g, struct part *pt,
    int (*work)(struct doing *g, struct part *pt, struct err *e),
    struct err *e);
/* Tell each operation of one kind in the part in hand as it ended: backups, or
 * (purge) the old ones that are not let go after all; but not what also.h
 * tells. */
int doing_tell_ended(struct doing *g, enum op_kind kind, enum op_state state,
    const char *error, struct err *e);

/*
 * A backup was made: was it a sudden change (job/alarm.h), or does such an alarm
 * still stand?  1: it is told, the part counts as held, and nothing is to be
 * forgotten for the reason that is put into why.
 */
struct change;
int doing_alarm(struct doing *g, const struct change *c, struct buf *why);

/* A backup's part.  -1: what failed was told already. */
int do_copies(struct doing *g, struct err *e);
int do_repository(struct doing *g, struct err *e);

#endif
