/*
 * Templates: what organize's users write means what it meant, values are never
 * expanded twice, and no value leads out of the folder that was written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "conf/env.h"
#include "rules/template.h"
#include "util/buf.h"

#define NOW	(INT64_C(1711933261) * 1000000000 + 5000) /* 01:01:01 UTC */

static const char *
variable(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "HOME") == 0 ? "/home/me" :
	    strcmp(name, "BOX") == 0 ? "/srv/in/box" :
	    strcmp(name, "ODD") == 0 ? "$HOME {x}" : NULL;
}

static int
home(void *arg, uid_t uid, const char *user, struct buf *out)
{
	(void)arg, (void)uid;
	buf_adds(out, "/home/me");
	return user == NULL ? 0 : -1;
}

static int
hostname(void *arg, struct buf *out)
{
	(void)arg;
	buf_adds(out, "box");
	return 0;
}

static const struct conf_env env = {
	.home = home, .hostname = hostname, .var = variable,
};
static const char *const groups[] = { "year", "odd", "none", NULL };
static const char *const names[] = { "number", NULL };
static const struct template_scope scope = { .env = &env, .regex = groups,
    .name = names };

static struct captures caught;
static struct fs_id id;
static struct subject subject;

static void
look_at(const char *dir, const char *name)
{
	subject = (struct subject){ .dir = dir, .name = name,
	    .name_len = strlen(name), .first = name, .first_len = strlen(name),
	    .location = "/home/me/in", .id = &id, .size = id.size,
	    .captures = &caught, .now = NOW, .rule = "my rule",
	    .rule_number = 2 };
}

static int
setup(void **state)
{
	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	id = (struct fs_id){ .size = 1234567,
	    .mtime = INT64_C(1704067200) * 1000000000 + 250000000,
	    .btime = INT64_C(1706745599) * 1000000000 };
	captures_reset(&caught);
	captures_add(&caught, "regex", "year", "2024", 4);
	captures_add(&caught, "regex", "odd", "a/b", 3);
	captures_add(&caught, "name", "number", "7", 1);
	look_at("/home/me/in/sub", "Report.tar.GZ");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	captures_fini(&caught);
	return 0;
}

/* 0 and out, or the error's text. */
static int
expand(enum template_kind kind, const char *text, struct buf *out,
    struct err *e)
{
	struct template *t;
	int rc;

	buf_reset(out);
	*e = (struct err){0};
	if (template_parse(text, kind, &scope, &t, NULL, e) < 0)
		return -2;
	rc = template_expand(t, &subject, out, e);
	template_free(t);
	return rc;
}

static void
gives(enum template_kind kind, const char *text, const char *want)
{
	CLEAN_BUF struct buf b = {0};
	struct err e;

	if (expand(kind, text, &b, &e) != 0)
		fail_msg("%s: %s", text, e.text);
	if (strcmp(buf_str(&b), want) != 0)
		fail_msg("%s gives '%s', not '%s'", text, buf_str(&b), want);
}

/* rc -2: refused when compiled; -1: an error of this file. */
static void
fails(enum template_kind kind, const char *text, int rc, const char *word)
{
	CLEAN_BUF struct buf b = {0};
	struct err e;
	int got = expand(kind, text, &b, &e);

	if (got != rc || strstr(e.text, word) == NULL)
		fail_msg("%s: %d '%s' '%s'", text, got, e.text, buf_str(&b));
}

