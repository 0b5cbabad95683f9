#ifndef CATALOG_TEST_HOUSE_H
#define CATALOG_TEST_HOUSE_H

#include <pthread.h>

#include "catalog/test/common.h"

/*
 * A catalog of one of three kinds: our own (direct), one asked through the
 * owner's thread, and one asked through a loop like the daemon's.  Its user
 * cannot tell, so neither may a test of what catalog.h promises.
 */
enum mode { DIRECT, THREAD, LOOP };

struct house {
	enum mode	 mode;
	char		*dir, *state;
	struct catalog	*owner, *c;	/* the same if direct */
	pthread_t	 loop;
	int		 stop[2];
};

/* Every test in all three modes; the test gets a struct house. */
int house_run(const char *name, const struct CMUnitTest *tests, size_t n);

/* Rows kept for a while: catalog_runs and catalog_batches call back here. */
struct told {
	struct run	 v[8];
	size_t		 n, stop_at;
};

int keep_run(void *arg, const struct run *r);
void forget(struct told *t);

struct batches {
	struct catalog_batch v[8];	/* without their bytes */
	size_t		 n, all;
};

int keep_batch(void *arg, const struct catalog_batch *b);

#endif
