/*
 * test_contract.c -- what every back end promises (store.h), asked of each of the
 * openers below.  A back end that is far is asked through a server that the test
 * starts itself; where there is none it is passed over, and that is said.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/fault.h"
#include "store/retry.h"
#include "store/store.h"
#include "store/test/contract.h"
#include "store/test/texts.h"
#include "util/buf.h"
#include "util/proc.h"
#include "util/xalloc.h"

static void
open_local(struct place *p)
{
	struct err e = {0};
	char *where;

	p->dir = scratch_new();
	where = xasprintf("local:%s/repo", p->dir.path);
	assert_int_equal(store_create(where, NULL, &p->s, &e), 0);
	free(where);
}

static void
open_mem(struct place *p)
{
	p->s = store_mem();
}

static void
open_fault_local(struct place *p)
{
	open_local(p);
	p->s = store_fault(p->s, FAULT_FAIL, 0);
}

static void
open_fault_mem(struct place *p)
{
	p->s = store_fault(store_mem(), FAULT_FAIL, 0);
}

/* Some calls fail on their way there, some on their way back. */
static void
open_retry(struct place *p)
{
	struct store *s = store_fault(store_mem(), FAULT_EVERY, 37);

	p->s = store_retry(store_fault(s, FAULT_EVERY_LOST, 53), NULL);
}

