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
 *	reload.c	the configuration
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
	char		*name;		/* its job; "": the house-keeping */
	int64_t		 since;		/* µs since 1970 */
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
	struct worker	 workers[DAEMON_WORKERS];
	struct timer	 deadline;	/* for workers that shall end */
	int		 unclean;	/* a worker was killed: recover first */

	struct confwatch conf;
	struct timer	 settle;	/* since the configuration changed */
	char		*faults;	/* what was told last, or NULL */

	struct arrivals	 arrivals;

	struct timer	 watchdog;
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

int reload_open(struct daemon *d, struct err *e);
void reload_close(struct daemon *d);
void reload_now(struct daemon *d, int asked);
/* The configuration that workers read: the file, or the last good one. */
char *reload_file(const struct daemon *d);

void live_open(struct daemon *d);
void live_close(struct daemon *d);

#endif
