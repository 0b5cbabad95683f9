#include <stdbool.h>
#include <string.h>

#include "conf/faults.h"
#include "conf/secret.h"
#include "conf/text.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define SAID_MAX	90	/* bytes of a word shown in a message */

size_t
conf_utf8(const char *s, size_t left, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t n, i;

	if (left == 0)
		return 0;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || left < n)
		return 0;
	*cp = p[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >> 11) == 0x1b)
		return 0;
	return n;
}

unsigned
conf_cells(uint32_t cp)
{
	static const uint32_t wide[][2] = {
		{ 0x1100, 0x115f }, { 0x2e80, 0xa4cf }, { 0xac00, 0xd7a3 },
		{ 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 },
		{ 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f }, { 0x1f900, 0x1f9ff },
		{ 0x20000, 0x3fffd },
	};
	size_t i;

	if ((cp >= 0x300 && cp <= 0x36f) || cp == 0x200d ||
	    (cp >= 0xfe00 && cp <= 0xfe0f))
		return 0;
	for (i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (cp >= wide[i][0] && cp <= wide[i][1])
			return 2;
	return 1;
}

unsigned
conf_chars(struct conf_slice s, size_t offset)
{
	unsigned n = 0;
	size_t i, step;
	uint32_t cp;

	for (i = 0; i < offset && i < s.len; i += step ? step : 1, n++)
		step = conf_utf8(s.p + i, s.len - i, &cp);
	return n;
}

size_t
conf_offset(struct conf_slice s, unsigned chars)
{
	size_t i = 0, step;
	uint32_t cp;

	for (; chars > 0 && i < s.len; chars--) {
		step = conf_utf8(s.p + i, s.len - i, &cp);
		i += step ? step : 1;
	}
	return i;
}

/* Would this character move the cursor or turn the text around? */
static bool
steers(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
	    (cp >= 0x200e && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	    (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
}

void
conf_add_clean(struct buf *b, const char *s, size_t len)
{
	size_t i, step;
	uint32_t cp;

	for (i = 0; i < len; i += step ? step : 1) {
		step = conf_utf8(s + i, len - i, &cp);
		if (step == 0 || (steers(cp) && cp != '\t'))
			buf_addc(b, '?');
		else if (cp == '\t')
			buf_addc(b, ' ');
		else
			buf_add(b, s + i, step);
	}
}

struct conf_said
conf_said(const char *text)
{
	CLEAN_FREE char *shown = xstrdup(text);
	CLEAN_BUF struct buf b = {0};
	struct conf_said said;
	size_t len = strlen(text), cut = len, from, to;

	if (conf_secret_part(text, len, &from, &to))
		memset(shown + from, '*', to - from);
	if (len > SAID_MAX) {
		cut = SAID_MAX;
		while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
			cut--;
	}
	buf_addc(&b, '\'');
	conf_add_clean(&b, shown, cut);
	buf_adds(&b, cut < len ? "...'" : "'");
	memcpy(said.s, buf_str(&b), b.len + 1);
	return said;
}
