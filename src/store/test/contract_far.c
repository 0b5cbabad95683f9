/* contract_far.c -- the stores behind HTTP, for test_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/test/contract.h"
#include "util/buf.h"
#include "util/proc.h"
#include "util/xalloc.h"

/* Behind a server of our own, in memory. */
static void
open_far(struct place *p, const struct far_options *far,
    const char *const *extended)
{
	struct store_options o = { .extended = extended, .retry = -1 };
	struct err e = {0};
	char *where;

	p->far = far_server_new(far);
	where = far_server_place(p->far);
	if (store_create(where, &o, &p->s, &e) < 0)
		fail_msg("%s", e.text);
	free(where);
}

void
open_rest(struct place *p)
{
	struct far_options far = {0};

	open_far(p, &far, NULL);
}

void
open_rest_v1(struct place *p)
{
	struct far_options far = { .v1 = 1 };
	char *socket;

	p->dir = scratch_new();
	socket = xasprintf("%s/s", p->dir.path);
	far.unix_socket = socket;
	open_far(p, &far, NULL);
	free(socket);
}

void
open_s3(struct place *p)
{
	struct far_options far = { .s3 = 1, .region = "eu-test-1", .page = 70 };

	open_far(p, &far, NULL);
}

void
open_s3_old(struct place *p)
{
	struct far_options far = { .s3 = 1, .v1 = 1, .no_condition = 1,
	    .page = 70 };
	static const char *const extended[] = { "s3.list-objects-v1=true",
	    "s3.connections=2", NULL };

	open_far(p, &far, extended);
}

void
open_rclone(struct place *p)
{
	static const char *const argv[] = { "rclone", "version", NULL };
	struct proc_spec spec = { .argv = argv, PROC_NULL };
	CLEAN_BUF struct buf out = {0};
	struct err e = {0};
	char *where;
	int status;

	if (proc_run(&spec, 65536, 60000000, &out, &status, NULL) < 0)
		return;
	p->dir = scratch_new();
	where = xasprintf("rclone:%s/repo", p->dir.path);
	if (store_create(where, NULL, &p->s, &e) < 0)
		fail_msg("%s", e.text);
	free(where);
}

void
expect_size(struct store *s, const struct store_name *n, const char *text)
{
	const size_t len = strlen(text), rooms[] = { 1, 4, len, len + 1, 100 };
	struct err e = {0};
	uint64_t size;
	char got[100];
	size_t i;

	assert_int_equal(store_size(s, n, &size, &e), 0);
	assert_int_equal(size, len);
	for (i = 0; i < sizeof(rooms) / sizeof(*rooms); i++) {
		if (rooms[i] == 0 || rooms[i] > sizeof(got))
			continue;
		assert_int_equal(store_get_first(s, n, got, rooms[i], &size,
		    &e), 0);
		assert_int_equal(size, len);
		assert_memory_equal(got, text, len < rooms[i] ? len : rooms[i]);
	}
}
