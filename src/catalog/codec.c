#include <endian.h>
#include <string.h>

#include "catalog/catalog.h"
#include "catalog/codec.h"
#include "catalog/entry.h"
#include "util/buf.h"
#include "util/pack.h"

/* The difference, wrapping: what is added back gives the same bits. */
static int64_t
minus(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b);
}

static int64_t
plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

void
codec_put_id(struct buf *b, struct fs_id *prev, const struct fs_id *id)
{
	uint64_t m = (uint64_t)id->mtime;

	pack_i64(b, minus(id->fs, prev->fs));
	pack_i64(b, minus(id->ino, prev->ino));
	pack_i64(b, minus(m, (uint64_t)prev->mtime));
	pack_i64(b, minus((uint64_t)id->btime, m));
	pack_i64(b, minus((uint64_t)id->ctime, m));
	pack_i64(b, minus((uint64_t)id->atime, m));
	pack_u64(b, id->size);
	pack_u64(b, id->mode ^ prev->mode);
	pack_u64(b, id->uid ^ prev->uid);
	pack_u64(b, id->gid ^ prev->gid);
	pack_u64(b, id->nlink ^ prev->nlink);
	*prev = *id;
}

void
codec_get_id(struct unpack *u, struct fs_id *prev, struct fs_id *id)
{
	id->fs = prev->fs + (uint64_t)unpack_i64(u);
	id->ino = prev->ino + (uint64_t)unpack_i64(u);
	id->mtime = plus(prev->mtime, unpack_i64(u));
	id->btime = plus(id->mtime, unpack_i64(u));
	id->ctime = plus(id->mtime, unpack_i64(u));
	id->atime = plus(id->mtime, unpack_i64(u));
	id->size = unpack_u64(u);
	id->mode = prev->mode ^ unpack_u32(u);
	id->uid = prev->uid ^ unpack_u32(u);
	id->gid = prev->gid ^ unpack_u32(u);
	id->nlink = prev->nlink ^ unpack_u32(u);
	*prev = *id;
}

void
codec_put_raw64(struct buf *b, uint64_t v)
{
	v = htole64(v);
	memcpy(buf_room(b, 8), &v, 8);
	b->len += 8;
}

uint64_t
codec_get_raw64(struct unpack *u)
{
	uint64_t v = 0;

	if (u->end - u->p < 8) {
		u->bad = 1;
		u->p = u->end;
		return 0;
	}
	memcpy(&v, u->p, 8);
	u->p += 8;
	return le64toh(v);
}

const char *
event_name(enum event ev)
{
	static const char *const names[] = {
		[EVENT_MOVED] = "moved", [EVENT_RENAMED] = "renamed",
		[EVENT_COPIED] = "copied", [EVENT_ARCHIVED] = "archived",
		[EVENT_BUNDLED] = "bundled", [EVENT_TRASHED] = "trashed",
		[EVENT_DELETED] = "deleted",
		[EVENT_OVERWRITTEN] = "overwritten",
		[EVENT_BACKED_UP] = "backed_up",
		[EVENT_RESTORED] = "restored", [EVENT_UNDONE] = "undone",
		[EVENT_LINKED] = "linked", [EVENT_WRITTEN] = "written",
		[EVENT_RAN] = "ran", [EVENT_MARKED] = "marked",
	};
	size_t i = (size_t)ev;

	return i < sizeof(names) / sizeof(names[0]) && names[i] != NULL ?
	    names[i] : "unknown";
}

const char *
outcome_name(enum outcome o)
{
	static const char *const names[] = {
		[OUTCOME_NONE] = "unknown", [OUTCOME_DONE] = "done",
		[OUTCOME_ROLLED_BACK] = "not done",
		[OUTCOME_ATTENTION] = "attention",
		[OUTCOME_EXTERNAL] = "moved by somebody else",
	};

	return o <= OUTCOME_EXTERNAL ? names[o] : "unknown";
}

const char *
run_state_name(enum run_state r)
{
	static const char *const names[] = {
		[RUN_GOING] = "going", [RUN_DONE] = "done",
		[RUN_PARTIAL] = "partial", [RUN_FAILED] = "failed",
		[RUN_HELD] = "held", [RUN_STOPPED] = "stopped",
		[RUN_CRASHED] = "crashed", [RUN_REJECTED] = "rejected",
	};

	return r <= RUN_REJECTED ? names[r] : "unknown";
}
