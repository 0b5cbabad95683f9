/* test_batch.c -- intents and results come back as they were told, and bytes
 * that are not theirs are refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "catalog/codec.h"
#include "catalog/entry.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"

static uint64_t seed;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static const char *const words[] = {
	"", "a", "/home/me/Downloads", "/home/me/Downloads/Images",
	"new\nline", "\xff\xfe not utf-8", "-rf", "$HOME.txt", "{x}",
};

static const char *
word(void)
{
	return words[next_random() % (sizeof(words) / sizeof(words[0]))];
}

static struct fs_id
random_id(void)
{
	struct fs_id id = {
		.fs = next_random(), .ino = next_random() | 1,
		.btime = (int64_t)next_random(), .mtime = (int64_t)next_random(),
		.ctime = (int64_t)next_random(), .atime = (int64_t)next_random(),
		.size = next_random(), .mode = (uint32_t)next_random(),
		.uid = (uint32_t)next_random(), .gid = (uint32_t)next_random(),
		.nlink = (uint32_t)next_random(),
	};

	return id;
}

static struct entry
random_entry(char *name)
{
	uint64_t r = next_random();
	struct entry en = {
		.kind = (enum entry_kind)(1 + next_random() % ENTRY_UNBUNDLE),
		.flags = next_random() & CODEC_FLAGS,
		.job = (uint32_t)next_random(),
		.event = (uint8_t)(next_random() % (EVENT_WRITTEN + 1)),
		.token = r & 1 ? next_random() : 0,
		.from_dir = word(), .to_dir = word(), .why = word(),
		.made = r & 2 ? (uint32_t)next_random() : 0,
		.done_key = r & 4 ? next_random() : 0,
		.extra = name, .extra_len = r & 8 ? 9 : 0,
	};

	snprintf(name, 32, "f%llu", (unsigned long long)(r >> 32));
	en.from = r & 16 ? name : word();
	en.to = r & 32 ? en.from : word();
	if (r & 64)
		en.id = random_id();
	return en;
}

static void
assert_id(const struct fs_id *a, const struct fs_id *b)
{
	assert_true(a->fs == b->fs && a->ino == b->ino);
	assert_true(a->btime == b->btime && a->mtime == b->mtime);
	assert_true(a->ctime == b->ctime && a->atime == b->atime);
	assert_true(a->size == b->size && a->mode == b->mode);
	assert_true(a->uid == b->uid && a->gid == b->gid);
	assert_true(a->nlink == b->nlink);
}

static void
assert_entry(const struct entry *a, const struct entry *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->job, b->job);
	assert_int_equal(a->event, b->event);
	assert_true(a->token == b->token && a->done_key == b->done_key);
	assert_int_equal(a->made, b->made);
	assert_string_equal(a->from_dir, b->from_dir);
	assert_string_equal(a->to_dir, b->to_dir);
	assert_string_equal(a->from, b->from);
	assert_string_equal(a->to, b->to);
	assert_string_equal(a->why, b->why);
	assert_id(&a->id, &b->id);
	assert_int_equal(a->extra_len, b->extra_len);
	if (a->extra_len > 0)
		assert_memory_equal(a->extra, b->extra, a->extra_len);
}

enum { N = 500 };

static void
entries_come_back(void **state)
{
	static struct entry in[N];
	static char names[N][32];
	struct batch *b = batch_new();
	struct batch_reader *r;
	struct err e = {0};
	struct entry out;
	const void *bytes;
	size_t i, len;
	int again;

	(void)state;
	/* The second time after a reset: nothing of the first may stay. */
	for (again = 0; again < 2; again++) {
		batch_reset(b);
		for (i = 0; i < N; i++) {
			in[i] = random_entry(names[i]);
			batch_add(b, &in[i]);
		}
		assert_int_equal(batch_len(b), N);
		bytes = batch_bytes(b, &len);
		assert_int_equal(batch_read(bytes, len, &r, &e), 0);
		for (i = 0; i < N; i++) {
			assert_int_equal(batch_next(r, &out, &e), 1);
			assert_entry(&in[i], &out);
		}
		assert_int_equal(batch_next(r, &out, &e), 0);
		batch_reader_free(r);
	}
	batch_free(b);
}

static void
null_strings_are_empty(void **state)
{
	struct entry en = { .kind = ENTRY_MKDIR }, out;
	struct batch *b = batch_new();
	struct batch_reader *r;
	size_t len;
	const void *bytes;

	(void)state;
	batch_add(b, &en);
	bytes = batch_bytes(b, &len);
	assert_int_equal(batch_read(bytes, len, &r, NULL), 0);
	assert_int_equal(batch_next(r, &out, NULL), 1);
	assert_string_equal(out.from_dir, "");
	assert_string_equal(out.to, "");
	assert_string_equal(out.why, "");
	batch_reader_free(r);
	batch_free(b);
}

