/*
 * filter_filecontent.c -- filecontent: EXPR, searched for in the text of
 * documents (document.h), with ^ and $ at each line and . for line breaks, too.
 * (?P<number>...) catches {filecontent.number}.  What has no text does not
 * match, as in organize; what should have and cannot be read is a failure.
 */
#include <string.h>

#include "regex/regex.h"
#include "rules/document.h"
#include "rules/filter.h"
#include "rules/reader.h"
#include "util/err.h"
#include "util/pack.h"

#define CAUGHT_MAX	((size_t)1 << 20)	/* bytes of all groups of a file */

struct filecontent {
	struct regex	*re;
	const char	*expr;
};

static int
filecontent_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	static const char *const known[] = { "expr", NULL };
	static const struct conf_keys map = { .what = "'filecontent'",
	    .known = known };
	struct filecontent *x = f->state;
	struct err e = {0};

	if (value != NULL && value->kind == CONF_MAP) {
		if (conf_map_check(value, &map, r->f) < 0)
			return -1;
		value = conf_get(value, "expr");
	}
	x->expr = "(?P<all>.*)";
	if (value != NULL && conf_str(value, &x->expr, r->f) != 1)
		return -1;
	if (regex_new(x->expr, REGEX_MULTILINE | REGEX_DOTALL, &x->re, NULL,
	    &e) == 0)
		return 0;
	(void)conf_bad(value, e.text, r->f);
	return -1;
}

static void
filecontent_fini(void *state)
{
	regex_free(((struct filecontent *)state)->re);
}

/* Each group that has a name and took part: its number and its text. */
static int
pack_groups(const struct filecontent *x, const struct regex_match *m,
    struct buf *out, struct err *e)
{
	size_t start = out->len, len;
	const char *v;

	for (size_t i = 1; i <= regex_groups(x->re); i++) {
		if (regex_name(x->re, i) == NULL ||
		    (v = regex_value(m, i, &len)) == NULL)
			continue;
		if (len > CAUGHT_MAX || out->len - start > CAUGHT_MAX - len)
			return err_set(e, ERR_FULL, "what {filecontent.%s} would "
			    "catch is longer than %zu bytes",
			    regex_name(x->re, i), CAUGHT_MAX);
		pack_u64(out, i);
		pack_bytes(out, v, len);
	}
	return 0;
}

/* A byte that says whether it matches, and the groups. */
static int
filecontent_fetch(const void *state, const struct content *c, int catch,
    struct buf *out, struct err *e)
{
	const struct filecontent *x = state;
	CLEAN_BUF struct buf text = {0};
	struct regex_match *m;
	int rc = document_text(c, &text, e), hit;

	if (rc < 0)
		return -1;
	if (rc == 0) {
		buf_addc(out, 0);
		return 0;
	}
	m = regex_match_new(x->re);
	hit = regex_search(x->re, buf_str(&text), text.len, m, e);
	buf_addc(out, hit == 1);
	if (hit == 1 && catch)
		hit = pack_groups(x, m, out, e);
	regex_match_free(m);
	return hit < 0 ? -1 : 0;
}

static int
filecontent_match(void *state, struct subject *s, struct err *e)
{
	const struct filecontent *x = state;
	const struct buf *got = &s->got->data;
	struct unpack u;

	(void)e;
	if (got->len == 0 || got->data[0] == 0)
		return 0;
	u = unpack_start(got->data + 1, got->len - 1);
	while (s->captures != NULL && u.p < u.end) {
		size_t len, i = unpack_u64(&u);
		const char *v = unpack_bytes(&u, &len);

		if (u.bad)
			break;
		captures_add(s->captures, "filecontent",
		    regex_name(x->re, i), v, len);
	}
	return 1;
}

static void
filecontent_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	const struct filecontent *x = state;

	(void)detail;
	if (s->got != NULL && s->got->error != NULL)
		buf_addf(out, "its content cannot be read: %s",
		    s->got->error->text);
	else
		buf_addf(out, "content %s '%s'", matched ? "matches" :
		    "does not match", x->expr);
}

static const char *
filecontent_group(const void *state, size_t i)
{
	const struct filecontent *x = state;

	for (size_t k = 1; k <= regex_groups(x->re); k++)
		if (regex_name(x->re, k) != NULL && i-- == 0)
			return regex_name(x->re, k);
	return NULL;
}

const struct filter_ops filter_filecontent = {
	.name	= "filecontent",
	.files	= 1,
	.needs	= NEED_FILE | NEED_ID | NEED_FETCH,
	.size	= sizeof(struct filecontent),
	.read	= filecontent_read,
	.fini	= filecontent_fini,
	.fetch	= filecontent_fetch,
	.match	= filecontent_match,
	.say	= filecontent_say,
	.group	= filecontent_group,
};
