/*
 * action_confirm.c -- confirm: "Delete {name}?" | {msg, default: true}.  What
 * follows is done if the answer is yes; where nobody can be asked, the file is
 * held.
 */
#include "rules/action.h"
#include "rules/reader.h"
#include "rules/template.h"

struct confirm {
	struct template	*msg;		/* NULL: "Continue?" */
	bool		 usual;
};

static int
confirm_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "msg", "default", NULL };
	static const struct conf_keys keys = { .what = "'confirm'",
	    .known = known };
	struct confirm *x = a->state;

	x->usual = true;
	if (value != NULL && value->kind == CONF_MAP &&
	    (conf_map_check(value, &keys, r->f) < 0 ||
	    conf_bool(conf_get(value, "default"), &x->usual, r->f) < 0))
		return -1;
	return reader_words(r, value, a, &x->msg);
}

static void
confirm_fini(void *state)
{
	template_free(((struct confirm *)state)->msg);
}

static int
confirm_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	const struct confirm *x = state;

	out->kind = INTENT_CONFIRM;
	out->keep_going_with_original = 1;
	out->usual = x->usual;
	out->later = x->msg != NULL && template_is_later(x->msg);
	if (x->msg != NULL)
		return template_expand(x->msg, s, text, e);
	buf_adds(text, "Continue?");
	return 0;
}

const struct action_ops action_confirm = {
	.name	= "confirm",
	.files	= 1,
	.dirs	= 1,
	.standalone = 1,
	.intends = INTENT_CONFIRM,
	.size	= sizeof(struct confirm),
	.read	= confirm_read,
	.fini	= confirm_fini,
	.intend	= confirm_intend,
};
