/*
 * calendar_words.c -- plain words.
 *
 *	text	= "never" | what { clause } | clause { clause }
 *	what	= ("every" | "each") [NUMBER | "other"] unit
 *		| ["every" | "each"] days | "every" "other" weekday | often
 *	unit	= second minute hour day week month quarter year, or plural,
 *		  or sec min h d w
 *	often	= hourly daily weekly monthly quarterly yearly ...
 *	clause	= ["at"] times | "on" days | "in" months | "every" ...
 *		| "of" ["the" | "every" | "each"] ("month" | months)
 *	times	= time { ("," | "and") ["at"] time }
 *	time	= 9:30, 21:30:15, 9am, 9:30 pm, noon, midnight;
 *		  after hours also minutes past them: :15
 *	days	= day { ("," | "and") day }
 *	day	= weekday ["to" weekday] | "weekdays" | "weekends"
 *		| ordinals [weekday | "day"] | ordinal month
 *		| "day" NUMBER | month [NUMBER | ordinal] | NUMBER month
 *	ordinals= ["the"] ordinal { ("," | "and") ["the"] ordinal }
 *	ordinal	= 1st, 22nd ..., first to fifth, last
 *
 * A word more or less is an error; so is what could mean two things: "at 9"
 * (9:00 or 9am), "every second monday" (of the month, or of two?).
 */
#include <string.h>

#include "schedule/calendar_impl.h"
#include "schedule/calendar_lex.h"
#include "schedule/calendar_phrase.h"
#include "schedule/calendar_words.h"

struct words {
	struct scan	*s;
	struct token	 t;		/* the next one */
	struct phrase	 ph;
};

static int
said(const struct words *w, const char *word)
{
	return token_is(&w->t, word);
}

static int
said_any(const struct words *w, const char *a, const char *b)
{
	return said(w, a) || said(w, b);
}

/* Take the token and go on to the next; returns 1. */
static int
next(struct words *w)
{
	w->t = token_after(w->t);
	return 1;
}

static int
unexpected(struct words *w, const char *expected)
{
	char word[SCAN_WORD_MAX];
	const char *near = words_near(w->t.at);

	if (w->t.kind == END)
		return scan_fail(w->s, w->t.at, "it ends where %s was expected",
		    expected);
	if (near != NULL && !words_hold(w->t.at))
		return scan_fail(w->s, w->t.at, "\"%s\" is not known; "
		    "did you mean \"%s\"?", scan_word(w->t.at, word), near);
	return scan_fail(w->s, w->t.at, "\"%s\" stands where %s was expected",
	    scan_word(w->t.at, word), expected);
}

/* "," and "and" between the members of a list, or both. */
static int
separator(struct words *w)
{
	int comma = w->t.kind == COMMA && next(w);

	return (said(w, "and") && next(w)) || comma;
}

static int
add_time(struct words *w)
{
	struct phrase *ph = &w->ph;
	int t = w->t.value;

	if (w->t.kind == PAST) {
		ph->past |= UINT64_C(1) << t;
		ph->past_at = w->t.at;
		return next(w);
	}
	if (said(w, "midnight"))
		t = 0;
	else if (said(w, "noon"))
		t = 12 * 3600;
	else if (w->t.kind != TIME)
		return unexpected(w, "a time such as 09:30, 9am or noon");
	if (ph->n_times == TIMES_MAX)
		return scan_fail(w->s, w->t.at, "more than %d times of day",
		    TIMES_MAX);
	ph->time[ph->n_times++] = t;
	ph->times_at = w->t.at;
	return next(w);
}

static int
parse_times(struct words *w)
{
	do {
		if (said(w, "at"))
			next(w);
		if (add_time(w) < 0)
			return -1;
	} while (separator(w));
	return 0;
}

/* A weekday, and the range it may begin; the week is round. */
static int
add_weekday(struct words *w)
{
	int day = token_weekday(&w->t), last = day;

	if (w->ph.nth != 0)
		return scan_fail(w->s, w->t.at, "say which one of the month, or "
		    "write two schedules");
	w->ph.weekdays_at = w->t.at;
	next(w);
	if (w->t.kind == DASH || said_any(w, "to", "through")) {
		next(w);
		if ((last = token_weekday(&w->t)) < 0)
			return unexpected(w, "the range's last weekday");
		next(w);
	}
	for (; day != last; day = (day + 1) % 7)
		w->ph.weekdays |= 1u << day;
	w->ph.weekdays |= 1u << last;
	return 1;
}

