/*
 * test_check.c -- whatever is wrong with a repository is found and named, and
 * nothing is found where all is well.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repo/check.h"
#include "repo/index.h"
#include "repo/pack.h"
#include "repo/save.h"
#include "repo/test/history.h"
#include "repo/test/scene.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

static struct err e;

#define OK(x)	do { e.text[0] = '\0'; if ((x) != 0) \
		fail_msg("%s: %s", #x, e.text); } while (0)

#define PACK	((size_t)64 << 10)

struct past {
	struct scene	*s;
	struct history	 h;
	struct repo	*r;
	char		 name[32], *path;
	struct buf	 told;		/* by the last check */
};

static void
begin(struct past *p, void **state, int snapshots)
{
	static int number;

	*p = (struct past){ .s = *state };
	snprintf(p->name, sizeof(p->name), "r%d", number++);
	p->path = scene_path(p->s, p->name);
	p->r = scene_make(p->s, p->name, 2);
	p->r->options.pack_size = PACK;
	OK(repo_load_index(p->r, &e));
	while (snapshots-- > 0)
		history_go_on(&p->h, p->r, 20);
}

static void
end(struct past *p)
{
	repo_close(p->r);
	free(p->path);
	buf_fini(&p->told);
}

static void
hear(void *arg, const struct check_fault *f)
{
	struct buf *told = arg;

	buf_addf(told, "%s: %s\n", f->grade == CHECK_ERROR ? "error" : "hint",
	    f->text);
}

/* As another process would. */
static struct check_result
check(struct past *p, struct check_options o)
{
	struct check_result out;

	repo_close(p->r);
	p->r = scene_open(p->path, NULL);
	buf_reset(&p->told);
	o.fault = hear;
	o.arg = &p->told;
	OK(check_run(p->r, &o, &out, &e));
	buf_str(&p->told);
	return out;
}

static const struct check_options all_data = {
	.data = { .part = CHECK_ALL_DATA },
};
static const struct check_options no_data;

static void
is_fine(struct past *p)
{
	struct check_result out = check(p, all_data);

	if (out.errors + out.hints > 0)
		fail_msg("%s", p->told.data);
	assert_int_equal(out.packs_read, out.packs);
}

static void
says(const struct past *p, const char *what)
{
	if (p->told.len == 0 || strstr((char *)p->told.data, what) == NULL)
		fail_msg("\"%s\" is not in: %s", what, p->told.data);
}

/* ---- what is there ---- */

struct list {
	struct store_name *v;
	size_t		 n, cap;
};

static int
add(void *arg, const struct store_name *n, uint64_t size)
{
	struct list *l = arg;

	(void)size;
	XGROW(l->v, l->n, l->cap);
	l->v[l->n++] = *n;
	return 0;
}

static struct store_name
any_of(struct repo *r, enum store_kind kind)
{
	struct list l = {0};
	struct store_name n;

	OK(store_list(r->store, kind, add, &l, &e));
	assert_true(l.n > 0);
	n = l.v[random64() % l.n];
	free(l.v);
	return n;
}

/* Its bytes are others, under the same name. */
static void
replace(struct repo *r, const struct store_name *n, const void *data,
    size_t len)
{
	OK(store_remove(r->store, n, &e));
	OK(store_put(r->store, n, data, len, &e));
}

/* ---- tests ---- */

static void
all_is_well(void **state)
{
	struct past p;

	begin(&p, state, 4);
	is_fine(&p);
	end(&p);
}

static void
an_empty_repository_is_fine(void **state)
{
	struct past p;

	begin(&p, state, 0);
	is_fine(&p);
	end(&p);
}

static void
what_restic_wrote_is_fine(void **state)
{
	static const char *const which[] = { "tiny14", "tiny18" };
	struct past p = { .s = *state };
	size_t i;

	for (i = 0; i < 2; i++) {
		p.path = scene_unpack(p.s, which[i]);
		p.r = scene_open(p.path, NULL);
		is_fine(&p);
		repo_close(p.r);
		free(p.path);
	}
	buf_fini(&p.told);
}

