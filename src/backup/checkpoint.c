/* checkpoint.c -- snapshots of what is done so far. */
#include <string.h>

#include "backup/checkpoint.h"
#include "backup/folder.h"
#include "backup/impl.h"
#include "backup/parent.h"
#include "repo/repo.h"
#include "util/time.h"
#include "util/xalloc.h"

/* Blobs that were saved so far. */
static uint64_t
saved(struct run *r)
{
	struct saver_totals t;

	saver_totals(r->saver, &t);
	return t.blobs[BLOB_DATA] + t.blobs[BLOB_TREE];
}

static int
is_off(const struct run *r)
{
	return r->o->checkpoint < 0 || r->o->dry_run ||
	    r->o->stdin_name != NULL;
}

/* The tags, and ours. */
static char **
tags_with_ours(struct run *r)
{
	const char *const *tags = r->o->tags;
	char **v;
	size_t n = 0, i;

	while (tags != NULL && tags[n] != NULL)
		n++;
	v = arena_alloc(&r->arena, (n + 2) * sizeof(*v));
	for (i = 0; i < n; i++)
		v[i] = arena_str(&r->arena, tags[i]);
	v[n] = arena_str(&r->arena, BACKUP_PARTIAL);
	return v;
}

static void
write(struct run *r)
{
	static char mark[] = "," PARENT_MARK;
	struct snapshot s;
	struct id tree;
	struct err e = {0};

	r->checkpoint_blobs = saved(r);
	if (folder_partial(r, r->me.hand, &tree) != 1)
		return;
	/* Also what others had claimed, and the tree counts on, is durable
	 * after this. */
	if (saver_flush(r->saver, &e) < 0) {
		run_fail(r, &e);
		return;
	}
	run_snapshot(r, &s);
	s.tags = tags_with_ours(r);
	s.tree = tree;
	s.has_parent = r->parents.has;
	s.parent = r->parents.id;
	s.unknown = mark;
	if (snapshot_save(r->repo, &s, &e) < 0) {
		run_note(r, "no checkpoint could be written: %s", e.text);
		return;
	}
	if (r->has_checkpoint)
		repo_remove(r->repo, STORE_SNAPSHOT, &r->checkpoint, NULL);
	r->has_checkpoint = 1;
	r->checkpoint = s.id;
}

void
checkpoint_now(struct run *r)
{
	if (is_off(r) || saved(r) == r->checkpoint_blobs)
		return;
	write(r);
	r->checkpoint_at = time_mono();
}

void
checkpoint_if_due(struct run *r)
{
	int64_t every = r->o->checkpoint > 0 ? r->o->checkpoint :
	    BACKUP_CHECKPOINT;

	if (time_mono() - r->checkpoint_at < every)
		return;
	r->checkpoint_at = time_mono();
	checkpoint_now(r);
}

void
checkpoint_clear(struct run *r)
{
	struct err e = {0};
	size_t i;

	if (r->has_checkpoint && repo_remove(r->repo, STORE_SNAPSHOT,
	    &r->checkpoint, &e) < 0)
		run_note(r, "the checkpoint stays: %s", e.text);
	r->has_checkpoint = 0;
	for (i = 0; i < r->parents.n_checkpoints; i++)
		if (repo_remove(r->repo, STORE_SNAPSHOT,
		    &r->parents.checkpoints[i], &e) < 0)
			run_note(r, "an earlier checkpoint stays: %s", e.text);
}
