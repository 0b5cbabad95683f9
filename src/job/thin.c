/* thin.c -- see thin.h. */
#include <stdlib.h>

#include "backup/entry.h"
#include "backup/entry_keep.h"
#include "job/do_impl.h"
#include "job/settings.h"
#include "job/thin.h"
#include "repo/lock.h"
#include "repo/prune.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/size.h"
#include "util/xalloc.h"

#define PAYS_PERCENT	5	/* pruning pays from this share of all */
#define PAYS_BYTES	((uint64_t)1 << 30)	/* or from this much */

/* ---- pruning ---- */
static int
pays(const struct prune_stats *s)
{
	uint64_t gone = s->remove.bytes + s->repack_removes.bytes +
	    s->unreferenced;
	uint64_t all = s->used.bytes + s->unused.bytes + s->duplicate.bytes +
	    s->unreferenced;

	return gone >= PAYS_BYTES || (gone > 0 && gone / PAYS_PERCENT >= all / 100);
}

static void
tell_pruned(struct doing *g, const char *name, const struct prune_stats *s)
{
	CLEAN_BUF struct buf b = {0};

	buf_addf(&b, "%s: pruned, ", name);
	size_print(&b, s->remove.bytes + s->repack_removes.bytes +
	    s->unreferenced);
	buf_adds(&b, " are free again");
	doing_note(g, LOG_INFO, buf_str(&b));
}

void
thin_prune(struct doing *g, struct repo *r, const char *name)
{
	struct prune_options o = { .small = prune_small(r, 0) };
	struct prune_stats s;
	struct prune *p = NULL;
	struct err why = {0};
	int ret = prune_parse_unused("5%", &o, &why);

	if (ret == 0)
		ret = repo_load_index(r, &why);
	if (ret == 0)
		ret = prune_plan(r, &o, &p, &why);
	if (ret == 0) {
		prune_stats(p, &s);
		if (pays(&s) && (ret = prune_do(p, &why)) == 0)
			tell_pruned(g, name, &s);
	}
	if (ret < 0) {
		err_wrap(&why, "%s: prune", name);
		doing_note(g, LOG_WARNING, why.text);
	}
	prune_free(p);
}

/* ---- copies in another place ---- */
int
thin_applies(const struct backup_entry *b, const struct backup_entry *to)
{
	return b->has_keep && to->prune != BACKUP_PRUNE_NEVER;
}

/* How many went, or -1. */
static int
forget(const struct doing *g, const struct backup_entry *b, struct repo *r,
    struct err *e)
{
	CLEAN_FREE unsigned char *gone = NULL;
	struct snapshots l = {0};
	int ret, n = 0;
	size_t i;

	ret = backup_entry_snapshots(b, r, &l, e);
	gone = xalloc(l.n + 1);
	if (ret == 0)
		ret = backup_entry_decide(b, &l, doing_now(g), 0, gone, e);
	for (i = 0; i < l.n && ret == 0; i++) {
		if (!gone[i])
			continue;
		ret = repo_remove(r, STORE_SNAPSHOT, &l.v[i].id, e);
		n += ret == 0;
	}
	snapshots_fini(&l);
	return ret < 0 ? -1 : n;
}

void
thin_target(struct doing *g, const struct job *to, struct repo *r)
{
	const struct backup_entry *b = g->part->job->backup;
	CLEAN_BUF struct buf what = {0};
	struct err why = {0};
	struct lock *lock;
	int n;

	if (!thin_applies(b, to->backup))
		return;
	n = lock_take(r, 1, b->retry_lock, &lock, &why);
	if (n == 0) {
		n = forget(g, b, r, &why);
		if (n > 0)
			buf_addf(&what, "%s: %d snapshot%s forgotten in %s",
			    b->name, n, n == 1 ? "" : "s", to->name);
		if (n > 0)
			doing_note(g, LOG_INFO, buf_str(&what));
		if (n > 0 && b->prune == BACKUP_PRUNE_AUTO && !lock_lost(lock))
			thin_prune(g, r, to->name);
		lock_release(lock);
	}
	if (n < 0) {
		err_wrap(&why, "%s: forget in %s", b->name, to->name);
		doing_note(g, LOG_WARNING, why.text);
	}
}
