/* claim.c -- folders that somebody works on, and no second one meanwhile. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/claim.h"
#include "catalog/impl.h"
#include "util/quote.h"
#include "util/xalloc.h"

static size_t
bare_len(const char *path)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	return len;
}

int
claim_overlap(const char *a, const char *b)
{
	size_t la = bare_len(a), lb = bare_len(b);
	size_t least = la < lb ? la : lb;
	const char *longer = la < lb ? b : a;

	if (memcmp(a, b, least) != 0)
		return 0;
	return la == lb || longer[least] == '/';
}

/* The first path of cl that one of paths overlaps, or NULL. */
static const char *
conflict(const struct claim *cl, const char *const *paths)
{
	size_t i, k;

	for (i = 0; cl->paths[i] != NULL; i++)
		for (k = 0; paths[k] != NULL; k++)
			if (claim_overlap(cl->paths[i], paths[k]))
				return cl->paths[i];
	return NULL;
}

static char **
copy_paths(const char *const *paths)
{
	size_t n = 0, i;
	char **copy;

	while (paths[n] != NULL)
		n++;
	copy = xallocn(n + 1, sizeof(*copy));
	for (i = 0; i < n; i++)
		copy[i] = xstrdup(paths[i]);
	return copy;
}

int
claims_add(struct claims *cs, uint64_t who, pid_t pid, const char *what,
    const char *const *paths, struct err *e)
{
	char q[QUOTE_SIZE];
	const char *path;
	size_t i;

	for (i = 0; i < cs->n; i++) {
		if (cs->v[i].who == who)
			continue;
		path = conflict(&cs->v[i], paths);
		if (path != NULL)
			return err_set(e, ERR_LOCKED, "pid %ld (%s) is at work "
			    "in %s", (long)cs->v[i].pid, cs->v[i].what,
			    quote_to(q, sizeof(q), path));
	}
	XGROW(cs->v, cs->n, cs->cap);
	cs->v[cs->n++] = (struct claim){ .who = who, .pid = pid,
	    .what = xstrdup(what), .paths = copy_paths(paths) };
	return 0;
}

static void
claim_fini(struct claim *cl)
{
	char **p;

	for (p = cl->paths; *p != NULL; p++)
		free(*p);
	free(cl->paths);
	free(cl->what);
}

void
claims_remove(struct claims *cs, uint64_t who)
{
	size_t i, kept = 0;

	for (i = 0; i < cs->n; i++)
		if (cs->v[i].who == who)
			claim_fini(&cs->v[i]);
		else
			cs->v[kept++] = cs->v[i];
	cs->n = kept;
}

void
claims_fini(struct claims *cs)
{
	while (cs->n > 0)
		claim_fini(&cs->v[--cs->n]);
	free(cs->v);
	*cs = (struct claims){0};
}

int
catalog_claim(struct catalog *c, const char *what, const char *const *paths,
    struct err *e)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};
	size_t n;
	int r;

	if (c->owner) {
		pthread_mutex_lock(&c->claim_lock);
		r = claims_add(&c->claims, 0, getpid(), what, paths, e);
		pthread_mutex_unlock(&c->claim_lock);
		return r;
	}
	for (n = 0; paths[n] != NULL; n++)
		;
	pack_str(&req, what);
	pack_u64(&req, n);
	for (n = 0; paths[n] != NULL; n++)
		pack_str(&req, paths[n]);
	return catalog_call(c, VERB_CLAIM, &req, &reply, e);
}

/* An absolute path, or a repository elsewhere: "s3:https://host/bucket". */
static int
is_claimable(const char *path)
{
	return *path == '/' || strcspn(path, ":") < strcspn(path, "/");
}

int
do_claim(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	char *what = unpack_str(req), **paths = NULL;
	uint64_t n = unpack_u64(req), i;
	int r = -1;

	(void)reply;
	if (n > CLAIM_PATHS_MAX) {
		req->bad = 1;
		n = 0;
	}
	paths = xallocn((size_t)n + 1, sizeof(*paths));
	for (i = 0; i < n && !req->bad; i++) {
		paths[i] = unpack_str(req);
		if (paths[i] != NULL && !is_claimable(paths[i]))
			req->bad = 1;
	}
	if (unpack_end(req) < 0)
		catalog_bad_request(e);
	else {
		pthread_mutex_lock(&c->claim_lock);
		r = claims_add(&c->claims, c->asker, c->asker_pid, what,
		    (const char *const *)paths, e);
		pthread_mutex_unlock(&c->claim_lock);
	}
	for (i = 0; i < n; i++)
		free(paths[i]);
	free(paths);
	free(what);
	return r;
}

void
catalog_unclaim(struct catalog *c)
{
	CLEAN_BUF struct buf req = {0}, reply = {0};

	if (c->owner)
		claims_go(c, 0, 0);
	else
		catalog_call(c, VERB_UNCLAIM, &req, &reply, NULL);
}

int
do_unclaim(struct catalog *c, struct unpack *req, struct buf *reply,
    struct err *e)
{
	(void)reply;
	if (unpack_end(req) < 0)
		return catalog_bad_request(e);
	claims_go(c, c->asker, 0);
	return 0;
}

void
claims_come(struct catalog *c)
{
	pthread_mutex_lock(&c->claim_lock);
	c->guests++;
	pthread_mutex_unlock(&c->claim_lock);
}

void
claims_go(struct catalog *c, uint64_t who, int was_guest)
{
	pthread_mutex_lock(&c->claim_lock);
	claims_remove(&c->claims, who);
	c->guests -= was_guest != 0;
	pthread_mutex_unlock(&c->claim_lock);
}

size_t
catalog_guests(struct catalog *c)
{
	size_t n;

	pthread_mutex_lock(&c->claim_lock);
	n = c->guests;
	pthread_mutex_unlock(&c->claim_lock);
	return n;
}
