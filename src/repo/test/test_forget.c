/*
 * test_forget.c -- what a policy lets go, group by group, and why the rest
 * stays.  (The policy's own arithmetic is tested in keep, and against restic in
 * test_forget_restic.c.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repo/forget.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"

#define COUNT(v)	(sizeof(v) / sizeof((v)[0]))
#define DAY		86400
#define NOW		((int64_t)2000000000 * 1000000)

static char *tag_a[] = { "a", NULL }, *tag_ab[] = { "b", "a", NULL },
    *tag_partial[] = { "partial", NULL }, *path_x[] = { "/x", NULL },
    *path_y[] = { "/y", NULL };

/* Days from 2020-01-10 12:00, UTC. */
static struct snapshot
at(int day, char **tags, char *host, char **paths)
{
	struct snapshot s = { .time = { 1578657600 + (int64_t)day * DAY, 0, 0 },
		.tags = tags, .hostname = host, .paths = paths };

	s.id.b[0] = (unsigned char)day;
	return s;
}

/* "4 daily snapshot, has tags [a]; 3 -; ...": each by its day, newest first,
 * groups parted by a line. */
static void
assert_decides(const struct snapshots *l, const char *by,
    const struct forget_policy *p, const char *want)
{
	CLEAN(forget_fini) struct forget f;
	CLEAN_BUF struct buf out = {0};
	const struct forget_item *it;
	struct err e;
	size_t g, i;
	unsigned r;

	if (forget_decide(l, by, p, NOW, &f, &e) < 0)
		fail_msg("%s", e.text);
	for (g = 0; g < f.groups.n; g++) {
		if (g > 0)
			buf_addc(&out, '\n');
		for (i = 0; i < f.v[g].n; i++) {
			it = &f.v[g].v[i];
			buf_addf(&out, "%s%d ", i > 0 ? "; " : "",
			    it->snapshot->id.b[0]);
			if (!it->keep.keep)
				buf_addc(&out, '-');
			for (r = 0; forget_reason(p, it, r, &out); r++)
				buf_adds(&out, ", ");
			if (r > 0)
				out.len -= 2;
		}
	}
	assert_string_equal(buf_str(&out), want);
}

static void
tags_keep_and_say_so(void **state)
{
	struct snapshot v[] = { at(1, NULL, "h", path_x),
		at(2, tag_a, "h", path_x), at(3, tag_ab, "h", path_x),
		at(4, NULL, "h", path_x) };
	const struct snapshots l = { v, COUNT(v) };
	static const char *const lists[] = { "a", " b , a ", "none", NULL };
	static const char *const untagged[] = { "", NULL };
	struct forget_policy p = { .keep = { .n = { [KEEP_LAST] = 1 } },
		.tags = lists };

	(void)state;
	assert_decides(&l, "host", &p, "4 last snapshot; "
	    "3 has tags [a], has tags [b, a]; 2 has tags [a]; 1 -");
	p.tags = untagged;
	p.keep.n[KEEP_LAST] = 2;
	assert_decides(&l, "host", &p, "4 has tags [], last snapshot; "
	    "3 last snapshot; 2 -; 1 has tags []");
	assert_false(forget_policy_empty(&p));
	p.keep.n[KEEP_LAST] = 0;
	assert_false(forget_policy_empty(&p));
	p.tags = NULL;
	assert_true(forget_policy_empty(&p));
	assert_decides(&l, "host", &p, "4 no policy; 3 no policy; "
	    "2 no policy; 1 no policy");
}

static void
the_newest_whole_one_stays(void **state)
{
	struct snapshot v[] = { at(1, NULL, "h", path_x),
		at(2, NULL, "h", path_x), at(3, tag_partial, "h", path_x) };
	const struct snapshots l = { v, COUNT(v) };
	static const char *const lists[] = { "none", NULL };
	struct forget_policy p = { .tags = lists, .partial = "partial" };

	(void)state;
	assert_decides(&l, "host", &p, "3 -; 2 newest whole snapshot; 1 -");
	p.partial = NULL;
	assert_decides(&l, "host", &p, "3 newest whole snapshot; 2 -; 1 -");
}

static void
each_group_has_its_own(void **state)
{
	struct snapshot v[] = { at(1, tag_a, "h", path_x),
		at(2, tag_ab, "h", path_y), at(3, NULL, "g", path_x),
		at(4, tag_a, "h", path_x), at(5, tag_a, "g", path_x) };
	const struct snapshots l = { v, COUNT(v) };
	struct forget_policy p = { .keep = { .n = { [KEEP_LAST] = 1 } } };
	struct forget f;
	struct err e;

	(void)state;
	assert_decides(&l, "", &p, "5 last snapshot; 4 -; 3 -; 2 -; 1 -");
	assert_decides(&l, "host,paths", &p, "5 last snapshot; 3 -\n"
	    "4 last snapshot; 1 -\n2 last snapshot");
	assert_decides(&l, "hosts,path,", &p, "5 last snapshot; 3 -\n"
	    "4 last snapshot; 1 -\n2 last snapshot");
	assert_decides(&l, "tag", &p, "3 last snapshot\n"
	    "5 last snapshot; 4 -; 1 -\n2 last snapshot");
	assert_int_equal(forget_decide(&l, "host,name", &p, NOW, &f, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(forget_decide(&(struct snapshots){0}, "host", &p, NOW,
	    &f, &e), 0);
	assert_int_equal(f.groups.n, 0);
	forget_fini(&f);
}

static void
a_false_clock_lets_nothing_go(void **state)
{
	struct snapshot v[] = { at(1, NULL, "h", path_x),
		at(2, NULL, "h", path_x) };
	const struct snapshots l = { v, COUNT(v) };
	struct forget_policy p = { .keep = { .n = { [KEEP_LAST] = 1 } } };
	struct forget f;
	struct err e;

	(void)state;
	assert_int_equal(forget_decide(&l, "host", &p,
	    v[1].time.sec * 1000000 - (int64_t)2 * DAY * 1000000, &f, &e), -1);
	assert_int_equal(e.kind, ERR_HELD);
	p.keep.n[KEEP_DAILY] = -2;
	assert_int_equal(forget_decide(&l, "host", &p, NOW, &f, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_keep_and_say_so),
		cmocka_unit_test(the_newest_whole_one_stays),
		cmocka_unit_test(each_group_has_its_own),
		cmocka_unit_test(a_false_clock_lets_nothing_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
