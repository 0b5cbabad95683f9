#include "rules/on_conflict.h"
#include "rules/reader.h"
#include "util/err.h"

static const char *const modes[] = { "skip", "overwrite", "deduplicate",
    "rename_new", "rename_existing", "trash", "keep_newer", "keep_larger",
    NULL };

const char *
on_conflict_name(enum on_conflict mode)
{
	return modes[mode];
}

int
on_conflict_read(struct taken *t, const struct conf_node *n,
    struct rule_reader *r)
{
	const struct conf_node *template = NULL;
	const char *text = NAME_TEMPLATE;
	unsigned mode = ON_CONFLICT_RENAME_NEW;
	struct err e = {0};
	int rc = 0;

	*t = (struct taken){0};
	if (n != NULL && n->kind == CONF_MAP) {
		template = conf_get(n, "rename_template");
		if (conf_enum(conf_get(n, "on_conflict"), modes, NULL, &mode,
		    r->f) < 0 || conf_str(template, &text, r->f) < 0)
			rc = -1;
	}
	t->mode = (enum on_conflict)mode;
	if (name_template_parse(text, &t->rename, &e) < 0) {
		(void)conf_bad(template, e.text, r->f);
		rc = -1;
	}
	return rc;
}

void
on_conflict_fini(struct taken *t)
{
	name_template_free(t->rename);
	t->rename = NULL;
}
