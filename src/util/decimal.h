#ifndef UTIL_DECIMAL_H
#define UTIL_DECIMAL_H

#include <stdint.h>

/*
 * Plain decimal numbers as people write them before a unit: "12", "1.5".  No
 * sign, no exponent, and a digit on both sides of the point.
 */
struct decimal {
	uint64_t	 whole, part;
	uint64_t	 scale;		/* the value is whole + part / scale */
};

/*
 * Read one at *at, which moves on behind it: 0, or -1 and *at as it was.  A
 * whole part above UINT64_MAX is -1 as well; digits behind the ninth after the
 * point are read and dropped.
 */
int decimal_parse(const char **at, struct decimal *d);

/* d times unit, rounded down: 0, or -1 if that is above UINT64_MAX. */
int decimal_times(const struct decimal *d, uint64_t unit, uint64_t *out);

#endif
