/*
 * filter_name.c -- name: PATTERN, or {match, startswith, contains, endswith,
 * case_sensitive}.  Asked of the name without its extension (what follows the
 * last dot), in normal form C.  A list means any of its texts.
 */
#include <stdlib.h>
#include <string.h>

#include "rules/filter.h"
#include "rules/letters.h"
#include "rules/name.h"
#include "rules/nfc.h"
#include "rules/reader.h"
#include "rules/simplematch.h"
#include "util/err.h"

#define DIGITS_MAX	18	/* of a number with its sign */

enum how { STARTS, CONTAINS, ENDS, HOWS };

static const char *const keys[HOWS] = { "startswith", "contains", "endswith" };
static const char *const words[HOWS] = { "start with", "contain", "end with" };

struct name {
	struct simplematch *match;	/* NULL: "*" */
	const char	*pattern;	/* never NULL */
	struct conf_strs any[HOWS];	/* as they are compared */
	int		 any_case;
	locale_t	 letters;
	struct buf	 normal, lower;	/* of the name being asked about */
};

/* The texts of a list in normal form, and in lower case if that is asked. */
static int
read_list(struct name *x, enum how how, const struct conf_node *n,
    struct rule_reader *r)
{
	struct conf_strs *l = &x->any[how];

	if (n == NULL || (n->kind == CONF_SCALAR && *n->text == '\0'))
		return 0;
	if (conf_strs(n, r->arena, l, r->f) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		CLEAN_BUF struct buf b = {0}, c = {0};

		nfc_add(&b, l->text[i], strlen(l->text[i]));
		if (x->any_case)
			letters_lower(x->letters, buf_str(&b), b.len, &c);
		else
			buf_add(&c, b.data, b.len);
		l->text[i] = arena_dup(r->arena, buf_str(&c), c.len);
	}
	return 0;
}

static int
read_match(struct name *x, const struct conf_node *n, struct rule_reader *r)
{
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};
	const char *text = NULL;

	if (conf_str(n, &text, r->f) < 0)
		return -1;
	if (text == NULL || strcmp(text, "*") == 0)
		return 0;
	nfc_add(&b, text, strlen(text));
	x->pattern = arena_str(r->arena, buf_str(&b));
	if (simplematch_new(x->pattern, !x->any_case, &x->match, &e) < 0) {
		(void)conf_bad(n, e.text, r->f);
		return -1;
	}
	return 0;
}

static int
name_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "match", "startswith", "contains",
	    "endswith", "case_sensitive", NULL };
	static const struct conf_keys map = { .what = "'name'",
	    .known = known };
	struct name *x = f->state;
	bool sensitive = true;
	int rc = 0;

	x->letters = letters_open();
	x->pattern = "*";
	if (value == NULL)
		return 0;
	if (value->kind != CONF_MAP)
		return read_match(x, value, r);
	if (conf_map_check(value, &map, r->f) < 0 ||
	    conf_bool(conf_get(value, "case_sensitive"), &sensitive, r->f) < 0)
		return -1;
	x->any_case = !sensitive;
	rc |= read_match(x, conf_get(value, "match"), r);
	for (enum how h = STARTS; h < HOWS; h++)
		rc |= read_list(x, h, conf_get(value, keys[h]), r);
	return rc;
}

static void
name_fini(void *state)
{
	struct name *x = state;

	simplematch_free(x->match);
	if (x->letters != 0)
		freelocale(x->letters);
	buf_fini(&x->normal);
	buf_fini(&x->lower);
}

static int
holds(enum how how, const char *s, size_t len, const char *want)
{
	size_t n = strlen(want);

	if (n > len)
		return 0;
	if (how == STARTS)
		return memcmp(s, want, n) == 0;
	if (how == ENDS)
		return memcmp(s + len - n, want, n) == 0;
	return n == 0 || memmem(s, len, want, n) != NULL;
}

