#ifndef COPIES_TEST_KIT_H
#define COPIES_TEST_KIT_H

#include "apply/test/bench.h"
#include "copies/copies.h"

/* A backup of <top>/D to <top>/B on a bench, run at times of the test's own. */
struct kit {
	struct bench		 b;
	struct conf_faults	*f;
	struct conf		*conf;
	struct copies		*c;		/* NULL: its definition is faulty */
	struct copies_result	 res;		/* of the last run */
	int64_t			 now;		/* µs; a day on with each run */
	struct err		 e;
};

/* more is YAML behind "{name: b, paths: <top>/D, copies: {path: <top>/B}". */
void kit_open(struct kit *k, const char *more);
/* The same with the whole entry said; @ stands for the bench's folder. */
void kit_open_entry(struct kit *k, const char *entry);
/* Another definition on the same bench and catalog. */
void kit_again(struct kit *k, const char *entry);
void kit_close(struct kit *k);

int kit_run(struct kit *k);		/* copies_run's answer */
char *kit_in(struct kit *k, const char *rel);	/* "B/b/<last name>/rel" */
uint64_t kit_ino(struct kit *k, const char *rel);
/* How many of the operations that were told failed. */
size_t kit_failures(const struct kit *k);
/* Check all copies: what was said, a line each. */
char *kit_check(struct kit *k, int *r);

#endif
