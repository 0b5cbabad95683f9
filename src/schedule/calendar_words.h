#ifndef SCHEDULE_CALENDAR_WORDS_H
#define SCHEDULE_CALENDAR_WORDS_H

#include <stddef.h>

/* Words that the ways of writing share.  Upper and lower case are the same. */

/* Does a word of plain words stand here ("every", "at", "hours", "noon")? */
int words_hold(const char *at);
/* Does the text begin with a weekday as systemd writes it? */
int words_weekday_first(const char *at);

/* 0 = Monday and 1 = January by a name of len bytes, whole or of three; or -1. */
int weekday_of(const char *name, size_t len);
int month_of(const char *name, size_t len);

/* "hourly" and its like as systemd's expression, or NULL. */
const char *shorthand_text(const char *word);

/* The known word that this one comes near to, or NULL. */
const char *words_near(const char *at);

#endif
