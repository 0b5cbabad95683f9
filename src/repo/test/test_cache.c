/* test_cache.c -- restic's cache folder: it helps, and never harms. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/cache.h"
#include "repo/repo.h"
#include "repo/test/scene.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"

static const struct id repo_id = {{ 0xAB, 0xCD }};

static struct cache *
open_in(const struct scene *s)
{
	CLEAN_FREE char *dir = scene_path(s, "cache");
	CLEAN_BUF struct buf why = {0};
	struct cache *c = cache_open(dir, &repo_id, &why);

	if (c == NULL)
		fail_msg("%s", buf_str(&why));
	return c;
}

/* The file at dir/cache/<repo id>/rest, or the whole cache's. */
static char *
file_in(const struct scene *s, const char *rest)
{
	char hex[ID_HEX];

	id_hex(&repo_id, hex);
	return xasprintf("%s/cache/%s/%s", s->dir, hex, rest);
}

static void
write_text(const char *path, const char *text)
{
	CLEAN_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void
what_was_put_is_there_and_laid_out_as_restic_does(void **state)
{
	static const enum store_kind kinds[] = { STORE_INDEX, STORE_SNAPSHOT,
	    STORE_PACK };
	static const char *const folders[] = { "index", "snapshots", "data" };
	struct cache *c = open_in(*state);
	struct id id = {{ 0x12, 0x34 }};
	CLEAN_BUF struct buf out = {0};
	char part[4], hex[ID_HEX];
	struct stat st;
	size_t i;

	id_hex(&id, hex);
	for (i = 0; i < 3; i++) {
		CLEAN_FREE char *rest = xasprintf("%s/12/%s", folders[i], hex);
		CLEAN_FREE char *path = file_in(*state, rest);

		assert_false(cache_get(c, kinds[i], &id, &out));
		cache_put(c, kinds[i], &id, "some bytes", 10);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, 10);
		assert_true(cache_get(c, kinds[i], &id, &out));
		assert_int_equal(out.len, 10);
		assert_memory_equal(out.data, "some bytes", 10);
		assert_true(cache_get_at(c, kinds[i], &id, 5, part, 4));
		assert_memory_equal(part, "byte", 4);
		/* A piece that is not there whole is not there. */
		assert_false(cache_get_at(c, kinds[i], &id, 8, part, 4));
		cache_forget(c, kinds[i], &id);
		assert_false(cache_get_at(c, kinds[i], &id, 5, part, 4));
		buf_reset(&out);
	}
	/* Others are not kept. */
	cache_put(c, STORE_LOCK, &id, "x", 1);
	assert_false(cache_get(c, STORE_LOCK, &id, &out));
	assert_true(cache_runs_fd(c) >= 0);
	cache_close(c);
	cache_close(NULL);
}

static int
keep_even(void *arg, const struct id *id)
{
	(void)arg;
	return id->b[31] % 2 == 0;
}

static void
sweep_keeps_what_it_is_told_to(void **state)
{
	struct cache *c = open_in(*state);
	struct id id = {{0}};
	CLEAN_BUF struct buf out = {0};
	CLEAN_FREE char *young = file_in(*state, "data/00/tmp-young");
	CLEAN_FREE char *old = file_in(*state, "data/00/tmp-old");
	struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	unsigned i;

	for (i = 0; i < 20; i++) {
		id.b[31] = (unsigned char)i;
		cache_put(c, STORE_PACK, &id, "x", 1);
		cache_put(c, STORE_INDEX, &id, "x", 1);
	}
	write_text(young, "x");
	write_text(old, "x");
	assert_int_equal(utimensat(AT_FDCWD, old, times, 0), 0);
	cache_sweep(c, STORE_PACK, keep_even, NULL);
	for (i = 0; i < 20; i++) {
		id.b[31] = (unsigned char)i;
		buf_reset(&out);
		assert_int_equal(cache_get(c, STORE_PACK, &id, &out), i % 2 == 0);
		assert_true(cache_get(c, STORE_INDEX, &id, &out));
	}
	assert_int_equal(access(young, F_OK), 0);
	assert_int_equal(access(old, F_OK), -1);
	cache_close(c);
}

