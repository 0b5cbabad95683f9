/*
 * test_tar.c -- what is put away comes back: every byte of content, name and
 * metadata; what is broken or hostile is told.
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
#include "util/buf.h"
#include "util/err.h"
#include "util/fd.h"

static int
new_file(void)
{
	int fd = memfd_create("tar", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* An archive of all members, rewound. */
static int
written(int level, size_t piece)
{
	struct tar_writer *w;
	int fd = new_file();
	struct err e = {0};
	struct stat st;
	size_t i;

	if (tar_create(fd, level, &w, &e) < 0)
		fail_msg("%s", e.text);
	for (i = 0; i < SAMPLE_N; i++)
		sample_add(w, &sample[i], piece);
	assert_int_equal(tar_close(w, &e), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, tar_written(w));
	tar_writer_free(w);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
same_text(const char *got, const char *want)
{
	if (want == NULL)
		assert_null(got);
	else
		assert_string_equal(got, want);
}

static void
same_xattrs(const struct tar_entry *got, const struct tar_entry *want)
{
	size_t i, j;

	assert_int_equal(got->nxattrs, want->nxattrs);
	for (i = 0; i < want->nxattrs; i++) {
		for (j = 0; j < got->nxattrs; j++)
			if (strcmp(got->xattrs[j].name,
			    want->xattrs[i].name) == 0)
				break;
		assert_true(j < got->nxattrs);
		assert_int_equal(got->xattrs[j].len, want->xattrs[i].len);
		assert_memory_equal(got->xattrs[j].value,
		    want->xattrs[i].value, want->xattrs[i].len);
	}
}

static void
same_entry(const struct tar_entry *got, const struct tar_entry *want)
{
	size_t i;

	assert_int_equal(got->type, want->type);
	assert_string_equal(got->path, want->path);
	same_text(got->link, want->link);
	assert_int_equal(got->mode, want->mode);
	assert_int_equal(got->uid, want->uid);
	assert_int_equal(got->gid, want->gid);
	same_text(got->user, want->user != NULL ? want->user : "");
	same_text(got->group, want->group != NULL ? want->group : "");
	assert_int_equal(got->mtime, want->mtime);
	assert_int_equal(got->has_atime, want->has_atime);
	assert_int_equal(got->atime, want->atime);
	assert_int_equal(got->size, want->size);
	same_xattrs(got, want);
	assert_int_equal(got->sparse, want->sparse);
	assert_int_equal(got->ndata, want->ndata);
	for (i = 0; i < want->ndata; i++) {
		assert_int_equal(got->data[i].offset, want->data[i].offset);
		assert_int_equal(got->data[i].len, want->data[i].len);
	}
}

static void
same_content(struct tar_reader *r, const struct tar_entry *want)
{
	const unsigned char *p;
	const void *data;
	uint64_t at = 0;
	struct err e = {0};
	size_t len, i;
	int n;

	while ((n = tar_read(r, &data, &len, &e)) == 1) {
		p = data;
		for (i = 0; i < len; i++, at++)
			if (p[i] != sample_byte(want, at))
				fail_msg("%s: byte %llu", want->path,
				    (unsigned long long)at);
	}
	assert_int_equal(n, 0);
	assert_int_equal(at, want->size);
}

static struct tar_reader *
opened(int fd, const struct tar_limits *limits)
{
	struct tar_reader *r;
	struct err e = {0};

	if (tar_open(fd, limits, &r, &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

static void
what_goes_in_comes_out(void **state)
{
	static const struct { int level; size_t piece; } ways[] = {
		{ 0, 1 << 20 }, { 3, 65536 }, { 1, 777 },
	};
	const struct tar_entry *t;
	struct tar_reader *r;
	struct err e = {0};
	size_t i, way;
	int fd;

	(void)state;
	for (way = 0; way < LEN(ways); way++) {
		fd = written(ways[way].level, ways[way].piece);
		r = opened(fd, NULL);
		for (i = 0; i < SAMPLE_N; i++) {
			if (tar_next(r, &t, &e) != 1)
				fail_msg("%s: %s", sample[i].path, e.text);
			same_entry(t, &sample[i]);
			same_content(r, &sample[i]);
		}
		assert_int_equal(tar_next(r, &t, &e), 0);
		assert_int_equal(tar_next(r, &t, &e), 0);
		tar_reader_free(r);
		close(fd);
	}
}

/* Members may be passed over, and data may be had without its holes. */
static void
one_member_can_be_picked(void **state)
{
	const struct tar_extent *want = sample[SAMPLE_HOLES].data;
	int fd = written(3, 65536), n;
	struct tar_reader *r = opened(fd, NULL);
	const struct tar_entry *t;
	uint64_t offset, at = 0;
	const void *data;
	size_t len, i = 0;

	(void)state;
	do
		assert_int_equal(tar_next(r, &t, NULL), 1);
	while (strcmp(t->path, sample[SAMPLE_HOLES].path) != 0);
	while ((n = tar_read_data(r, &data, &len, &offset, NULL)) == 1) {
		if (offset == want[i].offset)
			at = offset;
		assert_int_equal(offset, at);
		assert_int_equal(*(const unsigned char *)data,
		    sample_byte(t, at));
		at += len;
		i += at == want[i].offset + want[i].len;
	}
	assert_int_equal(n, 0);
	assert_int_equal(i, 2);
	tar_reader_free(r);
	close(fd);
}

static int
drain(int fd, size_t *members, struct err *e)
{
	const struct tar_entry *t;
	struct tar_reader *r;
	const void *data;
	size_t len;
	int n, m = 0;

	*members = 0;
	if (tar_open(fd, NULL, &r, e) < 0)
		return -1;
	while ((n = tar_next(r, &t, e)) == 1) {
		while ((m = tar_read(r, &data, &len, e)) == 1)
			;
		if (m < 0)
			break;
		++*members;
	}
	if (n < 0 || m < 0)
		assert_int_equal(tar_next(r, &t, NULL), -1);
	tar_reader_free(r);
	return m < 0 ? -1 : n;
}

/* A compressed archive that is cut anywhere is never taken for whole. */
static void
every_cut_is_told(void **state)
{
	int fd = written(3, 65536), cut_fd;
	CLEAN_BUF struct buf b = {0};
	size_t cut, members, step;
	struct err e = {0};

	(void)state;
	assert_int_equal(fd_read_all(fd, 1 << 30, &b), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(drain(fd, &members, &e), 0);
	assert_int_equal(members, SAMPLE_N);
	step = b.len / 150 + 1;
	for (cut = 1; cut < b.len; cut += b.len - cut < 40 ? 1 : step) {
		cut_fd = new_file();
		assert_int_equal(fd_write_all(cut_fd, b.data, cut), 0);
		lseek(cut_fd, 0, SEEK_SET);
		e = (struct err){0};
		if (drain(cut_fd, &members, &e) != -1)
			fail_msg("cut at %zu of %zu", cut, b.len);
		assert_int_equal(e.kind, ERR_CORRUPT);
		close(cut_fd);
	}
	close(fd);
}

static void
noise_is_no_archive(void **state)
{
	static const char *const noise[] = {
		"",
		"hello, this is text", "\x28\xb5\x2f\xfd and then nothing good",
		"PK\3\4", "\x1f\x8b\x08\0",
	};
	size_t i, members;
	struct err e;
	int fd;

	(void)state;
	for (i = 0; i < LEN(noise); i++) {
		fd = new_file();
		assert_int_equal(fd_write_all(fd, noise[i],
		    strlen(noise[i])), 0);
		lseek(fd, 0, SEEK_SET);
		e = (struct err){0};
		assert_int_equal(drain(fd, &members, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		close(fd);
	}
	/* A folder cannot be read at all: that is not corruption. */
	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	e = (struct err){0};
	assert_int_equal(drain(fd, &members, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	assert_int_equal(e.sys, EISDIR);
	close(fd);
}

/* A plain tar of one member whose name in the header is then replaced. */
static int
with_name(const char *name, char type)
{
	static const struct tar_entry t = { .type = TAR_FILE, .path = "a/b/c",
	    .mode = 0644, .size = 3 };
	unsigned char head[512];
	struct tar_writer *w;
	int fd = new_file();
	unsigned sum = 0;
	size_t i;

	assert_int_equal(tar_create(fd, 0, &w, NULL), 0);
	sample_add(w, &t, 10);
	assert_int_equal(tar_close(w, NULL), 0);
	tar_writer_free(w);
	assert_int_equal(pread(fd, head, sizeof(head), 0), sizeof(head));
	memset(head, 0, 100);
	memcpy(head, name, strlen(name));
	head[156] = (unsigned char)type;
	memcpy(head + 157, name, strlen(name));
	memset(head + 148, ' ', 8);
	for (i = 0; i < sizeof(head); i++)
		sum += head[i];
	snprintf((char *)head + 148, 8, "%06o", sum);
	assert_int_equal(pwrite(fd, head, sizeof(head), 0), sizeof(head));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void
paths_cannot_lead_out(void **state)
{
	static const char *const bad[] = {
		"/etc/passwd", "../x", "a/../../x", "..", ".", "a//b", "./a",
		"a/.", "a/..", "/",
	};
	struct tar_entry t = { .type = TAR_FILE, .mode = 0644 };
	struct tar_writer *w;
	size_t i, members;
	struct err e;
	int fd;

	(void)state;
	fd = new_file();
	assert_int_equal(tar_create(fd, 3, &w, NULL), 0);
	for (i = 0; i < LEN(bad); i++) {
		e = (struct err){0};
		t.path = bad[i];
		assert_int_equal(tar_add(w, &t, &e), -1);
		assert_int_equal(e.kind, ERR_USAGE);
	}
	t.path = "";
	assert_int_equal(tar_add(w, &t, &e), -1);
	t.path = "good";		/* refused alone: the next may follow */
	assert_int_equal(tar_add(w, &t, &e), 0);
	assert_int_equal(tar_end(w, &e), 0);
	assert_int_equal(tar_close(w, &e), 0);
	tar_writer_free(w);
	close(fd);

	for (i = 0; i < 2 * LEN(bad); i++) {	/* as a file, as a hard link */
		fd = with_name(bad[i / 2], i % 2 == 0 ? '0' : '1');
		e = (struct err){0};
		if (drain(fd, &members, &e) != -1)
			fail_msg("'%s' was taken", bad[i / 2]);
		assert_int_equal(e.kind, ERR_CORRUPT);
		close(fd);
	}
	fd = with_name("fine", '0');
	assert_int_equal(drain(fd, &members, &e), 0);
	close(fd);
}

static void
limits_hold(void **state)
{
	static const struct {
		struct tar_limits l;
		size_t		 good;
	} rows[] = {
		{ { 3, 0 }, 3 }, { { 0, 300000 }, 3 }, { { 0, 299999 }, 1 },
		{ { SAMPLE_N, 0 }, SAMPLE_N },
	};
	const struct tar_entry *t;
	struct tar_reader *r;
	size_t i, n;
	struct err e;
	int fd;

	(void)state;
	for (i = 0; i < LEN(rows); i++) {
		fd = written(1, 65536);
		r = opened(fd, &rows[i].l);
		e = (struct err){0};
		for (n = 0; tar_next(r, &t, &e) == 1; n++)
			;
		assert_int_equal(n, rows[i].good);
		assert_int_equal(e.kind, n == SAMPLE_N ? ERR_NONE :
		    ERR_CORRUPT);
		tar_reader_free(r);
		close(fd);
	}
}

/* A file that shrank is told, and does not spoil what follows. */
static void
short_members_are_told(void **state)
{
	struct tar_entry t = { .type = TAR_FILE, .path = "x", .size = 10 };
	const struct tar_entry *got;
	struct tar_writer *w;
	struct tar_reader *r;
	struct err e = {0};
	const void *data;
	int fd = new_file();
	size_t len;

	(void)state;
	assert_int_equal(tar_create(fd, 3, &w, NULL), 0);
	assert_int_equal(tar_add(w, &t, &e), 0);
	assert_int_equal(tar_write(w, "abc", 3, &e), 0);
	assert_int_equal(tar_add(w, &t, &e), -1);	/* not ended */
	assert_int_equal(tar_end(w, &e), -1);
	assert_int_equal(e.kind, ERR_CHANGED);
	t.path = "y";
	assert_int_equal(tar_add(w, &t, &e), 0);
	assert_int_equal(tar_write(w, "0123456789", 10, &e), 0);
	assert_int_equal(tar_write(w, "!", 1, &e), -1);	/* it grew */
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(tar_end(w, &e), 0);
	assert_int_equal(tar_close(w, &e), 0);
	assert_int_equal(tar_add(w, &t, &e), -1);	/* it is closed */
	tar_writer_free(w);
	lseek(fd, 0, SEEK_SET);

	r = opened(fd, NULL);
	assert_int_equal(tar_next(r, &got, &e), 1);
	assert_int_equal(tar_next(r, &got, &e), 1);
	assert_string_equal(got->path, "y");
	assert_int_equal(tar_read(r, &data, &len, &e), 1);
	assert_int_equal(len, 10);
	assert_memory_equal(data, "0123456789", 10);
	tar_reader_free(r);
	close(fd);
}

static void
a_full_disk_is_told(void **state)
{
	static const unsigned char some[10000];
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC), r = 0;
	struct tar_writer *w;
	struct err e = {0};
	size_t i, n;

	(void)state;
	assert_int_equal(tar_create(fd, 0, &w, &e), 0);
	for (i = 0; i < 1000 && r == 0; i++) {
		r = tar_add(w, &sample[SAMPLE_PLAIN], &e);
		for (n = 0; n < 30 && r == 0; n++)
			r = tar_write(w, some, sizeof(some), &e);
		if (r == 0)
			r = tar_end(w, &e) < 0 && e.kind != ERR_CHANGED ?
			    -1 : 0;
	}
	assert_int_equal(r, -1);
	assert_int_equal(e.kind, ERR_FULL);
	assert_int_equal(e.sys, ENOSPC);
	assert_int_equal(tar_close(w, &e), -1);
	tar_writer_free(w);

	/* All of it in memory, and the end finds no room. */
	assert_int_equal(tar_create(fd, 3, &w, &e), 0);
	e = (struct err){0};
	assert_int_equal(tar_close(w, &e), -1);
	assert_int_equal(e.kind, ERR_FULL);
	tar_writer_free(w);
	close(fd);
}

/* A writer that is given up leaves nothing that reads as whole. */
static void
given_up_is_not_whole(void **state)
{
	struct tar_writer *w;
	int fd = new_file();
	struct err e = {0};
	size_t members;

	(void)state;
	assert_int_equal(tar_create(fd, 3, &w, &e), 0);
	sample_add(w, &sample[SAMPLE_PLAIN], 65536);
	tar_writer_free(w);
	lseek(fd, 0, SEEK_SET);
	if (lseek(fd, 0, SEEK_END) > 0) {
		lseek(fd, 0, SEEK_SET);
		assert_int_equal(drain(fd, &members, &e), -1);
	}
	close(fd);
}

static void
entries_that_cannot_be_are_refused(void **state)
{
	static const struct tar_extent back[] = { { 5, 2 }, { 6, 1 } };
	static const struct tar_extent out[] = { { 9, 2 } };
	static const struct tar_extent none[] = { { 1, 0 } };
	char *big = calloc(1, TAR_XATTRS_MAX);
	struct tar_xattr x = { "user.big", big, TAR_XATTRS_MAX };
	const struct tar_entry bad[] = {
		{ .type = TAR_OTHER, .path = "x" },
		{ .type = TAR_SYMLINK, .path = "x" },
		{ .type = TAR_SYMLINK, .path = "x", .link = "" },
		{ .type = TAR_HARDLINK, .path = "x", .link = "/x" },
		{ .type = TAR_FILE, .path = "x", .xattrs = &x, .nxattrs = 1 },
		{ .type = TAR_FILE, .path = "x", .size = 10, .sparse = 1,
		  .data = back, .ndata = 2 },
		{ .type = TAR_FILE, .path = "x", .size = 10, .sparse = 1,
		  .data = out, .ndata = 1 },
		{ .type = TAR_FILE, .path = "x", .size = 10, .sparse = 1,
		  .data = none, .ndata = 1 },
		{ .type = TAR_FILE, .path = "x", .size = UINT64_MAX },
	};
	struct tar_writer *w;
	int fd = new_file();
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(tar_create(fd, 20, &w, NULL), -1);
	assert_int_equal(tar_create(fd, -1, &w, NULL), -1);
	assert_int_equal(tar_create(fd, 3, &w, NULL), 0);
	for (i = 0; i < LEN(bad); i++) {
		e = (struct err){0};
		if (tar_add(w, &bad[i], &e) != -1)
			fail_msg("entry %zu was taken", i);
		assert_int_equal(e.kind, ERR_USAGE);
	}
	assert_int_equal(tar_close(w, NULL), 0);
	tar_writer_free(w);
	free(big);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(one_member_can_be_picked),
		cmocka_unit_test(every_cut_is_told),
		cmocka_unit_test(noise_is_no_archive),
		cmocka_unit_test(paths_cannot_lead_out),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(short_members_are_told),
		cmocka_unit_test(a_full_disk_is_told),
		cmocka_unit_test(given_up_is_not_whole),
		cmocka_unit_test(entries_that_cannot_be_are_refused),
	};

	sample_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
