/*
 * op.c -- arithmetic, comparison, truth: Python's, with numbers of 64 bits.  A
 * result that does not fit is an error and never another number.
 */
#include <math.h>
#include <string.h>

#include "rules/expr/expr_impl.h"
#include "util/civil.h"

#define DAY_NS	(INT64_C(86400) * 1000000000)

static const char *const names[] = { "+", "-", "*", "/", "//", "%", "**", "-",
    "+" };

static int
overflow(struct expr_run *run)
{
	return expr_fail(run, "the number is too large");
}

static int
cannot(struct expr_run *run, enum sign op, const struct expr_value *a,
    const struct expr_value *b)
{
	if (op == SIGN_ADD && (a->type == EXPR_TEXT || b->type == EXPR_TEXT))
		return expr_fail(run, "'+' cannot join %s and %s; '~' joins "
		    "anything", expr_type_name(a->type),
		    expr_type_name(b->type));
	return expr_fail(run, "'%s' is not for %s and %s", names[op],
	    expr_type_name(a->type), expr_type_name(b->type));
}

/* ---- numbers ---- */

static int
int_power(struct expr_run *run, int64_t a, int64_t b, struct expr_value *out)
{
	int64_t n = 1;

	if (b < 0) {
		if (a == 0)
			return expr_fail(run, "a division by 0");
		*out = expr_float(pow((double)a, (double)b));
		return 0;
	}
	for (; b > 0; b >>= 1) {
		if ((b & 1) && __builtin_mul_overflow(n, a, &n))
			return overflow(run);
		if (b > 1 && __builtin_mul_overflow(a, a, &a))
			return overflow(run);
	}
	*out = expr_int(n);
	return 0;
}

static int
ints(struct expr_run *run, enum sign op, int64_t a, int64_t b,
    struct expr_value *out)
{
	int64_t n = 0;
	int bad = 0;

	if (b == 0 && (op == SIGN_DIVIDE || op == SIGN_FLOOR ||
	    op == SIGN_REST))
		return expr_fail(run, "a division by 0");
	if (a == INT64_MIN && b == -1 && op != SIGN_ADD && op != SIGN_SUBTRACT)
		return overflow(run);
	switch (op) {
	case SIGN_ADD:
		bad = __builtin_add_overflow(a, b, &n);
		break;
	case SIGN_SUBTRACT:
		bad = __builtin_sub_overflow(a, b, &n);
		break;
	case SIGN_MULTIPLY:
		bad = __builtin_mul_overflow(a, b, &n);
		break;
	case SIGN_DIVIDE:
		*out = expr_float((double)a / (double)b);
		return 0;
	case SIGN_FLOOR:
		n = a / b - (a % b != 0 && (a < 0) != (b < 0));
		break;
	case SIGN_REST:
		n = a % b;
		n += n != 0 && (n < 0) != (b < 0) ? b : 0;
		break;
	default:
		return int_power(run, a, b, out);
	}
	*out = expr_int(n);
	return bad ? overflow(run) : 0;
}

static int
floats(struct expr_run *run, enum sign op, double a, double b,
    struct expr_value *out)
{
	double x;

	if (b == 0 && (op == SIGN_DIVIDE || op == SIGN_FLOOR ||
	    op == SIGN_REST))
		return expr_fail(run, "a division by 0");
	switch (op) {
	case SIGN_ADD:
		x = a + b;
		break;
	case SIGN_SUBTRACT:
		x = a - b;
		break;
	case SIGN_MULTIPLY:
		x = a * b;
		break;
	case SIGN_DIVIDE:
		x = a / b;
		break;
	case SIGN_FLOOR:
		x = floor(a / b);
		break;
	case SIGN_REST:
		x = fmod(a, b);
		x += x != 0 && (x < 0) != (b < 0) ? b : 0;
		break;
	default:
		x = pow(a, b);
		break;
	}
	if (!isfinite(x))
		return overflow(run);
	*out = expr_float(x);
	return 0;
}

/* ---- texts, lists, paths ---- */

int
op_join(struct expr_run *run, const struct expr_value *v, size_t n,
    const struct expr_value *between, struct expr_value *out)
{
	unsigned char from = n > 0 ? v[0].from : EXPR_WRITTEN;
	size_t start = run->scratch.len;

	for (size_t i = 0; i < n; i++) {
		if (v[i].type == EXPR_MISSING)
			return run_missing(run);
		if (v[i].type == EXPR_MAP && v[i].map->print == NULL)
			return expr_fail(run, "%s needs a name behind it, as "
			    "in %s.NAME", v[i].map->said, v[i].map->said);
		from = run_mixed(from, v[i].from);
	}
	if (between != NULL && n > 1)
		from = run_mixed(from, between->from);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && between != NULL)
			run_add(run, between, from);
		run_add(run, &v[i], from);
		if (run->scratch.len - start > EXPR_TEXT_MAX)
			break;		/* which is told below */
	}
	if (run_scratch(run, start, out) < 0)
		return -1;
	out->from = from;
	return 0;
}

