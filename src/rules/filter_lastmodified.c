/*
 * filter_lastmodified.c -- lastmodified: {days: 30, mode: newer}
 */
#include "rules/age.h"
#include "rules/filter.h"
#include "rules/reader.h"

static int
lastmodified_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	struct age *a = f->state;

	if (age_read(a, "'lastmodified'", value, r) < 0)
		return -1;
	if (!a->asked)
		f->needs = 0;
	return 0;
}

static void
lastmodified_begin(void *state, int64_t now)
{
	age_begin(state, now);
}

static int
lastmodified_match(void *state, struct subject *s, struct err *e)
{
	const struct age *a = state;

	(void)e;
	return !a->asked || age_match(a, s->id->mtime);
}

static void
lastmodified_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	age_say(state, "lastmodified", s->id != NULL ? s->id->mtime : 0, matched,
	    detail && s->id != NULL, out);
}

const struct filter_ops filter_lastmodified = {
	.name	= "lastmodified",
	.meet	= age_meet,
	.files	= 1,
	.dirs	= 1,
	.needs	= NEED_ID,
	.size	= sizeof(struct age),
	.read	= lastmodified_read,
	.fini	= age_fini,
	.begin	= lastmodified_begin,
	.match	= lastmodified_match,
	.say	= lastmodified_say,
};
