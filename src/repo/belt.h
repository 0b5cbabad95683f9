#ifndef REPO_BELT_H
#define REPO_BELT_H

#include <stddef.h>

/*
 * Jobs from one thread to several, a few at a time; and the first failure of any
 * of them, which ends it for all.
 */
struct belt;
struct err;

/* At most so many wait; drop frees one that nobody took. */
struct belt *belt_new(size_t max, void (*drop)(void *job));
void belt_free(struct belt *b);		/* drops what waits; NULL is fine */

/* Blocks while there is no room.  -1 if somebody failed: it was dropped. */
int belt_put(struct belt *b, void *job);
/* There will be no more. */
void belt_end(struct belt *b);
/* Blocks while there is none.  NULL: there will be none, or somebody failed. */
void *belt_take(struct belt *b);

void belt_fail(struct belt *b, const struct err *why);
/* 0, or -1 with the first failure. */
int belt_result(struct belt *b, struct err *e);

#endif
