/*
 * action_xattr.c -- xattr: {tags: [invoice, '{regex.year}'], remove_tags: inbox,
 * set: {xdg.comment: text}, remove: [xdg.origin.url]}
 *
 * The user's own attributes of a file or folder, as the filter of that name
 * reads them: "user." may stand before a name or be left out.  tags adds to
 * what file managers keep in user.xdg.tags.  organize has no such action.
 */
#include <stdlib.h>
#include <string.h>

#include "rules/action.h"
#include "rules/reader.h"
#include "rules/template.h"
#include "util/err.h"
#include "util/xalloc.h"

#define CHANGES_MAX	32
#define NAME_MAX_BYTES	250		/* Linux: 255 with "user." */
#define VALUE_MAX	4096
#define TAGS		"xdg.tags"

struct change {
	char		 how;		/* as in the intent */
	const char	*name;
	struct template	*value;		/* NULL: none */
};

struct xattr {
	struct change	 v[CHANGES_MAX];
	size_t		 n;
};

/* The name without "user.", or NULL: a fault was told. */
static const char *
name_of(const char *name, const struct conf_node *at, struct rule_reader *r)
{
	static const char *const others[] = { "security.", "system.",
	    "trusted.", NULL };

	for (size_t i = 0; others[i] != NULL; i++)
		if (strncmp(name, others[i], strlen(others[i])) == 0) {
			conf_expected(conf_bad(at, "it is an attribute of the "
			    "system", r->f), "one of the user's, such as "
			    "xdg.comment");
			return NULL;
		}
	name += strncmp(name, "user.", 5) == 0 ? 5 : 0;
	if (*name == '\0' || strlen(name) > NAME_MAX_BYTES) {
		(void)conf_bad(at, *name == '\0' ? "it is empty" :
		    "it is too long for the name of an attribute", r->f);
		return NULL;
	}
	return arena_str(r->arena, strcmp(name, "tags") == 0 ? TAGS : name);
}

static int
add(struct action *a, char how, const char *name,
    const struct conf_node *at, const struct conf_node *value,
    struct rule_reader *r)
{
	struct xattr *x = a->state;
	struct change *c = &x->v[x->n];

	if (x->n == CHANGES_MAX) {
		(void)conf_bad(at, "more attributes than one action can set",
		    r->f);
		return -1;
	}
	*c = (struct change){ .how = how, .name = name_of(name, at, r) };
	if (c->name == NULL)
		return -1;
	if (value != NULL && reader_template(r, value, TEMPLATE_TEXT,
	    &c->value) < 0)
		return -1;
	x->n++;
	if (value != NULL && template_is_later(c->value)) {
		(void)conf_bad(value, "what a command printed cannot become an "
		    "attribute", r->f);
		return -1;
	}
	a->needs |= value != NULL ? template_needs(c->value) : 0;
	return 0;
}

static int
read_set(struct action *a, const struct conf_node *map, struct rule_reader *r)
{
	int rc = 0;

	if (map == NULL)
		return 0;
	if (map->kind != CONF_MAP) {
		conf_expected(conf_wrong(map, "names and values", r->f),
		    "set: {xdg.comment: TEXT}");
		return -1;
	}
	for (size_t i = 0; i < map->n; i++)
		rc |= add(a, '=', map->pairs[i].key, map->pairs[i].value,
		    map->pairs[i].value, r);
	return rc;
}

static int
read_list(struct action *a, char how, const struct conf_node *list,
    struct rule_reader *r)
{
	struct conf_each it = conf_each(list);
	const struct conf_node *n;
	const char *text;
	int rc = 0;

	while ((n = conf_next(&it)) != NULL)
		if (how != '-')
			rc |= add(a, how, TAGS, n, n, r);
		else if (conf_str(n, &text, r->f) == 1)
			rc |= add(a, how, text, n, NULL, r);
		else
			rc = -1;
	return rc;
}

static int
xattr_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "tags", "remove_tags", "set",
	    "remove", NULL };
	static const struct conf_keys keys = { .what = "'xattr'",
	    .known = known };
	struct xattr *x = a->state;
	int rc;

	if (value == NULL || value->kind != CONF_MAP) {
		conf_expected(conf_fault(r->f, r->at, "the action 'xattr' needs "
		    "what it is to set"), "{tags: [...], remove_tags: [...], "
		    "set: {NAME: TEXT}, remove: [NAME]}");
		return -1;
	}
	rc = conf_map_check(value, &keys, r->f) < 0;
	rc |= read_list(a, '+', conf_get(value, "tags"), r);
	rc |= read_list(a, '!', conf_get(value, "remove_tags"), r);
	rc |= read_set(a, conf_get(value, "set"), r);
	rc |= read_list(a, '-', conf_get(value, "remove"), r);
	if (rc == 0 && x->n == 0) {
		(void)conf_bad(value, "it sets nothing", r->f);
		return -1;
	}
	return rc == 0 ? 0 : -1;
}

static void
xattr_fini(void *state)
{
	struct xattr *x = state;

	for (size_t i = 0; i < x->n; i++)
		template_free(x->v[i].value);
}

static int
expand(const struct change *c, const struct subject *s, struct buf *text,
    struct err *e)
{
	size_t from = text->len;

	if (c->value == NULL)
		return 0;
	if (template_expand(c->value, s, text, e) < 0)
		return -1;
	if (text->len - from > VALUE_MAX)
		return err_set(e, ERR_USAGE, "the value of %s is too long",
		    c->name);
	if (text->len > from && memchr(text->data + from, '\0',
	    text->len - from) != NULL)
		return err_set(e, ERR_USAGE, "the value of %s has a NUL in it",
		    c->name);
	return 0;
}

static int
xattr_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	const struct xattr *x = state;

	out->kind = INTENT_XATTR;
	out->keep_going_with_original = 1;
	for (size_t i = 0; i < x->n; i++) {
		buf_addc(text, x->v[i].how);
		buf_add(text, x->v[i].name, strlen(x->v[i].name) + 1);
		if (expand(&x->v[i], s, text, e) < 0)
			return -1;
		buf_addc(text, '\0');
	}
	return 0;
}

const struct action_ops action_xattr = {
	.name	= "xattr",
	.files	= 1,
	.dirs	= 1,
	.changes = 1,
	.intends = INTENT_XATTR,
	.size	= sizeof(struct xattr),
	.read	= xattr_read,
	.fini	= xattr_fini,
	.intend	= xattr_intend,
};
