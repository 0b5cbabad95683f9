#include "rules/reader.h"
#include "rules/to.h"

int
to_read(struct to *t, struct action *a, const struct conf_node *value,
    const struct conf_keys *keys, struct rule_reader *r)
{
	const struct conf_node *dest = reader_short(value, "dest");
	bool guess = true;
	int rc = 0;

	if (value != NULL && value->kind == CONF_MAP &&
	    conf_map_check(value, keys, r->f) < 0)
		rc = -1;
	if (value == NULL || dest == NULL) {
		conf_fault(r->f, r->at, "the action '%s' needs a destination",
		    a->ops->name);
		return -1;
	}
	if (value->kind == CONF_MAP && conf_bool(conf_get(value,
	    "autodetect_folder"), &guess, r->f) < 0)
		rc = -1;
	t->guess = guess;
	if (on_conflict_read(&t->taken, value, r) < 0 ||
	    reader_template(r, dest, TEMPLATE_PATH, &t->dest) < 0)
		return -1;
	a->needs = template_needs(t->dest);
	return rc;
}

void
to_fini(struct to *t)
{
	template_free(t->dest);
	on_conflict_fini(&t->taken);
}

int
to_intend(const struct to *t, enum intent_kind kind, const struct subject *s,
    struct intent *out, struct buf *text, struct err *e)
{
	out->kind = kind;
	out->folder = t->guess ? FOLDER_GUESS : FOLDER_SLASH;
	out->taken = &t->taken;
	return template_expand(t->dest, s, text, e);
}
