/*
 * calendar.c -- from a text to a calendar: whose zone, which way of writing.
 *
 * The ways are told apart by shape, and no text has two meanings: only words
 * hold words ("at", "every", "hours"), only cron has three or more fields that
 * begin with two of digits, and the rest is systemd's.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schedule/calendar.h"
#include "schedule/calendar_impl.h"
#include "schedule/calendar_words.h"
#include "util/xalloc.h"

int
scan_fail(struct scan *s, const char *at, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	s->fault = at;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(s->e, ERR_USAGE, "%s", text);
}

const char *
scan_word(const char *at, char word[SCAN_WORD_MAX])
{
	size_t i, n = 0, len = strcspn(at, " \t,");

	/* What is not ASCII is one question mark a character. */
	for (i = 0; i < len && n < SCAN_WORD_MAX - 1; i++)
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			word[n++] = at[i] > ' ' && at[i] <= '~' ? at[i] : '?';
	word[n] = '\0';
	return word;
}

/* Small blocks: a daemon keeps many calendars, and an arena's are large. */
struct block {
	struct block	*next;
	max_align_t	 bytes[];
};

void *
calendar_alloc(struct calendar *c, size_t n)
{
	struct block *b = xalloc(sizeof(*b) + n);

	b->next = c->blocks;
	c->blocks = b;
	return b->bytes;
}

char *
calendar_text(struct calendar *c, const char *text, size_t len)
{
	char *copy = calendar_alloc(c, len + 1);

	memcpy(copy, text, len);
	return copy;
}

struct pattern *
pattern_add(struct calendar *c)
{
	XGROW(c->pattern, c->n, c->cap);
	c->pattern[c->n] = (struct pattern){ .weekdays = 0 };
	return &c->pattern[c->n++];
}

void
chain_set(struct calendar *c, struct chain *ch, const struct part *part,
    size_t n)
{
	ch->part = calendar_alloc(c, n * sizeof(*part));
	ch->n = n;
	memcpy(ch->part, part, n * sizeof(*part));
}

void
chain_one(struct calendar *c, struct chain *ch, int32_t value)
{
	struct part part = { .start = value, .stop = -1 };

	chain_set(c, ch, &part, 1);
}

static int
compare_parts(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->stop != y->stop)
		return x->stop < y->stop ? -1 : 1;
	return (x->repeat > y->repeat) - (x->repeat < y->repeat);
}

void
chain_normalize(struct chain *ch)
{
	struct part *p;
	size_t i, n = 0;

	for (i = 0; i < ch->n; i++) {
		p = &ch->part[i];
		if (p->stop > p->start && p->repeat > 0)
			p->stop -= (p->stop - p->start) % p->repeat;
		if (p->stop == p->start) {
			p->stop = -1;
			p->repeat = 0;
		}
	}
	if (ch->n > 1)
		qsort(ch->part, ch->n, sizeof(*ch->part), compare_parts);
	for (i = 0; i < ch->n; i++)
		if (n == 0 || compare_parts(&ch->part[n - 1], &ch->part[i]) != 0)
			ch->part[n++] = ch->part[i];
	ch->n = n;
}

/* Is it one of the abbreviations of the zone the text is meant in? */
static int
abbr_of_local(const struct zone *z, const char *word)
{
	int dst;

	for (dst = 0; dst <= 1; dst++)
		if (*zone_abbr(z, dst) != '\0' &&
		    strcasecmp(zone_abbr(z, dst), word) == 0)
			return dst;
	return -1;
}

static int
take_zone(struct calendar *c, const char *suffix, struct zone *z)
{
	zone_free(c->zone);
	c->zone = z;
	c->suffix = suffix;
	return 1;
}

/*
 * Does the text's last word name a zone?  1: yes, and it is c's from now on;
 * 0: no; -1: it should, but that zone is not there or unusable.
 */
static int
find_zone(struct scan *s, const char *word)
{
	struct calendar *c = s->c;
	char shown[SCAN_WORD_MAX];
	struct zone *z;
	struct err e = {0};

	if (strcasecmp(word, "UTC") == 0)
		return zone_load("UTC", &z, s->e) < 0 ? -1 :
		    take_zone(c, "UTC", z);
	c->dst = abbr_of_local(c->zone, word);
	if (c->dst >= 0) {
		c->suffix = zone_abbr(c->zone, c->dst);
		return 1;
	}
	if (zone_load(word, &z, &e) == 0)
		return take_zone(c, calendar_text(c, word, strlen(word)), z);
	if (e.kind != ERR_NOENT)
		return scan_fail(s, word, "%s: %s", scan_word(word, shown),
		    e.text);
	if (isupper((unsigned char)*word) && strchr(word, '/') != NULL)
		return scan_fail(s, word, "there is no time zone \"%s\"; "
		    "expected one like Europe/Berlin, or UTC",
		    scan_word(word, shown));
	return 0;
}

