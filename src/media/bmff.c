/*
 * bmff.c -- boxes in boxes: MP4, MOV and 3GP; HEIC and AVIF; Canon's CR3; JPEG
 * XL in its container.
 *
 *	box = size (4, with itself and the name), name (4), content
 *	size 1: the size follows in 8 bytes; size 0: it goes on to the end
 *
 * Dates of films are seconds since 1904 in UTC: moov/mvhd.  Apple writes the
 * local one with its offset as com.apple.quicktime.creationdate in moov/meta.
 * HEIC keeps its Exif block as an item: meta/iinf says which, iloc where.
 */
#include <stdio.h>
#include <string.h>

#include "media/tags_impl.h"

#define BOXES		4096	/* in all */
#define DEPTH		6
#define SINCE_1904	INT64_C(2082844800)
#define KEYS		64
#define VALUE		500

struct box {
	char		 name[5];
	uint64_t	 at, len;	/* of its content */
	uint64_t	 next;
};

struct bmff {
	struct tags	*t;
	int		 boxes;
	uint64_t	 exif_item;	/* HEIC: its number; 0: not known yet */
	char		 keys[KEYS][64];	/* moov/meta/keys, from 1 on */
};

/* The box at, within end: 1, or 0. */
static int
next_box(struct bmff *b, uint64_t at, uint64_t end, struct box *x)
{
	struct in *in = b->t->in;
	uint64_t size;
	unsigned head = 8;

	if (b->boxes++ >= BOXES || at > end || end - at < 8 ||
	    in_be(in, at, 4, &size) < 0 ||
	    in_read(in, at + 4, x->name, 4) < 0)
		return 0;
	x->name[4] = '\0';
	if (size == 1) {
		if (in_be(in, at + 8, 8, &size) < 0)
			return 0;
		head = 16;
	} else if (size == 0)
		size = end - at;
	if (size < head || size > end - at)
		return 0;
	x->at = at + head;
	x->len = size - head;
	x->next = at + size;
	return 1;
}

/* ---- films ---- */

static void
add_date(struct bmff *b, const char *name, uint64_t since_1904)
{
	char text[TAGS_DATE];

	if (since_1904 == 0 || since_1904 > UINT64_C(1) << 40)
		return;
	tags_date(text, (int64_t)since_1904 - SINCE_1904);
	tags_add(b->t, "QuickTime", name, text, strlen(text) - 1);
	/* Cameras without a clock write 1904, or 1970. */
	if (strcmp(name, "CreateDate") == 0 &&
	    (int64_t)since_1904 > SINCE_1904)
		tags_taken(b->t, TAKEN_MOVIE, text, strlen(text));
}

static void
movie_header(struct bmff *b, const struct box *x)
{
	struct in *in = b->t->in;
	uint64_t version, created, modified, scale, duration;
	unsigned w;
	char text[32];

	if (in_be(in, x->at, 1, &version) < 0)
		return;
	w = version == 1 ? 8 : 4;
	if (x->len < 4 + 3 * w + 4 || in_be(in, x->at + 4, w, &created) < 0 ||
	    in_be(in, x->at + 4 + w, w, &modified) < 0 ||
	    in_be(in, x->at + 4 + 2 * (uint64_t)w, 4, &scale) < 0 ||
	    in_be(in, x->at + 8 + 2 * (uint64_t)w, w, &duration) < 0)
		return;
	add_date(b, "CreateDate", created);
	add_date(b, "ModifyDate", modified);
	if (scale == 0)
		return;
	snprintf(text, sizeof(text), "%.2f", (double)duration / (double)scale);
	tags_add(b->t, "QuickTime", "Duration", text, strlen(text));
}

/* moov/udta: a name of four letters, the length, the language, the text. */
static void
user_data(struct bmff *b, const struct box *x)
{
	static const struct { const char *box, *name; } names[] = {
		{ "\xa9""day", "ContentCreateDate" }, { "\xa9mak", "Make" },
		{ "\xa9mod", "Model" }, { "\xa9nam", "Title" },
		{ "\xa9swr", "SoftwareVersion" }, { "\xa9xyz", "GPSCoordinates" },
	};
	char text[VALUE];
	uint64_t len;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].box, x->name) != 0 || x->len < 4 ||
		    in_be(b->t->in, x->at, 2, &len) < 0 || len > x->len - 4)
			continue;
		len = in_some(b->t->in, x->at + 4, text,
		    len < VALUE ? (size_t)len : VALUE);
		tags_add(b->t, "QuickTime", names[i].name, text, (size_t)len);
		if (i == 0)
			tags_taken(b->t, TAKEN_ORIGINAL, text, (size_t)len);
	}
}

