/*
 * test_mount.c -- where snapshots are shown, and what is kept while it is looked
 * at.  The mounted whole is test/interop/test_mount.py's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mount/front.h"
#include "mount/inode.h"
#include "mount/lru.h"
#include "mount/template.h"
#include "repo/snapshot.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

/* ---- templates ---- */

/* By the rules of Go's time.Format, for a time that knows its offset and not the
 * name of its zone. */
static void
times_as_go_writes_them(void **state)
{
	static const struct {
		const char	*layout, *want;
	} rows[] = {
		{ "2006-01-02T15:04:05Z07:00", "2026-03-05T14:07:09+01:00" },
		{ "2006-01-02_15-04-05", "2026-03-05_14-07-09" },
		{ "Mon Jan 2 15:04:05 -0700 2006",
		    "Thu Mar 5 14:07:09 +0100 2026" },
		{ "Monday, 02-Jan-06 15:04:05 MST",
		    "Thursday, 05-Mar-26 14:07:09 +0100" },
		{ "January _2 3:4:5PM", "March  5 2:7:9PM" },
		{ "03pm -07 Z0700", "02pm +01 +0100" },
		{ "05.000 05.999999 05.000000000",
		    "09.012 09.0123 09.012300000" },
		{ "Mon_2006", "Thu_2026" }, { "1/2/06", "3/5/26" },
		{ "plain", "plain" }, { "%Y", "%Y" },
	};
	const struct node_time t = { .sec = 1772716029, .nsec = 12300000,
	    .zone = 3600 }, utc = { .sec = 0 };
	CLEAN_BUF struct buf b = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_reset(&b);
		template_time(&b, rows[i].layout, &t);
		assert_string_equal(buf_str(&b), rows[i].want);
	}
	buf_reset(&b);
	template_time(&b, "2006 Z07:00 -0700 MST", &utc);
	assert_string_equal(buf_str(&b), "1970 Z +0000 UTC");
	assert_int_equal(template_check_time("2006", NULL), 0);
	assert_int_equal(template_check_time("", NULL), -1);
	assert_int_equal(template_check_time("/2006", NULL), -1);
	assert_int_equal(template_check_time("2006/", NULL), -1);
}

