#ifndef RULES_LATER_H
#define RULES_LATER_H

#include <stddef.h>

/*
 * What a command printed is known only when it has run: {shell.output} and
 * {shell.returncode} of a text stay open in a plan.  Such a text holds the
 * expression between two marks, and is filled in when it is its turn.
 *
 * An expression that uses shell can use no other placeholder: all others are
 * filled in when it is planned.
 */
struct buf;
struct err;

#define LATER_FROM	'\x02'	/* the place digit, the expression, LATER_TO */
#define LATER_TO	'\x03'

/* Append a text that is none of ours to one that has open places. */
void later_escape(struct buf *out, const char *s, size_t len);

/* What a command left behind. */
struct later {
	const char	*output;
	size_t		 len;
	int		 status;
};

/* Fill in all open places: 0, or -1 and e. */
int later_fill(const char *text, const struct later *l, struct buf *out,
    struct err *e);
/* As it was written: "{shell.output}". */
void later_show(const char *text, struct buf *out);

struct expr_map;
extern const struct expr_map later_map;

#endif
