#ifndef REPO_CACHE_H
#define REPO_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"
#include "store/store.h"

/*
 * restic's cache folder (restic-format 1.19), shared with restic: files exactly
 * as they lie in the repository, so what is in it is never trusted further than
 * the repository itself is.  Kept are index files, snapshots and packs of
 * trees.  Nothing here can fail the caller: a cache that is full, broken or
 * forbidden is one that has nothing.
 *
 *	<dir>/CACHEDIR.TAG
 *	<dir>/<repository id>/version
 *	<dir>/<repository id>/{index,snapshots,data}/ab/<id>
 *	<dir>/<repository id>/fettle/	index runs (index.h); restic ignores it
 */
struct buf;
struct cache;

/* NULL if it cannot be had; why then tells, for a warning. */
struct cache *cache_open(const char *dir, const struct id *repo,
    struct buf *why);
void cache_close(struct cache *c);	/* NULL is fine, here and below */

/* 1 and the whole file in out, or 0. */
int cache_get(struct cache *c, enum store_kind kind, const struct id *id,
    struct buf *out);
/* 1 and len bytes from offset at, or 0. */
int cache_get_at(struct cache *c, enum store_kind kind, const struct id *id,
    uint64_t at, void *out, size_t len);
void cache_put(struct cache *c, enum store_kind kind, const struct id *id,
    const void *data, size_t len);
/* The same of what comes piece by piece: each writes n bytes from offset at of it.
 * 0, or -1: one of them failed (1 in *full if the cache did). */
int cache_fill(struct cache *c, enum store_kind kind, const struct id *id,
    uint64_t size, int (*piece)(void *arg, uint64_t at, void *out, size_t n),
    void *arg, int *full);
void cache_forget(struct cache *c, enum store_kind kind, const struct id *id);
/* Forget all of a kind that keep says 0 to. */
void cache_sweep(struct cache *c, enum store_kind kind,
    int (*keep)(void *arg, const struct id *id), void *arg);

/* The folder for index runs, made if need be; -1 if there is none.  Owned by
 * the cache. */
int cache_runs_fd(struct cache *c);

/* ---- `fettle cache` ---- */
struct cache_info {
	char		 id[65];
	int64_t		 used;		/* µs: last use */
	uint64_t	 size;
	int		 old;		/* 30 days */
};
struct err;
int cache_each(const char *dir, int (*each)(void *arg,
    const struct cache_info *i), void *arg, struct err *e);
int cache_remove(const char *dir, const char *id, struct err *e);

#endif
