/*
 * tiff.c -- TIFF, and the Exif block, which is one.
 *
 *	II or MM, 42, offset of the first IFD
 *	IFD = count, entries of 12 bytes (tag, type, count, value or where it
 *	lies), offset of the next IFD
 *
 * All offsets count from the start of the structure.  The first IFD is the
 * image, the second its thumbnail; Exif, GPS and interoperability hang below
 * by offset.  None is read twice, and at most IFDS in all.
 */
#include <stdio.h>
#include <string.h>

#include "media/tags_impl.h"

#define IFDS		12
#define VALUES_MAX	1000	/* of one tag; more are not printed */
#define VALUES_SHOWN	20	/* where there are more than VALUES_ALL */
#define VALUES_ALL	50

#define TAG_EXIF	0x8769
#define TAG_GPS		0x8825
#define TAG_INTEROP	0xA005
#define TAG_XMP		0x02BC
#define TAG_MAKER	0x927C

enum { BYTE = 1, ASCII, SHORT, LONG, RATIO, SBYTE, RAW, SSHORT, SLONG, SRATIO,
	FLOAT, DOUBLE, IFD };

static const unsigned char sizes[] = { [BYTE] = 1, [ASCII] = 1, [SHORT] = 2,
	[LONG] = 4, [RATIO] = 8, [SBYTE] = 1, [RAW] = 1, [SSHORT] = 2,
	[SLONG] = 4, [SRATIO] = 8, [FLOAT] = 4, [DOUBLE] = 8, [IFD] = 4 };

struct tiff {
	struct tags	*t;
	uint64_t	 base, size;
	int		 little;
	uint32_t	 seen[IFDS];
	size_t		 n_seen;
};

/* One entry of an IFD. */
struct field {
	uint16_t	 tag, type;
	uint32_t	 count;
	uint64_t	 at;		/* where its values lie, from base */
};

static int
number(struct tiff *f, uint64_t at, unsigned bytes, uint64_t *out)
{
	if (at > f->size || bytes > f->size - at)
		return -1;
	return (f->little ? in_le : in_be)(f->t->in, f->base + at, bytes, out);
}

static int
signed_number(struct tiff *f, uint64_t at, unsigned bytes, int64_t *out)
{
	uint64_t v;

	if (number(f, at, bytes, &v) < 0)
		return -1;
	*out = bytes == 1 ? (int8_t)v : bytes == 2 ? (int16_t)v : (int32_t)v;
	return 0;
}

