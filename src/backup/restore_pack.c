/*
 * restore_pack.c -- blobs out of a stretch of a pack, to the files that want
 * them.
 *
 * The stretch is read at once; or, where one request can bring a whole pack, as it
 * comes, and no more of it is in memory than one blob.  If that fails, or a blob in
 * it is not what it should be, each blob is asked for by itself, which tries every
 * place where it lies; what is nowhere is told of the files that want it.
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
#include "util/xalloc.h"

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
	    w->r->pick, &rec);
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
	record_read(win->records.data + f->record, f->record_len, NULL,
	    w->r->pick, &rec);
	small_fail(w, f, &rec, why);
}

/* Open the blob where it lies: 0 and its bytes, or -1. */
static int
open_here(struct rworker *w, const struct window *win, const struct use *u,
    void *sealed, const void **plain, struct err *e)
{
	struct blob_at at;

	window_where(win, u, &at);
	return load_open_here(w->hand, &win->ids[u->id], &at, sealed, &w->plain,
	    plain, e);
}

/* The blob of these n uses; sealed: its bytes, or NULL. */
static void
blob(struct rworker *w, struct window *win, const struct use *u, size_t n,
    void *sealed)
{
	const struct id *id = &win->ids[u->id];
	size_t len = use_plain(u), i;
	const void *plain = NULL;
	struct err e = {0};
	int r = -1;

	if (sealed != NULL)
		r = open_here(w, win, u, sealed, &plain, &e);
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

static struct store_name
pack_of(const struct window *win, const struct use *u)
{
	struct store_name name = { .kind = STORE_PACK };

	memcpy(name.id, win->packs[u->pack].b, sizeof(name.id));
	return name;
}

/* How many bytes the part has. */
static uint64_t
length_of(const struct window *win, const struct part *p)
{
	const struct use *u = &win->uses[p->first];
	uint64_t end = 0;
	uint32_t i;

	for (i = 0; i < p->n; i++)
		if (end < (uint64_t)u[i].offset + u[i].length)
			end = (uint64_t)u[i].offset + u[i].length;
	return end - u->offset;
}

/* Read it all: its bytes, or NULL. */
static unsigned char *
fetch(struct rworker *w, const struct window *win, const struct part *p)
{
	const struct use *u = &win->uses[p->first];
	struct store_name name = pack_of(win, u);
	uint64_t end = length_of(win, p);

	/* What no index of ours says is left to load_blob's own words. */
	if (end > (uint64_t)BLOB_PLAIN_MAX + SEAL_OVERHEAD)
		return NULL;
	if (w->part.cap < end)
		buf_fini(&w->part);	/* its bytes are of no more use */
	buf_room(&w->part, (size_t)end);
	return store_get(w->r->repo->store, &name, u->offset, w->part.data,
	    (size_t)end, NULL) < 0 ? NULL : w->part.data;
}

/* ---- as it comes ---- */
struct flow {
	struct rworker	*w;
	struct window	*win;
	size_t		 i, end;	/* uses to come */
	uint64_t	 at;		/* in the pack: the next byte that comes */
};

/* A connection waits for us: what would want another one is put off. */
static void
put_off(struct flow *f)
{
	struct rworker *w = f->w;

	XGROW(w->late, w->n_late, w->cap_late);
	w->late[w->n_late++] = f->i;
	f->i += same_blob(f->win, f->i, f->end);
}

static void
one_came(struct flow *f)
{
	struct rworker *w = f->w;
	const struct use *u = &f->win->uses[f->i];
	size_t n = same_blob(f->win, f->i, f->end), k;
	const void *plain;

	if (open_here(w, f->win, u, w->part.data, &plain, NULL) < 0) {
		put_off(f);
	} else {
		for (k = 0; k < n; k++)
			hand_over(w, f->win, &u[k], plain, use_plain(u));
		f->i += n;
	}
	buf_reset(&w->part);
}

/* Room for it, and not for the old and the new at once. */
static void
make_room(struct buf *b, size_t len)
{
	if (b->len == 0 && b->cap < len)
		buf_fini(b);
	buf_room(b, len - b->len);
}

static int
take(void *arg, const void *data, size_t len)
{
	struct flow *f = arg;
	struct buf *b = &f->w->part;
	const char *from = data;
	const struct use *u;
	size_t n;

	while (len > 0 && f->i < f->end && !restore_over(f->w->r)) {
		u = &f->win->uses[f->i];
		if (u->length > BLOB_PLAIN_MAX + SEAL_OVERHEAD ||
		    f->at > (uint64_t)u->offset + b->len) {
			put_off(f);	/* the index cannot be right */
			continue;
		}
		n = f->at < u->offset ? u->offset - (size_t)f->at :
		    u->length - b->len;
		if (n > len)
			n = len;
		if (f->at >= u->offset) {
			make_room(b, u->length);
			buf_add(b, from, n);
		}
		f->at += n;
		from += n;
		len -= n;
		if (b->len == u->length)
			one_came(f);
	}
	return restore_over(f->w->r);
}

static void
flow(struct rworker *w, struct window *win, const struct part *p)
{
	const struct use *u = &win->uses[p->first];
	struct flow f = { w, win, p->first, p->first + p->n, u->offset };
	struct store_name name = pack_of(win, u);
	size_t i;

	w->n_late = 0;
	buf_reset(&w->part);
	(void)store_flow(w->r->repo->store, &name, u->offset,
	    length_of(win, p), take, &f, NULL);
	while (f.i < f.end)		/* what did not come */
		put_off(&f);
	for (i = 0; i < w->n_late && !restore_over(w->r); i++) {
		u = &win->uses[w->late[i]];
		blob(w, win, u, same_blob(win, w->late[i], f.end), NULL);
	}
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
	if (w->r->flows) {
		flow(w, win, p);
		return;
	}
	data = fetch(w, win, p);
	for (; i < end && !restore_over(w->r); i += n) {
		n = same_blob(win, i, end);
		blob(w, win, &win->uses[i], n, data == NULL ? NULL :
		    data + (win->uses[i].offset - from));
	}
}
