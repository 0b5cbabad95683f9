/*
 * repair_packs.c -- what can still be had of damaged packs: see repair.h.
 *
 * What lies in a pack is told by the index and by its own header; either may be
 * gone or wrong, so both are believed, and each blob proves itself by its id.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "repo/haul.h"
#include "repo/index_impl.h"
#include "repo/pack.h"
#include "repo/repair_impl.h"
#include "repo/repo.h"
#include "repo/save.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define WINDOW	((size_t)1 << 20)

/* ---- by the beginning of its id ---- */

struct search {
	const char	*prefix;
	size_t		 len;
	struct id	 id;
	int		 found, several;
};

static int
see_indexed(void *arg, const struct index_pack *p)
{
	struct search *s = arg;
	char hex[ID_HEX];

	id_hex(&p->id, hex);
	if (strncmp(hex, s->prefix, s->len) != 0)
		return 0;
	s->several |= s->found && !id_equal(&s->id, &p->id);
	s->found = 1;
	s->id = p->id;
	return 0;
}

int
repair_find_pack(struct repo *r, const char *prefix, struct id *out,
    struct err *e)
{
	struct search s = { .prefix = prefix, .len = strlen(prefix) };
	struct err why = {0};
	char q[QUOTE_SIZE];

	if (repo_find(r, STORE_PACK, prefix, out, &why) == 0)
		return 0;
	if (why.kind != ERR_NOENT || s.len == 0) {
		if (e != NULL)
			*e = why;
		return -1;
	}
	if (index_packs(r->index, see_indexed, &s, e) < 0)
		return -1;
	if (s.several)
		return err_set(e, ERR_USAGE, "%s is the beginning of several "
		    "packs", quote_to(q, sizeof(q), prefix));
	if (!s.found)
		return err_set(e, ERR_NOENT, "%s", why.text);
	*out = s.id;
	return 0;
}

/* ---- as it lies there ---- */

static int
write_at(int fd, const void *data, size_t len, uint64_t at, struct err *e)
{
	return fd_pwrite_full(fd, data, len, at) < 0 ?
	    err_sys(e, "keep a copy of a pack") : 0;
}

int
repair_keep_pack(struct repo *r, const struct id *pack, int fd,
    struct err *e)
{
	struct store_name n = { .kind = STORE_PACK };
	CLEAN_FREE unsigned char *data = xalloc(WINDOW);
	uint64_t size, at;
	size_t len, got = 0;

	memcpy(n.id, pack->b, ID_LEN);
	if (store_size(r->store, &n, &size, e) < 0)
		return e->kind == ERR_NOENT ? 1 : -1;
	for (at = 0; at < size; at += len) {
		len = size - at < WINDOW ? (size_t)(size - at) : WINDOW;
		if (store_get(r->store, &n, at, data, len, e) < 0) {
			if (e->kind == ERR_STOPPED)
				return -1;
			continue;
		}
		if (write_at(fd, data, len, at, e) < 0)
			return -1;
		got += len;
	}
	if (fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
		return err_sys(e, "keep a copy of a pack");
	return got == 0;
}

/* ---- salvage ---- */

struct entries {
	struct id	 pack;
	struct pack_entry *v;
	size_t		 n, cap;
};

struct salvage {
	struct repo	*r;
	const struct repair_watch *w;
	struct repair_packs *out;
	const struct id	*packs;		/* sorted */
	size_t		 n;
	struct entries	*of;		/* one each */
	struct saver	*saver;
	struct haul	*haul;
};

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, ID_LEN);
}

static const struct id *
find(const struct salvage *s, const struct id *pack)
{
	return bsearch(pack, s->packs, s->n, sizeof(*pack), by_id);
}

static int
is_ours(void *arg, const struct run *u, uint32_t pack)
{
	return find(arg, &u->is.packs[pack].id) != NULL;
}

static int
add_entry(void *arg, const struct pack_entry *p)
{
	struct entries *x = arg;

	XGROW(x->v, x->n, x->cap);
	x->v[x->n++] = *p;
	return 0;
}

static int
add_indexed(void *arg, const struct index_pack *p)
{
	struct salvage *s = arg;
	struct entries *x = &s->of[find(s, &p->id) - s->packs];
	size_t i;

	for (i = 0; i < p->n; i++)
		add_entry(x, &p->v[i]);
	return 0;
}

static int
by_place(const void *pa, const void *pb)
{
	const struct pack_entry *a = pa, *b = pb;

	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return id_cmp(&a->id, &b->id);
}

/* Mostly the index and the header say the same. */
static void
drop_twins(struct entries *x)
{
	size_t i, k = 0;

	if (x->n > 1)
		qsort(x->v, x->n, sizeof(*x->v), by_place);
	for (i = 0; i < x->n; i++)
		if (k == 0 || by_place(&x->v[k - 1], &x->v[i]) != 0 ||
		    x->v[k - 1].plain != x->v[i].plain)
			x->v[k++] = x->v[i];
	x->n = k;
}

