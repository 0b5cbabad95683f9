/*
 * action_echo.c -- echo: "Found {path}" | {msg}
 */
#include "rules/action.h"
#include "rules/reader.h"
#include "rules/template.h"

struct echo {
	struct template	*msg;		/* NULL: nothing to say */
};

static int
echo_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "msg", NULL };
	static const struct conf_keys keys = { .what = "'echo'",
	    .known = known };
	struct echo *x = a->state;

	if (value != NULL && value->kind == CONF_MAP &&
	    conf_map_check(value, &keys, r->f) < 0)
		return -1;
	return reader_words(r, value, a, &x->msg);
}

static void
echo_fini(void *state)
{
	template_free(((struct echo *)state)->msg);
}

static int
echo_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	const struct echo *x = state;

	out->kind = INTENT_ECHO;
	out->later = x->msg != NULL && template_is_later(x->msg);
	return x->msg != NULL ? template_expand(x->msg, s, text, e) : 0;
}

const struct action_ops action_echo = {
	.name	= "echo",
	.files	= 1,
	.dirs	= 1,
	.standalone = 1,
	.intends = INTENT_ECHO,
	.size	= sizeof(struct echo),
	.read	= echo_read,
	.fini	= echo_fini,
	.intend	= echo_intend,
};