/* Take the zone off the end of the text. */
static int
cut_zone(struct scan *s, char *text)
{
	char *blank = strrchr(text, ' ');
	int r;

	if (blank == NULL || blank == text)
		return 0;
	r = find_zone(s, blank + 1);
	if (r <= 0)
		return r;
	while (blank > text && (blank[-1] == ' ' || blank[-1] == '\t'))
		blank--;
	*blank = '\0';
	return 0;
}

static size_t
count_fields(const char *p)
{
	size_t n = 0;

	for (; *p != '\0'; p += strcspn(p, " \t"), p += strspn(p, " \t"))
		n++;
	return n;
}

/* Two fields of digits and stars, no colon and no year, and more to come. */
static int
looks_like_cron(const char *p)
{
	static const char cron_chars[] = "0123456789*/,-";
	const char *second;

	if (*p == '@')
		return isalpha((unsigned char)p[1]);
	if (count_fields(p) < 3 || strspn(p, cron_chars) != strcspn(p, " \t") ||
	    strspn(p, "0123456789") > 3)
		return 0;
	second = p + strcspn(p, " \t");
	second += strspn(second, " \t");
	return strspn(second, cron_chars) == strcspn(second, " \t");
}

/*
 * A text that holds a word of plain words, or begins with a letter without
 * being a weekday, is meant as words; so wrong words get words' messages.
 */
static int
looks_like_words(const char *p)
{
	const char *q;

	for (q = p; *q != '\0'; q += strcspn(q, " \t,"), q += strspn(q, " \t,"))
		if (words_hold(q))
			return 1;
	return (isalpha((unsigned char)*p) || (unsigned char)*p >= 0x80) &&
	    !words_weekday_first(p);
}

static int
parse_text(struct scan *s)
{
	if (*s->p == '\0')
		return scan_fail(s, s->p, "expected when, such as "
		    "\"every day at 01:00\", \"Mon..Fri 08:00\" or "
		    "\"0 1 * * *\"");
	if (looks_like_cron(s->p))
		return cron_parse(s);
	if (shorthand_text(s->p) == NULL && looks_like_words(s->p))
		return words_parse(s);
	return systemd_parse(s);
}

static size_t
column_of(const char *text, const char *at)
{
	size_t column = 1;

	for (; text < at; text++)
		column += ((unsigned char)*text & 0xc0) != 0x80;
	return column;
}

static int
parse_all(struct scan *s, const char *text)
{
	size_t len = strlen(text);
	char *copy;

	if (len > CALENDAR_TEXT_MAX)
		return err_set(s->e, ERR_USAGE,
		    "a schedule of more than %d bytes", CALENDAR_TEXT_MAX);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	copy = calendar_text(s->c, text, len);
	s->text = copy;
	s->p = copy + strspn(copy, " \t");
	if (cut_zone(s, copy + (s->p - copy)) < 0 || parse_text(s) < 0)
		return -1;
	s->c->normal = normal_print(s->c);
	return 0;
}

int
calendar_parse_at(const char *text, const char *zone, struct calendar **out,
    size_t *column, struct err *e)
{
	struct scan s = { .e = e };
	struct err zone_error = {0};

	*out = NULL;
	*column = 0;
	s.c = xalloc(sizeof(*s.c));
	s.c->dst = -1;
	if (zone_load(zone, &s.c->zone, &zone_error) < 0) {
		calendar_free(s.c);
		return err_set(e, zone_error.kind, "%.100s: %.200s",
		    zone != NULL ? zone : "local time", zone_error.text);
	}
	if (parse_all(&s, text) == 0) {
		*out = s.c;
		return 0;
	}
	if (s.fault != NULL)
		*column = column_of(s.text, s.fault);
	calendar_free(s.c);
	return -1;
}

int
calendar_parse(const char *text, const char *zone, struct calendar **out,
    struct err *e)
{
	size_t column;

	if (calendar_parse_at(text, zone, out, &column, e) == 0)
		return 0;
	return column == 0 ? -1 : err_wrap(e, "column %zu", column);
}

void
calendar_free(struct calendar *c)
{
	struct block *b;

	if (c == NULL)
		return;
	zone_free(c->zone);
	free(c->pattern);
	while ((b = c->blocks) != NULL) {
		c->blocks = b->next;
		free(b);
	}
	free(c);
}

const char *
calendar_normal(const struct calendar *c)
{
	return c->normal;
}
