/*
 * Each filter, in both senses of `not`, in every filter_mode: what it takes,
 * what it says, what it catches.
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

#include "rules/test/rule_of.h"
#include "util/err.h"

#define DAY	(INT64_C(86400) * 1000000000)
#define NOW	(INT64_C(1711846800) * 1000000000)	/* 2024-03-31 01:00 UTC */
#define KNOWN	(NEED_FILE | NEED_ID | NEED_SIZE)

static int folder_is_empty;

static int
ask_empty(void *arg, const char *dir, const char *name, struct err *e)
{
	(void)arg, (void)dir, (void)name, (void)e;
	return folder_is_empty;
}

static const struct subject_ask ask = { .empty = ask_empty };

struct file {
	const char	*name;
	uint64_t	 size;
	int64_t		 mtime, btime;
	int		 is_dir;
};

/* filters is what stands behind "filters: ", in one line. */
static struct rule_of
rule_with(const char *filters, const char *more)
{
	char yaml[2048];

	snprintf(yaml, sizeof(yaml), "rules:\n- locations: /in\n  %s\n"
	    "  filters: %s\n  actions: [echo]\n", more, filters);
	return rule_of(yaml);
}

static struct subject
subject_of(const struct file *x, struct fs_id *id, struct captures *c)
{
	*id = (struct fs_id){ .size = x->size, .mtime = x->mtime,
	    .btime = x->btime };
	return (struct subject){ .dir = "/in", .name = x->name,
	    .name_len = strlen(x->name), .first = x->name,
	    .first_len = strlen(x->name), .location = "/in", .id = id,
	    .size = x->size, .captures = c, .ask = &ask, .now = NOW,
	    .rule = "r", .is_dir = x->is_dir != 0 };
}

static int
takes(const char *filters, const char *more, struct file x)
{
	CLEAN_RULE_OF struct rule_of r = rule_with(filters, more);
	struct fs_id id;
	struct subject s = subject_of(&x, &id, NULL);
	struct err e = {0};
	int rc;

	if (r.rule == NULL)
		fail_msg("%s: %s", filters, buf_str(&r.faults));
	filters_begin(&r.rule->filters, NOW);
	rc = filters_match(&r.rule->filters, &s, KNOWN, &e);
	if (rc < 0)
		fail_msg("%s: %s", filters, e.text);
	return rc;
}

/* The filter takes yes and not no, and its `not` the other way round. */
static void
tells_apart(const char *filter, struct file yes, struct file no)
{
	char list[1024];
	const char *more = yes.is_dir ? "targets: dirs" : "subfolders: false";

	snprintf(list, sizeof(list), "[%s]", filter);
	if (takes(list, more, yes) != 1)
		fail_msg("%s does not take '%s'", filter, yes.name);
	if (takes(list, more, no) != 0)
		fail_msg("%s takes '%s'", filter, no.name);
	snprintf(list, sizeof(list), "[not %s]", filter);
	if (takes(list, more, yes) != 0)
		fail_msg("not %s takes '%s'", filter, yes.name);
	if (takes(list, more, no) != 1)
		fail_msg("not %s does not take '%s'", filter, no.name);
}

static struct file
named(const char *name)
{
	return (struct file){ .name = name };
}

static struct file
folder(const char *name)
{
	return (struct file){ .name = name, .is_dir = 1 };
}

static struct file
sized(uint64_t size)
{
	return (struct file){ .name = "x", .size = size };
}

static struct file
dated(int64_t time)
{
	return (struct file){ .name = "x", .mtime = time, .btime = time };
}

