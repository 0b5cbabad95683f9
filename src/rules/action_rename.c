/*
 * action_rename.c -- rename: "{path.stem}.{extension.lower()}" | {new_name,
 * on_conflict, rename_template}
 */
#include "rules/action.h"
#include "rules/reader.h"
#include "rules/template.h"

struct rename {
	struct template	*new_name;
	struct taken	 taken;
};

static int
rename_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "new_name", "on_conflict",
	    "rename_template", NULL };
	static const struct conf_keys keys = { .what = "'rename'",
	    .known = known };
	const struct conf_node *new = reader_short(value, "new_name");
	struct rename *x = a->state;
	int rc = 0;

	if (value != NULL && value->kind == CONF_MAP &&
	    conf_map_check(value, &keys, r->f) < 0)
		rc = -1;
	if (new == NULL) {
		conf_fault(r->f, r->at, "the action 'rename' needs a new name");
		return -1;
	}
	if (on_conflict_read(&x->taken, value, r) < 0 ||
	    reader_template(r, new, TEMPLATE_NAME, &x->new_name) < 0)
		return -1;
	a->needs = template_needs(x->new_name);
	return rc;
}

static void
rename_fini(void *state)
{
	struct rename *x = state;

	template_free(x->new_name);
	on_conflict_fini(&x->taken);
}

static int
rename_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	const struct rename *x = state;

	out->kind = INTENT_RENAME;
	out->folder = FOLDER_NEVER;
	out->taken = &x->taken;
	return template_expand(x->new_name, s, text, e);
}

static const struct taken *
rename_taken(const void *state)
{
	return &((const struct rename *)state)->taken;
}

const struct action_ops action_rename = {
	.name	= "rename",
	.files	= 1,
	.dirs	= 1,
	.changes = 1,
	.leaves	= 1,
	.intends = INTENT_RENAME,
	.size	= sizeof(struct rename),
	.read	= rename_read,
	.fini	= rename_fini,
	.intend	= rename_intend,
	.taken	= rename_taken,
};