/* moov/meta/keys: names, told by their number in ilst. */
static void
read_keys(struct bmff *b, const struct box *x)
{
	uint64_t n, len, at = x->at + 8, end = x->at + x->len;

	if (in_be(b->t->in, x->at + 4, 4, &n) < 0)
		return;
	for (uint64_t i = 1; i <= n && i < KEYS && at + 8 <= end; i++) {
		if (in_be(b->t->in, at, 4, &len) < 0 || len < 8 ||
		    len > end - at)
			return;
		if (len - 8 < sizeof(b->keys[i]) &&
		    in_read(b->t->in, at + 8, b->keys[i], (size_t)len - 8) == 0)
			b->keys[i][len - 8] = '\0';
		at += len;
	}
}

/* moov/meta/ilst/NUMBER: a box `data` with type, language and the text. */
static void
read_item(struct bmff *b, const struct box *x)
{
	static const char apple[] = "com.apple.quicktime.";
	static const struct { const char *key, *name; } names[] = {
		{ "creationdate", "CreationDate" }, { "make", "Make" },
		{ "model", "Model" }, { "software", "Software" },
		{ "title", "Title" }, { "location.ISO6709", "GPSCoordinates" },
	};
	const unsigned char *n = (const unsigned char *)x->name;
	size_t key = (size_t)n[2] * 256 + n[3], len;
	struct box data;
	char text[VALUE];

	if (n[0] != 0 || n[1] != 0 || key == 0 || key >= KEYS ||
	    strncmp(b->keys[key], apple, sizeof(apple) - 1) != 0 ||
	    !next_box(b, x->at, x->at + x->len, &data) || data.len < 8)
		return;
	len = in_some(b->t->in, data.at + 8, text,
	    data.len - 8 < VALUE ? (size_t)data.len - 8 : VALUE);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(b->keys[key] + sizeof(apple) - 1, names[i].key) != 0)
			continue;
		tags_add(b->t, "QuickTime", names[i].name, text, len);
		if (i == 0)
			tags_taken(b->t, TAKEN_ORIGINAL, text, len);
	}
}

/* ---- HEIC: items ---- */

/* iinf: which item is the Exif block? */
static void
item_info(struct bmff *b, const struct box *x)
{
	struct in *in = b->t->in;
	uint64_t version, end = x->at + x->len, at, v, id;
	struct box e;
	char type[4];

	if (in_be(in, x->at, 1, &version) < 0)
		return;
	for (at = x->at + (version == 0 ? 6 : 8); next_box(b, at, end, &e);
	    at = e.next) {
		unsigned w;

		if (strcmp(e.name, "infe") != 0 ||
		    in_be(in, e.at, 1, &v) < 0 || v < 2)
			continue;
		w = v == 2 ? 2 : 4;
		if (in_be(in, e.at + 4, w, &id) == 0 &&
		    in_read(in, e.at + 4 + w + 2, type, 4) == 0 &&
		    memcmp(type, "Exif", 4) == 0)
			b->exif_item = id;
	}
}

static int
field(struct bmff *b, uint64_t *at, unsigned bytes, uint64_t *out)
{
	*out = 0;
	if (bytes > 0 && (bytes > 8 || in_be(b->t->in, *at, bytes, out) < 0))
		return -1;
	*at += bytes;
	return 0;
}

/* One item of iloc: 1 and its first extent if it is the one, 0, -1. */
static int
item_location(struct bmff *b, uint64_t *at, unsigned version, uint64_t widths,
    uint64_t *where, uint64_t *len)
{
	unsigned off = (unsigned)(widths >> 12) & 15, size =
	    (unsigned)(widths >> 8) & 15, base = (unsigned)(widths >> 4) & 15,
	    index = version > 0 ? (unsigned)widths & 15 : 0;
	uint64_t id, method = 0, dref, start, n, o, l, skip;

	if (field(b, at, version < 2 ? 2 : 4, &id) < 0 ||
	    (version > 0 && field(b, at, 2, &method) < 0) ||
	    field(b, at, 2, &dref) < 0 || field(b, at, base, &start) < 0 ||
	    field(b, at, 2, &n) < 0)
		return -1;
	for (uint64_t i = 0; i < n; i++) {
		if (field(b, at, index, &skip) < 0 ||
		    field(b, at, off, &o) < 0 || field(b, at, size, &l) < 0)
			return -1;
		if (i > 0)
			continue;
		*where = start + o;
		*len = l;
	}
	return id == b->exif_item && (method & 15) == 0 && n > 0;
}

