#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "job/job.h"

/*
 * The daemon: it owns the catalog, the clock and nothing else.  Jobs that are
 * due run in worker processes (the program itself, `run --trigger schedule`),
 * at most DAEMON_WORKERS side by side and never two in one folder.  It stays in
 * the foreground, in one thread, and is woken by its timers, by signals, by who
 * asks over the control socket, and by changes of the configuration.
 *
 *	SIGTERM, SIGINT	end: workers are asked to, and killed after a while;
 *			what they had in hand is recovered and goes on later
 *	SIGHUP		read the configuration again, nothing else
 *	SIGUSR1		open the log anew
 *
 * A configuration that changed is taken by itself once it is faultless.  While
 * it is not, the last good one holds: it is kept in the state folder for the
 * workers.
 */
struct err;
struct whereabouts;

#define DAEMON_WORKERS	2

struct daemon_options {
	const struct whereabouts *where;	/* relative paths are refused */
	const struct sink *sink;	/* its talk; note is enough */
	/* Print the faults of a configuration. */
	void (*faults)(void *arg, const char *text);
	void		*arg;
};

/*
 * Until it is told to end.  *s is the configuration to begin with, and the one
 * in force when it returns; owned by the caller.  ERR_LOCKED names who owns the
 * catalog already.
 */
int daemon_run(struct settings **s, const struct daemon_options *o,
    struct err *e);

#endif
