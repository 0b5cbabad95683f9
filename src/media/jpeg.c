/*
 * jpeg.c -- where a JPEG keeps its Exif block: an APP1 segment before the
 * image's data.  RAF, Fuji's raw format, has a whole JPEG inside.
 */
#include <string.h>

#include "media/tags_impl.h"

#define SEGMENTS	200

void
jpeg_read(struct tags *t, uint64_t base, uint64_t size)
{
	uint64_t at = 2, mark, len;
	unsigned char name[6];

	for (int i = 0; i < SEGMENTS; i++, at += 2 + len) {
		if (at + 4 > size || in_be(t->in, base + at, 2, &mark) < 0)
			return;
		while (mark == 0xffff && at + 4 < size)		/* padding */
			if (in_be(t->in, base + ++at, 2, &mark) < 0)
				return;
		if (mark < 0xff01 || mark == 0xffda || mark == 0xffd9 ||
		    in_be(t->in, base + at + 2, 2, &len) < 0 || len < 2)
			return;
		if (mark != 0xffe1 || len < 8 + 8 || len > size - at - 2 ||
		    in_read(t->in, base + at + 4, name, sizeof(name)) < 0 ||
		    memcmp(name, "Exif\0", 5) != 0)
			continue;
		tiff_read(t, base + at + 10, len - 8);
		return;
	}
}

void
raf_read(struct tags *t)
{
	uint64_t at, len;

	if (in_be(t->in, 84, 4, &at) == 0 && in_be(t->in, 88, 4, &len) == 0 &&
	    at < t->in->size)
		jpeg_read(t, at, len < t->in->size - at ? len :
		    t->in->size - at);
}