/* Nothing here can fail the caller. */
static void
a_cache_that_cannot_be_is_none(void **state)
{
	struct scene *s = *state;
	CLEAN_FREE char *dir = scene_path(s, "cache");
	CLEAN_FREE char *version = NULL;
	CLEAN_BUF struct buf why = {0};
	struct id id = {{ 1 }};
	struct cache *c;

	/* A file in its place. */
	write_text(dir, "x");
	assert_null(cache_open(dir, &repo_id, &why));
	assert_true(why.len > 0);
	assert_null(cache_open(dir, &repo_id, NULL));
	scratch_remove(&s->s, "cache");
	/* One that others may write to. */
	scratch_dir(&s->s, "cache");
	scratch_mode(&s->s, "cache", 0777);
	assert_null(cache_open(dir, &repo_id, NULL));
	scratch_mode(&s->s, "cache", 0700);
	/* A later restic's. */
	cache_close(open_in(s));
	version = file_in(s, "version");
	write_text(version, "2");
	assert_null(cache_open(dir, &repo_id, NULL));
	write_text(version, "1");
	cache_close(open_in(s));
	/* One whose maker was killed before it had a version. */
	write_text(version, "");
	cache_close(open_in(s));
	/* No cache at all is a cache that has nothing. */
	c = NULL;
	cache_put(c, STORE_PACK, &id, "x", 1);
	assert_false(cache_get(c, STORE_PACK, &id, &why));
	cache_forget(c, STORE_PACK, &id);
	cache_sweep(c, STORE_PACK, keep_even, NULL);
	assert_int_equal(cache_runs_fd(c), -1);
}

