#include <string.h>

#include "rules/expr/expr.h"
#include "rules/later.h"
#include "rules/shell_quote.h"
#include "util/err.h"

static const char *const keys[] = { "output", "returncode", NULL };
static const enum expr_type types[] = { EXPR_TEXT, EXPR_INT };

static int
get(struct expr_run *run, const struct expr_value *map, const char *key,
    size_t len, struct expr_value *out)
{
	const struct later *l = run->arg;

	(void)map;
	if (len == 6 && memcmp(key, keys[0], len) == 0)
		*out = expr_text(l->output, l->len);
	else if (len == 10 && memcmp(key, keys[1], len) == 0)
		*out = expr_int(l->status);
	else
		return 0;
	return 1;
}

const struct expr_map later_map = { .said = "shell", .keys = keys,
    .types = types, .get = get };

static int
value(struct expr_run *run, unsigned id, struct expr_value *out)
{
	(void)run, (void)id;
	*out = (struct expr_value){ .type = EXPR_MAP, .map = &later_map };
	return 1;
}

void
later_escape(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == LATER_FROM)
			buf_addc(out, LATER_FROM);
		buf_addc(out, s[i]);
	}
}

static int
fill_one(const char *expr, size_t len, enum shell_place place,
    const struct later *l, struct buf *out, struct err *e)
{
	static const struct expr_name names[] = {
		{ "shell", EXPR_MAP, 0, 0, &later_map }, { 0 } };
	static const struct expr_scope scope = { .names = names };
	CLEAN_ARENA struct arena own = {0};
	CLEAN_BUF struct buf braced = {0}, text = {0};
	struct expr_run *run = expr_run_new();
	struct expr_value v;
	struct expr *x;
	size_t used;
	int rc;

	buf_add(&braced, expr, len);
	buf_addc(&braced, '}');
	run->value = value;
	run->arg = (void *)(uintptr_t)l;
	run->e = e;
	rc = expr_parse(buf_str(&braced), braced.len, &scope, &own, &x, &used,
	    NULL, e);
	if (rc == 0)
		rc = expr_eval(run, x, &v);
	if (rc == 0 && v.type == EXPR_MISSING)
		rc = err_set(e, ERR_USAGE, "missing value");
	if (rc == 0) {
		expr_print(&v, &text);
		if (place == SHELL_NOT)
			buf_add(out, text.data, text.len);
		else
			shell_quote(out, place, buf_str(&text), text.len);
	}
	expr_run_free(run);
	return rc < 0 ? -1 : 0;
}

/* Go through the text; l NULL: only show. */
static int
go(const char *text, const struct later *l, struct buf *out, struct err *e)
{
	for (const char *p = text; *p != '\0'; p++) {
		const char *end;

		if (*p != LATER_FROM || p[1] == LATER_FROM) {
			p += *p == LATER_FROM;
			buf_addc(out, *p);
			continue;
		}
		end = strchr(p + 1, LATER_TO);
		if (end == NULL || end < p + 2)
			return err_set(e, ERR_CORRUPT, "the plan's text is "
			    "damaged");
		if (l == NULL) {
			buf_addc(out, '{');
			buf_add(out, p + 2, (size_t)(end - p - 2));
			buf_addc(out, '}');
		} else if (fill_one(p + 2, (size_t)(end - p - 2),
		    (enum shell_place)((p[1] - '0') & 3), l, out, e) < 0) {
			return -1;
		}
		p = end;
	}
	return 0;
}

int
later_fill(const char *text, const struct later *l, struct buf *out,
    struct err *e)
{
	return go(text, l, out, e);
}

void
later_show(const char *text, struct buf *out)
{
	(void)go(text, NULL, out, NULL);
}
