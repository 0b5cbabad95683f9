/*
 * test_index_run.c -- runs say what a plain table says, whatever is merged and
 * whatever is gone; a run that is damaged is seen to be; nothing is claimed
 * twice.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/index_batch.h"
#include "repo/index_fresh.h"
#include "repo/index_merge.h"
#include "repo/test/blobs.h"
#include "testing/scratch.h"
#include "util/err.h"
#include "util/xalloc.h"

static struct err e;

#define OK(x)	do { e.text[0] = '\0'; if ((x) != 0) \
		fail_msg("%s: %s", #x, e.text); } while (0)

#define RUNS	6
#define FILES	4	/* a run */

struct many {
	struct world	 w;
	struct run	*runs[RUNS];
};

/* A file of a few packs, into the batch and the table. */
static void
add_file(struct world *w, struct index_batch *b, size_t packs, size_t blobs)
{
	struct pack_entry *v = xallocn(blobs + 1, sizeof(*v));
	struct id file, pack;
	size_t i, n;

	random_id(&file);
	index_batch_file(b, &file);
	for (i = 0; i < packs; i++) {
		n = random64() % (blobs + 1);
		world_pack(w, &pack, v, n);
		index_batch_pack(b, &pack, v, n);
		world_say(w, &file, &pack, v, n);
	}
	free(v);
}

static void
make_many(struct many *m)
{
	struct index_batch b = {0};
	size_t i, k;

	world_init(&m->w, 300);
	for (i = 0; i < RUNS; i++) {
		for (k = 0; k < FILES; k++)
			add_file(&m->w, &b, random64() % 5, 1 + random64() % 60);
		OK(index_batch_run(&b, -1, &m->runs[i], &e));
		index_batch_reset(&b);
	}
	index_batch_fini(&b);
}

static void
free_many(struct many *m)
{
	int i;

	for (i = 0; i < RUNS; i++)
		run_free(m->runs[i]);
	world_fini(&m->w);
}

/* Every place of a blob that is live in these runs is true; how many? */
static size_t
places(const struct world *w, struct run *const *runs, size_t n,
    enum blob_type t, const struct id *id)
{
	struct run_record r;
	struct blob_at at;
	size_t i, pos, found = 0;

	for (i = 0; i < n; i++) {
		if (!run_seek(runs[i], t, id, &pos, &r))
			continue;
		do {
			if (!run_alive(runs[i], &r))
				continue;
			run_where(runs[i], &r, &at);
			assert_true(world_is(w, t, id, &at));
			found++;
		} while (run_at(runs[i], t, ++pos, &r) && id_equal(&r.id, id));
	}
	return found;
}

static void
agree(const struct world *w, struct run *const *runs, size_t n)
{
	struct id none;
	size_t i;
	int t;

	for (t = 0; t < 2; t++) {
		for (i = 0; i < w->n_ids; i++)
			assert_int_equal(places(w, runs, n, (enum blob_type)t,
			    &w->ids[i]), world_count(w, (enum blob_type)t,
			    &w->ids[i]));
		for (i = 0; i < 100; i++) {
			random_id(&none);
			assert_int_equal(places(w, runs, n, (enum blob_type)t,
			    &none), 0);
		}
	}
}

static void
runs_say_what_a_table_says(void **state)
{
	struct many m;
	struct run *one, *two[2];
	int round;

	(void)state;
	for (round = 0; round < 20; round++) {
		make_many(&m);
		agree(&m.w, m.runs, RUNS);
		OK(merge_runs(m.runs, RUNS, -1, &one, &e));
		agree(&m.w, &one, 1);
		run_free(one);
		/* and in two steps, some beside others */
		OK(merge_runs(m.runs, 3, -1, &two[0], &e));
		OK(merge_runs(m.runs + 3, RUNS - 3, -1, &two[1], &e));
		agree(&m.w, two, 2);
		OK(merge_runs(two, 2, -1, &one, &e));
		agree(&m.w, &one, 1);
		OK(run_verify(one, &e));
		run_free(one);
		run_free(two[0]);
		run_free(two[1]);
		free_many(&m);
	}
}

