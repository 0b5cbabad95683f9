/*
 * list.c -- restic's exclude patterns.
 *
 * A part is read as Go's filepath.Match reads it, an ill-formed one is refused
 * as restic refuses it.  Go's star steps by bytes, so it may end within a
 * character whose rest `?` then takes byte by byte; kept, since a backup must
 * leave out what restic would.
 *
 * The parts of a pattern are run over the components of a path by the same
 * method by which prog.c runs tokens over characters: `**` is the star, and a
 * pattern without a leading slash has one in front.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "glob/glob.h"
#include "glob/prog.h"
#include "util/err.h"
#include "util/xalloc.h"

struct part {
	struct prog	 prog;
	int		 any_depth;	/* `**` */
};

struct pattern {
	struct part	*parts;
	size_t		 n, cap;
	int		 rooted, negated;
};

struct glob_list {
	struct pattern	*patterns;
	size_t		 n, cap;
	int		 nocase;
};

/* What is left to read of one part. */
struct input {
	const char	*p;
	size_t		 len;
	int		 nocase;
};

static uint32_t
take(struct input *in)
{
	size_t used;
	uint32_t c = char_at(in->p, in->len, &used);

	in->p += used;
	in->len -= used;
	return in->nocase ? char_lower(c) : c;
}

/* One end of a range within [...]: 0, or -1 if the part is ill-formed. */
static int
range_end(struct input *in, uint32_t *c)
{
	if (in->len == 0 || *in->p == '-' || *in->p == ']')
		return -1;
	*c = take(in);
	if (*c == '\\') {
		if (in->len == 0)
			return -1;
		*c = take(in);
	}
	return *c >= CHAR_BYTE && *c <= CHAR_BYTE + 0xFF ? -1 : 0;
}

static int
read_set(struct prog *p, struct input *in)
{
	uint32_t lo, hi;
	int n = 0;

	if (in->len > 0 && *in->p == '^') {
		take(in);
		prog_set(p, TOKEN_NOT_SET);
	} else {
		prog_set(p, TOKEN_SET);
	}
	for (;; n++) {
		if (n > 0 && in->len > 0 && *in->p == ']') {
			take(in);
			return 0;
		}
		if (range_end(in, &lo) < 0)
			return -1;
		hi = lo;
		if (in->len > 0 && *in->p == '-') {
			take(in);
			if (range_end(in, &hi) < 0)
				return -1;
		}
		prog_range(p, lo, hi);
	}
}

static int
read_part(struct prog *p, struct input in)
{
	uint32_t c;

	while (in.len > 0) {
		c = take(&in);
		if (c == '*') {
			prog_add(p, TOKEN_STAR, 0);
		} else if (c == '?') {
			prog_add(p, TOKEN_ANY, 0);
		} else if (c == '[') {
			if (read_set(p, &in) < 0)
				return -1;
		} else {
			if (c == '\\') {
				if (in.len == 0)
					return -1;
				c = take(&in);
			}
			prog_add(p, TOKEN_CHAR, c);
		}
	}
	return 0;
}

static struct part *
add_part(struct pattern *pt, int nocase)
{
	XGROW(pt->parts, pt->n, pt->cap);
	pt->parts[pt->n] = (struct part){
		.prog = { .nocase = nocase, .star_bytes = 1 } };
	return &pt->parts[pt->n++];
}

static void
pattern_fini(struct pattern *pt)
{
	size_t i;

	for (i = 0; i < pt->n; i++)
		prog_fini(&pt->parts[i].prog);
	free(pt->parts);
}

/*
 * The components of a pattern as Go's path.Clean leaves them: at[i] and
 * len[i] for n of them.
 */
struct pieces {
	struct piece {
		const char	*p;
		size_t		 len;
	}		*v;
	size_t		 n, cap;
};

static int
is(const struct piece *c, const char *s)
{
	return c->len == strlen(s) && memcmp(c->p, s, c->len) == 0;
}

static void
clean(struct pieces *out, const char *p, int rooted)
{
	struct piece c;

	for (; *p != '\0'; p += *p == '/') {
		c = (struct piece){ p, strcspn(p, "/") };
		p += c.len;
		if (c.len == 0 || is(&c, "."))
			continue;
		if (is(&c, "..")) {
			if (out->n > 0 && !is(&out->v[out->n - 1], "..")) {
				out->n--;
				continue;
			}
			if (rooted)
				continue;
		}
		XGROW(out->v, out->n, out->cap);
		out->v[out->n++] = c;
	}
	if (out->n == 0) {
		/* The root alone is all below it; nothing is ".". */
		XGROW(out->v, out->n, out->cap);
		out->v[out->n++] = rooted ? (struct piece){ "**", 2 } :
		    (struct piece){ ".", 1 };
	}
}