/* Any bit of any file that matters. */
static void
a_turned_bit_is_found(void **state)
{
	static const enum store_kind kinds[] = { STORE_PACK, STORE_INDEX,
	    STORE_SNAPSHOT };
	struct check_result out;
	struct store_name n;
	struct past p;
	void *data;
	size_t len, at;
	int i;

	begin(&p, state, 2);
	for (i = 0; i < 60; i++) {
		n = any_of(p.r, kinds[random64() % 3]);
		OK(store_get_all(p.r->store, &n, SIZE_MAX, &data, &len, &e));
		at = random64() % len;
		((unsigned char *)data)[at] ^= (unsigned char)(1 << i % 8);
		replace(p.r, &n, data, len);
		out = check(&p, all_data);
		if (out.errors == 0)
			fail_msg("byte %zu of %zu of a %s", at, len,
			    store_kind_name(n.kind));
		((unsigned char *)data)[at] ^= (unsigned char)(1 << i % 8);
		replace(p.r, &n, data, len);
		free(data);
	}
	is_fine(&p);
	end(&p);
}

static void
a_cut_pack_is_found(void **state)
{
	struct check_result out;
	struct store_name n;
	struct past p;
	void *data;
	size_t len;
	int i;

	begin(&p, state, 2);
	for (i = 0; i < 10; i++) {
		n = any_of(p.r, STORE_PACK);
		OK(store_get_all(p.r->store, &n, SIZE_MAX, &data, &len, &e));
		replace(p.r, &n, data, random64() % len);
		out = check(&p, no_data);
		assert_true(out.errors > 0);
		says(&p, "where its blobs need");
		assert_true(check(&p, all_data).errors > 1);
		replace(p.r, &n, data, len);
		free(data);
	}
	is_fine(&p);
	end(&p);
}

static void
what_is_missing_is_found(void **state)
{
	struct store_name n;
	struct past p;
	void *data;
	size_t len;

	begin(&p, state, 3);
	n = any_of(p.r, STORE_PACK);
	OK(store_get_all(p.r->store, &n, SIZE_MAX, &data, &len, &e));
	OK(store_remove(p.r->store, &n, &e));
	assert_true(check(&p, no_data).errors > 0);
	says(&p, "is not there");
	OK(store_put(p.r->store, &n, data, len, &e));
	free(data);
	is_fine(&p);

	n = any_of(p.r, STORE_INDEX);
	OK(store_remove(p.r->store, &n, &e));
	assert_true(check(&p, no_data).errors > 0);
	says(&p, "is in no index");
	end(&p);
}

static void
strays_are_told(void **state)
{
	struct store_name n = { .kind = STORE_PACK };
	struct check_result out;
	struct past p;

	begin(&p, state, 1);
	sha256_of("stray", 5, n.id);
	OK(store_put(p.r->store, &n, "stray", 5, &e));
	out = check(&p, all_data);
	assert_int_equal(out.errors, 0);
	assert_int_equal(out.hints, 1);
	assert_int_equal(out.strays, 1);
	says(&p, "hint: pack");
	end(&p);
}

struct copying {
	struct repo	*r;
	size_t		 less;
};

static int
name_again(void *arg, const struct index_pack *p)
{
	const struct copying *c = arg;
	struct buf json = {0};
	struct id id;

	if (p->n < 2)
		return 0;
	index_file_begin(&json);
	index_file_pack(&json, &p->id, p->v, p->n - c->less);
	index_file_end(&json);
	OK(repo_put(c->r, STORE_INDEX, json.data, json.len, &id, &e));
	buf_fini(&json);
	return 1;
}

static void
a_pack_in_two_index_files_is_told(void **state)
{
	struct check_result out;
	struct copying c;
	struct past p;

	begin(&p, state, 1);
	c = (struct copying){ p.r, 0 };
	assert_int_equal(index_packs(p.r->index, name_again, &c, &e), 1);
	out = check(&p, all_data);
	assert_int_equal(out.errors, 0);
	assert_int_equal(out.split, 1);
	says(&p, "hint: pack");
	end(&p);

	begin(&p, state, 1);
	c = (struct copying){ p.r, 1 };
	assert_int_equal(index_packs(p.r->index, name_again, &c, &e), 1);
	out = check(&p, all_data);
	assert_int_equal(out.errors, 1);
	says(&p, "repair index");
	end(&p);
}

