#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/pack.h"
#include "repo/test/index_place.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

static struct err e;

#define OK(x)	do { e.text[0] = '\0'; if ((x) != 0) \
		fail_msg("%s: %s", #x, e.text); } while (0)

void
place_init(struct place *p, size_t ids)
{
	*p = (struct place){ .store = store_mem() };
	p->s = scratch_new();
	p->cache = p->s.path;
	world_init(&p->w, ids);
}

/* Do something to each run in the cache. */
void
place_each_cached(const char *path, void (*do_it)(const char *file))
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
			place_each_cached(file, do_it);
		else
			do_it(file);
	}
	closedir(d);
}

void
place_fini(struct place *p)
{
	scratch_free(&p->s);
	store_close(p->store);
	world_fini(&p->w);
	free(p->files);
}

void
place_remember(struct place *p, const struct id *file)
{
	XGROW(p->files, p->n, p->cap);
	p->files[p->n++] = *file;
}

/* An index file as another program would write it. */
void
place_add_file(struct place *p, struct repo *r, size_t packs, size_t blobs)
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
	place_remember(p, &file);
	for (i = 0; i < packs; i++) {
		world_say(&p->w, &file, &pack[i], v[i], n[i]);
		free(v[i]);
	}
	free(v);
	free(n);
	free(pack);
	buf_fini(&json);
}

void
place_drop_file(struct place *p, struct repo *r)
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
size_t
place_count(const struct world *w, enum blob_type t, const struct id *id)
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

void
place_agree_on_blobs(const struct place *p, const struct index *ix)
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
			assert_int_equal(s.n, place_count(&p->w, s.t, s.id));
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

void
place_agree(const struct place *p, const struct repo *r)
{
	place_agree_on_blobs(p, r->index);
	agree_on_packs(p, r->index);
}
