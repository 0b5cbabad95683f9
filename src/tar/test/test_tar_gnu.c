/*
 * test_tar_gnu.c -- nothing is locked in: GNU tar reads what we write, we read
 * what it writes; and the disk tells where files have holes.
 *
 * Passed over where GNU tar or zstd is not installed.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "tar/tar.h"
#include "tar/test/sample.h"
#include "testing/scratch.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/fd.h"

static struct scratch s;
static const char *folder;	/* its path */

/* Run argv in folder; what it said on stderr goes to told.  Its status. */
static int
run(const char *const argv[], struct buf *told)
{
	int p[2], status;
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (chdir(folder) == 0 && dup2(p[1], 2) == 2 &&
		    dup2(open("/dev/null", O_WRONLY), 1) == 1) {
			close(p[0]);
			close(p[1]);
			setenv("LC_ALL", "C.UTF-8", 1);
			execvp(argv[0], (char *const *)(uintptr_t)argv);
		}
		_exit(127);
	}
	close(p[1]);
	buf_reset(told);
	assert_int_equal(fd_read_all(p[0], 1 << 20, told), 0);
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
have_tar(void)
{
	static const char *const argv[] = { "tar", "--zstd", "--version",
	    NULL };
	static const char *const zstd[] = { "zstd", "--version", NULL };
	CLEAN_BUF struct buf told = {0};

	return run(argv, &told) == 0 && run(zstd, &told) == 0;
}

