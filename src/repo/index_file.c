/*
 * index_file.c -- index files as JSON (restic-format 1.7):
 *
 *	{"packs":[{"id":"<pack>","blobs":[{"id":"<blob>","type":"data",
 *	"offset":0,"length":42,"uncompressed_length":1},...]},...]}\n
 *
 * uncompressed_length is left out where it would be 0, that is, where the blob
 * is stored plain.  restic 0.14 writes "supersedes" as well; it and all else
 * that is not known is passed over.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/seal.h"
#include "repo/emit.h"
#include "repo/index.h"
#include "repo/pack.h"
#include "repo/lex.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define ENTRY_MAX	(EMIT_ID_MAX + 3 * EMIT_U64_MAX + 80)
#define PACK_MAX	(EMIT_ID_MAX + 32)

/* ---- writing ---- */

static const char begin[] = "{\"packs\":[";

void
index_file_begin(struct buf *out)
{
	buf_adds(out, begin);
}

static unsigned char *
put_entry(unsigned char *p, const struct pack_entry *b)
{
	p = emit_id(emit(p, "{\"id\":"), &b->id);
	p = emit(p, b->type == BLOB_TREE ? ",\"type\":\"tree\",\"offset\":" :
	    ",\"type\":\"data\",\"offset\":");
	p = emit_u64(p, b->offset);
	p = emit_u64(emit(p, ",\"length\":"), b->length);
	if (b->compressed && b->plain != 0)
		p = emit_u64(emit(p, ",\"uncompressed_length\":"), b->plain);
	return emit(p, "}");
}

void
index_file_pack(struct buf *out, const struct id *pack,
    const struct pack_entry *v, size_t n)
{
	unsigned char *p = buf_room(out, PACK_MAX + n * (ENTRY_MAX + 1));
	size_t i;

	p = emit(p, out->data[out->len - 1] == '[' ? "{\"id\":" : ",{\"id\":");
	p = emit(emit_id(p, pack), ",\"blobs\":[");
	for (i = 0; i < n; i++) {
		if (i > 0)
			*p++ = ',';
		p = put_entry(p, &v[i]);
	}
	out->len = (size_t)(emit(p, "]}") - out->data);
}

void
index_file_end(struct buf *out)
{
	buf_adds(out, "]}\n");
}

/* ---- reading ---- */

struct reader {
	struct lex	 s;
	struct index_file_pack pack;
	struct pack_entry *v;
	size_t		 cap;
	int (*each)(void *arg, const struct index_file_pack *p);
	void		*arg;
};

static void
reader_fini(struct reader *r)
{
	lex_fini(&r->s);
	free(r->v);
}

/* What must be there of a blob or a pack. */
enum { HAS_ID = 1, HAS_TYPE = 2, HAS_OFFSET = 4, HAS_LENGTH = 8 };

static int
read_type(struct lex *s, enum blob_type *out, struct err *e)
{
	struct lex_text t;

	if (lex_string(s, &t, e) < 0)
		return -1;
	if (t.len != 4 || (memcmp(t.s, "data", 4) != 0 &&
	    memcmp(t.s, "tree", 4) != 0))
		return lex_fail(s, "unknown type of blob", e);
	*out = t.s[0] == 't' ? BLOB_TREE : BLOB_DATA;
	return 0;
}

static int
read_u32(struct lex *s, uint32_t *out, struct err *e)
{
	uint64_t v;

	if (lex_u64(s, UINT32_MAX, &v, e) < 0)
		return -1;
	*out = (uint32_t)v;
	return 0;
}

/* A member of a blob; null counts as if it were not there. */
static int
read_blob_field(struct lex *s, size_t field, struct pack_entry *b, int *has,
    struct err *e)
{
	if (lex_null(s))
		return 0;
	if (field < 4)
		*has |= 1 << field;
	switch (field) {
	case 0: return lex_id(s, &b->id, e);
	case 1: return read_type(s, &b->type, e);
	case 2: return read_u32(s, &b->offset, e);
	case 3: return read_u32(s, &b->length, e);
	case 4: return read_u32(s, &b->plain, e);
	default: return lex_skip(s, e);
	}
}

