/* Manifests: what is written is read again; what is damaged is told. */
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "apply/place.h"
#include "copies/impl.h"
#include "copies/last.h"
#include "copies/manifest.h"
#include "fs/dir.h"
#include "testing/scratch.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct here {
	struct scratch	 s;
	struct fs_dir	*place, *own;
};

static void
open_here(struct here *h)
{
	struct err e = {0};

	h->s = scratch_new();
	assert_int_equal(fs_dir_open(h->s.path, &h->place, &e), 0);
	assert_int_equal(place_folder(h->place, COPIES_OWN, &h->own, &e), 0);
}

static void
close_here(struct here *h)
{
	fs_dir_free(h->own);
	fs_dir_free(h->place);
	scratch_free(&h->s);
}

static const struct manifest_entry samples[] = {
	{ .en = { .path = "D", .kind = 'd', .mode = 040755, .sha256 = "",
	    .target = "" } },
	{ .en = { .path = "D/two\nlines\tand \\ all", .kind = 'f', .size = 3,
	    .mtime = -1, .mode = 0100644, .sha256 = SUM, .target = "" },
	    .uid = UINT32_MAX, .gid = 7, .fs = UINT64_MAX, .ino = 9,
	    .ctime = INT64_MIN },
	{ .en = { .path = "D/\xff\xfe", .kind = 'f', .size = UINT64_MAX,
	    .mtime = INT64_MAX, .mode = 0104755, .sha256 = SUM, .target = "" },
	    .ino = 11 },
	{ .en = { .path = "D/link", .kind = 'l', .mode = 0120777, .sha256 = "",
	    .target = "a\nb" } },
	{ .en = { .path = "D/again", .kind = 'h', .size = 3, .sha256 = SUM,
	    .target = "D/\xff\xfe" } },
	{ .en = { .path = "E/same", .kind = 'f', .sha256 = SUM, .target = "" } },
};

#define SAMPLES (sizeof(samples) / sizeof(*samples))

static void
write_samples(struct here *h)
{
	struct manifest_writer *w;
	struct err e = {0};
	size_t i;

	assert_int_equal(manifest_create(h->own, "c", 42, &w, &e), 0);
	assert_int_equal(manifest_root(w, "D", "/home/me/D", &e), 0);
	assert_int_equal(manifest_root(w, "E", "/", &e), 0);
	for (i = 0; i < SAMPLES; i++)
		assert_int_equal(manifest_add(w, &samples[i], &e), 0);
	assert_int_equal(manifest_end(w, 5, 77, MANIFEST_SHRUNK, &e), 0);
}

static void
test_round_trip(void **state)
{
	struct here h;
	struct manifest *m;
	struct manifest_entry en;
	struct manifest_head head;
	const struct manifest_entry *s;
	struct err e = {0};
	size_t i;

	(void)state;
	open_here(&h);
	write_samples(&h);
	assert_int_equal(manifest_open(h.place, "c", &m, &e), 0);
	assert_int_equal(manifest_head(m)->time, 42);
	for (i = 0; i < SAMPLES; i++) {
		s = &samples[i];
		assert_int_equal(manifest_next(m, &en, &e), 1);
		assert_string_equal(en.en.path, s->en.path);
		assert_string_equal(en.en.target, s->en.target);
		assert_string_equal(en.en.sha256, s->en.sha256);
		assert_true(en.en.kind == s->en.kind && en.en.size ==
		    s->en.size && en.en.mtime == s->en.mtime && en.en.mode ==
		    s->en.mode && en.uid == s->uid && en.gid == s->gid &&
		    en.fs == s->fs && en.ino == s->ino && en.ctime == s->ctime);
		if (i == 3)
			assert_string_equal(en.en.source, "/home/me/D/link");
		if (i == 5)
			assert_string_equal(en.en.source, "/same");
	}
	assert_int_equal(manifest_next(m, &en, &e), 0);
	assert_int_equal(manifest_head(m)->flags, MANIFEST_SHRUNK);
	manifest_close(m);
	assert_int_equal(manifest_glance(h.place, "c", &head, &e), 0);
	assert_true(head.time == 42 && head.files == 5 && head.bytes == 77 &&
	    head.flags == MANIFEST_SHRUNK);
	close_here(&h);
}

static int
verify(const void *data, size_t len)
{
	int fd = memfd_create("manifest", MFD_CLOEXEC);
	struct manifest *m;
	struct err e = {0};
	int r;

	assert_int_equal(fd_write_all(fd, data, len), 0);
	if (manifest_of_fd(fd, "c", &m, &e) < 0)
		return -1;
	r = manifest_verify(m, &e);
	manifest_close(m);
	return r;
}