/* repo_get: from the cache if it is whole there, from the store if not. */
static void
a_broken_cache_costs_time_and_nothing_else(void **state)
{
	struct scene *s = *state;
	CLEAN_FREE char *dir = scene_path(s, "cache");
	CLEAN_FREE char *path = scene_path(s, "repo");
	CLEAN_FREE char *file = NULL;
	CLEAN_BUF struct buf out = {0};
	char id[ID_HEX], repo[ID_HEX];
	struct repo *r = scene_make(s, "repo", 2);
	struct id snap;
	struct err e = {0};
	int i;

	repo_close(r);
	r = scene_open(path, dir);
	assert_non_null(r->cache);
	assert_int_equal(repo_put(r, STORE_SNAPSHOT, "[1]", 3, &snap, &e), 0);
	id_hex(&snap, id);
	id_hex(&r->id, repo);
	file = xasprintf("%s/%s/snapshots/%.2s/%s", dir, repo, id, id);
	for (i = 0; i < 3; i++) {
		assert_int_equal(access(file, F_OK), 0);
		assert_int_equal(repo_get(r, STORE_SNAPSHOT, &snap, &out, &e), 0);
		assert_string_equal(buf_str(&out), "[1]");
		scratch_length(&s->s, file, i == 0 ? 10 : 0);
	}
	/* It is the cache that answers: the store has it no more. */
	assert_int_equal(repo_get(r, STORE_SNAPSHOT, &snap, &out, &e), 0);
	CLEAN_FREE char *name = xasprintf("repo/snapshots/%s", id);
	scratch_remove(&s->s, name);
	assert_int_equal(repo_get(r, STORE_SNAPSHOT, &snap, &out, &e), 0);
	assert_int_equal(repo_remove(r, STORE_SNAPSHOT, &snap, &e), 0);
	assert_int_equal(repo_get(r, STORE_SNAPSHOT, &snap, &out, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	repo_close(r);
}

static int
tell(void *arg, const struct cache_info *i)
{
	struct cache_info *to = arg;

	*to = *i;
	return 0;
}

static void
caches_are_listed_and_removed(void **state)
{
	struct scene *s = *state;
	CLEAN_FREE char *dir = scene_path(s, "cache");
	CLEAN_FREE char *mine = file_in(s, "");
	struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	struct cache_info info = {0};
	struct cache *c = open_in(s);
	struct id id = {{ 1 }};
	struct err e = {0};
	char hex[ID_HEX];

	cache_put(c, STORE_PACK, &id, "some bytes", 10);
	cache_put(c, STORE_INDEX, &id, "some bytes", 10);
	cache_close(c);
	assert_int_equal(cache_each(dir, tell, &info, &e), 0);
	id_hex(&repo_id, hex);
	assert_string_equal(info.id, hex);
	assert_int_equal(info.size, 21);	/* and the version's one */
	assert_false(info.old);
	assert_int_equal(utimensat(AT_FDCWD, mine, times, 0), 0);
	assert_int_equal(cache_each(dir, tell, &info, &e), 0);
	assert_true(info.old);
	assert_int_equal(info.used, 1000000);
	assert_int_equal(cache_remove(dir, "../..", &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(cache_remove(dir, hex, &e), 0);
	assert_int_equal(access(mine, F_OK), -1);
	assert_int_equal(cache_remove(dir, hex, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
}

/* ---- pieces ---- */

struct pieces {
	uint64_t	 fail_at;	/* from here on nothing comes */
	uint64_t	 asked;
};

static int
piece(void *arg, uint64_t at, void *out, size_t n)
{
	struct pieces *p = arg;
	unsigned char *b = out;
	size_t i;

	p->asked += n;
	if (at + n > p->fail_at)
		return -1;
	for (i = 0; i < n; i++)
		b[i] = (unsigned char)((at + i) * 31);
	return 0;
}

static void
what_comes_in_pieces_is_there_whole_or_not(void **state)
{
	enum { SIZE = 5 << 19 };
	struct pieces all = { .fail_at = UINT64_MAX }, some = { 1 << 20, 0 };
	struct cache *c = open_in(*state);
	struct id id = {{ 1 }}, cut = {{ 2 }};
	CLEAN_BUF struct buf got = {0};
	unsigned char byte;
	int full = -1;
	size_t i;

	assert_int_equal(cache_fill(c, STORE_PACK, &id, SIZE, piece, &all,
	    &full), 0);
	assert_int_equal(full, 0);
	assert_int_equal(all.asked, SIZE);
	assert_true(cache_get(c, STORE_PACK, &id, &got));
	assert_int_equal(got.len, SIZE);
	for (i = 0; i < SIZE; i++)
		if (got.data[i] != (unsigned char)(i * 31))
			fail_msg("byte %zu", i);
	/* What did not come is no fault of the cache, and leaves nothing. */
	assert_int_equal(cache_fill(c, STORE_PACK, &cut, SIZE, piece, &some,
	    &full), -1);
	assert_int_equal(full, 0);
	assert_false(cache_get_at(c, STORE_PACK, &cut, 0, &byte, 1));
	cache_close(c);
	/* One that takes nothing says so. */
	assert_int_equal(cache_fill(NULL, STORE_PACK, &id, SIZE, piece, &all,
	    &full), -1);
	assert_int_equal(full, 1);
}

static void
hear(void *arg, const char *text)
{
	buf_adds(arg, text);
}

static void
that_there_is_no_cache_is_told(void **state)
{
	CLEAN_FREE char *path = scene_path(*state, "repo");
	CLEAN_FREE char *dir = scene_path(*state, "a-file");
	CLEAN_BUF struct buf told = {0};
	struct repo_options o = { .password = SCENE_PASSWORD,
	    .password_len = strlen(SCENE_PASSWORD), .cache_dir = dir,
	    .warn = hear, .warn_arg = &told };
	struct store *store;
	struct repo *r;
	struct err e = {0};

	repo_close(scene_make(*state, "repo", 2));
	write_text(dir, "not a folder");
	assert_int_equal(store_open(path, NULL, &store, &e), 0);
	assert_int_equal(repo_open(store, &o, &r, &e), 0);
	assert_null(r->cache);
	assert_non_null(strstr(buf_str(&told), "a-file"));
	assert_non_null(strstr(buf_str(&told), "without a cache"));
	repo_close(r);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_was_put_is_there_and_laid_out_as_restic_does),
		T(sweep_keeps_what_it_is_told_to),
		T(a_cache_that_cannot_be_is_none),
		T(a_broken_cache_costs_time_and_nothing_else),
		T(caches_are_listed_and_removed),
		T(what_comes_in_pieces_is_there_whole_or_not),
		T(that_there_is_no_cache_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
