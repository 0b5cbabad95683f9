/* report_svg.c -- drawings of a report. */
#include <string.h>
#include <time.h>

#include "job/report_svg.h"
#include "util/buf.h"
#include "util/quote.h"
#include "util/size.h"
#include "util/time.h"
#include "util/unicode.h"

#define WIDTH		720
#define LABEL		250	/* room for names */
#define VALUE		165	/* room for sizes */
#define LINE		24
#define SHOWN		29	/* characters of a name */
#define CHART		170	/* height of a chart's field */
#define LEFT		70	/* room for its scale */
#define BELOW		50	/* room under it: dots, dates */

void
svg_text(struct buf *out, const char *s)
{
	CLEAN_BUF struct buf b = {0};
	const char *p;

	quote_text(&b, s, strlen(s));
	for (p = buf_str(&b); *p != '\0'; p++)
		if (*p == '&')
			buf_adds(out, "&amp;");
		else if (*p == '<')
			buf_adds(out, "&lt;");
		else if (*p == '>')
			buf_adds(out, "&gt;");
		else if (*p == '"')
			buf_adds(out, "&quot;");
		else if (*p == '\'')
			buf_adds(out, "&#39;");
		else
			buf_addc(out, *p);
}

/* The end of a name tells more than its beginning. */
static void
short_text(struct buf *out, const char *s)
{
	size_t len = strlen(s), chars = 0, n;
	const char *p;
	uint32_t cp;

	for (p = s; (n = utf8_next(p, len - (size_t)(p - s), &cp)) > 0; p += n)
		chars++;
	for (p = s; chars > SHOWN; chars--)
		p += utf8_next(p, len - (size_t)(p - s), &cp);
	if (p != s)
		buf_adds(out, "\xe2\x80\xa6");
	svg_text(out, p);
}

static void
begin(struct buf *out, const char *title, int height)
{
	buf_addf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"",
	    WIDTH, height);
	svg_text(out, title);
	buf_adds(out, "\">\n");
}

static int
scaled(uint64_t value, uint64_t most, int room)
{
	int n = most == 0 ? 0 : (int)((double)value / (double)most * room + 0.5);

	return value > 0 && n < 1 ? 1 : n;
}

void
svg_bars(struct buf *out, const char *title, const struct report_list *l)
{
	uint64_t most = 0;
	size_t i;
	int y, room = WIDTH - LABEL - VALUE;

	for (i = 0; i < l->n; i++)
		if (l->v[i].s.bytes > most)
			most = l->v[i].s.bytes;
	begin(out, title, (int)l->n * LINE + 4);
	for (i = 0; i < l->n; i++) {
		int bar = scaled(l->v[i].s.bytes, most, room);

		y = (int)i * LINE;
		buf_addf(out, "<g><title>");
		svg_text(out, l->v[i].name);
		buf_addf(out, "</title><text class=\"name\" x=\"%d\" y=\"%d\">",
		    LABEL - 10, y + 17);
		short_text(out, l->v[i].name);
		buf_addf(out, "</text><rect class=\"field\" x=\"%d\" y=\"%d\" "
		    "width=\"%d\" height=\"14\" rx=\"3\"/>", LABEL, y + 5, room);
		if (bar > 0)
			buf_addf(out, "<rect class=\"bar\" x=\"%d\" y=\"%d\" "
			    "width=\"%d\" height=\"14\" rx=\"3\"/>", LABEL,
			    y + 5, bar);
		buf_addf(out, "<text class=\"value\" x=\"%d\" y=\"%d\">",
		    WIDTH - VALUE + 12, y + 17);
		size_print(out, l->v[i].s.bytes);
		if (l->v[i].s.files != 1)
			buf_addf(out, "<tspan class=\"dim\"> \xc2\xb7 %llu files"
			    "</tspan>", (unsigned long long)l->v[i].s.files);
		buf_adds(out, "</text></g>\n");
	}
	buf_adds(out, "</svg>\n");
}

/* A scale of three lines: nothing, half, most. */
static void
scale(struct buf *out, uint64_t most, int bytes)
{
	int i, y;

	for (i = 0; i <= 2; i++) {
		uint64_t value = most / 2 * (uint64_t)i;

		if (i == 2)
			value = most;
		y = 10 + CHART - CHART / 2 * i;
		buf_addf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%d\" "
		    "y2=\"%d\"/><text class=\"name dim\" x=\"%d\" y=\"%d\">", LEFT,
		    WIDTH, y, y, LEFT - 8, y + 4);
		if (bytes)
			size_print(out, value);
		else
			buf_addf(out, "%llu", (unsigned long long)value);
		buf_adds(out, "</text>\n");
	}
}