static void
placeholders_are_organizes(void **state)
{
	static const struct { const char *text, *want; } v[] = {
		{ "plain", "plain" }, { "", "" },
		{ "{name}|{extension}", "Report.tar|GZ" },
		{ "{extension.lower()}{extension.upper()}", "gzGZ" },
		{ "{path}", "/home/me/in/sub/Report.tar.GZ" },
		{ "{path.stem}|{path.name}|{path.suffix}",
		    "Report.tar|Report.tar.GZ|.GZ" },
		{ "{path.parent}", "/home/me/in/sub" },
		{ "{path.parent.name}", "sub" },
		{ "{path.parent.parent.parent.parent.parent.parent}", "/" },
		{ "{relative_path}", "sub/Report.tar.GZ" },
		{ "{relative_path.parent}", "sub" },
		{ "{location}|{basedir.name}", "/home/me/in|in" },
		{ "{regex.year}-{ name.number }", "2024-7" },
		{ "{rule} {rule_nr} {hostname}", "my rule 2 box" },
		{ "{env.HOME}", "/home/me" },
		{ "{'a}b'}{\"c\\\"\"}", "a}bc\"" },
		{ "{size.bytes}", "1234567" },
		{ "{size.traditional}|{size.binary}|{size.decimal}",
		    "1.2 MB|1.2 MiB|1.2 MB" },
		{ "{lastmodified}", "2024-01-01 01:00:00.250000+01:00" },
		{ "{created}", "2024-02-01 00:59:59+01:00" },
		{ "{created.year}/{created.month}/{created.day}", "2024/2/1" },
		{ "{lastmodified.hour}:{lastmodified.minute}:"
		    "{lastmodified.second}.{lastmodified.microsecond}",
		    "1:0:0.250000" },
		{ "{lastmodified.strftime('%Y-%m')}", "2024-01" },
		{ "{lastmodified.strftime(\"%d. %B %f %%f\")}",
		    "01. January 250000 %f" },
		{ "{created.strftime('%b').upper()}", "FEB" },
		{ "{now()}", "2024-04-01 03:01:01.000005" },
		{ "{now}", "2024-04-01 03:01:01.000005" },
		{ "{utcnow()}", "2024-04-01 01:01:01.000005" },
		{ "{today()} {today().year}", "2024-04-01 2024" },
		{ "a } b", "a } b" }, { "100% $5 $ $$ ~", "100% $5 $ $$ ~" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		gives(TEMPLATE_TEXT, v[i].text, v[i].want);
	look_at("/", "\xc3\xa4.\xc3\x84\xff");
	subject.location = "/";
	gives(TEMPLATE_TEXT, "{name.upper()}{extension.lower()}",
	    "\xc3\x84\xc3\xa4\xff");
	gives(TEMPLATE_TEXT, "{relative_path}", "\xc3\xa4.\xc3\x84\xff");
	look_at("/x", ".bashrc");
	gives(TEMPLATE_TEXT, "{name}|{extension}", ".bashrc|");
}

static void
what_filters_found_has_members(void **state)
{
	(void)state;
	captures_add(&caught, "exif", "image.model", "Nikon D3200", 11);
	captures_add(&caught, "exif", "image.make", "Nikon", 5);
	captures_add_typed(&caught, "exif", "exif.datetimeoriginal",
	    CAPTURE_TIME, INT64_C(1519302896) * 1000000000,
	    "2018:02:22 12:34:56", 19);
	captures_add_typed(&caught, "exif", "gps.gpsdate", CAPTURE_DATE,
	    INT64_C(1519257600) * 1000000000, "2018:02:22", 10);
	captures_add(&caught, "hash", "", "d41d8cd9", 8);
	captures_add(&caught, "mimetype", "", "image/jpeg", 10);
	captures_add_typed(&caught, "duplicate", "original", CAPTURE_PATH, 0,
	    "/home/me/o/x.jpg", 16);
	captures_add(&caught, "xattr", "xdg.tags", "a,b", 3);
	gives(TEMPLATE_TEXT, "{exif.image.model.split()[0]}", "Nikon");
	gives(TEMPLATE_TEXT, "{exif['image']['make'].upper()}", "NIKON");
	gives(TEMPLATE_TEXT, "{exif.exif.datetimeoriginal.strftime('%Y-%m %H')}",
	    "2018-02 12");
	gives(TEMPLATE_TEXT, "{exif.gps.gpsdate.year} {exif.gps.gpsdate}",
	    "2018 2018-02-22");
	gives(TEMPLATE_TEXT, "{exif.image}",
	    "{'model': 'Nikon D3200', 'make': 'Nikon'}");
	gives(TEMPLATE_TEXT, "{exif.lens.name|default('no lens')}", "no lens");
	gives(TEMPLATE_TEXT, "{'gps' in exif} {exif.image.x is defined}",
	    "True False");
	gives(TEMPLATE_TEXT, "{hash[:4]} {mimetype.split('/')[0]}", "d41d image");
	gives(TEMPLATE_TEXT, "{duplicate.original.parent.name}", "o");
	gives(TEMPLATE_TEXT, "{xattr.xdg.tags.split(',')|last}", "b");
	gives(TEMPLATE_PATH, "/x/{mimetype}/", "/x/image/jpeg/");
	gives(TEMPLATE_TEXT, "{regex}", "{'year': '2024', 'odd': 'a/b'}");
	fails(TEMPLATE_TEXT, "{exif.lens}", -1, "missing value for {exif.lens}");
	fails(TEMPLATE_TEXT, "{exif.image.model.foo}", -1, "has no 'foo'");
}

static void
what_is_joined_makes_no_folder_either(void **state)
{
	(void)state;
	gives(TEMPLATE_PATH, "/x/{'a/' ~ regex.odd ~ '/b'}/f", "/x/a/a_b/b/f");
	gives(TEMPLATE_PATH, "/x/{regex.odd ~ regex.odd}/f", "/x/a_ba_b/f");
	gives(TEMPLATE_PATH, "/x/{'%s/%s' % (regex.odd, regex.year)}",
	    "/x/a_b/2024");
	gives(TEMPLATE_PATH, "/x/{regex.odd.split('/')|join('/')}/f", "/x/a/b/f");
	gives(TEMPLATE_PATH, "/x/{regex.odd.replace('b', 'x/y')}/f", "/x/a_x/y/f");
	gives(TEMPLATE_PATH, "{path.parent / regex.odd}", "/home/me/in/sub/a_b");
	gives(TEMPLATE_PATH, "/x/{'a/b' if true else regex.odd}", "/x/a/b");
	captures_add(&caught, "regex", "odd", "..", 2);
	fails(TEMPLATE_PATH, "/x/{'a/' ~ regex.odd}/f", -1, "'..'");
	fails(TEMPLATE_PATH, "{path.parent / regex.odd}/f", -1, "'..'");
	fails(TEMPLATE_PATH, "/x/{regex.odd[0] ~ regex.odd[1]}/f", -1, "'..'");
	fails(TEMPLATE_NAME, "{'a/' ~ name}", -1, "slashes");
	gives(TEMPLATE_TEXT, "{'a/' ~ regex.odd}", "a/..");
}

static void
sizes_print_as_organize_prints_them(void **state)
{
	static const struct { uint64_t n; const char *trad, *deci; } v[] = {
		{ 0, "0 bytes", "0 bytes" }, { 1, "1 byte", "1 byte" },
		{ 999, "999 bytes", "999 bytes" },
		{ 1000, "1,000 bytes", "1.0 kB" },
		{ 1023, "1,023 bytes", "1.0 kB" }, { 1024, "1.0 KB", "1.0 kB" },
		{ 1048500, "1,023.9 KB", "1.0 MB" },
		{ 999999, "976.6 KB", "1,000.0 kB" },
		{ UINT64_MAX >> 1, "8.0 EB", "9.2 EB" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		subject.size = v[i].n;
		gives(TEMPLATE_TEXT, "{size.traditional}", v[i].trad);
		gives(TEMPLATE_TEXT, "{size.decimal}", v[i].deci);
	}
	subject.size = 5;
	gives(TEMPLATE_TEXT, "{size}", "{'bytes': 5, 'traditional': '5 bytes', "
	    "'binary': '5 bytes', 'decimal': '5 bytes'}");
}

static void
what_is_written_expands_once_and_values_never(void **state)
{
	(void)state;
	gives(TEMPLATE_TEXT, "~/Docs/{name}.x", "/home/me/Docs/Report.tar.x");
	gives(TEMPLATE_TEXT, "~", "/home/me");
	gives(TEMPLATE_TEXT, "~root/x", "~root/x");
	gives(TEMPLATE_TEXT, "$BOX/a", "/srv/in/box/a");
	gives(TEMPLATE_TEXT, "${BOX}/$NOPE/a", "/srv/in/box/$NOPE/a");
	gives(TEMPLATE_PATH, "~/$BOX/a", "~/$BOX/a");	/* conf's affair */
	gives(TEMPLATE_TEXT, "$ODD|{env.ODD}", "$HOME {x}|$HOME {x}");
	look_at("/in", "$HOME.txt");
	gives(TEMPLATE_PATH, "/x/{path.name}", "/x/$HOME.txt");
	gives(TEMPLATE_NAME, "{name}", "$HOME");
	look_at("/in", "{x}.txt");
	gives(TEMPLATE_PATH, "/x/{path.name}", "/x/{x}.txt");
	look_at("/in", "~");
	gives(TEMPLATE_PATH, "{path.name}/x", "~/x");
	look_at("/in", "a\n-b");
	gives(TEMPLATE_NAME, "{path.name}", "a\n-b");
}

static void
a_value_makes_no_folder_and_leads_nowhere(void **state)
{
	(void)state;
	gives(TEMPLATE_PATH, "/x/{regex.odd}/f", "/x/a_b/f");
	gives(TEMPLATE_NAME, "{regex.odd}.pdf", "a_b.pdf");
	gives(TEMPLATE_PATH, "/x/{lastmodified.strftime('%Y/%m')}/",
	    "/x/2024/01/");
	gives(TEMPLATE_PATH, "/x{path}", "/x/home/me/in/sub/Report.tar.GZ");
	gives(TEMPLATE_PATH, "/dest/{path}",
	    "/dest//home/me/in/sub/Report.tar.GZ");
	gives(TEMPLATE_PATH, "../{name}/./x", "../Report.tar/./x");
	gives(TEMPLATE_PATH, "{env.BOX}/{name}", "/srv/in/box/Report.tar");

	captures_add(&caught, "regex", "year", "", 0);
	fails(TEMPLATE_PATH, "/x/{regex.year}/f", -1, "empty");
	fails(TEMPLATE_PATH, "/x/{regex.year}", -1, "empty");
	fails(TEMPLATE_NAME, "{regex.year}", -1, "empty");
	gives(TEMPLATE_PATH, "/x/a{regex.year}/f", "/x/a/f");
	captures_add(&caught, "regex", "year", "..", 2);
	fails(TEMPLATE_PATH, "/x/{regex.year}/f", -1, "'..'");
	fails(TEMPLATE_PATH, "/x/{regex.year}", -1, "'..'");
	fails(TEMPLATE_NAME, "{regex.year}", -1, "'..'");
	gives(TEMPLATE_TEXT, "{regex.year}", "..");
	captures_add(&caught, "regex", "year", ".", 1);
	fails(TEMPLATE_PATH, "/x/{regex.year}/f", -1, "'.'");
	fails(TEMPLATE_PATH, "/x/.{regex.year}/f", -1, "'..'");
	fails(TEMPLATE_NAME, "a/{name}", -1, "slashes");
	fails(TEMPLATE_NAME, "{created.strftime('%Y/%m')}", -1, "slashes");
	fails(TEMPLATE_PATH, "/x/{created.strftime('')}/", -1, "empty");
}

static void
a_missing_value_is_an_error_of_that_file(void **state)
{
	(void)state;
	fails(TEMPLATE_TEXT, "{regex.none}", -1, "missing value for {regex.none}");
	subject.captures = NULL;
	fails(TEMPLATE_TEXT, "{regex.year}", -1, "missing");
	id.btime = 0;
	fails(TEMPLATE_TEXT, "{created.year}", -1, "missing");
	subject.id = NULL;
	fails(TEMPLATE_TEXT, "{lastmodified}", -1, "missing");
	fails(TEMPLATE_TEXT, "{size}", -1, "missing");
	look_at("/home/me/inside", "x");	/* begins alike, is not below */
	fails(TEMPLATE_TEXT, "{relative_path}", -1, "missing");
	subject = (struct subject){ .now = NOW, .rule = "r" };
	fails(TEMPLATE_TEXT, "{path}", -1, "missing");
	fails(TEMPLATE_TEXT, "{name}", -1, "missing");
	fails(TEMPLATE_TEXT, "{location}", -1, "missing");
	gives(TEMPLATE_TEXT, "{rule} {today()}", "r 2024-04-01");
}

static void
what_is_not_known_is_a_fault_that_names_the_nearest(void **state)
{
	static const struct { const char *text, *word, *near; } v[] = {
		{ "{nmae}", "nmae", "name" },
		{ "{path.stm}", "stm", "stem" },
		{ "{created.yaer}", "yaer", "year" },
		{ "{regex.yeer}", "yeer", "year" },
		{ "{name.nmber}", "nmber", "number" },
		{ "{% if x %}", "no statements", NULL },
		{ "{name", "without its '}'", NULL },
		{ "{}", "expected", NULL }, { "{# x", "'#}'", NULL },
		{ "{name|uper}", "uper", "upper" },
		{ "{name.upr()}", "upr", "upper" },
		{ "{name is defned}", "defned", "defined" },
		{ "{(name|int).foo}", "foo", NULL },
		{ "{size.byts}", "byts", "bytes" },
		{ "{regex['yeer']}", "yeer", "year" },
		{ "{lastmodified.strftime}", "()", NULL },
		{ "{name + }", "expected", NULL },
		{ "{name.split('a', 1, 2)}", "no more", NULL },
		{ "{name.split(seq='a')}", "no option", NULL },
		{ "{name.replace('a')}", "more values", NULL },
		{ "{1/0}", "division by 0", NULL }, { "{ }", "expected", NULL },
		{ "{env}", "env.NAME", NULL },
		{ "{env.NOPE}", "NOPE", NULL },
		{ "{extension.upper}", "()", NULL },
		{ "{path()}", "takes no ()", NULL },
		{ "{created.strftime()}", "needs a value", NULL },
		{ "{created.strftime('%Y'}", "')'", NULL },
		{ "{name.}", "behind '.'", NULL },
		{ "{size.bytes.upper()}", "upper", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct template_fault f;
		struct template *t;
		struct err e = {0};

		if (template_parse(v[i].text, TEMPLATE_TEXT, &scope, &t, &f,
		    &e) != -1)
			fail_msg("no fault: %s", v[i].text);
		assert_int_equal(e.kind, ERR_CONF);
		if (strstr(e.text, v[i].word) == NULL)
			fail_msg("%s: %s", v[i].text, e.text);
		if (v[i].near != NULL)
			assert_string_equal(f.near, v[i].near);
	}
}

static unsigned
needs(const char *text)
{
	struct template *t;
	unsigned n;

	assert_int_equal(template_parse(text, TEMPLATE_TEXT, &scope, &t, NULL,
	    NULL), 0);
	n = template_needs(t);
	template_free(t);
	return n;
}

static void
it_tells_what_must_be_known_before(void **state)
{
	(void)state;
	assert_int_equal(needs("~/x/{now().year}/{env.HOME}"), 0);
	assert_int_equal(needs("{path.stem}"), NEED_FILE);
	assert_int_equal(needs("{regex.year}"), NEED_FILE | NEED_CAPTURES);
	assert_int_equal(needs("{created.year}"), NEED_FILE | NEED_ID);
	assert_int_equal(needs("{size.bytes}"),
	    NEED_FILE | NEED_ID | NEED_SIZE);
}

static void
it_tells_what_holds_for_every_file(void **state)
{
	static const struct {
		const char	*text, *fixed;
	} v[] = {
		{ "/a/b/", "/a/b/" }, { "/a/b", "/a/b" },
		{ "/a/b/{extension}/c", "/a/b/" }, { "/a/x{name}", "/a/" },
		{ "/a/{hostname}/{name}", "/a/box/" }, { "{location}/x", "" },
		{ "{name}", "" },
	};
	CLEAN_BUF struct buf b = {0};
	struct template *t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(template_parse(v[i].text, TEMPLATE_PATH, &scope,
		    &t, NULL, NULL), 0);
		buf_reset(&b);
		template_fixed(t, &b);
		assert_string_equal(buf_str(&b), v[i].fixed);
		template_free(t);
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(placeholders_are_organizes),
		T(what_filters_found_has_members),
		T(what_is_joined_makes_no_folder_either),
		T(sizes_print_as_organize_prints_them),
		T(what_is_written_expands_once_and_values_never),
		T(a_value_makes_no_folder_and_leads_nowhere),
		T(a_missing_value_is_an_error_of_that_file),
		T(what_is_not_known_is_a_fault_that_names_the_nearest),
		T(it_tells_what_must_be_known_before),
		T(it_tells_what_holds_for_every_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
