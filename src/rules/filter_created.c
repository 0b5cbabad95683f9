/*
 * filter_created.c -- created: {days: 30}.  A file whose birth the file system
 * does not keep matches no age.
 */
#include "rules/age.h"
#include "rules/filter.h"
#include "rules/reader.h"

static int
created_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	struct age *a = f->state;

	if (age_read(a, "'created'", value, r) < 0)
		return -1;
	if (!a->asked)
		f->needs = 0;
	return 0;
}

static void
created_begin(void *state, int64_t now)
{
	age_begin(state, now);
}

static int
created_match(void *state, struct subject *s, struct err *e)
{
	const struct age *a = state;

	(void)e;
	return !a->asked || (s->id->btime != 0 && age_match(a, s->id->btime));
}

static void
created_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	if (detail && s->id != NULL && s->id->btime == 0)
		buf_adds(out, "created is not known to this file system");
	else
		age_say(state, "created", s->id != NULL ? s->id->btime : 0,
		    matched, detail && s->id != NULL, out);
}

const struct filter_ops filter_created = {
	.name	= "created",
	.meet	= age_meet,
	.files	= 1,
	.dirs	= 1,
	.needs	= NEED_ID,
	.size	= sizeof(struct age),
	.read	= created_read,
	.fini	= age_fini,
	.begin	= created_begin,
	.match	= created_match,
	.say	= created_say,
};
