/*
 * action_trash.c -- trash: into the FreeDesktop trash, from which undo and any
 * file manager bring it back.
 */
#include "rules/action.h"
#include "rules/reader.h"

/* Nothing is read, but the table wants a state. */
struct trash {
	char	unused;
};

static int
trash_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	(void)a;
	if (value == NULL)
		return 0;
	(void)conf_bad(value, "'trash' takes no value", r->f);
	return -1;
}

static int
trash_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	(void)state, (void)s, (void)text, (void)e;
	out->kind = INTENT_TRASH;
	return 0;
}

const struct action_ops action_trash = {
	.name	= "trash",
	.files	= 1,
	.dirs	= 1,
	.changes = 1,
	.leaves	= 1,
	.ends	= 1,
	.intends = INTENT_TRASH,
	.size	= sizeof(struct trash),
	.read	= trash_read,
	.intend	= trash_intend,
};
