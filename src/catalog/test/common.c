#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/test/common.h"
#include "testing/scratch.h"
#include "util/buf.h"
#include "util/xalloc.h"

char *
test_dir(void)
{
	struct scratch s = scratch_new();

	assert_int_equal(fchmod(s.fd, 0700), 0);
	scratch_leave(&s);
	return xstrdup(s.path);
}

void
test_dir_free(char *dir)
{
	struct scratch s = scratch_at(dir);

	scratch_free(&s);
	free(dir);
}

char *
test_state(const char *dir)
{
	return xasprintf("%s/state", dir);
}

void
test_mode(const char *dir, const char *name, mode_t mode)
{
	struct scratch s = scratch_at(dir);

	scratch_mode(&s, name, mode);
	scratch_leave(&s);
}

void
test_make(const char *dir, const char *name)
{
	struct scratch s = scratch_at(dir);

	scratch_dir(&s, name);
	scratch_mode(&s, name, 0700);
	scratch_leave(&s);
}

int
test_enter(void **state)
{
	struct test_place *h = xalloc(sizeof(*h));

	h->dir = test_dir();
	h->state = test_state(h->dir);
	*state = h;
	return 0;
}

int
test_leave(void **state)
{
	struct test_place *h = *state;

	test_dir_free(h->dir);
	free(h->state);
	free(h);
	return 0;
}

int
test_ok(int r, const struct err *e, const char *call, const char *file,
    int line)
{
	if (r < 0) {
		print_error("%s: %s\n", call, e->text);
		_fail(file, line);
	}
	return r;
}

struct catalog *
test_open(const char *state, enum catalog_role role, const char *what)
{
	struct catalog_options o = { .state_dir = state, .role = role,
	    .what = what };
	struct catalog *c = NULL;
	struct err e = {0};

	OK(catalog_open(&o, &c, &e));
	return c;
}

enum err_kind
test_refused(const char *state, enum catalog_role role, const char *what,
    struct err *e)
{
	struct catalog_options o = { .state_dir = state, .role = role,
	    .what = what };
	struct catalog *c = NULL;

	if (catalog_open(&o, &c, e) == 0) {
		catalog_close(c);
		fail_msg("opened, and should have been refused");
	}
	return e->kind;
}

int64_t
test_run(struct catalog *c)
{
	struct err e = {0};
	int64_t run = 0;
	uint32_t job = 99;

	OK(catalog_run_begin(c, "hand", "fettle run", 0, 1000, &run, &e));
	OK(catalog_run_job(c, run, "sort", "rule", 77, &job, &e));
	assert_int_equal(job, 0);
	return run;
}

static size_t
take(struct batch *b, void **bytes)
{
	size_t len;
	const void *p = batch_bytes(b, &len);

	*bytes = xalloc(len);
	memcpy(*bytes, p, len);
	batch_free(b);
	return len;
}

size_t
test_moves(const char *prefix, size_t n, uint64_t ino, void **bytes)
{
	struct batch *b = batch_new();
	struct entry en = { .kind = ENTRY_MOVE, .event = EVENT_MOVED,
	    .from_dir = "/d/in", .to_dir = "/d/out", .why = "extension" };
	char name[64];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%zu", prefix, i);
		en.from = en.to = name;
		en.id = (struct fs_id){ .fs = 1, .ino = ino + i, .btime = 5,
		    .mtime = 1700000000000000000 + (int64_t)i * 1000003,
		    .size = i * 7, .mode = 0100644, .nlink = 1 };
		en.id.ctime = en.id.atime = en.id.mtime + 12345;
		en.done_key = ino * 31 + i;
		batch_add(b, &en);
	}
	return take(b, bytes);
}

size_t
test_batch(const struct entry *en, void **bytes)
{
	struct batch *b = batch_new();

	batch_add(b, en);
	return take(b, bytes);
}

int64_t
test_event(struct catalog *c, int64_t run, const struct entry *en,
    const struct result *res)
{
	static const struct result done = { .outcome = OUTCOME_DONE };
	CLEAN_BUF struct buf packed = {0};
	struct catalog_done d = { .phase = 2 };
	struct err e = {0};
	void *bytes;
	size_t len = test_batch(en, &bytes);

	OK(catalog_commit(c, run, bytes, len, 1, NULL, 0, &d.batch, &e));
	free(bytes);
	results_pack(&packed, res ? res : &done, 1);
	d.results = packed.data;
	d.results_len = packed.len;
	OK(catalog_commit(c, run, NULL, 0, 0, &d, 1, NULL, &e));
	return d.batch;
}
