/*
 * undo_xattr.c -- the inverse of attributes that were set: what was there
 * before, unless somebody has changed them since.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "apply/attrs.h"
#include "apply/undo.h"
#include "apply/undo_impl.h"
#include "fs/dir.h"
#include "plan/plan.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/hash.h"

static uint64_t
print_of(const struct fs_id *id, const char *name)
{
	const uint64_t v[] = { id->fs, id->ino, (uint64_t)id->btime };

	return hash_keyed(hash_keyed(4, v, sizeof(v)), name, strlen(name));
}

/* An inverse before puts another value there: by then it is looked at again. */
static int
turned_before(const struct undoing *u, const struct fs_id *id,
    const struct attrs *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (set64_has(&u->turned, print_of(id, a->v[i].name)))
			return 1;
	return 0;
}

/* Of what lies in the folder that the mirror holds. */
static const char *
differs(const struct undoing *u, const char *name, const struct attrs *a)
{
	CLEAN_FD int fd = openat(u->mirror.dir->fd, name, O_RDONLY |
	    O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? -1 : attrs_are(fd, a, 0);

	return r == 1 ? NULL : r == 0 ? "its attributes changed since" :
	    "its attributes cannot be read";
}

static const char *
refused(struct undoing *u, const struct entry *en, const struct fs_id *id,
    const struct attrs *a, uint32_t *flags)
{
	struct err e = {0};
	struct fs_id now;

	if (mirror_is_anew(&u->mirror, en->from_dir, en->from)) {
		*flags |= OP_CHAINED;
		return NULL;
	}
	switch (mirror_look(&u->mirror, en->from_dir, en->from, id, &now, &e)) {
	case MIRROR_FAILED:
		return "its folder cannot be read";
	case MIRROR_NOTHING:
		return "it is no longer where it was";
	case MIRROR_MOVED:
		*flags |= OP_CHAINED;
		return NULL;
	case MIRROR_AS_IS:
		break;
	}
	if (!fs_id_same(&now, id))
		return "another file has its name";
	return turned_before(u, id, a) ? NULL : differs(u, en->from, a);
}

int
undo_xattr(struct undoing *u, const struct entry *en, const struct fs_id *id)
{
	CLEAN_BUF struct buf extra = {0}, text = {0};
	struct inverse v = { .kind = OP_XATTR, .from_dir = en->from_dir,
	    .from = en->from, .id = id,
	    .flags = en->flags & ENTRY_DIR ? OP_DIR : 0 };
	struct attrs a;

	if (attrs_unpack(en->extra, en->extra_len, &a) < 0) {
		v.refused = "the journal does not say what its attributes were";
		return undo_add(u, en, &v);
	}
	attrs_turn(&a);
	v.refused = refused(u, en, id, &a, &v.flags);
	if (mirror_is_anew(&u->mirror, en->from_dir, en->from))
		v.id = NULL;
	for (size_t i = 0; v.refused == NULL && i < a.n; i++)
		set64_add(&u->turned, print_of(id, a.v[i].name));
	attrs_pack(&extra, &a);
	attrs_words(&text, &a);
	v.extra = extra.data;
	v.extra_len = extra.len;
	v.text = buf_str(&text);
	return undo_add(u, en, &v);
}
