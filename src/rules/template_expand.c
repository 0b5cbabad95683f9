/*
 * template_expand.c -- a compiled template, for one file.
 *
 * In a path, values that are text may not steer: a '/' in them becomes '_',
 * and a part of the path that has such a value in it must not come out empty,
 * "." or "..".  What the user wrote, and values that are paths, are free.
 */
#include <string.h>

#include "rules/name.h"
#include "rules/template_impl.h"
#include "util/buf.h"
#include "util/err.h"

/* The part of the path that is being written. */
struct part {
	size_t		 start;		/* in out */
	int		 touched;	/* by a value */
};

static int
missing(const struct piece *p, struct err *e)
{
	return err_set(e, ERR_USAGE, "missing value for %s", p->said);
}

static void
text(struct value *v, const char *s, size_t len)
{
	v->type = VALUE_TEXT;
	v->s = s;
	v->len = len;
}

static void
whole_path(struct value *v, const struct subject *s, struct buf *scratch)
{
	buf_reset(scratch);
	buf_adds(scratch, s->dir);
	if (strcmp(s->dir, "/") != 0)
		buf_addc(scratch, '/');
	buf_add(scratch, s->name, s->name_len);
	v->type = VALUE_PATH;
	v->s = buf_str(scratch);
	v->len = scratch->len;
}

/* The path from the location on; -1 if the file is not below it any more. */
static int
relative(struct value *v, const struct subject *s, struct buf *scratch)
{
	size_t n = strlen(s->location);

	whole_path(v, s, scratch);
	n -= n == 1 && s->location[0] == '/';
	if (v->len <= n || memcmp(v->s, s->location, n) != 0 || v->s[n] != '/')
		return -1;
	v->s += n + 1;
	v->len -= n + 1;
	return 0;
}

static int
only_the_name(const struct piece *p)
{
	return p->n_steps > 0 && p->steps[0].step != STEP_PARENT;
}

/* organize's {name}: the stem, or of a hidden file all of it. */
static void
root_name(enum root root, const struct subject *s, struct value *v)
{
	size_t stem = name_py_stem(s->first, s->first_len);

	if (root == ROOT_NAME)
		text(v, s->first, stem);
	else if (stem == s->first_len)
		text(v, "", 0);
	else
		text(v, s->first + stem + 1, s->first_len - stem - 1);
}

static int
root_time(const struct piece *p, const struct subject *s, struct value *v,
    struct err *e)
{
	v->type = p->root == ROOT_TODAY ? VALUE_DATE : VALUE_TIME;
	v->n = s->now;
	if (p->root == ROOT_UTCNOW)
		v->utc = 1;
	if (p->root != ROOT_LASTMODIFIED && p->root != ROOT_CREATED)
		return 0;
	v->aware = 1;
	if (s->id == NULL || (p->root == ROOT_CREATED && s->id->btime == 0))
		return missing(p, e);
	v->n = p->root == ROOT_CREATED ? s->id->btime : s->id->mtime;
	return 0;
}

static int
root_value(const struct piece *p, const struct subject *s, struct value *v,
    struct buf *scratch, struct err *e)
{
	switch (p->root) {
	case ROOT_LITERAL:
		text(v, p->text, p->len);
		return 0;
	case ROOT_NAME:
	case ROOT_EXTENSION:
		if (s->first == NULL)
			return missing(p, e);
		root_name(p->root, s, v);
		return 0;
	case ROOT_CAUGHT:
		v->type = VALUE_TEXT;
		v->s = s->captures == NULL ? NULL : captures_get(s->captures,
		    p->filter, p->text, &v->len);
		return v->s == NULL ? missing(p, e) : 0;
	case ROOT_PATH:
		if (s->name == NULL)
			return missing(p, e);
		v->type = VALUE_PATH;
		v->s = s->name;
		v->len = s->name_len;
		if (!only_the_name(p))
			whole_path(v, s, scratch);
		return 0;
	case ROOT_RELATIVE:
		if (s->name == NULL || relative(v, s, scratch) < 0)
			return missing(p, e);
		return 0;
	case ROOT_LOCATION:
		if (s->location == NULL)
			return missing(p, e);
		text(v, s->location, strlen(s->location));
		v->type = VALUE_PATH;
		return 0;
	case ROOT_SIZE:
		if (s->id == NULL)
			return missing(p, e);
		v->type = VALUE_SIZE;
		v->n = (int64_t)s->size;
		return 0;
	case ROOT_RULE:
		text(v, s->rule, strlen(s->rule));
		return 0;
	case ROOT_RULE_NR:
		v->type = VALUE_INT;
		v->n = s->rule_number;
		return 0;
	case ROOT_LASTMODIFIED:
	case ROOT_CREATED:
	case ROOT_NOW:
	case ROOT_UTCNOW:
	case ROOT_TODAY:
		return root_time(p, s, v, e);
	case ROOT_REGEX:
	case ROOT_ENV:
		break;		/* become others when they are compiled */
	}
	return missing(p, e);
}

