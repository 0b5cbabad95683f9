/*
 * action_move.c -- move: ~/Documents/{created.year}/ | {dest, on_conflict,
 * rename_template, autodetect_folder}
 */
#include "rules/reader.h"
#include "rules/to.h"

static int
move_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "dest", "on_conflict",
	    "rename_template", "autodetect_folder", NULL };
	static const struct conf_keys keys = { .what = "'move'",
	    .known = known };

	return to_read(a->state, a, value, &keys, r);
}

static void
move_fini(void *state)
{
	to_fini(state);
}

static int
move_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	return to_intend(state, INTENT_MOVE, s, out, text, e);
}

static const struct taken *
move_taken(const void *state)
{
	return &((const struct to *)state)->taken;
}

static const struct template *
move_dest(const void *state)
{
	const struct to *s = state;

	return s->dest;
}

const struct action_ops action_move = {
	.name	= "move",
	.files	= 1,
	.dirs	= 1,
	.changes = 1,
	.leaves	= 1,
	.intends = INTENT_MOVE,
	.size	= sizeof(struct to),
	.read	= move_read,
	.fini	= move_fini,
	.intend	= move_intend,
	.taken	= move_taken,
	.dest	= move_dest,
};