/* The first condition that s does not meet; HOWS if it meets all. */
static enum how
unmet(const struct name *x, const char *s, size_t len)
{
	for (enum how h = STARTS; h < HOWS; h++) {
		const struct conf_strs *l = &x->any[h];
		size_t i = 0;

		while (i < l->n && !holds(h, s, len, l->text[i]))
			i++;
		if (l->n > 0 && i == l->n)
			return h;
	}
	return HOWS;
}

/* The stem, in normal form; lowered into *low where case does not count. */
static const char *
stem(struct name *x, const struct subject *s, size_t *len, const char **low,
    size_t *low_len)
{
	const char *text = s->first;

	*len = name_py_stem(s->first, s->first_len);
	if (!nfc_plain(text, *len)) {
		buf_reset(&x->normal);
		nfc_add(&x->normal, text, *len);
		text = buf_str(&x->normal);
		*len = x->normal.len;
	}
	*low = text;
	*low_len = *len;
	if (x->any_case) {
		buf_reset(&x->lower);
		letters_lower(x->letters, text, *len, &x->lower);
		*low = buf_str(&x->lower);
		*low_len = x->lower.len;
	}
	return text;
}

/* A number too long to reckon with stays a text. */
static void
catch_groups(struct simplematch *m, struct captures *c)
{
	const char *key, *v;
	size_t n;

	for (size_t i = 0; (key = simplematch_group(m, i)) != NULL; i++) {
		enum capture_type type = simplematch_type(m, i);
		char digits[DIGITS_MAX + 1] = "";

		if ((v = simplematch_value(m, i, &n)) == NULL)
			continue;
		if (type == CAPTURE_INT && n <= DIGITS_MAX)
			memcpy(digits, v, n);
		else if (type == CAPTURE_INT)
			type = CAPTURE_TEXT;
		captures_add_typed(c, "name", key, type,
		    strtoll(digits, NULL, 10), v, n);
	}
}

static int
name_match(void *state, struct subject *s, struct err *e)
{
	struct name *x = state;
	size_t len, low_len;
	const char *low, *text = stem(x, s, &len, &low, &low_len);
	int hit = 1;

	if (x->match != NULL)
		hit = simplematch_find(x->match, text, len, e);
	if (hit < 0)
		return -1;
	if (hit && s->captures != NULL && x->match != NULL)
		catch_groups(x->match, s->captures);
	return hit && unmet(x, low, low_len) == HOWS;
}

static void
say_list(const struct conf_strs *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++)
		buf_addf(out, "%s'%s'", i > 0 ? " or " : " ", l->text[i]);
}

/* Every condition there is: "name starts with 'A' or 'B' and contains 'c'". */
static void
say_all(const struct name *x, struct buf *out)
{
	static const char *const does[HOWS] = { "starts with", "contains",
	    "ends with" };
	const char *and = "";

	buf_adds(out, "name");
	if (x->match != NULL) {
		buf_addf(out, " matches '%s'", x->pattern);
		and = " and";
	}
	for (enum how h = STARTS; h < HOWS; h++) {
		if (x->any[h].n == 0)
			continue;
		buf_addf(out, "%s %s", and, does[h]);
		say_list(&x->any[h], out);
		and = " and";
	}
	if (*and == '\0')
		buf_adds(out, " is any");
}

static void
name_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	struct name *x = state;
	size_t len, low_len;
	const char *low, *text = stem(x, s, &len, &low, &low_len);
	enum how h = unmet(x, low, low_len);

	(void)detail;
	if (matched) {
		say_all(x, out);
	} else if (h == HOWS || (x->match != NULL &&
	    simplematch_find(x->match, text, len, NULL) != 1)) {
		buf_addf(out, "name does not match '%s'", x->pattern);
	} else {
		buf_addf(out, "name does not %s", words[h]);
		say_list(&x->any[h], out);
	}
}

static const char *
name_group(const void *state, size_t i)
{
	const struct name *x = state;

	return x->match != NULL ? simplematch_group(x->match, i) : NULL;
}

const struct filter_ops filter_name = {
	.name	= "name",
	.files	= 1,
	.dirs	= 1,
	.size	= sizeof(struct name),
	.read	= name_read,
	.fini	= name_fini,
	.match	= name_match,
	.say	= name_say,
	.group	= name_group,
};
