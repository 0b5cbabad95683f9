/*
 * test_restic.c -- what is made here is a repository to real restic, and what it
 * makes is one to us.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/key.h"
#include "repo/lock_impl.h"
#include "repo/repo.h"
#include "repo/test/scene.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/proc.h"
#include "util/xalloc.h"

static int
count_key(void *arg, const struct key_info *k)
{
	assert_true(k->hostname[0] != '\0');
	++*(size_t *)arg;
	return 0;
}

static void
restic_opens_what_was_made_here(void **state)
{
	CLEAN_BUF struct buf out = {0};
	CLEAN_FREE char *path = scene_path(*state, "ours");
	struct repo *r;
	unsigned version;
	char hex[ID_HEX], name[8];
	struct err e = {0};
	struct store *store;
	struct repo_options o = { .password = SCENE_PASSWORD,
	    .password_len = strlen(SCENE_PASSWORD) };

	/* Once with the real strength. */
	assert_int_equal(store_create(path, NULL, &store, &e), 0);
	assert_int_equal(repo_init(store, &o, 2, NULL, &r, &e), 0);
	id_hex(&r->id, hex);
	repo_close(r);
	assert_int_equal(scene_restic(&out, path, "cat", "config", NULL), 0);
	assert_non_null(strstr(buf_str(&out), hex));
	buf_reset(&out);
	assert_int_equal(scene_restic(&out, path, "key", "list", NULL), 0);
	assert_non_null(strchr(buf_str(&out), '*'));

	for (version = 1; version <= 2; version++) {
		CLEAN_FREE char *where = NULL;

		snprintf(name, sizeof(name), "new%u", version);
		r = scene_make(*state, name, version);
		where = scene_path(*state, name);
		/* restic wants an index, however empty. */
		repo_close(r);
		assert_int_equal(scene_restic(&out, where, "check",
		    "--read-data", NULL), 0);
		assert_int_equal(scene_restic(&out, where, "backup", "/etc/hostname",
		    NULL), 0);
		r = scene_open(where, NULL);
		assert_int_equal(r->version, version);
		repo_close(r);
	}
}

static void
keys_of_restic_open_here_and_ours_there(void **state)
{
	CLEAN_BUF struct buf out = {0};
	CLEAN_FREE char *path = scene_path(*state, "both");
	CLEAN_FREE char *file = scene_path(*state, "password");
	struct repo *r = scene_make(*state, "both", 2);
	struct repo_options o = { .password = "restics", .password_len = 7 };
	struct store *store;
	size_t n = 0;
	struct err e = {0};
	CLEAN_FD int fd = open(file, O_WRONLY | O_CREAT, 0600);

	assert_int_equal(write(fd, "restics", 7), 7);
	assert_int_equal(scene_restic(&out, path, "key", "add",
	    "--new-password-file", file, NULL), 0);
	assert_int_equal(key_each(r, count_key, &n, &e), 0);
	assert_int_equal(n, 2);
	repo_close(r);
	assert_int_equal(store_open(path, NULL, &store, &e), 0);
	assert_int_equal(repo_open(store, &o, &r, &e), 0);
	repo_close(r);
}

/* A crash leaves a temporary of ours in any folder: restic passes over it. */
static void
restic_passes_over_our_temporaries(void **state)
{
	static const char *const folders[] = { "keys", "locks", "index",
	    "snapshots", "data", "." };
	CLEAN_BUF struct buf out = {0};
	CLEAN_FREE char *path = scene_path(*state, "left");
	struct store_upload *u;
	struct repo *r = scene_make(*state, "left", 2);
	size_t i;

	/* Temporaries look like this; were it otherwise, data/ would show it. */
	assert_int_equal(store_start(r->store, STORE_PACK, 0, &u, NULL), 0);
	for (i = 0; i < 6; i++) {
		CLEAN_FREE char *name = xasprintf("left/%s/fettle-tmp-00112233"
		    "44556677", folders[i]);
		CLEAN_FREE char *whole = scene_path(*state, name);
		CLEAN_FD int fd = open(whole, O_WRONLY | O_CREAT, 0600);

		assert_int_equal(write(fd, "half", 4), 4);
	}
	assert_int_equal(scene_restic(&out, path, "backup", "/etc/hostname",
	    NULL), 0);
	assert_int_equal(scene_restic(&out, path, "check", "--read-data",
	    NULL), 0);
	assert_int_equal(scene_restic(&out, path, "prune", NULL), 0);
	assert_int_equal(scene_restic(&out, path, "list", "locks", NULL), 0);
	store_drop(u);
	repo_close(r);
}