static void
extension_tells_files_apart(void **state)
{
	(void)state;
	tells_apart("extension: jpg", named("a.JPG"), named("a.png"));
	tells_apart("extension: .jpg", named("a.b.jpg"), named("jpg"));
	tells_apart("extension: [.JPG, jpeg]", named("a.jPeG"), named("a.jpg.zip"));
	tells_apart("extension: jpg png", named("a.png"), named("a.gif"));
	tells_apart("extension: [[jpg], [[png]]]", named("a.png"), named("a.gif"));
	tells_apart("extension: tar.gz", named("a.tar.gz"), named("a.gz"));
	tells_apart("extension: gz", named("a.tar.gz"), named("a.gzip"));
	tells_apart("extension: jpg", named(".hidden.jpg"), named(".jpg"));
	tells_apart("extension: 001", named("a.001"), named("a.1"));
	tells_apart("extension: 'jpg'", named("a\n.jpg"), named("a.jpg\n"));
	assert_int_equal(takes("[extension]", "", named("anything")), 1);
	assert_int_equal(takes("[extension: ]", "", named("a.b")), 1);
	assert_int_equal(takes("[extension: []]", "", named("a.b")), 1);
}

static void
name_tells_files_apart(void **state)
{
	(void)state;
	tells_apart("name: Invoice*", named("Invoice 1.pdf"), named("invoice.pdf"));
	tells_apart("name: {match: Invoice*, case_sensitive: false}",
	    named("INVOICE.pdf"), named("x.pdf"));
	tells_apart("name: {startswith: begin}", named("beginhere"),
	    named(".beginhere"));
	tells_apart("name: {contains: begin}", named("herebegin"), named("other"));
	tells_apart("name: {endswith: end}", named("hereend.txt"), named("ends.txt"));
	tells_apart("name: {startswith: [A, B], contains: ['5', '6'], "
	    "endswith: _end, case_sensitive: false}", named("b_5_END.x"),
	    named("c_5_end.x"));
	tells_apart("name: {startswith: 2024}", named("2024-01.txt"), named("12024"));
	tells_apart("name: 'a+b'", named("a+b.txt"), named("aab.txt"));
	tells_apart("name: '{n:int}'", named("-12.x"), named("1a.x"));
	tells_apart("name: '{}-{x:letters}'", named("1-ab.x"), named("1-2.x"));
	tells_apart("name: {startswith: \"C\xc3\xa1lculo\"}",
	    named("Ca\xcc\x81lculo_1.pdf"), named("Calculo.pdf"));
	tells_apart("name: \"Ertra\xcc\x88gnis\"", named("Ertr\xc3\xa4gnis.txt"),
	    named("Ertragnis.txt"));
	tells_apart("name: {startswith: \"\xc3\x84\", case_sensitive: false}",
	    named("\xc3\xa4x"), named("ax"));
	tells_apart("name: '*.tar'", named("a.tar.gz"), named("a.gz"));
	tells_apart("name: build*", folder("build.1"), folder("src"));
	assert_int_equal(takes("[name]", "", named("anything")), 1);
	assert_int_equal(takes("[name: '*']", "", named("\xff\xfe")), 1);
	assert_int_equal(takes("[name: {contains: ''}]", "", named("x")), 1);
}

static void
regex_tells_files_apart(void **state)
{
	(void)state;
	tells_apart("regex: '^RG(\\d{12})-sig\\.pdf$'",
	    named("RG123456789012-sig.pdf"), named("RG1-sig.pdf"));
	tells_apart("regex: '\\.txt$'", named("a.txt"), named("a.txt.gz"));
	tells_apart("regex: \"Ertr\xc3\xa4g\"", named("Ertra\xcc\x88gnis.txt"),
	    named("Ertrag.txt"));
	tells_apart("regex: {expr: 'a'}", named("xax"), named("x"));
	tells_apart("regex: '^b'", folder("build"), folder("abuild"));
}

