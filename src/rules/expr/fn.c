/*
 * fn.c -- the tables of what is known, and finding in them.
 */
#include <string.h>

#include "conf/nearest.h"
#include "rules/expr/expr_impl.h"

#define NAMES_MAX	160

static const struct expr_fn *const tables[][4] = {
	[FN_ATTRIBUTE] = { expr_time_attributes, expr_path_attributes, NULL },
	[FN_METHOD] = { expr_text_methods, expr_seek_methods,
	    expr_time_methods, expr_path_methods },
	[FN_FILTER] = { expr_filters, expr_list_filters, NULL },
	[FN_TEST] = { expr_tests, NULL },
};

static int
fits(const struct expr_fn *fn, enum expr_type of)
{
	return of == EXPR_ANY || (fn->of & BIT(of)) != 0;
}

const struct expr_fn *
fn_find(enum fn_kind kind, enum expr_type of, const char *name)
{
	for (size_t i = 0; i < 4 && tables[kind][i] != NULL; i++)
		for (const struct expr_fn *f = tables[kind][i];
		    f->name != NULL; f++)
			if (fits(f, of) && strcmp(f->name, name) == 0)
				return f;
	return NULL;
}

const char *
fn_nearest(enum fn_kind kind, enum expr_type of, const char *name)
{
	const char *list[NAMES_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < 4 && tables[kind][i] != NULL; i++)
		for (const struct expr_fn *f = tables[kind][i];
		    f->name != NULL && n < NAMES_MAX; f++)
			if (fits(f, of))
				list[n++] = f->name;
	list[n] = NULL;
	return conf_nearest(name, list);
}

int
fn_param(const struct expr_fn *fn, const char *name, size_t len)
{
	const char *p = fn->params;

	for (int i = 0; *p != '\0'; i++) {
		size_t n = strcspn(p, " ");

		if (n == len && memcmp(p, name, n) == 0)
			return i;
		p += n;
		p += *p == ' ';
	}
	return -1;
}

int
arg_int(struct expr_run *run, const struct expr_value *arg, const char *what,
    int64_t usual, int64_t *out)
{
	*out = usual;
	if (!given(arg) || arg->type == EXPR_NONE)
		return 0;
	if (arg->type != EXPR_INT && arg->type != EXPR_BOOL)
		return expr_fail(run, "'%s' must be a whole number", what);
	*out = arg->n;
	return 0;
}

int
arg_text(struct expr_run *run, const struct expr_value *arg, const char *what,
    const char *usual, const char **s, size_t *len)
{
	if (!given(arg)) {
		*s = usual;
		*len = usual != NULL ? strlen(usual) : 0;
		return 0;
	}
	if (!is_text(arg))
		return expr_fail(run, "'%s' must be a text", what);
	*s = arg->s;
	*len = arg->len;
	return 0;
}