static void
same_on_disk(const struct tar_entry *t)
{
	char path[8192];
	unsigned char *p;
	struct stat st;
	uint64_t at;
	int fd;

	snprintf(path, sizeof(path), "%s/x/%s", folder, t->path);
	if (lstat(path, &st) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	assert_int_equal((int64_t)st.st_mtim.tv_sec * S + st.st_mtim.tv_nsec,
	    t->mtime);
	if (t->type != TAR_FILE)
		return;
	assert_int_equal(st.st_mode & 0777, t->mode & 0777);
	assert_int_equal(st.st_size, t->size);
	if (t->size == 0)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	p = mmap(NULL, t->size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	for (at = 0; at < t->size; at++)
		if (p[at] != sample_byte(t, at))
			fail_msg("%s: byte %llu", path, (unsigned long long)at);
	munmap(p, t->size);
	close(fd);
	if (t->sparse)		/* the holes are holes again */
		assert_true((uint64_t)st.st_blocks * 512 < t->size / 2);
}

/* The members that GNU tar should have not a word to say about (what it says
 * of times before 1970 or far ahead is about the file, so that is off). */
static int
quiet(const struct tar_entry *t)
{
	return strstr(t->path, "\xe8") == NULL &&
	    strstr(t->path, "\xe9") == NULL &&
	    (t->link == NULL || strstr(t->link, "\xff") == NULL) &&
	    strcmp(t->path, "rich") != 0 && strlen(t->path) < 4096 &&
	    (t->link == NULL || strlen(t->link) < 4096);
}

static void
write_to_disk(int (*wanted)(const struct tar_entry *))
{
	char path[128];
	struct tar_writer *w;
	size_t i;
	int fd;

	snprintf(path, sizeof(path), "%s/t.tar.zst", folder);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(tar_create(fd, 3, &w, NULL), 0);
	for (i = 0; i < SAMPLE_N; i++)
		if (wanted == NULL || wanted(&sample[i]))
			sample_add(w, &sample[i], 65536);
	assert_int_equal(tar_close(w, NULL), 0);
	tar_writer_free(w);
	close(fd);
}

static void
gnu_tar_reads_it_without_a_word(void **state)
{
	static const char *const list[] = { "tar", "--zstd",
	    "--warning=no-timestamp", "-tvvf", "t.tar.zst", NULL };
	static const char *const extract[] = { "tar", "--zstd", "--xattrs",
	    "--acls", "--no-same-owner", "--warning=no-timestamp", "-C", "x",
	    "-xpf", "t.tar.zst", NULL };
	static const char *const make[] = { "mkdir", "x", NULL };
	CLEAN_BUF struct buf told = {0};
	struct stat a, b;
	char path[128], value[16];
	size_t i;

	(void)state;
	if (!have_tar())
		skip();
	write_to_disk(quiet);
	assert_int_equal(run(list, &told), 0);
	assert_string_equal(buf_str(&told), "");
	assert_int_equal(run(make, &told), 0);
	assert_int_equal(run(extract, &told), 0);
	/* A file system without ACLs or attributes is not our affair. */
	if (strstr(buf_str(&told), "supported") == NULL)
		assert_string_equal(buf_str(&told), "");
	for (i = 0; i < SAMPLE_N; i++)
		if (quiet(&sample[i]) && sample[i].type != TAR_HARDLINK)
			same_on_disk(&sample[i]);
	snprintf(path, sizeof(path), "%s/x/d/plain", folder);
	assert_int_equal(stat(path, &a), 0);
	if (getxattr(path, "user.comment", value, sizeof(value)) == 9)
		assert_memory_equal(value, sample[SAMPLE_PLAIN].xattrs[0].value, 9);
	else
		assert_int_equal(errno, ENOTSUP);
	snprintf(path, sizeof(path), "%s/x/d/second", folder);
	assert_int_equal(stat(path, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
}

static int
is_latin(const struct tar_entry *t)
{
	return strcmp(t->path, "lat\xe9in") == 0;
}

/* The one word it has to say: on names that are not UTF-8. */
static void
gnu_tar_reads_other_names(void **state)
{
	static const char *const extract[] = { "tar", "--zstd",
	    "--no-same-owner", "-C", "y", "-xpf", "t.tar.zst", NULL };
	static const char *const make[] = { "mkdir", "y", NULL };
	CLEAN_BUF struct buf told = {0};
	char path[128];
	struct stat st;

	(void)state;
	if (!have_tar())
		skip();
	write_to_disk(is_latin);
	assert_int_equal(run(make, &told), 0);
	assert_int_equal(run(extract, &told), 0);
	assert_non_null(strstr(buf_str(&told), "hdrcharset"));
	assert_ptr_equal(strchr(buf_str(&told), '\n'),
	    buf_str(&told) + told.len - 1);
	snprintf(path, sizeof(path), "%s/y/lat\xe9in", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 4);
}

static void
gnu_tars_own_archives_are_read(void **state)
{
	static const char *const pack[] = { "sh", "-c", "mkdir z && cd z && "
	    "printf one >caf\xc3\xa9 && printf two >cafe\xcc\x81 && "
	    "truncate -s 2M hole && printf end >>hole && ln -s hole soft && "
	    "tar --format=posix --sparse --zstd -cf ../t.tar.zst *", NULL };
	static const char *const names[] = {
		"cafe\xcc\x81", "caf\xc3\xa9", "hole", "soft",
	};
	CLEAN_BUF struct buf told = {0};
	const struct tar_entry *t;
	struct tar_reader *r;
	char path[128];
	size_t i;
	int fd;

	(void)state;
	if (!have_tar())
		skip();
	assert_int_equal(run(pack, &told), 0);
	snprintf(path, sizeof(path), "%s/t.tar.zst", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(tar_open(fd, NULL, &r, NULL), 0);
	for (i = 0; i < LEN(names); i++) {
		assert_int_equal(tar_next(r, &t, NULL), 1);
		assert_string_equal(t->path, names[i]);
		assert_true(t->mtime > 1700000000 * S);
		if (i == 2)
			assert_int_equal(t->size, (2 << 20) + 3);
	}
	assert_string_equal(t->link, "hole");
	assert_int_equal(tar_next(r, &t, NULL), 0);
	tar_reader_free(r);
	close(fd);
}

static void
holes_are_found(void **state)
{
	struct tar_map m;
	char path[128];
	struct err e = {0};
	size_t i;
	int fd, p[2];

	(void)state;
	snprintf(path, sizeof(path), "%s/holes", folder);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(tar_map(fd, 0, &m, &e), 0);
	assert_false(m.sparse);
	assert_int_equal(ftruncate(fd, 16 << 20), 0);
	assert_int_equal(tar_map(fd, 16 << 20, &m, &e), 0);
	if (!m.sparse)
		skip();		/* a file system that cannot tell */
	assert_int_equal(m.ndata, 0);
	for (i = 1; i <= 3; i++)
		assert_int_equal(pwrite(fd, "x", 1, (off_t)(i << 22)), 1);
	assert_int_equal(lseek(fd, 77, SEEK_SET), 77);
	assert_int_equal(tar_map(fd, 16 << 20, &m, &e), 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 77);
	assert_true(m.sparse);
	assert_int_equal(m.ndata, 3);
	for (i = 0; i < 3; i++)
		assert_true(m.data[i].offset <= (i + 1) << 22 &&
		    m.data[i].offset + m.data[i].len > (i + 1) << 22);
	tar_map_fini(&m);
	/* What was seen as the size is the end, even within data. */
	assert_int_equal(tar_map(fd, (1 << 22) + 1, &m, &e), 0);
	assert_int_equal(m.data[m.ndata - 1].offset +
	    m.data[m.ndata - 1].len, (1 << 22) + 1);
	tar_map_fini(&m);
	close(fd);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(tar_map(p[0], 10, &m, &e), -1);
	assert_int_equal(e.sys, ESPIPE);
	close(p[0]);
	close(p[1]);
}

static int
set_up(void **state)
{
	(void)state;
	sample_start();
	s = scratch_new();
	folder = s.path;
	return 0;
}

static int
clean_up(void **state)
{
	(void)state;
	scratch_free(&s);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gnu_tar_reads_it_without_a_word),
		cmocka_unit_test(gnu_tar_reads_other_names),
		cmocka_unit_test(gnu_tars_own_archives_are_read),
		cmocka_unit_test(holes_are_found),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
