/*
 * scan.c -- the bytes of a file, before anybody asks what they mean.
 *
 * libyaml stops at the first bad byte and counts U+0085, U+2028 and U+2029 as
 * line breaks, which no editor does: every line number behind one would be
 * wrong.  So all of that is refused here, each line once.
 */
#include <string.h>

#include "conf/faults.h"
#include "conf/source.h"

#define TOLD_MAX	20	/* one broken file is told in one screen */
#define TAGS_MAX	8	/* %TAG lines: libyaml's time is their square */

struct scan {
	struct conf_faults	*f;
	struct conf_mark	 at;
	unsigned		 told_line, told, tags;
};

static void
tell(struct scan *c, const char *what, uint32_t code, const char *expected)
{
	bool byte;

	if (c->at.line == c->told_line || c->told == TOLD_MAX)
		return;
	c->told_line = c->at.line;
	c->told++;
	byte = strstr(what, "byte") != NULL;
	conf_expected(conf_fault(c->f, &c->at, byte ? "%s (0x%02X)" :
	    "%s (U+%04X)", what, code), "%s", expected);
}

/* The character of step bytes (0: broken) at p; is it refused? */
static bool
refused(struct scan *c, const char *p, size_t step, uint32_t cp)
{
	if (step == 0)
		tell(c, "a byte that is not UTF-8", (unsigned char)*p,
		    "a file saved as UTF-8");
	else if (cp == 0)
		tell(c, "a NUL byte", 0, "text");
	else if (cp == 0x85 || cp == 0x2028 || cp == 0x2029)
		tell(c, "an invisible line break", cp,
		    "a plain line break, or \"\\u2028\" in double quotes");
	else if (cp == 0xfeff || (cp & 0xfffe) == 0xfffe)
		tell(c, "an invisible mark in the text", cp, "nothing there");
	else if ((cp < 0x20 && strchr("\t\n\r", (int)cp) == NULL) ||
	    (cp >= 0x7f && cp < 0xa0))
		tell(c, "a control character", cp,
		    "\"\\x1b\" in double quotes, if it is meant");
	else
		return false;
	return true;
}

/* Text as Windows once saved it: every second byte of it is NUL. */
static bool
is_utf16(const char *p, size_t len)
{
	if (len < 2)
		return false;
	return memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0 ||
	    (p[0] == '\0') != (p[1] == '\0');
}

int
conf_source_scan(struct conf_source *s, struct conf_faults *f)
{
	struct scan c = { .f = f, .at = { s, 1, 1, 1 } };
	const char *p = (const char *)s->text.data, *end = p + s->text.len;
	size_t step;
	uint32_t cp;
	int r = 0;

	if (is_utf16(p, s->text.len)) {
		c.at.line = 0;
		conf_expected(conf_fault(f, &c.at, "this file is UTF-16"),
		    "a file saved as UTF-8");
		return -1;
	}
	for (; p < end; p += step ? step : 1) {
		if (c.at.column == 1 && *p == '%' && ++c.tags > TAGS_MAX) {
			conf_fault(f, &c.at, "too many lines begin with '%%'");
			return -1;
		}
		step = conf_utf8(p, (size_t)(end - p), &cp);
		if (refused(&c, p, step, step ? cp : 0))
			r = -1;
		c.at.column++;
		if (*p == '\n' || (*p == '\r' && (p + 1 == end || p[1] != '\n'))) {
			c.at.line++;
			c.at.column = 1;
		}
	}
	return r;
}
