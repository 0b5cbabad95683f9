/*
 * matroska.c -- MKV and WebM: EBML elements (an id and a length, both of
 * variable width), of which only Segment/Info tells what is wanted.
 */
#include <stdio.h>
#include <string.h>

#include "media/tags_impl.h"

#define ELEMENTS	4096
#define SINCE_2001	INT64_C(978307200)
#define TEXT		500

enum {
	EBML = 0x1A45DFA3, SEGMENT = 0x18538067, INFO = 0x1549A966,
	DATE_UTC = 0x4461, DURATION = 0x4489, SCALE = 0x2AD7B1,
	TITLE = 0x7BA9, MUXING_APP = 0x4D80, WRITING_APP = 0x5741,
};

struct element {
	uint32_t	 id;
	uint64_t	 at, len;
};

struct matroska {
	struct tags	*t;
	int		 elements;
	double		 duration;
	uint64_t	 scale;
};

/* A number whose first byte's leading zeroes say how wide it is. */
static int
number(struct in *in, uint64_t at, unsigned most, int keep, uint64_t *out,
    unsigned *width)
{
	uint64_t first;
	unsigned w = 1;

	if (in_be(in, at, 1, &first) < 0 || first == 0)
		return -1;
	while ((first & (0x80u >> (w - 1))) == 0)
		w++;
	if (w > most || in_be(in, at, w, out) < 0)
		return -1;
	if (!keep)
		*out &= (UINT64_C(1) << (7 * w)) - 1;
	*width = w;
	return 0;
}

/* The element at; one of unknown length goes on to end. */
static int
next_element(struct matroska *m, uint64_t at, uint64_t end,
    struct element *x)
{
	uint64_t id;
	unsigned w1, w2;

	if (m->elements++ >= ELEMENTS || at >= end ||
	    number(m->t->in, at, 4, 1, &id, &w1) < 0 ||
	    number(m->t->in, at + w1, 8, 0, &x->len, &w2) < 0)
		return 0;
	x->id = (uint32_t)id;
	x->at = at + w1 + w2;
	if (x->at > end)
		return 0;
	if (x->len == (UINT64_C(1) << (7 * w2)) - 1 || x->len > end - x->at)
		x->len = end - x->at;
	return 1;
}

static void
add_date(struct matroska *m, const struct element *x)
{
	char text[TAGS_DATE];
	uint64_t ns;

	if (x->len != 8 || in_be(m->t->in, x->at, 8, &ns) < 0)
		return;
	tags_date(text, (int64_t)ns / 1000000000 + SINCE_2001);
	tags_add(m->t, "Matroska", "DateTimeOriginal", text, strlen(text) - 1);
	tags_taken(m->t, TAKEN_MOVIE, text, strlen(text));
}

static void
add_text(struct matroska *m, const struct element *x, const char *name)
{
	char text[TEXT];
	size_t n = in_some(m->t->in, x->at, text,
	    x->len < TEXT ? (size_t)x->len : TEXT);

	tags_add(m->t, "Matroska", name, text, strnlen(text, n));
}

static void
read_duration(struct matroska *m, const struct element *x)
{
	uint64_t bits;
	uint32_t half;
	float single;

	if ((x->len != 4 && x->len != 8) ||
	    in_be(m->t->in, x->at, (unsigned)x->len, &bits) < 0)
		return;
	half = (uint32_t)bits;
	memcpy(&single, &half, sizeof(single));
	memcpy(&m->duration, &bits, sizeof(m->duration));
	if (x->len == 4)
		m->duration = (double)single;
}

static void
read_info(struct matroska *m, const struct element *info)
{
	uint64_t at = info->at, end = info->at + info->len;
	struct element x;
	char text[32];

	m->scale = 1000000;
	for (; next_element(m, at, end, &x); at = x.at + x.len) {
		if (x.id == DATE_UTC)
			add_date(m, &x);
		else if (x.id == TITLE)
			add_text(m, &x, "Title");
		else if (x.id == MUXING_APP)
			add_text(m, &x, "MuxingApp");
		else if (x.id == WRITING_APP)
			add_text(m, &x, "WritingApp");
		else if (x.id == DURATION)
			read_duration(m, &x);
		else if (x.id == SCALE && x.len >= 1 && x.len <= 8)
			(void)in_be(m->t->in, x.at, (unsigned)x.len, &m->scale);
	}
	if (m->duration > 0 && m->duration < 1e15) {
		snprintf(text, sizeof(text), "%.2f",
		    m->duration * (double)m->scale / 1e9);
		tags_add(m->t, "Matroska", "Duration", text, strlen(text));
	}
}

void
matroska_read(struct tags *t)
{
	struct matroska m = { .t = t };
	struct element head, segment, x;
	uint64_t at;

	if (!next_element(&m, 0, t->in->size, &head) || head.id != EBML ||
	    !next_element(&m, head.at + head.len, t->in->size, &segment) ||
	    segment.id != SEGMENT)
		return;
	for (at = segment.at; next_element(&m, at, segment.at + segment.len,
	    &x); at = x.at + x.len) {
		if (x.id != INFO)
			continue;
		read_info(&m, &x);
		return;
	}
}
