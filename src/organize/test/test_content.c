/*
 * Filters that read: in both senses, on all cores and in order; and duplicates:
 * which of them stays, and what is none.
 */
#include <sys/xattr.h>
#include <time.h>

#include "media/test/made.h"
#include "organize/test/world.h"

#define DATE	"2018:02:22 12:34:56"

static int
setup(void **state)
{
	*state = world_new();
	return 0;
}

static int
teardown(void **state)
{
	world_free(*state);
	return 0;
}

static void
world_bytes(const struct world *w, const char *path, const struct buf *b)
{
	char *p = world_path(w, path);
	FILE *f = fopen(p, "w");

	if (f == NULL || fwrite(b->data, 1, b->len, f) != b->len)
		fail_msg("write %s", p);
	fclose(f);
	free(p);
}

/* Days before WORLD_NOW. */
static void
world_age(const struct world *w, const char *path, int days)
{
	char *p = world_path(w, path);
	struct timespec t[2] = { { .tv_sec = WORLD_NOW / 1000000 -
	    days * 86400 } };

	t[1] = t[0];
	if (utimensat(AT_FDCWD, p, t, 0) < 0)
		fail_msg("touch %s", p);
	free(p);
}

static void
exif_takes_photos_by_their_camera(void **state)
{
	struct world *w = *state;
	CLEAN_BUF struct buf nikon = {0}, apple = {0};

	made_jpeg(&nikon, "NIKON D3200", DATE);
	made_jpeg(&apple, "iPhone 6s", DATE);
	world_bytes(w, "a.jpg", &nikon);
	world_bytes(w, "b.jpg", &apple);
	world_file(w, "c.jpg", "no photo");
	world_makes(w, "- {locations: '~/', filters: "
	    "[exif: {image.model: nikon*}], actions: [move: ~/N/]}",
	    "planned move a.jpg > N/a.jpg (exif has image.model is nikon*)\n");
	world_makes(w, "- {locations: '~/', filters: [exif], "
	    "actions: [move: ~/N/]}",
	    "planned move a.jpg > N/a.jpg (it has exif data)\n"
	    "planned move b.jpg > N/b.jpg (it has exif data)\n");
	world_makes(w, "- {locations: '~/', filters: [not exif: gps.gpsdate], "
	    "actions: [move: ~/N/]}",
	    "planned move c.jpg > N/c.jpg (it has no exif data)\n");
	world_makes(w, "- {locations: '~/', filters: [exif: gps, "
	    "not exif: {image.model: 'NIKON*'}], actions: [move: ~/N/]}",
	    "planned move b.jpg > N/b.jpg (exif has gps, "
	    "exif has not image.model is NIKON*)\n");
}

static void
text_is_searched(void **state)
{
	struct world *w = *state;

	world_file(w, "a.txt", "Lorem MegaCorp Ltd. ipsum\nInvoice 12345\n"
	    "More\nID: 98765");
	world_file(w, "b.txt", "My Homework ...");
	world_file(w, "c.bin", "\x01\x02MegaCorp");
	world_makes(w, "- {locations: '~/', filters: [filecontent: "
	    "'MegaCorp Ltd.+^Invoice (?P<n>\\w+)$.+^ID: 98765$'], "
	    "actions: [move: ~/I/]}",
	    "planned move a.txt > I/a.txt (content matches "
	    "'MegaCorp Ltd.+^Invoice (?P<n>\\w+)$.+^ID: 98765$')\n");
	world_makes(w, "- {locations: '~/', filters: [not filecontent: "
	    "Homework], actions: [move: ~/I/]}",
	    "planned move a.txt > I/a.txt (content does not match 'Homework')\n"
	    "planned move c.bin > I/c.bin (content does not match 'Homework')\n");
}

/* A file that cannot be read is told, and the others go on. */
static void
what_cannot_be_read_is_told(void **state)
{
	struct world *w = *state;
	CLEAN_BUF struct buf b = {0}, got = {0};

	buf_add(&b, "PK\3\4\24\0\0\0\0\0", 10);
	while (b.len < 26)
		buf_addc(&b, 0);
	buf_add(&b, "\x13\0\0\0[Content_Types].xml word/document.xml", 40);
	world_bytes(w, "a.docx", &b);
	world_file(w, "b.txt", "word");
	world_rules(w, "- {locations: '~/', filters: [filecontent: word], "
	    "actions: [move: ~/W/]}");
	world_plan(w);
	world_print(w, &got);
	assert_non_null(strstr(buf_str(&got), "failed move a.docx"));
	assert_non_null(strstr(buf_str(&got), "filter 'filecontent': it is "
	    "damaged"));
	assert_non_null(strstr(buf_str(&got), "planned move b.txt > W/b.txt"));
}

