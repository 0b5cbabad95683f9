/*
 * template_expand.c -- a compiled template, for one file.
 *
 * In a path, values that are text may not steer: a '/' in them becomes '_',
 * and a part of the path that has such a value in it must not come out empty,
 * "." or "..".  What the user wrote, and values that are paths, are free.
 */
#include <string.h>

#include "rules/later.h"
#include "rules/template_impl.h"
#include "util/buf.h"
#include "util/err.h"

/* The part of the path that is being written. */
struct part {
	size_t		 start;		/* in out */
	int		 touched;	/* by a value */
};

static int
bad_part(const struct buf *out, size_t start, size_t end)
{
	const char *s = (const char *)out->data + start;
	size_t n = end - start;

	return n == 0 || (n == 1 && s[0] == '.') ||
	    (n == 2 && s[0] == '.' && s[1] == '.');
}

static int
part_ends(const struct buf *out, const struct part *part, size_t end,
    struct err *e)
{
	if (!part->touched || !bad_part(out, part->start, end))
		return 0;
	return err_set(e, ERR_USAGE, "%s comes out for a part of the path",
	    end == part->start ? "an empty name" : "a name '.' or '..'");
}

/* A '/' in a text that the user did not write makes no folder. */
static void
tame(size_t from, struct buf *out)
{
	for (size_t i = from; i < out->len; i++)
		if (out->data[i] == '/')
			out->data[i] = '_';
}

/* How free a piece is. */
enum freedom { FREE, A_PATH, A_VALUE };

/* Look at what was appended from here on. */
static int
check_parts(enum freedom how, size_t from, struct part *part,
    struct buf *out, struct err *e)
{
	int steers = how == FREE;

	/* A path begins with a '/', and that is no empty name. */
	if (how == A_PATH && from == 0 && out->len > 0 && out->data[0] == '/')
		part->start = ++from;
	if (!steers)
		part->touched = 1;
	for (size_t i = from; i < out->len; i++) {
		if (out->data[i] != '/')
			continue;
		if (part_ends(out, part, i, e) < 0)
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

static int
value_of(const struct template *t, const struct piece *p,
    struct expr_value *v, struct err *e)
{
	struct err why = {0};

	t->run->e = &why;
	if (expr_eval(t->run, p->expr, v) == 0) {
		if (v->type != EXPR_MISSING)
			return 0;
		return err_set(e, ERR_USAGE, "missing value for %.200s",
		    p->said);
	}
	if (strcmp(why.text, "missing value") == 0)
		return err_set(e, ERR_USAGE, "missing value for %.200s",
		    p->said);
	return err_set(e, ERR_USAGE, "%.200s: %s", p->said, why.text);
}

static int
add_piece(const struct template *t, const struct piece *p, struct buf *out,
    enum freedom *how, struct err *e)
{
	size_t from = out->len;
	struct expr_value v;

	*how = FREE;
	if (p->later) {
		buf_addf(out, "%c%d", LATER_FROM, t->kind == TEMPLATE_SHELL ?
		    (int)p->place : (int)SHELL_NOT);
		buf_add(out, p->text, p->len);
		buf_addc(out, LATER_TO);
		return 0;
	}
	if (p->expr == NULL) {
		buf_add(out, p->text, p->len);
		if (p->tame && t->kind != TEMPLATE_TEXT &&
		    t->kind != TEMPLATE_SHELL)
			tame(from, out);
		return 0;
	}
	if (value_of(t, p, &v, e) < 0)
		return -1;
	if (t->kind == TEMPLATE_SHELL) {
		CLEAN_BUF struct buf text = {0};

		expr_print(&v, &text);
		if (memchr(buf_str(&text), '\0', text.len) != NULL)
			return err_set(e, ERR_USAGE, "%.200s has a NUL in it, "
			    "which no command can have", p->said);
		shell_quote(out, p->place, buf_str(&text), text.len);
		return 0;
	}
	expr_print(&v, out);
	*how = v.type != EXPR_PATH ? A_VALUE : v.from == EXPR_WRITTEN ? FREE :
	    A_PATH;
	if (t->kind != TEMPLATE_TEXT && v.from == 0)
		tame(from, out);
	return 0;
}

/* What was appended from here on must not look like an open place. */
static void
escape(struct buf *out, size_t from)
{
	CLEAN_BUF struct buf b = {0};

	if (memchr(out->data + from, LATER_FROM, out->len - from) == NULL)
		return;
	buf_add(&b, out->data + from, out->len - from);
	out->len = from;
	later_escape(out, buf_str(&b), b.len);
}

int
template_expand(const struct template *t, const struct subject *s,
    struct buf *out, struct err *e)
{
	struct part part = { .start = out->len };
	size_t begin = out->len;
	enum freedom how;

	buf_room(out, 1);
	expr_run_begin(t->run);
	t->run->now = s->now;
	t->run->arg = (void *)(uintptr_t)s;
	for (size_t i = 0; i < t->n; i++) {
		size_t from = out->len;

		if (add_piece(t, &t->v[i], out, &how, e) < 0)
			return -1;
		if (t->later && !t->v[i].later)
			escape(out, from);
		if (t->kind == TEMPLATE_PATH &&
		    check_parts(how, from, &part, out, e) < 0)
			return -1;
	}
	if (t->kind == TEMPLATE_PATH)
		return part_ends(out, &part, out->len, e);
	return t->kind == TEMPLATE_NAME ? check_name(out, begin, e) : 0;
}
