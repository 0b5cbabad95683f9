#ifndef DAEMON_ARRIVALS_H
#define DAEMON_ARRIVALS_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/loop.h"
#include "job/burst.h"
#include "util/buf.h"
#include "util/proc.h"

/*
 * Files that arrive where rules watch.
 *
 *	arrivals.c	what is watched; when a file has settled
 *	courier.c	the worker that handles them: started with the first,
 *			kept while more come
 *	arrivals_ours.c	what we bring there ourselves
 *	arrivals_tell.c	why a file still waits
 */
struct daemon;
struct location;
struct ours;
struct rule;
struct settle;
struct watcher;

struct watched {			/* a location of a rule that watches */
	const struct rule *rule;
	const struct location *location;
	char		*real;		/* its path, without symlinks */
};

struct heard {				/* a batch of the journal with paths here */
	int64_t		 batch;
	size_t		 n;
};

struct courier {
	struct proc	 proc;		/* pid 0: none */
	struct watch	 end;		/* its pidfd */
	struct watch	 sock;
	struct buf	 in, out;
	size_t		 sent;		/* of out */
	struct burst_batch batch;	/* what it has; n 0: nothing */
	int		 ending;	/* hung up on */
	int64_t		 not_before, pause;	/* after it failed */
};

struct arrivals {
	struct daemon	*d;
	struct watched	*v;		/* n 0: nothing is watched */
	size_t		 n, cap;
	struct watcher	*watcher;
	struct settle	*settle;
	struct ours	*ours;
	struct watch	 watch;
	struct timer	 timer;
	int64_t		 tick;		/* when the watcher wants to be asked */
	int64_t		 drained;	/* ns since 1970: all before it was heard */
	int		 opening;	/* what is found was there before */
	int		 too_many;	/* it was told */
	int64_t		 yields;	/* nothing is handed on until then */
	int		 asked;		/* to end its run, since */
	int64_t		 scan;		/* read all anew then */
	struct heard	*heard;
	size_t		 n_heard, cap_heard;
	struct courier	 courier;
};

int arrivals_open(struct daemon *d, struct err *e);
void arrivals_close(struct daemon *d);
/* The configuration was taken: watch what it says. */
void arrivals_again(struct daemon *d);
/* Something happened to a file, as settle_touch has it. */
void arrivals_touch(struct arrivals *a, const char *path, int64_t since,
    int found);
/* Look at what is due, and hand on what is ready. */
void arrivals_go(struct arrivals *a);
/* The worker answered (what it has is dealt with), or has gone. */
void arrivals_answered(struct arrivals *a, const struct burst_answer *x);
void arrivals_lost(struct arrivals *a);

/* Somebody wants folders that are in use for what arrives. */
void arrivals_yield(struct daemon *d);

/* ---- courier.c ---- */
/* Is one there, and what is it doing?  It takes a batch if it is free. */
int courier_is_there(const struct daemon *d);
int courier_is_free(const struct arrivals *a);
/* Hand it over; owned from here on.  One is started if need be; -1: none could
 * be, and the batch is as it was. */
int courier_take(struct arrivals *a, struct burst_batch *b, struct err *e);
/* Ask it to end its run, if it is there and free. */
void courier_end_run(struct arrivals *a);
/* Hang up: it ends its run, and itself. */
void courier_rest(struct daemon *d);
void courier_signal(struct daemon *d, int sig);
void courier_close(struct daemon *d);

/* ---- arrivals_ours.c ---- */
/* The journal's word (catalog_on_commit); arg is the arrivals. */
struct catalog_batch;
void arrivals_hear(void *arg, const struct catalog_batch *b);

/* ---- arrivals_tell.c ---- */
void arrivals_say(const struct daemon *d, struct buf *out);	/* for people */
void arrivals_json(const struct daemon *d, struct buf *out);	/* JSON Lines */

#endif
