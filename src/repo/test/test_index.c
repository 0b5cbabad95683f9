/*
 * test_index.c -- the index says what the index files say, whatever comes and
 * goes between two looks, whoever else writes, and whatever happens to the
 * cache.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "blobs.h"
#include "index_house.h"
#include "repo/index_impl.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

static struct err e;

#define OK(x)	do { e.text[0] = '\0'; if ((x) != 0) \
		fail_msg("%s: %s", #x, e.text); } while (0)

/* ---- the place ---- */

struct place {
	struct store	*store;
	struct world	 w;
	struct id	*files;		/* that are there */
	size_t		 n, cap;
	char		 cache[64];
};

static void
place_init(struct place *p, size_t ids)
{
	*p = (struct place){ .store = store_mem() };
	snprintf(p->cache, sizeof(p->cache), "/tmp/fettle-index.XXXXXX");
	assert_non_null(mkdtemp(p->cache));
	world_init(&p->w, ids);
}

/* Do something to each run in the cache. */
static void
each_cached(const char *path, void (*do_it)(const char *file))
{
	DIR *d = opendir(path);
	const struct dirent *de;
	char file[400];

	assert_non_null(d);
	while ((de = readdir(d)) != NULL) {
		snprintf(file, sizeof(file), "%s/%s", path, de->d_name);
		if (de->d_name[0] == '.')
			continue;
		if (de->d_type == DT_DIR)
			each_cached(file, do_it);
		else
			do_it(file);
		if (de->d_type == DT_DIR && do_it != NULL)
			rmdir(file);
	}
	closedir(d);
}

static void
delete(const char *file)
{
	unlink(file);
}

static void
place_fini(struct place *p)
{
	each_cached(p->cache, delete);
	rmdir(p->cache);
	store_close(p->store);
	world_fini(&p->w);
	free(p->files);
}

static void
remember(struct place *p, const struct id *file)
{
	XGROW(p->files, p->n, p->cap);
	p->files[p->n++] = *file;
}

/* An index file as another program would write it. */
static void
add_file(struct place *p, struct repo *r, size_t packs, size_t blobs)
{
	struct pack_entry **v = xallocn(packs + 1, sizeof(*v));
	struct id *pack = xallocn(packs + 1, sizeof(*pack)), file;
	size_t *n = xallocn(packs + 1, sizeof(*n)), i;
	struct buf json = {0};

	index_file_begin(&json);
	for (i = 0; i < packs; i++) {
		n[i] = random64() % blobs;
		v[i] = xallocn(n[i], sizeof(**v));
		world_pack(&p->w, &pack[i], v[i], n[i]);
		index_file_pack(&json, &pack[i], v[i], n[i]);
	}
	index_file_end(&json);
	OK(repo_put(r, STORE_INDEX, json.data, json.len, &file, &e));
	remember(p, &file);
	for (i = 0; i < packs; i++) {
		world_say(&p->w, &file, &pack[i], v[i], n[i]);
		free(v[i]);
	}
	free(v);
	free(n);
	free(pack);
	buf_fini(&json);
}

static void
drop_file(struct place *p, struct repo *r)
{
	size_t i;

	if (p->n == 0)
		return;
	i = random64() % p->n;
	OK(repo_remove(r, STORE_INDEX, &p->files[i], &e));
	world_bury(&p->w, &p->files[i]);
	p->files[i] = p->files[--p->n];
}

/* ---- agreement ---- */

struct seen {
	const struct world *w;
	enum blob_type	 t;
	const struct id	*id;
	struct blob_at	 v[400];
	size_t		 n;
};

static int
see_place(void *arg, const struct blob_at *at)
{
	struct seen *s = arg;
	size_t i;

	assert_true(world_is(s->w, s->t, s->id, at));
	for (i = 0; i < s->n; i++)
		assert_true(!id_equal(&s->v[i].pack, &at->pack) ||
		    s->v[i].offset != at->offset);
	s->v[s->n++] = *at;
	return 0;
}