static void
size_tells_files_apart(void **state)
{
	(void)state;
	tells_apart("size: '>1mb, <10mb'", sized(2000000), sized(1000000));
	tells_apart("size: '>=1b,<2b'", sized(1), sized(2));
	tells_apart("size: '<1.000001'", sized(1), sized(2));
	tells_apart("size: '<=1,>=0.001kb'", sized(1), sized(0));
	tells_apart("size: '>1kb,<1kib'", sized(1010), sized(1024));
	tells_apart("size: 1k", sized(1000), sized(1024));
	tells_apart("size: 1000", sized(1000), sized(999));
	tells_apart("size: 0", sized(0), sized(1));
	tells_apart("size: '>99.99999GB'", sized(100000000000), sized(99999990000));
	tells_apart("size: ['<100 Mb', '>= 0 Tb']", sized(20), sized(100000000));
	tells_apart("size: '== 10 KiB'", sized(10240), sized(10241));
}

static void
huge_sizes_are_exact(void **state)
{
	(void)state;
	assert_int_equal(takes("[size: '<1yb']", "", sized(UINT64_MAX)), 1);
	assert_int_equal(takes("[size: '>18446744073709551614']", "",
	    sized(UINT64_MAX)), 1);
	assert_int_equal(takes("[size: '>18446744073709551615']", "",
	    sized(UINT64_MAX)), 0);
	assert_int_equal(takes("[size]", "", sized(5)), 1);
}

static void
times_tell_files_apart(void **state)
{
	static const char *const names[] = { "lastmodified", "created" };
	char f[200];

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(f, sizeof(f), "%s: {days: 10}", names[i]);
		tells_apart(f, dated(NOW - 11 * DAY), dated(NOW - 9 * DAY));
		snprintf(f, sizeof(f), "%s: {days: 10, mode: newer}", names[i]);
		tells_apart(f, dated(NOW - 9 * DAY), dated(NOW - 11 * DAY));
		snprintf(f, sizeof(f), "%s: {weeks: 1, hours: 12}", names[i]);
		tells_apart(f, dated(NOW - 8 * DAY), dated(NOW - 7 * DAY));
		snprintf(f, sizeof(f), "%s: {seconds: 5}", names[i]);
		tells_apart(f, dated(NOW - DAY), dated(NOW + DAY));
		snprintf(f, sizeof(f), "%s: {minutes: 1}", names[i]);
		tells_apart(f, dated(NOW - INT64_C(60000000001)),
		    dated(NOW - INT64_C(60000000000)));
	}
	/*
	 * A month before March 31st is February's last day, the 29th, at the
	 * same hour of the clock, which has jumped since.
	 */
	tells_apart("lastmodified: {months: 1}",
	    dated(NOW - 31 * DAY + DAY / 24 - 1), dated(NOW - 31 * DAY + DAY / 24));
	/* There it is still the 30th: back to Feb 29th, 21:00 EST. */
	tells_apart("lastmodified: {months: 1, timezone: America/New_York}",
	    dated(INT64_C(1709258400) * 1000000000 - 1),
	    dated(INT64_C(1709258400) * 1000000000));
	tells_apart("lastmodified: {years: 1}", dated(NOW - 366 * DAY - 1),
	    dated(NOW - 366 * DAY));
	tells_apart("lastmodified: {years: 100000}", dated(INT64_MIN), dated(0));
	assert_int_equal(takes("[lastmodified]", "", dated(NOW)), 1);
	assert_int_equal(takes("[created: {days: 0}]", "", dated(0)), 1);
	assert_int_equal(takes("[created: {days: 1}]", "",
	    (struct file){ .name = "no birth", .mtime = 1 }), 0);
}

static void
empty_tells_apart(void **state)
{
	struct file full = folder("full");

	(void)state;
	tells_apart("empty", sized(0), sized(1));
	folder_is_empty = 1;
	assert_int_equal(takes("[empty]", "targets: dirs", full), 1);
	assert_int_equal(takes("[not empty]", "targets: dirs", full), 0);
	folder_is_empty = 0;
	assert_int_equal(takes("[empty]", "targets: dirs", full), 0);
}