/* Folder by folder, name by name, whichever was read first. */
static void
the_order_stays(void **state)
{
	struct world *w = *state;
	CLEAN_BUF struct buf want = {0};
	char name[64];

	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "f%03d.txt", i);
		world_file(w, name, i % 3 == 0 ? "yes" : "no");
		if (i % 3 == 0)
			buf_addf(&want, "planned move %s > Y/%s (content "
			    "matches 'yes')\n", name, name);
	}
	world_makes(w, "- {locations: '~/', filters: [filecontent: 'yes'], "
	    "actions: [move: ~/Y/]}", buf_str(&want));
}

static void
tags_are_attributes(void **state)
{
	struct world *w = *state;

	world_files(w, "a b c d/");
	if (scratch_xattr(&w->s, "a", "user.xdg.tags", "work,Invoice 7") < 0)
		skip();
	scratch_xattr(&w->s, "d", "user.colour", "red");
	world_makes(w, "- {locations: '~/', filters: [xattr: {tags: "
	    "'invoice*'}], actions: [move: ~/I/]}",
	    "planned move a > I/a (xattr has xdg.tags is invoice*)\n");
	world_makes(w, "- {locations: '~/', filters: [not xattr], "
	    "actions: [move: ~/I/]}",
	    "planned move b > I/b (it has no attributes)\n"
	    "planned move c > I/c (it has no attributes)\n");
	world_makes(w, "- {locations: '~/', targets: dirs, filters: "
	    "[xattr: user.colour], actions: [move: ~/I/]}",
	    "planned move d > I/d (xattr has colour)\n");
}

#define DUP(more) "- {locations: '~/', subfolders: true, filters: [" more \
	"], actions: [trash]}"

static void
equal_files_but_one_match(void **state)
{
	struct world *w = *state;

	world_file(w, "a.txt", "COPY");
	world_file(w, "copy2.txt", "COPY");
	world_file(w, "other/0copy.txt", "COPY");
	world_file(w, "unique.txt", "I'm");
	world_file(w, "unique_too.txt", "I'm!");
	world_file(w, "same_size.txt", "COPX");
	world_makes(w, DUP("duplicate"),
	    "planned trash copy2.txt (it is a duplicate)\n"
	    "planned trash other/0copy.txt (it is a duplicate)\n");
	world_makes(w, DUP("duplicate: {detect_original_by: name}"),
	    "planned trash a.txt (it is a duplicate)\n"
	    "planned trash copy2.txt (it is a duplicate)\n");
	world_makes(w, DUP("duplicate: {detect_original_by: -first_seen}"),
	    "planned trash a.txt (it is a duplicate)\n"
	    "planned trash copy2.txt (it is a duplicate)\n");
	world_makes(w, DUP("duplicate: {detect_original_by: -name}"),
	    "planned trash a.txt (it is a duplicate)\n"
	    "planned trash other/0copy.txt (it is a duplicate)\n");
	world_makes(w, DUP("not duplicate"),
	    "planned trash a.txt (it is no duplicate)\n"
	    "planned trash same_size.txt (it is no duplicate)\n"
	    "planned trash unique.txt (it is no duplicate)\n"
	    "planned trash unique_too.txt (it is no duplicate)\n");
}

static void
the_original_may_be_the_oldest(void **state)
{
	struct world *w = *state;

	world_file(w, "a", "COPY");
	world_file(w, "b", "COPY");
	world_file(w, "c", "COPY");
	world_age(w, "a", 2);
	world_age(w, "b", 3);
	world_age(w, "c", 1);
	world_makes(w, DUP("duplicate: {detect_original_by: lastmodified}"),
	    "planned trash a (it is a duplicate)\n"
	    "planned trash c (it is a duplicate)\n");
	world_makes(w, DUP("duplicate: {detect_original_by: -lastmodified}"),
	    "planned trash a (it is a duplicate)\n"
	    "planned trash b (it is a duplicate)\n");
}

/* Names of one file are not duplicates; those of its twin all are. */
static void
hard_links_are_one_file(void **state)
{
	struct world *w = *state;

	world_file(w, "m", "COPY");
	assert_int_equal(linkat(w->s.fd, "m", w->s.fd, "n", 0), 0);
	world_makes(w, DUP("duplicate"), "");
	world_file(w, "p", "COPY");
	world_makes(w, DUP("duplicate"),
	    "planned trash p (it is a duplicate)\n");
	world_makes(w, DUP("duplicate: {detect_original_by: -name}"),
	    "planned trash m (it is a duplicate)\n"
	    "planned trash n (it is a duplicate)\n");
}

