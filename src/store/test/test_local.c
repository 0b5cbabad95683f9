/* test_local.c -- a local repository lies on the disk as restic's does. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/sha256.h"
#include "store/store.h"
#include "testing/scratch.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/proc.h"
#include "util/xalloc.h"

struct place {
	char		*repo;		/* "/tmp/.../repo" */
	struct scratch	 s;
};

static int
setup(void **state)
{
	struct place *p = xalloc(sizeof(*p));

	p->s = scratch_new();
	p->repo = xasprintf("%s/repo", p->s.path);
	umask(022);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	scratch_free(&p->s);
	free(p->repo);
	free(p);
	return 0;
}

static mode_t
mode_of(const struct place *p, const char *name)
{
	struct stat st;
	CLEAN_FREE char *path = xasprintf("repo/%s", name);

	if (fstatat(p->s.fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return st.st_mode & 07777;
}

/* Of one letter: its name starts with these digits. */
static struct store_name
put(struct store *s, enum store_kind kind, const char *text)
{
	struct store_name n = { .kind = kind };
	struct err e = {0};

	sha256_of(text, strlen(text), n.id);
	assert_int_equal(store_put(s, &n, text, strlen(text), &e), 0);
	return n;
}

static char *
path_of(const struct store_name *n)
{
	char hex[SHA256_HEX];

	sha256_hex(n->id, hex);
	return n->kind == STORE_PACK ? xasprintf("data/%.2s/%s", hex, hex) :
	    xasprintf("%s/%s", n->kind == STORE_LOCK ? "locks" :
	    n->kind == STORE_KEY ? "keys" : n->kind == STORE_INDEX ? "index" :
	    "snapshots", hex);
}

static size_t
count(const struct place *p, const char *name)
{
	CLEAN_FREE char *path = xasprintf("repo/%s", name);
	int fd = openat(p->s.fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *f;
	size_t n = 0;
	DIR *d;

	assert_true(fd >= 0);
	d = fdopendir(fd);
	assert_non_null(d);
	while ((f = readdir(d)) != NULL)
		n += f->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
it_is_laid_out_as_restic_does(void **state)
{
	static const char *const folders[] = { "keys", "locks", "index",
	    "snapshots", "data", "data/00", "data/7f", "data/ff" };
	struct place *p = *state;
	struct store_name n;
	struct store *s;
	struct err e = {0};
	enum store_kind k;
	size_t i;
	char *path;

	assert_int_equal(store_create(p->repo, NULL, &s, &e), 0);
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mode_of(p, folders[i]), 0700);
	assert_int_equal(count(p, "data"), 256);
	put(s, STORE_CONFIG, "config");
	assert_int_equal(mode_of(p, "config"), 0400);
	for (k = STORE_KEY; k < STORE_KINDS; k++) {
		n = put(s, k, "some bytes");
		path = path_of(&n);
		assert_int_equal(mode_of(p, path), 0400);
		free(path);
	}
	/* Nothing is left over. */
	assert_int_equal(count(p, "data"), 256);
	assert_int_equal(count(p, "locks"), 1);
	assert_int_equal(count(p, "."), 6);
	store_close(s);
	/* Once more: what is there stays. */
	assert_int_equal(store_create(p->repo, NULL, &s, &e), 0);
	assert_int_equal(count(p, "locks"), 1);
	store_close(s);
}

static void
a_group_that_reads_the_config_reads_all(void **state)
{
	struct place *p = *state;
	struct store_name n;
	struct store *s;
	struct err e = {0};
	char *path;

	assert_int_equal(store_create(p->repo, NULL, &s, &e), 0);
	put(s, STORE_CONFIG, "config");
	store_close(s);
	assert_int_equal(fchmodat(p->s.fd, "repo/config", 0440, 0), 0);
	assert_int_equal(unlinkat(p->s.fd, "repo/locks", AT_REMOVEDIR), 0);
	umask(0);
	assert_int_equal(store_open(p->repo, NULL, &s, &e), 0);
	n = put(s, STORE_LOCK, "a lock");
	path = path_of(&n);
	assert_int_equal(mode_of(p, path), 0440);
	assert_int_equal(mode_of(p, "locks"), 0770);
	free(path);
	store_close(s);
}

/* A writer must still make what is missing (restic-format 1.1). */
static void
missing_folders_are_made_or_empty(void **state)
{
	struct place *p = *state;
	struct store_name n;
	struct store *s;
	struct err e = {0};
	enum store_kind k;

	assert_int_equal(mkdirat(p->s.fd, "repo", 0700), 0);
	assert_int_equal(store_open(p->repo, NULL, &s, &e), 0);
	assert_int_equal(count(p, "."), 0);
	for (k = STORE_KEY; k < STORE_KINDS; k++) {
		assert_int_equal(store_list(s, k, NULL, NULL, &e), 0);
		memset(&n, 0, sizeof(n));
		n.kind = k;
		assert_int_equal(store_remove(s, &n, &e), 0);
	}
	for (k = STORE_KEY; k < STORE_KINDS; k++)
		put(s, k, "some bytes");
	assert_int_equal(count(p, "data"), 1);
	store_close(s);
}

static int
count_it(void *arg, const struct store_name *n, uint64_t size)
{
	(void)n;
	(void)size;
	++*(size_t *)arg;
	return 0;
}

static void
touch(const struct place *p, const char *name)
{
	CLEAN_FREE char *path = xasprintf("repo/%s", name);
	CLEAN_FD int fd = openat(p->s.fd, path, O_WRONLY | O_CREAT | O_CLOEXEC,
	    0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
}

static void
foreign_names_are_passed_over(void **state)
{
	struct place *p = *state;
	char name[80];
	struct store *s;
	struct err e = {0};
	size_t n = 0;

	assert_int_equal(store_create(p->repo, NULL, &s, &e), 0);
	put(s, STORE_PACK, "one");
	touch(p, "data/stray");
	touch(p, "data/00/README");
	touch(p, "data/00/0123");
	/* 64 digits, but in upper case, or in another's folder, or one too many. */
	snprintf(name, sizeof(name), "data/ab/%064X", 0xABCu);
	memcpy(name + 8, "AB", 2);
	touch(p, name);
	snprintf(name, sizeof(name), "data/ab/%064x", 0xABCu);
	touch(p, name);
	snprintf(name, sizeof(name), "data/00/%065x", 0);
	touch(p, name);
	snprintf(name, sizeof(name), "repo/data/00/%064x", 1);
	assert_int_equal(mkdirat(p->s.fd, name, 0700), 0);
	assert_int_equal(store_list(s, STORE_PACK, count_it, &n, &e), 0);
	assert_int_equal(n, 1);
	store_close(s);
}

/*
 * A process that dies in the middle of an upload leaves a temporary.  It stays
 * while it may be somebody's, and goes when it is a day old.
 */
static void
old_temporaries_go(void **state)
{
	struct place *p = *state;
	struct timespec old[2] = { { .tv_nsec = UTIME_OMIT } };
	struct store_upload *u;
	struct store *s;
	struct err e = {0};
	int status;
	pid_t pid;

	assert_int_equal(store_create(p->repo, NULL, &s, &e), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (store_start(s, STORE_PACK, 0, &u, &e) == 0 &&
		    store_add(u, "half", 4, &e) == 0)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(count(p, "data"), 257);
	/* Young. */
	put(s, STORE_PACK, "one");
	assert_int_equal(count(p, "data"), 257);
	store_close(s);

	/* Old: its name is not known here, so all in data/ age. */
	CLEAN_FD int fd = openat(p->s.fd, "repo/data", O_RDONLY | O_CLOEXEC);
	DIR *d = fdopendir(dup(fd));
	struct dirent *f;

	assert_non_null(d);
	old[1].tv_sec = time(NULL) - 90000;
	while ((f = readdir(d)) != NULL)
		if (f->d_type == DT_REG)
			assert_int_equal(utimensat(fd, f->d_name, old, 0), 0);
	closedir(d);
	assert_int_equal(store_open(p->repo, NULL, &s, &e), 0);
	put(s, STORE_PACK, "two");
	assert_int_equal(count(p, "data"), 256);
	store_close(s);
}

/* Bigger than a limit stands for a full disk: EFBIG is of the same kind. */
static void
a_full_disk_leaves_nothing(void **state)
{
	struct place *p = *state;
	struct rlimit was, small;
	struct store_name n = { .kind = STORE_INDEX };
	static char data[20000];
	struct store *s;
	struct err e = {0};
	uint64_t size;
	int r;

	assert_int_equal(store_create(p->repo, NULL, &s, &e), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 10000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	r = store_put(s, &n, data, sizeof(data), &e);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(r, -1);
	assert_int_equal(e.kind, ERR_FULL);
	assert_non_null(strstr(e.text, p->repo));
	assert_int_equal(count(p, "index"), 0);
	assert_int_equal(store_size(s, &n, &size, &e), -1);
	store_close(s);
}

/* In a mount namespace of its own: a file system that is full, then read-only. */
static int
in_a_small_disk(struct place *p)
{
	struct store_name n = { .kind = STORE_PACK };
	static char data[300000];
	struct store *s;
	struct err e = {0};

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("small", p->repo, "tmpfs", 0, "size=200k") < 0)
		return 77;
	/* The descriptor belongs to the old mounts. */
	p->s = scratch_at(p->s.path);
	if (store_create(p->repo, NULL, &s, &e) < 0)
		return 1;
	if (store_put(s, &n, data, sizeof(data), &e) == 0 ||
	    e.kind != ERR_FULL || count(p, "data") != 256)
		return 2;
	if (store_put(s, &n, data, 1000, &e) < 0)
		return 3;
	if (mount(NULL, p->repo, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
		return 77;
	n.id[0] = 1;
	if (store_put(s, &n, data, 1000, &e) == 0 || e.kind != ERR_DENIED ||
	    strstr(e.text, "Read-only file system") == NULL)
		return 4;
	n.id[0] = 0;
	if (store_get(s, &n, 0, data, 1000, &e) < 0)
		return 5;
	store_close(s);
	return 0;
}

static void
full_and_read_only_are_told(void **state)
{
	struct place *p = *state;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdirat(p->s.fd, "repo", 0700), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct place q = *p;

		_exit(in_a_small_disk(&q));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
a_folder_that_goes_away_is_absent(void **state)
{
	struct place *p = *state;
	struct store_name n = { .kind = STORE_PACK };
	struct store *s;
	struct err e = {0};

	assert_int_equal(mkdirat(p->s.fd, "repo", 0700), 0);
	assert_int_equal(store_open(p->repo, NULL, &s, &e), 0);
	assert_int_equal(unlinkat(p->s.fd, "repo", AT_REMOVEDIR), 0);
	assert_int_equal(store_put(s, &n, "x", 1, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_non_null(strstr(e.text, p->repo));
	store_close(s);
}

static void
options_are_restics(void **state)
{
	struct place *p = *state;
	static const char *const good[] = { "s3.connections=3",
	    "local.connections=7", "local.layout=default", NULL };
	static const char *const bad[][2] = { { "local.connections=x", NULL },
	    { "local.connections=0", NULL }, { "local.nonsense=1", NULL },
	    { "local.layout=s3legacy", NULL } };
	struct store_options o = { .extended = good };
	struct store_caps caps;
	struct store *s;
	struct err e = {0};
	size_t i;

	assert_int_equal(store_create(p->repo, &o, &s, &e), 0);
	store_caps(s, &caps);
	assert_int_equal(caps.connections, 7);
	assert_true(caps.streams && caps.near && !caps.append_only);
	assert_string_equal(store_place(s), p->repo);
	store_close(s);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		o.extended = bad[i];
		assert_int_equal(store_open(p->repo, &o, &s, &e), -1);
		assert_int_equal(e.kind, ERR_USAGE);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(it_is_laid_out_as_restic_does),
		T(a_group_that_reads_the_config_reads_all),
		T(missing_folders_are_made_or_empty),
		T(foreign_names_are_passed_over),
		T(old_temporaries_go),
		T(a_full_disk_leaves_nothing),
		T(full_and_read_only_are_told),
		T(a_folder_that_goes_away_is_absent),
		T(options_are_restics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
