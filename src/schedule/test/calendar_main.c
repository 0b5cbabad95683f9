/*
 * calendar_main.c -- calendars for a test to ask.
 *
 * Reads lines EXPRESSION<TAB>FROM<TAB>N, FROM in seconds since 1970, and
 * answers each with one line: the normal form, and up to N instants as
 * MICROSECONDS=FORMATTED, "never" behind the last one if there are fewer, all
 * parted by tabs; or "error" and the message.  The local zone is $TZ.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schedule/calendar.h"
#include "util/clean.h"
#include "util/err.h"

static void
answer(const char *text, int64_t from, long n)
{
	struct calendar *c;
	struct err e = {0};
	char buf[CALENDAR_FORMAT_MAX];
	int64_t t = from * 1000000;

	if (calendar_parse(text, NULL, &c, &e) < 0) {
		printf("error\t%s\n", e.text);
		return;
	}
	printf("%s", calendar_normal(c));
	for (; n > 0; n--) {
		if (!calendar_next(c, t, &t)) {
			printf("\tnever");
			break;
		}
		printf("\t%lld=%s", (long long)t, calendar_format(c, t, buf));
	}
	printf("\n");
	calendar_free(c);
}

int
main(void)
{
	CLEAN_FREE char *line = NULL;
	char *from, *n;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if ((n = strrchr(line, '\t')) == NULL)
			return 2;
		*n++ = '\0';
		if ((from = strrchr(line, '\t')) == NULL)
			return 2;
		*from++ = '\0';
		answer(line, strtoll(from, NULL, 10), strtol(n, NULL, 10));
	}
	return 0;
}
