/*
 * batch.c -- intents as bytes, written at the speed of the renames they
 * announce.  The format is told in codec.h.
 *
 * Folders and reasons are interned: told once, then by number.  Most entries
 * come from the same folder as the one before, so that is tried first.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/codec.h"
#include "catalog/entry.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/hash.h"
#include "util/pack.h"
#include "util/xalloc.h"

struct word {
	const char	*s;		/* NULL: a free place */
	size_t		 len;
	uint64_t	 hash;
	uint32_t	 number;
};

enum { LAST_FROM, LAST_TO, LAST_WHY, LASTS };

struct batch {
	struct buf	 out;
	struct arena	 strings;
	struct word	*table;		/* open addressing, at most half full */
	size_t		 cap;
	uint32_t	 words;
	struct word	 last[LASTS];
	struct fs_id	 prev;
	size_t		 n;
};

struct batch *
batch_new(void)
{
	struct batch *b = xalloc(sizeof(*b));

	b->cap = 256;
	b->table = xallocn(b->cap, sizeof(*b->table));
	batch_reset(b);
	return b;
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	buf_fini(&b->out);
	arena_fini(&b->strings);
	free(b->table);
	free(b);
}

void
batch_reset(struct batch *b)
{
	buf_reset(&b->out);
	memset(buf_room(&b->out, CODEC_HEADER), 0, CODEC_HEADER);
	b->out.len = CODEC_HEADER;
	arena_fini(&b->strings);
	memset(b->table, 0, b->cap * sizeof(*b->table));
	memset(b->last, 0, sizeof(b->last));
	b->words = 0;
	b->prev = (struct fs_id){0};
	b->n = 0;
}

static struct word *
find_place(struct word *table, size_t cap, uint64_t hash, const char *s,
    size_t len)
{
	struct word *w;
	size_t i;

	for (i = hash & (cap - 1);; i = (i + 1) & (cap - 1)) {
		w = &table[i];
		if (w->s == NULL || (w->hash == hash && w->len == len &&
		    memcmp(w->s, s, len) == 0))
			return w;
	}
}

static void
grow_table(struct batch *b)
{
	size_t i, cap = b->cap * 2;
	struct word *w, *table = xallocn(cap, sizeof(*table));

	for (i = 0; i < b->cap; i++) {
		w = &b->table[i];
		if (w->s != NULL)
			*find_place(table, cap, w->hash, w->s, w->len) = *w;
	}
	free(b->table);
	b->table = table;
	b->cap = cap;
}

static void
put_string(struct buf *out, const char *s, size_t len)
{
	unsigned char *p;

	pack_u64(out, len);
	p = buf_room(out, len + 1);
	if (len > 0)
		memcpy(p, s, len);
	p[len] = '\0';
	out->len += len + 1;
}

static void
put_reference(struct batch *b, const char *s, struct word *last)
{
	size_t len = s ? strlen(s) : 0;
	struct word *w;
	uint64_t hash;

	if (len == 0) {
		pack_u64(&b->out, 0);
		return;
	}
	if (last->len == len && memcmp(last->s, s, len) == 0) {
		pack_u64(&b->out, (uint64_t)last->number + 2);
		return;
	}
	hash = hash_keyed(0, s, len);
	w = find_place(b->table, b->cap, hash, s, len);
	if (w->s != NULL) {
		pack_u64(&b->out, (uint64_t)w->number + 2);
		*last = *w;
		return;
	}
	*w = (struct word){ arena_dup(&b->strings, s, len), len, hash,
	    b->words++ };
	*last = *w;
	pack_u64(&b->out, 1);
	put_string(&b->out, s, len);
	if (b->words > b->cap / 2)
		grow_table(b);
}

static unsigned
mask_of(const struct entry *en)
{
	return (strcmp(en->from ? en->from : "", en->to ? en->to : "") == 0 ?
	    CODEC_SAME_NAME : 0) |
	    (en->why != NULL && *en->why != '\0' ? CODEC_WHY : 0) |
	    (en->token != 0 ? CODEC_TOKEN : 0) |
	    (en->id.ino != 0 || en->id.fs != 0 ? CODEC_ID : 0) |
	    (en->made != 0 ? CODEC_MADE : 0) |
	    (en->done_key != 0 ? CODEC_KEY : 0) |
	    (en->extra_len != 0 ? CODEC_EXTRA : 0);
}

static void
put_name(struct buf *out, const char *s)
{
	put_string(out, s, s ? strlen(s) : 0);
}

void
batch_add(struct batch *b, const struct entry *en)
{
	unsigned mask = mask_of(en);
	struct buf *out = &b->out;

	buf_addc(out, (char)en->kind);
	buf_addc(out, (char)en->event);
	pack_u64(out, mask);
	pack_u64(out, en->flags);
	pack_u64(out, en->job);
	put_reference(b, en->from_dir, &b->last[LAST_FROM]);
	put_reference(b, en->to_dir, &b->last[LAST_TO]);
	if (mask & CODEC_WHY)
		put_reference(b, en->why, &b->last[LAST_WHY]);
	put_name(out, en->from);
	if (!(mask & CODEC_SAME_NAME))
		put_name(out, en->to);
	if (mask & CODEC_TOKEN)
		codec_put_raw64(out, en->token);
	if (mask & CODEC_ID)
		codec_put_id(out, &b->prev, &en->id);
	if (mask & CODEC_MADE)
		pack_u64(out, en->made);
	if (mask & CODEC_KEY)
		codec_put_raw64(out, en->done_key);
	if (mask & CODEC_EXTRA)
		pack_bytes(out, en->extra, en->extra_len);
	b->n++;
}

size_t
batch_len(const struct batch *b)
{
	return b->n;
}

const void *
batch_bytes(struct batch *b, size_t *len)
{
	uint32_t n = htole32((uint32_t)b->n);
	uint64_t sum = htole64(hash_fixed(b->n, b->out.data + CODEC_HEADER,
	    b->out.len - CODEC_HEADER));

	memcpy(b->out.data, CODEC_MAGIC, 4);
	memcpy(b->out.data + 4, &n, 4);
	memcpy(b->out.data + 8, &sum, 8);
	*len = b->out.len;
	return b->out.data;
}
