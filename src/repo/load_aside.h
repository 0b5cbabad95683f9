#ifndef REPO_LOAD_ASIDE_H
#define REPO_LOAD_ASIDE_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"

/*
 * Packs of trees that were fetched from afar by a process that has no cache: one
 * file without a name, gone with us, in which they lie one behind the other as
 * they came.  May be used by many threads at once.
 *
 * As with the cache, what comes out is checked as anything else, and nothing here
 * can fail the caller: without room for the file it has nothing.
 */
struct aside;

struct aside *aside_new(void);
void aside_free(struct aside *a);	/* NULL is fine */

/* 1 and len bytes from offset at of that pack, or 0. */
int aside_get(struct aside *a, const struct id *pack, uint64_t at, void *out,
    size_t len);

/* The pack whole: each call of piece writes n bytes from offset at of it.  0, or
 * -1: one of them failed (*full: there is no room). */
int aside_fill(struct aside *a, const struct id *pack, uint64_t size,
    int (*piece)(void *arg, uint64_t at, void *out, size_t n), void *arg,
    int *full);

/* What came was damaged: it is as if it had not come. */
void aside_forget(struct aside *a, const struct id *pack);

#endif
