/* test_dir.c -- held folders: what is opened, what is refused, and why. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/dir.h"
#include "testing/nobody.h"
#include "fs/who.h"
#include "util/err.h"

static struct scratch s;

static int
setup(void **state)
{
	(void)state;
	s = scratch_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_free(&s);
	return 0;
}

/* Opens, or fails with kind and a text that has word in it. */
static void
refused(const char *path, enum err_kind kind, const char *word)
{
	struct fs_dir *d = NULL;
	struct err e = {0};

	assert_int_equal(fs_dir_open(path, &d, &e), -1);
	assert_null(d);
	assert_int_equal(e.kind, kind);
	if (strstr(e.text, word) == NULL)
		fail_msg("'%s' does not name '%s'", e.text, word);
}

static void
a_path_is_told_as_written_and_as_it_is(void **state)
{
	char path[600], real[600];
	struct fs_dir *d;
	struct err e;

	(void)state;
	scratch_dir(&s, "here");
	scratch_dir(&s, "here/in");
	scratch_link(&s, "here", "link");
	snprintf(path, sizeof(path), "/%s//./link/./in//", s.path);
	assert_int_equal(fs_dir_open(path, &d, &e), 0);
	assert_string_equal(d->path, scratch_path(&s, "link/in"));
	assert_string_equal(d->real, scratch_path(&s, "here/in"));
	assert_int_equal(fcntl(d->fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fsync(d->fd), 0);	/* no O_PATH */
	fs_dir_free(d);

	/* ".." is where the kernel says it is, not in the text. */
	snprintf(path, sizeof(path), "%s/link/in/../..", s.path);
	snprintf(real, sizeof(real), "%s", s.path);
	assert_int_equal(fs_dir_open(path, &d, &e), 0);
	assert_string_equal(d->real, real);
	fs_dir_free(d);
	assert_int_equal(fs_dir_open("/", &d, &e), 0);
	assert_string_equal(d->path, "/");
	assert_string_equal(d->real, "/");
	fs_dir_free(d);
	refused("tmp", ERR_USAGE, "tmp");
	refused("", ERR_USAGE, "absolute");
	refused(scratch_path(&s, "nowhere"), ERR_NOENT, "nowhere");
	scratch_file(&s, "file", "");
	refused(scratch_path(&s, "file"), ERR_NOENT, "file");
	refused(scratch_path(&s, "file/x"), ERR_NOENT, "file/x");
	fs_dir_free(NULL);
}

static void
symlinks_come_to_an_end(void **state)
{
	char a[16], b[16];
	struct fs_dir *d;
	struct err e;
	int i;

	(void)state;
	scratch_link(&s, "loop2", "loop1");
	scratch_link(&s, "loop1", "loop2");
	refused(scratch_path(&s, "loop1"), ERR_IO, "loop1");
	scratch_dir(&s, "l0");
	for (i = 1; i <= FS_LINKS_MAX + 1; i++) {
		snprintf(a, sizeof(a), "l%d", i);
		snprintf(b, sizeof(b), "l%d", i - 1);
		scratch_link(&s, b, a);
	}
	snprintf(a, sizeof(a), "l%d", FS_LINKS_MAX);
	assert_int_equal(fs_dir_open(scratch_path(&s, a), &d, &e), 0);
	assert_string_equal(d->real, scratch_path(&s, "l0"));
	fs_dir_free(d);
	snprintf(a, sizeof(a), "l%d", FS_LINKS_MAX + 1);
	refused(scratch_path(&s, a), ERR_IO, a);
}

static void
a_folder_open_to_all_is_refused_and_named(void **state)
{
	struct fs_dir *d;
	struct err e;

	(void)state;
	scratch_dir(&s, "open");
	scratch_dir(&s, "open/in");
	assert_int_equal(fchmodat(s.fd, "open", 0777, 0), 0);
	refused(scratch_path(&s, "open"), ERR_DENIED, scratch_path(&s, "open"));
	refused(scratch_path(&s, "open/in"), ERR_DENIED,
	    scratch_path(&s, "open may be changed by everybody"));
	/* Only looking does not mind. */
	assert_int_equal(fs_dir_look(scratch_path(&s, "open/in"), &d, &e), 0);
	fs_dir_free(d);
	/* A sticky one is fine: /tmp. */
	assert_int_equal(fchmodat(s.fd, "open", 01777, 0), 0);
	assert_int_equal(fs_dir_open(scratch_path(&s, "open/in"), &d, &e), 0);
	fs_dir_free(d);
	/* Not for a symlink on the way either. */
	assert_int_equal(fchmodat(s.fd, "open", 0777, 0), 0);
	scratch_link(&s, "open/in", "around");
	refused(scratch_path(&s, "around"), ERR_DENIED, "/open");
}

static void
a_shared_folder_may_be_held_but_not_gone_through(void **state)
{
	struct fs_dir *d;
	struct err e;

	(void)state;
	if (not_root("a group that is not ours"))
		return;
	scratch_dir(&s, "family");
	scratch_dir(&s, "family/in");
	assert_int_equal(fchownat(s.fd, "family", 0, 100, 0), 0);
	assert_int_equal(fchmodat(s.fd, "family", 0775, 0), 0);
	assert_int_equal(fs_dir_open(scratch_path(&s, "family"), &d, &e), 0);
	fs_dir_free(d);
	refused(scratch_path(&s, "family/in"), ERR_DENIED,
	    scratch_path(&s, "family may be changed by its group"));
	/* Our own group: nobody else is in it. */
	assert_int_equal(fchownat(s.fd, "family", 0, 0, 0), 0);
	assert_int_equal(fchmodat(s.fd, "family", 0775, 0), 0);
	assert_int_equal(fs_dir_open(scratch_path(&s, "family/in"), &d, &e), 0);
	fs_dir_free(d);
}

static int
nobody_opens(const struct scratch *t)
{
	struct fs_names l;
	struct fs_id id;
	struct fs_dir *d;
	struct err e;

	CHECK(fs_dir_open(scratch_path(t, "mine"), &d, &e) == 0);
	fs_dir_free(d);
	/* Through a sticky folder of root's, and a symlink of our own there. */
	CHECK(fs_dir_open(scratch_path(t, "tmp/mine/in"), &d, &e) == 0);
	fs_dir_free(d);
	CHECK(fs_dir_open(scratch_path(t, "tmp/mylink"), &d, &e) == 0);
	CHECK(strcmp(d->real, scratch_path(t, "mine")) == 0);
	fs_dir_free(d);
	CHECK(fs_dir_open(scratch_path(t, "tmp/yours"), &d, &e) == -1);
	CHECK(e.kind == ERR_DENIED && strstr(e.text, "tmp/yours") != NULL);
	CHECK(fs_dir_open(scratch_path(t, "tmp/yourlink"), &d, &e) == -1);
	CHECK(e.kind == ERR_DENIED && strstr(e.text, "tmp/yourlink") != NULL);
	CHECK(fs_dir_look(scratch_path(t, "tmp/yourlink"), &d, &e) == 0);
	fs_dir_free(d);
	CHECK(fs_dir_look(scratch_path(t, "through"), &d, &e) == 0);
	CHECK(fs_stat(d, "in", &id, &e) == 0);
	CHECK(fs_list(d, &l, &e) == -1 && e.sys == EACCES);
	fs_dir_free(d);
	CHECK(fs_dir_open(scratch_path(t, "through"), &d, &e) == -1);
	/* A folder we may not read says so. */
	CHECK(fs_dir_open(scratch_path(t, "closed/x"), &d, &e) == -1);
	CHECK(e.kind == ERR_DENIED && e.sys == EACCES);
	return 0;
}

static void
what_is_somebody_elses_is_refused(void **state)
{
	(void)state;
	if (not_root("files of other users"))
		return;
	scratch_dir(&s, "mine");
	scratch_dir(&s, "closed");
	scratch_dir(&s, "through");
	scratch_dir(&s, "through/in");
	assert_int_equal(fchmodat(s.fd, "through", 0711, 0), 0);
	scratch_dir(&s, "tmp");
	scratch_dir(&s, "tmp/mine");
	scratch_dir(&s, "tmp/mine/in");
	scratch_dir(&s, "tmp/yours");
	scratch_link(&s, "../mine", "tmp/mylink");
	scratch_link(&s, "../mine", "tmp/yourlink");
	assert_int_equal(fchmodat(s.fd, "tmp", 01777, 0), 0);
	assert_int_equal(fchmodat(s.fd, "closed", 0700, 0), 0);
	assert_int_equal(fchownat(s.fd, "mine", NOBODY, NOBODY, 0), 0);
	assert_int_equal(fchownat(s.fd, "tmp/mine", NOBODY, NOBODY, 0), 0);
	assert_int_equal(fchownat(s.fd, "tmp/yours", 1234, 1234, 0), 0);
	assert_int_equal(fchownat(s.fd, "tmp/mylink", NOBODY, NOBODY,
	    AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(fchownat(s.fd, "tmp/yourlink", 1234, 1234,
	    AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(as_nobody(nobody_opens, &s), 0);
	/* And root does not go where nobody decides. */
	refused(scratch_path(&s, "mine"), ERR_DENIED, "somebody else");
}

/* Root goes to a user's folder with his rights, by ways that only the two of
 * them can change; to read, also as itself. */
static void
root_goes_as_the_owner(void **state)
{
	struct fs_dir *d;
	struct err e = {0};
	struct stat st;
	int fd;

	(void)state;
	if (not_root("files of other users"))
		return;
	scratch_dir(&s, "home");
	scratch_dir(&s, "home/in");
	scratch_dir(&s, "home/roots");
	scratch_dir(&s, "home/others");
	scratch_dir(&s, "closed");
	scratch_dir(&s, "other");
	scratch_link(&s, "in", "home/own-link");
	scratch_link(&s, "../other", "home/away");
	scratch_link(&s, "../closed", "home/to-root");
	assert_int_equal(fchmodat(s.fd, "closed", 0700, 0), 0);
	assert_int_equal(fchmodat(s.fd, "home/roots", 0700, 0), 0);
	assert_int_equal(fchownat(s.fd, "home", NOBODY, NOBODY, 0), 0);
	assert_int_equal(fchownat(s.fd, "home/in", NOBODY, NOBODY, 0), 0);
	assert_int_equal(fchownat(s.fd, "home/others", 1234, 1234, 0), 0);
	assert_int_equal(fchownat(s.fd, "other", 1234, 1234, 0), 0);
	for (int i = 0; i < 3; i++) {
		static const char *const links[] = { "home/own-link",
		    "home/away", "home/to-root" };

		assert_int_equal(fchownat(s.fd, links[i], NOBODY, NOBODY,
		    AT_SYMLINK_NOFOLLOW), 0);
	}
	assert_int_equal(fs_owner(scratch_path(&s, "home/in/not/yet")), NOBODY);
	assert_int_equal(fs_owner(scratch_path(&s, "closed")), 0);

	/* Reading: not where the owner of a link is another than of what it
	 * leads to. */
	assert_int_equal(fs_dir_read(scratch_path(&s, "home/own-link"), &d,
	    &e), 0);
	fs_dir_free(d);
	assert_int_equal(fs_dir_read(scratch_path(&s, "home/away"), &d, &e),
	    -1);
	assert_int_equal(fs_dir_read(scratch_path(&s, "home/others"), &d, &e),
	    -1);
	assert_int_equal(fs_dir_read(scratch_path(&s, "home/to-root"), &d, &e),
	    -1);

	assert_int_equal(fs_be(NOBODY, &e), 0);
	assert_int_equal(fs_who(), NOBODY);
	assert_int_equal(fs_dir_open(scratch_path(&s, "home/in"), &d, &e), 0);
	fd = openat(d->fd, "made", O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	close(fd);
	fs_dir_free(d);
	refused(scratch_path(&s, "home/away"), ERR_DENIED, "somebody else");
	/* The kernel sees nobody, too. */
	assert_int_equal(openat(s.fd, "closed", O_RDONLY), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(openat(s.fd, "home/roots", O_RDONLY), -1);
	assert_int_equal(fchownat(s.fd, "home/in/made", 0, 0, 0), -1);
	assert_int_equal(fs_be(1234, &e), 0);
	assert_int_equal(fs_who(), 1234);
	assert_int_equal(openat(s.fd, "home/in/made", O_RDONLY), -1);
	assert_int_equal(fs_be(0, &e), 0);
	fd = openat(s.fd, "closed", O_RDONLY);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(fstatat(s.fd, "home/in/made", &st, 0), 0);
	assert_int_equal(st.st_uid, NOBODY);
}

static void
existing(const char *rel, const char *folder, const char *rest)
{
	const char *path = scratch_path(&s, rel), *r;
	struct fs_dir *d;
	struct err e;

	assert_int_equal(fs_dir_open_existing(path, &d, &r, &e), 0);
	assert_string_equal(d->path, scratch_path(&s, folder));
	assert_string_equal(r, rest);
	assert_true(r >= path && r <= path + strlen(path));
	fs_dir_free(d);
}

static void
the_deepest_that_exists_is_found(void **state)
{
	struct fs_dir *d;
	const char *rest;
	struct err e;

	(void)state;
	scratch_dir(&s, "a");
	scratch_dir(&s, "a/b");
	scratch_link(&s, "a//./b/", "to_b");
	scratch_link(&s, s.path, "abs");
	scratch_link(&s, "to_b/..", "nested");
	existing("a/b", "a/b", "");
	existing("a/b/", "a/b", "");
	existing("a/b/c/d", "a/b", "c/d");
	existing("a//b//c//d/", "a/b", "c//d/");
	existing("to_b/c/d", "to_b", "c/d");
	existing("abs/a/x", "abs/a", "x");
	existing("abs/nested/b/x/y", "abs/nested/b", "x/y");
	existing("abs/nested", "abs/nested", "");

	scratch_link(&s, "a/gone/x", "dangling");
	assert_int_equal(fs_dir_open_existing(scratch_path(&s, "dangling/y"),
	    &d, &rest, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_non_null(strstr(e.text, "leads nowhere"));
	assert_int_equal(fs_dir_open_existing(scratch_path(&s, "a/x/../../y"),
	    &d, &rest, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	scratch_file(&s, "a/file", "");
	assert_int_equal(fs_dir_open_existing(scratch_path(&s, "a/file/y"),
	    &d, &rest, &e), -1);
	assert_int_equal(e.sys, ENOTDIR);
}

static void
nothing_leads_out_of_a_held_folder(void **state)
{
	struct fs_dir *root, *d = NULL;
	struct err e;

	(void)state;
	scratch_dir(&s, "root");
	scratch_dir(&s, "root/a");
	scratch_dir(&s, "root/a/b");
	scratch_dir(&s, "out");
	scratch_file(&s, "root/file", "");
	assert_int_equal(fs_dir_open(scratch_path(&s, "root"), &root, &e), 0);
	assert_int_equal(fs_dir_below(root, "a//b/.", &d, &e), 0);
	assert_string_equal(d->path, scratch_path(&s, "root/a/b"));
	assert_string_equal(d->real, scratch_path(&s, "root/a/b"));
	assert_true(d->fs == root->fs && d->mnt == root->mnt);
	fs_dir_free(d);
	assert_int_equal(fs_dir_below(root, "", &d, &e), 0);
	assert_string_equal(d->path, root->path);
	fs_dir_free(d);

	assert_int_equal(fs_dir_below(root, "..", &d, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(fs_dir_below(root, "a/../../out", &d, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(fs_dir_below(root, "/tmp", &d, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(fs_dir_below(root, "nowhere", &d, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_int_equal(fs_dir_below(root, "file", &d, &e), -1);
	assert_int_equal(e.sys, ENOTDIR);

	/* Swapped for a symlink, in the middle or at the end. */
	assert_int_equal(renameat(s.fd, "root/a", s.fd, "root/a.was"), 0);
	scratch_link(&s, "a.was", "root/a");
	assert_int_equal(fs_dir_below(root, "a/b", &d, &e), -1);
	assert_int_equal(e.kind, ERR_CHANGED);
	assert_non_null(strstr(e.text, "root/a/b"));
	assert_int_equal(fs_dir_below(root, "a", &d, &e), -1);
	assert_int_equal(e.kind, ERR_CHANGED);
	/* The held folder itself stays the one it was, under any name. */
	assert_int_equal(renameat(s.fd, "root", s.fd, "moved"), 0);
	scratch_link(&s, "out", "root");
	assert_int_equal(fs_dir_below(root, "a.was/b", &d, &e), 0);
	fs_dir_free(d);
	fs_dir_free(root);
}

/* From here on this process has no openat2. */
static void
forget_openat2(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(f) / sizeof(f[0]), f };

	scratch_must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0, "seccomp");
}

static int
old_kernel(const struct scratch *t)
{
	struct fs_dir *root, *d;
	struct err e;

	forget_openat2();
	CHECK(fs_dir_open(t->path, &root, &e) == 0);
	CHECK(fs_dir_below(root, "a/b", &d, &e) == 0);
	CHECK(strcmp(d->path, scratch_path(t, "a/b")) == 0);
	fs_dir_free(d);
	CHECK(fs_dir_below(root, "a/link", &d, &e) == -1);
	CHECK(e.kind == ERR_CHANGED);
	CHECK(fs_dir_below(root, "a/link/b", &d, &e) == -1);
	CHECK(e.kind == ERR_CHANGED);
	CHECK(fs_dir_below(root, "a/none/b", &d, &e) == -1);
	CHECK(e.kind == ERR_NOENT);
	fs_dir_free(root);
	return 0;
}

static void
without_openat2_it_is_the_same(void **state)
{
	int status, r;
	pid_t pid;

	(void)state;
	scratch_dir(&s, "a");
	scratch_dir(&s, "a/b");
	scratch_link(&s, ".", "a/link");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if ((r = old_kernel(&s)) != 0)
			fprintf(stderr, "old kernel: line %d\n", r);
		_exit(r != 0 ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* 5000 levels, each of a name of three bytes: a path of 20,000. */
#define LEVELS	5000

static void
paths_longer_than_the_kernel_takes(void **state)
{
	char *rel = malloc(LEVELS * 4 + 1), *p = rel, *abs;
	int fd = dup(s.fd), next, before, i;
	struct fs_dir *root, *d;
	const char *rest;
	struct err e;

	(void)state;
	for (i = 0; i < LEVELS; i++) {
		assert_int_equal(mkdirat(fd, "eep", 0755), 0);
		next = openat(fd, "eep", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = next;
		p = stpcpy(stpcpy(p, i > 0 ? "/" : ""), "eep");
	}
	close(fd);
	before = count_fds();
	assert_int_equal(fs_dir_open(s.path, &root, &e), 0);
	assert_int_equal(fs_dir_below(root, rel, &d, &e), 0);
	assert_int_equal(strlen(d->path), strlen(s.path) + 1 + strlen(rel));
	fs_dir_free(d);
	assert_true(asprintf(&abs, "%s/%s", s.path, rel) > 0);
	assert_int_equal(fs_dir_open(abs, &d, &e), 0);
	assert_string_equal(d->path, abs);
	fs_dir_free(d);
	assert_int_equal(fs_dir_open_existing(abs, &d, &rest, &e), 0);
	assert_string_equal(rest, "");
	fs_dir_free(d);
	memset(rel + 300, 'x', 5000);	/* one component that cannot be */
	assert_int_equal(fs_dir_below(root, rel, &d, &e), -1);
	assert_true(e.sys == ENAMETOOLONG || e.sys == ENOENT);
	fs_dir_free(root);
	assert_int_equal(count_fds(), before);
	free(abs);
	free(rel);
}

/* The number of a file system is not that of another, and stays. */
static void
file_systems_are_told_apart(void **state)
{
	struct fs_dir *a, *b, *proc;
	struct err e;

	(void)state;
	scratch_dir(&s, "x");
	assert_int_equal(fs_dir_open(s.path, &a, &e), 0);
	assert_int_equal(fs_dir_open(scratch_path(&s, "x"), &b, &e), 0);
	assert_int_equal(fs_dir_look("/proc", &proc, &e), 0);
	assert_true(a->fs != 0 && a->fs == b->fs);
	assert_true(proc->fs != a->fs && proc->mnt != a->mnt);
	fs_dir_free(a);
	fs_dir_free(b);
	fs_dir_free(proc);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_path_is_told_as_written_and_as_it_is),
		T(symlinks_come_to_an_end),
		T(a_folder_open_to_all_is_refused_and_named),
		T(a_shared_folder_may_be_held_but_not_gone_through),
		T(what_is_somebody_elses_is_refused),
		T(root_goes_as_the_owner),
		T(the_deepest_that_exists_is_found),
		T(nothing_leads_out_of_a_held_folder),
		T(without_openat2_it_is_the_same),
		T(paths_longer_than_the_kernel_takes),
		T(file_systems_are_told_apart),
	};

	return cmocka_run_group_tests_name("fs dir", tests, NULL, NULL);
}
