/*
 * What a name means: its parts, its number, its category, whether a pattern
 * takes it, and when two spellings of it are the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "rules/category.h"
#include "rules/name.h"
#include "rules/nfc.h"
#include "rules/pattern.h"
#include "util/buf.h"

static void
a_compound_extension_is_whole(void **state)
{
	static const struct { const char *name, *ext; } v[] = {
		{ "a.jpg", ".jpg" }, { "a.tar.gz", ".tar.gz" },
		{ "A.TAR.GZ", ".TAR.GZ" }, { "v1.2.tar.zst", ".tar.zst" },
		{ "v1.2.gz", ".gz" }, { "dump.sql.gz", ".sql.gz" },
		{ "x.pdf.gpg", ".pdf.gpg" }, { "x.tar.gz.gpg", ".tar.gz.gpg" },
		{ ".bashrc", "" }, { ".tar.gz", ".gz" }, { "..x", "" },
		{ "...", "" }, { ".a.txt", ".txt" }, { "Makefile", "" },
		{ "a.", "" }, { "a..", "" }, { "Mr. Smith", "" },
		{ "Invoice No. 7.pdf", ".pdf" }, { "tar.gz", ".gz" },
		{ "x.gz.tar", ".tar" }, { "nomatch.jpg.zip", ".zip" },
		{ "\xff.\xfe", ".\xfe" }, { "-rf.txt", ".txt" },
		{ "a\n.b\n.c", ".c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		size_t len = strlen(v[i].name);

		assert_string_equal(v[i].name + name_stem(v[i].name, len),
		    v[i].ext);
	}
}

static void
placeholders_split_as_pathlib_does(void **state)
{
	static const struct { const char *name, *suffix; } v[] = {
		{ "a.jpg", ".jpg" }, { "a.tar.gz", ".gz" }, { ".bashrc", "" },
		{ "a.", "" }, { "..x", ".x" }, { "a. b", ". b" }, { "x", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_string_equal(v[i].name + name_py_stem(v[i].name,
		    strlen(v[i].name)), v[i].suffix);
}

static void
numbered(const char *template, const char *name, unsigned n, const char *want)
{
	struct name_template *t;
	char out[NAME_BYTES + 1];

	assert_int_equal(name_template_parse(template, &t, NULL), 0);
	assert_int_equal(name_numbered(t, name, strlen(name), n, out), 0);
	assert_string_equal(out, want);
	assert_true(name_is_numbered(t, name, strlen(name), out, strlen(out)));
	if (strstr(template, "name") != NULL)
		assert_false(name_is_numbered(t, "other.x", 7, out,
		    strlen(out)));
	name_template_free(t);
}

static void
the_number_stands_before_the_whole_extension(void **state)
{
	(void)state;
	numbered(NAME_TEMPLATE, "a.tar.gz", 2, "a 2.tar.gz");
	numbered(NAME_TEMPLATE, ".bashrc", 2, ".bashrc 2");
	numbered(NAME_TEMPLATE, "README", 12, "README 12");
	numbered(NAME_TEMPLATE, "2024.pdf", 10, "2024 10.pdf");
	numbered("{name}-{'%02d' % counter}{extension}", "f.txt", 3, "f-03.txt");
	numbered("{name}{counter}{extension}", "f.txt", 4, "f4.txt");
	numbered("{ counter }_{name}{extension}", "f.txt", 7, "7_f.txt");
	numbered("copy {counter}", "f.txt", 2, "copy 2");
}

static void
a_number_is_told_from_a_part_of_the_name(void **state)
{
	struct name_template *t;

	(void)state;
	assert_int_equal(name_template_parse(NAME_TEMPLATE, &t, NULL), 0);
	assert_true(name_is_numbered(t, "a.pdf", 5, "a 2.pdf", 7));
	assert_true(name_is_numbered(t, "a 2.pdf", 7, "a 2 3.pdf", 9));
	assert_false(name_is_numbered(t, "a.pdf", 5, "a 1.pdf", 7));
	assert_false(name_is_numbered(t, "a.pdf", 5, "a 02.pdf", 8));
	assert_false(name_is_numbered(t, "a.pdf", 5, "a.pdf", 5));
	assert_false(name_is_numbered(t, "a.pdf", 5, "b 2.pdf", 7));
	name_template_free(t);
}

static void
a_template_without_counter_is_a_fault(void **state)
{
	static const char *const bad[] = {
		"{name}{extension}", "{name} {counter", "{name}/{counter}",
		"{nmae} {counter}", "{counter}{counter}", "",
	};
	struct name_template *t;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e = (struct err){0};
		assert_int_equal(name_template_parse(bad[i], &t, &e), -1);
		assert_int_equal(e.kind, ERR_CONF);
		assert_true(e.text[0] != '\0');
	}
}

static void
a_long_name_is_cut_at_a_character(void **state)
{
	struct name_template *t;
	char name[NAME_BYTES + 1], out[NAME_BYTES + 1];

	(void)state;
	assert_int_equal(name_template_parse(NAME_TEMPLATE, &t, NULL), 0);
	memset(name, 'x', sizeof(name));
	memcpy(name + 251, ".jpg", 5);
	assert_int_equal(name_numbered(t, name, 255, 2, out), 0);
	assert_int_equal(strlen(out), 255);
	assert_string_equal(out + 248, "x 2.jpg");
	assert_true(name_is_numbered(t, name, 255, out, 255));

	for (size_t i = 0; i < 250; i += 2)	/* 125 times U+00E9 and a b */
		memcpy(name + i, "\xc3\xa9", 2);
	memcpy(name + 250, "b.jpg", 6);
	assert_int_equal(name_numbered(t, name, 255, 10, out), 0);
	assert_int_equal(strlen(out), 255);
	assert_string_equal(out + 246, "\xc3\xa9 10.jpg");
	name[247] = '\0';
	assert_int_equal(name_numbered(t, name, 247, 1000000000u, out), 0);
	assert_true(strlen(out) <= 255);

	memset(name, 'x', sizeof(name));	/* the extension fills it all */
	name[1] = '.';
	name[255] = '\0';
	assert_int_equal(name_numbered(t, name, 255, 2, out), -1);
	name_template_free(t);
}

