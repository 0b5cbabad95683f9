/*
 * filter_regex.c -- regex: EXPR, searched for in the whole name, in normal
 * form C.  (?P<year>...) catches {regex.year}.
 */
#include <string.h>

#include "regex/regex.h"
#include "rules/filter.h"
#include "rules/nfc.h"
#include "rules/reader.h"
#include "util/err.h"

struct regexp {
	struct regex	*re;
	struct regex_match *found;
	const char	*expr;
	struct buf	 normal;
};

static int
re_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "expr", NULL };
	static const struct conf_keys map = { .what = "'regex'",
	    .known = known };
	struct regexp *x = f->state;
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};
	const char *expr = NULL;

	if (value != NULL && value->kind == CONF_MAP) {
		if (conf_map_check(value, &map, r->f) < 0)
			return -1;
		value = conf_need(value, "expr", "'regex'", r->f);
		if (value == NULL)
			return -1;
	}
	if (value == NULL) {
		conf_fault(r->f, r->at, "the filter 'regex' needs an "
		    "expression");
		return -1;
	}
	if (conf_str(value, &expr, r->f) != 1)
		return -1;
	nfc_add(&b, expr, strlen(expr));
	x->expr = arena_str(r->arena, buf_str(&b));
	if (regex_new(x->expr, 0, &x->re, NULL, &e) < 0) {
		(void)conf_bad(value, e.text, r->f);
		return -1;
	}
	x->found = regex_match_new(x->re);
	return 0;
}

static void
re_fini(void *state)
{
	struct regexp *x = state;

	regex_match_free(x->found);
	regex_free(x->re);
	buf_fini(&x->normal);
}

static int
re_match(void *state, struct subject *s, struct err *e)
{
	struct regexp *x = state;
	const char *text = s->first, *v;
	size_t len = s->first_len, n;
	int hit;

	if (!nfc_plain(text, len)) {
		buf_reset(&x->normal);
		nfc_add(&x->normal, text, len);
		text = buf_str(&x->normal);
		len = x->normal.len;
	}
	hit = regex_search(x->re, text, len, x->found, e);
	if (hit != 1 || s->captures == NULL)
		return hit;
	for (size_t i = 1; i <= regex_groups(x->re); i++)
		if (regex_name(x->re, i) != NULL &&
		    (v = regex_value(x->found, i, &n)) != NULL)
			captures_add(s->captures, "regex",
			    regex_name(x->re, i), v, n);
	return 1;
}

static void
re_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	const struct regexp *x = state;

	(void)s, (void)detail;
	buf_addf(out, "name %s the regex '%s'", matched ? "matches" :
	    "does not match", x->expr);
}

static const char *
re_group(const void *state, size_t i)
{
	const struct regexp *x = state;

	for (size_t k = 1; k <= regex_groups(x->re); k++)
		if (regex_name(x->re, k) != NULL && i-- == 0)
			return regex_name(x->re, k);
	return NULL;
}

const struct filter_ops filter_regex = {
	.name	= "regex",
	.files	= 1,
	.dirs	= 1,
	.size	= sizeof(struct regexp),
	.read	= re_read,
	.fini	= re_fini,
	.match	= re_match,
	.say	= re_say,
	.group	= re_group,
};
