#include <string.h>

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

int
reader_template(struct rule_reader *r, const struct conf_node *n,
    enum template_kind kind, struct template **out)
{
	struct conf_where w = *r->where;
	const char *text, *near = NULL;
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
	if (template_parse(text, kind, &r->scope, out, &near, &e) == 0)
		return 0;
	conf_suggest(conf_bad(n, e.text, r->f), near);
	return -1;
}
