/*
 * lex_string.c -- strings, names of members and ids.
 *
 * A string is first looked through eight bytes at a time for what needs care;
 * nearly always nothing does, and it is lent as it stands.
 */
#include <string.h>

#include "repo/lex.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/unicode.h"

#define ONES	UINT64_C(0x0101010101010101)
#define HIGHS	UINT64_C(0x8080808080808080)

/* Not 0 if any of these eight bytes is a control character, a quote, a
 * backslash or not ASCII. */
static inline uint64_t
needs_care(uint64_t w)
{
	uint64_t quote = w ^ (ONES * '"'), backslash = w ^ (ONES * '\\');

	return ((w - ONES * 0x20) | (quote - ONES) | (backslash - ONES) | w) &
	    HIGHS;
}

/* Where the first of these eight is that needs care.  A borrow can mark one
 * falsely, but only behind a byte that is marked rightly. */
static inline size_t
first_marked(uint64_t marks)
{
	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		return (size_t)__builtin_ctzll(marks) / 8;
	return 0;
}

/* The first byte that needs care, or the end. */
static inline const unsigned char *
pass_plain(const unsigned char *p, const unsigned char *end)
{
	uint64_t word, marks;

	for (; end - p >= 8; p += 8) {
		memcpy(&word, p, 8);
		if ((marks = needs_care(word)) != 0) {
			p += first_marked(marks);
			break;
		}
	}
	while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* Pass over what can be lent; ends at a quote, a backslash, or what is wrong. */
static void
run(struct lex *s)
{
	const unsigned char *p = s->at, *end = s->end;
	uint32_t cp;
	size_t n;

	for (;;) {
		p = pass_plain(p, end);
		if (p == end || *p < 0x80)
			break;
		n = utf8_next(p, (size_t)(end - p), &cp);
		if (cp == UTF8_BAD)
			break;
		p += n;
	}
	s->at = p;
}

/* Four hex digits at p, or UTF8_BAD. */
static uint32_t
unit_at(const struct lex *s, const unsigned char *p)
{
	uint32_t v = 0;
	int i, d;

	if (s->end - p < 4)
		return UTF8_BAD;
	for (i = 0; i < 4; i++) {
		if ((d = hex_digit((char)p[i])) < 0)
			return UTF8_BAD;
		v = v << 4 | (uint32_t)d;
	}
	return v;
}

/* Behind "\u".  Half a pair is U+FFFD, and what follows it stays. */
static int
read_unicode(struct lex *s, struct err *e)
{
	unsigned char bytes[4];
	uint32_t cp = unit_at(s, s->at), low;

	if (cp == UTF8_BAD)
		return lex_fail(s, "not four hex digits", e);
	s->at += 4;
	if (cp >= 0xD800 && cp <= 0xDFFF) {
		low = UTF8_BAD;
		if (cp <= 0xDBFF && s->end - s->at >= 6 && s->at[0] == '\\' &&
		    s->at[1] == 'u')
			low = unit_at(s, s->at + 2);
		if (low >= 0xDC00 && low <= 0xDFFF) {
			cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
			s->at += 6;
		} else {
			cp = UTF8_REPLACEMENT;
		}
	}
	buf_add(&s->scratch, bytes, utf8_put(bytes, cp));
	return 0;
}

static int
read_escape(struct lex *s, struct err *e)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p;

	if (++s->at == s->end)
		return lex_fail(s, "string without an end", e);
	if (*s->at == 'u') {
		s->at++;
		return read_unicode(s, e);
	}
	if (*s->at == '\0' || (p = strchr(from, *s->at)) == NULL)
		return lex_fail(s, "unknown escape", e);
	s->at++;
	buf_addc(&s->scratch, to[p - from]);
	return 0;
}

/* A string that cannot be lent: s->at is where that shows. */
static int
decode(struct lex *s, const unsigned char *from, struct lex_text *out,
    struct err *e)
{
	buf_reset(&s->scratch);
	for (;;) {
		buf_add(&s->scratch, from, (size_t)(s->at - from));
		if (s->at == s->end)
			return lex_fail(s, "string without an end", e);
		if (*s->at == '"')
			break;
		if (*s->at < 0x20)
			return lex_fail(s, "control character in a string", e);
		if (*s->at == '\\') {
			if (read_escape(s, e) < 0)
				return -1;
		} else {
			buf_add(&s->scratch, "\xEF\xBF\xBD", 3);
			s->at++;
		}
		from = s->at;
		run(s);
	}
	s->at++;
	*out = (struct lex_text){ buf_str(&s->scratch), s->scratch.len, 1 };
	return 0;
}

