/*
 * tags.c -- which format it is, and what all of them share: names and texts
 * behind each other, each ended by a NUL.
 */
#include <stdio.h>
#include <string.h>

#include "media/tags_impl.h"
#include "util/civil.h"
#include "util/unicode.h"

/* Foreign text as clean UTF-8: what is no UTF-8 is taken for Latin-1, controls
 * become blanks, and blanks at the end go. */
static void
add_text(struct buf *out, const char *text, size_t len)
{
	size_t start = out->len;

	for (size_t i = 0; i < len && out->len - start < TAG_BYTES;) {
		unsigned char bytes[4];
		uint32_t cp;
		size_t n = utf8_next(text + i, len - i, &cp);

		if (cp == UTF8_BAD) {
			cp = (unsigned char)text[i];
			n = 1;
		}
		i += n;
		if (cp < ' ' || (cp >= 0x7f && cp < 0xa0))
			cp = ' ';
		buf_add(out, bytes, utf8_put(bytes, cp));
	}
	while (out->len > start && out->data[out->len - 1] == ' ')
		out->len--;
	buf_addc(out, '\0');
}

void
tags_add(struct tags *t, const char *group, const char *name,
    const char *text, size_t len)
{
	if (t->n == TAGS_MAX)
		return;
	t->n++;
	buf_addf(t->out, "%s.%s", group, name);
	buf_addc(t->out, '\0');
	add_text(t->out, text, len);
}

static int
digits(const char *s, size_t n, int *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		*out = *out * 10 + (s[i] - '0');
	}
	return 0;
}

/* "2018:02:22 12:34:56", or with '-' or 'T' or a fraction: is it a date? */
static int
is_date(const char *s, size_t len)
{
	int year, month, day, hour, minute, second;

	return len >= 19 && digits(s, 4, &year) == 0 &&
	    digits(s + 5, 2, &month) == 0 && digits(s + 8, 2, &day) == 0 &&
	    digits(s + 11, 2, &hour) == 0 &&
	    digits(s + 14, 2, &minute) == 0 &&
	    digits(s + 17, 2, &second) == 0 &&
	    year >= 1800 && month >= 1 && month <= 12 && day >= 1 &&
	    day <= civil_month_days(year, month) && hour <= 23 &&
	    minute <= 59 && second <= 60;
}

void
tags_taken(struct tags *t, enum taken_rank rank, const char *text, size_t len)
{
	if ((int)rank >= t->rank || !is_date(text, len))
		return;
	t->rank = (int)rank;
	snprintf(t->taken, sizeof(t->taken), "%.4s:%.2s:%.2s %.2s:%.2s:%.2s%s",
	    text, text + 5, text + 8, text + 11, text + 14, text + 17,
	    len == 20 && text[19] == 'Z' ? "Z" : "");
}

void
tags_date(char out[TAGS_DATE], int64_t seconds)
{
	struct civil c = civil_date(floor_div(seconds, DAY_SECONDS));
	int s = (int)floor_mod(seconds, DAY_SECONDS);

	if (c.year < 1800 || c.year > 9999)
		c.year = 0;
	snprintf(out, TAGS_DATE, "%04d:%02d:%02d %02d:%02d:%02dZ", (int)c.year,
	    c.month, c.day, s / 3600, s / 60 % 60, s % 60);
}

static void
whole_jpeg(struct tags *t)
{
	jpeg_read(t, 0, t->in->size);
}

static void
whole_tiff(struct tags *t)
{
	tiff_read(t, 0, t->in->size);
}

static const struct reader {
	unsigned	 at, len;
	const char	*bytes;
	void		(*read)(struct tags *t);
} readers[] = {
	{ 0, 3, "\xff\xd8\xff", whole_jpeg },
	{ 0, 15, "FUJIFILMCCD-RAW", raf_read },
	{ 0, 3, "II*", whole_tiff }, { 0, 4, "MM\0*", whole_tiff },
	{ 0, 4, "IIRO", whole_tiff }, { 0, 4, "IIRS", whole_tiff },
	{ 0, 4, "MMOR", whole_tiff }, { 0, 4, "IIU\0", whole_tiff },
	{ 0, 8, "\x89PNG\r\n\x1a\n", png_read },
	{ 8, 4, "WEBP", riff_read },
	{ 0, 4, "\x1a\x45\xdf\xa3", matroska_read },
	{ 4, 4, "ftyp", bmff_read }, { 4, 4, "moov", bmff_read },
	{ 4, 4, "mdat", bmff_read }, { 4, 4, "wide", bmff_read },
	{ 4, 4, "free", bmff_read }, { 4, 4, "skip", bmff_read },
	{ 4, 4, "JXL ", bmff_read },
};

static const struct reader *
reader_of(const unsigned char *head, size_t len)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (readers[i].at + readers[i].len <= len &&
		    memcmp(head + readers[i].at, readers[i].bytes,
		    readers[i].len) == 0)
			return &readers[i];
	return NULL;
}

int
tags_may_be(const void *head, size_t len)
{
	return reader_of(head, len) != NULL;
}

void
tags_read(struct in *in, struct buf *out)
{
	struct tags t = { .in = in, .out = out, .rank = TAKEN_NONE };
	unsigned char head[TAGS_HEAD];
	const struct reader *r = reader_of(head, in_some(in, 0, head,
	    sizeof(head)));

	if (r == NULL)
		return;
	r->read(&t);
	if (t.rank == TAKEN_NONE)
		return;
	buf_add(out, "Taken", sizeof("Taken"));
	buf_add(out, t.taken, strlen(t.taken) + 1);
}

int
tags_next(const struct buf *tags, size_t *at, struct tag *out)
{
	const char *p, *end, *text;

	if (*at >= tags->len)
		return 0;
	p = (const char *)tags->data + *at;
	end = (const char *)tags->data + tags->len;
	text = memchr(p, '\0', (size_t)(end - p));
	if (text == NULL || memchr(text + 1, '\0',
	    (size_t)(end - text - 1)) == NULL)
		return 0;
	text++;
	out->name = p;
	out->text = text;
	*at = (size_t)(text - (const char *)tags->data) + strlen(text) + 1;
	return 1;
}
