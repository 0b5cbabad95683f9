/*
 * filter_empty.c -- empty: a file without bytes, a folder without entries (as
 * it will be when the plan so far is done).
 */
#include "rules/filter.h"
#include "rules/reader.h"

/* Nothing is read, but the table wants a state. */
struct empty {
	char	unused;
};

static int
empty_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	(void)f;
	if (value == NULL)
		return 0;
	(void)conf_bad(value, "'empty' takes no value", r->f);
	return -1;
}

static int
empty_match(void *state, struct subject *s, struct err *e)
{
	(void)state;
	if (s->is_dir)
		return s->ask->empty(s->ask->arg, s->dir, s->name, e);
	return s->id->size == 0;
}

static void
empty_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	(void)state, (void)detail;
	buf_addf(out, "%s is %sempty", s->is_dir ? "folder" : "file",
	    matched ? "" : "not ");
}

const struct filter_ops filter_empty = {
	.name	= "empty",
	.files	= 1,
	.dirs	= 1,
	.needs	= NEED_ID,
	.size	= sizeof(struct empty),
	.read	= empty_read,
	.match	= empty_match,
	.say	= empty_say,
};
