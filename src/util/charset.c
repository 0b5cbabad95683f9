#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "util/buf.h"
#include "util/charset.h"
#include "util/err.h"

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ORDER	"BE"
#else
#define ORDER	"LE"
#endif

#define MARK_UTF8	"\xef\xbb\xbf"
#define PIECE		4096

/* Names of Python's that iconv does not have; '_' is '-' already. */
static const struct alias {
	const char *python, *iconv, *bare;	/* bare: without its mark */
} aliases[] = {
	{ "utf-8", "UTF-8", NULL },
	{ "utf8", "UTF-8", NULL },
	{ "u8", "UTF-8", NULL },
	{ "utf-8-sig", "UTF-8", "UTF-8" },
	{ "utf-16", "UTF-16", "UTF-16" ORDER },
	{ "utf16", "UTF-16", "UTF-16" ORDER },
	{ "utf-32", "UTF-32", "UTF-32" ORDER },
	{ "utf32", "UTF-32", "UTF-32" ORDER },
	{ "utf-16-le", "UTF-16LE", NULL },
	{ "utf-16-be", "UTF-16BE", NULL },
	{ "utf-32-le", "UTF-32LE", NULL },
	{ "utf-32-be", "UTF-32BE", NULL },
	{ "latin-1", "ISO-8859-1", NULL },
	{ "latin", "ISO-8859-1", NULL },
	{ "l1", "ISO-8859-1", NULL },
	{ "ascii", "ASCII", NULL },
	{ "us-ascii", "ASCII", NULL },
	{ "windows-1252", "CP1252", NULL },
};

/* The name as it is looked up: with '-', and nothing that means more to iconv
 * ("//TRANSLIT") or is no name. */
static int
tidy(const char *name, char out[CHARSET_NAME_MAX])
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++) {
		if (i + 1 == CHARSET_NAME_MAX || strchr("/,", name[i]) != NULL ||
		    (unsigned char)name[i] <= ' ')
			return -1;
		out[i] = name[i] == '_' ? '-' : name[i];
	}
	out[i] = '\0';
	return i > 0 ? 0 : -1;
}

static const struct alias *
alias_of(const char *name)
{
	char tidied[CHARSET_NAME_MAX];

	if (tidy(name, tidied) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcasecmp(aliases[i].python, tidied) == 0)
			return &aliases[i];
	return NULL;
}

/* gcc's analyzer takes iconv_open for a malloc, and wants (iconv_t)-1 closed. */
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

static iconv_t
open_it(const char *name, int mark)
{
	const struct alias *a = alias_of(name);
	char tidied[CHARSET_NAME_MAX], iso[CHARSET_NAME_MAX + 1];
	iconv_t to;

	if (a != NULL)
		return iconv_open(mark || a->bare == NULL ? a->iconv : a->bare,
		    "UTF-8");
	if (tidy(name, tidied) < 0)
		return (iconv_t)-1;
	to = iconv_open(tidied, "UTF-8");
	/* iso8859-15 */
	if (to != (iconv_t)-1 || strncasecmp(tidied, "iso8859", 7) != 0)
		return to;
	memcpy(iso, "ISO-", 4);
	memcpy(iso + 4, tidied + 3, strlen(tidied + 3) + 1);
	return iconv_open(iso, "UTF-8");
}

int
charset_is_known(const char *name)
{
	iconv_t to = open_it(name, 1);

	if (to == (iconv_t)-1)
		return 0;
	iconv_close(to);
	return 1;
}

int
charset_is_utf8(const char *name)
{
	const struct alias *a = alias_of(name);

	return a != NULL && a->bare == NULL && strcmp(a->iconv, "UTF-8") == 0;
}

int
charset_has_mark(const char *name)
{
	const struct alias *a = alias_of(name);

	return a != NULL && a->bare != NULL;
}

static int
convert(iconv_t to, const void *text, size_t len, struct buf *out)
{
	char *in = (char *)(uintptr_t)text, piece[PIECE];
	size_t left = len, r;
	int ends = 0;

	do {
		char *p = piece;
		size_t room = sizeof(piece);

		/* At the end encodings with states go back to the first. */
		ends = left == 0;
		r = ends ? iconv(to, NULL, NULL, &p, &room) :
		    iconv(to, &in, &left, &p, &room);
		buf_add(out, piece, sizeof(piece) - room);
		if (r == (size_t)-1 ? errno != E2BIG : r > 0)
			return -1;
	} while (!ends || r == (size_t)-1);
	return 0;
}

int
charset_encode(const char *name, const void *text, size_t len, int mark,
    struct buf *out, struct err *e)
{
	const struct alias *a = alias_of(name);
	iconv_t to = open_it(name, mark);
	size_t before = out->len;
	int r;

	if (to == (iconv_t)-1)
		return err_set(e, ERR_USAGE, "there is no encoding %.60s",
		    name);
	if (mark && a != NULL && a->bare != NULL &&
	    strcmp(a->iconv, "UTF-8") == 0)
		buf_adds(out, MARK_UTF8);
	r = convert(to, text, len, out);
	iconv_close(to);
	if (r == 0)
		return 0;
	out->len = before;
	return err_set(e, ERR_USAGE, "the text cannot be written in %.60s: it "
	    "has a character that is not in it", name);
}
