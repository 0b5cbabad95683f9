#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "catalog/entry.h"

/*
 * The memory of fettle: journal, runs, what happened to which file.
 *
 * One process owns it (an OFD lock on state/lock, held for life) and is the
 * only one that opens the database: SQLite, WAL, synchronous=FULL, one
 * connection that also checkpoints (3.40 has a race with two).  Everybody else
 * asks the owner over its control socket (state/control, mode 0600, peer
 * credentials checked) with the very same calls: a struct catalog is either
 * direct or remote, and its user cannot tell.
 *
 * Calls block (a commit is an fsync) and may be made from several threads;
 * they are done one after another.  On -1 the database is as it was.  When a
 * write fails for want of room or by an I/O error the catalog becomes
 * read-only until reopened (ERR_FULL, ERR_IO): no moves without a journal.
 * A ballast file of CATALOG_BALLAST bytes is given up first, once.
 */
struct buf;
struct err;
struct catalog;

#define CATALOG_BALLAST	((size_t)16 << 20)
#define CATALOG_BATCH_MAX ((size_t)48 << 20)	/* bytes of a batch */
#define CATALOG_VALUE_MAX ((size_t)512 << 20)	/* bytes of a kept value */

enum catalog_role {
	CATALOG_ASK,	/* only look: own it for a moment if nobody does */
	CATALOG_RUN,	/* do things: own it, or work under the daemon that does */
	CATALOG_DAEMON,	/* own it for life, or fail */
	CATALOG_WORK,	/* a worker the owner started: join it whatever its role,
			   never own; ERR_NOENT if there is no owner */
};

struct catalog_options {
	const char	*state_dir;	/* absolute; made 0700 if its parent is there */
	enum catalog_role role;
	const char	*what;		/* "run", "daemon", "where": told to others */
	int		 wait;		/* RUN: wait for the other run to end */
};

/*
 * Open.  ERR_LOCKED names the pid and what it does.  An owner that is only
 * asking is waited for (2 s), as is one that is just starting or ending.
 * ERR_STOPPED: a signal came while waiting for the other run.  After an
 * unclean end the database is checked (quick_check; ERR_CORRUPT) and runs that
 * were going are told as crashed.  A newer schema is refused in words
 * (ERR_USAGE), so is an owner of another version ("restart fettle").  An older
 * schema is migrated, after the file was copied to catalog.db.v<old>.  A state
 * folder that is not ours, or that others may write, or that cannot be
 * written, is ERR_DENIED.
 */
int catalog_open(const struct catalog_options *o, struct catalog **out,
    struct err *e);
/* NULL is fine.  A forked child neither uses nor closes its parent's: it closes
 * the descriptors (exec does) and opens its own. */
void catalog_close(struct catalog *c);
int catalog_is_owner(const struct catalog *c);
/* The descriptor that carries the lock, to be inherited by every child that
 * may touch files (it is close-on-exec: the child's starter undoes that); the
 * lock is free when the last of them is gone.  Roles RUN and WORK get a
 * duplicate from the owner; who only asks has -1 beside an owner. */
int catalog_lock_fd(const struct catalog *c);
/* Tell what we do now ("run 12: sort downloads"): others' messages name it.
 * Only the owner's is heard. */
void catalog_tell(struct catalog *c, const char *what);

/*
 * Serve the control socket from a thread of its own until close (owner only).
 * The daemon asks for the listening descriptor instead and serves from its
 * loop, one request a call.
 */
int catalog_serve(struct catalog *c, struct err *e);
int catalog_listen(struct catalog *c, struct err *e);	/* fd, owned by c */
/* Called when client, accepted from there, can be read.  1 more may come; 0 it
 * ended, or was dropped for sense or slowness (an answer must be taken within
 * 2 s); -1 it was not let in (a stranger, or one too many).  On 0 and -1 the
 * caller closes client, and never before. */
int catalog_serve_one(struct catalog *c, int client);

/* ---- runs ---- */
enum run_state {		/* written down */
	RUN_GOING = 0, RUN_DONE = 1, RUN_PARTIAL = 2, RUN_FAILED = 3,
	RUN_HELD = 4, RUN_STOPPED = 5, RUN_CRASHED = 6, RUN_REJECTED = 7,
};
const char *run_state_name(enum run_state r);	/* "done"; "unknown" */

struct run {
	int64_t		 number;
	int64_t		 started, ended;	/* µs since 1970; ended 0: going */
	char		*trigger;	/* hand, schedule, watch, undo, approve ... */
	char		*command;	/* as typed, or "" */
	enum run_state	 state;
	int64_t		 undoes;	/* the run this one takes back, or 0 */
	int64_t		 undone_by;	/* the run that took this back, or 0 */
	uint64_t	 done, skipped, failed, held, waiting, changes;
	char		*jobs;		/* names, a line each */
};
void run_fini(struct run *r);

