#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rules/action.h"
#include "rules/reader.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

static const struct reader_refusal refused[] = {
	{ "python", "fettle runs no Python" },
	{ "macos_tags", "these tags are of macOS, and fettle is for Linux" },
	{ "watch", "it is a key of the rule, beside 'actions'" },
	{ "schedule", "it is a key of the rule, beside 'actions'" },
	{ NULL, NULL },
};

static int
unknown(const char *name, const struct conf_mark *at, struct rule_reader *r)
{
	const char *names[64];
	size_t n;

	for (n = 0; n < 63 && action_table[n] != NULL; n++)
		names[n] = action_table[n]->name;
	names[n] = NULL;
	return reader_unknown(r, at, "action", name, refused, names);
}

static void
action_fini(struct action *a)
{
	if (a->state != NULL && a->ops->fini != NULL)
		a->ops->fini(a->state);
	free(a->state);
}

/* May it stand here?  Behind what takes the file away only words can follow. */
static int
may_follow(const struct actions *as, const struct action_ops *ops,
    const struct conf_mark *at, int standalone, struct rule_reader *r)
{
	if (standalone && !ops->standalone)
		conf_fault(r->f, at, "the action '%s' needs a file, and the rule "
		    "has no locations", ops->name);
	else if (r->dirs ? !ops->dirs : !ops->files)
		conf_fault(r->f, at, "the action '%s' is not for %s", ops->name,
		    r->dirs ? "folders (targets: dirs)" :
		    "files (targets: files)");
	else if (!ops->standalone && as->n > 0 && as->v[as->n - 1].ops->ends)
		conf_fault(r->f, at, "the action '%s' has no file to work on "
		    "after '%s'", ops->name, as->v[as->n - 1].ops->name);
	else
		return 0;
	return -1;
}

static int
add(struct actions *as, const char *name, const struct conf_mark *at,
    const struct conf_node *value, int standalone, struct rule_reader *r)
{
	struct action *a = &as->v[as->n];

	*a = (struct action){0};
	for (size_t i = 0; action_table[i] != NULL; i++)
		if (strcasecmp(action_table[i]->name, name) == 0)
			a->ops = action_table[i];
	if (a->ops == NULL)
		return unknown(name, at, r);
	if (may_follow(as, a->ops, at, standalone, r) < 0)
		return -1;
	r->at = at;
	a->state = xalloc(a->ops->size);
	if (a->ops->read(a, reader_nothing(value) ? NULL : value, r) < 0) {
		action_fini(a);
		return -1;
	}
	/* What follows may use what it printed. */
	r->scope.shell |= strcmp(a->ops->name, "shell") == 0;
	as->needs |= a->needs;
	as->changes |= a->ops->changes;
	as->n++;
	return 0;
}

static int
read_one(struct actions *as, const struct conf_node *n, int standalone,
    struct rule_reader *r)
{
	if (n->kind == CONF_SCALAR)
		return add(as, n->text, &n->at, NULL, standalone, r);
	if (n->kind == CONF_MAP && n->n == 1)
		return add(as, n->pairs[0].key, &n->pairs[0].at,
		    n->pairs[0].value, standalone, r);
	conf_expected(conf_wrong(n, "one action", r->f),
	    "'- NAME' or '- NAME: value', each action an item of its own");
	return -1;
}

int
actions_read(struct actions *out, const struct conf_node *list,
    int standalone, struct rule_reader *r)
{
	struct conf_each it = conf_each(list);
	const struct conf_node *n;
	size_t count = 0;
	int rc = 0;

	while (conf_next(&it) != NULL)
		count++;
	*out = (struct actions){ .v = xallocn(count + 1, sizeof(*out->v)) };
	it = conf_each(list);
	while ((n = conf_next(&it)) != NULL)
		if (read_one(out, n, standalone, r) < 0)
			rc = -1;
	if (rc == 0 && out->n == 0) {
		(void)conf_wrong(list, "a list of actions", r->f);
		rc = -1;
	}
	if (rc < 0)
		actions_fini(out);
	return rc;
}

void
actions_fini(struct actions *as)
{
	for (size_t i = 0; i < as->n; i++)
		action_fini(&as->v[i]);
	free(as->v);
	*as = (struct actions){0};
}

void
action_reach(const struct action *a, struct buf *out)
{
	const struct template *t = a->ops->dest != NULL ?
	    a->ops->dest(a->state) : NULL;

	if (t != NULL)
		template_fixed(t, out);
}

int
action_intend(const struct action *a, const struct subject *s,
    struct intent *out, struct buf *text, struct err *e)
{
	*out = (struct intent){0};
	buf_reset(text);
	if (a->ops->intend(a->state, s, out, text, e) < 0)
		return err_wrap(e, "%s", a->ops->name);
	return 0;
}
