/*
 * codec.c -- operations as bytes, for chunks in memory, the spool, held plans.
 *
 *	varint	bits: what follows, what is as before
 *	varint	kind, state, flags
 *	[job] [from_dir] [to_dir] [why] [error]
 *	from, [to], [text]	varint length, bytes, NUL
 *	[extra]			varint length, bytes
 *	[fs] [mode uid gid nlink] ino mtime ctime btime atime size
 *	[done_key]
 *
 * Times are differences: mtime from the operation before, the others from this
 * one's mtime, for files of one folder were mostly made together.
 */
#include <string.h>

#include "plan/codec.h"
#include "util/buf.h"
#include "util/pack.h"

#define B_JOB		0x0001u
#define B_FROM_DIR	0x0002u
#define B_TO_DIR	0x0004u
#define B_WHY		0x0008u
#define B_ERROR		0x0010u
#define B_TO		0x0020u	/* to is not the same name as from */
#define B_TEXT		0x0040u
#define B_EXTRA		0x0080u
#define B_ID		0x0100u
#define B_FS		0x0200u
#define B_OWNER		0x0400u
#define B_DONE_KEY	0x0800u
#define B_ALL		0x0fffu

#define FIXED_MAX	300	/* more than all varints of one operation */

static unsigned char *
put(unsigned char *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (unsigned char)(v | 0x80);
		v >>= 7;
	}
	*p++ = (unsigned char)v;
	return p;
}

/* A difference that may wrap: exact for any two values. */
static unsigned char *
put_diff(unsigned char *p, uint64_t v, uint64_t from)
{
	uint64_t d = v - from;

	return put(p, d << 1 ^ (0 - (d >> 63)));
}

static unsigned char *
put_str(unsigned char *p, const char *s, size_t len)
{
	p = put(p, len);
	memcpy(p, s, len);
	p[len] = '\0';
	return p + len + 1;
}

static int
same_owner(const struct fs_id *a, const struct fs_id *b)
{
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
	    a->nlink == b->nlink;
}

static uint64_t
bits_of(const struct codec *c, const struct op *op, const char *from,
    const char *to)
{
	static const struct fs_id none;
	uint64_t bits = 0;

	bits |= op->job != c->job ? B_JOB : 0;
	bits |= op->from_dir != c->from_dir ? B_FROM_DIR : 0;
	bits |= op->to_dir != c->to_dir ? B_TO_DIR : 0;
	bits |= op->why != c->why ? B_WHY : 0;
	bits |= op->error != 0 ? B_ERROR : 0;
	bits |= strcmp(from, to) != 0 ? B_TO : 0;
	bits |= op->text != NULL && *op->text != '\0' ? B_TEXT : 0;
	bits |= op->extra_len > 0 ? B_EXTRA : 0;
	bits |= op->done_key != 0 ? B_DONE_KEY : 0;
	if (memcmp(&op->id, &none, sizeof(none)) == 0)
		return bits;
	bits |= B_ID;
	bits |= op->id.fs != c->id.fs ? B_FS : 0;
	bits |= same_owner(&op->id, &c->id) ? 0 : B_OWNER;
	return bits;
}

static unsigned char *
put_id(unsigned char *p, uint64_t bits, const struct fs_id *id,
    const struct fs_id *last)
{
	uint64_t mtime = (uint64_t)id->mtime;

	if (bits & B_FS)
		p = put(p, id->fs);
	if (bits & B_OWNER) {
		p = put(p, id->mode);
		p = put(p, id->uid);
		p = put(p, id->gid);
		p = put(p, id->nlink);
	}
	p = put_diff(p, id->ino, last->ino);
	p = put_diff(p, mtime, (uint64_t)last->mtime);
	p = put_diff(p, (uint64_t)id->ctime, mtime);
	p = put_diff(p, (uint64_t)id->btime, mtime);
	p = put_diff(p, (uint64_t)id->atime, mtime);
	return put(p, id->size);
}

static void
remember(struct codec *c, const struct op *op, uint64_t bits)
{
	c->job = op->job;
	c->from_dir = op->from_dir;
	c->to_dir = op->to_dir;
	c->why = op->why;
	if (bits & B_ID)
		c->id = op->id;
}

