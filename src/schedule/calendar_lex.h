#ifndef SCHEDULE_CALENDAR_LEX_H
#define SCHEDULE_CALENDAR_LEX_H

#include <stddef.h>

#include "schedule/calendar_phrase.h"

/*
 * The tokens of plain words, and what a token may stand for.  A value; the
 * text must outlive it.  Upper and lower case are the same.
 */
enum kind {
	END, WORD, NUMBER, ORDINAL, TIME, PAST, COMMA, DASH, UNKNOWN
};

struct token {
	enum kind	 kind;
	const char	*at;
	size_t		 len;
	int		 value;		/* NUMBER, ORDINAL; TIME: seconds; PAST */
};

/* The token behind this one; {.at = text} is before the first. */
struct token token_after(struct token t);

int token_is(const struct token *t, const char *word);

/* 0 = Monday, "mondays" as well; 1 = January; 1..31 and 0 = last; or -1. */
int token_weekday(const struct token *t);
int token_month(const struct token *t);
int token_ordinal(const struct token *t);

/* "hour", "hours", "h"; and "hourly". */
enum unit token_unit(const struct token *t);
enum unit token_often(const struct token *t);

#endif