static void
date(struct buf *out, int64_t at, int x, const char *anchor)
{
	char text[16];
	struct tm tm;

	time_to_tm(at, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	buf_addf(out, "<text class=\"dim\" text-anchor=\"%s\" x=\"%d\" y=\"%d\">"
	    "%s</text>\n", anchor, x, CHART + 42, text);
}

/* One piece of a column; where the next one stands. */
static int
piece(struct buf *out, const char *class, uint64_t value, uint64_t most, int x,
    int width, int y)
{
	int h = scaled(value, most, CHART);

	if (h == 0)
		return y;
	if (h > y - 10)			/* one that was made to be seen */
		h = y - 10;
	buf_addf(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" "
	    "height=\"%d\"/>", class, x, y - h, width, h);
	return y - h;
}

void
svg_days(struct buf *out, const char *title, const struct report_day *d,
    size_t n)
{
	int step = (WIDTH - LEFT) / (int)n, y;
	uint64_t most = 1, all;
	char text[16];
	struct tm tm;
	size_t i;

	for (i = 0; i < n; i++) {
		all = d[i].sorted + d[i].put_away + d[i].failed;
		most = all > most ? all : most;
	}
	begin(out, title, CHART + BELOW);
	scale(out, most, 0);
	for (i = 0; i < n; i++) {
		int x = LEFT + (int)i * step + 2;

		time_to_tm(d[i].at, &tm);
		strftime(text, sizeof(text), "%Y-%m-%d", &tm);
		buf_addf(out, "<g><title>%s: %llu sorted, %llu put away, %llu "
		    "failed, %llu backups</title>", text,
		    (unsigned long long)d[i].sorted,
		    (unsigned long long)d[i].put_away,
		    (unsigned long long)d[i].failed,
		    (unsigned long long)d[i].backups);
		y = piece(out, "bar", d[i].sorted, most, x, step - 4,
		    10 + CHART);
		y = piece(out, "second", d[i].put_away, most, x, step - 4, y);
		piece(out, "bad", d[i].failed, most, x, step - 4, y);
		if (d[i].backups > 0)
			buf_addf(out, "<circle class=\"dot\" cx=\"%d\" cy=\"%d\" "
			    "r=\"3\"/>", x + (step - 4) / 2, CHART + 19);
		buf_adds(out, "</g>\n");
	}
	date(out, d[0].at, LEFT, "start");
	date(out, d[n - 1].at, WIDTH, "end");
	buf_adds(out, "</svg>\n");
}

static int
x_of(const struct report_point *p, size_t n, size_t i)
{
	double all = (double)(p[n - 1].at - p[0].at);

	return LEFT + (all <= 0 ? 0 : (int)((double)(p[i].at - p[0].at) / all *
	    (WIDTH - LEFT - 6)));
}

void
svg_growth(struct buf *out, const char *title, const struct report_point *p,
    size_t n)
{
	uint64_t most = 1;
	size_t i;

	for (i = 0; i < n; i++)
		most = p[i].s.bytes > most ? p[i].s.bytes : most;
	begin(out, title, CHART + BELOW);
	scale(out, most, 1);
	buf_addf(out, "<polygon class=\"area\" points=\"%d,%d", x_of(p, n, 0),
	    10 + CHART);
	for (i = 0; i < n; i++)
		buf_addf(out, " %d,%d", x_of(p, n, i),
		    10 + CHART - scaled(p[i].s.bytes, most, CHART));
	buf_addf(out, " %d,%d\"/>\n<polyline class=\"line\" points=\"",
	    x_of(p, n, n - 1), 10 + CHART);
	for (i = 0; i < n; i++)
		buf_addf(out, "%s%d,%d", i ? " " : "", x_of(p, n, i),
		    10 + CHART - scaled(p[i].s.bytes, most, CHART));
	buf_addf(out, "\"/>\n<circle class=\"dot\" cx=\"%d\" cy=\"%d\" r=\"4\"/>\n",
	    x_of(p, n, n - 1),
	    10 + CHART - scaled(p[n - 1].s.bytes, most, CHART));
	date(out, p[0].at, LEFT, "start");
	date(out, p[n - 1].at, WIDTH, "end");
	buf_adds(out, "</svg>\n");
}
