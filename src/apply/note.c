#include <string.h>

#include "apply/note.h"
#include "apply/write.h"
#include "plan/plan.h"
#include "util/buf.h"
#include "util/pack.h"

static void
put_str(struct buf *out, const char *s)
{
	pack_bytes(out, s, strlen(s) + 1);
}

void
note_pack(struct buf *out, const struct note *n)
{
	const struct fs_id *id = &n->id;

	buf_addc(out, n->kind);
	if (n->kind == NOTE_TRASHED || n->kind == NOTE_BACK)
		return;
	put_str(out, n->dir ? n->dir : "");
	put_str(out, n->name ? n->name : "");
	pack_u64(out, id->fs);
	pack_u64(out, id->ino);
	pack_i64(out, id->btime);
	pack_i64(out, id->mtime);
	pack_u64(out, id->size);
	pack_u64(out, id->mode);
}

static const char *
get_str(struct unpack *u)
{
	size_t len;
	const char *s = unpack_bytes(u, &len);

	if (len == 0 || memchr(s, '\0', len) != s + len - 1) {
		u->bad = 1;
		return "";
	}
	return s;
}

struct note
note_read(const void *data, size_t len)
{
	struct note n = { .dir = "", .name = "" };
	const char *p = data;
	struct unpack u;

	if (len == 0 || strchr("IBCLSMN", *p) == NULL || *p == '\0')
		return n;
	n.kind = *p;
	if (*p == NOTE_TRASHED || *p == NOTE_BACK)
		return n;
	u = unpack_start(p + 1, len - 1);
	n.dir = get_str(&u);
	n.name = get_str(&u);
	n.id.fs = unpack_u64(&u);
	n.id.ino = unpack_u64(&u);
	n.id.btime = unpack_i64(&u);
	n.id.mtime = unpack_i64(&u);
	n.id.size = unpack_u64(&u);
	n.id.mode = (uint32_t)unpack_u64(&u);
	if (unpack_end(&u) < 0)
		n.kind = 0;
	return n;
}

void
note_of(const struct op *op, const void **extra, size_t *len)
{
	struct write_note w;

	*extra = NULL;
	*len = 0;
	switch (op->kind) {
	case OP_UNTRASH:
		*extra = note_read(op->extra, op->extra_len).kind == NOTE_BACK ?
		    "B" : "I";
		*len = 1;
		break;
	case OP_MOVE:
	case OP_RENAME:
		if (note_read(op->extra, op->extra_len).kind == NOTE_BACK) {
			*extra = "B";
			*len = 1;
		}
		break;
	case OP_WRITE:
	case OP_XATTR:
		*extra = op->extra;
		*len = op->extra_len;
		break;
	case OP_DELETE:
	case OP_PURGE:
		/* What undo said of it. */
		if (note_read(op->extra, op->extra_len).kind != 0 ||
		    write_unpack(op->extra, op->extra_len, &w) == 0) {
			*extra = op->extra;
			*len = op->extra_len;
		}
		break;
	default:
		break;
	}
}
