#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"

unsigned char *
buf_room(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 256;

	while (cap - b->len < n)
		if (__builtin_mul_overflow(cap, (size_t)2, &cap))
			abort();
	if (cap != b->cap) {
		if ((b->data = realloc(b->data, cap)) == NULL)
			abort();
		b->cap = cap;
	}
	return b->data + b->len;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0)
		return;
	memcpy(buf_room(b, len), data, len);
	b->len += len;
}

void
buf_addc(struct buf *b, char c)
{
	*buf_room(b, 1) = (unsigned char)c;
	b->len++;
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	vsnprintf((char *)buf_room(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
	va_end(again);
	b->len += (size_t)n;
}

const char *
buf_str(struct buf *b)
{
	*buf_room(b, 1) = '\0';
	return (const char *)b->data;
}

char *
buf_steal(struct buf *b)
{
	char *s;

	buf_str(b);
	s = (char *)b->data;
	*b = (struct buf){0};
	return s;
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
}

void
buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}
