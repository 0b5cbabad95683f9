#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "repo/test/blobs.h"
#include "util/xalloc.h"

uint64_t seed;

uint64_t
random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

int
draw_seed(void **state)
{
	const char *given = getenv("SEED");

	(void)state;
	seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	seed |= 1;
	printf("# SEED=%" PRIu64 "\n", seed);
	return 0;
}

void
random_id(struct id *id)
{
	uint64_t v[4];
	int i;

	for (i = 0; i < 4; i++)
		v[i] = random64();
	memcpy(id->b, v, sizeof(v));
}

/* Some ids differ late, as hostile or unlucky ones would. */
void
world_init(struct world *w, size_t ids)
{
	size_t i;

	*w = (struct world){ .n_ids = ids };
	w->ids = xallocn(ids, sizeof(*w->ids));
	for (i = 0; i < ids; i++) {
		random_id(&w->ids[i]);
		if (i % 2 && random64() % 2) {
			w->ids[i] = w->ids[i - 1];
			w->ids[i].b[random64() % ID_LEN] ^=
			    (unsigned char)(1 + random64() % 255);
		}
	}
}

void
world_fini(struct world *w)
{
	free(w->ids);
	free(w->v);
}

void
world_pack(struct world *w, struct id *pack, struct pack_entry *entries,
    size_t n)
{
	uint32_t at = 0;
	size_t i;

	random_id(pack);
	for (i = 0; i < n; i++) {
		entries[i] = (struct pack_entry){
			.id = w->ids[random64() % w->n_ids],
			.type = (enum blob_type)(random64() % 2),
			.offset = at,
			.length = (uint32_t)(32 + random64() % 1000),
			.compressed = random64() % 2,
		};
		entries[i].plain = entries[i].compressed ?
		    (uint32_t)(1 + random64() % 5000) :
		    entries[i].length - 32;
		at += entries[i].length;
	}
}

void
world_say(struct world *w, const struct id *file, const struct id *pack,
    const struct pack_entry *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		XGROW(w->v, w->n, w->cap);
		w->v[w->n++] = (struct truth){ *file, *pack, v[i] };
	}
}

void
world_bury(struct world *w, const struct id *file)
{
	size_t i, n = 0;

	for (i = 0; i < w->n; i++)
		if (!id_equal(&w->v[i].file, file))
			w->v[n++] = w->v[i];
	w->n = n;
}

size_t
world_count(const struct world *w, enum blob_type t, const struct id *id)
{
	size_t i, n = 0;

	for (i = 0; i < w->n; i++)
		n += w->v[i].e.type == t && id_equal(&w->v[i].e.id, id);
	return n;
}

int
world_is(const struct world *w, enum blob_type t, const struct id *id,
    const struct blob_at *at)
{
	const struct truth *x;
	size_t i;

	for (i = 0; i < w->n; i++) {
		x = &w->v[i];
		if (x->e.type == t && id_equal(&x->e.id, id) &&
		    id_equal(&x->pack, &at->pack) &&
		    x->e.offset == at->offset && x->e.length == at->length &&
		    x->e.plain == at->plain &&
		    x->e.compressed == at->compressed)
			return 1;
	}
	return 0;
}
