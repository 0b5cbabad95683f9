/* mail_text.c -- a mail as RFC 5322 wants it. */
#include <string.h>
#include <time.h>

#include "net/mail.h"
#include "util/base64.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/unicode.h"

#define LINE_MAX_QP	76
#define WORD_BYTES	39	/* 52 letters of base64, in a line of 76 at most */
#define WORD_PLAIN	60	/* a longer one could not be folded */
#define ADDRESS_MAX	254

const char *
mail_address(const char *s, size_t *len)
{
	const char *open = strrchr(s, '<'), *end;

	if (open == NULL) {
		*len = strlen(s);
		return s;
	}
	end = strchrnul(open, '>');
	*len = (size_t)(end - open) - 1;
	return open + 1;
}

int
mail_check_address(const char *s, struct err *e)
{
	size_t len, i;
	const char *a = mail_address(s, &len), *at = memrchr(a, '@', len);

	for (i = 0; s[i] != '\0'; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return err_set(e, ERR_USAGE, "an address has no control "
			    "characters");
	if (strchr(s, '<') != NULL && (a[len] != '>' || a[len + 1] != '\0'))
		return err_set(e, ERR_USAGE, "it must be NAME@HOST or 'Name "
		    "<NAME@HOST>'");
	for (i = 0; i < len; i++)
		if ((unsigned char)a[i] >= 0x7f ||
		    strchr(" \"(),:;<>[\\]", a[i]) != NULL)
			return err_set(e, ERR_USAGE, "'%c' cannot stand in an "
			    "address", a[i] > 0 ? a[i] : '?');
	if (at == NULL || at == a || at + 1 == a + len || len > ADDRESS_MAX ||
	    memchr(a, '@', len) != at)
		return err_set(e, ERR_USAGE, "it must be NAME@HOST");
	return 0;
}

/* The text as UTF-8, what is none replaced, and what a header or a reader
 * could stumble over as a blank. */
static void
add_clean(struct buf *out, const char *s, int lines)
{
	size_t left = strlen(s), n;
	unsigned char c[4];
	uint32_t cp;

	for (; (n = utf8_next(s, left, &cp)) > 0; s += n, left -= n) {
		if (cp == UTF8_BAD)
			cp = UTF8_REPLACEMENT;
		else if (lines && (cp == '\n' || cp == '\t'))
			;
		else if (unicode_unsafe(cp))
			cp = ' ';
		buf_add(out, c, utf8_put(c, cp));
	}
}

static int
is_ascii(const struct buf *b)
{
	size_t i;

	for (i = 0; i < b->len; i++)
		if (b->data[i] >= 0x7f)
			return 0;
	return 1;
}

/* Encoded words of whole characters, a line each. */
static void
add_words(struct buf *out, const struct buf *text)
{
	size_t at = 0, n, k;
	uint32_t cp;

	while (at < text->len) {
		for (n = 0; at + n < text->len; n += k) {
			k = utf8_next(text->data + at + n, text->len - at - n,
			    &cp);
			if (n + k > WORD_BYTES)
				break;
		}
		buf_adds(out, at == 0 ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
		base64_add(out, text->data + at, n);
		buf_adds(out, "?=");
		at += n;
	}
}

/* Plain words, folded at blanks.  A word too long for a line is left so. */
static void
add_folded(struct buf *out, size_t used, const char *s)
{
	size_t n, column = used;

	while (*s != '\0') {
		n = strspn(s, " ");
		n += strcspn(s + n, " ");
		if (column + n > LINE_MAX_QP && *s == ' ' && s[n] != '\0') {
			buf_adds(out, "\r\n");
			column = 0;
		}
		buf_add(out, s, n);
		column += n;
		s += n;
	}
}

static void
add_header(struct buf *out, const char *name, const char *value)
{
	CLEAN_BUF struct buf b = {0};
	size_t i, word = 0;
	int plain;

	add_clean(&b, value, 0);
	while (b.len > 0 && b.data[b.len - 1] == ' ')
		b.len--;
	plain = is_ascii(&b);
	for (i = 0; plain && i < b.len; i++) {
		word = b.data[i] == ' ' ? 0 : word + 1;
		plain = word <= WORD_PLAIN &&
		    !(b.data[i] == '=' && i + 1 < b.len && b.data[i + 1] == '?');
	}
	buf_addf(out, "%s: ", name);
	if (plain)
		add_folded(out, strlen(name) + 2, buf_str(&b));
	else
		add_words(out, &b);
	buf_adds(out, "\r\n");
}

static void
add_address(struct buf *out, const char *s)
{
	CLEAN_BUF struct buf name = {0}, raw = {0};
	size_t len, i;
	const char *a = mail_address(s, &len);

	if (a != s)
		buf_add(&raw, s, (size_t)(a - 1 - s));
	while (raw.len > 0 && (raw.data[raw.len - 1] == ' ' ||
	    raw.data[raw.len - 1] == '"'))
		raw.len--;
	for (i = 0; i < raw.len && (raw.data[i] == '"' || raw.data[i] == ' ');)
		i++;
	add_clean(&name, buf_str(&raw) + i, 0);
	if (name.len > 0 && is_ascii(&name)) {
		buf_addc(out, '"');
		for (i = 0; i < name.len; i++) {
			if (name.data[i] == '"' || name.data[i] == '\\')
				buf_addc(out, '\\');
			buf_addc(out, (char)name.data[i]);
		}
		buf_adds(out, "\" ");
	} else if (name.len > 0) {
		add_words(out, &name);
		buf_adds(out, "\r\n ");
	}
	buf_addc(out, '<');
	buf_add(out, a, len);
	buf_addc(out, '>');
}

/* "Sun, 22 Nov 2026 01:00:00 +0000", never in another language. */
static void
add_date(struct buf *out, int64_t us)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)(us / 1000000);
	struct tm tm;

	gmtime_r(&t, &tm);
	buf_addf(out, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n",
	    days + (ptrdiff_t)3 * tm.tm_wday, tm.tm_mday,
	    months + (ptrdiff_t)3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
}

/* Quoted-printable (RFC 2045, 6.7): blanks before a line's end are escaped,
 * and so is a leading "From ", which old mailboxes would change. */
static void
add_quoted(struct buf *out, const struct buf *text)
{
	size_t i, column = 0;
	unsigned char c;
	int last, plain;

	for (i = 0; i < text->len; i++) {
		c = text->data[i];
		if (c == '\n') {
			buf_adds(out, "\r\n");
			column = 0;
			continue;
		}
		last = i + 1 == text->len || text->data[i + 1] == '\n';
		plain = (c > ' ' && c < 0x7f && c != '=') ||
		    ((c == ' ' || c == '\t') && !last);
		if (column == 0 && (c == 'F' || c == '.'))
			plain = 0;
		if (column + (plain ? 1 : 3) > LINE_MAX_QP - 1) {
			buf_adds(out, "=\r\n");
			column = 0;
		}
		if (plain)
			buf_addc(out, (char)c);
		else
			buf_addf(out, "=%02X", c);
		column += plain ? 1 : 3;
	}
	buf_adds(out, "\r\n");
}

void
mail_print(const struct mail *m, struct buf *out)
{
	CLEAN_BUF struct buf body = {0};
	const char *const *to, *from, *at;
	size_t len;

	from = mail_address(m->from, &len);
	at = memchr(from, '@', len);
	add_date(out, m->date);
	buf_adds(out, "From: ");
	add_address(out, m->from);
	buf_adds(out, "\r\nTo: ");
	for (to = m->to; *to != NULL; to++) {
		buf_adds(out, to == m->to ? "" : ",\r\n ");
		add_address(out, *to);
	}
	buf_adds(out, "\r\n");
	add_header(out, "Subject", m->subject);
	buf_addf(out, "Message-ID: <%s%.*s>\r\n", m->id, at != NULL ?
	    (int)(from + len - at) : 0, at != NULL ? at : "");
	buf_adds(out, "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=UTF-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "X-Mailer: fettle " FETTLE_VERSION "\r\n\r\n");
	add_clean(&body, m->body, 1);
	while (body.len > 0 && body.data[body.len - 1] == '\n')
		body.len--;
	add_quoted(out, &body);
}