static void
what_gone_files_say_is_gone(void **state)
{
	uint64_t blobs[2], packs, n;
	struct many m;
	struct run *one;
	int i, round;
	uint32_t f;

	(void)state;
	for (round = 0; round < 20; round++) {
		make_many(&m);
		for (i = 0; i < RUNS; i++)
			for (f = 0; f < FILES; f++) {
				if (random64() % 3)
					continue;
				m.runs[i]->live[f] = 0;
				world_bury(&m.w, &m.runs[i]->is.files[f].id);
			}
		agree(&m.w, m.runs, RUNS);
		OK(merge_runs(m.runs, RUNS, -1, &one, &e));
		agree(&m.w, &one, 1);
		run_living(one, blobs, &packs);
		n = blobs[0] + blobs[1];
		assert_int_equal(n, m.w.n);
		assert_int_equal(n, one->is.n[0] + one->is.n[1]);
		run_free(one);
		free_many(&m);
	}
}

/* So many that its records are not mapped. */
static void
a_large_run_says_the_same(void **state)
{
	enum { N = 300000 };
	struct pack_entry *v = xallocn(N, sizeof(*v));
	struct index_batch b = {0};
	struct id file, pack, none;
	struct run_record r;
	struct run *u;
	size_t i, pos;

	(void)state;
	random_id(&file);
	random_id(&pack);
	for (i = 0; i < N; i++) {
		v[i] = (struct pack_entry){
			.type = i % 10 == 0, .offset = (uint32_t)i, .length = 40,
		};
		random_id(&v[i].id);
		if (i % 2)	/* many in one place of the fan-out */
			v[i].id.b[0] = v[i].id.b[1] = v[i].id.b[2] = 0;
	}
	index_batch_file(&b, &file);
	index_batch_pack(&b, &pack, v, N);
	OK(index_batch_run(&b, -1, &u, &e));
	assert_null(u->records);
	for (i = 0; i < N; i++) {
		assert_true(run_seek(u, v[i].type, &v[i].id, &pos, &r));
		assert_int_equal(r.offset, i);
		assert_false(run_seek(u, v[i].type ? BLOB_DATA : BLOB_TREE,
		    &v[i].id, &pos, &r));
	}
	for (i = 0; i < 1000; i++) {
		random_id(&none);
		assert_false(run_seek(u, BLOB_DATA, &none, &pos, &r));
	}
	OK(run_verify(u, &e));
	run_free(u);
	index_batch_fini(&b);
	free(v);
}

static void
what_a_file_says_twice_counts_once(void **state)
{
	struct pack_entry v[3] = {
		{ .offset = 0, .length = 50, .plain = 18 },
		{ .offset = 50, .length = 50, .plain = 18 },
		{ .offset = 0, .length = 50, .plain = 18 },
	};
	uint64_t blobs[2], packs;
	struct index_batch b = {0};
	struct id file, pack;
	struct run *u;
	int i;

	(void)state;
	random_id(&v[0].id);
	v[1].id = v[2].id = v[0].id;
	random_id(&pack);
	for (i = 0; i < 2; i++) {
		random_id(&file);
		index_batch_file(&b, &file);
		index_batch_pack(&b, &pack, v, 3);
		index_batch_pack(&b, &pack, v, 3);
	}
	OK(index_batch_run(&b, -1, &u, &e));
	run_living(u, blobs, &packs);
	/* two places, in either file */
	assert_int_equal(blobs[0], 4);
	assert_int_equal(u->is.n[0], 4);
	run_free(u);
	index_batch_fini(&b);
}

