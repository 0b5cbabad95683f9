#ifndef RULES_TO_H
#define RULES_TO_H

#include "rules/action.h"
#include "rules/template.h"

/*
 * What move and copy share: {dest, on_conflict, rename_template,
 * autodetect_folder}, or dest alone.
 */
struct conf_keys;

struct to {
	struct template	*dest;
	struct taken	 taken;
	int		 guess;		/* autodetect_folder */
};

/* keys: the ones of this action.  -1: a fault; call to_fini anyway. */
int to_read(struct to *t, struct action *a, const struct conf_node *value,
    const struct conf_keys *keys, struct rule_reader *r);
void to_fini(struct to *t);

int to_intend(const struct to *t, enum intent_kind kind,
    const struct subject *s, struct intent *out, struct buf *text,
    struct err *e);

#endif