static int
find_entries(struct salvage *s, struct err *e)
{
	struct repo_hand *h;
	struct err why;
	size_t i;

	if (index_each_whole(s->r->index, is_ours, s, add_indexed, s, e) != 0)
		return -1;
	h = repo_hand_new(s->r);
	for (i = 0; i < s->n; i++) {
		if (pack_read(s->r, h, &s->packs[i], 0, add_entry, &s->of[i],
		    &why) < 0)
			repair_tell(s->w, "%s; the index says what lies in it",
			    why.text);
		drop_twins(&s->of[i]);
	}
	repo_hand_free(h);
	return 0;
}

static int
lay_out(void *arg, struct haul *h, struct err *e)
{
	struct salvage *s = arg;
	struct pack_entry *v;
	size_t i;

	(void)e;
	for (i = 0; i < s->n; i++) {
		v = s->of[i].v;
		s->of[i].v = NULL;
		if (haul_put(h, &s->packs[i], v, s->of[i].n) < 0)
			return -1;
	}
	return 0;
}

static int
save_blob(void *arg, unsigned who, struct repo_hand *hand,
    const struct haul_blob *b, struct err *e)
{
	const struct pack_entry *x = b->entry;
	const struct blob_at at = { .length = x->length, .plain = x->plain,
	    .compressed = x->compressed };
	struct salvage *s = arg;

	(void)who;
	(void)hand;
	return saver_save_sealed(s->saver, x->type, &x->id, b->sealed, &at, e);
}

static int
is_elsewhere(void *arg, const struct blob_at *at)
{
	return find(arg, &at->pack) == NULL;
}

static int
on_bad(void *arg, const struct id *pack, const struct pack_entry *b,
    const struct err *why)
{
	struct salvage *s = arg;
	char hex[ID_HEX], in[ID_HEX];

	id_hex(&b->id, hex);
	id_hex(pack, in);
	if (index_all(s->r->index, b->type, &b->id, is_elsewhere, s) == 1) {
		s->out->elsewhere++;
		repair_tell(s->w, "%s blob %s of pack %.16s is damaged; it lies "
		    "in another pack, too", b->type == BLOB_TREE ? "tree" :
		    "data", hex, in);
		return 0;
	}
	s->out->lost++;
	repair_tell(s->w, "%s blob %s of pack %.16s is lost: %s",
	    b->type == BLOB_TREE ? "tree" : "data", hex, in, why->text);
	return 0;
}

static void
on_done(void *arg, uint64_t packs)
{
	const struct salvage *s = arg;

	repair_step(s->w, REPAIR_SALVAGE, packs, s->n);
}

static int
stays(void *arg, const struct id *pack)
{
	return find(arg, pack) == NULL;
}

static int
remove_packs(struct salvage *s, struct err *e)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (repo_remove(s->r, STORE_PACK, &s->packs[i], e) < 0)
			return -1;
		s->out->packs++;
	}
	return 0;
}

static int
salvage(struct salvage *s, struct err *e)
{
	const struct haul_work haul = { .lay_out = lay_out, .blob = save_blob,
	    .bad = on_bad, .done = on_done, .only_here = 1, .arg = s };
	struct saver_totals t;

	if (find_entries(s, e) < 0 || haul_run(s->r, &haul, e) < 0 ||
	    saver_flush(s->saver, e) < 0)
		return -1;
	saver_totals(s->saver, &t);
	s->out->saved = t.blobs[0] + t.blobs[1];
	if (repair_may_remove(s->w, e) < 0 ||
	    index_rewrite(s->r, 0, stays, s, e) < 0)
		return -1;
	return remove_packs(s, e);
}

int
repair_packs(struct repo *r, const struct id *packs, size_t n,
    const struct repair_watch *w, struct repair_packs *out, struct err *e)
{
	struct salvage s = { .r = r, .w = w, .out = out };
	CLEAN_FREE struct id *sorted = xallocn(n + 1, sizeof(*sorted));
	size_t i;
	int ret;

	*out = (struct repair_packs){0};
	for (i = 0; i < n; i++)
		sorted[i] = packs[i];
	if (n > 1)
		qsort(sorted, n, sizeof(*sorted), by_id);
	for (i = 0; i < n; i++)
		if (i == 0 || !id_equal(&sorted[s.n - 1], &sorted[i]))
			sorted[s.n++] = sorted[i];
	s.packs = sorted;
	s.of = xallocn(s.n + 1, sizeof(*s.of));
	ret = saver_new(r, &s.saver, e);
	if (ret == 0)
		ret = salvage(&s, e);
	saver_free(s.saver);
	for (i = 0; i < s.n; i++)
		free(s.of[i].v);
	free(s.of);
	return ret;
}
