#ifndef RULES_READER_H
#define RULES_READER_H

#include "conf/env.h"
#include "conf/get.h"
#include "rules/template.h"
#include "util/arena.h"

/* A filter `duplicate`: which of two twins is the original. */
enum twins_order { TWINS_SEEN, TWINS_NAME, TWINS_CREATED, TWINS_MODIFIED };

struct twins_by {
	unsigned	 slot;
	enum twins_order by;		/* the first in this order is */
	unsigned char	 reverse;	/* the last is */
};
#define TWINS_MAX	8		/* such filters in a rule */

/*
 * What reading a rule carries along: for filters and actions, which each read
 * their own options.  Faults are told to f and reading goes on; who read
 * something wrong returns -1, and the rule is not made.
 */
struct rule_reader {
	struct conf_faults	*f;
	const struct conf_where	*where;	/* of paths */
	struct arena		*arena;	/* lives as long as the rule */
	const struct conf_mark	*at;	/* where the name of what is read stands */
	const char		*rule;	/* its name, for messages; may be NULL */
	int			 dirs;	/* targets: dirs */
	struct template_scope	 scope;	/* for actions: what filters catch */
	unsigned		 slots;	/* filters so far that fetch or find twins */
	struct twins_by		 twins[TWINS_MAX];	/* those that find twins */
	size_t			 n_twins;
	const struct zone	*zones[SUBJECT_TIMES];	/* of filters so far,
						   which own them */
};

/* NULL, or a key with nothing behind it: "- extension:". */
int reader_nothing(const struct conf_node *n);

/*
 * A template; -1 if there is a fault.  A TEMPLATE_PATH has its variables
 * expanded, and what does not begin at the root begins in the working folder.
 */
int reader_template(struct rule_reader *r, const struct conf_node *n,
    enum template_kind kind, struct template **out);

/*
 * The words of an action, its value or its key msg: a template whose needs become
 * the action's; *out stays NULL where there are none.  -1 if there is a fault.
 */
struct action;
int reader_words(struct rule_reader *r, const struct conf_node *n,
    struct action *a, struct template **out);

/*
 * There is no filter or action (what) of this name: -1, and a fault that says why
 * not (refused, ended by a NULL name) or which of names (NULL-ended) is nearest.
 */
struct reader_refusal {
	const char	*name, *why;
};
int reader_unknown(struct rule_reader *r, const struct conf_mark *at,
    const char *what, const char *name, const struct reader_refusal *refused,
    const char *const *names);

/* {what: its options}: the value of one that is written short or long.
 *	move: ~/x/		reader_short gives it for "dest"
 *	move: {dest: ~/x/}
 * NULL where the key is not there. */
const struct conf_node *reader_short(const struct conf_node *n,
    const char *key);

#endif
