/*
 * fn_test.c -- Jinja's tests: value is name.
 */
#include <string.h>

#include "rules/expr/expr_impl.h"

#define TEST(name, what) \
	static int \
	name(struct expr_run *run, const struct expr_value *self, \
	    const struct expr_value *arg, struct expr_value *out) \
	{ \
		int r = (what); \
		(void)run, (void)self, (void)arg; \
		*out = expr_bool(r); \
		return r < 0 ? -1 : 0; \
	}

static int
is_cased(struct expr_run *run, const struct expr_value *self,
    const char *method)
{
	struct expr_value out = expr_bool(0);

	if (fn_find(FN_METHOD, EXPR_TEXT, method)->call(run, self, NULL,
	    &out) < 0)
		return -1;
	return out.n != 0;
}

static int
divides(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *arg)
{
	struct expr_value rest;

	if (op_two(run, SIGN_REST, self, arg, &rest) < 0)
		return -1;
	return is_number(&rest) && as_float(&rest) == 0;
}

static int
order(struct expr_run *run, const struct expr_value *self,
    const struct expr_value *arg, int least, int most)
{
	int o;

	if (op_order(run, self, arg, &o) < 0)
		return -1;
	return o >= least && o <= most;
}

TEST(defined, self->type != EXPR_MISSING)
TEST(undefined, self->type == EXPR_MISSING)
TEST(none, self->type == EXPR_NONE)
TEST(string, self->type == EXPR_TEXT)
TEST(number, self->type == EXPR_INT || self->type == EXPR_FLOAT)
TEST(integer, self->type == EXPR_INT)
TEST(float_, self->type == EXPR_FLOAT)
TEST(boolean, self->type == EXPR_BOOL)
TEST(true_, self->type == EXPR_BOOL && self->n != 0)
TEST(false_, self->type == EXPR_BOOL && self->n == 0)
TEST(sequence, self->type == EXPR_LIST || self->type == EXPR_TEXT)
TEST(mapping, self->type == EXPR_MAP)
TEST(even, self->n % 2 == 0)
TEST(odd, self->n % 2 != 0)
TEST(divisibleby, divides(run, self, arg))
TEST(upper, is_cased(run, self, "isupper"))
TEST(lower, is_cased(run, self, "islower"))
TEST(in, op_in(run, self, arg))
TEST(eq, op_equal(self, arg))
TEST(ne, !op_equal(self, arg))
TEST(lt, order(run, self, arg, -1, -1))
TEST(le, order(run, self, arg, -1, 0))
TEST(gt, order(run, self, arg, 1, 1))
TEST(ge, order(run, self, arg, 0, 1))

#define SOME	(BITS_ALL & ~BIT(EXPR_MISSING))
#define INT	BIT(EXPR_INT)
#define TEXT	BIT(EXPR_TEXT)

const struct expr_fn expr_tests[] = {
	{ "defined", BITS_ALL, EXPR_BOOL, 0, 0, "", defined },
	{ "undefined", BITS_ALL, EXPR_BOOL, 0, 0, "", undefined },
	{ "none", SOME, EXPR_BOOL, 0, 0, "", none },
	{ "string", SOME, EXPR_BOOL, 0, 0, "", string },
	{ "number", SOME, EXPR_BOOL, 0, 0, "", number },
	{ "integer", SOME, EXPR_BOOL, 0, 0, "", integer },
	{ "float", SOME, EXPR_BOOL, 0, 0, "", float_ },
	{ "boolean", SOME, EXPR_BOOL, 0, 0, "", boolean },
	{ "true", SOME, EXPR_BOOL, 0, 0, "", true_ },
	{ "false", SOME, EXPR_BOOL, 0, 0, "", false_ },
	{ "sequence", SOME, EXPR_BOOL, 0, 0, "", sequence },
	{ "iterable", SOME, EXPR_BOOL, 0, 0, "", sequence },
	{ "mapping", SOME, EXPR_BOOL, 0, 0, "", mapping },
	{ "even", INT, EXPR_BOOL, 0, 0, "", even },
	{ "odd", INT, EXPR_BOOL, 0, 0, "", odd },
	{ "divisibleby", INT, EXPR_BOOL, 1, 1, "num", divisibleby },
	{ "upper", TEXT, EXPR_BOOL, 0, 0, "", upper },
	{ "lower", TEXT, EXPR_BOOL, 0, 0, "", lower },
	{ "in", SOME, EXPR_BOOL, 1, 1, "seq", in },
	{ "eq", SOME, EXPR_BOOL, 1, 1, "other", eq },
	{ "equalto", SOME, EXPR_BOOL, 1, 1, "other", eq },
	{ "ne", SOME, EXPR_BOOL, 1, 1, "other", ne },
	{ "lt", SOME, EXPR_BOOL, 1, 1, "other", lt },
	{ "lessthan", SOME, EXPR_BOOL, 1, 1, "other", lt },
	{ "le", SOME, EXPR_BOOL, 1, 1, "other", le },
	{ "gt", SOME, EXPR_BOOL, 1, 1, "other", gt },
	{ "greaterthan", SOME, EXPR_BOOL, 1, 1, "other", gt },
	{ "ge", SOME, EXPR_BOOL, 1, 1, "other", ge },
	{ 0 },
};
