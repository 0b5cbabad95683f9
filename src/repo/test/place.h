#ifndef TEST_PLACE_H
#define TEST_PLACE_H

#include <stdint.h>

#include "repo/repo.h"
#include "store/fault.h"

/*
 * A repository in a folder, for tests.  There is one of each version in a
 * process, and place_new empties it: making the 256 folders takes its time.
 */
struct place {
	const char	*path;
	struct repo	*repo;
};

#define PLACE_PASSWORD	"test"

struct place place_new(unsigned version);	/* its index is loaded */
void place_free(struct place *p);
/* The folder itself goes when the process ends its tests. */
int place_end(void **state);

/* As one that is opened anew: another store, and the index read from it. */
void place_again(struct place *p);
/* The same by way of a store that fails, its index not yet loaded. */
void place_through(struct place *p, enum store_fault kind, uint64_t nth);

/* In a forked child, which has no key of its parent's: open it again. */
void place_in_child(struct place *p);

uint64_t place_pack_size(const struct place *p, const struct id *pack);
void place_turn_bit(const struct place *p, const struct id *pack, uint64_t at,
    unsigned bit);

#endif
