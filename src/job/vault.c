#include <stdlib.h>
#include <string.h>

#include "backup/entry.h"
#include "catalog/catalog.h"
#include "job/job.h"
#include "job/vault.h"
#include "repo/repo.h"
#include "store/store.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#define SPACE	"repository"	/* of the catalog: place -> repository id */

struct vault {
	struct vault	*next;
	const struct job *job;
	struct repo	*repo;		/* NULL: it cannot be opened, as was told */
};

/* Was a repository at this place used before? */
static int
is_known(struct hall *h, const struct backup_entry *b)
{
	CLEAN_BUF struct buf id = {0};
	struct err ignored = {0};

	return h->catalog != NULL && catalog_get(h->catalog, SPACE,
	    b->repository, &id, &ignored) == 1;
}

/* Remember it, but only where that can be written. */
static void
remember(struct hall *h, const struct backup_entry *b, const struct repo *r)
{
	struct err ignored = {0};
	char hex[ID_HEX];

	if (h->log == NULL || is_known(h, b))
		return;
	id_hex(&r->id, hex);
	catalog_put(h->catalog, SPACE, b->repository, hex, ID_HEX - 1, &ignored);
}

static int
absent(struct hall *h, const struct backup_entry *b, int *waiting,
    struct err *e)
{
	int known = is_known(h, b), far = store_is_far(b->repository);

	/* A disk may be unplugged; a server whose repository is gone is broken. */
	if (waiting != NULL)
		*waiting = known && !far;
	if (known)
		return err_set(e, ERR_ABSENT, far ? "its repository is not there "
		    "any more: %.300s" : "its repository is not there: %.300s",
		    b->repository);
	return err_set(e, ERR_ABSENT, "there is no repository at %.300s; make it: "
	    "fettle -b %.60s init", b->repository, b->name);
}

int
vault_is_there(struct hall *h, const struct job *j, int *waiting, struct err *e)
{
	struct store_name config = { .kind = STORE_CONFIG };
	struct store *s;
	struct err why = {0};
	struct repo *r;
	uint64_t size;
	int got;

	if (waiting != NULL)
		*waiting = 0;
	/* To be there and back takes as long as to open it for good. */
	if (store_is_far(j->backup->repository))
		return vault_open(h, j, &r, waiting, e);
	if (store_open(j->backup->repository, NULL, &s, &why) < 0) {
		if (why.kind == ERR_ABSENT || why.kind == ERR_NOENT)
			return absent(h, j->backup, waiting, e);
		*e = why;
		return -1;
	}
	got = store_size(s, &config, &size, &why);
	store_close(s);
	if (got == 0)
		return 0;
	if (why.kind == ERR_NOENT)
		return absent(h, j->backup, waiting, e);
	*e = why;
	return -1;
}

static int
open_it(struct hall *h, const struct job *j, const struct backup_open *o,
    struct repo **out, int *waiting, struct err *e)
{
	struct err why = {0};

	if (!store_is_far(j->backup->repository))
		return vault_is_there(h, j, waiting, e) < 0 ? -1 :
		    backup_entry_open(j->backup, o, out, e);
	if (waiting != NULL)
		*waiting = 0;
	if (backup_entry_open(j->backup, o, out, &why) == 0)
		return 0;
	if (why.kind == ERR_ABSENT)
		return absent(h, j->backup, waiting, e);
	*e = why;
	return -1;
}

int
vault_open(struct hall *h, const struct job *j, struct repo **out, int *waiting,
    struct err *e)
{
	struct backup_open o = { .cache_dir = h->s->restic_cache,
	    .credentials_dir = h->s->credentials };
	struct vault *v;

	for (v = h->vaults; v != NULL; v = v->next)
		if (v->job == j && v->repo != NULL) {
			*out = v->repo;
			return 0;
		}
	if (open_it(h, j, &o, out, waiting, e) < 0)
		return -1;
	v = xalloc(sizeof(*v));
	*v = (struct vault){ h->vaults, j, *out };
	h->vaults = v;
	remember(h, j->backup, *out);
	return 0;
}

int
vault_index(struct hall *h, const struct job *j, struct repo **out,
    struct err *e)
{
	if (vault_open(h, j, out, NULL, e) < 0)
		return -1;
	return repo_load_index(*out, e);
}

/* ---- all of them ---- */
static int
is_the_same(const struct backup_entry *a, const struct backup_entry *b)
{
	const char *x = a->host != NULL ? a->host : "";
	const char *y = b->host != NULL ? b->host : "";

	return strcmp(a->repository, b->repository) == 0 && strcmp(x, y) == 0;
}

static int
was_before(const struct hall *h, const struct job *j)
{
	const struct job *k;

	for (k = h->s->jobs; k < j; k++)
		if (k->backup != NULL && is_the_same(k->backup, j->backup))
			return 1;
	return 0;
}

static int
has_failed(const struct hall *h, const struct job *j)
{
	const struct vault *v;

	for (v = h->vaults; v != NULL; v = v->next)
		if (v->job == j && v->repo == NULL)
			return 1;
	return 0;
}

int
vault_ask(struct hall *h, const struct job *j, struct repo **out,
    struct err *e)
{
	struct err why = {0};
	struct vault *v;

	if (was_before(h, j) || has_failed(h, j))
		return 0;
	if (vault_index(h, j, out, &why) == 0)
		return 1;
	if (why.kind == ERR_ABSENT)
		return 0;
	v = xalloc(sizeof(*v));
	*v = (struct vault){ h->vaults, j, NULL };
	h->vaults = v;
	*e = why;
	return -1;
}

void
vaults_close(struct hall *h)
{
	struct vault *v;

	while ((v = h->vaults) != NULL) {
		h->vaults = v->next;
		repo_close(v->repo);
		free(v);
	}
}