/* How many places there are, not counting one that two files name. */
static size_t
places(const struct world *w, enum blob_type t, const struct id *id)
{
	size_t n = 0, i, k;

	for (i = 0; i < w->n; i++) {
		if (w->v[i].e.type != t || !id_equal(&w->v[i].e.id, id))
			continue;
		for (k = 0; k < i; k++)
			if (w->v[k].e.type == t &&
			    id_equal(&w->v[k].e.id, id) &&
			    id_equal(&w->v[k].pack, &w->v[i].pack) &&
			    w->v[k].e.offset == w->v[i].e.offset)
				break;
		n += k == i;
	}
	return n;
}

static void
agree_on_blobs(const struct place *p, const struct index *ix)
{
	size_t i, count = index_count(ix), at;
	unsigned char *used = xalloc(count);
	struct blob_at where;
	struct seen s;
	uint32_t len;
	int t;

	for (i = 0; i < p->w.n_ids; i++)
		for (t = 0; t < 2; t++) {
			s = (struct seen){ .w = &p->w, .t = (enum blob_type)t,
			    .id = &p->w.ids[i] };
			OK(index_all(ix, s.t, s.id, see_place, &s));
			assert_int_equal(s.n, places(&p->w, s.t, s.id));
			assert_int_equal(index_has(ix, s.t, s.id), s.n > 0);
			at = index_number(ix, s.t, s.id);
			assert_int_equal(at == SIZE_MAX, s.n == 0);
			assert_int_equal(index_find(ix, s.t, s.id, &where),
			    s.n > 0);
			if (s.n == 0)
				continue;
			assert_true(world_is(&p->w, s.t, s.id, &where));
			assert_int_equal(index_plain(ix, s.t, s.id, &len), 1);
			assert_int_equal(len, where.plain);
			assert_true(at < count);
			assert_false(used[at]);
			used[at] = 1;
		}
	free(used);
}

struct packs_seen {
	const struct world *w;
	const struct index *ix;
	struct id	 last, last_file;
	size_t		 packs, blobs;
};

static int
lies_elsewhere(const struct world *w, const struct pack_entry *b,
    const struct id *pack)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->v[i].e.type == b->type &&
		    id_equal(&w->v[i].e.id, &b->id) &&
		    !id_equal(&w->v[i].pack, pack))
			return 1;
	return 0;
}

static int
see_pack(void *arg, const struct index_pack *p)
{
	struct packs_seen *s = arg;
	int c = s->packs == 0 ? -1 : id_cmp(&s->last, &p->id);
	size_t i, n = 0;

	assert_true(c < 0 || (c == 0 && id_cmp(&s->last_file, &p->file) < 0));
	s->last = p->id;
	s->last_file = p->file;
	for (i = 0; i < s->w->n; i++)
		n += id_equal(&s->w->v[i].pack, &p->id) &&
		    id_equal(&s->w->v[i].file, &p->file);
	assert_int_equal(p->n, n);
	for (i = 0; i < p->n; i++) {
		struct blob_at at = { .pack = p->id, .offset = p->v[i].offset,
		    .length = p->v[i].length, .plain = p->v[i].plain,
		    .compressed = p->v[i].compressed };

		assert_true(world_is(s->w, p->v[i].type, &p->v[i].id, &at));
		assert_true(i == 0 || p->v[i - 1].offset < p->v[i].offset);
		assert_int_equal(p->number[i], index_number(s->ix,
		    p->v[i].type, &p->v[i].id));
		assert_int_equal(p->dup[i],
		    lies_elsewhere(s->w, &p->v[i], &p->id));
	}
	s->packs++;
	s->blobs += p->n;
	return 0;
}

static void
agree_on_packs(const struct place *p, const struct index *ix)
{
	struct packs_seen s = { .w = &p->w, .ix = ix };
	struct index_stat st;

	OK(index_packs(ix, see_pack, &s, &e));
	assert_int_equal(s.blobs, p->w.n);
	index_stat(ix, &st);
	assert_int_equal(st.blobs[0] + st.blobs[1], p->w.n);
	assert_int_equal(st.files, p->n);
	assert_int_equal(st.packs, s.packs);
}

