#ifndef MEDIA_TEST_MADE_H
#define MEDIA_TEST_MADE_H

/*
 * Tiny files of each kind, made byte by byte.
 */
#include <stdint.h>
#include <string.h>

#include "util/buf.h"

static inline void
be(struct buf *b, unsigned bytes, uint64_t v)
{
	while (bytes-- > 0)
		buf_addc(b, (char)(v >> (8 * bytes)));
}

static inline void
le(struct buf *b, unsigned bytes, uint64_t v)
{
	for (; bytes-- > 0; v >>= 8)
		buf_addc(b, (char)v);
}

static inline void
set_be(struct buf *b, size_t at, unsigned bytes, uint64_t v)
{
	while (bytes-- > 0)
		b->data[at++] = (unsigned char)(v >> (8 * bytes));
}

/*
 * A TIFF, little end first: a camera, a date, an Exif block with the original
 * date, a ratio, a flash, and GPS with a day.
 */
static inline void
made_tiff(struct buf *b, const char *model, const char *date)
{
	size_t n = strlen(model) + 1;
	const unsigned ifd0 = 8, exif = 8 + 2 + 5 * 12 + 4,
	    gps = exif + 2 + 4 * 12 + 4, data = gps + 2 + 2 * 12 + 4;
	const unsigned at_model = data, at_date = (unsigned)(data + n),
	    at_ratio = at_date + 20, at_day = at_ratio + 8,
	    at_lat = at_day + 11;

	buf_add(b, "II*\0", 4);
	le(b, 4, ifd0);
	le(b, 2, 5);
	le(b, 2, 0x110), le(b, 2, 2), le(b, 4, n), le(b, 4, at_model);
	le(b, 2, 0x112), le(b, 2, 3), le(b, 4, 1), le(b, 4, 6);
	le(b, 2, 0x132), le(b, 2, 2), le(b, 4, 20), le(b, 4, at_date);
	le(b, 2, 0x8769), le(b, 2, 4), le(b, 4, 1), le(b, 4, exif);
	le(b, 2, 0x8825), le(b, 2, 4), le(b, 4, 1), le(b, 4, gps);
	le(b, 4, 0);
	le(b, 2, 4);
	le(b, 2, 0x829A), le(b, 2, 5), le(b, 4, 1), le(b, 4, at_ratio);
	le(b, 2, 0x9000), le(b, 2, 7), le(b, 4, 4), buf_adds(b, "0230");
	le(b, 2, 0x9003), le(b, 2, 2), le(b, 4, 20), le(b, 4, at_date);
	le(b, 2, 0x9209), le(b, 2, 3), le(b, 4, 1), le(b, 4, 16);
	le(b, 4, 0);
	le(b, 2, 2);
	le(b, 2, 0x02), le(b, 2, 5), le(b, 4, 3), le(b, 4, at_lat);
	le(b, 2, 0x1D), le(b, 2, 2), le(b, 4, 11), le(b, 4, at_day);
	le(b, 4, 0);
	buf_add(b, model, n);
	buf_add(b, date, 20);
	le(b, 4, 10), le(b, 4, 600);
	buf_add(b, "2018:02:22", 11);
	le(b, 4, 48), le(b, 4, 1), le(b, 4, 8), le(b, 4, 1);
	le(b, 4, 123), le(b, 4, 5);
}

/* A JPEG with that in its APP1, behind a JFIF segment. */
static inline void
made_jpeg(struct buf *b, const char *model, const char *date)
{
	CLEAN_BUF struct buf t = {0};

	made_tiff(&t, model, date);
	buf_add(b, "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", 20);
	buf_add(b, "\xff\xe1", 2);
	be(b, 2, t.len + 8);
	buf_add(b, "Exif\0\0", 6);
	buf_add(b, t.data, t.len);
	buf_add(b, "\xff\xda\0\2....\xff\xd9", 10);
}

static inline void
made_chunk(struct buf *b, const char *name, const void *data, size_t len)
{
	be(b, 4, len);
	buf_add(b, name, 4);
	buf_add(b, data, len);
	be(b, 4, 0);			/* nobody looks at the sum */
}

static inline void
made_png(struct buf *b, const char *model, const char *date)
{
	CLEAN_BUF struct buf t = {0};

	made_tiff(&t, model, date);
	buf_add(b, "\x89PNG\r\n\x1a\n", 8);
	made_chunk(b, "IHDR", "\0\0\0\1\0\0\0\1\x8\0\0\0\0", 13);
	made_chunk(b, "tEXt", "Creation Time\0001999:12:31 23:59:58", 33);
	made_chunk(b, "iTXt", "Title\0\0\0de\0Titel\0Gr\xc3\xbc\xc3\x9f""e", 24);
	made_chunk(b, "tIME", "\x7\xe2\2\x16\xc\x22\x38", 7);
	made_chunk(b, "eXIf", t.data, t.len);
	made_chunk(b, "IEND", "", 0);
}

