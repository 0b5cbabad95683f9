/* emit.c -- numbers and ids; strings are in quote.c, times in node_time.c. */
#include "repo/emit.h"

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324"
    "25262728293031323334353637383940414243444546474849"
    "50515253545556575859606162636465666768697071727374"
    "75767778798081828384858687888990919293949596979899";

unsigned char *
emit_u64(unsigned char *p, uint64_t v)
{
	unsigned char digits[EMIT_U64_MAX];
	size_t at = sizeof(digits);

	for (; v >= 100; v /= 100) {
		at -= 2;
		memcpy(digits + at, pairs + 2 * (v % 100), 2);
	}
	if (v >= 10) {
		at -= 2;
		memcpy(digits + at, pairs + 2 * v, 2);
	} else {
		digits[--at] = (unsigned char)('0' + v);
	}
	return emit_raw(p, digits + at, sizeof(digits) - at);
}

unsigned char *
emit_id(unsigned char *p, const struct id *id)
{
	unsigned char high, low;
	size_t i;

	*p++ = '"';
	for (i = 0; i < ID_LEN; i++) {
		high = id->b[i] >> 4;
		low = id->b[i] & 15;
		p[2 * i] = (unsigned char)(high + (high > 9 ? 'a' - 10 : '0'));
		p[2 * i + 1] = (unsigned char)(low + (low > 9 ? 'a' - 10 : '0'));
	}
	p += (size_t)2 * ID_LEN;
	*p++ = '"';
	return p;
}