/* Only files that get as far as the filter are compared. */
static void
filters_before_it_choose_who_is_compared(void **state)
{
	struct world *w = *state;

	world_file(w, "a.png", "COPY");
	world_file(w, "b.jpg", "COPY");
	world_file(w, "c.jpg", "COPY");
	world_makes(w, DUP("extension: jpg, duplicate"),
	    "planned trash c.jpg (extension is jpg, it is a duplicate)\n");
	world_makes(w, DUP("duplicate, extension: jpg"),
	    "planned trash b.jpg (it is a duplicate, extension is jpg)\n"
	    "planned trash c.jpg (it is a duplicate, extension is jpg)\n");
}

/* Of each length around the pieces that are read, differing in one byte. */
static void
one_byte_is_enough(void **state)
{
	static const size_t sizes[] = { 1, 4095, 4096, 4097, 32768, 32769,
	    65536, 300000 };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = sizes[i], at[] = { 0, n / 2, n - 1 };
		char name[32];
		CLEAN_BUF struct buf b = {0};

		memset(buf_room(&b, n), 'x', n);
		b.len = n;
		snprintf(name, sizeof(name), "%zu-a", n);
		world_bytes(w, name, &b);
		for (size_t k = 0; k < 3; k++) {
			b.data[at[k]] = (unsigned char)('0' + k);
			snprintf(name, sizeof(name), "%zu-%zu", n, k);
			world_bytes(w, name, &b);
			b.data[at[k]] = 'x';
		}
	}
	world_makes(w, DUP("duplicate"), "");
}

/* Where two are left they are compared: each of other size, so that they are
 * alone with each other. */
static void
pairs_are_compared(void **state)
{
	static const size_t sizes[] = { 9000, 131072, 200000, 600001 };
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CLEAN_BUF struct buf b = {0};
		char name[32];

		for (int odd = 0; odd < 2; odd++) {
			size_t n = sizes[i] + (size_t)odd;

			memset(buf_room(&b, n), 'x', n);
			b.len = n;
			snprintf(name, sizeof(name), "%zu-a", n);
			world_bytes(w, name, &b);
			if (odd)
				b.data[n / 2] = 'y';
			snprintf(name, sizeof(name), "%zu-b", n);
			world_bytes(w, name, &b);
		}
	}
	world_makes(w, DUP("size: '< 100k', duplicate"), "planned trash 9000-b "
	    "(size is < 100k, it is a duplicate)\n");
	world_makes(w, DUP("duplicate"), "planned trash 9000-b (it is a "
	    "duplicate)\nplanned trash 131072-b (it is a duplicate)\n"
	    "planned trash 200000-b (it is a duplicate)\n"
	    "planned trash 600001-b (it is a duplicate)\n");
}

/* A rule sees what earlier ones brought, and reads it where it still lies. */
static void
what_an_earlier_rule_brings_is_compared(void **state)
{
	struct world *w = *state;

	world_file(w, "in/x.txt", "COPY");
	world_file(w, "box/a.txt", "COPY");
	world_makes(w, "- {locations: ~/in, actions: [move: ~/box/]}\n"
	    "- {locations: ~/box, filters: [duplicate], actions: [trash]}\n"
	    "- {locations: ~/box, filters: [filecontent: COPY], "
	    "actions: [move: ~/C/]}",
	    "planned move in/x.txt > box/x.txt (the rule has no filters)\n"
	    "planned trash box/x.txt chained (it is a duplicate)\n"
	    "planned move box/a.txt > C/a.txt (content matches 'COPY')\n");
}

static void
why_tells_of_content(void **state)
{
	struct world *w = *state;
	CLEAN_BUF struct buf text = {0};
	char *p;

	world_file(w, "a.txt", "COPY");
	world_file(w, "b.txt", "COPY");
	world_file(w, "c.txt", "other");
	world_rules(w, DUP("filecontent: C, duplicate"));
	p = world_path(w, "b.txt");
	assert_int_equal(organize_why(w->rules[0], p, WORLD_NOW, &text, NULL),
	    1);
	free(p);
	p = world_path(w, "a.txt");
	buf_reset(&text);
	assert_int_equal(organize_why(w->rules[0], p, WORLD_NOW, &text, NULL),
	    0);
	assert_string_equal(buf_str(&text), "it is no duplicate");
	free(p);
	p = world_path(w, "c.txt");
	buf_reset(&text);
	assert_int_equal(organize_why(w->rules[0], p, WORLD_NOW, &text, NULL),
	    0);
	assert_string_equal(buf_str(&text), "content does not match 'C'");
	free(p);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(exif_takes_photos_by_their_camera),
		TEST(text_is_searched),
		TEST(what_cannot_be_read_is_told),
		TEST(the_order_stays),
		TEST(tags_are_attributes),
		TEST(equal_files_but_one_match),
		TEST(the_original_may_be_the_oldest),
		TEST(hard_links_are_one_file),
		TEST(filters_before_it_choose_who_is_compared),
		TEST(one_byte_is_enough),
		TEST(pairs_are_compared),
		TEST(what_an_earlier_rule_brings_is_compared),
		TEST(why_tells_of_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
