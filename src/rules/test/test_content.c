/*
 * The filters that read, asked about real files: what they fetch, in both
 * senses, what they catch, and what they say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/probe.h"
#include "media/test/made.h"
#include "rules/exif_date.h"
#include "rules/filter.h"
#include "rules/test/rule_of.h"
#include "testing/scratch.h"

#define NOW	(INT64_C(1711846800) * 1000000000)
#define KNOWN	(NEED_FILE | NEED_ID | NEED_SIZE | NEED_ADDED | NEED_TWINS)
#define DATE	"2018:02:22 12:34:56"

static struct probe *probe;

static int
setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	probe = probe_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	probe_free(probe);
	return 0;
}

/* A file called name with these bytes, and what one rule makes of it. */
struct asked {
	struct rule_of	 rule;
	struct captures	 caught;
	struct buf	 words;		/* what it says of it */
	int		 hit;
	char		 error[500];
};

static void
asked_fini(struct asked *a)
{
	rule_of_fini(&a->rule);
	captures_fini(&a->caught);
	buf_fini(&a->words);
}
#define CLEAN_ASKED	__attribute__((cleanup(asked_fini)))

static int
file_of(const struct buf *b)
{
	int fd = memfd_create("content", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, b->data != NULL ? (const void *)b->data :
	    "", b->len), (ssize_t)b->len);
	return fd;
}

/* As the planner does: ask, fetch what is wanted, ask again. */
static struct asked
ask(const char *filters, const char *name, const struct buf *bytes)
{
	struct asked a = {0};
	struct fetched got[8] = {0};
	struct fs_id id = { .size = bytes->len, .mtime = NOW, .atime = NOW -
	    INT64_C(86400000000000) * 40 };
	struct subject s = { .dir = "/in", .name = name,
	    .name_len = strlen(name), .first = name,
	    .first_len = strlen(name), .location = "/in", .id = &id,
	    .size = bytes->len, .now = NOW, .rule = "r", .fetched = got,
	    .added = NOW - INT64_C(86400000000000) * 3 };
	char yaml[1024];
	struct err e = {0};
	int fd = file_of(bytes);

	snprintf(yaml, sizeof(yaml), "rules:\n- locations: /in\n"
	    "  filters: [%s]\n  actions: [echo]\n", filters);
	a.rule = rule_of(yaml);
	if (a.rule.rule == NULL)
		fail_msg("%s: %s", filters, buf_str(&a.rule.faults));
	filters_begin(&a.rule.rule->filters, NOW);
	s.captures = &a.caught;
	for (;;) {
		struct content c = { fd, bytes->len, name, probe };
		struct fetched *f;
		struct err why = {0};

		captures_reset(&a.caught);
		a.hit = filters_match(&a.rule.rule->filters, &s, KNOWN, &e);
		if (s.wants == NULL)
			break;
		f = &got[s.wants->slot];
		if (s.wants->ops->fetch(s.wants->state, &c, 1, &f->data,
		    &why) < 0) {
			f->error = malloc(sizeof(why));
			*f->error = why;
		}
		f->done = f->caught = 1;
	}
	s.captures = NULL;
	if (a.hit == 0)
		filters_say_not(&a.rule.rule->filters, &s, &a.words);
	else if (a.hit == 1)
		filters_say(&a.rule.rule->filters, &s, &a.words);
	snprintf(a.error, sizeof(a.error), "%s", e.text);
	for (size_t i = 0; i < 8; i++)
		fetched_fini(&got[i]);
	close(fd);
	return a;
}

/* hit for the filter, and the other way round for its `not`. */
static void
says(const char *filter, const char *name, const struct buf *bytes, int hit)
{
	char negated[600];

	snprintf(negated, sizeof(negated), "not %s", filter);
	{
		CLEAN_ASKED struct asked a = ask(filter, name, bytes);

		if (a.hit != hit)
			fail_msg("%s of %s: %d (%s)", filter, name, a.hit,
			    a.error);
		if (a.words.len == 0)
			fail_msg("%s of %s: no words", filter, name);
	}
	{
		CLEAN_ASKED struct asked a = ask(negated, name, bytes);

		if (a.hit != !hit)
			fail_msg("%s of %s: %d (%s)", negated, name, a.hit,
			    a.error);
	}
}

static struct buf
text(const char *s)
{
	struct buf b = {0};

	buf_adds(&b, s);
	return b;
}

static void
caught(const struct asked *a, const char *filter, const char *key,
    const char *want)
{
	size_t len;
	const char *v = captures_get(&a->caught, filter, key, &len);

	if (v == NULL || len != strlen(want) || memcmp(v, want, len) != 0)
		fail_msg("{%s.%s} is '%.*s', not '%s'", filter, key,
		    v != NULL ? (int)len : 6, v != NULL ? v : "(none)", want);
}

