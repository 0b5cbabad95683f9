/* json_get.c -- reading values of a kind that the caller expects. */
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/json.h"

int
json_expect(struct json_read *r, enum json_event event, struct err *e)
{
	static const char *const wanted[] = {
		[JSON_END] = "expected the end",
		[JSON_OBJECT] = "expected an object",
		[JSON_OBJECT_END] = "expected the object's end",
		[JSON_ARRAY] = "expected an array",
		[JSON_ARRAY_END] = "expected the array's end",
		[JSON_KEY] = "expected a key",
		[JSON_STRING] = "expected a string",
		[JSON_NUMBER] = "expected a number",
		[JSON_TRUE] = "expected true",
		[JSON_FALSE] = "expected false",
		[JSON_NULL] = "expected null",
	};

	if (json_next(r, e) < 0)
		return -1;
	return r->event == event ? 0 : json_fail(r, wanted[event], e);
}

int
json_end(struct json_read *r, struct err *e)
{
	return json_expect(r, JSON_END, e);
}

int
json_member(struct json_read *r, struct err *e)
{
	if (json_next(r, e) < 0)
		return -1;
	if (r->event == JSON_KEY)
		return 1;
	return r->event == JSON_OBJECT_END ? 0 :
	    json_fail(r, "expected a member", e);
}

int
json_item(struct json_read *r, struct err *e)
{
	if (json_next(r, e) < 0)
		return -1;
	if (r->event == JSON_ARRAY_END)
		return 0;
	if (r->event == JSON_KEY || r->event == JSON_OBJECT_END ||
	    r->event == JSON_END)
		return json_fail(r, "expected an item", e);
	return 1;
}

int
json_skip(struct json_read *r, struct err *e)
{
	unsigned depth;

	if (r->event == JSON_KEY && json_next(r, e) < 0)
		return -1;
	if (r->event != JSON_OBJECT && r->event != JSON_ARRAY)
		return 0;
	for (depth = r->depth; r->depth >= depth;)
		if (json_next(r, e) < 0)
			return -1;
	return 0;
}

int
json_get_str(struct json_read *r, const char **s, size_t *len, struct err *e)
{
	if (json_expect(r, JSON_STRING, e) < 0)
		return -1;
	if (len == NULL && strlen(r->str) != r->len)
		return json_fail(r, "NUL in a string", e);
	*s = r->str;
	if (len != NULL)
		*len = r->len;
	return 0;
}

int
json_get_bool(struct json_read *r, int *v, struct err *e)
{
	if (json_next(r, e) < 0)
		return -1;
	if (r->event != JSON_TRUE && r->event != JSON_FALSE)
		return json_fail(r, "expected true or false", e);
	*v = r->event == JSON_TRUE;
	return 0;
}

/* Digits and nothing else, without overflow: 0 or -1. */
static int
parse_digits(const char *s, uint64_t *v)
{
	uint64_t sum = 0;

	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++)
		if (*s < '0' || *s > '9' ||
		    __builtin_mul_overflow(sum, (uint64_t)10, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*s - '0'), &sum))
			return -1;
	*v = sum;
	return 0;
}

int
json_u64_of(struct json_read *r, uint64_t *v, struct err *e)
{
	if (r->event != JSON_NUMBER || parse_digits(r->str, v) < 0)
		return json_fail(r, "expected a whole number from 0 to 2^64-1",
		    e);
	return 0;
}

int
json_i64_of(struct json_read *r, int64_t *v, struct err *e)
{
	int minus = r->str[0] == '-';
	uint64_t n;

	if (r->event != JSON_NUMBER || parse_digits(r->str + minus, &n) < 0 ||
	    n > (uint64_t)INT64_MAX + (uint64_t)minus)
		return json_fail(r, "expected a whole number of 64 bits", e);
	*v = minus ? (int64_t)(0 - n) : (int64_t)n;
	return 0;
}

static locale_t plain_locale;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
make_locale(void)
{
	if ((plain_locale = newlocale(LC_ALL_MASK, "C", 0)) == 0)
		abort();
}

int
json_double_of(struct json_read *r, double *v, struct err *e)
{
	if (r->event != JSON_NUMBER)
		return json_fail(r, "expected a number", e);
	pthread_once(&once, make_locale);
	*v = strtod_l(r->str, NULL, plain_locale);
	return isfinite(*v) ? 0 : json_fail(r, "number is too large", e);
}

int
json_get_u64(struct json_read *r, uint64_t *v, struct err *e)
{
	return json_next(r, e) < 0 ? -1 : json_u64_of(r, v, e);
}

int
json_get_i64(struct json_read *r, int64_t *v, struct err *e)
{
	return json_next(r, e) < 0 ? -1 : json_i64_of(r, v, e);
}

int
json_get_double(struct json_read *r, double *v, struct err *e)
{
	return json_next(r, e) < 0 ? -1 : json_double_of(r, v, e);
}
