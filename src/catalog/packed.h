#ifndef CATALOG_PACKED_H
#define CATALOG_PACKED_H

#include "catalog/catalog.h"
#include "catalog/db.h"

/*
 * Batches that have ended and are not yet rows (unpack.c), read as they lie:
 * `where` looks through them too.
 */
struct batch_reader;

struct packed {
	int64_t		 id, run, time;
	struct entry	*en;		/* strings are the reader's */
	struct result	*res;
	size_t		 n;
	struct batch_reader *reader;
};

/* The first of them behind batch `after`: 1, 0 there is none, -1 (ERR_CORRUPT:
 * it cannot be read, but id and run are told). */
int packed_next(struct db *d, int64_t after, struct packed *p, struct err *e);
/* Batch id, if it is one of them: 1, 0, -1. */
int packed_get(struct db *d, int64_t id, struct packed *p, struct err *e);
void packed_fini(struct packed *p);

/* Does `where` tell of it? */
int packed_is_told(const struct packed *p, size_t i);
/* The name it has at the end; "" if none. */
const char *packed_to(const struct entry *en);
/* Does it tell of another file than the one before? */
int packed_is_anew(const struct packed *p, size_t i);

#endif