static void
exif_goes_by_keys_and_patterns(void **state)
{
	CLEAN_BUF struct buf jpg = {0}, none = text("no photo");

	(void)state;
	made_jpeg(&jpg, "NIKON D3200", DATE);
	says("exif", "a.jpg", &jpg, 1);
	says("exif", "a.txt", &none, 0);
	says("exif: image.model", "a.jpg", &jpg, 1);
	says("exif: gps", "a.jpg", &jpg, 1);
	says("exif: image.artist", "a.jpg", &jpg, 0);
	says("exif: {image.model: Nikon D3200}", "a.jpg", &jpg, 1);
	says("exif: {image.model: 'nikon*'}", "a.jpg", &jpg, 1);
	says("exif: {image.model: D3200}", "a.jpg", &jpg, 0);
	says("exif: {image.model: 'N*', exif.flash: Flash fired}", "a.jpg",
	    &jpg, 0);
	says("exif: {gps: }", "a.jpg", &jpg, 1);
	says("exif: {filter_tags: {gps: }, lowercase_keys: false}", "a.jpg",
	    &jpg, 1);
	says("exif: [gps, image.model]", "a.jpg", &jpg, 1);
}

static void
exif_catches_what_there_is(void **state)
{
	CLEAN_BUF struct buf jpg = {0};
	const struct capture *v;

	(void)state;
	made_jpeg(&jpg, "NIKON D3200", DATE);
	CLEAN_ASKED struct asked a = ask("exif", "a.jpg", &jpg);
	caught(&a, "exif", "image.model", "NIKON D3200");
	caught(&a, "exif", "exif.exposuretime", "1/60");
	v = captures_find(&a.caught, "exif", "exif.datetimeoriginal");
	assert_non_null(v);
	assert_int_equal(v->type, CAPTURE_TIME);
	assert_true(v->n == INT64_C(1519302896) * 1000000000);
	v = captures_find(&a.caught, "exif", "gps.gpsdate");
	assert_int_equal(v->type, CAPTURE_DATE);
	assert_int_equal(captures_find(&a.caught, "exif", "taken")->type,
	    CAPTURE_TIME);
	CLEAN_ASKED struct asked b = ask("exif: {lowercase_keys: false}",
	    "a.jpg", &jpg);
	caught(&b, "exif", "Image.Model", "NIKON D3200");
	assert_null(captures_find(&b.caught, "exif", "image.model"));
}

static void
dates_and_offsets_mean_something(void **state)
{
	static const struct {
		const char		*name, *text;
		enum capture_type	 type;
		int64_t			 seconds;
	} v[] = {
		{ "EXIF.DateTimeOriginal", DATE, CAPTURE_TIME, 1519302896 },
		{ "EXIF.DateTimeOriginal", "2018:02:22 12:34:56.78+01:00",
		    CAPTURE_TIME, 1519302896 },
		{ "GPS.GPSDate", "2018:02:22", CAPTURE_DATE, 1519257600 },
		{ "GPS.GPSDate", "2018:02:30", CAPTURE_TEXT, 0 },
		{ "Image.DateTime", "0000:00:00 00:00:00", CAPTURE_TEXT, 0 },
		{ "EXIF.OffsetTime", "+02:00", CAPTURE_SPAN, 7200 },
		{ "EXIF.OffsetTime", "-0530", CAPTURE_SPAN, -19800 },
		{ "EXIF.OffsetTime", "UTC+01:00:30", CAPTURE_SPAN, 3630 },
		{ "Image.ExifOffset", "234", CAPTURE_TEXT, 0 },
		{ "Image.Model", DATE, CAPTURE_TEXT, 0 },
		{ "Taken", DATE, CAPTURE_TIME, 1519302896 },
		{ "Taken", DATE "Z", CAPTURE_TIME, 1519302896 },
	};
	int64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		enum capture_type t = exif_value(v[i].name, v[i].text, &n);

		if (t != v[i].type || n != v[i].seconds * 1000000000)
			fail_msg("%s '%s': %d, %lld", v[i].name, v[i].text, t,
			    (long long)n);
	}
}

static void
filecontent_searches_text(void **state)
{
	CLEAN_BUF struct buf b = text("one\nInvoice 77 for M\xfcller\r\nend"),
	    bin = {0}, empty = {0};

	(void)state;
	buf_add(&bin, "\0\1\2 Invoice 77", 14);
	says("filecontent: 'Invoice (\\d+)'", "a.txt", &b, 1);
	says("filecontent: 'invoice'", "a.txt", &b, 0);
	says("filecontent: '^Invoice.*ller$'", "a.any", &b, 1);
	says("filecontent: 'one.*end'", "a.txt", &b, 1);
	says("filecontent: Invoice", "a.txt", &bin, 0);
	says("filecontent", "a.txt", &b, 1);
	says("filecontent", "a.txt", &empty, 1);
	says("filecontent: {expr: x}", "a.txt", &empty, 0);
	CLEAN_ASKED struct asked a = ask("filecontent: '(?P<n>\\d+) for "
	    "(?P<who>\\w+)(?P<no>x)?'", "a.txt", &b);
	caught(&a, "filecontent", "n", "77");
	caught(&a, "filecontent", "who", "M\xc3\xbcller");
	assert_null(captures_find(&a.caught, "filecontent", "no"));
}

