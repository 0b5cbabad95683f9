/*
 * calendar_vocab.c -- the words, and which of them was probably meant.
 */
#include <ctype.h>
#include <string.h>

#include "schedule/calendar_words.h"

#define WORD_MAX	16

static const char *const weekdays[] = {
	"monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
	"sunday"
};

static const char *const months[] = {
	"january", "february", "march", "april", "may", "june", "july",
	"august", "september", "october", "november", "december"
};

/* Words that make a text one of plain words. */
static const char *const words[] = {
	"every", "each", "other", "at", "on", "of", "in", "the", "and", "to",
	"through", "second", "seconds", "minute", "minutes", "min", "hour",
	"hours", "day", "days", "week", "weeks", "month", "months", "quarter",
	"quarters", "year", "years", "weekday", "weekdays", "workday",
	"workdays", "weekend", "weekends", "noon", "midnight", "am", "pm",
	"first", "third", "fourth", "fifth", "last", "never",
};

static const struct {
	const char *word, *text;
} shorthands[] = {
	{ "minutely", "*-*-* *:*:00" },
	{ "hourly", "*-*-* *:00:00" },
	{ "daily", "*-*-* 00:00:00" },
	{ "weekly", "Mon *-*-* 00:00:00" },
	{ "monthly", "*-*-01 00:00:00" },
	{ "quarterly", "*-01,04,07,10-01 00:00:00" },
	{ "semiannually", "*-01,07-01 00:00:00" },
	{ "semi-annually", "*-01,07-01 00:00:00" },
	{ "biannually", "*-01,07-01 00:00:00" },
	{ "bi-annually", "*-01,07-01 00:00:00" },
	{ "annually", "*-01-01 00:00:00" },
	{ "anually", "*-01-01 00:00:00" },	/* systemd takes it as well */
	{ "yearly", "*-01-01 00:00:00" },
};

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

static int
find_name(const char *const *names, size_t n, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((len == 3 || len == strlen(names[i])) &&
		    strncasecmp(names[i], name, len) == 0)
			return (int)i;
	return -1;
}

int
weekday_of(const char *name, size_t len)
{
	return find_name(weekdays, COUNT(weekdays), name, len);
}

int
month_of(const char *name, size_t len)
{
	return find_name(months, COUNT(months), name, len);
}

const char *
shorthand_text(const char *word)
{
	size_t i;

	for (i = 0; i < COUNT(shorthands); i++)
		if (strcasecmp(shorthands[i].word, word) == 0)
			return shorthands[i].text;
	return NULL;
}

static size_t
letters_at(const char *at)
{
	size_t n = 0;

	while (isalpha((unsigned char)at[n]))
		n++;
	return n;
}

int
words_hold(const char *at)
{
	size_t i, len = letters_at(at);

	if (month_of(at, len) >= 0)
		return 1;
	for (i = 0; i < COUNT(words); i++)
		if (len > 0 && len == strlen(words[i]) &&
		    strncasecmp(words[i], at, len) == 0)
			return 1;
	return 0;
}

int
words_weekday_first(const char *at)
{
	size_t len = letters_at(at);

	return weekday_of(at, len) >= 0 && strchr("-., ", at[len]) != NULL;
}

/* How many letters must be changed, added or taken away (Levenshtein). */
static size_t
distance(const char *a, size_t n, const char *b)
{
	size_t row[WORD_MAX + 1], m = strlen(b), i, j, corner, cost;

	for (j = 0; j <= m; j++)
		row[j] = j;
	for (i = 1; i <= n; i++) {
		corner = row[0];
		row[0] = i;
		for (j = 1; j <= m; j++) {
			cost = corner + (tolower((unsigned char)a[i - 1]) !=
			    b[j - 1]);
			corner = row[j];
			if (row[j] + 1 < cost)
				cost = row[j] + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			row[j] = cost;
		}
	}
	return row[m];
}

static void
consider(const char *at, size_t len, const char *known, size_t *best,
    const char **near)
{
	size_t d;

	if (strlen(known) > WORD_MAX)
		return;
	/* The beginning of a word is as near as one slip. */
	d = strncasecmp(at, known, len) == 0 && known[len] != '\0' ? 1 :
	    distance(at, len, known);
	if (d > 0 && d < *best) {
		*best = d;
		*near = known;
	}
}

/* One slip in a short word, two in a longer one. */
const char *
words_near(const char *at)
{
	size_t len = letters_at(at), best = len > 5 ? 3 : 2, i;
	const char *near = NULL;

	if (len < 3 || len > WORD_MAX)
		return NULL;
	for (i = 0; i < COUNT(weekdays); i++)
		consider(at, len, weekdays[i], &best, &near);
	for (i = 0; i < COUNT(words); i++)
		consider(at, len, words[i], &best, &near);
	for (i = 0; i < COUNT(shorthands); i++)
		consider(at, len, shorthands[i].word, &best, &near);
	for (i = 0; i < COUNT(months); i++)
		consider(at, len, months[i], &best, &near);
	return near;
}
