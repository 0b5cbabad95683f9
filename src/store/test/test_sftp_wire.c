/* test_sftp_wire.c -- answers of all kinds, and what cannot be one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/sftp_wire.h"
#include "util/buf.h"

static int
next(const struct buf *b, struct wire_answer *a, struct err *e)
{
	size_t used;

	*e = (struct err){0};
	return wire_next(b->data, b->len, a, &used, e);
}

static void
a_status(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct wire_answer a;
	struct err e;
	size_t used, i, begin;

	(void)state;
	begin = wire_begin(&b, WIRE_STATUS, 7);
	wire_u32(&b, WIRE_DENIED);
	wire_text(&b, "no");
	wire_text(&b, "en");
	wire_end(&b, begin);
	/* Not before its last byte is there. */
	for (i = 0; i < b.len; i++)
		assert_int_equal(wire_next(b.data, i, &a, &used, &e), 0);
	assert_int_equal(wire_next(b.data, b.len, &a, &used, &e), 1);
	assert_int_equal(used, b.len);
	assert_int_equal(a.id, 7);
	assert_int_equal(a.status, WIRE_DENIED);
	assert_true(wire_is(&a.bytes, "no"));
}

static void
add_name(struct buf *b, const void *name, size_t len)
{
	wire_bytes(b, name, len);
	wire_text(b, "-rw------- x");
	wire_u32(b, 1 | 4 | 8 | 0x80000000u);
	wire_u64(b, 12345678901ull);
	wire_u32(b, 0100644);
	wire_u32(b, 1);
	wire_u32(b, 1795305600);
	wire_u32(b, 1);
	wire_text(b, "more@example.org");
	wire_text(b, "of it");
}

static void
names_and_attributes(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct wire_bytes name;
	struct wire_attrs t;
	struct wire_answer a;
	struct err e;
	size_t begin;

	(void)state;
	begin = wire_begin(&b, WIRE_NAME, 1);
	wire_u32(&b, 2);
	add_name(&b, "one", 3);
	add_name(&b, "..", 2);
	wire_end(&b, begin);
	assert_int_equal(next(&b, &a, &e), 1);
	assert_int_equal(wire_name(&a, &name, &t, &e), 1);
	assert_true(wire_is(&name, "one"));
	assert_true(t.has_size && t.has_mode && t.has_time);
	assert_int_equal(t.size, 12345678901ull);
	assert_int_equal(t.mtime, 1795305600);
	assert_int_equal(wire_name(&a, &name, &t, &e), 1);
	assert_int_equal(wire_name(&a, &name, &t, &e), 0);
}

static void
names_that_climb_are_refused(void **state)
{
	static const struct { const char *text; size_t len; } bad[] = {
		{ "../x", 4 }, { "/etc/passwd", 11 }, { "a/b", 3 }, { "", 0 },
		{ "a\0b", 3 } };
	struct wire_bytes name;
	struct wire_attrs t;
	struct wire_answer a;
	struct err e;
	size_t i, begin;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CLEAN_BUF struct buf b = {0};

		begin = wire_begin(&b, WIRE_NAME, 1);
		wire_u32(&b, 1);
		add_name(&b, bad[i].text, bad[i].len);
		wire_end(&b, begin);
		assert_int_equal(next(&b, &a, &e), 1);
		assert_int_equal(wire_name(&a, &name, &t, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
	}
}

struct nonsense {
	const char	*bytes;
	size_t		 len;
};
#define BYTES(s)	{ s, sizeof(s) - 1 }

static void
nonsense_is_refused(void **state)
{
	static const struct nonsense bad[] = {
		BYTES("\0\0\0\0"), BYTES("\0\0\0\4\145\0\0\0"),	/* too short */
		BYTES("\377\377\377\377"), BYTES("\0\20\0\0"),	/* too long */
		BYTES("Welcome to this machine\n"),
		BYTES("\0\0\0\5\1\0\0\0\1"),		/* a request's type */
		BYTES("\0\0\0\7\145\0\0\0\1\0\0"),	/* half a status */
		BYTES("\0\0\0\11\146\0\0\0\1\0\0\0\0"),	/* no handle */
		BYTES("\0\0\0\11\146\0\0\0\1\0\0\1\1"),	/* one behind the end */
		BYTES("\0\0\0\11\147\0\0\0\1\377\377\377\377"),
		BYTES("\0\0\0\11\150\0\0\0\1\377\377\377\377"),	/* 2^32 names */
		BYTES("\0\0\0\11\151\0\0\0\1\0\0\0\1"),	/* a size, and none */
		BYTES("\0\0\0\15\151\0\0\0\1\200\0\0\0\377\377\377\377"),
	};
	struct wire_answer a;
	struct err e;
	size_t i, used;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		e = (struct err){0};
		if (wire_next((const unsigned char *)bad[i].bytes, bad[i].len, &a,
		    &used, &e) != -1)
			fail_msg("taken: number %zu", i);
		assert_int_equal(e.kind, ERR_CORRUPT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status),
		cmocka_unit_test(names_and_attributes),
		cmocka_unit_test(names_that_climb_are_refused),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