static int
add_weekdays(struct words *w, unsigned days)
{
	if (w->ph.nth != 0)
		return scan_fail(w->s, w->t.at, "write two schedules");
	w->ph.weekdays |= days;
	w->ph.weekdays_at = w->t.at;
	return next(w);
}

/* "january 1st": only one such date fits into a schedule. */
static int
add_date(struct words *w, const char *at, int month, int day)
{
	if (w->ph.months_at != NULL || w->ph.days_at != NULL)
		return scan_fail(w->s, at, "a second date; write two schedules");
	if (day < 1 || day > civil_month_days(2000, month))
		return scan_fail(w->s, at, "that month has no such day");
	w->ph.months |= 1u << month;
	w->ph.months_at = at;
	w->ph.days |= 1u << day;
	w->ph.days_at = at;
	return next(w);
}

/* The weekday behind "first", "second and fourth", "last". */
static int
add_nth(struct words *w, uint32_t ordinals, const char *at)
{
	unsigned weekday = 1u << token_weekday(&w->t);

	if (ordinals >> 6 != 0)
		return scan_fail(w->s, at, "a month has five of them at most");
	if (w->ph.weekdays_at != NULL &&
	    (w->ph.weekdays != weekday || w->ph.nth == 0))
		return scan_fail(w->s, at, "only one kind of weekday can be "
		    "counted; write two schedules");
	w->ph.nth |= ordinals;
	w->ph.weekdays = weekday;
	w->ph.weekdays_at = at;
	return next(w);
}

/* Bits of all ordinals of a list; 0 is last.  A list may go on otherwise. */
static uint32_t
take_ordinals(struct words *w)
{
	struct token before;
	uint32_t bits = 0;

	do {
		bits |= UINT32_C(1) << token_ordinal(&w->t);
		next(w);
		before = w->t;
		if (separator(w) && said(w, "the"))
			next(w);
	} while (before.at != w->t.at && token_ordinal(&w->t) >= 0);
	w->t = before;
	return bits;
}

/* "the first", "1st, 15th and last day", "first monday", "1st january" */
static int
add_ordinals(struct words *w, int subject)
{
	const char *at = w->t.at;
	int first = token_ordinal(&w->t);
	uint32_t bits = take_ordinals(w);
	int weekday = token_weekday(&w->t) >= 0, month = token_month(&w->t);

	if (subject && first > 1 && (weekday || said(w, "day")))
		w->ph.needs_of = at;
	if (weekday)
		return add_nth(w, bits, at);
	if (month > 0 && first > 0 && bits == UINT32_C(1) << first)
		return add_date(w, at, month, first);
	if (said(w, "day"))
		next(w);
	else if (bits & 1)
		return unexpected(w, "\"day\" or a weekday");
	w->ph.days |= bits & ~UINT32_C(1);
	w->ph.last_day |= (int)(bits & 1);
	w->ph.days_at = at;
	return 1;
}

/* "january", "january 1st", "december 24" */
static int
add_month(struct words *w)
{
	const char *at = w->t.at;
	int month = token_month(&w->t);

	next(w);
	if (w->t.kind == NUMBER || w->t.kind == ORDINAL)
		return add_date(w, at, month, w->t.value);
	w->ph.months |= 1u << month;
	w->ph.months_at = at;
	return 1;
}

/* "24 december" and "day 24" */
static int
add_number(struct words *w)
{
	struct token t = w->t, after = token_after(t);

	if (t.kind == NUMBER && token_month(&after) > 0) {
		w->t = after;
		return add_date(w, t.at, token_month(&after), t.value);
	}
	if (t.kind == NUMBER || after.kind != NUMBER)
		return unexpected(w, "a day such as 1st, monday or january 1st");
	if (after.value < 1 || after.value > 31)
		return scan_fail(w->s, after.at, "days go from 1 to 31");
	w->ph.days |= UINT32_C(1) << after.value;
	w->ph.days_at = t.at;
	w->t = after;
	return next(w);
}

static int
day_item(struct words *w, int subject)
{
	if (said(w, "the"))
		next(w);
	if (token_weekday(&w->t) >= 0)
		return add_weekday(w);
	if (said_any(w, "weekday", "weekdays") ||
	    said_any(w, "workday", "workdays"))
		return add_weekdays(w, 0x1f);
	if (said_any(w, "weekend", "weekends"))
		return add_weekdays(w, 0x60);
	if (token_ordinal(&w->t) >= 0)
		return add_ordinals(w, subject);
	if (token_month(&w->t) > 0)
		return add_month(w);
	if (w->t.kind == NUMBER || said(w, "day"))
		return add_number(w);
	return unexpected(w, subject ? "a unit such as day or 15 minutes, or a "
	    "weekday" : "a day such as monday, weekdays, 1st or last day");
}