static void
an_empty_run_is_one(void **state)
{
	struct index_batch b = {0};
	struct run_record r;
	struct id id;
	struct run *u, *one;
	size_t pos;

	(void)state;
	OK(index_batch_run(&b, -1, &u, &e));
	random_id(&id);
	assert_false(run_seek(u, BLOB_DATA, &id, &pos, &r));
	run_free(u);
	index_batch_file(&b, &id);
	OK(index_batch_run(&b, -1, &u, &e));
	assert_false(run_seek(u, BLOB_TREE, &id, &pos, &r));
	assert_int_equal(u->is.n_files, 1);
	OK(merge_runs(&u, 1, -1, &one, &e));
	assert_string_equal(one->name, u->name);
	run_free(one);
	run_free(u);
	index_batch_fini(&b);
}

/* ---- damage ---- */

static struct scratch where;
static int dir = -1;

static int
make_dir(void **state)
{
	(void)state;
	where = scratch_new();
	dir = where.fd;
	return 0;
}

static int
drop_dir(void **state)
{
	(void)state;
	scratch_free(&where);
	return 0;
}

/* Its bytes, in a buffer of just that size. */
static unsigned char *
bytes_of(const char *name, size_t *len)
{
	int fd = cache_run_open(dir, name);
	unsigned char *p;
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	*len = (size_t)st.st_size;
	p = xalloc(*len);
	assert_int_equal(pread(fd, p, *len, 0), st.st_size);
	close(fd);
	return p;
}

static int
open_bytes(const unsigned char *p, size_t len, struct run **u)
{
	struct cache_run_file f;

	OK(cache_run_make(-1, &f, &e));
	assert_int_equal(pwrite(f.fd, p, len, 0), len);
	return run_open(&f, u, &e);
}

static struct run *
named_run(struct world *w)
{
	struct index_batch b = {0};
	struct run *u;

	add_file(w, &b, 8, 40);
	add_file(w, &b, 8, 40);
	OK(index_batch_run(&b, dir, &u, &e));
	index_batch_fini(&b);
	run_publish(u);
	assert_true(u->named);
	return u;
}

static void
every_flipped_byte_of_the_head_is_seen(void **state)
{
	struct run_layout l;
	struct run_head h;
	unsigned char *p;
	struct world w;
	struct run *u, *bad;
	size_t len, i;

	(void)state;
	world_init(&w, 300);
	u = named_run(&w);
	p = bytes_of(u->name, &len);
	memcpy(&h, p, sizeof(h));
	run_lay(&h, &l);
	assert_int_equal(l.size, len);
	for (i = 0; i < len; i++) {
		if (i == sizeof(h))
			i = RUN_HEAD;
		if (i > RUN_HEAD + 4096 && i < l.packs)
			i += 63;
		if (i >= l.packs && i < l.sums)
			i = l.sums;
		p[i] ^= (unsigned char)(1 << random64() % 8);
		if (open_bytes(p, len, &bad) == 0)
			fail_msg("byte %zu of %zu was not missed", i, len);
		assert_int_equal(e.kind, ERR_CORRUPT);
		free(p);
		p = bytes_of(u->name, &len);
	}
	for (i = 0; i < len; i += 1 + random64() % 4096)
		assert_int_equal(open_bytes(p, i, &bad), -1);
	free(p);
	run_unpublish(u);
	run_free(u);
	world_fini(&w);
}