int
lex_string(struct lex *s, struct lex_text *out, struct err *e)
{
	const unsigned char *from;

	if (s->at == s->end || *s->at != '"')
		if (lex_peek(s) != '"')
			return lex_fail(s, "expected a string", e);
	from = ++s->at;
	run(s);
	if (s->at == s->end || *s->at != '"')
		return decode(s, from, out, e);
	*out = (struct lex_text){ (const char *)from,
	    (size_t)(s->at - from), 0 };
	s->at++;
	return 0;
}

/* Digits, with a bit that says that they are. */
#define DIGIT	0x10
static const unsigned char hex_digits[256] = {
	['0'] = DIGIT, ['1'] = DIGIT | 1, ['2'] = DIGIT | 2,
	['3'] = DIGIT | 3, ['4'] = DIGIT | 4, ['5'] = DIGIT | 5,
	['6'] = DIGIT | 6, ['7'] = DIGIT | 7, ['8'] = DIGIT | 8,
	['9'] = DIGIT | 9, ['a'] = DIGIT | 10, ['b'] = DIGIT | 11,
	['c'] = DIGIT | 12, ['d'] = DIGIT | 13, ['e'] = DIGIT | 14,
	['f'] = DIGIT | 15, ['A'] = DIGIT | 10, ['B'] = DIGIT | 11,
	['C'] = DIGIT | 12, ['D'] = DIGIT | 13, ['E'] = DIGIT | 14,
	['F'] = DIGIT | 15,
};

int
lex_id(struct lex *s, struct id *out, struct err *e)
{
	const unsigned char *p;
	unsigned high, low, digits = DIGIT;
	size_t i;

	lex_peek(s);
	if (s->end - s->at < 2 * ID_LEN + 2 || *s->at != '"' ||
	    s->at[2 * ID_LEN + 1] != '"')
		return lex_fail(s, "expected an id", e);
	p = s->at + 1;
	for (i = 0; i < ID_LEN; i++) {
		high = hex_digits[p[2 * i]];
		low = hex_digits[p[2 * i + 1]];
		digits &= high & low;
		out->b[i] = (unsigned char)(high << 4 | (low & 15));
	}
	if (digits == 0)
		return lex_fail(s, "expected an id", e);
	s->at += 2 * ID_LEN + 2;
	return 0;
}

/*
 * Go folds not only ASCII: U+017F is an s and U+212A a k to it.  The next
 * letter of a key, folded, or -1 for what no name of ours has.
 */
static int
next_folded(const struct lex_text *key, size_t *at)
{
	uint32_t cp;

	*at += utf8_next(key->s + *at, key->len - *at, &cp);
	if (cp == 0x17F)
		return 's';
	if (cp == 0x212A)
		return 'k';
	if (cp >= 'A' && cp <= 'Z')
		return (int)cp + 'a' - 'A';
	return cp < 0x80 ? (int)cp : -1;
}

static int
same_folded(const struct lex_text *key, const char *name)
{
	size_t at = 0;

	for (; *name != '\0' && at < key->len; name++)
		if (next_folded(key, &at) != *name)
			return 0;
	return *name == '\0' && at == key->len;
}

static inline int
same(const struct lex_text *key, const char *name)
{
	return key->len > 0 && key->s[0] == name[0] &&
	    strlen(name) == key->len && memcmp(key->s, name, key->len) == 0;
}

static size_t
find_name(const struct lex_text *key, const char *const *names, size_t hint)
{
	size_t i;

	for (i = hint; names[i] != NULL; i++)
		if (same(key, names[i]))
			return i;
	for (i = 0; names[i] != NULL; i++)
		if (same(key, names[i]))
			return i;
	for (i = 0; names[i] != NULL; i++)
		if (same_folded(key, names[i]))
			return i;
	return i;
}

size_t
lex_name(const struct lex_text *key, const char *const *names, size_t *hint)
{
	size_t i = find_name(key, names, *hint);

	if (names[i] != NULL)
		*hint = i + 1;
	return i;
}