/* restic's unlock asks each lock's process by SIGHUP: ours stays, and so does
 * its lock. */
static void
restic_sees_our_locks_and_leaves_them(void **state)
{
	CLEAN_BUF struct buf out = {0};
	CLEAN_FREE char *path = scene_path(*state, "locked");
	struct repo *r = scene_make(*state, "locked", 2);
	struct lock_ids ids = {0};
	char hex[ID_HEX];
	struct lock *l;
	struct err e = {0};

	assert_int_equal(lock_take(r, 0, 0, &l, &e), 0);
	assert_int_equal(lock_ids(r, &ids, &e), 0);
	assert_int_equal(ids.n, 1);
	id_hex(&ids.v[0], hex);
	assert_int_equal(scene_restic(&out, path, "unlock", NULL), 0);
	buf_reset(&out);
	assert_int_equal(scene_restic(&out, path, "list", "locks", "--no-lock",
	    NULL), 0);
	assert_memory_equal(buf_str(&out), hex, 64);
	buf_reset(&out);
	assert_int_equal(scene_restic(&out, path, "cat", "lock", hex,
	    "--no-lock", NULL), 0);
	assert_non_null(strstr(buf_str(&out), "\"exclusive\": false"));
	/* Shared lets a backup in, and keeps who must be alone out. */
	assert_int_equal(scene_restic(&out, path, "backup", "/etc/hostname",
	    NULL), 0);
	assert_int_not_equal(scene_restic(&out, path, "prune", NULL), 0);
	lock_release(l);
	assert_int_equal(scene_restic(&out, path, "prune", NULL), 0);
	assert_int_equal(lock_take(r, 1, 0, &l, &e), 0);
	assert_int_not_equal(scene_restic(&out, path, "backup", "/etc/hostname",
	    NULL), 0);
	lock_release(l);
	free(ids.v);
	repo_close(r);
}

static size_t
locks_of(struct repo *r)
{
	struct lock_ids ids = {0};

	assert_int_equal(lock_ids(r, &ids, NULL), 0);
	free(ids.v);
	return ids.n;
}

/* A backup of restic's that waits for its input holds a lock; killed, it leaves
 * it behind, and as its process is gone it is in nobody's way. */
static void
we_see_restics_locks(void **state)
{
	static const char *const env[] = {
		"RESTIC_PASSWORD=" SCENE_PASSWORD, NULL,
	};
	CLEAN_FREE char *path = scene_path(*state, "theirs");
	const char *argv[] = { SCENE_RESTIC, "--no-cache", "-r", path,
	    "backup", "--stdin", NULL };
	struct proc_spec spec = { .argv = argv, PROC_NULL, .env = env };
	struct repo *r = scene_make(*state, "theirs", 2);
	struct timespec pause = { .tv_nsec = 10000000 };
	struct proc child = PROC_NONE;
	struct lock *l;
	struct err e = {0};
	int in[2], status;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	spec.in = in[0];
	assert_int_equal(proc_start(&spec, &child, &e), 0);
	while (locks_of(r) == 0)
		nanosleep(&pause, NULL);
	assert_int_equal(lock_take(r, 0, 0, &l, &e), 0);
	lock_release(l);
	assert_int_equal(lock_take(r, 1, 0, &l, &e), -1);
	assert_int_equal(e.kind, ERR_LOCKED);
	proc_signal(&child, SIGKILL);
	assert_int_equal(proc_wait(&child, -1, &status, &e), 1);
	assert_true(locks_of(r) >= 1);
	assert_int_equal(lock_take(r, 1, 0, &l, &e), 0);
	lock_release(l);
	assert_int_equal(locks_of(r), 0);
	close(in[0]);
	close(in[1]);
	repo_close(r);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(restic_opens_what_was_made_here),
		T(keys_of_restic_open_here_and_ours_there),
		T(restic_passes_over_our_temporaries),
		T(restic_sees_our_locks_and_leaves_them),
		T(we_see_restics_locks),
	};

	if (!scene_has_restic())
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