static int
read_blob(struct lex *s, struct pack_entry *b, struct err *e)
{
	static const char *const names[] = { "id", "type", "offset", "length",
	    "uncompressed_length", NULL };
	size_t n = 0, hint = 0;
	struct lex_text key;
	int more, has = 0;

	memset(b, 0, sizeof(*b));
	if (lex_open(s, '{', e) < 0)
		return -1;
	while ((more = lex_member(s, &n, &key, e)) == 1)
		if (read_blob_field(s, lex_name(&key, names, &hint), b, &has,
		    e) < 0)
			return -1;
	if (more < 0)
		return -1;
	if (has != (HAS_ID | HAS_TYPE | HAS_OFFSET | HAS_LENGTH))
		return lex_fail(s, "a blob without id, type or place", e);
	if (b->length < SEAL_OVERHEAD || b->offset > UINT32_MAX - b->length)
		return lex_fail(s, "a blob of no possible length", e);
	b->compressed = b->plain != 0;
	if (!b->compressed)
		b->plain = b->length - SEAL_OVERHEAD;
	return 0;
}

/* Each entry has at least the text of its id, so memory is bounded by that. */
static int
read_blobs(struct reader *r, struct err *e)
{
	size_t seen = 0;
	int more;

	r->pack.n = 0;
	if (lex_null(&r->s))
		return 0;
	if (lex_open(&r->s, '[', e) < 0)
		return -1;
	while ((more = lex_item(&r->s, &seen, e)) == 1) {
		XGROW(r->v, r->pack.n, r->cap);
		if (read_blob(&r->s, &r->v[r->pack.n], e) < 0)
			return -1;
		r->pack.n++;
	}
	return more;
}

static int
read_pack_field(struct reader *r, size_t field, int *has, struct err *e)
{
	if (field == 1)
		return read_blobs(r, e);
	if (field == 0 && !lex_null(&r->s)) {
		*has |= HAS_ID;
		return lex_id(&r->s, &r->pack.id, e);
	}
	return field == 0 ? 0 : lex_skip(&r->s, e);
}

/* Tells it when it is whole: its id may stand behind its blobs. */
static int
read_pack(struct reader *r, struct err *e)
{
	static const char *const names[] = { "id", "blobs", NULL };
	size_t n = 0, hint = 0;
	struct lex_text key;
	int more, has = 0;

	r->pack.n = 0;
	if (lex_open(&r->s, '{', e) < 0)
		return -1;
	while ((more = lex_member(&r->s, &n, &key, e)) == 1)
		if (read_pack_field(r, lex_name(&key, names, &hint), &has,
		    e) < 0)
			return -1;
	if (more < 0)
		return -1;
	if (!(has & HAS_ID))
		return lex_fail(&r->s, "a pack without an id", e);
	r->pack.v = r->v;
	return r->each(r->arg, &r->pack);
}

/* 0, or what each said. */
static int
read_packs(struct reader *r, int deleted, struct err *e)
{
	size_t seen = 0;
	int more, done;

	r->pack.deleted = deleted;
	if (lex_null(&r->s))
		return 0;
	if (lex_open(&r->s, '[', e) < 0)
		return -1;
	while ((more = lex_item(&r->s, &seen, e)) == 1)
		if ((done = read_pack(r, e)) != 0)
			return done;
	return more;
}

int
index_file_read(const void *json, size_t len,
    int (*each)(void *arg, const struct index_file_pack *p), void *arg,
    struct err *e)
{
	static const char *const names[] = { "packs", "packs_to_delete", NULL };
	CLEAN(reader_fini) struct reader r = { .each = each, .arg = arg };
	size_t n = 0, hint = 0, which;
	struct lex_text key;
	int more, done;

	lex_init(&r.s, json, len);
	if (lex_open(&r.s, '{', e) < 0)
		return -1;
	while ((more = lex_member(&r.s, &n, &key, e)) == 1) {
		which = lex_name(&key, names, &hint);
		done = which < 2 ? read_packs(&r, which == 1, e) :
		    lex_skip(&r.s, e);
		if (done != 0)
			return done;
	}
	return more < 0 ? -1 : lex_end(&r.s, e);
}
