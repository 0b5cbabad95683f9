/*
 * outfile.c -- a file that an action writes to.
 *
 * Text goes behind what is there.  Where it cannot (prepend, overwrite, the
 * first write of a run that clears) what is there goes to the trash, and a new
 * file takes its place.
 */
#include <dirent.h>
#include <string.h>

#include "apply/write.h"
#include "organize/organize_impl.h"
#include "plan/overlay.h"
#include "rules/expr/expr.h"
#include "util/charset.h"

/* Is it the first time in this run that this action writes there? */
static int
is_first(struct row *w, const struct place *p, const char *name)
{
	CLEAN_BUF struct buf key = {0};
	int added;

	buf_addf(&key, "%zu ", w->action);
	path_join(&key, p->dir, name);
	map_add(&w->r->written, buf_str(&key), key.len, &added);
	return added;
}

/* Why nothing can be written there, or NULL. */
static const char *
unfit(const struct run *r, int type, const struct place *p, const char *name)
{
	const struct subject *s = &r->subject;

	if (type == DT_DIR)
		return "a folder has the name of the file that is written to";
	if (type == DT_LNK)
		return "a symlink has the name of the file that is written to, "
		    "and is not followed";
	if (type != 0 && type != DT_REG)
		return "what has the name of the file that is written to is no "
		    "file";
	return s->name != NULL && strcmp(p->dir, s->dir) == 0 &&
	    strcmp(name, s->name) == 0 ? "it is the file that is written to" :
	    NULL;
}

/* The text in the encoding that is asked for; what is still open waits. */
static int
encode(const struct intent *in, struct write_note *n, struct buf *encoded,
    struct err *e)
{
	n->mark = n->how == WRITE_NEW;
	if (in->encoding == NULL)
		return 0;
	if (in->later) {
		n->encoding = in->encoding;
		return 0;
	}
	if (charset_encode(in->encoding, n->text, n->len, n->mark, encoded,
	    e) < 0)
		return -1;
	n->text = buf_str(encoded);
	n->len = encoded->len;
	return 0;
}

static int
add(struct row *w, const struct intent *in, struct place *p,
    const char *name, enum write_how how, int replaces, struct err *e)
{
	CLEAN_BUF struct buf encoded = {0};
	struct run *r = w->r;
	const char *words = buf_str(&r->text) + in->words;
	struct write_note n = { .how = how, .text = words,
	    .len = r->text.len - in->words };
	int chained = 0, rc;

	encode(in, &n, &encoded, NULL);		/* it was tried before */
	/* What was copied is another file by then; and of a group that was moved
	 * one must not go back alone. */
	if (w->chained && !w->copied && r->n_along == 0 &&
	    r->subject.name != NULL)
		n.about = *r->subject.id;
	w->op.id = (struct fs_id){0};
	if (how == WRITE_BEHIND)
		chained = target_known(r, p, name, &w->op.id, e);
	if (chained < 0)
		return -1;
	buf_reset(&r->extra);
	write_pack(&r->extra, &n);
	w->op.extra = r->extra.data;
	w->op.extra_len = r->extra.len;
	w->op.text = words;
	w->op.to_dir = target_dir(r, p);
	w->op.to = name;
	w->op.flags = (chained ? OP_CHAINED : 0) |
	    (replaces ? OP_REPLACES : 0) | (in->later ? OP_LATER : 0);
	rc = row_add(w, e);
	w->op.to = "";
	overlay_write(r->overlay, p->dir, name);
	target_produced(r, p, name);
	return rc;
}

/* Before anything makes room for it: can the text be written at all? */
static int
can_encode(const struct intent *in, struct run *r, struct err *e)
{
	struct write_note n = { .how = WRITE_NEW,
	    .text = buf_str(&r->text) + in->words,
	    .len = r->text.len - in->words };
	CLEAN_BUF struct buf encoded = {0};

	return encode(in, &n, &encoded, e);
}

/* The file is there, or not: which way leads to what is wished? */
static enum write_how
way(const struct intent *in, int there, int first)
{
	if (!there || in->mode == WRITE_OVERWRITE || (in->clear && first))
		return WRITE_NEW;
	return in->mode == WRITE_PREPEND ? WRITE_BEFORE : WRITE_BEHIND;
}

int
outfile_write(struct row *w, const struct intent *in, struct err *e)
{
	static const struct intent plain = { .folder = FOLDER_NEVER };
	struct run *r = w->r;
	const char *name, *why;
	enum write_how how;
	struct err bad = {0};
	struct place *p;
	int type;

	buf_reset(&r->name);
	buf_adds(&r->name, buf_str(&r->text));
	if (r->name.len > 0 && r->name.data[r->name.len - 1] == '/')
		return row_end(w, OP_FAILED, "a folder is named where a file is "
		    "needed", e);
	if (r->text.len - in->words > EXPR_TEXT_MAX)
		return row_end(w, OP_FAILED, "the text is too long", e);
	if (memchr(r->text.data + in->words, '\0', r->text.len - in->words) !=
	    NULL)
		return row_end(w, OP_FAILED, "the text has a NUL in it", e);
	if (place_find(r, &plain, &r->name, "", &p, &name, &bad) < 0 ||
	    (type = overlay_type(r->overlay, p->dir, name, &bad)) < 0)
		return row_end(w, OP_FAILED, bad.text, e);
	if (strlen(name) > NAME_BYTES)
		return row_end(w, OP_FAILED, "the name of the file that is "
		    "written to is too long", e);
	if ((why = unfit(r, type, p, name)) != NULL)
		return row_end(w, OP_FAILED, why, e);
	how = way(in, type != 0, is_first(w, p, name));
	if (can_encode(in, r, &bad) < 0)
		return row_end(w, OP_FAILED, bad.text, e);
	if (type == 0 || how == WRITE_BEHIND)
		return add(w, in, p, name, how, 0, e);
	switch (target_clear(r, p, name, &bad)) {
	case SETTLED_REPLACES:
		break;
	case SETTLED_BAD:
		return row_end(w, OP_FAILED, bad.text, e);
	default:
		if (e != NULL)
			*e = bad;
		return -1;
	}
	return add(w, in, p, name, how, 1, e);
}
