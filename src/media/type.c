/*
 * type.c -- signatures first, since they are sure; then containers, which have
 * to be looked into; then text.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "media/type.h"
#include "media/type_table.h"
#include "util/unicode.h"

static int
has(const unsigned char *b, size_t len, size_t at, const char *what)
{
	size_t n = strlen(what);

	return at + n <= len && memcmp(b + at, what, n) == 0;
}

/* ---- containers ---- */

static const struct type *
zip_member(const char *name, size_t n, const unsigned char *data, size_t len)
{
	static const struct { const char *start; const char *ext; } starts[] = {
		{ "word/", "docx" }, { "xl/", "xlsx" }, { "ppt/", "pptx" },
		{ "visio/", "vsdx" }, { "AndroidManifest.xml", "apk" },
		{ "classes.dex", "apk" }, { "META-INF/", "jar" },
		{ "doc.kml", "kmz" }, { "3D/", "3mf" },
	};
	const struct type *t = NULL;

	/* OpenDocument and EPUB say it in a first member of its own. */
	if (n == 8 && memcmp(name, "mimetype", 8) == 0)
		t = type_by_mime((const char *)data, len);
	for (size_t i = 0; t == NULL && i < sizeof(starts) /
	    sizeof(starts[0]); i++) {
		size_t k = strlen(starts[i].start);

		if (n >= k && memcmp(name, starts[i].start, k) == 0)
			t = type_by_ext(starts[i].ext);
	}
	return t;
}

static size_t
le(const unsigned char *b, int n)
{
	size_t v = 0;

	while (n-- > 0)
		v = v << 8 | b[n];
	return v;
}

/* The local headers that lie in the head, one behind the other. */
static const struct type *
zip_type(const unsigned char *b, size_t len)
{
	const struct type *t = NULL, *jar = NULL;
	size_t at = 0;

	while (t == NULL && at + 30 <= len && has(b, len, at, "PK\3\4")) {
		size_t size = le(b + at + 18, 4), name = le(b + at + 26, 2),
		    data = at + 30 + name + le(b + at + 28, 2);

		if (at + 30 + name > len)
			break;
		t = zip_member((const char *)b + at + 30, name, data < len ?
		    b + data : b, data >= len ? 0 : size < len - data ? size :
		    len - data);
		/* Office writes META-INF, too; what follows decides. */
		if (t != NULL && strcmp(t->ext, "jar") == 0) {
			jar = t;
			t = NULL;
		}
		at = data + size;
		if (size == 0 && (b[6] & 8) != 0)
			break;
	}
	if (t == NULL && has(b, len, 30, "[Content_Types].xml"))
		t = type_by_ext("ooxml");
	return t != NULL ? t : jar != NULL ? jar : type_by_ext("zip");
}

static const struct type *
bmff_type(const unsigned char *b, size_t len)
{
	static const struct { const char *brand, *ext; } brands[] = {
		{ "heic", "heic" }, { "heix", "heic" }, { "hevc", "heic" },
		{ "heim", "heic" }, { "heis", "heic" }, { "mif1", "heif" },
		{ "msf1", "heif" }, { "avif", "avif" }, { "avis", "avif" },
		{ "crx ", "cr3" }, { "qt  ", "mov" }, { "M4A ", "m4a" },
		{ "M4B ", "m4a" }, { "M4P ", "m4a" }, { "M4V ", "m4v" },
		{ "3gp", "3gp" }, { "3g2", "3g2" }, { "jp2 ", "jp2" },
	};

	for (size_t i = 0; i < sizeof(brands) / sizeof(brands[0]); i++)
		if (has(b, len, 8, brands[i].brand))
			return type_by_ext(brands[i].ext);
	return type_by_ext("mp4");
}

static const struct type *
ogg_type(const unsigned char *b, size_t len)
{
	if (has(b, len, 28, "OpusHead"))
		return type_by_ext("opus");
	if (has(b, len, 28, "\x80theora"))
		return type_by_ext("ogv");
	return type_by_ext("ogg");
}

static const struct type *
container(const unsigned char *b, size_t len)
{
	if (has(b, len, 0, "PK\3\4"))
		return zip_type(b, len);
	if (has(b, len, 4, "ftyp"))
		return bmff_type(b, len);
	if (has(b, len, 4, "moov") || has(b, len, 4, "mdat"))
		return type_by_ext("mov");
	if (has(b, len, 0, "OggS"))
		return ogg_type(b, len);
	if (has(b, len, 0, "RIFF"))
		return type_by_ext(has(b, len, 8, "WEBP") ? "webp" :
		    has(b, len, 8, "WAVE") ? "wav" :
		    has(b, len, 8, "AVI ") ? "avi" : "riff");
	if (has(b, len, 0, "\x1a\x45\xdf\xa3"))
		return type_by_ext(memmem(b, len < 64 ? len : 64, "webm", 4) !=
		    NULL ? "webm" : "mkv");
	if (has(b, len, 0, "II*") && has(b, len, 8, "CR"))
		return type_by_ext("cr2");
	return NULL;
}

/* ---- text ---- */

/* Bytes that no text has: controls but for bell to return and escape, and DEL. */
static const unsigned char no_text[256] = {
	1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1,
	[0x7f] = 1,
};

int
type_is_text(const void *head, size_t len)
{
	const unsigned char *b = head;

	if (len >= 2 && ((b[0] == 0xff && b[1] == 0xfe) ||
	    (b[0] == 0xfe && b[1] == 0xff)))
		return 1;
	for (size_t i = 0; i < len; i++)
		if (no_text[b[i]])
			return 0;
	return len > 0;
}

/* Does it begin so, behind blanks and a mark, without case? */
static int
begins(const unsigned char *b, size_t len, const char *what)
{
	size_t i = len >= 3 && memcmp(b, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (i < len && (b[i] == ' ' || (b[i] >= 9 && b[i] <= 13)))
		i++;
	return strlen(what) <= len - i &&
	    strncasecmp((const char *)b + i, what, strlen(what)) == 0;
}

static const struct type *
text_type(const unsigned char *b, size_t len)
{
	static const struct { const char *start, *ext; } starts[] = {
		{ "<!doctype html", "html" }, { "<html", "html" },
		{ "<svg", "svg" }, { "<?php", "php" }, { "{\\rtf", "rtf" },
		{ "%!PS", "ps" }, { "BEGIN:VCARD", "vcf" },
		{ "BEGIN:VCALENDAR", "ics" }, { "#!", "sh" },
	};

	if (!type_is_text(b, len))
		return NULL;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (begins(b, len, starts[i].start))
			return type_by_ext(starts[i].ext);
	if (begins(b, len, "<?xml"))
		return type_by_ext(memmem(b, len, "<svg", 4) != NULL ? "svg" :
		    memmem(b, len, "<html", 5) != NULL ? "html" : "xml");
	if (begins(b, len, "From: ") || begins(b, len, "Return-Path: ") ||
	    begins(b, len, "Received: "))
		return type_by_ext("eml");
	return type_by_ext("txt");
}

const struct type *
type_of(const void *head, size_t len)
{
	const struct type *t;

	if (len == 0)
		return type_by_ext("");
	if ((t = container(head, len)) != NULL ||
	    (t = type_by_signature(head, len)) != NULL)
		return t;
	return text_type(head, len < TYPE_HEAD ? len : TYPE_HEAD);
}

int
type_of_file(int fd, const struct type **out)
{
	unsigned char head[TYPE_HEAD];
	ssize_t n;

	do {
		n = pread(fd, head, sizeof(head), 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	*out = type_of(head, (size_t)n);
	return 0;
}
