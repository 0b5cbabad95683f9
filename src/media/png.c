/*
 * png.c -- PNG and WebP: chunks with a name and a length.  Both may hold an
 * Exif block; PNG has texts, too.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "media/tags_impl.h"
#include "util/civil.h"

#define CHUNKS		10000
#define KEYWORD		79

/* "Creation Time" -> CreationTime; 0 if it would be no name. */
static size_t
squeeze(char *to, const char *word, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (isalnum((unsigned char)word[i]))
			to[n++] = word[i];
		else if (word[i] != ' ' && word[i] != '-' && word[i] != '_' &&
		    word[i] != ':')
			return 0;
	}
	to[n] = '\0';
	return n;
}

/* tEXt is a keyword, a NUL and the text; iTXt has more between the two. */
static void
add_text(struct tags *t, uint64_t at, uint64_t len, int international)
{
	char b[KEYWORD + 1 + TAG_BYTES], name[KEYWORD + 1];
	size_t n = in_some(t->in, at, b, len < sizeof(b) ? (size_t)len :
	    sizeof(b));
	const char *end = b + n, *p = memchr(b, '\0', n);

	if (p == NULL || p - b > KEYWORD ||
	    squeeze(name, b, (size_t)(p - b)) == 0)
		return;
	p++;
	if (international) {
		if (end - p < 2 || p[0] != 0)	/* compressed */
			return;
		p += 2;
		for (int i = 0; i < 2; i++) {	/* language, translated */
			p = memchr(p, '\0', (size_t)(end - p));
			if (p == NULL)
				return;
			p++;
		}
	}
	tags_add(t, "PNG", name, p, (size_t)(end - p));
	if (strcmp(name, "CreationTime") == 0)
		tags_taken(t, TAKEN_CREATION, p, (size_t)(end - p));
}

static void
add_time(struct tags *t, uint64_t at)
{
	unsigned char b[7];
	char text[TAGS_DATE];

	if (in_read(t->in, at, b, 7) < 0 || b[2] < 1 || b[2] > 12)
		return;
	tags_date(text, civil_days(b[0] * 256 + b[1], b[2], b[3]) *
	    DAY_SECONDS + b[4] * 3600 + b[5] * 60 + b[6]);
	tags_add(t, "PNG", "ModifyDate", text, strlen(text) - 1);
}

void
png_read(struct tags *t)
{
	uint64_t at = 8, len;
	char name[4];

	for (int i = 0; i < CHUNKS; i++, at += 12 + len) {
		if (in_be(t->in, at, 4, &len) < 0 || len > INT32_MAX ||
		    in_read(t->in, at + 4, name, 4) < 0 ||
		    memcmp(name, "IEND", 4) == 0)
			return;
		if (memcmp(name, "eXIf", 4) == 0)
			tiff_read(t, at + 8, len);
		else if (memcmp(name, "tEXt", 4) == 0)
			add_text(t, at + 8, len, 0);
		else if (memcmp(name, "iTXt", 4) == 0)
			add_text(t, at + 8, len, 1);
		else if (memcmp(name, "tIME", 4) == 0 && len == 7)
			add_time(t, at + 8);
	}
}

void
riff_read(struct tags *t)
{
	uint64_t at = 12, len;
	char name[6];

	if (in_read(t->in, 8, name, 4) < 0 || memcmp(name, "WEBP", 4) != 0)
		return;
	for (int i = 0; i < CHUNKS; i++, at += 8 + len + (len & 1)) {
		if (in_read(t->in, at, name, 4) < 0 ||
		    in_le(t->in, at + 4, 4, &len) < 0)
			return;
		if (memcmp(name, "EXIF", 4) != 0 || len < 8)
			continue;
		/* Some write the JPEG's own header before it. */
		if (in_read(t->in, at + 8, name, 6) == 0 &&
		    memcmp(name, "Exif\0", 6) == 0)
			tiff_read(t, at + 14, len - 6);
		else
			tiff_read(t, at + 8, len);
		return;
	}
}