static int
compile(struct pattern *pt, const char *text, int nocase)
{
	struct pieces pieces = {0};
	struct part *part;
	size_t i;
	int r = 0;

	if (*text == '!') {
		pt->negated = 1;
		text++;
	}
	pt->rooted = *text == '/';
	clean(&pieces, text, pt->rooted);
	for (i = 0; i < pieces.n && r == 0; i++) {
		part = add_part(pt, nocase);
		part->any_depth = is(&pieces.v[i], "**");
		if (!part->any_depth)
			r = read_part(&part->prog, (struct input){
			    pieces.v[i].p, pieces.v[i].len, nocase });
	}
	free(pieces.v);
	return r;
}

struct glob_list *
glob_list_new(unsigned flags)
{
	struct glob_list *l = xalloc(sizeof(*l));

	l->nocase = (flags & GLOB_NOCASE) != 0;
	return l;
}

int
glob_list_add(struct glob_list *l, const char *pattern, struct err *e)
{
	struct pattern pt = {0};
	size_t len = strlen(pattern);

	if (len == 0)
		return 0;
	if (len > GLOB_PATTERN_MAX)
		return err_set(e, ERR_USAGE, "a pattern has %zu bytes; "
		    "%d are allowed", len, GLOB_PATTERN_MAX);
	if (compile(&pt, pattern, l->nocase) < 0) {
		pattern_fini(&pt);
		return err_set(e, ERR_USAGE, "pattern '%.200s': a [ without "
		    "its end, an empty [], or a \\ at the end of a part",
		    pattern);
	}
	XGROW(l->patterns, l->n, l->cap);
	l->patterns[l->n++] = pt;
	return 0;
}

void
glob_list_free(struct glob_list *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->n; i++)
		pattern_fini(&l->patterns[i]);
	free(l->patterns);
	free(l);
}

/* Where the component that begins at `at` ends. */
static size_t
component(const char *path, size_t at, size_t len)
{
	const char *slash = memchr(path + at, '/', len - at);

	return slash != NULL ? (size_t)(slash - path) : len;
}

static int
pattern_match(const struct pattern *pt, const char *path, size_t len)
{
	size_t i = 0, at = path[0] == '/', end, star = SIZE_MAX, star_at = at;

	if (pt->rooted && at == 0)
		return 0;
	if (!pt->rooted)
		star = 0;
	while (i < pt->n) {
		if (pt->parts[i].any_depth) {
			star = ++i;
			star_at = at;
			continue;
		}
		if (at > len)
			return 0;	/* no component is left */
		end = component(path, at, len);
		if (prog_match(&pt->parts[i].prog, path + at, end - at)) {
			i++;
			at = end + 1;
			continue;
		}
		if (star == SIZE_MAX)
			return 0;
		star_at = component(path, star_at, len) + 1;
		i = star;
		at = star_at;
	}
	return 1;
}

int
glob_list_match(const struct glob_list *l, const char *path, size_t len)
{
	const struct pattern *pt;
	int matched = 0;
	size_t i;

	if (len == 0)
		return 0;
	for (i = 0; i < l->n; i++) {
		pt = &l->patterns[i];
		/* It can only change what it would change. */
		if (matched == pt->negated && pattern_match(pt, path, len))
			matched = !matched;
	}
	return matched;
}

/* Does the path fit the pattern as far as it goes? */
static int
pattern_below(const struct pattern *pt, const char *path, size_t len)
{
	size_t i, at = path[0] == '/', end;

	if (!pt->rooted)
		return 1;
	if (at == 0)
		return 0;
	for (i = 0; i < pt->n && at <= len && !pt->parts[i].any_depth; i++) {
		end = component(path, at, len);
		if (!prog_match(&pt->parts[i].prog, path + at, end - at))
			return 0;
		at = end + 1;
	}
	return 1;
}

int
glob_list_below(const struct glob_list *l, const char *path, size_t len)
{
	const struct pattern *pt;
	int below = 0;
	size_t i;

	if (len == 0)
		return 1;
	for (i = 0; i < l->n; i++) {
		pt = &l->patterns[i];
		if (pt->negated)
			below = below && !pattern_match(pt, path, len);
		else
			below = below || pattern_below(pt, path, len);
	}
	return below;
}
