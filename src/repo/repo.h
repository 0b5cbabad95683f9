#ifndef REPO_REPO_H
#define REPO_REPO_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/seal.h"
#include "repo/id.h"
#include "store/store.h"
#include "zip/zip.h"

/*
 * A repository in restic's format, versions 1 and 2, opened with a password.
 *
 * The rooms' parts, from the ground up:
 *
 *	chunker.h	where a file is cut
 *	key.h		the key files, and the master key behind a password
 *	pack.h		the header of a pack file
 *	index.h		which blob lies where
 *	load.h save.h	blobs out of it and into it, by many threads at once
 *	node.h tree.h	folders as JSON
 *	snapshot.h	a backup's record
 *	lock.h		restic's locks
 *	cache.h		restic's cache folder
 *	prune.h check.h repair.h copy.h rewrite.h ...	the work on it as a whole
 *
 * Order of writing, everywhere (design.rst, "Read and Write Ordering"): packs,
 * then the index that names them, then the snapshot that needs them, each
 * durable before the next begins.  Removing goes the other way.
 */
struct buf;
struct cache;
struct err;
struct index;

/* How often a repository of v2 may be asked to hold compressed blobs. */
enum repo_compression {
	REPO_COMPRESS_AUTO, REPO_COMPRESS_OFF, REPO_COMPRESS_FASTEST,
	REPO_COMPRESS_BETTER, REPO_COMPRESS_MAX
};

#define REPO_PACK_SIZE		((size_t)16 << 20)	/* default */
#define REPO_PACK_SIZE_MIN	((size_t)4 << 20)
#define REPO_PACK_SIZE_MAX	((size_t)128 << 20)
#define REPO_UNPACKED_MAX	((size_t)512 << 20)	/* an index, decompressed */

struct repo_options {
	const void	*password;	/* wiped by nobody here */
	size_t		 password_len;
	const char	*key_hint;	/* id or its beginning, or NULL */
	const char	*cache_dir;	/* restic's; NULL: no cache */
	enum repo_compression compression;
	size_t		 pack_size;	/* 0: default */
	int		 no_verify;	/* do not open again what was sealed */
	int		 locks;		/* lock_take comes next: who else is there may
					 * be asked along with the config */
	int (*stop)(void *arg);
	void		*stop_arg;
	/* What is wrong and yet keeps nothing from being done: there is no cache.
	 * Asked while it is opened only.  May be NULL. */
	void (*warn)(void *arg, const char *text);
	void		*warn_arg;
};

struct repo {
	struct store	*store;		/* owned */
	unsigned	 version;	/* 1 or 2 */
	struct id	 id;
	uint64_t	 polynomial;
	struct seal_key	*key;		/* the master key, secret memory */
	struct id	 key_id;	/* the key file that opened it */
	struct cache	*cache;		/* NULL: none */
	struct index	*index;		/* NULL until repo_load_index */
	struct repo_options options;	/* without the password */
	struct hands	*hands;		/* to be borrowed; repo.c's own */
	struct wholes	*wholes;	/* packs that come; load_whole.c's own */
};

/*
 * Open: takes store over, also on failure.  ERR_ABSENT: there is no repository
 * (no config); ERR_PASSWORD: wrong password; ERR_USAGE: a version or a chunker
 * that we do not know.  Blocks for scrypt, half a second.
 */
int repo_open(struct store *store, const struct repo_options *o,
    struct repo **out, struct err *e);

/*
 * Make one in an empty store (store_create): version 2 (or 1), and the chunker
 * polynomial of `like`, or a random one if that is NULL.  ERR_EXISTS if there
 * is a config, a snapshot or a key; but a key file alone, which the password
 * opens, is what an init left that was cut short, and is gone on with.  Takes store over, also on failure.
 */
int repo_init(struct store *store, const struct repo_options *o,
    unsigned version, const struct repo *like, struct repo **out,
    struct err *e);
void repo_close(struct repo *r);		/* NULL is fine */

/* The index of all packs (index.h), brought up to date with the store. */
int repo_load_index(struct repo *r, struct err *e);

/*
 * Whole files in the "unpacked" envelope (index, snapshot, lock; the config is
 * never compressed): sealed JSON.  The id is that of the stored bytes.
 * repo_get goes through the cache where the kind is cached.
 */
int repo_get(struct repo *r, enum store_kind kind, const struct id *id,
    struct buf *out, struct err *e);
int repo_put(struct repo *r, enum store_kind kind, const void *json,
    size_t len, struct id *id, struct err *e);
int repo_remove(struct repo *r, enum store_kind kind, const struct id *id,
    struct err *e);

/*
 * The one file of a kind whose name begins with these hex digits: ERR_NOENT,
 * or ERR_USAGE if there are several.
 */
int repo_find(struct repo *r, enum store_kind kind, const char *prefix,
    struct id *out, struct err *e);

/*
 * What one thread needs for its work: cipher, hash and zstd contexts, made once
 * and reused.  A hand belongs to one thread at a time.
 */
struct repo_hand;
struct repo_hand *repo_hand_new(const struct repo *r);
void repo_hand_free(struct repo_hand *h);	/* NULL is fine */

#endif
