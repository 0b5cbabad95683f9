/*
 * glob.c -- Python's fnmatch: how its patterns are read.
 *
 * The corners of a set are those of fnmatch.translate (3.11): `]` or `!]`
 * first stands for itself, a hyphen is one if it is first, last or behind a
 * range, a range upside down holds nothing, `[!` with only such ranges any.
 */
#include <stdlib.h>
#include <string.h>

#include "glob/glob.h"
#include "glob/prog.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

struct glob {
	struct prog	 prog;
};

/* Where the set ends that begins behind `[` at i, or n if it does not. */
static size_t
set_end(const uint32_t *c, size_t i, size_t n)
{
	if (i < n && c[i] == '!')
		i++;
	if (i < n && c[i] == ']')
		i++;
	while (i < n && c[i] != ']')
		i++;
	return i;
}

static void
read_set(struct prog *p, const uint32_t *c, size_t i, size_t end)
{
	enum token_kind kind = TOKEN_SET;

	if (c[i] == '!') {
		kind = TOKEN_NOT_SET;
		i++;
	}
	prog_set(p, kind);
	while (i < end) {
		if (i + 2 < end && c[i + 1] == '-') {
			prog_range(p, c[i], c[i + 2]);
			i += 3;
		} else {
			prog_range(p, c[i], c[i]);
			i++;
		}
	}
}

static void
compile(struct prog *p, const uint32_t *c, size_t n)
{
	size_t i = 0, end;

	while (i < n) {
		switch (c[i]) {
		case '*':
			prog_add(p, TOKEN_STAR, 0);
			break;
		case '?':
			prog_add(p, TOKEN_ANY, 0);
			break;
		case '[':
			end = set_end(c, i + 1, n);
			if (end < n) {
				read_set(p, c, i + 1, end);
				i = end;
				break;
			}
			/* FALLTHROUGH */
		default:
			prog_add(p, TOKEN_CHAR, c[i]);
		}
		i++;
	}
}

int
glob_new(const char *pattern, unsigned flags, struct glob **out,
    struct err *e)
{
	size_t len = strlen(pattern), i, n = 0, used;
	CLEAN_FREE uint32_t *chars = NULL;
	struct glob *g;

	*out = NULL;
	if (len > GLOB_PATTERN_MAX)
		return err_set(e, ERR_USAGE, "a pattern has %zu bytes; "
		    "%d are allowed", len, GLOB_PATTERN_MAX);
	g = xalloc(sizeof(*g));
	g->prog.nocase = (flags & GLOB_NOCASE) != 0;
	chars = xallocn(len + 1, sizeof(*chars));
	for (i = 0; i < len; i += used) {
		chars[n] = char_at(pattern + i, len - i, &used);
		if (g->prog.nocase)
			chars[n] = char_lower(chars[n]);
		n++;
	}
	compile(&g->prog, chars, n);
	*out = g;
	return 0;
}

int
glob_match(const struct glob *g, const char *name, size_t len)
{
	return prog_match(&g->prog, name, len);
}

void
glob_free(struct glob *g)
{
	if (g == NULL)
		return;
	prog_fini(&g->prog);
	free(g);
}
