#ifndef CLI_GO_H
#define CLI_GO_H

#include "cli/cli.h"
#include "cli/view.h"

/*
 * The way of every command that changes files: plan, show, ask, do, tell.
 */
struct going {
	const char	*trigger;	/* hand, undo, approve, apply ... */
	const char	*command;
	int64_t		 undoes;
	int		 undoing;
	int		 yes;		/* do not ask */
	int		 all;		/* show every line */
	int		 unattended;	/* the clock asked: nobody to answer */
	int		 worker;	/* of the daemon, for this and no more */
	int		*did;		/* set if it was agreed to and done; or NULL */
};

/* Open the hall for looking or for running; failures are told: the exit
 * status, EXIT_DONE if *out is there. */
int go_open(struct cli *c, enum hall_role role, int wait, struct hall **out);

/* Will go_do ask somebody, if there is something to do? */
int go_asks(const struct cli *c, const struct going *g);

/* Do these parts (freed here) and show the end; the exit status. */
int go_do(struct cli *c, struct hall *h, struct parts *p,
    const struct going *g);

/*
 * What job_do and its like said (r, done or e): shown, the view freed; the exit
 * status.
 */
int go_tell(struct cli *c, struct view *v, int r, const struct job_done *done,
    const struct err *e);

/*
 * Show a plan and free it; the exit status.  It ends with what to type to have it
 * done: this command, with the arguments of o, and its tags if it has them.
 */
int go_show(struct cli *c, struct parts *p, int all, const char *command,
    const struct opts *o);

#endif
