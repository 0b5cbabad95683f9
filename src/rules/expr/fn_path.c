/*
 * fn_path.c -- what Python's pathlib knows of a path by its text alone.
 */
#include <string.h>

#include "rules/expr/expr_impl.h"
#include "rules/name.h"

#define FN(name) \
	static int \
	name(struct expr_run *run, const struct expr_value *self, \
	    const struct expr_value *arg, struct expr_value *out)

/* Its last part: a text from there to the end. */
static struct expr_value
last(const struct expr_value *path)
{
	const char *slash = path->len > 0 ?
	    memrchr(path->s, '/', path->len) : NULL;
	const char *s = slash != NULL ? slash + 1 : path->s;

	return expr_text(s, path->len - (size_t)(s - path->s));
}

FN(name)
{
	(void)run, (void)arg;
	*out = last(self);
	return 0;
}

FN(stem)
{
	(void)run, (void)arg;
	*out = last(self);
	out->len = name_py_stem(out->s, out->len);
	return 0;
}

FN(suffix)
{
	size_t n;

	(void)run, (void)arg;
	*out = last(self);
	n = name_py_stem(out->s, out->len);
	out->s += n;
	out->len -= n;
	return 0;
}

/* pathlib: "/" has no name and is its own parent, a bare name's is ".". */
FN(parent)
{
	struct expr_value n = last(self);
	size_t dir = (size_t)(n.s - self->s);

	(void)run, (void)arg;
	*out = *self;
	if (dir == 0) {
		out->s = ".";
		out->len = 1;
	} else {
		out->len = dir > 1 ? dir - 1 : 1;
	}
	return 0;
}

static int
list_of(struct expr_run *run, size_t n, struct expr_value **v,
    struct expr_value *out)
{
	if (n > EXPR_ITEMS_MAX)
		return expr_fail(run, "a list of more than %d items comes out",
		    EXPR_ITEMS_MAX);
	if ((*v = expr_alloc(run, (n + 1) * sizeof(**v))) == NULL)
		return -1;
	*out = expr_list(*v, n);
	return 0;
}

static size_t
slashes(const struct expr_value *path)
{
	size_t n = 0;

	for (size_t i = 0; i < path->len; i++)
		n += path->s[i] == '/';
	return n;
}

FN(parts)
{
	struct expr_value *v;
	const char *p = self->s, *end = p + self->len;
	size_t n = 0;

	(void)arg;
	if (list_of(run, slashes(self) + 2, &v, out) < 0)
		return -1;
	if (p < end && *p == '/') {
		v[n] = expr_text(p, 1);
		v[n++].from = self->from;
	}
	while (p < end) {
		const char *slash = memchr(p, '/', (size_t)(end - p));
		size_t len = (size_t)((slash != NULL ? slash : end) - p);

		if (len > 0)
			v[n++] = expr_text(p, len);
		p += len + (slash != NULL);
	}
	out->n = (int64_t)n;
	out->tuple = 1;
	return 0;
}

FN(parents)
{
	struct expr_value *v, at = *self, up;
	size_t n = 0, most = slashes(self) + 1;

	if (list_of(run, most, &v, out) < 0)
		return -1;
	while (n < most && parent(run, &at, arg, &up) == 0 &&
	    (up.len != at.len || memcmp(up.s, at.s, up.len) != 0))
		at = v[n++] = up;
	out->n = (int64_t)n;
	return 0;
}

FN(suffixes)
{
	struct expr_value *v, all = last(self);
	size_t n = 0, dots = 0, from = 0;

	(void)arg;
	while (from < all.len && all.s[from] == '.')
		from++;			/* ".bashrc" has none */
	for (size_t i = from; i < all.len; i++)
		dots += all.s[i] == '.';
	if (all.len > 0 && all.s[all.len - 1] == '.')
		dots = 0;
	if (list_of(run, dots, &v, out) < 0)
		return -1;
	for (size_t i = from; n < dots && i < all.len; i++) {
		size_t len = 1;

		if (all.s[i] != '.')
			continue;
		while (i + len < all.len && all.s[i + len] != '.')
			len++;
		v[n++] = expr_text(all.s + i, len);
	}
	return 0;
}

FN(anchor)
{
	(void)run, (void)arg;
	*out = expr_text(self->s, self->len > 0 && self->s[0] == '/');
	out->from = self->from;
	return 0;
}

/* ---- methods ---- */

