#include <ctype.h>
#include <string.h>

#include "schedule/calendar_lex.h"
#include "schedule/calendar_words.h"

#define DIGITS	"0123456789"
#define NUMBER_DIGITS	5

/* Other scripts' letters belong to a word too, if only to an unknown one. */
static int
is_letter(char c)
{
	return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

static size_t
letters(const char *p)
{
	size_t n = 0;

	while (is_letter(p[n]))
		n++;
	return n;
}

/* Up to two digits, exactly two behind a colon; or -1.  *p moves behind. */
static int
two_digits(const char **p, int last, int exactly)
{
	size_t n = strspn(*p, DIGITS);
	int v;

	if (n == 0 || n > 2 || (exactly && n != 2))
		return -1;
	v = n == 2 ? ((*p)[0] - '0') * 10 + (*p)[1] - '0' : (*p)[0] - '0';
	*p += n;
	return v <= last ? v : -1;
}

/* h[:mm[:ss]] in seconds, or -1. */
static int
clock_of(const char **p)
{
	int h, m = 0, s = 0;

	h = two_digits(p, 23, 0);
	if (h >= 0 && **p == ':') {
		++*p;
		m = two_digits(p, 59, 1);
		if (m >= 0 && **p == ':') {
			++*p;
			s = two_digits(p, 59, 1);
		}
	}
	return h < 0 || m < 0 || s < 0 ? -1 : h * 3600 + m * 60 + s;
}

static int
is_half(const char *p)
{
	return letters(p) == 2 && (strncasecmp(p, "am", 2) == 0 ||
	    strncasecmp(p, "pm", 2) == 0);
}

/* Hours 1 to 12; 12am is midnight and 12pm is noon. */
static int
half_day(int seconds, const char *half)
{
	if (seconds < 3600 || seconds >= 13 * 3600)
		return -1;
	return seconds % (12 * 3600) +
	    (tolower((unsigned char)*half) == 'p' ? 12 * 3600 : 0);
}

static int
is_ordinal_end(const char *p)
{
	return letters(p) == 2 && (strncasecmp(p, "st", 2) == 0 ||
	    strncasecmp(p, "nd", 2) == 0 || strncasecmp(p, "rd", 2) == 0 ||
	    strncasecmp(p, "th", 2) == 0);
}

static void
lex_time(struct token *t, const char *half)
{
	const char *p = t->at;

	t->value = clock_of(&p);
	if (t->value >= 0 && is_half(half)) {
		t->value = half_day(t->value, half);
		p = half + 2;
	}
	t->len = (size_t)(p - t->at);
	t->kind = t->value < 0 || *p == ':' || isalnum((unsigned char)*p) ?
	    UNKNOWN : TIME;
}

/* What begins with a digit: a time, an ordinal, or a number. */
static void
lex_digits(struct token *t)
{
	size_t digits = strspn(t->at, DIGITS), i;
	const char *half = t->at + strspn(t->at, DIGITS ":");

	half += strspn(half, " \t");
	if (t->at[digits] == ':' || is_half(half)) {
		lex_time(t, half);
		return;
	}
	if (digits > NUMBER_DIGITS)
		return;
	for (i = 0; i < digits; i++)
		t->value = t->value * 10 + t->at[i] - '0';
	t->kind = is_ordinal_end(t->at + digits) ? ORDINAL : NUMBER;
	t->len = digits + (t->kind == ORDINAL ? 2 : 0);
}

static void
lex_sign(struct token *t)
{
	const char *p = t->at + 1;

	t->len = 1;
	if (*t->at == ',') {
		t->kind = COMMA;
	} else if (*t->at == '-') {
		t->kind = DASH;
	} else if (*t->at == '.' && *p == '.') {
		t->kind = DASH;
		t->len = 2;
	} else if (*t->at == ':' && (t->value = two_digits(&p, 59, 1)) >= 0) {
		t->kind = PAST;
		t->len = 3;
	}
}

struct token
token_after(struct token t)
{
	struct token n = { .kind = UNKNOWN, .at = t.at + t.len };

	n.at += strspn(n.at, " \t");
	if (*n.at == '\0') {
		n.kind = END;
	} else if (is_letter(*n.at)) {
		n.kind = WORD;
		n.len = letters(n.at);
	} else if (isdigit((unsigned char)*n.at)) {
		lex_digits(&n);
	} else {
		lex_sign(&n);
	}
	return n;
}

int
token_is(const struct token *t, const char *word)
{
	return t->kind == WORD && strlen(word) == t->len &&
	    strncasecmp(word, t->at, t->len) == 0;
}

int
token_weekday(const struct token *t)
{
	size_t len = t->len;
	int day;

	if (t->kind != WORD)
		return -1;
	day = weekday_of(t->at, len);
	if (day < 0 && len > 5 && tolower((unsigned char)t->at[len - 1]) == 's')
		day = weekday_of(t->at, len - 1);
	return day;
}

int
token_month(const struct token *t)
{
	int month = t->kind == WORD ? month_of(t->at, t->len) : -1;

	return month < 0 ? -1 : month + 1;
}

int
token_ordinal(const struct token *t)
{
	static const char *const names[] = {
		"last", "first", "second", "third", "fourth", "fifth"
	};
	int i;

	if (t->kind == ORDINAL)
		return t->value >= 1 && t->value <= 31 ? t->value : -1;
	for (i = 0; i < 6; i++)
		if (token_is(t, names[i]))
			return i;
	return -1;
}

enum unit
token_unit(const struct token *t)
{
	static const struct {
		const char *one, *many, *brief;
	} names[] = {
		[UNIT_SECOND] = { "second", "seconds", "sec" },
		[UNIT_MINUTE] = { "minute", "minutes", "min" },
		[UNIT_HOUR] = { "hour", "hours", "h" },
		[UNIT_DAY] = { "day", "days", "d" },
		[UNIT_WEEK] = { "week", "weeks", "w" },
		[UNIT_MONTH] = { "month", "months", "months" },
		[UNIT_QUARTER] = { "quarter", "quarters", "quarters" },
		[UNIT_YEAR] = { "year", "years", "years" },
	};
	enum unit u;

	for (u = UNIT_SECOND; u <= UNIT_YEAR; u++)
		if (token_is(t, names[u].one) || token_is(t, names[u].many) ||
		    token_is(t, names[u].brief))
			return u;
	return UNIT_NONE;
}

enum unit
token_often(const struct token *t)
{
	static const struct {
		const char *name;
		enum unit unit;
	} often[] = {
		{ "minutely", UNIT_MINUTE }, { "hourly", UNIT_HOUR },
		{ "daily", UNIT_DAY }, { "weekly", UNIT_WEEK },
		{ "monthly", UNIT_MONTH }, { "quarterly", UNIT_QUARTER },
		{ "yearly", UNIT_YEAR }, { "annually", UNIT_YEAR },
	};
	size_t i;

	for (i = 0; i < sizeof(often) / sizeof(*often); i++)
		if (token_is(t, often[i].name))
			return often[i].unit;
	return UNIT_NONE;
}