static void
agree(const struct place *p, const struct repo *r)
{
	agree_on_blobs(p, r->index);
	agree_on_packs(p, r->index);
}

/* ---- tests ---- */

static void
come_and_go(int with_cache)
{
	struct repo *r[2];
	struct place p;
	int step, who;

	place_init(&p, 150);
	r[0] = house_repo(p.store, with_cache ? p.cache : NULL);
	r[1] = house_repo(p.store, with_cache ? p.cache : NULL);
	for (step = 0; step < 60; step++) {
		who = random64() % 2;
		switch (random64() % 5) {
		case 0:
		case 1:
			add_file(&p, r[who], random64() % 6,
			    1 + random64() % 20);
			break;
		case 2:
			drop_file(&p, r[who]);
			break;
		case 3:	/* another process */
			house_close(r[who]);
			r[who] = house_repo(p.store,
			    with_cache ? p.cache : NULL);
			break;
		default:
			OK(repo_load_index(r[who], &e));
			agree(&p, r[who]);
		}
	}
	OK(repo_load_index(r[0], &e));
	agree(&p, r[0]);
	house_close(r[0]);
	house_close(r[1]);
	place_fini(&p);
}

static void
files_come_and_go_between_looks(void **state)
{
	(void)state;
	come_and_go(1);
	come_and_go(1);
}

static void
without_a_cache_it_is_the_same(void **state)
{
	(void)state;
	come_and_go(0);
}

static void
an_empty_repository_has_an_index(void **state)
{
	struct place p;
	struct repo *r;

	(void)state;
	place_init(&p, 5);
	r = house_repo(p.store, p.cache);
	OK(repo_load_index(r, &e));
	agree(&p, r);
	assert_int_equal(index_count(r->index), 0);
	house_close(r);
	place_fini(&p);
}

static int n_cached;

static int
is_run(const char *file)
{
	return strstr(file, "/run-") != NULL;
}

static void
count_it(const char *file)
{
	n_cached += is_run(file);
}

/* The runs stay few, and what nobody needs goes. */
static void
the_cache_is_kept_small(void **state)
{
	struct place p;
	struct repo *r;
	int i;

	(void)state;
	place_init(&p, 100);
	for (i = 0; i < 60; i++) {
		r = house_repo(p.store, p.cache);
		add_file(&p, r, 3, 20);
		OK(repo_load_index(r, &e));
		house_close(r);
		n_cached = 0;
		each_cached(p.cache, count_it);
		assert_in_range(n_cached, 1, 8);
	}
	while (p.n > 0) {
		r = house_repo(p.store, p.cache);
		drop_file(&p, r);
		OK(repo_load_index(r, &e));
		agree(&p, r);
		house_close(r);
	}
	n_cached = 0;
	each_cached(p.cache, count_it);
	assert_int_equal(n_cached, 0);
	place_fini(&p);
}

static void
hurt(const char *file)
{
	int fd = open(file, O_RDWR | O_CLOEXEC);
	struct stat st;
	unsigned char c;
	off_t at;

	if (strstr(file, "/version") || strstr(file, "/CACHEDIR.TAG")) {
		close(fd);	/* a cache without them is none */
		return;
	}
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	at = st.st_size == 0 ? 0 : (off_t)(random64() % (uint64_t)st.st_size);
	switch (random64() % 5) {
	case 0:
		assert_int_equal(ftruncate(fd, at), 0);
		break;
	case 1:		/* in the head and the fan-out */
		at %= 4400;
		/* fall through */
	case 2:
		if (pread(fd, &c, 1, at) == 1) {
			c ^= (unsigned char)(1 << random64() % 8);
			assert_int_equal(pwrite(fd, &c, 1, at), 1);
		}
		break;
	case 3:
		assert_int_equal(pwrite(fd, "more", 4, st.st_size), 4);
		break;
	default:
		break;
	}
	close(fd);
}

