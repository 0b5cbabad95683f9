/*
 * filter_xattr.c -- xattr: xdg.tags | xattr: {xdg.tags: invoice}
 *
 * The user's own attributes of a file or folder; "user." may stand before a
 * name or be left out.  Without a value, whatever has one; a key, if it is
 * there; a key with a pattern, if its text matches without case.  xdg.tags is a
 * list (what file managers call tags): there one of them has to match.
 * {xattr.xdg.tags} is the text.  organize has no such filter.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "glob/glob.h"
#include "rules/filter.h"
#include "rules/reader.h"
#include "util/err.h"
#include "util/xalloc.h"

#define LIST_MAX	65536
#define VALUE_MAX	4096		/* longer ones are left out */
#define TAGS		"xdg.tags"

struct want {
	const char	*key;
	struct glob	*value;		/* NULL: that it is there is enough */
};

struct xattr {
	struct want	*v;
	size_t		 n, cap;
	const char	*said;
};

static int
add(struct xattr *x, const char *key, const struct conf_node *value,
    struct buf *said, struct rule_reader *r)
{
	struct want w = {0};
	struct err e = {0};
	const char *pattern = "";

	key += strncmp(key, "user.", 5) == 0 ? 5 : 0;
	w.key = arena_str(r->arena, strcmp(key, "tags") == 0 ? TAGS : key);
	if (!reader_nothing(value)) {
		if (conf_str(value, &pattern, r->f) != 1)
			return -1;
		if (glob_new(pattern, GLOB_NOCASE, &w.value, &e) < 0) {
			(void)conf_bad(value, e.text, r->f);
			return -1;
		}
	}
	buf_addf(said, "%s%s%s%s", said->len > 0 ? " and " : "", w.key,
	    w.value != NULL ? " is " : "", pattern);
	XGROW(x->v, x->n, x->cap);
	x->v[x->n++] = w;
	return 0;
}

static int
xattr_read(struct filter *f, const struct conf_node *value,
    struct rule_reader *r)
{
	struct xattr *x = f->state;
	CLEAN_BUF struct buf said = {0};
	struct conf_strs list = {0};
	int rc = 0;

	if (value != NULL && value->kind == CONF_MAP)
		for (size_t i = 0; i < value->n; i++)
			rc |= add(x, value->pairs[i].key, value->pairs[i].value,
			    &said, r);
	else if (value != NULL)
		rc = conf_strs(value, r->arena, &list, r->f) < 0 ? -1 : 0;
	for (size_t i = 0; i < list.n; i++)
		rc |= add(x, list.text[i], NULL, &said, r);
	x->said = arena_str(r->arena, buf_str(&said));
	return rc;
}

static void
xattr_fini(void *state)
{
	struct xattr *x = state;

	for (size_t i = 0; i < x->n; i++)
		glob_free(x->v[i].value);
	free(x->v);
}

/* Names without "user." and texts, each ended by a NUL. */
static int
xattr_fetch(const void *state, const struct content *c, int catch,
    struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf list = {0};
	char value[VALUE_MAX];
	ssize_t n = flistxattr(c->fd, (char *)buf_room(&list, LIST_MAX),
	    LIST_MAX);

	(void)state, (void)catch;
	if (n < 0)
		return errno == ENOTSUP ? 0 : err_sys(e, "read its attributes");
	for (const char *p = (const char *)list.data, *end = p + n; p < end;
	    p += strlen(p) + 1) {
		ssize_t len;

		if (strncmp(p, "user.", 5) != 0)
			continue;
		len = fgetxattr(c->fd, p, value, sizeof(value));
		if (len < 0)
			continue;
		buf_add(out, p + 5, strlen(p + 5) + 1);
		buf_add(out, value, strnlen(value, (size_t)len));
		buf_addc(out, '\0');
	}
	return 0;
}

/* One of a list of tags, parted by commas. */
static int
one_of(const struct glob *g, const char *tags)
{
	for (const char *p = tags;; p++) {
		size_t len = strcspn(p, ","), from = strspn(p, " ");

		if (from < len && glob_match(g, p + from, len - from))
			return 1;
		p += len;
		if (*p == '\0')
			return 0;
	}
}

static int
holds(const struct want *w, const struct buf *got)
{
	size_t at = 0;

	while (at < got->len) {
		const char *p = (const char *)got->data + at;
		const char *text = p + strlen(p) + 1;

		if (strcmp(p, w->key) == 0)
			return w->value == NULL ||
			    glob_match(w->value, text, strlen(text)) ||
			    (strcmp(p, TAGS) == 0 && one_of(w->value, text));
		at += strlen(p) + strlen(text) + 2;
	}
	return 0;
}

static int
xattr_match(void *state, struct subject *s, struct err *e)
{
	const struct xattr *x = state;
	const struct buf *got = &s->got->data;

	(void)e;
	for (size_t at = 0; s->captures != NULL && at < got->len;) {
		const char *p = (const char *)got->data + at;
		const char *text = p + strlen(p) + 1;

		captures_add(s->captures, "xattr", p, text, strlen(text));
		if (strcmp(p, TAGS) == 0)
			captures_add(s->captures, "xattr", "tags", text,
			    strlen(text));
		at += strlen(p) + strlen(text) + 2;
	}
	for (size_t i = 0; i < x->n; i++)
		if (!holds(&x->v[i], got))
			return 0;
	return got->len > 0;
}

static void
xattr_say(void *state, const struct subject *s, int matched, int detail,
    struct buf *out)
{
	const struct xattr *x = state;

	(void)detail;
	if (s->got != NULL && s->got->error != NULL)
		buf_adds(out, s->got->error->text);
	else if (x->n == 0)
		buf_addf(out, "it has %sattributes", matched ? "" : "no ");
	else
		buf_addf(out, "xattr %s %s", matched ? "has" : "has not",
		    x->said);
}

const struct filter_ops filter_xattr = {
	.name	= "xattr",
	.files	= 1,
	.dirs	= 1,
	.needs	= NEED_FILE | NEED_ID | NEED_FETCH,
	.size	= sizeof(struct xattr),
	.read	= xattr_read,
	.fini	= xattr_fini,
	.fetch	= xattr_fetch,
	.match	= xattr_match,
	.say	= xattr_say,
};
