/*
 * arrivals_ours.c -- what fettle itself brings into watched folders, as the
 * journal tells it.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "daemon/impl.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "watch/ours.h"
#include "watch/watcher.h"

/* Does an entry of this kind bring something to its target? */
static int
brings(const struct entry *en)
{
	switch (en->kind) {
	case ENTRY_MOVE:
	case ENTRY_COPY:
	case ENTRY_MKDIR:
	case ENTRY_TREE:
	case ENTRY_WRITE:
	case ENTRY_LINK:
	case ENTRY_SYMLINK:
	case ENTRY_UNBUNDLE:
		return *en->to != '\0' && *en->to_dir == '/';
	default:
		return 0;
	}
}

static void
expect(struct arrivals *a, const struct catalog_batch *b)
{
	struct batch_reader *r;
	struct entry en;
	struct err e = {0};
	size_t i = 0, before = ours_len(a->ours);

	if (batch_read(b->bytes, b->len, &r, &e) < 0)
		return;
	for (; batch_next(r, &en, &e) == 1; i++) {
		CLEAN_FREE char *path = NULL;
		int moves = en.kind == ENTRY_MOVE &&
		    !(en.flags & (ENTRY_STAGED | ENTRY_DIR));

		if (!brings(&en) || !watcher_has(a->watcher, en.to_dir))
			continue;
		path = xasprintf("%s/%s", strcmp(en.to_dir, "/") == 0 ? "" :
		    en.to_dir, en.to);
		ours_expect(a->ours, b->id, i, path, moves ? &en.id : NULL);
	}
	batch_reader_free(r);
	if (ours_len(a->ours) == before)
		return;
	XGROW(a->heard, a->n_heard, a->cap_heard);
	a->heard[a->n_heard++] = (struct heard){ b->id, b->n };
}

struct ended {
	struct arrivals	*a;
	struct result	*v;
	size_t		 n;
};

static int
was_done(void *arg, size_t i, const char *path)
{
	const struct ended *x = arg;

	if (i >= x->n || x->v[i].outcome != OUTCOME_DONE)
		return 0;
	watcher_seen(x->a->watcher, path);
	return 1;
}

static void
not_ours(void *arg, const char *path)
{
	struct ended *x = arg;

	arrivals_touch(x->a, path, time_mono(), 0);
}

static void
end_batch(struct arrivals *a, size_t i, const struct catalog_batch *b)
{
	struct ended x = { .a = a, .n = a->heard[i].n };
	struct err e = {0};

	x.v = xallocn(x.n + 1, sizeof(*x.v));
	if (results_unpack(b->results, b->results_len, x.v, x.n, &e) < 0)
		x.n = 0;
	ours_ended(a->ours, b->id, was_done, not_ours, &x);
	a->heard[i] = a->heard[--a->n_heard];
	free(x.v);
}

void
arrivals_hear(void *arg, const struct catalog_batch *b)
{
	struct arrivals *a = arg;
	size_t i;

	if (a->watcher == NULL)
		return;
	if (b->phase == 0) {
		expect(a, b);
		return;
	}
	for (i = 0; i < a->n_heard && b->phase == 2; i++)
		if (a->heard[i].batch == b->id) {
			end_batch(a, i, b);
			return;
		}
}
