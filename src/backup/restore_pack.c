/*
 * restore_pack.c -- blobs out of a stretch of a pack, to the files that want
 * them.
 *
 * The stretch is read at once.  If that fails, or a blob in it is not what it
 * should be, each blob is asked for by itself, which tries every place where it
 * lies; what is nowhere is told of the files that want it.
 */
#include <string.h>

#include "backup/restore_folder.h"
#include "backup/restore_impl.h"
#include "backup/restore_open.h"
#include "backup/restore_pack.h"
#include "backup/restore_record.h"
#include "backup/restore_small.h"
#include "backup/restore_window.h"
#include "crypto/seal.h"
#include "repo/load.h"
#include "repo/repo.h"

static void
hand_over(struct rworker *w, struct window *win, const struct use *u,
    const void *data, size_t len)
{
	struct rfile *f = &win->files[u->file];
	struct record rec;

	if (restore_over(w->r))
		return;
	if (f->open != NULL) {
		ropen_write(w, f->open, u->at, data, len);
		ropen_put(w, f->open, 1);
		return;
	}
	record_read(win->records.data + f->record, f->record_len, &w->arena,
	    &rec);
	small_put(w, f, &rec, data, len);
}

static void
fail(struct rworker *w, struct window *win, const struct use *u,
    const struct err *why)
{
	struct rfile *f = &win->files[u->file];
	struct record rec;

	if (restore_over(w->r))
		return;
	if (f->open != NULL) {
		ropen_break(w, f->open, why);
		ropen_put(w, f->open, 1);
		return;
	}
	record_read(win->records.data + f->record, f->record_len, NULL, &rec);
	small_fail(w, f, &rec, why);
}

/* The blob of these n uses; sealed: its bytes, or NULL. */
static void
blob(struct rworker *w, struct window *win, const struct use *u, size_t n,
    void *sealed)
{
	const struct id *id = &win->ids[u->id];
	size_t len = use_plain(u), i;
	const void *plain = NULL;
	struct blob_at at;
	struct err e = {0};
	int r = -1;

	window_where(win, u, &at);
	if (sealed != NULL)
		r = load_open_here(w->r->repo, w->hand, BLOB_DATA, id, &at,
		    sealed, &w->plain, &plain, &e);
	if (r < 0) {
		r = load_blob(w->r->repo, w->hand, BLOB_DATA, id, &w->plain, &e);
		plain = w->plain.data;
		if (r == 0 && w->plain.len != len)
			r = err_set(&e, ERR_CORRUPT, "the index gives a blob two "
			    "lengths");
	}
	for (i = 0; i < n; i++) {
		if (r == 0)
			hand_over(w, win, &u[i], plain, len);
		else
			fail(w, win, &u[i], &e);
	}
}

/* How many uses from i on are of the same blob. */
static size_t
same_blob(const struct window *win, size_t i, size_t end)
{
	size_t n = 1;

	while (i + n < end && win->uses[i + n].offset == win->uses[i].offset &&
	    id_equal(&win->ids[win->uses[i + n].id],
	    &win->ids[win->uses[i].id]))
		n++;
	return n;
}

/* Read it all: its bytes, or NULL. */
static unsigned char *
fetch(struct rworker *w, const struct window *win, const struct part *p)
{
	struct store_name name = { .kind = STORE_PACK };
	const struct use *u = &win->uses[p->first];
	uint64_t end = 0;
	uint32_t i;

	for (i = 0; i < p->n; i++)
		if (end < (uint64_t)u[i].offset + u[i].length)
			end = (uint64_t)u[i].offset + u[i].length;
	end -= u->offset;
	/* What no index of ours says is left to load_blob's own words. */
	if (end > (uint64_t)BLOB_PLAIN_MAX + SEAL_OVERHEAD)
		return NULL;
	memcpy(name.id, win->packs[u->pack].b, sizeof(name.id));
	w->part.len = 0;
	buf_room(&w->part, (size_t)end);
	return store_get(w->r->repo->store, &name, u->offset, w->part.data,
	    (size_t)end, NULL) < 0 ? NULL : w->part.data;
}

void
pack_part(struct rworker *w, struct window *win, size_t part)
{
	const struct part *p = &win->parts[part];
	size_t i = p->first, end = i + p->n, n;
	unsigned char *data;
	uint32_t from = win->uses[i].offset;

	if (restore_over(w->r))
		return;
	data = fetch(w, win, p);
	for (; i < end && !restore_over(w->r); i += n) {
		n = same_blob(win, i, end);
		blob(w, win, &win->uses[i], n, data == NULL ? NULL :
		    data + (win->uses[i].offset - from));
	}
}
