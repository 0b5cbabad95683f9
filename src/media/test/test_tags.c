/*
 * What a photo or film tells of itself, from tiny files made by hand; and that
 * none of their beginnings, nor a byte that is wrong, does any harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "media/in.h"
#include "media/tags.h"
#include "media/test/made.h"

#define MODEL	"NIKON D3200"
#define DATE	"2018:02:22 12:34:56"

static struct buf
tags_of(const struct buf *file)
{
	struct in *in = malloc(sizeof(*in));
	struct buf out = {0};

	/* From memory of its own, so that reading beyond it is seen. */
	unsigned char *copy = malloc(file->len);

	assert_non_null(in);
	assert_non_null(copy);
	memcpy(copy, file->data, file->len);
	in_memory(in, copy, file->len);
	tags_read(in, &out);
	free(copy);
	free(in);
	return out;
}

/* The text of a tag, or NULL. */
static const char *
text_of(const struct buf *tags, const char *name)
{
	struct tag t;
	size_t at = 0;

	while (tags_next(tags, &at, &t))
		if (strcmp(t.name, name) == 0)
			return t.text;
	return NULL;
}

static void
tells(const struct buf *file, const char *name, const char *text)
{
	CLEAN_BUF struct buf tags = tags_of(file);
	const char *got = text_of(&tags, name);

	if (got == NULL)
		fail_msg("there is no %s", name);
	else if (strcmp(got, text) != 0)
		fail_msg("%s is '%s', not '%s'", name, got, text);
}

static void
tells_not(const struct buf *file, const char *name)
{
	CLEAN_BUF struct buf tags = tags_of(file);

	if (text_of(&tags, name) != NULL)
		fail_msg("%s is '%s'", name, text_of(&tags, name));
}

static void
tells_exif(const struct buf *file)
{
	tells(file, "Image.Model", MODEL);
	tells(file, "Image.Orientation", "Rotated 90 CW");
	tells(file, "Image.DateTime", DATE);
	tells(file, "EXIF.DateTimeOriginal", DATE);
	tells(file, "EXIF.ExposureTime", "1/60");
	tells(file, "EXIF.ExifVersion", "0230");
	tells(file, "EXIF.Flash", "Flash did not fire, compulsory flash mode");
	tells(file, "GPS.GPSLatitude", "[48, 8, 123/5]");
	tells(file, "GPS.GPSDate", "2018:02:22");
	tells(file, "Taken", DATE);
}

static void
exif_is_read_from_each_kind_of_photo(void **state)
{
	void (*const make[])(struct buf *, const char *, const char *) = {
		made_tiff, made_jpeg, made_png, made_webp, made_heic };

	(void)state;
	for (size_t i = 0; i < sizeof(make) / sizeof(make[0]); i++) {
		CLEAN_BUF struct buf b = {0};

		make[i](&b, MODEL, DATE);
		tells_exif(&b);
	}
}

static void
raw_formats_are_tiffs_by_another_name(void **state)
{
	CLEAN_BUF struct buf orf = {0}, raf = {0};

	(void)state;
	made_tiff(&orf, MODEL, DATE);
	memcpy(orf.data, "IIRO", 4);
	tells_exif(&orf);
	memcpy(orf.data, "IIU\0", 4);
	tells_exif(&orf);
	buf_add(&raf, "FUJIFILMCCD-RAW ", 16);
	while (raf.len < 84)
		buf_addc(&raf, 0);
	be(&raf, 4, 100), be(&raf, 4, 60000);
	while (raf.len < 100)
		buf_addc(&raf, 0);
	made_jpeg(&raf, MODEL, DATE);
	tells_exif(&raf);
}

static void
canons_cr3_keeps_its_blocks_apart(void **state)
{
	CLEAN_BUF struct buf b = {0};
	size_t moov, uuid, x;

	(void)state;
	x = made_box(&b, "ftyp");
	buf_adds(&b, "crx ");
	be(&b, 4, 0);
	made_end(&b, x);
	moov = made_box(&b, "moov");
	uuid = made_box(&b, "uuid");
	buf_add(&b, "\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b"
	    "\x6a\x48", 16);
	x = made_box(&b, "CMT1");
	made_tiff(&b, MODEL, DATE);
	made_end(&b, x);
	made_end(&b, uuid);
	made_end(&b, moov);
	tells(&b, "Image.Model", MODEL);
	tells(&b, "Taken", DATE);
}

