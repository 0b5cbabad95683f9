/*
 * test_index.c -- the index says what the index files say, whatever comes and
 * goes between two looks, and whatever happens to the cache.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/cache.h"
#include "repo/test/index_place.h"
#include "util/err.h"

static struct err e;

#define OK(x)	do { e.text[0] = '\0'; if ((x) != 0) \
		fail_msg("%s: %s", #x, e.text); } while (0)

static void
come_and_go(int with_cache)
{
	struct repo *r[2];
	struct place p;
	int step, who;

	place_init(&p, 150);
	r[0] = house_repo(p.store, with_cache ? p.cache : NULL);
	r[1] = house_repo(p.store, with_cache ? p.cache : NULL);
	for (step = 0; step < 60; step++) {
		who = random64() % 2;
		switch (random64() % 5) {
		case 0:
		case 1:
			place_add_file(&p, r[who], random64() % 6,
			    1 + random64() % 20);
			break;
		case 2:
			place_drop_file(&p, r[who]);
			break;
		case 3:	/* another process */
			house_close(r[who]);
			r[who] = house_repo(p.store,
			    with_cache ? p.cache : NULL);
			break;
		default:
			OK(repo_load_index(r[who], &e));
			place_agree(&p, r[who]);
		}
	}
	OK(repo_load_index(r[0], &e));
	place_agree(&p, r[0]);
	house_close(r[0]);
	house_close(r[1]);
	place_fini(&p);
}

static void
files_come_and_go_between_looks(void **state)
{
	(void)state;
	come_and_go(1);
	come_and_go(1);
}

static void
without_a_cache_it_is_the_same(void **state)
{
	(void)state;
	come_and_go(0);
}

static void
an_empty_repository_has_an_index(void **state)
{
	struct place p;
	struct repo *r;

	(void)state;
	place_init(&p, 5);
	r = house_repo(p.store, p.cache);
	OK(repo_load_index(r, &e));
	place_agree(&p, r);
	assert_int_equal(index_count(r->index), 0);
	house_close(r);
	place_fini(&p);
}

static int n_cached;

static int
is_run(const char *file)
{
	return strstr(file, "/run-") != NULL;
}

static void
count_it(const char *file)
{
	n_cached += is_run(file);
}

/* The runs stay few, and what nobody needs goes. */
static void
the_cache_is_kept_small(void **state)
{
	struct place p;
	struct repo *r;
	int i;

	(void)state;
	place_init(&p, 100);
	for (i = 0; i < 60; i++) {
		r = house_repo(p.store, p.cache);
		place_add_file(&p, r, 3, 20);
		OK(repo_load_index(r, &e));
		house_close(r);
		n_cached = 0;
		place_each_cached(p.cache, count_it);
		assert_in_range(n_cached, 1, 8);
	}
	while (p.n > 0) {
		r = house_repo(p.store, p.cache);
		place_drop_file(&p, r);
		OK(repo_load_index(r, &e));
		place_agree(&p, r);
		house_close(r);
	}
	n_cached = 0;
	place_each_cached(p.cache, count_it);
	assert_int_equal(n_cached, 0);
	place_fini(&p);
}

static void
hurt(const char *file)
{
	int fd = open(file, O_RDWR | O_CLOEXEC);
	struct stat st;
	unsigned char c;
	off_t at;

	if (strstr(file, "/version") || strstr(file, "/CACHEDIR.TAG")) {
		close(fd);	/* a cache without them is none */
		return;
	}
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	at = st.st_size == 0 ? 0 : (off_t)(random64() % (uint64_t)st.st_size);
	switch (random64() % 5) {
	case 0:
		assert_int_equal(ftruncate(fd, at), 0);
		break;
	case 1:		/* in the head and the fan-out */
		at %= 4400;
		/* fall through */
	case 2:
		if (pread(fd, &c, 1, at) == 1) {
			c ^= (unsigned char)(1 << random64() % 8);
			assert_int_equal(pwrite(fd, &c, 1, at), 1);
		}
		break;
	case 3:
		assert_int_equal(pwrite(fd, "more", 4, st.st_size), 4);
		break;
	default:
		break;
	}
	close(fd);
}

