/*
 * undo_write.c -- the inverse of writes: the text is cut off again, or the file
 * that was made goes; and of these the write once more.
 */
#include "apply/undo.h"
#include "apply/undo_impl.h"
#include "apply/write.h"
#include "plan/plan.h"
#include "util/buf.h"

/* A new file with its text, as it was made before. */
int
undo_unwritten(struct undoing *u, const struct entry *en,
    const struct write_note *n)
{
	struct inverse v = { .kind = OP_WRITE, .to_dir = en->from_dir,
	    .to = en->from, .extra = en->extra, .extra_len = en->extra_len,
	    .id = &(struct fs_id){0} };

	/* What it took the place of has been given back, and goes again. */
	v.flags = n->how == WRITE_BEFORE ? OP_REPLACES : 0;
	v.refused = undo_not_free(u, v.to_dir, v.to);
	if (v.refused == NULL) {
		mirror_occupy(&u->mirror, v.to_dir, v.to, &en->id);
		mirror_anew(&u->mirror, v.to_dir, v.to);
	}
	return undo_add(u, en, &v);
}

/* What was made new goes, unless somebody changed it. */
static int
undo_new(struct undoing *u, const struct entry *en, const struct fs_id *id)
{
	struct inverse v = { .kind = OP_DELETE, .from_dir = en->to_dir,
	    .from = en->to, .id = id, .extra = en->extra,
	    .extra_len = en->extra_len };

	v.refused = undo_not_there(u, v.from_dir, v.from, id, &v.flags);
	if (v.refused == NULL && mirror_is_anew(&u->mirror, v.from_dir, v.from))
		v.refused = "it is made again by this undo, and cannot be told "
		    "from another by then";
	if (v.refused == NULL)
		mirror_vacate(&u->mirror, v.from_dir, v.from);
	return undo_add(u, en, &v);
}

int
undo_write(struct undoing *u, const struct entry *en, const struct fs_id *id)
{
	CLEAN_BUF struct buf extra = {0};
	struct inverse v = { .kind = OP_WRITE, .to_dir = en->to_dir,
	    .to = en->to, .id = id };
	struct write_note n;

	if (write_unpack(en->extra, en->extra_len, &n) < 0) {
		v.refused = "the journal does not say what was written";
		return undo_add(u, en, &v);
	}
	if (n.how == WRITE_NEW || n.how == WRITE_BEFORE)
		return undo_new(u, en, id);
	n.how = n.how == WRITE_BEHIND ? WRITE_CUT : WRITE_BEHIND;
	n.mtime = id->atime;		/* what it was before */
	write_pack(&extra, &n);
	v.extra = extra.data;
	v.extra_len = extra.len;
	v.refused = undo_not_there(u, v.to_dir, v.to, id, &v.flags);
	if (v.refused == NULL)
		mirror_occupy(&u->mirror, v.to_dir, v.to, id);
	/* A file that is made again is another one. */
	if (mirror_is_anew(&u->mirror, v.to_dir, v.to))
		v.id = NULL;
	return undo_add(u, en, &v);
}