static int
repeat(struct expr_run *run, const struct expr_value *text, int64_t times,
    struct expr_value *out)
{
	size_t start = run->scratch.len;

	if (times > 0 && text->len > 0 && (uint64_t)times > EXPR_TEXT_MAX /
	    text->len)
		return expr_fail(run, "a text of more than %zu bytes comes out",
		    EXPR_TEXT_MAX);
	for (; text->len > 0 && times > 0; times--)
		buf_add(&run->scratch, text->s, text->len);
	if (run_scratch(run, start, out) < 0)
		return -1;
	out->from = text->from;
	return 0;
}

static int
lists(struct expr_run *run, const struct expr_value *a,
    const struct expr_value *b, struct expr_value *out)
{
	size_t n = (size_t)(a->n + b->n);
	struct expr_value *v;

	if (n > EXPR_ITEMS_MAX)
		return expr_fail(run, "a list of more than %d items comes out",
		    EXPR_ITEMS_MAX);
	if ((v = expr_alloc(run, (n + 1) * sizeof(*v))) == NULL)
		return -1;
	if (a->n > 0)
		memcpy(v, a->items, (size_t)a->n * sizeof(*v));
	if (b->n > 0)
		memcpy(v + a->n, b->items, (size_t)b->n * sizeof(*v));
	*out = expr_list(v, n);
	return 0;
}

/* path / 'name': an absolute one takes its place, as in pathlib. */
static int
paths(struct expr_run *run, const struct expr_value *a,
    const struct expr_value *b, struct expr_value *out)
{
	struct expr_value slash = { .type = EXPR_TEXT, .from = EXPR_WRITTEN,
	    .s = "/", .len = 1 };
	int ends = a->len == 0 || a->s[a->len - 1] == '/';

	if (b->len > 0 && b->s[0] == '/' && b->from != 0)
		*out = *b;
	else if (op_join(run, (struct expr_value[]){ *a, *b }, 2,
	    ends ? NULL : &slash, out) < 0)
		return -1;
	out->type = EXPR_PATH;
	return 0;
}

/* ---- times ---- */

static int
times(struct expr_run *run, enum sign op, const struct expr_value *a,
    const struct expr_value *b, struct expr_value *out)
{
	int64_t left = a->n, right = b->n, n;

	if (a->type == EXPR_DATE && b->type == EXPR_SPAN) {
		right = floor_div(right, DAY_NS);
	} else if (a->type == EXPR_DATE && b->type == EXPR_DATE) {
		if (__builtin_mul_overflow(left, DAY_NS, &left) ||
		    __builtin_mul_overflow(right, DAY_NS, &right))
			return overflow(run);
	}
	if (op == SIGN_ADD ? __builtin_add_overflow(left, right, &n) :
	    __builtin_sub_overflow(left, right, &n))
		return overflow(run);
	*out = *a;
	out->n = n;
	if (b->type != EXPR_SPAN)
		*out = (struct expr_value){ .type = EXPR_SPAN, .n = n };
	return 0;
}

/* Can the two be added, or taken from each other, as times? */
static int
are_times(enum sign op, const struct expr_value *a, const struct expr_value *b)
{
	int when = a->type == EXPR_TIME || a->type == EXPR_DATE;

	if (op == SIGN_SUBTRACT && a->type == b->type)
		return when || a->type == EXPR_SPAN;
	return (op == SIGN_ADD || op == SIGN_SUBTRACT) &&
	    b->type == EXPR_SPAN && (when || a->type == EXPR_SPAN);
}

/* ---- any two ---- */

int
op_two(struct expr_run *run, enum sign op, const struct expr_value *a,
    const struct expr_value *b, struct expr_value *out)
{
	if (is_number(a) && is_number(b)) {
		if (a->type != EXPR_FLOAT && b->type != EXPR_FLOAT)
			return ints(run, op, a->n, b->n, out);
		return floats(run, op, as_float(a), as_float(b), out);
	}
	if (op == SIGN_REST && a->type == EXPR_TEXT)
		return format_percent(run, a, b, out);
	if (op == SIGN_ADD && a->type == EXPR_TEXT && b->type == EXPR_TEXT)
		return op_join(run, (struct expr_value[]){ *a, *b }, 2, NULL,
		    out);
	if (op == SIGN_ADD && a->type == EXPR_LIST && b->type == EXPR_LIST)
		return lists(run, a, b, out);
	if (op == SIGN_DIVIDE && a->type == EXPR_PATH && is_text(b))
		return paths(run, a, b, out);
	if (op == SIGN_MULTIPLY && a->type == EXPR_TEXT &&
	    b->type == EXPR_INT)
		return repeat(run, a, b->n, out);
	if (op == SIGN_MULTIPLY && b->type == EXPR_TEXT &&
	    a->type == EXPR_INT)
		return repeat(run, b, a->n, out);
	if (are_times(op, a, b))
		return times(run, op, a, b, out);
	if (op == SIGN_ADD && are_times(op, b, a))
		return times(run, op, b, a, out);
	return cannot(run, op, a, b);
}