/* Not seen when it is opened, but by what rests on it; and nothing breaks. */
static void
a_damaged_record_breaks_nothing(void **state)
{
	struct run *u, *bad, *one;
	struct run_layout l;
	unsigned char *p;
	struct world w;
	struct id *id;
	struct run_record r;
	size_t len, i, pos;
	int round;

	(void)state;
	world_init(&w, 300);
	u = named_run(&w);
	for (round = 0; round < 200; round++) {
		p = bytes_of(u->name, &len);
		run_lay((const void *)p, &l);
		for (i = 0; i < 1 + random64() % 50; i++)
			p[l.packs + random64() % (l.sums - l.packs)] ^=
			    (unsigned char)(1 + random64() % 255);
		OK(open_bytes(p, len, &bad));
		assert_int_equal(run_verify(bad, &e), -1);
		for (id = w.ids; id < w.ids + w.n_ids; id++)
			if (run_seek(bad, random64() % 2, id, &pos, &r))
				run_alive(bad, &r);
		assert_int_equal(merge_runs(&bad, 1, -1, &one, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		assert_true(bad->doubted);
		run_free(bad);
		free(p);
	}
	run_unpublish(u);
	run_free(u);
	world_fini(&w);
}

/* ---- what is added ---- */

static int
nowhere(const void *arg, enum blob_type t, const struct id *id)
{
	(void)arg;
	(void)t;
	(void)id;
	return 0;
}

enum { IDS = 2000, CALLS = 40000 };

static void
fresh_blobs_are_as_in_a_table(void **state)
{
	static struct id ids[IDS];
	static int how[2][IDS];		/* 0, 1 claimed, 2 there */
	struct fresh *f = fresh_new();
	struct fresh_pack *list;
	struct pack_entry x;
	struct blob_at at;
	struct id pack;
	size_t k, i;
	int t, r;

	(void)state;
	for (k = 0; k < IDS; k++)
		random_id(&ids[k]);
	random_id(&pack);
	for (i = 0; i < CALLS; i++) {
		k = random64() % IDS;
		t = random64() % 2;
		switch (random64() % 4) {
		case 0:
			r = fresh_claim(f, (enum blob_type)t, &ids[k], nowhere,
			    NULL);
			assert_int_equal(r, how[t][k] == 0);
			if (r)
				how[t][k] = 1;
			break;
		case 1:
			fresh_unclaim(f, (enum blob_type)t, &ids[k]);
			if (how[t][k] == 1)
				how[t][k] = 0;
			break;
		case 2:
			x = (struct pack_entry){ .id = ids[k],
			    .type = (enum blob_type)t, .offset = (uint32_t)k,
			    .length = 99, .plain = 67 };
			fresh_add(f, &pack, &x, 1);
			how[t][k] = 2;
			break;
		default:
			r = fresh_find(f, (enum blob_type)t, &ids[k], &at);
			assert_int_equal(r, how[t][k] == 2);
			if (r)
				assert_int_equal(at.offset, k);
		}
		if (i % 5000 == 4999) {
			list = fresh_take(f, 300 + random64() % 2000);
			if (random64() % 2) {
				fresh_put_back(f, list);
				continue;
			}
			fresh_gone(f, list);
			/* What lay there twice may be gone or not. */
			for (k = 0; k < IDS; k++)
				for (t = 0; t < 2; t++)
					if (how[t][k] == 2)
						how[t][k] = 2 * fresh_find(f,
						    (enum blob_type)t, &ids[k],
						    &at);
		}
	}
	fresh_free(f);
}

struct claimers {
	struct fresh	*f;
	const struct id	*ids;
	atomic_size_t	 won;
};

static void *
claim_all(void *arg)
{
	struct claimers *c = arg;
	size_t i;

	for (i = 0; i < IDS; i++)
		c->won += (size_t)fresh_claim(c->f, i % 2, &c->ids[i], nowhere,
		    NULL);
	return NULL;
}

static void
many_threads_claim_each_blob_once(void **state)
{
	static struct id ids[IDS];
	struct claimers c = { .f = fresh_new(), .ids = ids };
	pthread_t t[4];
	size_t i;

	(void)state;
	for (i = 0; i < IDS; i++)
		random_id(&ids[i]);
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, claim_all, &c), 0);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(c.won, IDS);
	fresh_free(c.f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_say_what_a_table_says),
		cmocka_unit_test(what_gone_files_say_is_gone),
		cmocka_unit_test(a_large_run_says_the_same),
		cmocka_unit_test(what_a_file_says_twice_counts_once),
		cmocka_unit_test(an_empty_run_is_one),
		cmocka_unit_test_setup_teardown(
		    every_flipped_byte_of_the_head_is_seen, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(
		    a_damaged_record_breaks_nothing, make_dir, drop_dir),
		cmocka_unit_test(fresh_blobs_are_as_in_a_table),
		cmocka_unit_test(many_threads_claim_each_blob_once),
	};

	return cmocka_run_group_tests(tests, draw_seed, NULL);
}
