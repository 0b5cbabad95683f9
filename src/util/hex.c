#include <errno.h>
#include <string.h>

#include "util/hex.h"

void
hex_put(char *out, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i < len; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
hex_parse(const char *s, void *out, size_t len)
{
	unsigned char *to = out;
	int high, low;
	size_t i;

	for (i = 0; i < len; i++) {
		high = hex_digit(s[2 * i]);
		low = high < 0 ? -1 : hex_digit(s[2 * i + 1]);
		if (low < 0)
			break;
		to[i] = (unsigned char)(high << 4 | low);
	}
	if (i < len || s[2 * len] != '\0') {
		errno = EINVAL;
		return -1;
	}
	return 0;
}