void
codec_put(struct codec *c, struct buf *out, const struct op *op)
{
	const char *from = op->from ? op->from : "";
	const char *to = op->to ? op->to : "";
	const char *text = op->text ? op->text : "";
	size_t nf = strlen(from), nt = strlen(to), nx = strlen(text);
	unsigned char *p = buf_room(out, FIXED_MAX + nf + nt + nx +
	    op->extra_len);
	uint64_t bits = bits_of(c, op, from, to);

	p = put(p, bits);
	p = put(p, op->kind);
	p = put(p, op->state);
	p = put(p, op->flags);
	if (bits & B_JOB)
		p = put(p, op->job);
	if (bits & B_FROM_DIR)
		p = put(p, op->from_dir);
	if (bits & B_TO_DIR)
		p = put(p, op->to_dir);
	if (bits & B_WHY)
		p = put(p, op->why);
	if (bits & B_ERROR)
		p = put(p, op->error);
	p = put_str(p, from, nf);
	if (bits & B_TO)
		p = put_str(p, to, nt);
	if (bits & B_TEXT)
		p = put_str(p, text, nx);
	if (bits & B_EXTRA) {
		p = put(p, op->extra_len);
		memcpy(p, op->extra, op->extra_len);
		p += op->extra_len;
	}
	if (bits & B_ID)
		p = put_id(p, bits, &op->id, &c->id);
	if (bits & B_DONE_KEY)
		p = put(p, op->done_key);
	out->len = (size_t)(p - out->data);
	remember(c, op, bits);
}

static uint64_t
get_diff(struct unpack *u, uint64_t from)
{
	return from + (uint64_t)unpack_i64(u);
}

static void
get_id(struct unpack *u, uint64_t bits, struct fs_id *id,
    const struct fs_id *last)
{
	uint64_t mtime;

	*id = *last;
	if (bits & B_FS)
		id->fs = unpack_u64(u);
	if (bits & B_OWNER) {
		id->mode = unpack_u32(u);
		id->uid = unpack_u32(u);
		id->gid = unpack_u32(u);
		id->nlink = unpack_u32(u);
	}
	id->ino = get_diff(u, last->ino);
	mtime = get_diff(u, (uint64_t)last->mtime);
	id->mtime = (int64_t)mtime;
	id->ctime = (int64_t)get_diff(u, mtime);
	id->btime = (int64_t)get_diff(u, mtime);
	id->atime = (int64_t)get_diff(u, mtime);
	id->size = unpack_u64(u);
}

int
codec_get(struct codec *c, const void *data, size_t len, size_t *at,
    struct op *op)
{
	struct unpack u = unpack_start((const char *)data + *at, len - *at);
	uint64_t bits = unpack_u64(&u), kind = unpack_u64(&u);
	uint64_t state = unpack_u64(&u);

	if (bits & ~(uint64_t)B_ALL || kind >= OP_KINDS || state >= OP_STATES)
		return -1;
	*op = (struct op){ .kind = (enum op_kind)kind,
	    .state = (enum op_state)state, .text = "", .extra = "" };
	op->flags = unpack_u32(&u);
	op->job = bits & B_JOB ? unpack_u32(&u) : c->job;
	op->from_dir = bits & B_FROM_DIR ? unpack_u32(&u) : c->from_dir;
	op->to_dir = bits & B_TO_DIR ? unpack_u32(&u) : c->to_dir;
	op->why = bits & B_WHY ? unpack_u32(&u) : c->why;
	op->error = bits & B_ERROR ? unpack_u32(&u) : 0;
	op->from = unpack_cstr(&u);
	op->to = bits & B_TO ? unpack_cstr(&u) : op->from;
	if (bits & B_TEXT)
		op->text = unpack_cstr(&u);
	if (bits & B_EXTRA)
		op->extra = unpack_bytes(&u, &op->extra_len);
	if (bits & B_ID)
		get_id(&u, bits, &op->id, &c->id);
	if (bits & B_DONE_KEY)
		op->done_key = unpack_u64(&u);
	if (u.bad)
		return -1;
	*at = len - (size_t)(u.end - u.p);
	remember(c, op, bits);
	return 0;
}
