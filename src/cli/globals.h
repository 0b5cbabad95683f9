#ifndef CLI_GLOBALS_H
#define CLI_GLOBALS_H

#include "cli/cli.h"

/* What may stand before every command; ended by a NULL name. */
extern const struct opt_def globals[];

/*
 * The options of one command: its own, those of every command that may also
 * stand behind it, and restic's where it is about a repository.  A letter that
 * the command itself uses is taken from the others.
 */
struct all_opts {
	struct opt_def	*defs;		/* the caller frees; ended by a NULL name */
	size_t		 n_own, n_every, n_repo;	/* in this order */
};

struct all_opts globals_and(const struct command *cmd);
/* All that may stand before a command; the caller frees. */
struct opt_def *globals_leading(void);

#endif