static void
item_locations(struct bmff *b, const struct box *x)
{
	struct in *in = b->t->in;
	uint64_t version, widths, n, at = x->at + 6, where = 0, len = 0, skip;
	int hit = 0;

	if (b->exif_item == 0 || in_be(in, x->at, 1, &version) < 0 ||
	    version > 2 || in_be(in, x->at + 4, 2, &widths) < 0 ||
	    field(b, &at, version < 2 ? 2 : 4, &n) < 0)
		return;
	for (uint64_t i = 0; i < n && hit == 0; i++)
		hit = item_location(b, &at, (unsigned)version, widths, &where,
		    &len);
	/* The block begins with how much to pass over before the TIFF. */
	if (hit == 1 && where < in->size && in_be(in, where, 4, &skip) == 0 &&
	    len >= 4 && skip < len - 4)
		tiff_read(b->t, where + 4 + skip, len - 4 - skip);
}

/* ---- CR3 ---- */

static void
canon(struct bmff *b, const struct box *x)
{
	if (strcmp(x->name, "CMT1") == 0)
		tiff_read_as(b->t, x->at, x->len, "Image");
	else if (strcmp(x->name, "CMT2") == 0)
		tiff_read_as(b->t, x->at, x->len, "EXIF");
	else if (strcmp(x->name, "CMT4") == 0)
		tiff_read_as(b->t, x->at, x->len, "GPS");
}

/* ---- all of them ---- */

static void walk(struct bmff *b, uint64_t at, uint64_t end, const char *in,
    int depth);

/* meta comes as a box and, in HEIC, with four bytes before its content. */
static void
meta(struct bmff *b, const struct box *x, const char *in, int depth)
{
	uint64_t word, at = x->at, end = x->at + x->len, first;
	struct box box;

	if (in_be(b->t->in, at, 4, &word) == 0 && word == 0)
		at += 4;
	/* iinf has to be known before iloc, whichever comes first. */
	for (first = at; next_box(b, first, end, &box); first = box.next)
		if (strcmp(box.name, "iinf") == 0)
			item_info(b, &box);
	walk(b, at, end, strcmp(in, "moov") == 0 ? "meta" : "item", depth);
}

static void
one(struct bmff *b, const struct box *x, const char *in, int depth)
{
	static const unsigned char of_canon[16] = { 0x85, 0xc0, 0xb6, 0x87,
	    0x82, 0x0f, 0x11, 0xe0, 0x81, 0x11, 0xf4, 0xce, 0x46, 0x2b, 0x6a,
	    0x48 };
	uint64_t end = x->at + x->len, skip;
	unsigned char id[16];

	if (strcmp(x->name, "mvhd") == 0)
		movie_header(b, x);
	else if (strcmp(x->name, "meta") == 0)
		meta(b, x, in, depth + 1);
	else if (strcmp(x->name, "keys") == 0 && strcmp(in, "meta") == 0)
		read_keys(b, x);
	else if (strcmp(in, "ilst") == 0)
		read_item(b, x);
	else if (strcmp(in, "udta") == 0)
		user_data(b, x);
	else if (strcmp(x->name, "iloc") == 0 && strcmp(in, "item") == 0)
		item_locations(b, x);
	else if (strcmp(x->name, "Exif") == 0 && *in == '\0' &&
	    in_be(b->t->in, x->at, 4, &skip) == 0 && x->len >= 4 &&
	    skip < x->len - 4)
		tiff_read(b->t, x->at + 4 + skip, x->len - 4 - skip);
	else if (strcmp(x->name, "uuid") == 0 && x->len > 16 &&
	    in_read(b->t->in, x->at, id, 16) == 0 &&
	    memcmp(id, of_canon, 16) == 0)
		walk(b, x->at + 16, end, "canon", depth + 1);
	else if (strcmp(in, "canon") == 0)
		canon(b, x);
	if (strcmp(x->name, "moov") == 0 || strcmp(x->name, "udta") == 0 ||
	    (strcmp(x->name, "ilst") == 0 && strcmp(in, "meta") == 0))
		walk(b, x->at, end, x->name, depth + 1);
}

static void
walk(struct bmff *b, uint64_t at, uint64_t end, const char *in, int depth)
{
	struct box x;

	for (; depth < DEPTH && next_box(b, at, end, &x); at = x.next)
		one(b, &x, in, depth);
}

void
bmff_read(struct tags *t)
{
	struct bmff b = { .t = t };

	walk(&b, 0, t->in->size, "", 0);
}
