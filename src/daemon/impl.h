#ifndef DAEMON_IMPL_H
#define DAEMON_IMPL_H

#include "daemon/arrivals.h"
#include "daemon/confwatch.h"
#include "daemon/daemon.h"
#include "daemon/loop.h"
#include "daemon/queue.h"
#include "daemon/systemd.h"
#include "util/log.h"
#include "util/proc.h"

/*
 * Inside the daemon: one struct, and what each file does with it.
 *
 *	daemon.c	starts and ends it; signals
 *	clients.c	the control socket
 *	clock.c		asks the hall what is due, and when next
 *	workers.c	starts jobs, and hears how they ended
 *	asked.c		what somebody asks for: a job now, its end, an undo
 *	reload.c	the configuration
 *	news.c		who is to be told what
 *	live.c		what it says of itself
 *	web.c		the dashboard's child
 *	arrivals.h	files that arrive where rules watch
 */
struct daemon;
struct web_side;

struct client {
	struct watch	 watch;
	struct daemon	*d;
	struct client	*next;
};

struct worker {
	struct proc	 proc;		/* pid 0: free */
	struct watch	 watch;		/* its pidfd */
	struct daemon	*d;
	const char	*what;		/* run, undo, approve, reject */
	char		*name;		/* its job, "": the house-keeping; or the
					   number of a run; "": all jobs */
	int		 asked;		/* by somebody, not by the clock */
	int		 stopped;	/* likewise: it was told to end */
	int64_t		 since;		/* µs since 1970 */
};

/* Beside those of the schedule there are places for what somebody asks for. */
#define ASKED_WORKERS	2
#define PLACES		(DAEMON_WORKERS + ASKED_WORKERS)
#define ASKED_MAX	100

struct asked {
	const char	*verb;		/* as worker.what */
	char		*arg;		/* as worker.name */
};

struct daemon {
	const struct daemon_options *o;
	struct settings	**s;		/* in force */
	struct hall	*h;
	struct loop	 loop;
	struct systemd	 systemd;
	int64_t		 started;	/* µs since 1970 */
	int		 ending;

	struct web_side	*web;		/* daemon/web.h; NULL while closed */

	struct watch	 signals;

	struct watch	 listen;
	struct client	*clients;
	int		 spare;		/* a descriptor, to refuse politely with */

	struct timer	 clock;		/* when something is due next */
	struct timer	 again;		/* who was put off may try again */
	int64_t		 next;		/* what clock was set to */
	struct queue	 queue;
	struct worker	 workers[PLACES];
	struct asked	 asked[ASKED_MAX];	/* and not yet begun */
	size_t		 n_asked;
	struct timer	 deadline;	/* for workers that shall end */
	int		 unclean;	/* a worker was killed: recover first */

	struct confwatch conf;
	struct timer	 settle;	/* since the configuration changed */
	char		*faults;	/* what was told last, or NULL */

	struct arrivals	 arrivals;

	struct timer	 watchdog;

	struct {
		struct proc	 proc;		/* who hands news over */
		struct watch	 watch;
		struct timer	 timer;
		int64_t		 since, again;	/* time_mono */
		int64_t		 looked;	/* for what is late; µs since 1970 */
	}		 news;
};

/* To the log and to whoever listens. */
void say(struct daemon *d, enum log_level level, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void say_error(struct daemon *d, const struct err *e);

int clients_open(struct daemon *d, struct err *e);
void clients_close(struct daemon *d);

int clock_open(struct daemon *d, struct err *e);
void clock_close(struct daemon *d);
/* Ask what is due, start what can be, and set the clock. */
void clock_ask(struct daemon *d);

/* Start who may start. */
void workers_start(struct daemon *d);
size_t workers_running(const struct daemon *d);
void workers_signal(struct daemon *d, int sig);
/* Somebody who may change files has gone: recover, if it was no good end, and
 * let those who waited for him try. */
void workers_somebody_left(struct daemon *d);
void workers_close(struct daemon *d);
/* Who does that, or NULL. */
struct worker *workers_find(struct daemon *d, const char *what,
    const char *name);
/* Is there a place for somebody who was asked for?  Start him; a failure is
 * told. */
int workers_may_ask(const struct daemon *d);
void workers_ask(struct daemon *d, const char *what, const char *name);

struct buf;
/* As catalog_on_live's answer. */
int asked_answer(struct daemon *d, const char *question, struct buf *out);
/* Start the first that waits: 1 it is gone from the list, 0 none can start. */
int asked_start(struct daemon *d);
/* A job was told to end: what it was due for counts as handled. */
void asked_pass(struct daemon *d, const char *name);
void asked_close(struct daemon *d);

int reload_open(struct daemon *d, struct err *e);
void reload_close(struct daemon *d);
void reload_now(struct daemon *d, int asked);
/* The configuration that workers read: the file, or the last good one. */
char *reload_file(const struct daemon *d);

int news_open(struct daemon *d, struct err *e);
void news_close(struct daemon *d);
/* Is anything to be handed over?  Now, or soon from a place where nothing can
 * be asked. */
void news_ask(struct daemon *d);
void news_soon(struct daemon *d);

void live_open(struct daemon *d);
void live_close(struct daemon *d);

#endif
