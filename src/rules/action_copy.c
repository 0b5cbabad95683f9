/*
 * action_copy.c -- copy: ~/Backup/ | {dest, on_conflict, rename_template,
 * autodetect_folder, continue_with: copy | original}.  The next action works
 * with the copy, unless it is told to go on with the original.
 */
#include "rules/reader.h"
#include "rules/to.h"

struct copy {
	struct to	 to;
	unsigned	 original;
};

static int
copy_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "dest", "on_conflict",
	    "rename_template", "autodetect_folder", "continue_with", NULL };
	static const char *const with[] = { "copy", "original", NULL };
	static const struct conf_keys keys = { .what = "'copy'",
	    .known = known };
	struct copy *c = a->state;
	int rc = to_read(&c->to, a, value, &keys, r);

	if (value != NULL && value->kind == CONF_MAP &&
	    conf_enum(conf_get(value, "continue_with"), with, NULL,
	    &c->original, r->f) < 0)
		return -1;
	return rc;
}

static void
copy_fini(void *state)
{
	to_fini(&((struct copy *)state)->to);
}

static int
copy_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	const struct copy *c = state;

	out->keep_going_with_original = c->original != 0;
	return to_intend(&c->to, INTENT_COPY, s, out, text, e);
}

static const struct taken *
copy_taken(const void *state)
{
	return &((const struct copy *)state)->to.taken;
}

static const struct template *
copy_dest(const void *state)
{
	const struct copy *s = state;

	return s->to.dest;
}

const struct action_ops action_copy = {
	.name	= "copy",
	.files	= 1,
	.dirs	= 1,
	.changes = 1,
	.intends = INTENT_COPY,
	.size	= sizeof(struct copy),
	.read	= copy_read,
	.fini	= copy_fini,
	.intend	= copy_intend,
	.taken	= copy_taken,
	.dest	= copy_dest,
};