/* Truncating a mapped file is another matter: these are never written to. */
static void
hurt_block(const char *file)
{
	int fd = open(file, O_RDWR | O_CLOEXEC);
	struct stat st;
	unsigned char c;
	off_t at;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	if (!is_run(file)) {
		close(fd);
		return;
	}
	at = (off_t)(4096 + random64() % (uint64_t)(st.st_size - 4096));
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= (unsigned char)(1 << random64() % 8);
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

static void
a_damaged_cache_costs_time_only(void **state)
{
	struct place p;
	struct repo *r;
	int i;

	(void)state;
	place_init(&p, 100);
	for (i = 0; i < 100; i++) {
		place_each_cached(p.cache, hurt);
		r = house_repo(p.store, p.cache);
		if (random64() % 3 == 0)
			place_add_file(&p, r, 4, 20);
		if (random64() % 5 == 0)
			place_drop_file(&p, r);
		OK(repo_load_index(r, &e));
		if (random64() % 4 == 0)	/* and while it is open */
			place_each_cached(p.cache, hurt_block);
		OK(index_verify(r, &e));
		place_agree(&p, r);
		house_close(r);
	}
	place_fini(&p);
}

static int n_of_others;

static void
count_others(const char *file)
{
	n_of_others += strstr(file, "/index/") || strstr(file, "/data/");
}

/* restic's own part of the cache: what is gone from the repository goes. */
static void
what_is_gone_leaves_the_cache(void **state)
{
	struct place p;
	struct repo *r;
	struct id no_pack;
	int i;

	(void)state;
	place_init(&p, 20);
	for (i = 0; i < 4; i++) {
		r = house_repo(p.store, p.cache);
		place_add_file(&p, r, 2, 10);
		OK(repo_load_index(r, &e));
		house_close(r);
	}
	random_id(&no_pack);
	r = house_repo(p.store, p.cache);
	cache_put(r->cache, STORE_PACK, &no_pack, "x", 1);
	if (p.w.n > 0)
		cache_put(r->cache, STORE_PACK, &p.w.v[0].pack, "x", 1);
	n_of_others = 0;
	place_each_cached(p.cache, count_others);
	assert_int_equal(n_of_others, 4 + 1 + (p.w.n > 0));
	place_add_file(&p, r, 2, 10);
	OK(repo_load_index(r, &e));
	n_of_others = 0;
	place_each_cached(p.cache, count_others);
	assert_int_equal(n_of_others, 5 + (p.w.n > 0));
	while (p.n > 0)
		place_drop_file(&p, r);
	OK(repo_load_index(r, &e));
	n_of_others = 0;
	place_each_cached(p.cache, count_others);
	assert_int_equal(n_of_others, 0);
	house_close(r);
	place_fini(&p);
}

static void
a_broken_index_file_is_named(void **state)
{
	struct place p;
	struct repo *r;
	struct id id;
	char hex[ID_SHORT];

	(void)state;
	place_init(&p, 10);
	r = house_repo(p.store, p.cache);
	place_add_file(&p, r, 3, 10);
	OK(repo_put(r, STORE_INDEX, "{\"packs\":[{", 11, &id, &e));
	id_short(&id, hex);
	assert_int_equal(repo_load_index(r, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_non_null(strstr(e.text, hex));
	house_close(r);
	place_fini(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_come_and_go_between_looks),
		cmocka_unit_test(without_a_cache_it_is_the_same),
		cmocka_unit_test(an_empty_repository_has_an_index),
		cmocka_unit_test(the_cache_is_kept_small),
		cmocka_unit_test(a_damaged_cache_costs_time_only),
		cmocka_unit_test(what_is_gone_leaves_the_cache),
		cmocka_unit_test(a_broken_index_file_is_named),
	};

	return cmocka_run_group_tests(tests, draw_seed, NULL);
}