static void
unused_blobs_are_told_if_asked(void **state)
{
	struct check_options o = { .unused = 1 };
	struct past p;

	begin(&p, state, 1);
	assert_int_equal(check(&p, o).errors, 0);
	history_forget(p.r, 100);
	assert_int_equal(check(&p, no_data).errors, 0);
	assert_true(check(&p, o).errors > 0);
	says(&p, "is not used");
	end(&p);
}

/* The index says something else than the pack's own header. */
static int
lie(void *arg, const struct index_pack *p)
{
	struct repo *r = arg;
	struct pack_entry *v = xallocn(p->n, sizeof(*v));
	struct buf json = {0};
	struct id id;

	if (p->n < 2) {
		free(v);
		return 0;
	}
	memcpy(v, p->v, p->n * sizeof(*v));
	random_id(&v[1].id);
	OK(repo_remove(r, STORE_INDEX, &p->file, &e));
	index_file_begin(&json);
	index_file_pack(&json, &p->id, v, p->n);
	index_file_end(&json);
	OK(repo_put(r, STORE_INDEX, json.data, json.len, &id, &e));
	buf_fini(&json);
	free(v);
	return 1;
}

static void
a_lie_in_the_index_is_found(void **state)
{
	struct past p;

	begin(&p, state, 1);
	assert_int_equal(index_packs(p.r->index, lie, p.r, &e), 1);
	assert_true(check(&p, all_data).errors > 0);
	says(&p, "its header is not what the index has");
	end(&p);
}

static void
parts_are_all_packs_once(void **state)
{
	struct check_options o = { .data = { .part = CHECK_GROUP,
	    .groups = 5 } };
	struct check_result out;
	uint64_t sum = 0;
	struct past p;

	begin(&p, state, 4);
	for (o.data.group = 1; o.data.group <= 5; o.data.group++) {
		out = check(&p, o);
		assert_int_equal(out.errors, 0);
		sum += out.packs_read;
	}
	assert_int_equal(sum, out.packs);
	o.data = (struct check_data){ .part = CHECK_PERCENT, .percent = 50 };
	assert_int_equal(check(&p, o).packs_read, out.packs / 2);
	o.data.percent = 0.01;
	assert_int_equal(check(&p, o).packs_read, 1);
	o.data = (struct check_data){ .part = CHECK_BYTES, .bytes = 200000 };
	out = check(&p, o);
	assert_true(out.bytes_read >= 200000 && out.packs_read < out.packs);
	end(&p);
}

static void
parts_are_read(void **state)
{
	static const char *const wrong[] = { "", "0/3", "4/3", "1/257", "x",
	    "1/", "/2", "0%", "101%", "-1%", "0", "1/2/3", "-1/2",
	    "10", "2.5" };
	struct check_data d;
	size_t i;

	(void)state;
	OK(check_parse_subset("2/5", &d, &e));
	assert_int_equal(d.part, CHECK_GROUP);
	assert_int_equal(d.group, 2);
	assert_int_equal(d.groups, 5);
	OK(check_parse_subset("2.5%", &d, &e));
	assert_int_equal(d.part, CHECK_PERCENT);
	assert_true(d.percent > 2.49 && d.percent < 2.51);
	OK(check_parse_subset("10MiB", &d, &e));
	assert_int_equal(d.part, CHECK_BYTES);
	assert_int_equal(d.bytes, 10 << 20);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (check_parse_subset(wrong[i], &d, &e) == 0)
			fail_msg("%s", wrong[i]);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_is_well),
		TEST(an_empty_repository_is_fine),
		TEST(what_restic_wrote_is_fine),
		TEST(a_turned_bit_is_found),
		TEST(a_cut_pack_is_found),
		TEST(what_is_missing_is_found),
		TEST(strays_are_told),
		TEST(a_pack_in_two_index_files_is_told),
		TEST(unused_blobs_are_told_if_asked),
		TEST(a_lie_in_the_index_is_found),
		TEST(parts_are_all_packs_once),
		cmocka_unit_test(parts_are_read),
	};

	return cmocka_run_group_tests(tests, draw_seed, NULL);
}