int
op_one(struct expr_run *run, enum sign op, const struct expr_value *a,
    struct expr_value *out)
{
	*out = *a;
	if (!is_number(a))
		return expr_fail(run, "'%s' is not for %s", names[op],
		    expr_type_name(a->type));
	if (a->type == EXPR_BOOL)
		*out = expr_int(a->n);
	if (op == SIGN_PLUS)
		return 0;
	if (a->type == EXPR_FLOAT)
		out->x = -a->x;
	else if (__builtin_sub_overflow(0, a->n, &out->n))
		return overflow(run);
	return 0;
}

/* ---- comparison ---- */

static int
sign_of(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
order_text(const struct expr_value *a, const struct expr_value *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int c = n > 0 ? memcmp(a->s, b->s, n) : 0;

	return c != 0 ? (c > 0) - (c < 0) :
	    sign_of((int64_t)a->len, (int64_t)b->len);
}

int
op_order(struct expr_run *run, const struct expr_value *a,
    const struct expr_value *b, int *order)
{
	*order = 0;
	if (is_number(a) && is_number(b)) {
		if (a->type != EXPR_FLOAT && b->type != EXPR_FLOAT)
			*order = sign_of(a->n, b->n);
		else
			*order = (as_float(a) > as_float(b)) -
			    (as_float(a) < as_float(b));
		return 0;
	}
	if (is_text(a) && is_text(b)) {
		*order = order_text(a, b);
		return 0;
	}
	if (a->type == b->type && a->type >= EXPR_TIME &&
	    a->type <= EXPR_SPAN) {
		*order = sign_of(a->n, b->n);
		return 0;
	}
	if (a->type != EXPR_LIST || b->type != EXPR_LIST)
		return expr_fail(run, "%s and %s cannot be compared",
		    expr_type_name(a->type), expr_type_name(b->type));
	for (int64_t i = 0; i < a->n && i < b->n; i++)
		if (op_order(run, &a->items[i], &b->items[i], order) < 0)
			return -1;
		else if (*order != 0)
			return 0;
	*order = sign_of(a->n, b->n);
	return 0;
}

int
op_equal(const struct expr_value *a, const struct expr_value *b)
{
	if (is_number(a) && is_number(b))
		return a->type != EXPR_FLOAT && b->type != EXPR_FLOAT ?
		    a->n == b->n : as_float(a) == as_float(b);
	if (is_text(a) && is_text(b))
		return order_text(a, b) == 0;
	if (a->type != b->type)
		return 0;
	if (a->type == EXPR_LIST) {
		if (a->n != b->n)
			return 0;
		for (int64_t i = 0; i < a->n; i++)
			if (!op_equal(&a->items[i], &b->items[i]))
				return 0;
		return 1;
	}
	return a->type == EXPR_MAP ? a->self == b->self : a->n == b->n;
}

int
op_in(struct expr_run *run, const struct expr_value *a,
    const struct expr_value *b)
{
	struct expr_value v;

	if (b->type == EXPR_LIST) {
		for (int64_t i = 0; i < b->n; i++)
			if (op_equal(a, &b->items[i]))
				return 1;
		return 0;
	}
	if (b->type == EXPR_MAP && a->type == EXPR_TEXT)
		return b->map->get(run, b, a->s, a->len, &v);
	if (is_text(a) && is_text(b))
		return a->len == 0 ||
		    memmem(b->s, b->len, a->s, a->len) != NULL;
	return expr_fail(run, "'in' is not for %s and %s",
	    expr_type_name(a->type), expr_type_name(b->type));
}

int
op_true(struct expr_run *run, const struct expr_value *v)
{
	switch (v->type) {
	case EXPR_MISSING:
		return run_missing(run);
	case EXPR_NONE:
		return 0;
	case EXPR_BOOL:
	case EXPR_INT:
	case EXPR_SPAN:
	case EXPR_LIST:
		return v->n != 0;
	case EXPR_FLOAT:
		return v->x != 0;
	case EXPR_TEXT:
		return v->len > 0;
	default:
		return 1;
	}
}
