/* test_zip.c -- what was packed comes back, and nothing else is taken for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/buf.h"
#include "util/err.h"
#include "zip/zip.h"

/* "a" as rustic streams it: the frame does not tell its length. */
static const unsigned char streamed[] = {
	0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58, 0x09, 0x00, 0x00, 'a',
};

/* Words that come again and again, in an order of their own. */
static unsigned char *
text(size_t n)
{
	unsigned char *p = malloc(n + 16);
	uint64_t x = 1;
	size_t i;

	assert_non_null(p);
	for (i = 0; i < n; i++) {
		if (i % 8 == 0)
			x = x * 6364136223846793005u + 1442695040888963407u;
		p[i] = (unsigned char)('a' + (x >> 56) * (i % 8 + 3) % 26);
	}
	return p;
}

/* What unzip_look tells, put together. */
static void
gather(void *arg, const void *plain, size_t n)
{
	buf_add(arg, plain, n);
}

static void
every_length_at_every_level_comes_back(void **state)
{
	static const size_t lengths[] = { 0, 1, 42, 300, 4096, 70000, 600000,
	    3000000 };
	struct unzip *u = unzip_new();
	enum zip_level l;
	struct err e = {0};
	size_t i, n, len;

	(void)state;
	for (l = ZIP_FASTEST; l <= ZIP_MAX; l++) {
		struct zip *z = zip_new(l);

		for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			len = lengths[i];
			unsigned char *in = text(len);
			unsigned char *packed = malloc(zip_bound(len));
			unsigned char *back = malloc(len + 1);
			CLEAN_BUF struct buf any = {0};

			assert_non_null(packed);
			assert_non_null(back);
			n = zip_pack(z, packed, in, len);
			assert_true(n <= zip_bound(len));
			assert_int_equal(unzip_exact(u, back, len, packed, n, &e),
			    0);
			assert_memory_equal(back, in, len);
			assert_int_equal(unzip_look(u, len, packed, n, gather,
			    &any, &e), 0);
			assert_int_equal(any.len, len);
			assert_memory_equal(buf_str(&any), in, len);
			any.len = 0;
			buf_adds(&any, "x");
			assert_int_equal(unzip_any(u, &any, len, packed, n, &e), 0);
			assert_int_equal(any.len, len + 1);
			assert_memory_equal(any.data + 1, in, len);
			free(in);
			free(packed);
			free(back);
		}
		zip_free(z);
	}
	unzip_free(u);
}

/* A better level is smaller; compression levels mean something. */
static void
better_levels_are_smaller(void **state)
{
	size_t len = 1 << 20, at_once[4];
	unsigned char *in = text(len), *out = malloc(zip_bound(len));
	enum zip_level l;

	(void)state;
	assert_non_null(out);
	for (l = ZIP_FASTEST; l <= ZIP_MAX; l++) {
		struct zip *z = zip_new(l);

		at_once[l] = zip_pack(z, out, in, len);
		zip_free(z);
	}
	assert_true(at_once[ZIP_MAX] < at_once[ZIP_FASTEST]);
	assert_true(at_once[ZIP_FASTEST] < len);
	free(in);
	free(out);
}

static void
a_frame_without_length_is_read(void **state)
{
	struct unzip *u = unzip_new();
	struct zip *z = zip_new(ZIP_AUTO);
	CLEAN_BUF struct buf out = {0};
	unsigned char one;
	struct err e = {0};

	(void)state;
	assert_int_equal(unzip_any(u, &out, 1, streamed, sizeof(streamed), &e),
	    0);
	assert_int_equal(out.len, 1);
	assert_int_equal(out.data[0], 'a');
	assert_int_equal(unzip_exact(u, &one, 1, streamed, sizeof(streamed),
	    &e), 0);
	assert_int_equal(one, 'a');
	assert_int_equal(unzip_any(u, &out, 0, streamed, sizeof(streamed), &e),
	    -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_int_equal(out.len, 1);
	unzip_free(u);
	zip_free(z);
}

static void
anything_else_is_corrupt(void **state)
{
	size_t len = 5000, n, i;
	unsigned char *in = text(len), *packed = malloc(zip_bound(len) + 1);
	unsigned char *back = malloc(len + 1);
	static const unsigned char skip[] = { 0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0 };
	struct zip *z = zip_new(ZIP_AUTO);
	struct unzip *u = unzip_new();
	CLEAN_BUF struct buf any = {0}, told = {0};
	struct err e = {0};

	(void)state;
	assert_non_null(packed);
	assert_non_null(back);
	n = zip_pack(z, packed, in, len);
	/* Wrong lengths. */
	assert_int_equal(unzip_exact(u, back, len - 1, packed, n, &e), -1);
	assert_int_equal(unzip_exact(u, back, len + 1, packed, n, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_int_equal(unzip_any(u, &any, len - 1, packed, n, &e), -1);
	assert_int_equal(unzip_look(u, len - 1, packed, n, gather, &told, &e),
	    -1);
	assert_int_equal(unzip_look(u, len + 1, packed, n, gather, &told, &e),
	    -1);
	/* Bytes behind. */
	packed[n] = 0;
	assert_int_equal(unzip_exact(u, back, len, packed, n + 1, &e), -1);
	assert_int_equal(unzip_look(u, len, packed, n + 1, gather, &told, &e),
	    -1);
	assert_int_equal(unzip_any(u, &any, len, packed, n + 1, &e), -1);
	/* Cut off anywhere. */
	for (i = 0; i < n; i++) {
		unsigned char *cut = malloc(i + 1);

		assert_non_null(cut);
		memcpy(cut, packed, i);
		assert_int_equal(unzip_exact(u, back, len, cut, i, &e), -1);
		assert_int_equal(unzip_any(u, &any, len, cut, i, &e), -1);
		assert_int_equal(unzip_look(u, len, cut, i, gather, &told,
		    &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		free(cut);
	}
	/* A frame to be passed over is no frame. */
	assert_int_equal(unzip_exact(u, back, 0, skip, sizeof(skip), &e), -1);
	assert_int_equal(unzip_any(u, &any, 9, skip, sizeof(skip), &e), -1);
	assert_int_equal(any.len, 0);
	/* The context is as good as new after all this. */
	assert_int_equal(unzip_exact(u, back, len, packed, n, &e), 0);
	assert_memory_equal(back, in, len);
	free(in);
	free(packed);
	free(back);
	zip_free(z);
	unzip_free(u);
}

/* zip.h: a window of at most 8 MiB, also for a long piece. */
static void
the_window_stays_small(void **state)
{
	size_t len = (size_t)24 << 20;
	unsigned char *in = text(len), *out = malloc(zip_bound(len));
	enum zip_level l;
	unsigned exponent;

	(void)state;
	assert_non_null(out);
	for (l = ZIP_FASTEST; l <= ZIP_MAX; l++) {
		struct zip *z = zip_new(l);

		zip_pack(z, out, in, len);
		zip_free(z);
		/* RFC 8878, 3.1.1.1: no single segment, a window descriptor. */
		assert_int_equal(out[4] & 0x20, 0);
		exponent = out[5] >> 3;
		assert_true(10 + exponent <= 23);
	}
	free(in);
	free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_at_every_level_comes_back),
		cmocka_unit_test(better_levels_are_smaller),
		cmocka_unit_test(a_frame_without_length_is_read),
		cmocka_unit_test(anything_else_is_corrupt),
		cmocka_unit_test(the_window_stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