static void
texts_of_png_are_told(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	made_png(&b, MODEL, DATE);
	tells(&b, "PNG.CreationTime", "1999:12:31 23:59:58");
	tells(&b, "PNG.Title", "Gr\xc3\xbc\xc3\x9f""e");
	tells(&b, "PNG.ModifyDate", "2018:02:22 12:34:56");
}

static void
films_tell_when_they_were_made(void **state)
{
	CLEAN_BUF struct buf plain = {0}, apple = {0}, mkv = {0}, none = {0};
	const uint32_t t = 3602147696u;		/* since 1904 */

	(void)state;
	made_mov(&plain, t, NULL);
	tells(&plain, "QuickTime.CreateDate", "2018:02:22 12:34:56");
	tells(&plain, "QuickTime.Duration", "2.50");
	tells(&plain, "QuickTime.Make", "Acme");
	tells(&plain, "Taken", "2018:02:22 12:34:56Z");
	made_mov(&apple, t, "2018-02-22T13:34:56+0100");
	tells(&apple, "QuickTime.CreationDate", "2018-02-22T13:34:56+0100");
	tells(&apple, "Taken", "2018:02:22 13:34:56");
	made_mov(&none, 0, NULL);
	tells_not(&none, "QuickTime.CreateDate");
	tells_not(&none, "Taken");
	made_mkv(&mkv, INT64_C(540995696) * 1000000000);
	tells(&mkv, "Matroska.DateTimeOriginal", "2018:02:22 12:34:56");
	tells(&mkv, "Matroska.Title", "A film");
	tells(&mkv, "Taken", "2018:02:22 12:34:56Z");
}

static void
dates_that_are_none_are_not_believed(void **state)
{
	static const char *const no[] = { "0000:00:00 00:00:00",
	    "2018:02:30 12:00:00", "2018:13:01 12:00:00",
	    "                   ", "2018:02:22 25:00:00" };

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		CLEAN_BUF struct buf b = {0};

		made_jpeg(&b, MODEL, no[i]);
		tells_not(&b, "Taken");
		tells(&b, "Image.Model", MODEL);
	}
}

static void
text_comes_out_clean(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	made_jpeg(&b, "Caf\xe9\n\x1b[2J  ", DATE);
	tells(&b, "Image.Model", "Caf\xc3\xa9  [2J");
}

/* No beginning of a file, and no wrong byte, is read beyond its end; ASan
 * tells. */
static void
broken_files_do_no_harm(void **state)
{
	void (*const make[])(struct buf *, const char *, const char *) = {
		made_tiff, made_jpeg, made_png, made_webp, made_heic };
	const char *given = getenv("FETTLE_SEED");
	unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) :
	    (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (size_t i = 0; i < sizeof(make) / sizeof(make[0]); i++) {
		CLEAN_BUF struct buf whole = {0};

		make[i](&whole, MODEL, DATE);
		for (size_t n = 0; n < whole.len; n++) {
			struct buf cut = { whole.data, n, whole.cap };
			CLEAN_BUF struct buf tags = tags_of(&cut);

			(void)tags;
		}
		for (int k = 0; k < 2000; k++) {
			size_t at = (size_t)rand() % whole.len;
			unsigned char was = whole.data[at];

			whole.data[at] = (unsigned char)rand();
			CLEAN_BUF struct buf tags = tags_of(&whole);

			(void)tags;
			whole.data[at] = was;
		}
	}
}

/* An IFD that is its own next, and one that names itself as its Exif block. */
static void
circles_end(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	buf_add(&b, "MM\0*\0\0\0\x8", 8);
	be(&b, 2, 1);
	be(&b, 2, 0x8769), be(&b, 2, 4), be(&b, 4, 1), be(&b, 4, 8);
	be(&b, 4, 8);
	tells(&b, "Image.ExifOffset", "8");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exif_is_read_from_each_kind_of_photo),
		cmocka_unit_test(raw_formats_are_tiffs_by_another_name),
		cmocka_unit_test(canons_cr3_keeps_its_blocks_apart),
		cmocka_unit_test(texts_of_png_are_told),
		cmocka_unit_test(films_tell_when_they_were_made),
		cmocka_unit_test(dates_that_are_none_are_not_believed),
		cmocka_unit_test(text_comes_out_clean),
		cmocka_unit_test(broken_files_do_no_harm),
		cmocka_unit_test(circles_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