static const char *
category(const struct categories *c, const char *name)
{
	int n = categories_find(c, name, strlen(name), NULL);

	return n == CATEGORY_HIDDEN ? "hidden" :
	    n == CATEGORY_UNKNOWN ? "unknown" : categories_name(c, n);
}

static void
the_seed_table_is_exact(void **state)
{
	static const struct { const char *name, *want; } v[] = {
		{ "a.jpg", "Images" }, { "a.jpeg", "Images" },
		{ "a.png", "Images" }, { "a.gif", "Images" },
		{ "a.pdf", "Documents" }, { "a.docx", "Documents" },
		{ "a.txt", "Documents" }, { "a.mp4", "Videos" },
		{ "a.avi", "Videos" }, { "a.mov", "Videos" },
		{ "a.webp", "Images" }, { "a.HEIC", "Images" },
		{ "a.svg", "Images" }, { "a.tiff", "Images" },
		{ "a.raw", "Images" }, { "a.CR2", "Images" },
		{ "a.xlsx", "Documents" }, { "a.odt", "Documents" },
		{ "a.epub", "Documents" }, { "a.csv", "Documents" },
		{ "a.mkv", "Videos" }, { "a.webm", "Videos" },
		{ "a.mp3", "Audio" }, { "a.flac", "Audio" },
		{ "a.zip", "Archives" }, { "a.tar.gz", "Archives" },
		{ "a.7z", "Archives" }, { "a.deb", "Archives" },
		{ "a.AppImage", "Archives" }, { "a.sql.gz", "Archives" },
		{ "a.c", "Code" }, { "a.py", "Code" }, { "a.json", "Code" },
		{ "a.ts", "Code" }, { "A.jPeG", "Images" },
		{ "nomatch.jpg.zip", "Archives" }, { "gif.TXT", "Documents" },
		{ "txt.GIF", "Images" }, { "pdf.jpeg", "Images" },
		{ ".bashrc", "hidden" }, { ".hidden.jpg", "hidden" },
		{ "README", "unknown" }, { "a.", "unknown" }, { "", "hidden" },
		{ "a.unknownext", "unknown" }, { "a.jpg ", "unknown" },
		{ "jpg", "unknown" }, { "a.jpg.part", "unknown" },
		{ "\xff\xfe.jpg", "Images" }, { "a.\xff", "unknown" },
		{ "$HOME.txt", "Documents" }, { "{x}.txt", "Documents" },
		{ "-rf.txt", "Documents" }, { "a\nb.txt", "Documents" },
	};
	struct categories *c = categories_new();

	(void)state;
	categories_add_builtin(c);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_string_equal(category(c, v[i].name), v[i].want);
	categories_free(c);
}

