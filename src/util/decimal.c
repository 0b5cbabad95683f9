#include "util/decimal.h"

#define SCALE_MAX	1000000000u

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int
decimal_parse(const char **at, struct decimal *d)
{
	const char *p = *at;
	uint64_t n = 0;

	*d = (struct decimal){ .scale = 1 };
	if (!is_digit(*p))
		return -1;
	for (; is_digit(*p); p++)
		if (__builtin_mul_overflow(n, (uint64_t)10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return -1;
	d->whole = n;
	if (*p == '.') {
		if (!is_digit(*++p))
			return -1;
		for (; is_digit(*p); p++) {
			if (d->scale == SCALE_MAX)
				continue;
			d->part = d->part * 10 + (uint64_t)(*p - '0');
			d->scale *= 10;
		}
	}
	*at = p;
	return 0;
}

/* unit * part / scale without leaving 64 bits: part < scale <= SCALE_MAX. */
static uint64_t
part_of(const struct decimal *d, uint64_t unit)
{
	return unit / d->scale * d->part +
	    unit % d->scale * d->part / d->scale;
}

int
decimal_times(const struct decimal *d, uint64_t unit, uint64_t *out)
{
	if (__builtin_mul_overflow(d->whole, unit, out) ||
	    __builtin_add_overflow(*out, part_of(d, unit), out))
		return -1;
	return 0;
}
