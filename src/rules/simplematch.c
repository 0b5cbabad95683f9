#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/nearest.h"
#include "regex/regex.h"
#include "rules/simplematch.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#define GROUPS_MAX	32
#define FLOAT_TEXT_MAX	300

enum convert { AS_TEXT, AS_INT, AS_FLOAT };

/* What each type looks like; groups in it do not catch. */
#define BYTE	"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"
#define QUAD	"(?:(?:25[0-5]|(?:2[0-4]|1{0,1}[0-9]){0,1}[0-9])\\.){3,3}" \
		"(?:25[0-5]|(?:2[0-4]|1{0,1}[0-9]){0,1}[0-9])"
#define X	"[0-9a-fA-F]{1,4}"

static const struct {
	const char	*name, *regex;
	enum convert	 convert;
} types[] = {
	{ "int", "[+-]?[0-9]+", AS_INT },
	{ "float", "[+-]?(?:[0-9]*[.])?[0-9]+", AS_FLOAT },
	{ "letters", "[a-zA-Z]+", AS_TEXT },
	{ "bitcoin", "(?:bc1|[13])[a-zA-HJ-NP-Z0-9]{25,39}", AS_TEXT },
	{ "email", "[a-zA-Z0-9_.+-]+@[a-zA-Z0-9-]+\\.[a-zA-Z0-9-.]+", AS_TEXT },
	{ "ssn", "(?!0{3})(?!6{3})[0-8]\\d{2}-(?!0{2})\\d{2}-(?!0{4})\\d{4}",
	    AS_TEXT },
	{ "ipv4", BYTE "(?:\\." BYTE "){3}", AS_TEXT },
	{ "url", "https?:\\/\\/(?:www\\.)?[-a-zA-Z0-9@:%._\\+~#=]{1,256}\\."
	    "[a-zA-Z0-9()]{1,6}\\b(?:[-a-zA-Z0-9()!@:%_\\+.~#?&\\/\\/=]*)",
	    AS_TEXT },
	{ "ccard", "(?:^4[0-9]{12}(?:[0-9]{3})?$)|(?:^(?:5[1-5][0-9]{2}|"
	    "222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}$)"
	    "|(?:3[47][0-9]{13})|(?:^3(?:0[0-5]|[68][0-9])[0-9]{11}$)|(?:^6(?:"
	    "011|5[0-9]{2})[0-9]{12}$)|(?:^(?:2131|1800|35\\d{3})\\d{11}$)",
	    AS_TEXT },
	{ "ipv6", "(?:(?:" X ":){7,7}" X "|(?:" X ":){1,7}:|(?:" X ":){1,6}:" X
	    "|(?:" X ":){1,5}(?::" X "){1,2}|(?:" X ":){1,4}(?::" X "){1,3}|(?:"
	    X ":){1,3}(?::" X "){1,4}|(?:" X ":){1,2}(?::" X "){1,5}|" X
	    ":(?:(?::" X "){1,6})|:(?:(?::" X "){1,7}|:)|fe80:(?::[0-9a-fA-F]"
	    "{0,4}){0,4}%[0-9a-zA-Z]{1,}|::(?:ffff(?::0{1,4}){0,1}:){0,1}" QUAD
	    "|(?:" X ":){1,4}:" QUAD ")", AS_TEXT },
};

#define N_TYPES	(sizeof(types) / sizeof(types[0]))

struct simplematch {
	struct regex	*re;
	struct regex_match *found;
	struct {
		const char	*name;		/* re's */
		size_t		 number;
		enum convert	 convert;
	} groups[GROUPS_MAX];
	size_t		 n;
	struct buf	 value;
};

static int
is_word(const char *s, size_t len)
{
	if (len == 0 || (s[0] >= '0' && s[0] <= '9'))
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' &&
		    s[i] <= 'Z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '_'))
			return 0;
	return 1;
}

static int
unknown_type(const char *s, size_t len, struct err *e)
{
	const char *names[N_TYPES + 1] = { NULL };
	char word[40];
	const char *near;

	snprintf(word, sizeof(word), "%.*s", (int)(len < 39 ? len : 39), s);
	for (size_t i = 0; i < N_TYPES; i++)
		names[i] = types[i].name;
	near = conf_nearest(word, names);
	return err_set(e, ERR_CONF, "unknown type '%s' in a pattern%s%s%s", word,
	    near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
	    near != NULL ? "'?" : "");
}

/* {name} or {name:type}, len bytes without the braces. */
static int
group(struct simplematch *m, const char *s, size_t len, struct buf *re,
    struct err *e)
{
	const char *colon = memchr(s, ':', len);
	size_t word = colon != NULL ? (size_t)(colon - s) : len, t = 0;