static inline void
made_webp(struct buf *b, const char *model, const char *date)
{
	CLEAN_BUF struct buf t = {0};

	made_tiff(&t, model, date);
	buf_adds(b, "RIFF");
	le(b, 4, 4 + 8 + 4 + 8 + t.len);
	buf_adds(b, "WEBPVP8 ");
	le(b, 4, 3);
	buf_add(b, "abc\0", 4);
	buf_adds(b, "EXIF");
	le(b, 4, t.len);
	buf_add(b, t.data, t.len);
}

/* A box whose content was added since made_box returned. */
static inline size_t
made_box(struct buf *b, const char *name)
{
	size_t at = b->len;

	be(b, 4, 0);
	buf_add(b, name, 4);
	return at;
}

static inline void
made_end(struct buf *b, size_t at)
{
	set_be(b, at, 4, b->len - at);
}

/* A film from that second since 1904, which Apple knows better. */
static inline void
made_mov(struct buf *b, uint32_t created, const char *apple)
{
	size_t moov, meta, x, y, z;

	x = made_box(b, "ftyp");
	buf_adds(b, "qt  ");
	be(b, 4, 0);
	made_end(b, x);
	moov = made_box(b, "moov");
	x = made_box(b, "mvhd");
	be(b, 4, 0), be(b, 4, created), be(b, 4, created), be(b, 4, 600);
	be(b, 4, 1500);
	made_end(b, x);
	x = made_box(b, "udta");
	y = made_box(b, "\xa9mak");
	be(b, 2, 4), be(b, 2, 0x15c7), buf_adds(b, "Acme");
	made_end(b, y);
	made_end(b, x);
	if (apple != NULL) {
		meta = made_box(b, "meta");
		y = made_box(b, "keys");
		be(b, 4, 0), be(b, 4, 1);
		z = made_box(b, "mdta");
		buf_adds(b, "com.apple.quicktime.creationdate");
		made_end(b, z);
		made_end(b, y);
		y = made_box(b, "ilst");
		z = b->len;
		be(b, 4, 0), be(b, 4, 1);
		x = made_box(b, "data");
		be(b, 4, 1), be(b, 4, 0), buf_adds(b, apple);
		made_end(b, x);
		made_end(b, z);
		made_end(b, y);
		made_end(b, meta);
	}
	made_end(b, moov);
}

/* A HEIC whose Exif item lies behind all boxes; iloc stands before iinf. */
static inline void
made_heic(struct buf *b, const char *model, const char *date)
{
	CLEAN_BUF struct buf t = {0};
	size_t meta, x, y, where;

	made_tiff(&t, model, date);
	x = made_box(b, "ftyp");
	buf_adds(b, "heic");
	be(b, 4, 0);
	made_end(b, x);
	meta = made_box(b, "meta");
	be(b, 4, 0);
	x = made_box(b, "iloc");
	be(b, 4, 0x01000000), be(b, 2, 0x4400), be(b, 2, 1);
	be(b, 2, 7), be(b, 2, 0), be(b, 2, 0), be(b, 2, 1);
	where = b->len;
	be(b, 4, 0), be(b, 4, 4 + 6 + t.len);
	made_end(b, x);
	x = made_box(b, "iinf");
	be(b, 4, 0), be(b, 2, 1);
	y = made_box(b, "infe");
	be(b, 4, 0x02000000), be(b, 2, 7), be(b, 2, 0), buf_adds(b, "Exif");
	buf_addc(b, 0);
	made_end(b, y);
	made_end(b, x);
	made_end(b, meta);
	set_be(b, where, 4, b->len + 8);
	x = made_box(b, "mdat");
	be(b, 4, 6), buf_add(b, "Exif\0\0", 6), buf_add(b, t.data, t.len);
	made_end(b, x);
}

static inline void
made_element(struct buf *b, uint32_t id, unsigned width, const void *data,
    size_t len)
{
	be(b, width, id);
	buf_addc(b, (char)(0x80 | len));
	buf_add(b, data, len);
}

/* Nanoseconds since 2001, and a title. */
static inline void
made_mkv(struct buf *b, int64_t date)
{
	CLEAN_BUF struct buf info = {0}, ns = {0};

	be(&ns, 8, (uint64_t)date);
	made_element(&info, 0x4461, 2, ns.data, 8);
	made_element(&info, 0x7BA9, 2, "A film", 6);
	made_element(b, 0x1A45DFA3, 4, "\x42\x82\x88matroska", 11);
	be(b, 4, 0x18538067);
	be(b, 8, UINT64_C(0x01ffffffffffffff));		/* of unknown length */
	made_element(b, 0x114D9B74, 4, "", 0);
	made_element(b, 0x1549A966, 4, info.data, info.len);
}

#endif
