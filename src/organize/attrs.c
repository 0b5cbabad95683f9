/*
 * attrs.c -- an action that sets attributes: from what it wishes to what is
 * there and what is to be there.
 *
 * What is there is read while planning, and what earlier operations of the plan
 * will have set counts instead.  A file that has it all already is left alone.
 */
#include <errno.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "apply/attrs.h"
#include "organize/organize_impl.h"
#include "organize/read.h"
#include "plan/overlay.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define TAGS_MAX	65536

/* One run of attrs_change. */
struct change {
	struct run	*r;
	int		 fd;
	struct arena	 own;
	struct buf	 key;		/* of which file, for the overlay */
	struct buf	 origin;	/* the same of what it will be a copy of */
	struct attrs	 a;
};

static void
fini(struct change *c)
{
	if (c->fd >= 0)
		close(c->fd);
	arena_fini(&c->own);
	buf_fini(&c->key);
	buf_fini(&c->origin);
}

void
attrs_begin(struct run *r)
{
	const struct subject *s = &r->subject;
	const char *dir, *name;
	struct fs_id id;
	size_t i;

	r->real.len = 0;
	for (i = 0; i < r->rule->actions.n; i++)
		if (r->rule->actions.v[i].ops->intends == INTENT_XATTR)
			break;
	if (s->name == NULL || i == r->rule->actions.n || overlay_id(r->overlay,
	    s->dir, s->name, &id, &dir, &name, NULL) != 1 || dir == NULL)
		return;
	path_join(&r->real, dir, name);
}

/* Is it a copy of what lies there, and still to be made? */
static int
is_copy(const struct row *w, const char *dir, const char *name)
{
	const struct subject *s = &w->r->subject;
	struct fs_id id;

	if (w->copied)
		return 1;
	if (!w->chained || (strcmp(dir, s->dir) == 0 &&
	    strcmp(name, s->name) == 0))
		return 0;
	return overlay_id(w->r->overlay, dir, name, &id, NULL, NULL, NULL) ==
	    1 && fs_id_same(&id, s->id);
}

static void
id_key(struct buf *out, const struct fs_id *id)
{
	buf_add(out, &id->fs, sizeof(id->fs));
	buf_add(out, &id->ino, sizeof(id->ino));
	buf_add(out, &id->btime, sizeof(id->btime));
}

/* The file is known by its identity; a copy that is still to be made has that
 * of its original, and is known by its path. */
static int
identify(const struct row *w, struct change *c, struct err *e)
{
	const struct subject *s = &c->r->subject;
	CLEAN_FREE char *dir = xstrndup(buf_str(&c->r->real), c->r->real.len);
	char *name = strrchr(dir, '/');

	if (name == NULL)
		return err_set(e, ERR_USAGE, "an earlier rule brings it, and its "
		    "attributes cannot be read before");
	*name++ = '\0';
	c->fd = read_open_path(*dir == '\0' ? "/" : dir, name, s->id, e);
	if (c->fd < 0)
		return -1;
	id_key(&c->origin, s->id);
	if (is_copy(w, *dir == '\0' ? "/" : dir, name))
		path_join(&c->key, s->dir, s->name);
	else
		id_key(&c->key, s->id);
	return 0;
}

/* What earlier operations of the plan make of it: 1, or 0 if nothing. */
static int
told(const struct change *c, const struct buf *of, const char *name,
    struct attr *x)
{
	CLEAN_BUF struct buf key = {0};

	buf_add(&key, of->data, of->len);
	buf_addc(&key, '\0');
	buf_adds(&key, name);
	return overlay_attr_told(c->r->overlay, key.data, key.len, &x->was,
	    &x->was_len);
}

static void
tell_attr(const struct change *c, const struct attr *x)
{
	CLEAN_BUF struct buf key = {0};

	buf_add(&key, c->key.data, c->key.len);
	buf_addc(&key, '\0');
	buf_adds(&key, x->name);
	overlay_attr(c->r->overlay, key.data, key.len, x->has ? x->now : NULL,
	    x->now_len);
}

/* What it will be before this operation. */
static int
look(struct change *c, struct attr *x, struct err *e)
{
	CLEAN_FREE char *value = xalloc(ATTR_VALUE_MAX);
	ssize_t n;

	/* A copy gets what its original has by then. */
	if (told(c, &c->key, x->name, x) || told(c, &c->origin, x->name, x)) {
		x->had = x->was != NULL;
		return 0;
	}
	n = fgetxattr(c->fd, x->name, value, ATTR_VALUE_MAX);
	if (n < 0 && errno == ENODATA)
		return 0;
	if (n < 0 && errno == ENOTSUP)
		return err_set(e, ERR_IO, "the file system there holds "
		    "no attributes (xattrs) of users");
	if (n < 0)
		return err_sys(e, "read the attribute %s", x->name);
	x->had = 1;
	x->was = arena_dup(&c->own, value, (size_t)n);
	x->was_len = (size_t)n;
	return 0;
}

