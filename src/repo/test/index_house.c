#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "repo/cache.h"
#include "repo/repo_impl.h"
#include "repo/test/index_house.h"
#include "util/buf.h"
#include "util/xalloc.h"

/* One key for all, so that they read each other's files. */
struct repo *
house_repo(struct store *s, const char *cache)
{
	struct repo *r = xalloc(sizeof(*r));
	struct buf why = {0};

	r->store = s;
	r->version = 2;
	r->key = secret_alloc(sizeof(*r->key));
	memset(r->key, 1, sizeof(*r->key));
	memset(&r->id, 2, sizeof(r->id));
	r->hands = repo_hands_new();
	if (cache != NULL) {
		r->cache = cache_open(cache, &r->id, &why);
		assert(r->cache != NULL);
	}
	buf_fini(&why);
	return r;
}

void
house_close(struct repo *r)
{
	index_free(r->index);
	cache_close(r->cache);
	repo_hands_free(r->hands);
	secret_free(r->key, sizeof(*r->key));
	free(r);
}
