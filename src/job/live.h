#ifndef JOB_LIVE_H
#define JOB_LIVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What is going on, and who is asked for something to be done: the questions of
 * catalog_live(), which the owner of the catalog answers over state/control.
 * Asked by `status`, by `stop`, and by the dashboard's child.
 *
 * Answered by whoever owns the catalog, the daemon or a run without one:
 *
 *	"status"	lines for people
 *	"running"	the jobs at work, a name a line
 *	"progress"	one JSON object, see below
 *
 * Answered by the daemon only (ERR_NOENT from others):
 *
 *	"post"		there is news to hand over
 *	"yield"		the asker wants folders that watching uses
 *	"arrivals"	files that wait where rules watch: JSON Lines
 *	"run NAME"	run this job (no tag) as soon as somebody is free; as by
 *			hand, but the guard's limits hold.  "run" is all jobs
 *	"stop NAME"	let it end soon and whole; what is due is not begun
 *			again before its next instant
 *	"approve RUN", "reject RUN", "undo RUN"
 *
 * The latter are requests: their answer is {"v":1,"ok":true}, or
 * {"v":1,"ok":false,"error":"..."} when they were refused.  They are done by
 * workers, the same program as by hand, in the order in which they were asked;
 * how one ended is told by the run that it makes and by the log.
 *
 * progress, with null for what is not known:
 *
 *	{"v":1,
 *	 "daemon":{"pid":7,"since":TIME,"next":TIME,"faults":false},
 *	 "running":[{"job":"home","what":"run","run":12,"pid":9,"since":TIME,
 *	   "phase":"do","files":3,"total_files":8,"bytes":70,"total_bytes":90,
 *	   "rate":35,"current":"/a/b"}],
 *	 "waiting":[{"job":"photos","why":"others come first"}]}
 *
 * daemon is null beside a run without one.  job is "" for the house-keeping.
 * what: run, undo, approve, reject, house-keeping.  phase: start (nothing was
 * heard yet), plan, do, forget.  rate is in bytes a second.  times are RFC 3339.
 */
struct buf;
struct catalog;
struct json;

/* ---- by whoever works ---- */
#define LIVE_EVERY	INT64_C(500000)	/* µs between two reports */

struct live_report {
	const char	*job, *phase, *current;	/* current may be NULL */
	int64_t		 run, began;		/* 0; µs since 1970 */
	uint64_t	 files, total_files;	/* total 0: not known */
	uint64_t	 bytes, total_bytes;
};

/* Who reports: what was told last, and when.  {0} to begin with. */
struct live {
	int64_t		 told;		/* time_mono */
	uint64_t	 bytes;
	double		 rate;
};

/* Is it time for a report?  Cheap. */
int live_is_due(const struct live *l);
/* Report, whether it is time or not.  Nothing fails. */
void live_tell(struct live *l, struct catalog *c, const struct live_report *r);
/* Nothing is going on any more. */
void live_end(struct live *l, struct catalog *c);

/* ---- by the owner ---- */
struct live_worker {		/* whom it started itself */
	const char	*job, *what;
	pid_t		 pid;
	int64_t		 since;
};

/* "running": [...], of the owner's workers and of all who report. */
void live_running(struct catalog *c, const struct live_worker *w, size_t n,
    struct json *j);
/* The names of the latter, a line each. */
void live_names(struct catalog *c, const struct live_worker *w, size_t n,
    struct buf *out);
/* How far this one is, for people: ": 3 of 8 files, 70 MiB of 90 MiB, 35 MiB/s,
 * /a/b"; nothing if it has told nothing. */
void live_how_far(struct catalog *c, pid_t pid, struct buf *out);
/* "running  home (pid 7) since ..." of those who report and are none of w. */
void live_others(struct catalog *c, const struct live_worker *w, size_t n,
    struct buf *out);

/* A run that owns the catalog answers "running" and "progress" itself. */
void live_answer(struct catalog *c);

#endif
