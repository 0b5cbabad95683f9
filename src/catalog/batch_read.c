/*
 * batch_read.c -- intents from bytes.
 *
 * Recovery moves files by what it reads here, so nothing is believed: the
 * bytes must match their checksum, every number its range, and every string
 * must end where it says.  The reader keeps one copy of the bytes and lends
 * its strings from there.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/codec.h"
#include "catalog/entry.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/pack.h"
#include "util/xalloc.h"

struct batch_reader {
	unsigned char	*data;
	struct unpack	 u;
	uint32_t	 n, done;
	const char	**words;
	size_t		 n_words, cap;
	struct fs_id	 prev;
};

static int
corrupt(struct err *e, const char *what)
{
	return err_set(e, ERR_CORRUPT, "journal batch: %s", what);
}

int
batch_read(const void *data, size_t len, struct batch_reader **out,
    struct err *e)
{
	const unsigned char *p = data;
	struct batch_reader *r;
	uint32_t n;
	uint64_t sum;

	if (len < CODEC_HEADER || memcmp(p, CODEC_MAGIC, 4) != 0)
		return corrupt(e, "not one of this version");
	memcpy(&n, p + 4, 4);
	memcpy(&sum, p + 8, 8);
	n = le32toh(n);
	if (le64toh(sum) !=
	    hash_fixed(n, p + CODEC_HEADER, len - CODEC_HEADER))
		return corrupt(e, "its bytes do not match their checksum");
	r = xalloc(sizeof(*r));
	r->data = xalloc(len);
	memcpy(r->data, p, len);
	r->u = unpack_start(r->data + CODEC_HEADER, len - CODEC_HEADER);
	r->n = n;
	*out = r;
	return 0;
}

void
batch_reader_free(struct batch_reader *r)
{
	if (r == NULL)
		return;
	free(r->words);
	free(r->data);
	free(r);
}

static const char *
get_string(struct unpack *u)
{
	uint64_t len = unpack_u64(u);
	const unsigned char *s = u->p;

	if (len >= (uint64_t)(u->end - u->p) || s[len] != '\0' ||
	    memchr(s, '\0', len) != NULL) {
		u->bad = 1;
		u->p = u->end;
		return "";
	}
	u->p += len + 1;
	return (const char *)s;
}

static const char *
get_reference(struct batch_reader *r)
{
	uint64_t k = unpack_u64(&r->u);

	if (k == 0)
		return "";
	if (k == 1) {
		XGROW(r->words, r->n_words, r->cap);
		r->words[r->n_words] = get_string(&r->u);
		return r->words[r->n_words++];
	}
	if (k - 2 >= r->n_words) {
		r->u.bad = 1;
		return "";
	}
	return r->words[k - 2];
}

static uint32_t
get_small(struct unpack *u, uint64_t max)
{
	uint64_t v = unpack_u64(u);

	if (v > max) {
		u->bad = 1;
		return 0;
	}
	return (uint32_t)v;
}

static unsigned
get_byte(struct unpack *u, unsigned min, unsigned max)
{
	unsigned v;

	if (u->p == u->end || *u->p < min || *u->p > max) {
		u->bad = 1;
		return min;
	}
	v = *u->p++;
	return v;
}

int
batch_next(struct batch_reader *r, struct entry *en, struct err *e)
{
	struct unpack *u = &r->u;
	unsigned mask;

	*en = (struct entry){ .from_dir = "", .to_dir = "", .why = "" };
	if (r->done == r->n)
		return unpack_end(u) == 0 ? 0 : corrupt(e, "bytes left over");
	en->kind = get_byte(u, ENTRY_MOVE, ENTRY_XATTR);
	en->event = (uint8_t)get_byte(u, 0, EVENT_MARKED);
	mask = get_small(u, CODEC_ALL);
	en->flags = get_small(u, CODEC_FLAGS);
	en->job = get_small(u, UINT32_MAX);
	en->from_dir = get_reference(r);
	en->to_dir = get_reference(r);
	if (mask & CODEC_WHY)
		en->why = get_reference(r);
	en->from = get_string(u);
	en->to = mask & CODEC_SAME_NAME ? en->from : get_string(u);
	if (mask & CODEC_TOKEN)
		en->token = codec_get_raw64(u);
	if (mask & CODEC_ID)
		codec_get_id(u, &r->prev, &en->id);
	if (mask & CODEC_MADE)
		en->made = get_small(u, UINT32_MAX);
	if (mask & CODEC_KEY)
		en->done_key = codec_get_raw64(u);
	if (mask & CODEC_EXTRA)
		en->extra = unpack_bytes(u, &en->extra_len);
	if (u->bad)
		return corrupt(e, "an entry makes no sense");
	r->done++;
	return 1;
}
