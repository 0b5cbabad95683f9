/* test_files.c -- looking at files: names, identities, writers. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "fs/dir.h"
#include "testing/nobody.h"
#include "fs/writing.h"
#include "util/err.h"

static struct scratch s;
static struct fs_dir *d;

static int
setup(void **state)
{
	struct err e;

	(void)state;
	s = scratch_new();
	scratch_must(fs_dir_open(s.path, &d, &e) == 0, s.path);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fs_dir_free(d);
	scratch_free(&s);
	return 0;
}

/* A file of every kind. */
static void
put_kinds(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	scratch_file(&s, "file", "12345");
	scratch_dir(&s, "dir");
	scratch_link(&s, "nowhere", "link");
	assert_int_equal(mkfifoat(s.fd, "fifo", 0600), 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "%.90s/sock", s.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
	if (geteuid() == 0)	/* no driver has this number */
		assert_int_equal(mknodat(s.fd, "dev", S_IFCHR | 0600,
		    makedev(42, 42)), 0);
}

static const struct {
	const char	*name;
	unsigned char	 type;
} kinds[] = {
	{ "dev", DT_CHR }, { "dir", DT_DIR }, { "fifo", DT_FIFO },
	{ "file", DT_REG }, { "link", DT_LNK }, { "sock", DT_SOCK },
};

static void
every_kind_is_listed_and_looked_at_and_none_hangs(void **state)
{
	struct fs_look v[6];
	struct fs_names l;
	struct fs_id id;
	struct err e;
	size_t i, from = geteuid() != 0;

	(void)state;
	put_kinds();
	alarm(20);
	assert_int_equal(fs_list(d, &l, &e), 0);
	assert_int_equal(l.n, 6 - from);
	for (i = 0; i < l.n; i++) {
		assert_string_equal(l.v[i].name, kinds[i + from].name);
		assert_int_equal(l.v[i].type, kinds[i + from].type);
		v[i] = (struct fs_look){ .name = l.v[i].name };
	}
	fs_look_many(d, v, l.n, 1);
	for (i = 0; i < l.n; i++) {
		assert_int_equal(v[i].error, 0);
		assert_int_equal(IFTODT(v[i].id.mode), l.v[i].type);
		assert_int_equal(v[i].writing, FS_QUIET);
		assert_int_equal(fs_writing(d, l.v[i].name), FS_QUIET);
		assert_int_equal(fs_stat(d, l.v[i].name, &id, &e), 0);
		assert_true(fs_id_unchanged(&id, &v[i].id));
	}
	alarm(0);
	fs_names_free(&l);
	fs_names_free(&l);
}

static void
what_is_told_of_a_file_is_so(void **state)
{
	struct timespec t[2] = { { 5, 6 }, { -3, 999999999 } };
	struct fs_id id, fd_id;
	struct stat st;
	struct err e;
	int fd;

	(void)state;
	scratch_file(&s, "f", "12345");
	assert_int_equal(linkat(s.fd, "f", s.fd, "g", 0), 0);
	assert_int_equal(fchmodat(s.fd, "f", 0640, 0), 0);
	assert_int_equal(utimensat(s.fd, "f", t, 0), 0);
	assert_int_equal(fstatat(s.fd, "f", &st, 0), 0);
	assert_int_equal(fs_stat(d, "f", &id, &e), 0);
	assert_true(id.fs == d->fs && id.ino == st.st_ino && id.size == 5);
	assert_true(id.atime == 5000000006);
	assert_true(id.mtime == -2000000001);	/* before 1970 */
	assert_true(id.ctime == st.st_ctim.tv_sec * INT64_C(1000000000) +
	    st.st_ctim.tv_nsec);
	assert_int_equal(id.mode, S_IFREG | 0640);
	assert_true(id.uid == st.st_uid && id.gid == st.st_gid);
	assert_int_equal(id.nlink, 2);
	fd = openat(s.fd, "g", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fs_stat_fd(d, fd, &fd_id, &e), 0);
	close(fd);
	assert_true(fs_id_unchanged(&id, &fd_id));

	scratch_file(&s, "f", "123456");
	assert_int_equal(fs_stat(d, "f", &fd_id, &e), 0);
	assert_true(fs_id_same(&id, &fd_id));
	assert_false(fs_id_unchanged(&id, &fd_id));
	scratch_file(&s, "h", "12345");
	assert_int_equal(fs_stat(d, "h", &fd_id, &e), 0);
	assert_false(fs_id_same(&id, &fd_id));

	assert_int_equal(fs_stat(d, "none", &id, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_int_equal(fs_stat(d, "a/b", &id, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(fs_stat(d, "..", &id, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(fs_stat(d, "", &id, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
}

static void
times_that_do_not_fit_do_not_wrap(void **state)
{
	struct timespec t[2] = { { 20000000000, 0 }, { 20000000000, 1 } };
	struct fs_id id;
	struct stat st;
	struct err e;

	(void)state;
	scratch_file(&s, "f", "");
	assert_int_equal(utimensat(s.fd, "f", t, 0), 0);
	assert_int_equal(fstatat(s.fd, "f", &st, 0), 0);
	assert_int_equal(fs_stat(d, "f", &id, &e), 0);
	if (st.st_mtim.tv_sec == 20000000000)
		assert_true(id.mtime == INT64_MAX);
	else		/* the file system has held it back itself */
		assert_true(id.mtime > 0);
}

static void
any_bytes_make_a_name(void **state)
{
	static const char *const names[] = {
		"\001", "\n", " ", "$HOME.txt", "-rf", "\xff\xfe", "a\nb",
		"{x}", "\xf0\x9f\x98\x80",
	};
	char longest[NAME_MAX + 1];
	struct fs_names l;
	struct fs_look v[10];
	struct err e;
	size_t i;

	(void)state;
	memset(longest, 'z', NAME_MAX);
	longest[NAME_MAX] = '\0';
	for (i = 0; i < 9; i++)
		scratch_file(&s, names[i], "x");
	scratch_file(&s, longest, "x");
	assert_int_equal(fs_list(d, &l, &e), 0);
	assert_int_equal(l.n, 10);
	for (i = 0; i + 1 < l.n; i++)
		assert_true(strcmp(l.v[i].name, l.v[i + 1].name) < 0);
	for (i = 0; i < l.n; i++)
		v[i] = (struct fs_look){ .name = l.v[i].name };
	fs_look_many(d, v, l.n, 1);
	for (i = 0; i < l.n; i++) {
		assert_int_equal(v[i].error, 0);
		assert_int_equal(v[i].id.size, 1);
		/* No room for a side file's name: there is none. */
		assert_int_equal(fs_writing(d, l.v[i].name), FS_QUIET);
	}
	fs_names_free(&l);
}

static void
fill(const char *dir, int n)
{
	int fd = openat(s.fd, dir, O_RDONLY | O_DIRECTORY), i, f;
	char name[32];

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%d-file", i * 7919 % n);
		f = openat(fd, name, O_WRONLY | O_CREAT, 0600);
		scratch_must(f >= 0, name);
		close(f);
	}
	close(fd);
}

/* Sorted up to the limit; beyond it whole, once each, and steady. */
static void
long_lists_are_whole_and_steady(void **state)
{
	const int sizes[] = { FS_SORT_MAX, FS_SORT_MAX + 1, 20000 };
	unsigned char *seen = calloc(1, 20000);
	struct fs_names l, again;
	struct fs_dir *sub;
	char name[8];
	struct err e;
	size_t i, k;

	(void)state;
	for (k = 0; k < 3; k++) {
		snprintf(name, sizeof(name), "d%zu", k);
		scratch_dir(&s, name);
		fill(name, sizes[k]);
		assert_int_equal(fs_dir_below(d, name, &sub, &e), 0);
		assert_int_equal(fs_list(sub, &l, &e), 0);
		assert_int_equal(fs_list(sub, &again, &e), 0);
		assert_int_equal(l.n, sizes[k]);
		assert_int_equal(again.n, l.n);
		memset(seen, 0, 20000);
		for (i = 0; i < l.n; i++) {
			assert_string_equal(l.v[i].name, again.v[i].name);
			assert_int_equal(l.v[i].type, DT_REG);
			assert_false(seen[strtoul(l.v[i].name, NULL, 10)]++);
			if (i > 0 && l.n <= FS_SORT_MAX)
				assert_true(strcmp(l.v[i - 1].name,
				    l.v[i].name) < 0);
		}
		fs_names_free(&l);
		fs_names_free(&again);
		fs_dir_free(sub);
	}
	free(seen);
}

static void
a_folder_that_is_gone_cannot_be_listed(void **state)
{
	struct fs_names l = { .n = 7 };
	struct fs_dir *sub;
	struct err e;

	(void)state;
	scratch_dir(&s, "sub");
	assert_int_equal(fs_dir_below(d, "sub", &sub, &e), 0);
	assert_int_equal(fs_list(sub, &l, &e), 0);
	assert_int_equal(l.n, 0);
	fs_names_free(&l);
	assert_int_equal(unlinkat(s.fd, "sub", AT_REMOVEDIR), 0);
	assert_int_equal(fs_list(sub, &l, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_int_equal(l.n, 0);
	assert_non_null(strstr(e.text, "sub"));
	fs_dir_free(sub);
}

/* Many looks at once give what single ones do, faults each in its place. */
static void
many_looks_are_single_looks(void **state)
{
	static char names[5000][16];
	static struct fs_look v[5000];
	struct fs_id id;
	struct err e;
	size_t i;
	int fd;

	(void)state;
	fill(".", 5000);
	fd = openat(s.fd, "33-file", O_WRONLY);
	for (i = 0; i < 5000; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu-file", i);
		v[i] = (struct fs_look){ .name = names[i], .error = 77 };
		if (i % 100 == 1)
			assert_int_equal(unlinkat(s.fd, names[i], 0), 0);
	}
	v[4000].name = "a/b";
	fs_look_many(d, v, 5000, 1);
	for (i = 0; i < 5000; i++) {
		if (i == 4000) {
			assert_int_equal(v[i].error, EINVAL);
		} else if (i % 100 == 1) {
			assert_int_equal(v[i].error, ENOENT);
			assert_true(v[i].id.ino == 0);
		} else {
			assert_int_equal(v[i].error, 0);
			assert_int_equal(fs_stat(d, names[i], &id, &e), 0);
			assert_true(fs_id_unchanged(&id, &v[i].id));
			assert_int_equal(v[i].writing,
			    i == 33 ? FS_OPEN_WRITER : FS_QUIET);
		}
	}
	close(fd);
	fs_look_many(d, v, 0, 1);
}

/* Somebody has it open: another process, until it is told to let go. */
static void
open_writers_are_seen_and_readers_are_not(void **state)
{
	struct fs_look v = { .name = "f" };
	int fd, up[2], down[2], status;
	char c = 0;
	pid_t pid;

	(void)state;
	scratch_file(&s, "f", "x");
	assert_int_equal(fs_writing(d, "f"), FS_QUIET);
	fd = openat(s.fd, "f", O_RDONLY);
	assert_int_equal(fs_writing(d, "f"), FS_QUIET);
	close(fd);

	assert_int_equal(pipe2(up, O_CLOEXEC) + pipe2(down, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(down[1]);
		fd = openat(s.fd, "f", O_WRONLY | O_APPEND);
		if (fd < 0 || write(up[1], &c, 1) != 1 ||
		    read(down[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(up[0], &c, 1), 1);
	assert_int_equal(fs_writing(d, "f"), FS_OPEN_WRITER);
	fs_look_many(d, &v, 1, 1);
	assert_int_equal(v.writing, FS_OPEN_WRITER);
	fs_look_many(d, &v, 1, 0);
	assert_int_equal(v.writing, FS_QUIET);
	close(down[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(fs_writing(d, "f"), FS_QUIET);
	close(up[0]);
	close(up[1]);
	close(down[0]);
}

/* One opens it again and again while we ask: no signal ends us, no harm done. */
static void
a_writer_that_comes_meanwhile_does_no_harm(void **state)
{
	int fd, i, seen = 0;
	pid_t pid;

	(void)state;
	scratch_file(&s, "f", "x");
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			fd = openat(s.fd, "f", O_WRONLY);
			close(fd);
		}
	}
	for (i = 0; i < 20000; i++)
		seen += fs_writing(d, "f") == FS_OPEN_WRITER;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("# a writer was seen %d times of %d\n", seen, i);
	assert_int_equal(fs_writing(d, "f"), FS_QUIET);
}

static int
nobody_asks(const struct scratch *t)
{
	struct fs_dir *dir;
	struct err e;
	int fd;

	CHECK(fs_dir_open(t->path, &dir, &e) == 0);
	/* A lease on another's file cannot be had: taken as no sign. */
	CHECK(fs_writing(dir, "roots") == FS_QUIET);
	fd = openat(t->fd, "own", O_WRONLY);
	CHECK(fd >= 0 && fs_writing(dir, "own") == FS_OPEN_WRITER);
	close(fd);
	CHECK(fs_writing(dir, "own") == FS_QUIET);
	fs_dir_free(dir);
	return 0;
}

static void
an_ordinary_user_sees_writers_of_own_files(void **state)
{
	int fd;

	(void)state;
	if (not_root("files of other users"))
		return;
	scratch_file(&s, "roots", "x");
	scratch_file(&s, "own", "x");
	assert_int_equal(fchownat(s.fd, "own", NOBODY, NOBODY, 0), 0);
	fd = openat(s.fd, "roots", O_WRONLY);
	assert_int_equal(as_nobody(nobody_asks, &s), 0);
	close(fd);
}

static void
names_of_partial_downloads(void **state)
{
	static const char *const yes[] = {
		"a.part", "A.PART", "x.crdownload", "x.download",
		"x.opdownload", "x.aria2", "x.td", "x.filepart", "x.tmp",
		"~$letter.docx", "._photo.jpg", ".com.google.Chrome.aBcDeF",
	}, *const no[] = {
		"part", ".part", "a.parts", "apart", "x.part.pdf", "~letter",
		"_.x", "com.google.Chrome.x", "a.tmp2", "download", "",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!fs_partial_name(yes[i]))
			fail_msg("%s is a partial download", yes[i]);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (fs_partial_name(no[i]))
			fail_msg("%s is no partial download", no[i]);
	scratch_file(&s, "a.part", "");
	assert_int_equal(fs_writing(d, "a.part"), FS_PARTIAL_NAME);
	assert_string_equal(fs_writing_text(FS_QUIET), "");
	for (i = FS_PARTIAL_NAME; i <= FS_OPEN_WRITER; i++)
		assert_non_null(strstr(fs_writing_text((enum fs_writing)i),
		    "still being written"));
}

/* As the header lists them, one by one and in any case. */
static int
partial_by_the_list(const char *name)
{
	static const char *const ends[] = { ".part", ".crdownload", ".download",
		".opdownload", ".aria2", ".td", ".filepart", ".tmp",
	}, *const begins[] = { "~$", "._", ".com.google.Chrome." };
	size_t i, len = strlen(name), n;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		n = strlen(ends[i]);
		if (len > n && strcasecmp(name + len - n, ends[i]) == 0)
			return 1;
	}
	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncasecmp(name, begins[i], strlen(begins[i])) == 0)
			return 1;
	return 0;
}

/* Most names are turned away by a byte or two; none of those may be one. */
static void
partial_names_are_those_of_the_list(void **state)
{
	static const char *const pieces[] = { "", ".", "~$", "._", "a", "A2",
		".part", ".PART", ".crdownload", ".Download", ".opdownload",
		".aria2", ".ARIA2", ".td", ".tD", ".filepart", ".tmp", ".TMP",
		".com.google.Chrome.", ".COM.GOOGLE.chrome.", "t", "D", "2",
	};
	const size_t n = sizeof(pieces) / sizeof(pieces[0]);
	char name[64];
	size_t i;

	(void)state;
	for (i = 0; i < n * n * n; i++) {
		snprintf(name, sizeof(name), "%s%s%s", pieces[i / n / n],
		    pieces[i / n % n], pieces[i % n]);
		if (fs_partial_name(name) != partial_by_the_list(name))
			fail_msg("%s", name);
	}
}

/* One by one on disk and from the list: the same answer. */
static void
side_files_protect_what_they_stand_beside(void **state)
{
	static const char *const names[] = {
		"a.iso", "a.iso.part", "b.bin", "b.bin.aria2", "c.txt",
		"c.txt.PART", "c", "b", "a.is", "zz.part",
	}, *const with[] = { "a.iso", "b.bin" };
	struct fs_sides sides = {0};
	struct fs_names l;
	struct err e;
	size_t i, k;
	int want;

	(void)state;
	for (i = 0; i < 10; i++)
		scratch_file(&s, names[i], "");
	assert_int_equal(fs_list(d, &l, &e), 0);
	assert_int_equal(fs_sides_has(&sides, "a.iso"), 0);
	fs_sides_add_list(&sides, &l);
	for (i = 0; i < 10; i++) {
		for (want = 0, k = 0; k < 2; k++)
			want |= strcmp(names[i], with[k]) == 0;
		assert_int_equal(fs_sides_has(&sides, names[i]), want);
		if (!fs_partial_name(names[i]))
			assert_int_equal(fs_writing(d, names[i]),
			    want ? FS_SIDE_FILE : FS_QUIET);
	}
	/* Added after a question too. */
	fs_sides_add(&sides, "c.part");
	assert_int_equal(fs_sides_has(&sides, "c"), 1);
	fs_sides_fini(&sides);
	fs_names_free(&l);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_kind_is_listed_and_looked_at_and_none_hangs),
		T(what_is_told_of_a_file_is_so),
		T(times_that_do_not_fit_do_not_wrap),
		T(any_bytes_make_a_name),
		T(long_lists_are_whole_and_steady),
		T(a_folder_that_is_gone_cannot_be_listed),
		T(many_looks_are_single_looks),
		T(open_writers_are_seen_and_readers_are_not),
		T(a_writer_that_comes_meanwhile_does_no_harm),
		T(an_ordinary_user_sees_writers_of_own_files),
		T(names_of_partial_downloads),
		T(partial_names_are_those_of_the_list),
		T(side_files_protect_what_they_stand_beside),
	};

	return cmocka_run_group_tests_name("fs files", tests, NULL, NULL);
}