static void
static_parts(void **state)
{
	static const struct {
		const char	*path;
		size_t		 want;
	} rows[] = {
		{ "ids/%i", 3 }, { "a/b/%T", 3 }, { "a/b-%h/%T", 1 },
		{ "%T", 0 }, { "x", 0 }, { "a/%%/%i", 4 }, { "a/b", 0 },
		{ "a/%", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(template_static(rows[i].path), rows[i].want);
}

/* ---- the front ---- */

static char tag_slash[] = "a/b", tag_up[] = "..", host[] = "host/x", nobody[] = "";

struct few {
	char		*tags[3], *none[1];
	struct snapshot	 v[3];
	struct snapshots l;
};

static void
few_init(struct few *f)
{
	size_t i;

	*f = (struct few){ .tags = { tag_slash, tag_up, NULL } };
	for (i = 0; i < 3; i++) {
		memset(f->v[i].id.b, 0x11 * (int)(i + 1), ID_LEN);
		memset(f->v[i].tree.b, (int)i, ID_LEN);
		f->v[i].hostname = host;
		f->v[i].username = nobody;
		f->v[i].time = (struct node_time){ .sec = i < 2 ? 1000 : 2000 };
		f->v[i].tags = i == 1 ? f->tags : f->none;
	}
	f->l = (struct snapshots){ f->v, 3 };
}

static void
assert_shows(const struct front *v, const char *path, const struct snapshot *s)
{
	const struct front_node *n = front_find(v, path);

	if (n == NULL)
		fail_msg("%s is not there", path);
	assert_int_equal(n->is_snapshot, s != NULL);
	if (s != NULL)
		assert_true(id_equal(&n->tree, &s->tree));
}

static void
each_snapshot_is_where_it_belongs(void **state)
{
	static const char *const paths[] = { "ids/%i", "by/%h/%u/%T",
	    "tags/%t/%T", "../%I", NULL };
	struct few f;
	struct front *v;

	(void)state;
	few_init(&f);
	v = front_new(&f.l, paths, "04-05");
	assert_shows(v, "", NULL);
	assert_shows(v, "ids", NULL);
	assert_shows(v, "ids/11111111", &f.v[0]);
	assert_shows(v, "ids/33333333", &f.v[2]);
	assert_shows(v, "by/host_x/_/16-40", &f.v[0]);
	/* Two of one time. */
	assert_shows(v, "by/host_x/_/16-40-1", &f.v[1]);
	assert_shows(v, "by/host_x/_/33-20", &f.v[2]);
	assert_string_equal(front_find(v, "by/host_x/_/latest")->target,
	    "33-20");
	assert_shows(v, "tags/a_b/16-40", &f.v[1]);
	assert_shows(v, "tags/__/16-40", &f.v[1]);
	assert_null(front_find(v, ".."));
	assert_shows(v, "1111111111111111111111111111111111111111111111111111111"
	    "111111111", &f.v[0]);
	assert_int_equal(front_find(v, "")->time.sec, 2000);
	assert_int_equal(front_find(v, "tags")->time.sec, 1000);
	front_free(v);

	/* Nothing is there, and still the folders are. */
	f.l.n = 0;
	v = front_new(&f.l, paths, "04-05");
	assert_shows(v, "ids", NULL);
	assert_shows(v, "by", NULL);
	assert_null(front_find(v, "ids/11111111"));
	front_free(v);
}

/* ---- what is kept ---- */

static int dropped;

static void
drop(void *thing)
{
	dropped++;
	free(thing);
}

static struct id
numbered(unsigned char n)
{
	return (struct id){ .b = { n, 0, n } };
}

static void
what_was_not_asked_for_goes_first(void **state)
{
	struct lru *l = lru_new(30, drop);
	struct lru_item *held, *i;
	unsigned char n;
	struct id id;

	(void)state;
	dropped = 0;
	id = numbered(0);
	held = lru_put(l, &id, xalloc(1), 10);
	for (n = 1; n < 10; n++) {
		id = numbered(n);
		i = lru_put(l, &id, xalloc(1), 10);
		lru_give_back(l, i);
		id = numbered(1);
		if ((i = lru_take(l, &id)) != NULL)
			lru_give_back(l, i);
	}
	assert_int_equal(dropped, 7);
	id = numbered(0);
	i = lru_take(l, &id);
	assert_ptr_equal(i, held);
	lru_give_back(l, i);
	id = numbered(1);
	assert_non_null(i = lru_take(l, &id));
	/* Somebody was faster. */
	assert_ptr_equal(lru_put(l, &id, xalloc(1), 10), i);
	assert_int_equal(dropped, 8);
	lru_give_back(l, i);
	lru_give_back(l, i);
	id = numbered(5);
	assert_null(lru_take(l, &id));
	lru_give_back(l, held);
	lru_free(l);
	assert_int_equal(dropped, 11);
}

static void
an_inode_lives_till_it_is_forgotten(void **state)
{
	struct inodes *t = inodes_new();
	struct inode *first = NULL, *i, *v[3000];
	char name[32];
	int k;

	(void)state;
	for (k = 0; k < 3; k++) {
		i = inodes_add(t, inode_new(INODE_NODE, 1, "x", NULL, "text",
		    4));
		assert_true(first == NULL || first == i);
		first = i;
	}
	assert_int_equal(inodes_count(t), 1);
	/* The same name with something else in it is another. */
	i = inodes_add(t, inode_new(INODE_NODE, 1, "x", NULL, "tex2", 4));
	assert_ptr_not_equal(i, first);
	inodes_forget(t, i, 1);
	inodes_forget(t, first, 2);
	assert_int_equal(inodes_count(t), 1);
	inodes_forget(t, first, 1);
	assert_int_equal(inodes_count(t), 0);
	for (k = 0; k < 3000; k++) {
		snprintf(name, sizeof(name), "%d", k);
		v[k] = inodes_add(t, inode_new(INODE_NODE, 1, name, NULL, NULL,
		    0));
	}
	assert_int_equal(inodes_count(t), 3000);
	for (k = 0; k < 3000; k += 2)
		inodes_forget(t, v[k], 1);
	assert_int_equal(inodes_count(t), 1500);
	inodes_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_as_go_writes_them),
		cmocka_unit_test(static_parts),
		cmocka_unit_test(each_snapshot_is_where_it_belongs),
		cmocka_unit_test(what_was_not_asked_for_goes_first),
		cmocka_unit_test(an_inode_lives_till_it_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