static void
own_categories_override(void **state)
{
	struct categories *c = categories_new();
	int n = categories_add(c, "images"), books = categories_add(c, "Books");

	(void)state;
	assert_int_equal(categories_add_ext(c, n, ".JPG"), 0);
	assert_int_equal(categories_add_ext(c, books, "epub"), 0);
	assert_int_equal(categories_add_ext(c, books, ".foo.bar"), 0);
	assert_int_equal(categories_add_ext(c, books, ""), -1);
	assert_int_equal(categories_add_ext(c, books, "."), -1);
	assert_int_equal(categories_add_ext(c, books, "a/b"), -1);
	assert_int_equal(categories_add_ext(c, books, "a.b.c.d.e"), -1);
	categories_add_builtin(c);
	assert_string_equal(category(c, "a.jpg"), "images");
	assert_string_equal(category(c, "a.png"), "unknown");
	assert_string_equal(category(c, "a.epub"), "Books");
	assert_string_equal(category(c, "a.FOO.bar"), "Books");
	assert_string_equal(category(c, "a.bar"), "unknown");
	assert_string_equal(category(c, "a.pdf"), "Documents");
	categories_free(c);
}

static void
the_table_has_no_extension_twice(void **state)
{
	struct categories *c = categories_new();

	(void)state;
	categories_add_builtin(c);
	for (const struct category_builtin *b = category_builtin;
	    b->name != NULL; b++) {
		const char *p = b->exts;

		while (*p != '\0') {
			char name[64] = "x.";
			size_t len = strcspn(p, " ");

			memcpy(name + 2, p, len);
			if (strcmp(category(c, name), b->name) != 0)
				fail_msg("%s is not in %s", name, b->name);
			p += len + strspn(p + len, " ");
		}
	}
	categories_free(c);
}

