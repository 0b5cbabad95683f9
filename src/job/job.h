#ifndef JOB_JOB_H
#define JOB_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "job/settings.h"
#include "plan/plan.h"

/*
 * The hall: every door comes through here, so a run started by hand, by the
 * clock or by a click is the same run.
 *
 *	hall_open(settings, role)	the catalog, the log, the cache folder
 *	job_plan()			what would be done: a list of parts
 *	job_do()			do them, journalled, logged, reported
 *
 * A part is one job's plan.  All parts are planned over one overlay before the
 * first is done, so `plan` and `run` give the same operations.  A job past its
 * guard is held: its part is kept in the catalog until approved or rejected,
 * and the others are planned anew without it.
 *
 * Nobody here prints: what there is to tell goes to a struct sink.
 */
struct buf;
struct catalog;
struct err;
struct log;
struct overlay;
struct proc;
struct vault;

/* HALL_POST: as ASK, but with the log, to hand news over (job/post.h). */
enum hall_role { HALL_ASK, HALL_RUN, HALL_DAEMON, HALL_POST };

struct hall {
	enum hall_role	 role;
	const struct settings *s;
	struct catalog	*catalog;
	struct log	*log;		/* NULL while only asking */
	int		 cache, state, log_dir;	/* folders held; -1 if none */
	int		 wait;		/* for whoever works in the same folders */
	struct vault	*vaults;	/* repositories that are open (job/vault.h) */
	struct proc	*post;		/* who hands news over, or NULL */
};

/* Recovers first what a crash left (HALL_RUN, HALL_DAEMON as owner). */
struct sink;
int hall_open(const struct settings *s, enum hall_role role, const char *what,
    int wait, const struct sink *sink, struct hall **out, struct err *e);
void hall_close(struct hall *h);

/*
 * For the daemon, whose hall is open for long.  hall_take: these settings from
 * now on; the log is opened anew if they say so (-1: all is as it was).
 * hall_is_unclean: 1 if a run is going, which was killed if nobody is left to
 * do it.  hall_recover: what such a run left half is finished or taken back,
 * and it is told as crashed; nobody else may be at work.
 */
int hall_take(struct hall *h, const struct settings *s, struct err *e);
int hall_is_unclean(struct hall *h, struct err *e);
int hall_recover(struct hall *h, int64_t now, const struct sink *k,
    struct err *e);

/* ---- what a door shows ---- */
struct job_totals {
	uint64_t	 planned, done, skipped, failed, held, waiting;
	uint64_t	 changes;	/* done, and could be taken back */
	uint64_t	 files, bytes;	/* of backups: what was copied */
};

struct op_told {		/* an operation, ready to be shown */
	const struct op	*op;
	const char	*from, *to;	/* absolute paths, bytes */
	const char	*job, *kind;	/* "rule", "backup", "archive", "undo" */
	int64_t		 run;		/* 0: it is only planned */
	const char	*why, *error;
	const char	*snapshot;	/* of a backup that was made, or "" */
	int		 missed;	/* it was to be done, and is not: it changed */
};

struct sink {
	void (*op)(void *arg, const struct op_told *t);
	/* One line of talk; level as util/log.h. */
	void (*note)(void *arg, int level, const char *text);
	void (*progress)(void *arg, const char *job, uint64_t ops,
	    uint64_t total, uint64_t bytes);
	int (*stop)(void *arg);		/* 1: end soon, whole */
	/* A rule's question: 1 yes, 0 no, -1 nobody is there.  May be NULL. */
	int (*ask)(void *arg, const char *question, int usual);
	void		*arg;
};

/* ---- planning ---- */
struct job_request {
	const char	*const *names;	/* job names or tags, NULL-ended; NULL all */
	int		 exact;		/* names are of jobs, not tags */
	const char	*const *tags, *const *skip_tags;
	int		 again;		/* forget what was done already */
	int		 unattended;	/* guards count */
	int		 yes;		/* past them */
	int64_t		 now;		/* µs */
};

struct part {
	const struct job *job;		/* NULL: undo, saved plan */
	const char	*name, *kind;
	struct plan	*plan;
	const char	*held;		/* why it is held, or NULL */
	int64_t		 run;		/* that does it, or 0 */
	size_t		 locations, absent;
	char		*failed;	/* why it could not be planned, or NULL */
};

struct parts {
	struct part	*v;
	size_t		 n;
	struct job_totals totals;
	struct overlay	*overlay;
};

/*
 * ERR_USAGE names a job or tag that is not there.  A job that cannot be
 * planned is a part with failed set; the others go on.
 */
