/* restore_window.c -- files and the blobs they want; see restore_window.h. */
#include <stdlib.h>
#include <string.h>

#include "backup/restore_window.h"
#include "util/xalloc.h"

size_t
window_weight(const struct window *w)
{
	return w->records.len + w->n_files * sizeof(*w->files) +
	    w->n_uses * (sizeof(*w->uses) + sizeof(*w->ids)) +
	    w->n_links * sizeof(*w->links) + w->opens;
}

static uint32_t
pack_number(struct window *w, const struct id *pack)
{
	uint64_t *n;
	int added;

	if (w->n_packs > 0 && id_equal(&w->packs[w->n_packs - 1], pack))
		return (uint32_t)(w->n_packs - 1);
	n = map_add(&w->pack_numbers, pack->b, ID_LEN, &added);
	if (added) {
		*n = w->n_packs;
		XGROW(w->packs, w->n_packs, w->cap_packs);
		w->packs[w->n_packs++] = *pack;
	}
	return (uint32_t)*n;
}

void
window_use(struct window *w, uint32_t file, uint64_t at, const struct id *id,
    const struct blob_at *where)
{
	XGROW(w->uses, w->n_uses, w->cap_uses);
	XGROW(w->ids, w->n_ids, w->cap_ids);
	w->uses[w->n_uses++] = (struct use){
		.at = at, .pack = pack_number(w, &where->pack),
		.offset = where->offset, .length = where->length,
		.plain = where->plain | (where->compressed ? USE_ZIPPED : 0),
		.file = file, .id = (uint32_t)w->n_ids,
	};
	w->ids[w->n_ids++] = *id;
}

void
window_where(const struct window *w, const struct use *u, struct blob_at *out)
{
	*out = (struct blob_at){ .pack = w->packs[u->pack],
	    .offset = u->offset, .length = u->length, .plain = use_plain(u),
	    .compressed = (u->plain & USE_ZIPPED) != 0 };
}

static int
by_place(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->pack != y->pack)
		return x->pack < y->pack ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Only those that are still wanted. */
static void
keep_wanted(struct window *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->n_uses; i++)
		if (w->uses[i].pack != USE_NOT)
			w->uses[n++] = w->uses[i];
	w->n_uses = n;
}

static int
is_sorted(const struct window *w)
{
	size_t i;

	for (i = 1; i < w->n_uses; i++)
		if (by_place(&w->uses[i - 1], &w->uses[i]) > 0)
			return 0;
	return 1;
}

/* Where a part that begins with use i ends. */
static size_t
part_end(const struct window *w, size_t i, uint32_t gap, size_t max)
{
	const struct use *first = &w->uses[i], *u;
	uint64_t end = (uint64_t)first->offset + first->length;

	for (i++; i < w->n_uses; i++) {
		u = &w->uses[i];
		if (u->pack != first->pack || u->offset > end + gap ||
		    (uint64_t)u->offset + u->length - first->offset > max)
			break;
		if (end < (uint64_t)u->offset + u->length)
			end = (uint64_t)u->offset + u->length;
	}
	/* The same blob again belongs to it, however long it is. */
	while (i < w->n_uses && w->uses[i].pack == first->pack &&
	    w->uses[i].offset == w->uses[i - 1].offset)
		i++;
	return i;
}

void
window_sort(struct window *w, uint32_t gap, size_t max)
{
	size_t i, end;

	keep_wanted(w);
	if (!is_sorted(w))
		qsort(w->uses, w->n_uses, sizeof(*w->uses), by_place);
	for (i = 0; i < w->n_uses; i = end) {
		end = part_end(w, i, gap, max);
		XGROW(w->parts, w->n_parts, w->cap_parts);
		w->parts[w->n_parts++] = (struct part){ (uint32_t)i,
		    (uint32_t)(end - i) };
	}
}

void
window_reset(struct window *w)
{
	size_t i;

	for (i = 0; i < w->n_links; i++)
		free(w->links[i].from);
	map_fini(&w->pack_numbers);
	w->pack_numbers = (struct map){0};
	buf_reset(&w->records);
	w->n_files = w->n_uses = w->n_ids = w->n_packs = w->n_parts = 0;
	w->n_links = w->opens = 0;
}

void
window_fini(struct window *w)
{
	window_reset(w);
	buf_fini(&w->records);
	free(w->files);
	free(w->uses);
	free(w->ids);
	free(w->packs);
	free(w->parts);
	free(w->links);
}
