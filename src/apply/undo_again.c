/*
 * undo_again.c -- what an undo brought back from another file system is another
 * file than it was, with the same bytes.  The note of a copy or link that the
 * undo deleted knows the original as it was before; the undo of that undo asks
 * here what it is now.
 *
 * The journal of the run that is taken back tells: each move of its own that ended
 * with a new identity, and what it did with that file next.  Whoever changed or
 * replaced it since is seen by its identity, size and time, as ever.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/undo_impl.h"
#include "catalog/catalog.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/xalloc.h"

void
returned_fini(struct returned *r)
{
	map_fini(&r->at);
	free(r->v);
}

static void
put(struct returned *r, const char *dir, const char *name,
    const struct fs_id *id)
{
	CLEAN_BUF struct buf key = {0};

	buf_addf(&key, "%s/%s", dir, name);
	XGROW(r->v, r->n, r->cap);
	r->v[r->n] = *id;
	map_put(&r->at, key.data, key.len, r->n++);
}

static const struct fs_id *
get(const struct returned *r, const char *dir, const char *name)
{
	CLEAN_BUF struct buf key = {0};
	const uint64_t *at;

	buf_addf(&key, "%s/%s", dir, name);
	at = map_get(&r->at, key.data, key.len);
	return at != NULL ? &r->v[*at] : NULL;
}

static void
note_entry(struct returned *r, const struct entry *en,
    const struct result *res)
{
	const struct fs_id *known;

	if (en->kind != ENTRY_MOVE || en->flags & ENTRY_DIR ||
	    res->outcome != OUTCOME_DONE)
		return;
	known = get(r, en->from_dir, en->from);
	if (res->id.ino != 0)
		put(r, en->to_dir, en->to, &res->id);
	else if (known != NULL && fs_id_same(known, &en->id))
		put(r, en->to_dir, en->to, &en->id);
}

static int
note_batch(struct returned *r, const struct kept *b, struct err *e)
{
	struct result *res = xallocn(b->n + 1, sizeof(*res));
	struct batch_reader *reader = NULL;
	struct entry en;
	size_t i;
	int ret = 0;

	if (b->results_len > 0)
		ret = results_unpack(b->results, b->results_len, res, b->n, e);
	if (ret == 0)
		ret = batch_read(b->bytes, b->len, &reader, e);
	for (i = 0; ret == 0 && i < b->n; i++) {
		ret = batch_next(reader, &en, e) == 1 ? 0 : -1;
		if (ret == 0)
			note_entry(r, &en, &res[i]);
	}
	batch_reader_free(reader);
	free(res);
	return ret;
}

int
undo_returned(struct undoing *u, const char *dir, const char *name,
    const struct fs_id *was, struct fs_id *now)
{
	struct returned *r = &u->returned;
	const struct fs_id *id;
	size_t i;

	/* Of the batches before the one in hand all are still here. */
	for (i = 0; !r->known && i < u->n; i++)
		if (note_batch(r, &u->batches[i], u->e) < 0)
			return -1;
	r->known = 1;
	id = get(r, dir, name);
	if (id == NULL || id->size != was->size || id->mtime != was->mtime)
		return 0;
	*now = *id;
	return 1;
}