int job_plan(struct hall *h, const struct job_request *q, struct parts **out,
    struct err *e);
void parts_free(struct parts *p);
/* Tell every operation as planned (held ones as held) and count them. */
int parts_tell(const struct parts *p, const struct sink *k,
    struct job_totals *t, struct err *e);

/* ---- doing ---- */
struct job_done {
	int64_t		 run;
	struct job_totals totals;
	int		 state;		/* enum run_state */
	int		 all_failed;	/* of the jobs, at least one failed whole */
	int		 failed_kind;	/* enum err_kind of those; 0: several kinds */
	uint64_t	 missed;	/* planned, and then left: it had changed */
};

struct job_doing {
	const char	*trigger;	/* hand, schedule, undo, approve, apply */
	const char	*command;
	int64_t		 undoes;	/* the run taken back as a whole, or 0 */
	int		 undoing;	/* a run or some of its files are taken back */
	int64_t		 now;
};

int job_do(struct hall *h, struct parts *p, const struct job_doing *d,
    const struct sink *k, struct job_done *out, struct err *e);

/* The exit status that face.md gives for it: 0 1 3 4 130. */
int job_exit(const struct job_done *d);

/* ---- undo ---- */
/* run 0: the newest with changes that is neither an undo nor undone; *later is
 * then the newest scheduled one after the last by hand, or 0. */
int job_undo_which(struct hall *h, int64_t *run, int64_t *later,
    struct err *e);
int job_plan_undo(struct hall *h, int64_t run, const char *const *paths,
    size_t n, struct parts **out, struct err *e);

/* ---- held and saved plans ---- */
int parts_save(const struct parts *p, struct buf *out, struct err *e);
int parts_load(struct hall *h, const void *data, size_t len,
    struct parts **out, struct err *e);
/* Held parts of run (0: the newest) as parts to be done. */
int job_held(struct hall *h, int64_t *run, struct parts **out, struct err *e);
/* It was done: nothing is held by run any more. */
int job_approved(struct hall *h, int64_t run, struct err *e);
/* Drop what run (0: the newest) holds; its jobs are held no more. */
int job_reject(struct hall *h, int64_t *run, struct err *e);

/* ---- status ---- */
enum job_health { HEALTH_OK, HEALTH_NEVER, HEALTH_LATE, HEALTH_FAILED,
	HEALTH_PARTIAL, HEALTH_HELD, HEALTH_WAITING, HEALTH_RUNNING,
	HEALTH_WATCHING };	/* a rule that watches, and nothing came yet */

struct job_status {
	const struct job *job;
	enum job_health	 health;
	int64_t		 last_run, last_success, next;	/* µs; 0 none */
	int64_t		 run;		/* the number of the last */
	int64_t		 retry;		/* it failed: tried again then, or 0 */
	unsigned	 nth_retry;
	char		 why[256];	/* what is wrong, or reach */
	int		 key_at_risk;	/* it lies only on the disk that it protects */
	/* Where it puts things, if that is there: "" if not. */
	const char	*place;
	uint64_t	 free, total;	/* bytes */
	int64_t		 full_at;	/* INT64_MAX: not in sight */
};
int job_status(struct hall *h, const struct job *j, int64_t now,
    struct job_status *out, struct err *e);
/* Likewise, but only what is remembered: health and why, and when it ran last. */
int job_stands(struct hall *h, const struct job *j, int64_t now,
    struct job_status *out, struct err *e);
/* Of a job whose key is at risk: what that means and what to do, in one sentence
 * without an end, for every door alike. */
void job_say_key_at_risk(const struct job *j, struct buf *out);
/* The recovery sheet was printed: its key lies elsewhere, too, from now on. */
int job_sheet_printed(struct hall *h, const struct job *j, int64_t now,
    struct err *e);
/* A rule with `watch:`: it acts when files arrive, schedule or not. */
int job_watches(const struct job *j);
const char *job_health_name(enum job_health hl);	/* "ok" */
/* Late, failed, partial or held: somebody should look. */
int job_health_is_bad(enum job_health hl);
/* What is wrong, of all jobs, in one sentence without an end: "home failed,
 * photos is late"; 1, or 0 if all is well. */
int job_trouble(struct hall *h, int64_t now, struct buf *out, struct err *e);

/* ---- due ---- */
/* Which jobs are due at now; *next is when to ask again (INT64_MAX never).
 * Marks them as seen; job_do marks them as run. */
int job_due(struct hall *h, int64_t now, char ***names, int64_t *next,
    struct err *e);
int job_next(struct hall *h, const struct job *j, int64_t after, int64_t *at,
    struct err *e);

#endif