/* The server is OpenSSH's own, without ssh between. */
static const char *
sftp_server(void)
{
	static const char *const places[] = { "/usr/lib/openssh/sftp-server",
	    "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server" };
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

static void
open_sftp(struct place *p)
{
	const char *server = sftp_server();
	char *command, *where;
	struct err e = {0};

	if (server == NULL)
		return;
	p->dir = scratch_new();
	command = xasprintf("sftp.command=%s", server);
	where = xasprintf("sftp:nobody@nowhere:%s/repo", p->dir.path);
	const char *extended[] = { command, "sftp.connections=3", NULL };
	struct store_options o = { .extended = extended };

	if (store_create(where, &o, &p->s, &e) < 0)
		fail_msg("%s", e.text);
	free(command);
	free(where);
}

struct opener {
	const char	*name;
	void (*open)(struct place *p);
};

static const struct opener openers[] = {
	{ "local", open_local },
	{ "mem", open_mem },
	{ "fault over local", open_fault_local },
	{ "fault over mem", open_fault_mem },
	{ "retry over two faults over mem", open_retry },
	{ "sftp", open_sftp },
	{ "rest", open_rest },
	{ "rest, version 1, on a socket", open_rest_v1 },
	{ "s3", open_s3 },
	{ "s3, an old one", open_s3_old },
	{ "rclone", open_rclone },
};

static int
setup(void **state)
{
	const struct opener *o = *state;
	struct place *p = xalloc(sizeof(*p));

	o->open(p);
	*state = p;
	if (p->s != NULL)
		return 0;
	print_message("%s: its server is not installed\n", o->name);
	free(p);
	*state = NULL;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	if (p == NULL)
		return 0;
	store_close(p->s);
	far_server_free(p->far);
	if (p->dir.path[0] != '\0')
		scratch_free(&p->dir);
	free(p);
	return 0;
}

/* The test is passed over where there is none. */
static struct store *
opened(void **state)
{
	if (*state == NULL)
		skip();
	return ((struct place *)*state)->s;
}

static void
expect(struct store *s, const struct store_name *n, const char *text)
{
	struct err e = {0};
	size_t len;
	void *data;

	expect_size(s, n, text);
	assert_int_equal(store_get_all(s, n, 1000, &data, &len, &e), 0);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(data, text, len);
	free(data);
}

static void
what_was_put_is_there(void **state)
{
	struct store *s = opened(state);
	enum store_kind k;
	char text[40], part[3];
	struct err e = {0};
	struct store_name n;

	for (k = STORE_CONFIG; k < STORE_KINDS; k++) {
		snprintf(text, sizeof(text), "this is a %s", store_kind_name(k));
		n = text_must_put(s, k, text);
		expect(s, &n, text);
		assert_int_equal(store_get(s, &n, 5, part, 2, &e), 0);
		assert_memory_equal(part, "is", 2);
		assert_int_equal(store_get(s, &n, strlen(text), part, 0, &e), 0);
		/* Beyond its end there is nothing. */
		assert_int_equal(store_get(s, &n, strlen(text) - 1, part, 2,
		    &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_int_equal(store_get(s, &n, 5000, part, 1, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
	}
}

static int
add_piece(void *arg, const void *data, size_t len)
{
	buf_add(arg, data, len);
	return 0;
}

static int
wants_no_more(void *arg, const void *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
	return 1;
}

static void
it_comes_piece_by_piece(void **state)
{
	struct store *s = opened(state);
	struct store_name n = text_must_put(s, STORE_PACK, "in order, and whole");
	CLEAN_BUF struct buf got = {0};
	struct err e = {0};

	assert_int_equal(store_flow(s, &n, 3, 5, add_piece, &got, &e), 0);
	assert_string_equal(buf_str(&got), "order");
	assert_int_equal(store_flow(s, &n, 0, 19, wants_no_more, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_STOPPED);
	assert_int_equal(store_flow(s, &n, 3, 17, add_piece, &got, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	n = bytes_name(STORE_PACK, "not there", 9);
	assert_int_equal(store_flow(s, &n, 0, 5, add_piece, &got, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
}

static void
a_file_again_is_a_success_but_for_the_config(void **state)
{
	struct store *s = opened(state);
	struct err e = {0};
	struct store_name n = text_must_put(s, STORE_PACK, "again");

	assert_int_equal(store_put(s, &n, "again", 5, &e), 0);
	expect(s, &n, "again");
	n = text_must_put(s, STORE_CONFIG, "the first");
	assert_int_equal(store_put(s, &n, "another", 7, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	expect(s, &n, "the first");
}

static void
what_is_not_there_is_noent(void **state)
{
	struct store *s = opened(state);
	struct store_name n = { .kind = STORE_CONFIG };
	struct err e;
	uint64_t size;
	size_t len;
	void *data;

	for (; n.kind < STORE_KINDS; n.kind++) {
		e = (struct err){0};
		assert_int_equal(store_size(s, &n, &size, &e), -1);
		assert_int_equal(e.kind, ERR_NOENT);
		e = (struct err){0};
		assert_int_equal(store_get(s, &n, 0, &size, 1, &e), -1);
		assert_int_equal(e.kind, ERR_NOENT);
		e = (struct err){0};
		assert_int_equal(store_get_all(s, &n, 10, &data, &len, &e), -1);
		assert_int_equal(e.kind, ERR_NOENT);
	}
}

static void
too_long_is_corrupt(void **state)
{
	struct store *s = opened(state);
	struct store_name n = text_must_put(s, STORE_INDEX, "0123456789");
	struct err e = {0};
	size_t len;
	void *data;

	assert_int_equal(store_get_all(s, &n, 9, &data, &len, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_int_equal(store_get_all(s, &n, 10, &data, &len, &e), 0);
	free(data);
}

static void
an_upload_is_its_pieces(void **state)
{
	struct store *s = opened(state);
	struct store_upload *u;
	struct store_name n;
	struct err e = {0};
	CLEAN_BUF struct buf all = {0};
	size_t i, len;
	void *data;

	assert_int_equal(store_start(s, STORE_PACK, 0, &u, &e), 0);
	for (i = 0; i < 1000; i++) {
		buf_addf(&all, "piece %zu,", i);
		assert_int_equal(store_add(u, (char *)all.data, 0, &e), 0);
	}
	assert_int_equal(store_add(u, (char *)all.data, 17, &e), 0);
	assert_int_equal(store_add(u, (char *)all.data + 17, all.len - 17, &e),
	    0);
	n = bytes_name(STORE_PACK, (char *)all.data, all.len);
	/* Nobody sees it before it is finished. */
	assert_int_equal(store_size(s, &n, &(uint64_t){0}, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
	assert_int_equal(store_finish(u, n.id, &e), 0);
	assert_int_equal(store_get_all(s, &n, 1 << 20, &data, &len, &e), 0);
	assert_int_equal(len, all.len);
	assert_memory_equal(data, all.data, len);
	free(data);
}

struct seen {
	struct store	*s;
	size_t		 n;
	uint64_t	 bytes;
	int		 answer;
};

static int
see(void *arg, const struct store_name *n, uint64_t size)
{
	struct seen *v = arg;
	struct err e = {0};
	uint64_t again;

	/* The store may be asked meanwhile, also to remove what is listed. */
	assert_int_equal(store_size(v->s, n, &again, &e), 0);
	assert_int_equal(again, size);
	v->n++;
	v->bytes += size;
	return v->answer;
}

static int
take(void *arg, const struct store_name *n, uint64_t size)
{
	struct seen *v = arg;
	struct err e = {0};

	(void)size;
	v->n++;
	return store_remove(v->s, n, &e);
}

static void
a_dropped_upload_was_never_there(void **state)
{
	struct store *s = opened(state);
	struct seen v = { .s = s };
	struct store_upload *u;
	struct err e = {0};

	assert_int_equal(store_start(s, STORE_PACK, 100, &u, &e), 0);
	assert_int_equal(store_add(u, "half", 4, &e), 0);
	store_drop(u);
	store_drop(NULL);
	assert_int_equal(store_list(s, STORE_PACK, see, &v, &e), 0);
	assert_int_equal(v.n, 0);
}

static void
list_tells_each_once(void **state)
{
	struct store *s = opened(state);
	struct seen v = { .s = s };
	struct err e = {0};
	char text[16];
	size_t i, bytes = 0;

	assert_int_equal(store_list(s, STORE_PACK, see, &v, &e), 0);
	assert_int_equal(v.n, 0);
	for (i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "%zu", i);
		bytes += strlen(text);
		text_must_put(s, STORE_PACK, text);
	}
	text_must_put(s, STORE_SNAPSHOT, "of another kind");
	/* Whatever a list leaves to be closed, the next call goes through. */
	for (i = 0; i < 10; i++) {
		v = (struct seen){ .s = s, .answer = i < 5 ? 7 : 0 };
		store_list(s, STORE_PACK, see, &v, &e);
		text_must_put(s, STORE_SNAPSHOT, "of another kind");
	}
	v = (struct seen){ .s = s };
	assert_int_equal(store_list(s, STORE_PACK, see, &v, &e), 0);
	assert_int_equal(v.n, 300);
	assert_int_equal(v.bytes, bytes);
	/* Its answer ends it. */
	v = (struct seen){ .s = s, .answer = 7 };
	assert_int_equal(store_list(s, STORE_PACK, see, &v, &e), 7);
	assert_int_equal(v.n, 1);
	v = (struct seen){ .s = s };
	assert_int_equal(store_list(s, STORE_PACK, take, &v, &e), 0);
	assert_int_equal(v.n, 300);
	v = (struct seen){ .s = s };
	assert_int_equal(store_list(s, STORE_PACK, see, &v, &e), 0);
	assert_int_equal(v.n, 0);
}

static void
empty_files_are_listed(void **state)
{
	struct store *s = opened(state);
	struct seen v = { .s = s };
	struct err e = {0};

	text_must_put(s, STORE_LOCK, "");
	text_must_put(s, STORE_SNAPSHOT, "");
	assert_int_equal(store_list(s, STORE_LOCK, see, &v, &e), 0);
	assert_int_equal(v.n, 1);
	assert_int_equal(store_list(s, STORE_SNAPSHOT, see, &v, &e), 0);
	assert_int_equal(v.n, 2);
}

static void
remove_removes_and_may_come_twice(void **state)
{
	struct store *s = opened(state);
	struct store_name n = text_must_put(s, STORE_KEY, "to go");
	struct err e = {0};
	uint64_t size;

	assert_int_equal(store_remove(s, &n, &e), 0);
	assert_int_equal(store_remove(s, &n, &e), 0);
	assert_int_equal(store_size(s, &n, &size, &e), -1);
	assert_int_equal(e.kind, ERR_NOENT);
}

struct crowd {
	struct store	*s;
	unsigned	 number;
};

static void *
work(void *arg)
{
	struct crowd *c = arg;
	struct store_name n;
	char text[32], back[32];
	struct err e;
	unsigned i;

	for (i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "%u of %u", i, c->number % 4);
		n = bytes_name(STORE_PACK, text, strlen(text));
		if (store_put(c->s, &n, text, strlen(text), &e) < 0 ||
		    store_get(c->s, &n, 0, back, strlen(text), &e) < 0 ||
		    memcmp(back, text, strlen(text)) != 0)
			return c;
	}
	return NULL;
}

static void
many_threads_at_once(void **state)
{
	struct store *s = opened(state);
	struct seen v = { .s = s };
	struct crowd c[8];
	pthread_t t[8];
	struct err e = {0};
	unsigned i;
	void *bad;

	for (i = 0; i < 8; i++) {
		c[i] = (struct crowd){ s, i };
		assert_int_equal(pthread_create(&t[i], NULL, work, &c[i]), 0);
	}
	for (i = 0; i < 8; i++) {
		assert_int_equal(pthread_join(t[i], &bad), 0);
		assert_null(bad);
	}
	assert_int_equal(store_list(s, STORE_PACK, see, &v, &e), 0);
	assert_int_equal(v.n, 4 * 50);
}

/* More than is kept in memory, so that part of it lies in a file meanwhile. */
static void
large_ones_side_by_side(void **state)
{
	struct store *s = opened(state);
	const size_t len = (size_t)5 << 20, piece = 70000;
	unsigned char *all = xalloc(len), *back = xalloc(len);
	struct store_upload *u[4];
	struct store_name n;
	struct err e = {0};
	size_t at, part;
	unsigned i;

	for (at = 0; at < len; at++)
		all[at] = (unsigned char)(at * 2654435761u >> 13);
	for (i = 0; i < 4; i++)
		assert_int_equal(store_start(s, STORE_PACK, len, &u[i], &e), 0);
	for (at = 0; at < len; at += part) {
		part = len - at < piece ? len - at : piece;
		for (i = 0; i < 4; i++)
			assert_int_equal(store_add(u[i], all + at, part, &e), 0);
	}
	for (i = 0; i < 4; i++) {
		/* A byte more makes it another. */
		assert_int_equal(store_add(u[i], &i, 1, &e), 0);
		CLEAN_BUF struct buf whole = {0};

		buf_add(&whole, all, len);
		buf_add(&whole, &i, 1);
		n = bytes_name(STORE_PACK, (char *)whole.data, whole.len);
		if (store_finish(u[i], n.id, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(store_get(s, &n, 1, back, len - 1, &e), 0);
		assert_memory_equal(back, all + 1, len - 1);
	}
	free(all);
	free(back);
}

#define COUNT(v)	(sizeof(v) / sizeof(*(v)))
#define TEST(f)		{ #f, f }

/* An argument is a pattern of names: "s3*" for one back end. */
int
main(int argc, char **argv)
{
	static const struct {
		const char	*name;
		void (*run)(void **state);
	} tests[] = {
		TEST(what_was_put_is_there),
		TEST(it_comes_piece_by_piece),
		TEST(a_file_again_is_a_success_but_for_the_config),
		TEST(what_is_not_there_is_noent),
		TEST(too_long_is_corrupt),
		TEST(an_upload_is_its_pieces),
		TEST(a_dropped_upload_was_never_there),
		TEST(list_tells_each_once),
		TEST(empty_files_are_listed),
		TEST(remove_removes_and_may_come_twice),
		TEST(large_ones_side_by_side),
		TEST(many_threads_at_once),
	};
	struct CMUnitTest all[COUNT(tests) * COUNT(openers)];
	char *names[COUNT(all)];
	size_t i, n, k;
	int r;

	for (i = n = 0; i < COUNT(openers); i++)
		for (k = 0; k < COUNT(tests); k++, n++) {
			names[n] = xasprintf("%s: %s", openers[i].name,
			    tests[k].name);
			all[n] = (struct CMUnitTest){ names[n], tests[k].run,
			    setup, teardown, (void *)(uintptr_t)&openers[i] };
		}
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	r = cmocka_run_group_tests_name("contract", all, NULL, NULL);
	for (i = 0; i < n; i++)
		free(names[i]);
	return r;
}
