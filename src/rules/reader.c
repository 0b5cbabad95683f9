#include <string.h>
#include <strings.h>

#include "conf/nearest.h"
#include "rules/action.h"
#include "rules/expr/expr.h"
#include "rules/reader.h"
#include "util/err.h"

int
reader_nothing(const struct conf_node *n)
{
	return n == NULL || n->kind == CONF_NULL;
}

const struct conf_node *
reader_short(const struct conf_node *n, const char *key)
{
	return n != NULL && n->kind == CONF_MAP ? conf_get(n, key) : n;
}

/* A path that will be relative is one from the working folder. */
static int
from_root(struct rule_reader *r, const struct conf_node *n, const char **text)
{
	CLEAN_BUF struct buf b = {0};

	if ((*text)[0] == '/' || (*text)[0] == '{')
		return 0;
	if ((*text)[0] == '\0') {
		(void)conf_bad(n, "it is empty", r->f);
		return -1;
	}
	if (r->where->dir == NULL) {
		conf_expected(conf_bad(n, "it is relative", r->f),
		    "a path from / or ~/");
		return -1;
	}
	buf_addf(&b, "%s/%s", r->where->dir, *text);
	*text = arena_str(r->arena, buf_str(&b));
	return 0;
}

/*
 * Where a piece of a template stands in its file, if its text is as it is
 * written there; else the whole value.
 */
static struct conf_mark
place_of(const struct conf_node *n, const char *text,
    const struct template_fault *t)
{
	size_t all = strlen(n->text), behind = strlen(text), at, chars;
	struct conf_mark m = n->at;

	if (!n->one_line || t->at > behind || (n->style != CONF_PLAIN &&
	    n->style != CONF_SINGLE && n->style != CONF_DOUBLE) ||
	    (n->style == CONF_DOUBLE && strpbrk(n->text, "\\\"\n\t") != NULL))
		return m;
	/* Paths had something put in before it; what is behind is as it was. */
	behind -= t->at;
	if (behind > all || strcmp(n->text + all - behind, text + t->at) != 0)
		return m;
	at = all - behind;
	chars = at > 0 ? expr_chars(n->text, at) : 0;
	for (size_t i = 0; n->style == CONF_SINGLE && i < at; i++)
		chars += n->text[i] == '\'';		/* written twice */
	m.column += (unsigned)chars + (n->style != CONF_PLAIN);
	m.width = (unsigned)expr_chars(n->text + at, t->len < behind ?
	    t->len : behind);
	return m;
}

static void
tell(struct rule_reader *r, const struct conf_node *n, const char *text,
    const struct template_fault *t, const struct err *e)
{
	struct conf_mark at = place_of(n, text, t);

	conf_suggest(conf_fault(r->f, &at, "%s (rule %s)", e->text,
	    conf_said(r->rule != NULL ? r->rule : "").s),
	    *t->near != '\0' ? t->near : NULL);
}

int
reader_template(struct rule_reader *r, const struct conf_node *n,
    enum template_kind kind, struct template **out)
{
	struct template_fault fault;
	struct conf_where w = *r->where;
	const char *text;
	struct err e = {0};
	int rc;

	w.template = true;
	if (n->kind == CONF_NULL && kind == TEMPLATE_TEXT)
		text = "", rc = 1;
	else
		rc = kind == TEMPLATE_PATH ?
		    conf_expand(n, &w, r->arena, &text, r->f) :
		    conf_str(n, &text, r->f);
	if (rc != 1)
		return -1;
	if (kind == TEMPLATE_PATH && from_root(r, n, &text) < 0)
		return -1;
	if (template_parse(text, kind, &r->scope, out, &fault, &e) == 0)
		return 0;
	tell(r, n, text, &fault, &e);
	return -1;
}

int
reader_words(struct rule_reader *r, const struct conf_node *n,
    struct action *a, struct template **out)
{
	const struct conf_node *msg = reader_short(n, "msg");

	if (msg == NULL)
		return 0;
	if (reader_template(r, msg, TEMPLATE_TEXT, out) < 0)
		return -1;
	a->needs = template_needs(*out);
	return 0;
}

int
reader_unknown(struct rule_reader *r, const struct conf_mark *at,
    const char *what, const char *name, const struct reader_refusal *refused,
    const char *const *names)
{
	struct conf_fault *x;

	for (; refused->name != NULL; refused++)
		if (strcasecmp(refused->name, name) == 0) {
			conf_fault(r->f, at, "there is no %s '%s': %s", what,
			    name, refused->why);
			return -1;
		}
	x = conf_fault(r->f, at, "unknown %s %s", what, conf_said(name).s);
	conf_suggest(x, conf_nearest(name, names));
	return -1;
}
