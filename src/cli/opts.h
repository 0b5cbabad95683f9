#ifndef CLI_OPTS_H
#define CLI_OPTS_H

#include <stddef.h>

#include "util/buf.h"

/*
 * Options of one command, from one table that also makes its help.
 *
 * Long options may be abbreviated and mixed with other arguments; "--" ends
 * them.  A value may be given once unless the table says `many`.
 */
struct err;

struct opt_def {
	const char	*name;		/* "all"; NULL ends the table */
	char		 letter;	/* or 0 */
	const char	*value;		/* "FILE", or NULL for a flag */
	const char	*help;		/* NULL: our own use, not for people */
	int		 many;
};

struct opts {
	const struct opt_def *defs;
	const char	***values;	/* per def: NULL-ended, borrowed from argv */
	size_t		*counts;
	char		**args;		/* what is no option, NULL-ended */
	size_t		 n_args;
};

/* 0, or -1 with ERR_USAGE naming the option and the nearest known one. */
int opts_parse(struct opts *o, const struct opt_def *defs, int argc,
    char **argv, struct err *e);
void opts_fini(struct opts *o);

int opt_given(const struct opts *o, const char *name);
/* Its last value, or NULL. */
const char *opt_value(const struct opts *o, const char *name);
/* All of them, NULL-ended, or NULL if none. */
const char *const *opt_values(const struct opts *o, const char *name);
/* A decimal number between min and max: 0, 1 if absent (*v untouched), -1. */
int opt_number(const struct opts *o, const char *name, long min, long max,
    long *v, struct err *e);

/* The first n of a table (or all, if they are fewer) as help text, two columns. */
void opts_help(const struct opt_def *defs, size_t n, struct buf *out);

#endif