/* Every flipped bit and every cut is found. */
static void
test_damage(void **state)
{
	struct here h;
	CLEAN_BUF struct buf text = {0};
	size_t i;
	int fd;

	(void)state;
	open_here(&h);
	write_samples(&h);
	fd = openat(h.own->fd, "c" COPIES_MANIFEST, O_RDONLY);
	assert_int_equal(fd_read_all(fd, 1 << 20, &text), 0);
	close(fd);
	assert_int_equal(verify(text.data, text.len), 0);
	for (i = 0; i < text.len; i++) {
		if (verify(text.data, i) == 0)
			fail_msg("cut at %zu is whole", i);
		text.data[i] ^= 1;
		/* The counts of the last line are not summed up. */
		if (i < text.len - 80 && verify(text.data, text.len) == 0)
			fail_msg("byte %zu flipped is whole", i);
		text.data[i] ^= 1;
	}
	close_here(&h);
}

static void
test_hostile_lines(void **state)
{
	static const char *const bad[] = {
		"f\t" SUM "\t1 1 1 1 1 1 1 1\t../a\t\n",
		"f\t" SUM "\t1 1 1 1 1 1 1 1\t/a\t\n",
		"f\t" SUM "\t1 1 1 1 1 1 1 1\ta/..\t\n",
		"f\t" SUM "\t1 1 1 1 1 1 1 1\ta//b\t\n",
		"f\t" SUM "\t1 1 1 1 1 1 1 1\t\t\n",
		"h\t" SUM "\t1 1 1 1 1 1 1 1\ta\t../b\n",
		"f\t-\t1 1 1 1 1 1 1 1\ta\t\n",
		"f\tabc\t1 1 1 1 1 1 1 1\ta\t\n",
		"x\t" SUM "\t1 1 1 1 1 1 1 1\ta\t\n",
		"f\t" SUM "\t99999999999999999999 1 1 1 1 1 1 1\ta\t\n",
		"f\t" SUM "\t1 9223372036854775808 1 1 1 1 1 1\ta\t\n",
		"f\t" SUM "\t1 1 1 4294967296 1 1 1 1\ta\t\n",
		"f\t" SUM "\t1 1 1 1 1 1 1\ta\t\n",
		"f\t" SUM "\t1 1 1 1 1 1 1 1\ta\n",
		"root ../x\t/y\n", "root x\ty\n", "\n", "f", "f\n",
	};
	CLEAN_BUF struct buf b = {0};
	struct manifest_entry en;
	struct manifest *m;
	struct err e = {0};
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		buf_reset(&b);
		buf_addf(&b, MANIFEST_HEAD "time 1\n%s", bad[i]);
		fd = memfd_create("manifest", MFD_CLOEXEC);
		assert_int_equal(fd_write_all(fd, b.data, b.len), 0);
		assert_int_equal(manifest_of_fd(fd, "c", &m, &e), 0);
		if (manifest_next(m, &en, &e) != -1 || e.kind != ERR_CORRUPT)
			fail_msg("taken: %s", bad[i]);
		manifest_close(m);
	}
}

/* The copy before is asked in order, out of order, and by identity. */
static void
test_last(void **state)
{
	struct here h;
	struct last *l;
	const struct manifest_entry *en;
	struct fs_id id = { .ino = 11 };
	struct err e = {0};
	int i;

	(void)state;
	open_here(&h);
	write_samples(&h);
	assert_int_equal(mkdirat(h.place->fd, "c", 0700), 0);
	assert_int_equal(last_open(h.place, "c", &l, &e), 0);
	for (i = 0; i < 3; i++) {
		assert_null(last_by_path(l, "D/new"));
		en = last_by_path(l, "E/same");
		assert_non_null(en);
		assert_string_equal(en->en.path, "E/same");
		assert_null(last_by_path(l, "D"));	/* only files */
		en = last_by_path(l, "D/two\nlines\tand \\ all");
		assert_non_null(en);
		assert_int_equal(en->ino, 9);
		en = last_by_id(l, &id);
		assert_non_null(en);
		assert_string_equal(en->en.path, "D/\xff\xfe");
		en = last_by_path(l, "D/\xff\xfe");
		assert_non_null(en);
		assert_null(last_by_id(l, &(struct fs_id){ .ino = 1 }));
	}
	last_free(l);
	close_here(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_hostile_lines),
		cmocka_unit_test(test_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
