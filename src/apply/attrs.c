#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

#include "apply/attrs.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/pack.h"
#include "util/unicode.h"
#include "util/xalloc.h"

#define HAD	1u
#define HAS	2u
#define WORDS_MAX	256		/* of a value */

void
attrs_pack(struct buf *out, const struct attrs *a)
{
	buf_addc(out, 'X');
	pack_u64(out, a->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct attr *x = &a->v[i];

		pack_u64(out, (x->had ? HAD : 0) | (x->has ? HAS : 0));
		pack_bytes(out, x->name, strlen(x->name) + 1);
		pack_bytes(out, x->was, x->had ? x->was_len : 0);
		pack_bytes(out, x->now, x->has ? x->now_len : 0);
	}
}

static int
unpack_one(struct unpack *u, struct attr *x)
{
	uint64_t flags = unpack_u64(u);
	size_t len;

	x->had = (flags & HAD) != 0;
	x->has = (flags & HAS) != 0;
	x->name = unpack_bytes(u, &len);
	if (u->bad || len == 0 ||
	    memchr(x->name, '\0', len) != x->name + len - 1 ||
	    strncmp(x->name, "user.", 5) != 0)
		return -1;
	x->was = unpack_bytes(u, &x->was_len);
	x->now = unpack_bytes(u, &x->now_len);
	return u->bad || flags > (HAD | HAS) ||
	    x->was_len > ATTR_VALUE_MAX || x->now_len > ATTR_VALUE_MAX ? -1 : 0;
}

int
attrs_unpack(const void *data, size_t len, struct attrs *out)
{
	const char *p = data;
	struct unpack u;
	uint64_t n;

	*out = (struct attrs){0};
	if (len == 0 || *p != 'X')
		return -1;
	u = unpack_start(p + 1, len - 1);
	n = unpack_u64(&u);
	if (n > ATTRS_MAX)
		return -1;
	for (; out->n < n; out->n++)
		if (unpack_one(&u, &out->v[out->n]) < 0)
			return -1;
	return unpack_end(&u);
}

void
attrs_turn(struct attrs *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct attr x = a->v[i];

		a->v[i] = (struct attr){ x.name, x.has, x.had, x.now, x.was,
		    x.now_len, x.was_len };
	}
}

/* A value as people can read it. */
static void
value_words(struct buf *out, const void *value, size_t len)
{
	const unsigned char *p = value;
	int plain = utf8_valid(value, len);

	for (size_t i = 0; i < len && plain; i++)
		plain = p[i] >= ' ' && p[i] != 0x7f;
	if (len > WORDS_MAX)
		buf_addf(out, "(%zu bytes)", len);
	else if (plain)
		buf_add(out, value, len);
	else {
		buf_adds(out, "0x");
		for (size_t i = 0; i < len; i++)
			buf_addf(out, "%02x", p[i]);
	}
}

void
attrs_words(struct buf *out, const struct attrs *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct attr *x = &a->v[i];

		buf_addf(out, "%s%s%s%s", i > 0 ? ", " : "", x->has ? "" : "no ",
		    x->name + 5, x->has ? "=" : "");
		if (x->has)
			value_words(out, x->now, x->now_len);
	}
}

int
attr_is(int fd, const struct attr *a, int after)
{
	const void *want = after ? a->now : a->was;
	size_t len = after ? a->now_len : a->was_len;
	int there = after ? a->has : a->had;
	CLEAN_FREE char *value = xalloc(ATTR_VALUE_MAX);
	ssize_t n = fgetxattr(fd, a->name, value, ATTR_VALUE_MAX);

	if (n < 0)
		return errno == ENODATA ? !there : -1;
	return there && (size_t)n == len &&
	    (len == 0 || memcmp(value, want, len) == 0);
}

int
attrs_are(int fd, const struct attrs *a, int after)
{
	int r = 1;

	for (size_t i = 0; i < a->n && r == 1; i++)
		r = attr_is(fd, &a->v[i], after);
	return r;
}

static int
put(int fd, const char *name, int has, const void *value, size_t len)
{
	if (has)
		return fsetxattr(fd, name, len > 0 ? value : "", len, 0);
	return fremovexattr(fd, name) < 0 && errno != ENODATA ? -1 : 0;
}

static size_t
back(int fd, const struct attrs *a, size_t n)
{
	size_t left = 0;

	while (n-- > 0) {
		const struct attr *x = &a->v[n];

		if (attr_is(fd, x, 1) == 1)
			left += put(fd, x->name, x->had, x->was, x->was_len) < 0;
	}
	return left;
}

size_t
attrs_back(int fd, const struct attrs *a)
{
	return back(fd, a, a->n);
}

int
attrs_set(int fd, const struct attrs *a, const char **bad, size_t *left)
{
	int saved;

	*left = 0;
	for (size_t i = 0; i < a->n; i++) {
		const struct attr *x = &a->v[i];

		if (put(fd, x->name, x->has, x->now, x->now_len) == 0)
			continue;
		saved = errno;
		*bad = x->name;
		*left = back(fd, a, i);
		errno = saved;
		return -1;
	}
	return 0;
}
