/*
 * action_delete.c -- delete: into the trash as well, unless {permanently:
 * true}, which nothing can take back.
 */
#include "rules/action.h"
#include "rules/reader.h"

struct delete {
	bool	permanently;
};

static int
delete_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "permanently", NULL };
	static const struct conf_keys keys = { .what = "'delete'",
	    .known = known };
	struct delete *x = a->state;

	if (value == NULL)
		return 0;
	if (conf_map_check(value, &keys, r->f) < 0)
		return -1;
	return conf_bool(conf_get(value, "permanently"), &x->permanently,
	    r->f) < 0 ? -1 : 0;
}

static int
delete_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	const struct delete *x = state;

	(void)s, (void)text, (void)e;
	out->kind = x->permanently ? INTENT_DELETE : INTENT_TRASH;
	return 0;
}

const struct action_ops action_delete = {
	.name	= "delete",
	.files	= 1,
	.dirs	= 1,
	.changes = 1,
	.leaves	= 1,
	.ends	= 1,
	.intends = INTENT_TRASH,
	.size	= sizeof(struct delete),
	.read	= delete_read,
	.intend	= delete_intend,
};