/* Truncating a mapped file is another matter: these are never written to. */
static void
hurt_block(const char *file)
{
	int fd = open(file, O_RDWR | O_CLOEXEC);
	struct stat st;
	unsigned char c;
	off_t at;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	if (!is_run(file)) {
		close(fd);
		return;
	}
	at = (off_t)(4096 + random64() % (uint64_t)(st.st_size - 4096));
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= (unsigned char)(1 << random64() % 8);
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

static void
a_damaged_cache_costs_time_only(void **state)
{
	struct place p;
	struct repo *r;
	int i;

	(void)state;
	place_init(&p, 100);
	for (i = 0; i < 100; i++) {
		each_cached(p.cache, hurt);
		r = house_repo(p.store, p.cache);
		if (random64() % 3 == 0)
			add_file(&p, r, 4, 20);
		if (random64() % 5 == 0)
			drop_file(&p, r);
		OK(repo_load_index(r, &e));
		if (random64() % 4 == 0)	/* and while it is open */
			each_cached(p.cache, hurt_block);
		OK(index_verify(r, &e));
		agree(&p, r);
		house_close(r);
	}
	place_fini(&p);
}

/* What is claimed, added and saved, with the others' files about. */
static void
what_is_added_is_found_and_saved(void **state)
{
	struct pack_entry v[40];
	struct repo *r, *other;
	struct id pack, zero = {{0}};
	struct place p;
	size_t n, i;
	int step;

	(void)state;
	place_init(&p, 200);
	r = house_repo(p.store, p.cache);
	add_file(&p, r, 4, 20);
	OK(repo_load_index(r, &e));
	for (step = 0; step < 40; step++) {
		n = random64() % 40;
		world_pack(&p.w, &pack, v, n);
		for (i = 0; i < n; i++)
			if (places(&p.w, v[i].type, &v[i].id) > 0)
				assert_false(index_claim(r->index, v[i].type,
				    &v[i].id));
			else
				index_claim(r->index, v[i].type, &v[i].id);
		index_add(r->index, &pack, v, n);
		world_say(&p.w, &zero, &pack, v, n);
		for (i = 0; i < n; i++) {
			assert_true(index_has(r->index, v[i].type, &v[i].id));
			assert_false(index_claim(r->index, v[i].type,
			    &v[i].id));
			assert_true(index_number(r->index, v[i].type,
			    &v[i].id) < index_count(r->index));
		}
		if (random64() % 4)
			continue;
		OK(index_save(r, 1, 0, &e));
		agree_on_blobs(&p, r->index);
		other = house_repo(p.store, random64() % 2 ? p.cache : NULL);
		OK(repo_load_index(other, &e));
		agree_on_blobs(&p, other->index);
		house_close(other);
	}
	house_close(r);
	place_fini(&p);
}

static void
index_files_are_of_one_size(void **state)
{
	enum { PACK = 6000, PACKS = 20 };
	struct pack_entry *v = xallocn(PACK, sizeof(*v));
	struct index_stat st;
	struct repo *r, *other;
	struct place p;
	struct id pack;
	size_t i, k;

	(void)state;
	place_init(&p, 1);
	r = house_repo(p.store, p.cache);
	OK(repo_load_index(r, &e));
	for (i = 0; i < PACKS; i++) {
		random_id(&pack);
		for (k = 0; k < PACK; k++) {
			v[k] = (struct pack_entry){ .length = 40, .plain = 8,
			    .offset = (uint32_t)(40 * k) };
			random_id(&v[k].id);
		}
		index_add(r->index, &pack, v, PACK);
		OK(index_save(r, 0, 1, &e));
		index_stat(r->index, &st);
		assert_int_equal(st.files, (i + 1) / 9);
		assert_int_equal(st.packs, i + 1);
		assert_int_equal(st.blobs[0], (i + 1) * PACK);
	}
	/* What is left waits for its time. */
	OK(index_save(r, 0, INDEX_AGE, &e));
	index_stat(r->index, &st);
	assert_int_equal(st.files, PACKS / 9);
	OK(index_save(r, 0, INDEX_AGE + 1, &e));
	index_stat(r->index, &st);
	assert_int_equal(st.files, PACKS / 9 + 1);
	other = house_repo(p.store, NULL);
	OK(repo_load_index(other, &e));
	index_stat(other->index, &st);
	assert_int_equal(st.blobs[0], PACKS * PACK);
	assert_int_equal(st.packs, PACKS);
	for (k = 0; k < PACK; k++)
		assert_true(index_has(other->index, BLOB_DATA, &v[k].id));
	house_close(other);
	house_close(r);
	free(v);
	place_fini(&p);
}

/* ---- rewriting ---- */

static int
keep_some(void *arg, const struct id *pack)
{
	const unsigned *mask = arg;

	return (pack->b[0] & *mask) != 0;
}

static int
keep_all(void *arg, const struct id *pack)
{
	(void)arg;
	(void)pack;
	return 1;
}

/* The table without those packs; who names what is told anew. */
static void
without(struct place *p, unsigned mask)
{
	size_t i, n = 0;

	for (i = 0; i < p->w.n; i++)
		if (keep_some(&mask, &p->w.v[i].pack))
			p->w.v[n++] = p->w.v[i];
	p->w.n = n;
}

static void
a_rewritten_index_is_without_some_packs(void **state)
{
	struct repo *r, *other;
	struct place p;
	unsigned mask;
	int i, k;

	(void)state;
	for (i = 0; i < 10; i++) {
		place_init(&p, 100);
		r = house_repo(p.store, random64() % 2 ? p.cache : NULL);
		for (k = 0; k < 12; k++)
			add_file(&p, r, random64() % 6, 20);
		OK(repo_load_index(r, &e));
		for (k = 0; k < 3; k++) {
			mask = random64() % 256;
			OK(index_rewrite(r, k == 2, keep_some, &mask, &e));
			without(&p, mask);
			agree_on_blobs(&p, r->index);
			other = house_repo(p.store,
			    random64() % 2 ? p.cache : NULL);
			OK(repo_load_index(other, &e));
			agree_on_blobs(&p, other->index);
			house_close(other);
		}
		house_close(r);
		place_fini(&p);
	}
}

static int
note_file(void *arg, const struct store_name *n, uint64_t size)
{
	struct place *p = arg;
	struct id id;

	(void)size;
	memcpy(id.b, n->id, ID_LEN);
	remember(p, &id);
	return 0;
}

static void
files_without_such_packs_stay(void **state)
{
	struct place p;
	struct repo *r;
	struct id *before;
	size_t n, i;
	int k;

	(void)state;
	place_init(&p, 100);
	r = house_repo(p.store, p.cache);
	for (k = 0; k < 12; k++)
		add_file(&p, r, 3, 20);
	OK(repo_load_index(r, &e));
	OK(index_rewrite(r, 0, keep_all, NULL, &e));
	before = xallocn(p.n, sizeof(*before));
	n = p.n;
	memcpy(before, p.files, n * sizeof(*before));
	p.n = 0;
	OK(store_list(p.store, STORE_INDEX, note_file, &p, &e));
	assert_int_equal(p.n, n);
	/* all of them, and they are one */
	OK(index_rewrite(r, 1, keep_all, NULL, &e));
	p.n = 0;
	OK(store_list(p.store, STORE_INDEX, note_file, &p, &e));
	assert_int_equal(p.n, 1);
	for (i = 0; i < p.w.n; i++)
		p.w.v[i].file = p.files[0];
	agree(&p, r);
	free(before);
	house_close(r);
	place_fini(&p);
}

/* ---- threads ---- */

enum { SHARE = 400, PACKED = 20, THREADS = 4 };

struct worker {
	struct repo	*r;
	const struct id	*ids;		/* SHARE * THREADS of them */
	atomic_size_t	*won;
	uint64_t	 seed;
};

static void
save_claimed(struct worker *w, struct pack_entry *v, size_t n)
{
	struct err why;
	struct id pack;
	uint64_t x[4];
	int i;

	for (i = 0; i < 4; i++)
		x[i] = w->seed = w->seed * 6364136223846793005u + 1;
	memcpy(pack.b, x, sizeof(x));
	index_add(w->r->index, &pack, v, n);
	assert_int_equal(index_save(w->r, w->seed >> 60 == 0, 0, &why), 0);
}

static void *
claim_and_save(void *arg)
{
	struct pack_entry v[PACKED];
	struct worker *w = arg;
	struct blob_at at;
	size_t i, n = 0;

	for (i = 0; i < SHARE * THREADS; i++) {
		if (!index_claim(w->r->index, BLOB_DATA, &w->ids[i])) {
			index_find(w->r->index, BLOB_DATA, &w->ids[i], &at);
			continue;
		}
		(*w->won)++;
		v[n] = (struct pack_entry){ .id = w->ids[i], .length = 40,
		    .plain = 8, .offset = (uint32_t)(40 * n) };
		if (++n == PACKED) {
			save_claimed(w, v, n);
			n = 0;
		}
	}
	save_claimed(w, v, n);
	return NULL;
}

static void
many_threads_save_each_blob_once(void **state)
{
	struct id *ids = xallocn(SHARE * THREADS, sizeof(*ids));
	struct worker w[THREADS];
	pthread_t t[THREADS];
	struct index_stat st;
	atomic_size_t won = 0;
	struct place p;
	struct repo *r;
	size_t i;

	(void)state;
	place_init(&p, 10);
	r = house_repo(p.store, p.cache);
	OK(repo_load_index(r, &e));
	for (i = 0; i < SHARE * THREADS; i++)
		random_id(&ids[i]);
	for (i = 0; i < THREADS; i++) {
		w[i] = (struct worker){ r, ids, &won, random64() };
		assert_int_equal(pthread_create(&t[i], NULL, claim_and_save,
		    &w[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(won, SHARE * THREADS);
	OK(index_save(r, 1, 0, &e));
	index_stat(r->index, &st);
	assert_int_equal(st.blobs[0], SHARE * THREADS);
	for (i = 0; i < SHARE * THREADS; i++)
		assert_true(index_has(r->index, BLOB_DATA, &ids[i]));
	house_close(r);
	r = house_repo(p.store, p.cache);
	OK(repo_load_index(r, &e));
	index_stat(r->index, &st);
	assert_int_equal(st.blobs[0], SHARE * THREADS);
	house_close(r);
	free(ids);
	place_fini(&p);
}

static void
a_broken_index_file_is_named(void **state)
{
	struct place p;
	struct repo *r;
	struct id id;
	char hex[ID_SHORT];

	(void)state;
	place_init(&p, 10);
	r = house_repo(p.store, p.cache);
	add_file(&p, r, 3, 10);
	OK(repo_put(r, STORE_INDEX, "{\"packs\":[{", 11, &id, &e));
	id_short(&id, hex);
	assert_int_equal(repo_load_index(r, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_non_null(strstr(e.text, hex));
	house_close(r);
	place_fini(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_repository_has_an_index),
		cmocka_unit_test(files_come_and_go_between_looks),
		cmocka_unit_test(without_a_cache_it_is_the_same),
		cmocka_unit_test(the_cache_is_kept_small),
		cmocka_unit_test(a_damaged_cache_costs_time_only),
		cmocka_unit_test(what_is_added_is_found_and_saved),
		cmocka_unit_test(index_files_are_of_one_size),
		cmocka_unit_test(a_rewritten_index_is_without_some_packs),
		cmocka_unit_test(files_without_such_packs_stay),
		cmocka_unit_test(many_threads_save_each_blob_once),
		cmocka_unit_test(a_broken_index_file_is_named),
	};

	return cmocka_run_group_tests(tests, draw_seed, NULL);
}