/* The attribute of that name, looked at once; NULL: e says why. */
static struct attr *
find(struct change *c, const char *name, struct err *e)
{
	struct attr *x;

	for (size_t i = 0; i < c->a.n; i++)
		if (strcmp(c->a.v[i].name + 5, name) == 0)
			return &c->a.v[i];
	if (c->a.n == ATTRS_MAX) {
		(void)err_set(e, ERR_USAGE, "too many attributes");
		return NULL;
	}
	x = &c->a.v[c->a.n];
	*x = (struct attr){0};
	buf_reset(&c->r->name);
	buf_addf(&c->r->name, "user.%s", name);
	x->name = arena_str(&c->own, buf_str(&c->r->name));
	if (look(c, x, e) < 0)
		return NULL;
	c->a.n++;
	x->has = x->had;
	x->now = x->was;
	x->now_len = x->was_len;
	return x;
}

/* The next of a list parted by commas, without blanks around it: 1, or 0. */
static int
next_tag(const char **p, const char *end, const char **tag, size_t *len)
{
	while (*p < end && (**p == ',' || **p == ' '))
		(*p)++;
	if (*p == end)
		return 0;
	*tag = *p;
	while (*p < end && **p != ',')
		(*p)++;
	*len = (size_t)(*p - *tag);
	while (*len > 0 && (*tag)[*len - 1] == ' ')
		(*len)--;
	return 1;
}

static int
has_tag(const char *list, size_t list_len, const char *tag, size_t len)
{
	const char *p = list, *t;
	size_t n;

	while (next_tag(&p, list + list_len, &t, &n))
		if (n == len && memcmp(t, tag, n) == 0)
			return 1;
	return 0;
}

/* value is a list itself: a tag has no comma in it. */
static int
tags(struct change *c, struct attr *x, int add, const char *value,
    struct err *e)
{
	const char *list = x->has ? x->now : "", *p = list, *t;
	const char *end = list + (x->has ? x->now_len : 0), *v = value;
	const char *v_end = value + strlen(value);
	CLEAN_BUF struct buf out = {0};
	int changed = 0;
	size_t n;

	while (next_tag(&p, end, &t, &n))
		if (add || !has_tag(value, (size_t)(v_end - value), t, n)) {
			buf_adds(&out, out.len > 0 ? "," : "");
			buf_add(&out, t, n);
		} else
			changed = 1;
	while (add && next_tag(&v, v_end, &t, &n))
		if (!has_tag(buf_str(&out), out.len, t, n)) {
			buf_adds(&out, out.len > 0 ? "," : "");
			buf_add(&out, t, n);
			changed = 1;
		}
	if (!changed)
		return 0;
	if (out.len > TAGS_MAX)
		return err_set(e, ERR_USAGE, "its tags would be too long");
	x->has = out.len > 0;
	x->now = arena_dup(&c->own, buf_str(&out), out.len);
	x->now_len = out.len;
	return 0;
}

/* Each of the wishes, in order. */
static int
fulfil(struct change *c, struct err *e)
{
	const struct buf *b = &c->r->text;
	const char *p = (const char *)b->data, *end = p + b->len;

	while (p < end) {
		char how = *p;
		const char *name = p + 1, *value = name + strlen(name) + 1;
		struct attr *x = find(c, name, e);

		p = value + strlen(value) + 1;
		if (x == NULL)
			return -1;
		if (how == '+' || how == '!') {
			if (tags(c, x, how == '+', value, e) < 0)
				return -1;
			continue;
		}
		x->has = how == '=';
		x->now = arena_str(&c->own, value);
		x->now_len = x->has ? strlen(value) : 0;
	}
	return 0;
}

/* Those that are so already need nothing. */
static void
drop_same(struct attrs *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct attr *x = &a->v[i];

		if (x->had == x->has && (!x->had || (x->was_len ==
		    x->now_len && (x->was_len == 0 ||
		    memcmp(x->was, x->now, x->was_len) == 0))))
			continue;
		a->v[kept++] = a->v[i];
	}
	a->n = kept;
}

static int
add(struct row *w, struct change *c, struct err *e)
{
	struct run *r = w->r;
	CLEAN_BUF struct buf words = {0};
	int rc;

	buf_reset(&r->extra);
	attrs_pack(&r->extra, &c->a);
	attrs_words(&words, &c->a);
	w->op.extra = r->extra.data;
	w->op.extra_len = r->extra.len;
	w->op.text = buf_str(&words);
	rc = row_add(w, e);
	w->op.text = "";
	for (size_t i = 0; i < c->a.n; i++)
		tell_attr(c, &c->a.v[i]);
	return rc;
}

int
attrs_change(struct row *w, struct err *e)
{
	CLEAN(fini) struct change c = { .r = w->r, .fd = -1 };
	struct err why;

	err_start(&why);
	if (identify(w, &c, &why) < 0 || fulfil(&c, &why) < 0)
		return row_end(w, OP_FAILED, why.text, e);
	drop_same(&c.a);
	if (c.a.n > 0)
		return add(w, &c, e);
	if (row_end(w, OP_SKIPPED, "it has these attributes already", e) < 0)
		return -1;
	w->over = 0;
	return 0;
}