static void
patterns_are_fnmatch(void **state)
{
	static const struct { const char *pattern, *name; int want; } v[] = {
		{ "thumbs.db", "thumbs.db", 1 }, { "thumbs.db", "Thumbs.db", 0 },
		{ "~$*", "~$doc.docx", 1 }, { "*.tmp", "a.tmp", 1 },
		{ "*.tmp", ".tmp", 1 }, { "*.tmp", "a.tmpx", 0 },
		{ "a*b*c", "aXXbYYc", 1 }, { "a*b*c", "aXXbYY", 0 },
		{ "?", "\xc3\xa9", 1 }, { "?", "\xff", 1 }, { "??", "a", 0 },
		{ "[abc]x", "bx", 1 }, { "[!abc]x", "bx", 0 },
		{ "[!abc]x", "dx", 1 }, { "[a-c]", "b", 1 },
		{ "[]]", "]", 1 }, { "[a", "[a", 1 }, { "[", "[", 1 },
		{ "[!", "[!", 1 }, { "*", "", 1 }, { "**", "abc", 1 },
		{ "", "", 1 }, { "", "a", 0 }, { "[*]", "*", 1 },
		{ "[*]", "a", 0 }, { "*?", "", 0 }, { "*?b", "aab", 1 },
		{ "\\*", "\\x", 1 }, { "[a-]", "-", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct patterns *p = patterns_new();
		size_t len = strlen(v[i].name);

		assert_int_equal(patterns_add(p, v[i].pattern), 0);
		if ((patterns_find(p, v[i].name, len) != NULL) != v[i].want)
			fail_msg("'%s' on '%s'", v[i].pattern, v[i].name);
		patterns_free(p);
	}
	assert_null(patterns_find(NULL, "a", 1));
}

static void
nfc(const char *in, const char *want)
{
	CLEAN_BUF struct buf b = {0};

	nfc_add(&b, in, strlen(in));
	assert_string_equal(buf_str(&b), want);
}

static void
two_spellings_are_one_name(void **state)
{
	(void)state;
	nfc("plain", "plain");
	nfc("Ertra\xcc\x88gnis", "Ertr\xc3\xa4gnis");
	nfc("Ertr\xc3\xa4gnis", "Ertr\xc3\xa4gnis");
	nfc("Ca\xcc\x81lculo", "C\xc3\xa1lculo");
	nfc("e\xcc\xa3\xcc\x82", "\xe1\xbb\x87");	/* two marks, ordered */
	nfc("e\xcc\x82\xcc\xa3", "\xe1\xbb\x87");	/* the other way round */
	nfc("\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8", "\xea\xb0\x81");  /* hangul */
	nfc("\xe2\x84\xab", "\xc3\x85");		/* angstrom sign */
	nfc("\xef\xa4\x80", "\xe8\xb1\x88");		/* compatibility ideograph */
	nfc("\xcc\x88" "a", "\xcc\x88" "a");		/* a mark with no letter */
	nfc("a\xff\xcc\x88", "a\xff\xcc\x88");		/* no mark crosses a byte */
	nfc("\xcc", "\xcc");
	assert_true(nfc_plain("abc\xc3\xa9", 5));
	assert_false(nfc_plain("e\xcc\x81", 3));
}

static void
a_category_costs_less_than_100_ns(void **state)
{
	struct categories *c = categories_new();
	static const char *const names[] = { "IMG_20240101_123456.jpg",
	    "report final (2).tar.gz", "a.unknown", "README", "x.mp4" };
	struct timespec a, b;
	int sum = 0, n = 1000000;
	double ns;

	(void)state;
	categories_add_builtin(c);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (int i = 0; i < n; i++)
		sum += categories_find(c, names[i % 5], strlen(names[i % 5]),
		    NULL);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	ns = ((double)(b.tv_sec - a.tv_sec) * 1e9 +
	    (double)(b.tv_nsec - a.tv_nsec)) / n;
	print_message("# %.0f ns a name (%d)\n", ns, sum);
	/* With the sanitizers' burden, and to catch a search, not a slow day. */
	assert_true(ns < 1000);
	categories_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_compound_extension_is_whole),
		cmocka_unit_test(placeholders_split_as_pathlib_does),
		cmocka_unit_test(the_number_stands_before_the_whole_extension),
		cmocka_unit_test(a_number_is_told_from_a_part_of_the_name),
		cmocka_unit_test(a_template_without_counter_is_a_fault),
		cmocka_unit_test(a_long_name_is_cut_at_a_character),
		cmocka_unit_test(the_seed_table_is_exact),
		cmocka_unit_test(own_categories_override),
		cmocka_unit_test(the_table_has_no_extension_twice),
		cmocka_unit_test(patterns_are_fnmatch),
		cmocka_unit_test(two_spellings_are_one_name),
		cmocka_unit_test(a_category_costs_less_than_100_ns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