static int
parse_days(struct words *w, int subject)
{
	do {
		if (day_item(w, subject) < 0)
			return -1;
	} while (separator(w));
	return 0;
}

static int
parse_months(struct words *w)
{
	do {
		if (token_month(&w->t) <= 0)
			return unexpected(w, "a month");
		w->ph.months |= 1u << token_month(&w->t);
		w->ph.months_at = w->t.at;
		next(w);
	} while (separator(w));
	return 0;
}

static int
parse_of(struct words *w)
{
	if (said(w, "the") || said_any(w, "every", "each"))
		next(w);
	w->ph.of_month = 1;
	return said(w, "month") ? next(w) : parse_months(w);
}

static int
set_unit(struct words *w, enum unit unit, int count, const char *at)
{
	w->ph.unit = unit;
	w->ph.count = count;
	w->ph.unit_at = at;
	return next(w);
}

/* "every other": day, week ..., or monday, which is every 2 weeks. */
static int
parse_other(struct words *w)
{
	const char *at = w->t.at;

	next(w);
	if (token_unit(&w->t) != UNIT_NONE)
		return set_unit(w, token_unit(&w->t), 2, at);
	if (token_weekday(&w->t) < 0)
		return unexpected(w, "a unit such as day or week, or a weekday");
	w->ph.unit = UNIT_WEEK;
	w->ph.count = 2;
	w->ph.unit_at = at;
	return add_weekday(w);
}

/* "every 15 minutes" */
static int
parse_count(struct words *w)
{
	struct token number = w->t;

	next(w);
	if (token_unit(&w->t) == UNIT_NONE)
		return unexpected(w, "a unit such as minutes, hours or days");
	if (number.value < 1)
		return scan_fail(w->s, number.at, "expected 1 or more");
	return set_unit(w, token_unit(&w->t), number.value, number.at);
}

/* What stands behind "every". */
static int
parse_every(struct words *w)
{
	struct token after = token_after(w->t);
	int counts_days = token_weekday(&after) >= 0 || token_is(&after, "day");

	if (said(w, "other"))
		return parse_other(w);
	if (w->t.kind == NUMBER && token_month(&after) < 0)
		return parse_count(w);
	/* "second" is a unit, but for "every second monday of the month". */
	if (token_unit(&w->t) != UNIT_NONE &&
	    !(said(w, "second") && counts_days))
		return set_unit(w, token_unit(&w->t), 1, w->t.at);
	return parse_days(w, 1);
}

static int
has_what(const struct phrase *ph)
{
	return ph->unit != UNIT_NONE || ph->weekdays_at != NULL ||
	    ph->days_at != NULL;
}

static int
parse_clause(struct words *w)
{
	if (said(w, "at") || w->t.kind == TIME || w->t.kind == PAST ||
	    said_any(w, "noon", "midnight"))
		return parse_times(w);
	if (said(w, "on"))
		return next(w), parse_days(w, 0);
	if (said(w, "in"))
		return next(w), parse_months(w);
	if (said(w, "of"))
		return next(w), parse_of(w);
	if (said_any(w, "every", "each") && !has_what(&w->ph))
		return next(w), parse_every(w);
	return unexpected(w, "\"at\" and a time, \"on\" and days, or the end");
}

static int
parse_what(struct words *w)
{
	struct token after = token_after(w->t);

	if (said_any(w, "every", "each"))
		return next(w), parse_every(w);
	if (token_often(&w->t) != UNIT_NONE)
		return set_unit(w, token_often(&w->t), 1, w->t.at);
	if (said_any(w, "at", "on") || said_any(w, "in", "of") ||
	    said_any(w, "noon", "midnight") || w->t.kind == TIME)
		return parse_clause(w);
	if (w->t.kind == NUMBER && token_unit(&after) != UNIT_NONE)
		return unexpected(w, "\"every\"");
	return parse_days(w, 1);
}

int
words_parse(struct scan *s)
{
	struct words w = { .s = s, .t = { .at = s->p } };

	next(&w);
	if (said(&w, "never")) {
		next(&w);
		return w.t.kind == END ? 0 : unexpected(&w, "the end");
	}
	if (parse_what(&w) < 0)
		return -1;
	while (w.t.kind != END)
		if (parse_clause(&w) < 0)
			return -1;
	return phrase_finish(s, &w.ph);
}