static void
modes_join_filters_as_organize_does(void **state)
{
	static const char *const both = "[extension: jpg, size: '>10']";
	struct file yy = { .name = "a.jpg", .size = 11 };
	struct file yn = { .name = "a.jpg", .size = 1 };
	struct file ny = { .name = "a.png", .size = 11 };
	struct file nn = { .name = "a.png", .size = 1 };

	(void)state;
	assert_int_equal(takes(both, "", yy), 1);
	assert_int_equal(takes(both, "", yn), 0);
	assert_int_equal(takes(both, "filter_mode: any", ny), 1);
	assert_int_equal(takes(both, "filter_mode: any", nn), 0);
	assert_int_equal(takes(both, "filter_mode: none", nn), 1);
	assert_int_equal(takes(both, "filter_mode: none", yn), 0);
	assert_int_equal(takes("[]", "filter_mode: all", yy), 1);
	assert_int_equal(takes("[]", "filter_mode: any", yy), 0);
	assert_int_equal(takes("[]", "filter_mode: none", yy), 1);
	assert_int_equal(takes("[not extension: jpg, size: '>10']",
	    "filter_mode: none", yn), 1);
}

static void
groups_of_filters_nest(void **state)
{
	struct file a = { .name = "a.jpg", .size = 11 };
	struct file b = { .name = "b.png", .size = 1 };
	struct file c = { .name = "c.txt", .size = 99 };
	static const struct { const char *filters, *more; int a, b, c; } v[] = {
		{ "[any: [extension: jpg, extension: png]]", "", 1, 1, 0 },
		{ "[not any: [extension: jpg, extension: png]]", "", 0, 0, 1 },
		{ "[none: [extension: jpg, size: '>50']]", "", 0, 1, 0 },
		{ "[not none: [extension: jpg, size: '>50']]", "", 1, 0, 1 },
		{ "[any: [all: [extension: jpg, size: '>10'], name: c]]", "", 1,
		    0, 1 },
		{ "[all: [extension: jpg], size: '>10']", "", 1, 0, 0 },
		{ "[not all: [extension: jpg, size: '>10']]", "", 0, 1, 1 },
		{ "[any: [not extension: jpg], size: '>10']", "", 0, 0, 1 },
		{ "[any: [extension: jpg], name: b]", "filter_mode: any", 1, 1,
		    0 },
		{ "[any: [any: [any: [extension: jpg]]]]", "", 1, 0, 0 },
		{ "[any: {extension: jpg}]", "", 1, 0, 0 },
		{ "[size: '>10']", "any: [extension: jpg, extension: png]", 1, 0,
		    0 },
		{ "[]", "none: [extension: jpg]", 0, 1, 1 },
		{ "[extension: jpg, name: c]", "filter_mode: any\n"
		    "  all: [size: '>50']", 0, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (takes(v[i].filters, v[i].more, a) != v[i].a ||
		    takes(v[i].filters, v[i].more, b) != v[i].b ||
		    takes(v[i].filters, v[i].more, c) != v[i].c)
			fail_msg("%s %s", v[i].filters, v[i].more);
}

static void
groups_of_filters_say_what_decided(void **state)
{
	struct file x = { .name = "b.png", .size = 1 };
	static const struct { const char *filters, *want; } v[] = {
		{ "[any: [extension: jpg, size: '>10']]",
		    "extension is png, not jpg, size is 1" },
		{ "[not any: [extension: png, size: '>10']]",
		    "extension is png" },
		{ "[all: [name: b, extension: jpg]]",
		    "extension is png, not jpg" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		CLEAN_RULE_OF struct rule_of r = rule_with(v[i].filters, "");
		CLEAN_BUF struct buf b = {0};
		struct fs_id id;
		struct subject s = subject_of(&x, &id, NULL);

		filters_say_not(&r.rule->filters, &s, &b);
		if (strncmp(buf_str(&b), v[i].want, strlen(v[i].want)) != 0)
			fail_msg("%s: %s", v[i].filters, buf_str(&b));
	}
}

/* What the name alone decides, and what has to wait for a look. */
static void
a_look_is_asked_for_only_if_it_can_decide(void **state)
{
	static const struct { const char *filters, *mode, *name; int want; } v[] = {
		{ "[extension: jpg, size: '>1']", "all", "a.png", 0 },
		{ "[size: '>1', extension: jpg]", "all", "a.png", 0 },
		{ "[size: '>1', extension: jpg]", "all", "a.jpg",
		    FILTERS_LATER },
		{ "[size: '>1', extension: jpg]", "any", "a.jpg", 1 },
		{ "[size: '>1', extension: jpg]", "any", "a.png",
		    FILTERS_LATER },
		{ "[size: '>1', extension: jpg]", "none", "a.jpg", 0 },
		{ "[size: '>1', extension: jpg]", "none", "a.png",
		    FILTERS_LATER },
		{ "[size, lastmodified, created]", "all", "a", 1 },
		{ "[any: [size: '>1', extension: jpg]]", "all", "a.jpg", 1 },
		{ "[any: [size: '>1', extension: jpg]]", "all", "a.png",
		    FILTERS_LATER },
		{ "[any: [size: '>1'], extension: jpg]", "all", "a.png", 0 },
	};
	char more[60];

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct file x = named(v[i].name);
		struct fs_id id;
		struct subject s = subject_of(&x, &id, NULL);

		snprintf(more, sizeof(more), "filter_mode: %s", v[i].mode);
		CLEAN_RULE_OF struct rule_of r = rule_with(v[i].filters, more);
		assert_non_null(r.rule);
		s.id = NULL;
		assert_int_equal(filters_match(&r.rule->filters, &s, NEED_FILE,
		    NULL), v[i].want);
	}
}

static void
catches(const char *filters, const char *name, const char *filter,
    const char *key, const char *want)
{
	CLEAN_RULE_OF struct rule_of r = rule_with(filters, "filter_mode: any");
	struct captures c = {0};
	struct fs_id id;
	struct file x = named(name);
	struct subject s = subject_of(&x, &id, &c);
	const char *got;
	size_t len = 0;

	if (r.rule == NULL)
		fail_msg("%s: %s", filters, buf_str(&r.faults));
	(void)filters_match(&r.rule->filters, &s, KNOWN, NULL);
	got = captures_get(&c, filter, key, &len);
	if (want == NULL) {
		assert_null(got);
	} else {
		assert_non_null(got);
		assert_int_equal(len, strlen(want));
		assert_memory_equal(got, want, len);
	}
	captures_fini(&c);
}

static void
groups_are_caught(void **state)
{
	(void)state;
	catches("[regex: '(?P<y>20\\d\\d)-(?P<m>\\d\\d)']", "x2024-05.txt",
	    "regex", "m", "05");
	catches("[regex: 'a(?P<b>b)?']", "a", "regex", "b", NULL);
	catches("[regex: '(?P<a>x)', regex: '(?P<b>y)']", "xy", "regex", "a",
	    "x");
	catches("[regex: '(?P<a>x)', regex: '(?P<b>y)']", "xy", "regex", "b",
	    "y");
	catches("[name: 'Invoice_*_{year:int}_{month}_{day}']",
	    "Invoice_RE1001_2021_01_31.txt", "name", "month", "01");
	catches("[name: 'Invoice_*_{year:int}_{month}_{day}']",
	    "Invoice_RE1001_2021_01_31.txt", "name", "year", "2021");
	catches("[name: '{n:int}']", "007.x", "name", "n", "7");
	catches("[name: '{n:int}']", "-0.x", "name", "n", "0");
	catches("[name: '{n:float}x']", "1.50x.y", "name", "n", "1.5");
	catches("[name: '{n:float}x']", "2x", "name", "n", "2.0");
	catches("[name: {match: 'upper_{m1}_{m2}', case_sensitive: false}]",
	    "UPPER_MiXed_lower.txt", "name", "m1", "MiXed");
	catches("[name: {match: 'upper_{m1}_{m2}', case_sensitive: true}]",
	    "UPPER_MiXed_lower.txt", "name", "m1", NULL);
}

static void
says(const char *filters, const char *more, struct file x, int taken,
    const char *want)
{
	CLEAN_RULE_OF struct rule_of r = rule_with(filters, more);
	CLEAN_BUF struct buf b = {0};
	struct fs_id id;
	struct subject s = subject_of(&x, &id, NULL);

	if (r.rule == NULL)
		fail_msg("%s: %s", filters, buf_str(&r.faults));
	filters_begin(&r.rule->filters, NOW);
	assert_int_equal(filters_match(&r.rule->filters, &s, KNOWN, NULL),
	    taken);
	if (taken)
		filters_say(&r.rule->filters, &s, &b);
	else
		filters_say_not(&r.rule->filters, &s, &b);
	assert_string_equal(buf_str(&b), want);
}

static void
reasons_are_in_words(void **state)
{
	struct file jpg = { .name = "a.JPG", .size = 5, .mtime = 0 };
	struct file no = { .name = "README", .size = 5 };

	(void)state;
	says("[extension: [jpg, jpeg]]", "", jpg, 1, "extension is jpg");
	says("[extension: png]", "", jpg, 0, "extension is jpg, not png");
	says("[extension: [png, gif]]", "", no, 0,
	    "there is no extension, not png or gif");
	says("[not extension: png]", "", jpg, 1, "extension is not png");
	says("[extension: tar.gz]", "", named("x.tar.GZ"), 1,
	    "extension is tar.gz");
	says("[extension, size: '<10']", "", jpg, 1,
	    "extension is jpg, size is <10");
	says("[extension, size: '>10']", "", jpg, 0, "size is 5 B, not >10");
	says("[name: 'a*']", "", jpg, 1, "name matches 'a*'");
	says("[name: 'b*']", "", jpg, 0, "name does not match 'b*'");
	says("[name: {startswith: [x, y]}]", "", jpg, 0,
	    "name does not start with 'x' or 'y'");
	says("[name: {startswith: a, endswith: a}]", "", jpg, 1,
	    "name starts with 'a' and ends with 'a'");
	says("[regex: '^b']", "", jpg, 0, "name does not match the regex '^b'");
	says("[lastmodified: {days: 1, hours: 2}]", "", jpg, 1,
	    "lastmodified is older than 1 day 2 hours");
	says("[lastmodified: {days: 1, mode: newer}]", "", jpg, 0,
	    "lastmodified is 1970-01-01 01:00:00, not newer than 1 day");
	says("[created: {days: 1}]", "", jpg, 0,
	    "created is not known to this file system");
	says("[empty]", "", jpg, 0, "file is not empty");
	says("[not empty]", "", jpg, 1, "file is not empty");
	says("[extension: png, size: '<10']", "filter_mode: any", jpg, 1,
	    "size is <10");
	says("[extension: png, size: '>10']", "filter_mode: any", jpg, 0,
	    "extension is jpg, not png, size is 5 B, not >10");
	says("[extension: png, size: '>10']", "filter_mode: none", jpg, 1,
	    "extension is not png, size is not >10");
	says("[extension: jpg, size: '>10']", "filter_mode: none", jpg, 0,
	    "extension is jpg");
	says("[]", "", jpg, 1, "the rule has no filters");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extension_tells_files_apart),
		cmocka_unit_test(name_tells_files_apart),
		cmocka_unit_test(regex_tells_files_apart),
		cmocka_unit_test(size_tells_files_apart),
		cmocka_unit_test(huge_sizes_are_exact),
		cmocka_unit_test(times_tell_files_apart),
		cmocka_unit_test(empty_tells_apart),
		cmocka_unit_test(modes_join_filters_as_organize_does),
		cmocka_unit_test(a_look_is_asked_for_only_if_it_can_decide),
		cmocka_unit_test(groups_of_filters_nest),
		cmocka_unit_test(groups_of_filters_say_what_decided),
		cmocka_unit_test(groups_are_caught),
		cmocka_unit_test(reasons_are_in_words),
	};

	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
