/*
 * What a file is: by its first bytes, and by its name as Python's mimetypes has
 * it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "media/names.h"
#include "media/test/made.h"
#include "media/type.h"
#include "testing/scratch.h"

static void
is(const void *data, size_t len, const char *mime)
{
	const struct type *t = type_of(data, len);

	if (t == NULL && mime != NULL)
		fail_msg("nothing, not %s", mime);
	else if (t != NULL && (mime == NULL || strcmp(t->mime, mime) != 0))
		fail_msg("%s, not %s", t->mime, mime != NULL ? mime :
		    "nothing");
}

#define IS(bytes, mime)	is(bytes, sizeof(bytes) - 1, mime)

static void
signatures_tell(void **state)
{
	(void)state;
	IS("\xff\xd8\xff\xe0", "image/jpeg");
	IS("\x89PNG\r\n\x1a\n....", "image/png");
	IS("GIF89a", "image/gif");
	IS("II*\0\x8\0\0\0", "image/tiff");
	IS("II*\0\x10\0\0\0CR\2\0", "image/x-canon-cr2");
	IS("IIRO\x8\0\0\0", "image/x-olympus-orf");
	IS("%PDF-1.7\n", "application/pdf");
	IS("\x1f\x8b\x8\0", "application/gzip");
	IS("\xfd" "7zXZ\0", "application/x-xz");
	IS("ID3\3\0\0\0", "audio/mpeg");
	IS("fLaC\0\0", "audio/flac");
	IS("SQLite format 3\0", "application/vnd.sqlite3");
	IS("\x7f" "ELF\2\1", "application/x-elf");
	IS("", "inode/x-empty");
	IS("\1\2\3\4", NULL);
}

static void
containers_are_looked_into(void **state)
{
	(void)state;
	IS("\0\0\0\x18" "ftypheic\0\0\0\0", "image/heic");
	IS("\0\0\0\x18" "ftypavif\0\0\0\0", "image/avif");
	IS("\0\0\0\x18" "ftypcrx \0\0\0\0", "image/x-canon-cr3");
	IS("\0\0\0\x18" "ftypqt  \0\0\0\0", "video/quicktime");
	IS("\0\0\0\x18" "ftypM4A \0\0\0\0", "audio/mp4");
	IS("\0\0\0\x18" "ftypisom\0\0\0\0", "video/mp4");
	IS("RIFF\0\0\0\0WEBPVP8 ", "image/webp");
	IS("RIFF\0\0\0\0WAVEfmt ", "audio/x-wav");
	IS("RIFF\0\0\0\0AVI LIST", "video/x-msvideo");
	IS("\x1a\x45\xdf\xa3\x93\x42\x82\x84webm", "video/webm");
	IS("\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska", "video/x-matroska");
	IS("OggS\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x13OpusHead",
	    "audio/opus");
}

static void
zip_member(struct buf *b, const char *name, const char *data)
{
	size_t n = strlen(data);

	buf_add(b, "PK\3\4", 4);
	le(b, 2, 20), le(b, 2, 0), le(b, 2, 0), le(b, 4, 0), le(b, 4, 0);
	le(b, 4, n), le(b, 4, n), le(b, 2, strlen(name)), le(b, 2, 0);
	buf_adds(b, name);
	buf_adds(b, data);
}

static void
zips_tell_by_their_members(void **state)
{
	static const struct { const char *first, *data, *second, *mime; } v[] = {
		{ "mimetype", "application/vnd.oasis.opendocument.text",
		    "content.xml", "application/vnd.oasis.opendocument.text" },
		{ "mimetype", "application/epub+zip", "x",
		    "application/epub+zip" },
		{ "[Content_Types].xml", "<x/>", "word/document.xml",
		    "application/vnd.openxmlformats-officedocument."
		    "wordprocessingml.document" },
		{ "[Content_Types].xml", "<x/>", "xl/workbook.xml",
		    "application/vnd.openxmlformats-officedocument."
		    "spreadsheetml.sheet" },
		{ "META-INF/MANIFEST.MF", "x", "a/B.class",
		    "application/java-archive" },
		{ "META-INF/MANIFEST.MF", "x", "classes.dex",
		    "application/vnd.android.package-archive" },
		{ "photo.jpg", "x", "other.jpg", "application/zip" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		CLEAN_BUF struct buf b = {0};

		zip_member(&b, v[i].first, v[i].data);
		zip_member(&b, v[i].second, "data");
		is(b.data, b.len, v[i].mime);
	}
}

static void
text_is_what_has_nothing_else_in_it(void **state)
{
	(void)state;
	IS("just words\n", "text/plain");
	IS("Gr\xfc\xdf" "e aus Latin-1", "text/plain");
	IS("\xff\xfeH\0i\0", "text/plain");
	IS("<!DOCTYPE html><p>", "text/html");
	IS("<?xml version='1.0'?><svg xmlns=''>", "image/svg+xml");
	IS("\xef\xbb\xbf<?xml version='1.0'?><a>", "text/xml");
	IS("#!/bin/sh\n", "text/x-shellscript");
	IS("BM is a text, too", "text/plain");
	IS("MZ, as well", "text/plain");
	IS("words\0and a NUL", NULL);
}

/* What python3's mimetypes.guess_type(name, strict=False)[0] says. */
static void
names_tell_as_python_has_them(void **state)
{
	static const struct { const char *name, *mime; } v[] = {
		{ "a.pdf", "application/pdf" }, { "b.JPG", "image/jpeg" },
		{ "x.tar.gz", "application/x-tar" },
		{ "x.tgz", "application/x-tar" },
		{ "x.svgz", "image/svg+xml" }, { "x.gz", NULL },
		{ "x.txt.xz", "text/plain" }, { "x.mid", "audio/midi" },
		{ "x.webp", "image/webp" }, { ".pdf", NULL },
		{ "noext", NULL }, { "x.", NULL }, { "..pdf", NULL },
		{ "a.b.mp4", "video/mp4" }, { "x.Z", NULL }, { "x.z", NULL },
		{ "x.unheardof", NULL },
	};
	struct names *n = names_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		const char *got = names_type(n, v[i].name);

		if ((got == NULL) != (v[i].mime == NULL) ||
		    (got != NULL && strcmp(got, v[i].mime) != 0))
			fail_msg("%s: %s", v[i].name, got);
	}
	names_free(n);
}

static void
the_systems_list_goes_over_it(void **state)
{
	struct scratch s = scratch_new();
	static const char list[] = "# remark\napplication/x-own own\tow2 # x\n"
	    "\nimage/own jpg\nlonely/type\n";
	struct names *n;

	(void)state;
	scratch_file(&s, "types", list);
	n = names_new(scratch_path(&s, "types"));
	scratch_free(&s);
	assert_string_equal(names_type(n, "a.own"), "application/x-own");
	assert_string_equal(names_type(n, "a.ow2"), "application/x-own");
	assert_string_equal(names_type(n, "a.jpg"), "image/own");
	assert_string_equal(names_type(n, "a.png"), "image/png");
	assert_null(names_type(n, "a.x"));
	names_free(n);
	n = names_new("/nonexistent");
	assert_string_equal(names_type(n, "a.jpg"), "image/jpeg");
	names_free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_tell),
		cmocka_unit_test(containers_are_looked_into),
		cmocka_unit_test(zips_tell_by_their_members),
		cmocka_unit_test(text_is_what_has_nothing_else_in_it),
		cmocka_unit_test(names_tell_as_python_has_them),
		cmocka_unit_test(the_systems_list_goes_over_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