static void
a_costly_expression_is_a_failure(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	for (int i = 0; i < 3000; i++)
		buf_addc(&b, 'a');
	buf_addc(&b, 'b');
	CLEAN_ASKED struct asked a = ask("filecontent: '(a+)+$'", "a.txt", &b);
	assert_int_equal(a.hit, -1);
	assert_non_null(strstr(a.error, "too costly"));
}

static uint32_t
crc_of(const char *s)
{
	uint32_t crc = ~0u;

	for (; *s != '\0'; s++) {
		crc ^= (unsigned char)*s;
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* A whole zip with one stored member behind a first one. */
static void
made_zip(struct buf *b, const char *const *names, const char *const *texts)
{
	CLEAN_BUF struct buf list = {0};
	unsigned n = 0;
	size_t start;

	for (; names[n] != NULL; n++) {
		size_t at = b->len, len = strlen(texts[n]);
		CLEAN_BUF struct buf head = {0};

		le(&head, 2, 20), le(&head, 2, 0), le(&head, 2, 0);
		le(&head, 4, 0x21), le(&head, 4, crc_of(texts[n]));
		le(&head, 4, len), le(&head, 4, len);
		le(&head, 2, strlen(names[n])), le(&head, 2, 0);
		buf_add(b, "PK\3\4", 4);
		buf_add(b, head.data, head.len);
		buf_adds(b, names[n]);
		buf_adds(b, texts[n]);
		buf_add(&list, "PK\1\2\24\0", 6);
		buf_add(&list, head.data, head.len);
		le(&list, 2, 0), le(&list, 2, 0), le(&list, 2, 0);
		le(&list, 4, 0), le(&list, 4, at);
		buf_adds(&list, names[n]);
	}
	start = b->len;
	buf_add(b, list.data, list.len);
	buf_add(b, "PK\5\6\0\0\0\0", 8);
	le(b, 2, n), le(b, 2, n), le(b, 4, list.len), le(b, 4, start);
	le(b, 2, 0);
}

static void
documents_are_taken_apart(void **state)
{
	static const char *const docx[] = { "[Content_Types].xml",
	    "word/footer1.xml", "word/document.xml", "word/header1.xml", NULL };
	static const char *const words[] = { "<Types/>", "<w:p>foot</w:p>",
	    "<w:p><w:r>Invo</w:r><w:r>ice 7</w:r></w:p><w:p>bb &amp; cc</w:p>",
	    "<w:p>head</w:p>" };
	static const char *const odt[] = { "mimetype", "content.xml", NULL };
	static const char *const odt_words[] = {
	    "application/vnd.oasis.opendocument.text",
	    "<text:p>Invoice 7</text:p>" };
	static const char *const xlsx[] = { "[Content_Types].xml",
	    "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", NULL };
	static const char *const xlsx_words[] = { "<Types/>",
	    "<sst><si><t>Invoice</t></si></sst>",
	    "<row><c t='s'><v>0</v></c><c><v>4711</v></c></row>" };
	CLEAN_BUF struct buf a = {0}, b = {0}, c = {0}, zip = {0};

	(void)state;
	made_zip(&a, docx, words);
	says("filecontent: '^Invoice 7$'", "a.docx", &a, 1);
	says("filecontent: 'head.*Invoice.*bb & cc.*foot'", "a.docx", &a, 1);
	says("filecontent: 'foot.*Invoice'", "a.docx", &a, 0);
	made_zip(&b, odt, odt_words);
	says("filecontent: '^Invoice 7$'", "a.odt", &b, 1);
	says("filecontent: opendocument", "a.odt", &b, 0);
	made_zip(&c, xlsx, xlsx_words);
	says("filecontent: 'Invoice.*\\t4711'", "a.xlsx", &c, 1);
	made_zip(&zip, odt + 1, odt_words + 1);
	says("filecontent: Invoice", "photos.zip", &zip, 0);
}

/* A pdftotext of our own in PATH; and none. */
static void
pdfs_go_through_pdftotext(void **state)
{
	CLEAN_BUF struct buf pdf = text("%PDF-1.4\nInvoice 7 of the pdf\n");
	struct scratch dir = scratch_new();
	const char *was = getenv("PATH");
	char *saved = strdup(was != NULL ? was : "/usr/bin:/bin");

	(void)state;
	scratch_file(&dir, "pdftotext", "#!/bin/sh\nPATH=/usr/bin:/bin\n"
	    "[ \"$*\" = '-q -enc UTF-8 -layout - -' ] || exit 3\n"
	    "(: >/tmp/fettle-pdf-was-here) 2>/dev/null && exit 4\n"
	    "sed s/Invoice/Rechnung/\n");
	scratch_mode(&dir, "pdftotext", 0700);
	setenv("PATH", dir.path, 1);
	says("filecontent: 'Rechnung (\\d)'", "a.pdf", &pdf, 1);
	says("filecontent: Invoice", "a.pdf", &pdf, 0);
	scratch_remove(&dir, "pdftotext");
	{
		CLEAN_ASKED struct asked a = ask("filecontent: x", "a.pdf",
		    &pdf);

		assert_int_equal(a.hit, -1);
		assert_non_null(strstr(a.error, "poppler-utils"));
	}
	setenv("PATH", saved, 1);
	free(saved);
	scratch_free(&dir);
	assert_int_equal(access("/tmp/fettle-pdf-was-here", F_OK), -1);
}

static void
hash_catches_and_rejects_nothing(void **state)
{
	static const struct { const char *name, *sum; } v[] = {
		{ "md5", "3e25960a79dbc69b674cd4ec67a72c62" },
		{ "sha1", "7b502c3a1f48c8609ae212cdfb639dee39673f5e" },
		{ "sha256", "64ec88ca00b268e5ba1a35678a1b5316d212f4f366b247723253"
		    "4a8aeca37f3c" },
		{ "sha3_224", "3b8570ec1335c461747d016460ff91cb41fad08051911c50"
		    "dd8e1995" },
		{ "BLAKE2s", "619a15b0f4dd21ef4bd626a9146af64561caf1325b21bccf"
		    "755e4d7fbc31a65f" },
		{ "sha512-256", NULL }, { "sm3", NULL },
		{ "ripemd160", NULL }, { "blake2b", NULL }, { "sha384", NULL },
	};
	CLEAN_BUF struct buf b = text("Hello world"), empty = {0};

	(void)state;
	says("hash", "a", &b, 1);
	says("hash: sha256", "a", &empty, 1);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		char filter[64];

		snprintf(filter, sizeof(filter), "hash: {algorithm: %s}",
		    v[i].name);
		CLEAN_ASKED struct asked a = ask(filter, "a", &b);
		if (v[i].sum != NULL)
			caught(&a, "hash", "", v[i].sum);
		assert_non_null(captures_find(&a.caught, "hash", ""));
	}
}

static void
mimetype_goes_by_name_or_content(void **state)
{
	CLEAN_BUF struct buf png = {0}, none = {0};

	(void)state;
	made_png(&png, "M", DATE);
	says("mimetype", "a.pdf", &none, 1);
	says("mimetype", "a.nothing", &none, 0);
	says("mimetype: image", "a.jpg", &none, 1);
	says("mimetype: [image, application/pdf]", "a.pdf", &none, 1);
	says("mimetype: image", "a.pdf", &png, 0);
	says("mimetype: {mimetypes: image, by: content}", "a.pdf", &png, 1);
	says("mimetype: {mimetypes: application/pdf, by: content}", "a.pdf",
	    &png, 0);
	CLEAN_ASKED struct asked a = ask("mimetype", "a.JPG", &none);
	caught(&a, "mimetype", "", "image/jpeg");
	CLEAN_ASKED struct asked b = ask("mimetype: {by: content}", "a.jpg",
	    &png);
	caught(&b, "mimetype", "", "image/png");
}

static void
times_of_use_and_arrival_count(void **state)
{
	CLEAN_BUF struct buf b = text("x");

	(void)state;
	says("date_lastused: {days: 39}", "a", &b, 1);
	says("date_lastused: {days: 41}", "a", &b, 0);
	says("date_lastused: {days: 41, mode: newer}", "a", &b, 1);
	says("date_added: {days: 2, hours: 23}", "a", &b, 1);
	says("date_added: {weeks: 1}", "a", &b, 0);
	says("date_added: {weeks: 1, mode: newer}", "a", &b, 1);
	says("date_added", "a", &b, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exif_goes_by_keys_and_patterns),
		cmocka_unit_test(exif_catches_what_there_is),
		cmocka_unit_test(dates_and_offsets_mean_something),
		cmocka_unit_test(filecontent_searches_text),
		cmocka_unit_test(a_costly_expression_is_a_failure),
		cmocka_unit_test(documents_are_taken_apart),
		cmocka_unit_test(pdfs_go_through_pdftotext),
		cmocka_unit_test(hash_catches_and_rejects_nothing),
		cmocka_unit_test(mimetype_goes_by_name_or_content),
		cmocka_unit_test(times_of_use_and_arrival_count),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