static int
bad_part(const struct buf *out, size_t start, size_t end)
{
	const char *s = (const char *)out->data + start;
	size_t n = end - start;

	return n == 0 || (n == 1 && s[0] == '.') ||
	    (n == 2 && s[0] == '.' && s[1] == '.');
}

static int
part_ends(const struct template *t, const struct buf *out,
    const struct part *part, size_t end, struct err *e)
{
	if (!part->touched || !bad_part(out, part->start, end))
		return 0;
	return err_set(e, ERR_USAGE, end == part->start ? "an empty name comes "
	    "out for %s" : "a name '.' or '..' comes out for %s",
	    t->kind == TEMPLATE_NAME ? "the new name" : "a part of the path");
}

/* A '/' in a text that the user did not write makes no folder. */
static void
tame(const struct piece *p, enum value_type type, size_t from,
    struct buf *out)
{
	if (type != VALUE_TEXT || p->made_here)
		return;
	for (size_t i = from; i < out->len; i++)
		if (out->data[i] == '/')
			out->data[i] = '_';
}

/* Look at what was appended from here on. */
static int
check_parts(const struct template *t, const struct piece *p, enum value_type
    type, size_t from, struct part *part, struct buf *out, struct err *e)
{
	int steers = type == VALUE_PATH || (p->root == ROOT_LITERAL);

	if (!steers)
		part->touched = 1;
	for (size_t i = from; i < out->len; i++) {
		if (out->data[i] != '/')
			continue;
		if (part_ends(t, out, part, i, e) < 0)
			return -1;
		part->start = i + 1;
		part->touched = !steers;
	}
	return 0;
}

static int
check_name(const struct buf *out, size_t from, struct err *e)
{
	if (memchr(out->data + from, '/', out->len - from) != NULL)
		return err_set(e, ERR_USAGE, "the new name cannot contain "
		    "slashes; to move a file use 'move'");
	if (bad_part(out, from, out->len))
		return err_set(e, ERR_USAGE, out->len == from ?
		    "the new name comes out empty" :
		    "the new name comes out as '.' or '..'");
	return 0;
}

int
template_expand(const struct template *t, const struct subject *s,
    struct buf *out, struct err *e)
{
	CLEAN_BUF struct buf scratch = {0};
	struct part part = { .start = out->len };
	size_t begin = out->len;

	buf_room(out, 1);
	for (size_t i = 0; i < t->n; i++) {
		const struct piece *p = &t->v[i];
		struct value v = {0};
		size_t from = out->len;

		if (root_value(p, s, &v, &scratch, e) < 0)
			return -1;
		for (size_t k = 0; k < p->n_steps; k++)
			if (template_step(t, p->steps[k].step, p->steps[k].arg,
			    &v, &scratch, e) < 0)
				return -1;
		template_print(t, &v, out);
		if (t->kind != TEMPLATE_TEXT)
			tame(p, v.type, from, out);
		if (t->kind == TEMPLATE_PATH &&
		    check_parts(t, p, v.type, from, &part, out, e) < 0)
			return -1;
	}
	if (t->kind == TEMPLATE_PATH)
		return part_ends(t, out, &part, out->len, e);
	return t->kind == TEMPLATE_NAME ? check_name(out, begin, e) : 0;
}