/* Read it all; what matters is that it ends. */
static int
read_all(const void *bytes, size_t len, size_t most)
{
	struct batch_reader *r;
	struct entry en;
	struct err e = {0};
	size_t n = 0;
	int more;

	if (batch_read(bytes, len, &r, &e) < 0) {
		assert_int_equal(e.kind, ERR_CORRUPT);
		return -1;
	}
	while ((more = batch_next(r, &en, &e)) == 1 && n <= most)
		n += strlen(en.from) + strlen(en.to_dir) < 1000;
	assert_true(n <= most);
	batch_reader_free(r);
	return more;
}

static void
damage_is_seen(void **state)
{
	struct batch *b = batch_new();
	CLEAN_BUF struct buf copy = {0};
	char name[32];
	const void *bytes;
	struct entry en;
	uint64_t sum;
	size_t i, len;

	(void)state;
	for (i = 0; i < 20; i++) {
		en = random_entry(name);
		batch_add(b, &en);
	}
	bytes = batch_bytes(b, &len);
	buf_add(&copy, bytes, len);
	assert_int_equal(read_all(copy.data, len, 20), 0);
	/* Any cut, and any changed byte. */
	for (i = 0; i < len; i++)
		assert_int_equal(read_all(copy.data, i, 20), -1);
	for (i = 0; i < len; i++) {
		copy.data[i] ^= 0x40;
		assert_int_equal(read_all(copy.data, len, 20), -1);
		copy.data[i] ^= 0x40;
	}
	/* With the checksum made right again nothing worse than words. */
	for (i = CODEC_HEADER; i < len; i++) {
		copy.data[i] ^= (unsigned char)(1 + next_random() % 255);
		sum = hash_fixed(20, copy.data + CODEC_HEADER,
		    len - CODEC_HEADER);
		memcpy(copy.data + 8, &sum, 8);
		read_all(copy.data, len, 20);
	}
	batch_free(b);
}

static void
results_come_back(void **state)
{
	struct result in[N], out[N];
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};
	size_t i, cut;

	(void)state;
	for (i = 0; i < N; i++) {
		in[i] = (struct result){
			.outcome = next_random() % 4 ? OUTCOME_DONE :
			    next_random() % (OUTCOME_EXTERNAL + 1) };
		if (next_random() % 3 == 0)
			in[i].id = random_id();
	}
	results_pack(&b, in, N);
	assert_int_equal(results_unpack(b.data, b.len, out, N, &e), 0);
	for (i = 0; i < N; i++) {
		assert_int_equal(in[i].outcome, out[i].outcome);
		assert_id(&in[i].id, &out[i].id);
	}
	/* Not for one more or one less, and not in part. */
	assert_int_equal(results_unpack(b.data, b.len, out, N - 1, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	for (cut = 0; cut < b.len; cut++)
		assert_int_equal(results_unpack(b.data, cut, out, N, &e), -1);
}

static void
plain_results_are_small(void **state)
{
	struct result v[4000] = {0};
	CLEAN_BUF struct buf b = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 4000; i++)
		v[i].outcome = OUTCOME_DONE;
	results_pack(&b, v, 4000);
	assert_in_range(b.len, 1, 8);
}

/* A usual batch: how many bytes an entry takes besides its names. */
static void
entries_are_small(void **state)
{
	struct batch *b = batch_new();
	struct entry en = { .kind = ENTRY_MOVE, .event = EVENT_MOVED,
	    .from_dir = "/home/me/Downloads", .why = "extension is jpg",
	    .to_dir = "/home/me/Downloads/Images" };
	size_t i, len, names = 0;
	char name[32];

	(void)state;
	for (i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "photo-%zu.jpg", i);
		names += strlen(name);
		en.from = en.to = name;
		en.done_key = next_random();
		en.id = (struct fs_id){ .fs = 0x123456789abcdef0, .ino =
		    1000000 + i, .mode = 0100644, .uid = 1000, .gid = 1000,
		    .nlink = 1, .size = next_random() % 4000000,
		    .mtime = (int64_t)(1700000000000000000 +
		    next_random() % 100000000000000000) };
		en.id.btime = en.id.mtime + (int64_t)(next_random() % 1000000);
		en.id.ctime = en.id.btime + 1000;
		en.id.atime = en.id.mtime + (int64_t)(next_random() % (1u << 31));
		batch_add(b, &en);
	}
	batch_bytes(b, &len);
	print_message("# %zu bytes an entry besides its name\n",
	    (len - names) / 4000);
	assert_in_range((len - names) / 4000, 20, 60);
	batch_free(b);
}

static void
events_have_names(void **state)
{
	(void)state;
	assert_string_equal(event_name(EVENT_MOVED), "moved");
	assert_string_equal(event_name(EVENT_BACKED_UP), "backed_up");
	assert_string_equal(event_name((enum event)0), "unknown");
	assert_string_equal(event_name((enum event)99), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_come_back),
		cmocka_unit_test(null_strings_are_empty),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(results_come_back),
		cmocka_unit_test(plain_results_are_small),
		cmocka_unit_test(entries_are_small),
		cmocka_unit_test(events_have_names),
	};
	const char *given = getenv("SEED");

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) | 1;
	print_message("# SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