int catalog_run_begin(struct catalog *c, const char *trigger,
    const char *command, int64_t undoes, int64_t now, int64_t *number,
    struct err *e);
/* Register a job of the run: its number for entries, from 0 on.  The same name,
 * kind and hash again give the same number. */
int catalog_run_job(struct catalog *c, int64_t run, const char *name,
    const char *kind, uint64_t hash, uint32_t *job, struct err *e);
/*
 * The run as it ended; fields number, state, ended, counts are taken.  May be
 * told again (held, then rejected).  DONE or PARTIAL of a run that undoes
 * another, and changed something, marks that one as undone; if that was itself
 * an undo, what it had taken back counts as not undone again.
 */
int catalog_run_end(struct catalog *c, const struct run *r, struct err *e);

/*
 * Newest first; call back until it returns non-zero.  number 0: all.  limit 0:
 * no limit.  Rows come in pages: here, and wherever this header calls back,
 * the callback may use the catalog itself.  done and changes of a run that is
 * going or crashed are counted from its journal.
 */
int catalog_runs(struct catalog *c, int64_t number, size_t limit,
    int (*each)(void *arg, const struct run *r), void *arg, struct err *e);

/* ---- the journal ---- */
struct catalog_done {		/* of an earlier batch of this run */
	int64_t		 batch;
	int		 phase;		/* 1 COPIED (c.3 step 10), 2 ended */
	const void	*results;	/* results_pack */
	size_t		 results_len;
	uint64_t	 rule;		/* job hash, for done_keys */
	const uint64_t	*done_keys;	/* of what is now done; may be none */
	size_t		 n_keys;
};

/*
 * One commit: the intents of a new batch (bytes NULL: none) and what became of
 * earlier ones.  Durable on return.  *batch is the new one's number (untouched
 * if there is none).  ERR_USAGE: not a batch of n, larger than
 * CATALOG_BATCH_MAX or 2^20 entries, or the end of a batch that has ended.
 */
int catalog_commit(struct catalog *c, int64_t run, const void *bytes,
    size_t len, size_t n, const struct catalog_done *done, size_t n_done,
    int64_t *batch, struct err *e);

struct catalog_batch {
	int64_t		 id, run, time;
	int		 phase;		/* 0 intent, 1 copied, 2 ended */
	const void	*bytes;
	size_t		 len, n;
	const void	*results;
	size_t		 results_len;
};
/* Batches that have not ended (run 0: of all runs), oldest first. */
int catalog_pending(struct catalog *c, int64_t run,
    int (*each)(void *arg, const struct catalog_batch *b), void *arg,
    struct err *e);
/* All batches of a run, oldest first (for undo and `runs show`). */
int catalog_batches(struct catalog *c, int64_t run,
    int (*each)(void *arg, const struct catalog_batch *b), void *arg,
    struct err *e);
/*
 * The owner hears of each commit, once it is durable and before who asked for
 * it does: of the new batch (bytes) and of those that ended (phase, results; n
 * is not told).  Called on the serving thread; it may not use the catalog.
 */
void catalog_on_commit(struct catalog *c,
    void (*heard)(void *arg, const struct catalog_batch *b), void *arg);
/* The names of a run's jobs by number, to be freed one by one and whole. */
int catalog_run_jobs(struct catalog *c, int64_t run, char ***names, size_t *n,
    struct err *e);
/* And the hashes of their definitions, for the done keys of what recovery finds
 * done; to be freed whole. */
int catalog_run_hashes(struct catalog *c, int64_t run, uint64_t **hashes,
    size_t *n, struct err *e);

/* What this rule already did: add every fingerprint to set (util/set64.h). */
struct set64;
int catalog_done_keys(struct catalog *c, uint64_t rule, struct set64 *set,
    struct err *e);

/* ---- where ---- */
struct event_row {
	int64_t		 time, run;	/* µs; run number */
	enum event	 event;
	const char	*from, *to;	/* absolute paths, "" if none */
	const char	*job, *why;
	const char	*backup, *snapshot;	/* "" if none */
	uint64_t	 ino, fs;
};
/*
 * Everything that happened to a path (absolute), a bare name or a glob, oldest
 * first, following the file through its moves (by identity); a copy is told,
 * but what happens to the copy later is another file's story.  A pattern with a
 * '/' is matched against whole paths, where only ** passes a '/'; one without,
 * against names; what exists as a name is not taken as a pattern.  Of batches
 * not yet unpacked some are unpacked first (off the critical path of runs), and
 * the others looked through as they lie; a question about more than some
 * hundred files unpacks all.  Only entries that were done are told, and of
 * batches that have ended.
 * ERR_CORRUPT after the last row: the history of a run is damaged and missing.
 */
