/* span.c -- restic's durations, "1y5m7d2h". */
#include <stdio.h>
#include <string.h>

#include "keep/keep.h"
#include "util/err.h"

/* One number and its unit at *p, which moves behind them. */
static int
one(const char **p, struct keep_span *s, struct err *e)
{
	const char *q = *p;
	int n = 0, *field;

	if (*q < '0' || *q > '9')
		return err_set(e, ERR_USAGE,
		    "a span is written like 1y5m7d2h: no number at '%.20s'", q);
	for (; *q >= '0' && *q <= '9'; q++) {
		n = n * 10 + (*q - '0');
		if (n > KEEP_SPAN_MAX)
			return err_set(e, ERR_USAGE,
			    "a number in a span is above %d", KEEP_SPAN_MAX);
	}
	switch (*q) {
	case 'y':
		field = &s->years;
		break;
	case 'm':
		field = &s->months;
		break;
	case 'd':
		field = &s->days;
		break;
	case 'h':
		field = &s->hours;
		break;
	default:
		return err_set(e, ERR_USAGE, "a span is written like "
		    "1y5m7d2h: no y, m, d or h after %d", n);
	}
	*field = n;
	*p = q + 1;
	return 0;
}

int
keep_span_parse(const char *text, struct keep_span *out, struct err *e)
{
	static const char blank[] = " \t\r\n";
	struct keep_span s = {0};
	const char *p = text + strspn(text, blank);

	while (*p != '\0' && p[strspn(p, blank)] != '\0')
		if (one(&p, &s, e) < 0)
			return -1;
	*out = s;
	return 0;
}

void
keep_span_text(const struct keep_span *s, char out[KEEP_SPAN_TEXT])
{
	const struct {
		int	 n;
		char	 unit;
	} parts[] = {
		{ s->years, 'y' }, { s->months, 'm' }, { s->days, 'd' },
		{ s->hours, 'h' },
	};
	size_t i, len = 0;

	out[0] = '\0';
	for (i = 0; i < 4; i++)
		if (parts[i].n != 0)
			len += (size_t)snprintf(out + len, KEEP_SPAN_TEXT - len,
			    "%d%c", parts[i].n, parts[i].unit);
}
