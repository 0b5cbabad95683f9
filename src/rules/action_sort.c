/*
 * action_sort.c -- sort: by-type | by-content | {by: type | content,
 * categories: {Images: [.jpg]}, into: PATH, on_conflict, rename_template}
 *
 * Into a folder named after the category, inside the location or `into`; made
 * only when needed, and one that is there in another case serves.  A category
 * named here takes the place of the built-in one of that name; the others stay.
 *
 * By content it is the first bytes that tell what a file is, whatever it is
 * called.  Where they tell only a family (text, zip, OLE: a program is text, a
 * comic a zip) a name that is known goes first.
 */
#include <string.h>

#include "media/type.h"
#include "rules/action.h"
#include "rules/category.h"
#include "rules/reader.h"
#include "rules/template.h"
#include "util/buf.h"
#include "util/err.h"

struct sort {
	struct categories *table;
	struct template	*into;		/* NULL: the location */
	struct taken	 taken;
	int		 by_content;
};

/* A category is the name of one folder. */
static int
good_name(const char *s)
{
	return *s != '\0' && *s != '.' && strchr(s, '/') == NULL &&
	    strlen(s) <= NAME_BYTES;
}

static int
read_category(struct sort *x, const struct conf_pair *p, struct rule_reader *r)
{
	struct conf_strs list = {0};
	int n, rc = 0;

	if (!good_name(p->key)) {
		conf_fault(r->f, &p->at, "%s is no name for a category's "
		    "folder", conf_said(p->key).s);
		return -1;
	}
	n = categories_add(x->table, p->key);
	if (n < 0) {
		conf_fault(r->f, &p->at, "more than %d categories",
		    CATEGORY_MAX);
		return -1;
	}
	if (!reader_nothing(p->value) &&
	    conf_strs(p->value, r->arena, &list, r->f) < 0)
		return -1;
	for (size_t i = 0; i < list.n; i++)
		if (categories_add_ext(x->table, n, list.text[i]) < 0) {
			(void)conf_bad(list.node[i], "it is no extension", r->f);
			rc = -1;
		}
	return rc;
}

static int
read_categories(struct sort *x, const struct conf_node *n,
    struct rule_reader *r)
{
	int rc = 0;

	if (n == NULL)
		return 0;
	if (n->kind != CONF_MAP) {
		conf_expected(conf_wrong(n, "a map", r->f),
		    "categories and their extensions, as {Images: [.jpg, .png]}");
		return -1;
	}
	for (size_t i = 0; i < n->n; i++)
		if (read_category(x, &n->pairs[i], r) < 0)
			rc = -1;
	return rc;
}

/* "by-type", or in a map "type". */
static int
read_by(struct action *a, const struct conf_node *n, int in_map,
    struct rule_reader *r)
{
	static const char *const whole[] = { "by-type", "by-content", NULL };
	static const char *const by[] = { "type", "content", NULL };
	struct sort *x = a->state;
	unsigned which = 0;

	if (conf_enum(n, in_map ? by : whole, NULL, &which, r->f) < 0)
		return -1;
	x->by_content = which == 1;
	if (x->by_content)
		a->needs |= NEED_FILE | NEED_ID | NEED_TYPE;
	return 0;
}

static int
read_map(struct action *a, const struct conf_node *n, struct rule_reader *r)
{
	static const char *const known[] = { "by", "categories", "into",
	    "on_conflict", "rename_template", NULL };
	static const struct conf_keys keys = { .what = "'sort'",
	    .known = known };
	struct sort *x = a->state;
	int rc = conf_map_check(n, &keys, r->f) < 0 ? -1 : 0;

	rc |= read_by(a, conf_get(n, "by"), 1, r);
	rc |= read_categories(x, conf_get(n, "categories"), r);
	if (conf_get(n, "into") != NULL) {
		if (reader_template(r, conf_get(n, "into"), TEMPLATE_PATH,
		    &x->into) < 0)
			return -1;
		a->needs |= template_needs(x->into);
	}
	return rc;
}

static int
sort_read(struct action *a, const struct conf_node *value,
    struct rule_reader *r)
{
	struct sort *x = a->state;
	int rc = 0;

	x->table = categories_new();
	if (on_conflict_read(&x->taken, value, r) < 0)
		rc = -1;
	if (value != NULL && value->kind == CONF_MAP)
		rc |= read_map(a, value, r);
	else if (value != NULL)
		rc |= read_by(a, value, 0, r);
	categories_add_builtin(x->table);
	return rc;
}

static void
sort_fini(void *state)
{
	struct sort *x = state;

	categories_free(x->table);
	template_free(x->into);
	on_conflict_fini(&x->taken);
}

/* What many kinds of files are, too. */
static int
is_family(const struct type *t)
{
	static const char *const exts[] = { "txt", "xml", "zip", "ole",
	    "ooxml", "riff", "gz", "mp4", "", NULL };

	for (size_t i = 0; exts[i] != NULL; i++)
		if (strcmp(exts[i], t->ext) == 0)
			return 1;
	return 0;
}

/* Its category, by what decides; below 0 as categories_find. */
static int
find(const struct sort *x, const struct subject *s, struct intent *out)
{
	int by_name = categories_find(x->table, s->name, s->name_len,
	    &out->ext), n;
	char name[32] = "x.";

	if (!x->by_content || by_name == CATEGORY_HIDDEN || s->type == NULL ||
	    (by_name >= 0 && is_family(s->type)))
		return by_name;
	strncat(name, s->type->ext, sizeof(name) - sizeof("x."));
	n = categories_find(x->table, name, strlen(name), NULL);
	if (n < 0)
		return by_name;
	out->ext = NULL;
	out->mime = s->type->mime;
	return n;
}

static int
sort_intend(const void *state, const struct subject *s, struct intent *out,
    struct buf *text, struct err *e)
{
	const struct sort *x = state;
	int n = find(x, s, out);

	if (n < 0) {
		out->kind = INTENT_STAY;
		buf_adds(text, n == CATEGORY_HIDDEN ? "hidden file" :
		    "unknown type");
		return 0;
	}
	out->kind = INTENT_MOVE;
	out->folder = FOLDER_ANY_CASE;
	out->taken = &x->taken;
	if (x->into == NULL)
		buf_adds(text, s->location);
	else if (template_expand(x->into, s, text, e) < 0)
		return -1;
	if (text->len == 0 || text->data[text->len - 1] != '/')
		buf_addc(text, '/');
	buf_adds(text, categories_name(x->table, n));
	return 0;
}

static const struct taken *
sort_taken(const void *state)
{
	return &((const struct sort *)state)->taken;
}

static const struct template *
sort_dest(const void *state)
{
	const struct sort *s = state;

	return s->into;
}

const struct action_ops action_sort = {
	.name	= "sort",
	.files	= 1,
	.changes = 1,
	.leaves	= 1,
	.may_stay = 1,
	.intends = INTENT_MOVE,
	.size	= sizeof(struct sort),
	.read	= sort_read,
	.fini	= sort_fini,
	.intend	= sort_intend,
	.taken	= sort_taken,
	.dest	= sort_dest,
};
