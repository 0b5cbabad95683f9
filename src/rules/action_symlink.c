/*
 * action_symlink.c -- symlink: ~/Links/ | {dest, on_conflict, rename_template,
 * autodetect_folder}: a link that leads to where the file (or
 * folder) is now.  The next action goes on with the file itself.
 */
#include "rules/reader.h"
#include "rules/to.h"

static int
symlink_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "dest", "on_conflict",
	    "rename_template", "autodetect_folder", NULL };
	static const struct conf_keys keys = { .what = "'symlink'",
	    .known = known };

	return to_read(a->state, a, value, &keys, r);
}

static void
symlink_fini(void *state)
{
	to_fini(state);
}

static int
symlink_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	out->keep_going_with_original = 1;
	return to_intend(state, INTENT_SYMLINK, s, out, text, e);
}

static const struct taken *
symlink_taken(const void *state)
{
	return &((const struct to *)state)->taken;
}

static const struct template *
symlink_dest(const void *state)
{
	const struct to *s = state;

	return s->dest;
}

const struct action_ops action_symlink = {
	.name	= "symlink",
	.files	= 1,
	.dirs	= 1,
	.changes = 1,
	.intends = INTENT_SYMLINK,
	.size	= sizeof(struct to),
	.read	= symlink_read,
	.fini	= symlink_fini,
	.intend	= symlink_intend,
	.taken	= symlink_taken,
	.dest	= symlink_dest,
};
