/* test_sftp_place.c -- restic's two ways to write an SFTP place, and ssh's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/sftp_place.h"
#include "util/buf.h"
#include "util/err.h"

/* Its words in one line, without those that every ssh gets. */
static void
expect(const char *place, const char *const *extended, const char *path,
    const char *words)
{
	CLEAN_BUF struct buf b = {0};
	struct sftp_place *p;
	struct err e = {0};
	size_t i;

	if (sftp_place_new(place, extended, &p, &e) < 0)
		fail_msg("%s: %s", place, e.text);
	assert_string_equal(p->path, path);
	for (i = 0; p->argv[i] != NULL; i++)
		if (strncmp(p->argv[i], "-o", 2) != 0)
			buf_addf(&b, "%s%s", b.len > 0 ? "|" : "", p->argv[i]);
	assert_string_equal(buf_str(&b), words);
	sftp_place_free(p);
}

static void
both_forms(void **state)
{
	(void)state;
	expect("host:/srv/r", NULL, "/srv/r", "ssh|-s|--|host|sftp");
	expect("me@host:r", NULL, "r", "ssh|-l|me|-s|--|host|sftp");
	expect("me@corp@host:r/", NULL, "r", "ssh|-l|me@corp|-s|--|host|sftp");
	expect("me@[::1]:/r", NULL, "/r", "ssh|-l|me|-s|--|::1|sftp");
	expect("//me@host:2222//srv/r", NULL, "/srv/r",
	    "ssh|-p|2222|-l|me|-s|--|host|sftp");
	expect("//host/r", NULL, "r", "ssh|-s|--|host|sftp");
	expect("//[::1]:22//r", NULL, "/r", "ssh|-p|22|-s|--|::1|sftp");
	expect("//a%40b@host//r%20s", NULL, "/r s",
	    "ssh|-l|a@b|-s|--|host|sftp");
	expect("host:/", NULL, "/", "ssh|-s|--|host|sftp");
}

static void
options(void **state)
{
	static const char *const args[] = { "s3.region=x",
	    "sftp.args=-F '/a b/c' -v", NULL };
	static const char *const command[] = {
	    "sftp.command=\"my ssh\" x\\ y -s sftp", NULL };

	(void)state;
	expect("host:/r", args, "/r", "ssh|-F|/a b/c|-v|-s|--|host|sftp");
	expect("host:/r", command, "/r", "my ssh|x y|-s|sftp");
}

/* What ssh would take for an option of its own never gets there. */
static void
what_cannot_be_is_refused(void **state)
{
	static const char *const places[] = { "", "host", ":/r", "@host:/r",
	    "-oProxyCommand=id:/r", "me@-oProxyCommand=id:/r", "-l@host:/r",
	    "host:", "host:~/r", "//host", "///r", "//host:x/r", "//[::1/r",
	    "//host/%zz", "//host/a%00b", "//%2doProxyCommand=id/r" };
	static const char *const options[][3] = {
		{ "sftp.nothing=1", NULL }, { "sftp.connections=0", NULL },
		{ "sftp.connections=x", NULL }, { "sftp.connections=65", NULL },
		{ "sftp.args='x", NULL }, { "sftp.command=", NULL },
		{ "sftp.args=a", "sftp.command=b", NULL },
	};
	struct sftp_place *p;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		e = (struct err){0};
		if (sftp_place_new(places[i], NULL, &p, &e) == 0)
			fail_msg("taken: %s", places[i]);
		assert_int_equal(e.kind, ERR_USAGE);
	}
	for (i = 0; i < sizeof(options) / sizeof(*options); i++) {
		e = (struct err){0};
		if (sftp_place_new("host:/r", options[i], &p, &e) == 0)
			fail_msg("taken: %s", options[i][0]);
		assert_int_equal(e.kind, ERR_USAGE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms),
		cmocka_unit_test(options),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