static uint64_t
common(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* As Python prints a Fraction; one over nothing is its numerator. */
static void
print_ratio(struct buf *out, int64_t n, int64_t d)
{
	uint64_t by;

	if (d < 0) {
		n = -n;
		d = -d;
	}
	by = common((uint64_t)(n < 0 ? -n : n), (uint64_t)d);
	if (d != 0 && by > 1) {
		n /= (int64_t)by;
		d /= (int64_t)by;
	}
	if (d <= 1)
		buf_addf(out, "%lld", (long long)n);
	else
		buf_addf(out, "%lld/%lld", (long long)n, (long long)d);
}

static int
print_float(struct tiff *f, const struct field *x, uint64_t at,
    struct buf *out)
{
	uint64_t bits;
	uint32_t half;
	float single;
	double v;

	if (number(f, at, sizes[x->type], &bits) < 0)
		return -1;
	half = (uint32_t)bits;
	memcpy(&single, &half, sizeof(single));
	memcpy(&v, &bits, sizeof(v));
	buf_addf(out, "%g", x->type == FLOAT ? (double)single : v);
	return 0;
}

/* The k-th value as text. */
static int
print_value(struct tiff *f, const struct field *x, uint32_t k,
    struct buf *out)
{
	unsigned size = sizes[x->type];
	uint64_t at = x->at + (uint64_t)k * size, u, d;
	int64_t n, sd;

	switch (x->type) {
	case RATIO:
		if (number(f, at, 4, &u) < 0 || number(f, at + 4, 4, &d) < 0)
			return -1;
		print_ratio(out, (int64_t)u, (int64_t)d);
		return 0;
	case SRATIO:
		if (signed_number(f, at, 4, &n) < 0 ||
		    signed_number(f, at + 4, 4, &sd) < 0)
			return -1;
		print_ratio(out, n, sd);
		return 0;
	case FLOAT:
	case DOUBLE:
		return print_float(f, x, at, out);
	case SBYTE:
	case SSHORT:
	case SLONG:
		if (signed_number(f, at, size, &n) < 0)
			return -1;
		buf_addf(out, "%lld", (long long)n);
		return 0;
	default:
		if (number(f, at, size, &u) < 0)
			return -1;
		buf_addf(out, "%llu", (unsigned long long)u);
		return 0;
	}
}

/* As Python prints a list of them; of many the first. */
static int
print_list(struct tiff *f, const struct field *x, struct buf *out)
{
	uint32_t n = x->count < VALUES_MAX ? x->count : 0;

	if (x->count == 1)
		return print_value(f, x, 0, out);
	if (n > VALUES_ALL)
		n = VALUES_SHOWN;
	buf_addc(out, '[');
	for (uint32_t k = 0; k < n; k++) {
		if (k > 0)
			buf_adds(out, ", ");
		if (print_value(f, x, k, out) < 0)
			return -1;
	}
	buf_adds(out, n < x->count && n > 0 ? ", ... ]" : "]");
	return 0;
}

static int
print_words(struct tiff *f, const struct field *x,
    const struct tiff_word *words, struct buf *out)
{
	for (uint32_t k = 0; k < x->count && k < VALUES_SHOWN; k++) {
		const struct tiff_word *w = words;
		size_t from = out->len;
		uint64_t v;

		if (print_value(f, x, k, out) < 0)
			return -1;
		if (sizes[x->type] > 4 || number(f, x->at +
		    (uint64_t)k * sizes[x->type], sizes[x->type], &v) < 0)
			continue;
		while (w->word != NULL && w->value != v)
			w++;
		if (w->word == NULL)
			continue;
		out->len = from;
		buf_adds(out, w->word);
	}
	return 0;
}

/* Bytes that are letters, from the skip-th on. */
static int
print_letters(struct tiff *f, const struct field *x, uint32_t skip,
    struct buf *out)
{
	size_t from = out->len;
	uint64_t c;

	if (sizes[x->type] != 1)
		return print_list(f, x, out);
	for (uint32_t k = skip; k < x->count && k < TAG_BYTES; k++) {
		if (number(f, x->at + k, 1, &c) < 0)
			return -1;
		if (c >= ' ')
			buf_addc(out, (char)c);
	}
	return out->len == from ? print_list(f, x, out) : 0;
}

static int
print_ascii(struct tiff *f, const struct field *x, struct buf *out)
{
	size_t n = x->count < TAG_BYTES ? x->count : TAG_BYTES;
	unsigned char *p = buf_room(out, n + 1);

	if (x->at > f->size || n > f->size - x->at)
		return -1;
	n = in_some(f->t->in, f->base + x->at, p, n);
	p[n] = '\0';
	out->len += strlen((char *)p);
	return 0;
}

static int
print(struct tiff *f, const struct field *x, const struct tiff_name *n,
    struct buf *out)
{
	enum tiff_print how = n != NULL ? n->print : PRINT_PLAIN;

	if (x->type == ASCII)
		return print_ascii(f, x, out);
	if (how == PRINT_WORDS)
		return print_words(f, x, n->words, out);
	if (how == PRINT_LETTERS)
		return print_letters(f, x, 0, out);
	if (how == PRINT_COMMENT)
		return print_letters(f, x, 8, out);
	return print_list(f, x, out);
}

static void
note_date(struct tiff *f, const char *name, const struct buf *text)
{
	enum taken_rank r = TAKEN_NONE;

	if (strcmp(name, "DateTimeOriginal") == 0)
		r = TAKEN_ORIGINAL;
	else if (strcmp(name, "DateTimeDigitized") == 0)
		r = TAKEN_DIGITIZED;
	else if (strcmp(name, "DateTime") == 0)
		r = TAKEN_IMAGE;
	if (r != TAKEN_NONE && text->len > 0)
		tags_taken(f->t, r, (const char *)text->data, text->len);
}

static void
add_field(struct tiff *f, const struct field *x, enum tiff_group g,
    const char *group)
{
	const struct tiff_name *n = tiff_name(g, x->tag);
	CLEAN_BUF struct buf text = {0};
	char name[16];

	snprintf(name, sizeof(name), "Tag 0x%04X", x->tag);
	buf_str(&text);
	if (print(f, x, n, &text) < 0)
		return;
	tags_add(f->t, group, n != NULL ? n->name : name,
	    (const char *)text.data, text.len);
	if (n != NULL && g == TIFF_MAIN)
		note_date(f, n->name, &text);
}

/* The entry at; -1: not there, 0: of no use, 1. */
static int
get_field(struct tiff *f, uint64_t at, struct field *x)
{
	uint64_t tag, type, count;

	if (number(f, at, 2, &tag) < 0 || number(f, at + 2, 2, &type) < 0 ||
	    number(f, at + 4, 4, &count) < 0)
		return -1;
	x->tag = (uint16_t)tag;
	x->type = (uint16_t)type;
	x->count = (uint32_t)count;
	x->at = at + 8;
	if (type < BYTE || type > IFD || count == 0)
		return 0;
	if (count * sizes[type] > 4 && number(f, at + 8, 4, &x->at) < 0)
		return -1;
	return 1;
}

static int
first_time(struct tiff *f, uint64_t ifd)
{
	if (ifd == 0 || ifd > f->size || f->n_seen == IFDS)
		return 0;
	for (size_t i = 0; i < f->n_seen; i++)
		if (f->seen[i] == ifd)
			return 0;
	f->seen[f->n_seen++] = (uint32_t)ifd;
	return 1;
}

static void read_ifd(struct tiff *f, uint64_t ifd, enum tiff_group g,
    const char *group, int depth);

/* What hangs below this field, if it says where. */
static void
below(struct tiff *f, const struct field *x, const char *group, int depth)
{
	uint64_t at;

	if (depth > 1 || sizes[x->type] != 4 || x->count != 1 ||
	    number(f, x->at, 4, &at) < 0)
		return;
	if (x->tag == TAG_EXIF && strcmp(group, "Image") == 0)
		read_ifd(f, at, TIFF_MAIN, "EXIF", depth + 1);
	else if (x->tag == TAG_GPS)
		read_ifd(f, at, TIFF_GPS, "GPS", depth + 1);
	else if (x->tag == TAG_INTEROP)
		read_ifd(f, at, TIFF_INTEROP, "Interoperability", depth + 1);
}

static void
read_ifd(struct tiff *f, uint64_t ifd, enum tiff_group g, const char *group,
    int depth)
{
	uint64_t n;
	struct field x;
	int hit;

	if (!first_time(f, ifd) || number(f, ifd, 2, &n) < 0)
		return;
	for (uint64_t i = 0; i < n && f->t->n < TAGS_MAX; i++) {
		hit = get_field(f, ifd + 2 + 12 * i, &x);
		if (hit < 0)
			return;
		if (hit == 0 || (g == TIFF_MAIN && (x.tag == TAG_XMP ||
		    x.tag == TAG_MAKER)))
			continue;
		add_field(f, &x, g, group);
		if (g == TIFF_MAIN)
			below(f, &x, group, depth);
	}
}

/* The offset of the first IFD, or 0. */
static uint64_t
start(struct tiff *f, struct tags *t, uint64_t base, uint64_t size)
{
	unsigned char b[4];
	uint64_t ifd = 0;

	*f = (struct tiff){ .t = t, .base = base, .size = size };
	if (size < 8 || base > t->in->size || in_read(t->in, base, b, 4) < 0)
		return 0;
	f->little = b[0] == 'I';
	if ((b[0] != 'I' && b[0] != 'M') || b[1] != b[0] ||
	    number(f, 4, 4, &ifd) < 0)
		return 0;
	/* 42; and what Olympus and Panasonic have for it. */
	if (memcmp(b + 2, "*\0", 2) != 0 && memcmp(b + 2, "\0*", 2) != 0 &&
	    memcmp(b + 2, "RO", 2) != 0 && memcmp(b + 2, "RS", 2) != 0 &&
	    memcmp(b + 2, "OR", 2) != 0 && memcmp(b + 2, "U\0", 2) != 0)
		return 0;
	return ifd;
}

void
tiff_read(struct tags *t, uint64_t base, uint64_t size)
{
	struct tiff f;
	uint64_t ifd = start(&f, t, base, size), n, next;

	if (ifd == 0)
		return;
	read_ifd(&f, ifd, TIFF_MAIN, "Image", 0);
	if (number(&f, ifd, 2, &n) == 0 &&
	    number(&f, ifd + 2 + 12 * n, 4, &next) == 0)
		read_ifd(&f, next, TIFF_MAIN, "Thumbnail", 0);
}

void
tiff_read_as(struct tags *t, uint64_t base, uint64_t size, const char *group)
{
	struct tiff f;
	uint64_t ifd = start(&f, t, base, size);

	if (ifd != 0)
		read_ifd(&f, ifd, strcmp(group, "GPS") == 0 ? TIFF_GPS :
		    TIFF_MAIN, group, 0);
}