/* `keep` bytes of it with text behind. */
static int
ends_with(struct expr_run *run, const struct expr_value *self, size_t keep,
    const struct expr_value *text, const char *what, struct expr_value *out)
{
	struct expr_value head = *self;

	if (!is_text(text))
		return expr_fail(run, "'%s' must be a text", what);
	if (last(self).len == 0)
		return expr_fail(run, "the path has no name");
	head.len = keep;
	if (op_join(run, (struct expr_value[]){ head, *text }, 2, NULL,
	    out) < 0)
		return -1;
	out->type = EXPR_PATH;
	return 0;
}

FN(with_name)
{
	return ends_with(run, self, self->len - last(self).len, &arg[0],
	    "name", out);
}

FN(with_suffix)
{
	struct expr_value n = last(self);

	if (is_text(&arg[0]) && arg[0].len > 0 && arg[0].s[0] != '.')
		return expr_fail(run, "a suffix begins with a dot");
	return ends_with(run, self, self->len - n.len +
	    name_py_stem(n.s, n.len), &arg[0], "suffix", out);
}

FN(with_stem)
{
	struct expr_value n = last(self), tail, all;
	size_t stem_len = name_py_stem(n.s, n.len);

	if (!is_text(&arg[0]))
		return expr_fail(run, "'stem' must be a text");
	tail = expr_text(n.s + stem_len, n.len - stem_len);
	if (op_join(run, (struct expr_value[]){ arg[0], tail }, 2, NULL,
	    &all) < 0)
		return -1;
	return ends_with(run, self, self->len - n.len, &all, "stem", out);
}

FN(joinpath)
{
	return op_two(run, SIGN_DIVIDE, self, &arg[0], out);
}

static int
lies_below(const struct expr_value *path, const struct expr_value *dir,
    size_t *skip)
{
	size_t n = dir->len;

	while (n > 0 && dir->s[n - 1] == '/')
		n--;
	*skip = n + 1;
	if (n > path->len || (n > 0 && memcmp(path->s, dir->s, n) != 0))
		return 0;
	if (n == path->len)
		*skip = n;
	return n == path->len || path->s[n] == '/';
}

FN(relative_to)
{
	size_t skip;

	if (!is_text(&arg[0]))
		return expr_fail(run, "'other' must be a path");
	if (!lies_below(self, &arg[0], &skip))
		return expr_fail(run, "the path does not lie below '%.*s'",
		    (int)(arg[0].len > 80 ? 80 : arg[0].len), arg[0].s);
	*out = *self;
	out->s += skip;
	out->len -= skip;
	if (out->len == 0) {
		out->s = ".";
		out->len = 1;
	}
	return 0;
}

FN(is_relative_to)
{
	size_t skip;

	if (!is_text(&arg[0]))
		return expr_fail(run, "'other' must be a path");
	*out = expr_bool(lies_below(self, &arg[0], &skip));
	return 0;
}

FN(is_absolute)
{
	(void)run, (void)arg;
	*out = expr_bool(self->len > 0 && self->s[0] == '/');
	return 0;
}

FN(as_posix)
{
	(void)run, (void)arg;
	*out = *self;
	out->type = EXPR_TEXT;
	return 0;
}

#define P	BIT(EXPR_PATH)

const struct expr_fn expr_path_attributes[] = {
	{ "name", P, EXPR_TEXT, 0, 0, "", name },
	{ "stem", P, EXPR_TEXT, 0, 0, "", stem },
	{ "suffix", P, EXPR_TEXT, 0, 0, "", suffix },
	{ "suffixes", P, EXPR_LIST, 0, 0, "", suffixes },
	{ "parent", P, EXPR_PATH, 0, 0, "", parent },
	{ "parents", P, EXPR_LIST, 0, 0, "", parents },
	{ "parts", P, EXPR_LIST, 0, 0, "", parts },
	{ "anchor", P, EXPR_TEXT, 0, 0, "", anchor },
	{ "root", P, EXPR_TEXT, 0, 0, "", anchor },
	{ 0 },
};

const struct expr_fn expr_path_methods[] = {
	{ "with_name", P, EXPR_PATH, 1, 1, "name", with_name },
	{ "with_suffix", P, EXPR_PATH, 1, 1, "suffix", with_suffix },
	{ "with_stem", P, EXPR_PATH, 1, 1, "stem", with_stem },
	{ "joinpath", P, EXPR_PATH, 1, 1, "other", joinpath },
	{ "relative_to", P, EXPR_PATH, 1, 1, "other", relative_to },
	{ "is_relative_to", P, EXPR_BOOL, 1, 1, "other", is_relative_to },
	{ "is_absolute", P, EXPR_BOOL, 0, 0, "", is_absolute },
	{ "as_posix", P, EXPR_TEXT, 0, 0, "", as_posix },
	{ 0 },
};
