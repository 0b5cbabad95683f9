/*
 * filter_date_added.c -- date_added: {days: 30}.  When the file came into its
 * folder: the newer of its birth and of when it was first seen there.
 */
#include "rules/age.h"
#include "rules/filter.h"
#include "rules/reader.h"

static int
date_added_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	struct age *a = f->state;

	if (age_read(a, "'date_added'", value, r) < 0)
		return -1;
	if (!a->asked)
		f->needs = 0;
	return 0;
}

static void
date_added_begin(void *state, int64_t now)
{
	age_begin(state, now);
}

static int
date_added_match(void *state, struct subject *s, struct err *e)
{
	const struct age *a = state;

	(void)e;
	return !a->asked || age_match(a, s->added);
}

static void
date_added_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	age_say(state, "date_added", s->added != 0 ? s->added : 0, matched,
	    detail && s->added != 0, out);
}

const struct filter_ops filter_date_added = {
	.name	= "date_added",
	.meet	= age_meet,
	.files	= 1,
	.dirs	= 1,
	.needs	= NEED_FILE | NEED_ID | NEED_ADDED,
	.size	= sizeof(struct age),
	.read	= date_added_read,
	.fini	= age_fini,
	.begin	= date_added_begin,
	.match	= date_added_match,
	.say	= date_added_say,
};
