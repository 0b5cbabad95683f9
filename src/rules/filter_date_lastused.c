/*
 * filter_date_lastused.c -- date_lastused: {days: 30}.  When it was last read,
 * as far as the file system keeps that (most do so once a day).
 */
#include "rules/age.h"
#include "rules/filter.h"
#include "rules/reader.h"

static int
date_lastused_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	struct age *a = f->state;

	if (age_read(a, "'date_lastused'", value, r) < 0)
		return -1;
	if (!a->asked)
		f->needs = 0;
	return 0;
}

static void
date_lastused_begin(void *state, int64_t now)
{
	age_begin(state, now);
}

static int
date_lastused_match(void *state, struct subject *s, struct err *e)
{
	const struct age *a = state;

	(void)e;
	return !a->asked || age_match(a, s->id->atime);
}

static void
date_lastused_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	age_say(state, "date_lastused", s->id != NULL ? s->id->atime : 0, matched,
	    detail && s->id != NULL, out);
}

const struct filter_ops filter_date_lastused = {
	.name	= "date_lastused",
	.meet	= age_meet,
	.files	= 1,
	.dirs	= 1,
	.needs	= NEED_ID,
	.size	= sizeof(struct age),
	.read	= date_lastused_read,
	.fini	= age_fini,
	.begin	= date_lastused_begin,
	.match	= date_lastused_match,
	.say	= date_lastused_say,
};
