/* test_alarm.c -- what is a sudden change, and what is not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "job/alarm.h"
#include "util/buf.h"

#define HALF	50

static int
is_sudden(const struct change *c, uint64_t percent, const char *word)
{
	CLEAN_BUF struct buf why = {0};
	int r = change_is_sudden(c, percent, &why);

	if (r)
		assert_non_null(strstr(buf_str(&why), word));
	else
		assert_int_equal(why.len, 0);
	return r;
}

static void
a_share_is_too_much(void **state)
{
	struct change c = { .before = 1000, .changed = 300, .gone = 200 };

	(void)state;
	assert_false(is_sudden(&c, HALF, ""));
	c.gone++;
	assert_true(is_sudden(&c, HALF, "501 of 1000"));
	assert_false(is_sudden(&c, GUARD_OFF, ""));
	assert_false(is_sudden(&c, 80, ""));
	c.before = UINT64_MAX / 2;
	c.changed = UINT64_MAX / 2;
	c.gone = 0;
	assert_true(is_sudden(&c, HALF, ""));
}

static void
few_files_tell_nothing(void **state)
{
	struct change c = { .before = CHANGE_FROM - 1, .changed = 99 };

	(void)state;
	assert_false(is_sudden(&c, HALF, ""));
	c.before++;
	assert_true(is_sudden(&c, HALF, ""));
}

static void
new_files_alone_are_no_harm(void **state)
{
	struct change c = { .before = 1000, .added = 100000,
	    .one_ext = 100000, .ext = ".jpg" };

	(void)state;
	assert_false(is_sudden(&c, HALF, ""));
}

static void
one_ending_in_place_of_all(void **state)
{
	struct change c = { .before = 1000, .gone = 300, .added = 300,
	    .one_ext = 295, .ext = ".locked" };

	(void)state;
	assert_true(is_sudden(&c, HALF, ".locked"));
	c.one_ext = 200;		/* a mixture: somebody tidied up */
	assert_false(is_sudden(&c, HALF, ""));
	c.one_ext = 300;
	c.gone = 240;			/* less than half of the limit */
	assert_false(is_sudden(&c, HALF, ""));
}

static void
what_cannot_be_compressed_any_more(void **state)
{
	struct change c = { .before = 1000, .changed = 300, .looked = 280,
	    .dense = 275 };

	(void)state;
	assert_true(is_sudden(&c, HALF, "encrypted"));
	c.dense = 100;
	assert_false(is_sudden(&c, HALF, ""));
	c.dense = c.looked = 10;	/* too few of them were seen */
	assert_false(is_sudden(&c, HALF, ""));
}

static void
the_commonest_ending(void **state)
{
	struct endings s = {0};
	char name[64];
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), i % 10 ? "/a.b/f%d.doc.locked" :
		    "/a.b/f%d", i);
		endings_add(&s, name);
	}
	assert_string_equal(s.ext, ".locked");
	assert_true(s.n >= 890 && s.n <= 900);
}

static void
odd_names_have_none(void **state)
{
	static const char *const names[] = { "", "/", ".", "/a.b/c", ".hidden",
	    "ends.", "x.this-is-too-long-to-be-one" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct endings s = {0};

		endings_add(&s, names[i]);
		assert_string_equal(s.ext, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_share_is_too_much),
		cmocka_unit_test(few_files_tell_nothing),
		cmocka_unit_test(new_files_alone_are_no_harm),
		cmocka_unit_test(one_ending_in_place_of_all),
		cmocka_unit_test(what_cannot_be_compressed_any_more),
		cmocka_unit_test(the_commonest_ending),
		cmocka_unit_test(odd_names_have_none),
	};

	return cmocka_run_group_tests_name("job-alarm", tests, NULL, NULL);
}