	if (len == 0) {
		buf_adds(re, "(.*)");
		return 0;
	}
	if (!is_word(s, word) || m->n == GROUPS_MAX)
		return err_set(e, ERR_CONF, m->n == GROUPS_MAX ?
		    "more than 32 groups" : "{%.*s} is no group's name",
		    (int)(len < 60 ? len : 60), s);
	m->groups[m->n].convert = AS_TEXT;
	buf_addf(re, "(?P<%.*s>", (int)word, s);
	if (colon == NULL) {
		buf_adds(re, ".*)");
		m->n++;
		return 0;
	}
	for (colon++; t < N_TYPES; t++)
		if (strlen(types[t].name) == len - word - 1 &&
		    memcmp(types[t].name, colon, len - word - 1) == 0)
			break;
	if (t == N_TYPES)
		return unknown_type(colon, len - word - 1, e);
	m->groups[m->n++].convert = types[t].convert;
	buf_addf(re, "%s)", types[t].regex);
	return 0;
}

/* The pattern as a regular expression; groups are noted on the way. */
static int
translate(struct simplematch *m, const char *p, struct buf *re, struct err *e)
{
	buf_addc(re, '^');
	while (*p != '\0') {
		size_t len = strcspn(p, "}");

		if (*p == '*') {
			buf_adds(re, ".*");
		} else if (*p == '{' && p[len] == '}') {
			if (group(m, p + 1, len - 1, re, e) < 0)
				return -1;
			p += len;
		} else {
			if (strchr("()[]{}?+-|^$\\.&~# \t\n\r\v\f", *p) != NULL)
				buf_addc(re, '\\');
			buf_addc(re, *p);
		}
		p++;
	}
	buf_addc(re, '$');
	return 0;
}

int
simplematch_new(const char *pattern, int case_sensitive,
    struct simplematch **out, struct err *e)
{
	struct simplematch *m = xalloc(sizeof(*m));
	CLEAN_BUF struct buf re = {0};

	if (translate(m, pattern, &re, e) < 0 ||
	    regex_new(buf_str(&re), case_sensitive ? 0 : REGEX_NOCASE, &m->re,
	    NULL, e) < 0) {
		if (e != NULL)
			e->kind = ERR_CONF;
		simplematch_free(m);
		return -1;
	}
	m->found = regex_match_new(m->re);
	for (size_t i = 1, k = 0; i <= regex_groups(m->re); i++)
		if (regex_name(m->re, i) != NULL) {
			m->groups[k].name = regex_name(m->re, i);
			m->groups[k++].number = i;
		}
	*out = m;
	return 0;
}

void
simplematch_free(struct simplematch *m)
{
	if (m == NULL)
		return;
	regex_match_free(m->found);
	regex_free(m->re);
	buf_fini(&m->value);
	free(m);
}

int
simplematch_find(struct simplematch *m, const char *s, size_t len,
    struct err *e)
{
	return regex_search(m->re, s, len, m->found, e);
}

const char *
simplematch_group(const struct simplematch *m, size_t i)
{
	return i < m->n ? m->groups[i].name : NULL;
}

enum capture_type
simplematch_type(const struct simplematch *m, size_t i)
{
	return m->groups[i].convert == AS_INT ? CAPTURE_INT :
	    m->groups[i].convert == AS_FLOAT ? CAPTURE_FLOAT : CAPTURE_TEXT;
}

/* int("+007") is 7: no sign but '-', no zeroes in front. */
static void
print_int(struct buf *out, const char *s, size_t len)
{
	int minus = *s == '-';

	if (*s == '-' || *s == '+')
		s++, len--;
	while (len > 1 && *s == '0')
		s++, len--;
	if (minus && !(len == 1 && *s == '0'))
		buf_addc(out, '-');
	buf_add(out, s, len);
}

/* str(float("1.50")) is 1.5: the shortest text that reads back the same. */
static void
print_float(struct buf *out, const char *s, size_t len)
{
	char text[FLOAT_TEXT_MAX + 1], made[64];
	double d;

	if (len > FLOAT_TEXT_MAX) {
		buf_add(out, s, len);
		return;
	}
	memcpy(text, s, len);
	text[len] = '\0';
	d = strtod(text, NULL);
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(made, sizeof(made), "%.*g", digits, d);
		if (strtod(made, NULL) == d)
			break;
	}
	if (d < 1e16 && d > -1e16 && strchr(made, 'e') != NULL &&
	    (d >= 1 || d <= -1))
		snprintf(made, sizeof(made), "%.0f", d);
	buf_adds(out, made);
	if (strpbrk(made, ".en") == NULL)
		buf_adds(out, ".0");
}

const char *
simplematch_value(struct simplematch *m, size_t i, size_t *len)
{
	const char *s = regex_value(m->found, m->groups[i].number, len);

	if (s == NULL || m->groups[i].convert == AS_TEXT)
		return s;
	buf_reset(&m->value);
	if (m->groups[i].convert == AS_INT)
		print_int(&m->value, s, *len);
	else
		print_float(&m->value, s, *len);
	*len = m->value.len;
	return buf_str(&m->value);
}
