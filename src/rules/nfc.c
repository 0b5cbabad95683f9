/*
 * nfc.c -- UAX #15: take apart, put marks in order, put together.
 */
#include <stdint.h>
#include <string.h>

#include "rules/nfc.h"
#include "rules/nfc_table.h"
#include "util/buf.h"
#include "util/unicode.h"

#define RAW	0x80000000u	/* a byte that is no character, beside it */

/* Hangul is arithmetic, not a table. */
enum { S_BASE = 0xac00, L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11a7,
    L_COUNT = 19, V_COUNT = 21, T_COUNT = 28, S_COUNT = 11172 };

int
nfc_plain(const char *s, size_t len)
{
	/* All before U+0300 (0xcc 0x80) stays as it is and combines with none. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0xcc)
			return 0;
	return 1;
}

static uint8_t
class_of(uint32_t cp)
{
	size_t lo = 0, hi = nfc_n_classes;

	if (cp < 0x300 || cp >= RAW)
		return 0;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (cp > nfc_classes[mid].hi)
			lo = mid + 1;
		else if (cp < nfc_classes[mid].lo)
			hi = mid;
		else
			return nfc_classes[mid].class;
	}
	return 0;
}

static const struct nfc_pair *
pair_of(uint32_t cp)
{
	size_t lo = 0, hi = nfc_n_pairs;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct nfc_pair *p = &nfc_pairs[nfc_by_cp[mid]];

		if (p->cp == cp)
			return p;
		if (p->cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static uint32_t
single_of(uint32_t cp)
{
	size_t lo = 0, hi = nfc_n_singles;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (nfc_singles[mid].cp == cp)
			return nfc_singles[mid].to;
		if (nfc_singles[mid].cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

static void
put(struct buf *b, uint32_t cp)
{
	buf_add(b, &cp, sizeof(cp));
}

/* Append cp, taken apart; the canon nests at most four deep. */
static void
take_apart(struct buf *b, uint32_t cp)
{
	const struct nfc_pair *p;
	uint32_t to;

	if (cp < 0xc0 || cp >= RAW) {
		put(b, cp);
		return;
	}
	if (cp - S_BASE < S_COUNT) {
		uint32_t s = cp - S_BASE;

		put(b, L_BASE + s / (V_COUNT * T_COUNT));
		put(b, V_BASE + s % (V_COUNT * T_COUNT) / T_COUNT);
		if (s % T_COUNT > 0)
			put(b, T_BASE + s % T_COUNT);
	} else if ((p = pair_of(cp)) != NULL) {
		take_apart(b, p->a);
		take_apart(b, p->b);
	} else if ((to = single_of(cp)) != 0) {
		take_apart(b, to);
	} else {
		put(b, cp);
	}
}

/* Marks between two starters go by class, equal ones keep their order. */
static void
put_in_order(uint32_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint32_t cp = v[i];
		uint8_t class = class_of(cp);
		size_t j = i;

		for (; class > 0 && j > 0 && class_of(v[j - 1]) > class; j--)
			v[j] = v[j - 1];
		v[j] = cp;
	}
}

/* What a and b make, or 0. */
static uint32_t
both(uint32_t a, uint32_t b)
{
	size_t lo = 0, hi = nfc_n_pairs;

	if (a - L_BASE < L_COUNT && b - V_BASE < V_COUNT)
		return S_BASE + ((a - L_BASE) * V_COUNT + (b - V_BASE)) * T_COUNT;
	if (a - S_BASE < S_COUNT && (a - S_BASE) % T_COUNT == 0 &&
	    b - T_BASE < T_COUNT && b > T_BASE)
		return a + (b - T_BASE);
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct nfc_pair *p = &nfc_pairs[mid];

		if (p->a == a && p->b == b)
			return p->composes ? p->cp : 0;
		if (p->a < a || (p->a == a && p->b < b))
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

/* In place; how many are left. */
static size_t
put_together(uint32_t *v, size_t n)
{
	size_t out = 0, starter = SIZE_MAX;
	uint8_t last = 0;		/* class of the one before, in the output */

	for (size_t i = 0; i < n; i++) {
		uint8_t class = class_of(v[i]);
		uint32_t made;
		int open = starter != SIZE_MAX &&
		    (out == starter + 1 || (last != 0 && last < class));

		if (open && (made = both(v[starter], v[i])) != 0) {
			v[starter] = made;
			continue;
		}
		if (class == 0)
			starter = out;
		last = class;
		v[out++] = v[i];
	}
	return out;
}

void
nfc_add(struct buf *out, const char *s, size_t len)
{
	CLEAN_BUF struct buf cps = {0};
	uint32_t *v;
	size_t n;

	if (nfc_plain(s, len)) {
		buf_add(out, s, len);
		return;
	}
	for (size_t i = 0; i < len; i += n) {
		uint32_t cp;

		n = utf8_next(s + i, len - i, &cp);
		if (cp != UTF8_BAD) {
			take_apart(&cps, cp);
			continue;
		}
		for (size_t k = 0; k < n; k++)
			put(&cps, RAW | (unsigned char)s[i + k]);
	}
	v = (uint32_t *)(void *)cps.data;
	n = cps.len / sizeof(*v);
	put_in_order(v, n);
	n = put_together(v, n);
	for (size_t i = 0; i < n; i++) {
		unsigned char c[4];

		if (v[i] >= RAW)
			buf_addc(out, (char)(v[i] & 0xff));
		else
			buf_add(out, c, utf8_put(c, v[i]));
	}
}
