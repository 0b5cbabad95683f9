#ifndef REPO_TEST_BLOBS_H
#define REPO_TEST_BLOBS_H

#include <stddef.h>
#include <stdint.h>

#include "repo/pack.h"

/*
 * Random indexes, and a plain table beside them that says what is true.
 */
extern uint64_t seed;
int draw_seed(void **state);		/* SEED, or the time; printed */
uint64_t random64(void);
void random_id(struct id *id);

/* A place as the table knows it. */
struct truth {
	struct id	 file, pack;
	struct pack_entry e;
};

struct world {
	struct id	*ids;		/* blobs are drawn from these */
	size_t		 n_ids;
	struct truth	*v;		/* every place that was ever named */
	size_t		 n, cap;
};

void world_init(struct world *w, size_t ids);
void world_fini(struct world *w);

/* A pack of n blobs drawn from the ids; sometimes none is drawn twice.  entries
 * has room for n. */
void world_pack(struct world *w, struct id *pack, struct pack_entry *entries,
    size_t n);
/* The table: file says that pack holds these. */
void world_say(struct world *w, const struct id *file, const struct id *pack,
    const struct pack_entry *v, size_t n);
/* A file is gone. */
void world_bury(struct world *w, const struct id *file);

/* How often a blob is named, and whether this place is among them. */
size_t world_count(const struct world *w, enum blob_type t,
    const struct id *id);
int world_is(const struct world *w, enum blob_type t, const struct id *id,
    const struct blob_at *at);

#endif