int catalog_where(struct catalog *c, const char *what,
    int (*each)(void *arg, const struct event_row *r), void *arg,
    struct err *e);
/* Does a path or name (bytes) match a pattern, as catalog_where reads it?  '*'
 * and '?' take no '/', "**" does. */
int catalog_glob(const char *pattern, const char *name);
/* Unpack up to n batches into rows for `where`; 1 more to do, 0 none. */
int catalog_unpack(struct catalog *c, size_t n, struct err *e);

/* ---- small things kept by name: held plans, job states, destinations ---- */
/* Rows of (space, name) -> bytes, durable on return, replaced as a whole. */
int catalog_put(struct catalog *c, const char *space, const char *name,
    const void *data, size_t len, struct err *e);
/* Appends to out; 1 if there, 0 if not. */
int catalog_get(struct catalog *c, const char *space, const char *name,
    struct buf *out, struct err *e);
int catalog_drop(struct catalog *c, const char *space, const char *name,
    struct err *e);
int catalog_each(struct catalog *c, const char *space,
    int (*each)(void *arg, const char *name, const void *data, size_t len),
    void *arg, struct err *e);

/* ---- claims: who works in which folders ---- */
/*
 * These folders and files (absolute, without symlinks; or a repository
 * elsewhere, by its name, which has a ':' before any '/'), and all below them,
 * are the caller's to work in until catalog_unclaim, or until it closes or
 * dies.  A further call adds to them.  ERR_LOCKED names the pid, what it told
 * as `what`, and the path, if another has claimed one of them, or one above or
 * below: then none is added.  Nothing is waited for, nothing is written down.
 */
int catalog_claim(struct catalog *c, const char *what,
    const char *const *paths, struct err *e);
void catalog_unclaim(struct catalog *c);
/* How many connections to the owner may change files (RUN and WORK).  With none
 * of them, a run that is still going was killed. */
size_t catalog_guests(struct catalog *c);

/*
 * How far the caller is with what it does: bytes that job/ defines (job/live.h),
 * for whoever asks the owner.  The next one takes its place, len 0 takes it
 * back, and it goes with the connection.  Nothing is written down, nothing
 * fails, and where another thread is using the connection it is left out.
 */
#define CATALOG_REPORT_MAX	((size_t)8192)
void catalog_report(struct catalog *c, const void *data, size_t len);
/* Those that there are (owner only).  The callback must not use the catalog. */
void catalog_reports(struct catalog *c,
    void (*each)(void *arg, pid_t pid, const void *data, size_t len),
    void *arg);

/* Forget runs (and their journal) that ended before; never pending or held
 * ones, and never what rules have done (catalog_done_keys). */
int catalog_expire(struct catalog *c, int64_t before, struct err *e);
/* A copy of the whole database as a new file at path (absolute, in a folder of
 * ours; ERR_EXISTS), flushed (VACUUM INTO).  Other calls wait meanwhile. */
int catalog_backup(struct catalog *c, const char *path, struct err *e);

/*
 * The catalog in state_dir is damaged, or gone: make it anew from a copy (an open
 * file; -1: empty, with nothing but the schema).  Runs are numbered from first_run
 * on at least.  What was there is kept in the state folder, its new name in
 * aside ("" if there was nothing).  ERR_EXISTS: it is whole, nothing was
 * done, and anyway is 0; ERR_CORRUPT: the copy is no good, and nothing was done; ERR_LOCKED: it
 * is in use.
 */
#define CATALOG_ASIDE	64
int catalog_renew(const char *state_dir, int from, int anyway,
    int64_t first_run, char aside[CATALOG_ASIDE], struct err *e);

/*
 * 1 if the machine went down under an owner (it ended uncleanly, and the boot
 * is another) and nobody has looked since; *last is the time of the last
 * commit before.  Entries done shortly before it are to be looked at again
 * (doc/why/crash-safety.md, c.8); then catalog_cut_seen.  0 if not.
 */
int catalog_cut(struct catalog *c, int64_t *last, struct err *e);
int catalog_cut_seen(struct catalog *c, struct err *e);

/*
 * Ask the owner's process itself (not the database): its live status, as
 * bytes that job/ defines.  ERR_NOENT where the owner has none to tell.
 */
int catalog_live(struct catalog *c, const char *question, struct buf *answer,
    struct err *e);
/* The owner's answer to it; called on the serving thread, one at a time.
 * NULL takes it back: after return none is under way.  It may use the catalog,
 * but not call catalog_on_live. */
void catalog_on_live(struct catalog *c,
    int (*answer)(void *arg, const char *question, struct buf *out),
    void *arg);

#endif
