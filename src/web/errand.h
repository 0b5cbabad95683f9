#ifndef WEB_ERRAND_H
#define WEB_ERRAND_H

#include <stddef.h>

#include "util/arena.h"

/*
 * What the dashboard may have done: the very commands that a user would type,
 * run by the daemon as workers.  The child names a verb and its arguments;
 * what they become is decided here, in the daemon, and nothing else can be
 * started from there.
 *
 *	run	JOB
 *	undo	RUN [PATH...]
 *	approve	RUN		reject	RUN
 *	get	PATH AS-OF TO	the latter two may be ""
 *	restore	BACKUP SNAPSHOT PATH TO
 *	restore	the same, of a plain copy (ERRAND_RESTORE_COPY)
 *	check	BACKUP SHARE	the latter may be ""
 *	dump	BACKUP SNAPSHOT PATH FORMAT	zip or tar
 */
struct err;

enum errand_verb {
	ERRAND_RUN = 1, ERRAND_UNDO, ERRAND_APPROVE, ERRAND_REJECT, ERRAND_GET,
	ERRAND_RESTORE, ERRAND_CHECK, ERRAND_DUMP,
	ERRAND_RESTORE_COPY,
};

#define ERRAND_ARGS	101		/* of the child's */
#define ERRAND_ARGV	120

const char *errand_name(enum errand_verb v);	/* "run"; NULL: none */

/*
 * argv from n on: what follows the program and its -c and -W, NULL-ended.
 * Strings are borrowed from args or lie in a.  ERR_USAGE: it makes no sense.
 */
int errand_argv(enum errand_verb v, char *const *args, size_t n_args,
    const char *argv[ERRAND_ARGV], size_t n, struct arena *a, struct err *e);

#endif
