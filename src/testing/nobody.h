#ifndef TESTING_NOBODY_H
#define TESTING_NOBODY_H

#include "testing/scratch.h"

/* For tests of what another user may see, and of what a call leaves open. */
#define NOBODY	65534

/*
 * Run fn as an ordinary user in a child: the status as waitpid tells it, 0 if
 * fn returned 0; else the line fn returned is printed.  Needs root.
 */
int as_nobody(int (*fn)(const struct scratch *s), const struct scratch *s);

/* For use in fn: says where. */
#define CHECK(x)	do { if (!(x)) return __LINE__; } while (0)

/* 1, and a line that says why the test is skipped, if we are not root. */
int not_root(const char *why);

/* How many descriptors are open. */
int count_fds(void);

#endif
