/*
 * action_hardlink.c -- hardlink: ~/Links/ | {dest, on_conflict, rename_template,
 * autodetect_folder}: a second name of the file.  Folders have
 * only one.  The next action goes on with the file itself.
 */
#include "rules/reader.h"
#include "rules/to.h"

static int
hardlink_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "dest", "on_conflict",
	    "rename_template", "autodetect_folder", NULL };
	static const struct conf_keys keys = { .what = "'hardlink'",
	    .known = known };

	return to_read(a->state, a, value, &keys, r);
}

static void
hardlink_fini(void *state)
{
	to_fini(state);
}

static int
hardlink_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	out->keep_going_with_original = 1;
	return to_intend(state, INTENT_LINK, s, out, text, e);
}

static const struct taken *
hardlink_taken(const void *state)
{
	return &((const struct to *)state)->taken;
}

static const struct template *
hardlink_dest(const void *state)
{
	const struct to *s = state;

	return s->dest;
}

const struct action_ops action_hardlink = {
	.name	= "hardlink",
	.files	= 1,
	.changes = 1,
	.intends = INTENT_LINK,
	.size	= sizeof(struct to),
	.read	= hardlink_read,
	.fini	= hardlink_fini,
	.intend	= hardlink_intend,
	.taken	= hardlink_taken,
	.dest	= hardlink_dest,
};
