/*
 * op_move.c -- a file or folder gets another name on its file system: move,
 * rename, archive, out of the trash.
 *
 *	1  both folders are held; missing ones of the target are made
 *	2  the plan says which file is meant (identity, size, mtime)
 *	3  the intent is durable
 *	4  renameat2 NOREPLACE.  Never without: no name is ever replaced.
 *	   EEXIST: the next name, with an intent of its own, or not at all
 *	   EXDEV: a copy (stage.c)
 *	   EINVAL: this file system has no NOREPLACE: link and unlink, or for
 *	   folders an empty folder of ours that is renamed over
 *	5  what now lies at the target must be what was meant; else it goes back
 *	6  both folders are flushed, 7 the result is durable (settle.c, journal.c)
 *
 * Step 5 stands for a look before: had somebody put another file there, no
 * look could have told for sure.  It is done at once where a later operation
 * builds on it, else in settle, off the hands' way.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/folders.h"
#include "apply/gone.h"
#include "apply/hands.h"
#include "apply/stage.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

static int
matches(const struct fs_id *now, const struct fs_id *expect)
{
	if (expect->ino == 0)
		return 1;
	return S_ISDIR(expect->mode) ? fs_id_same(now, expect) :
	    fs_id_unchanged(now, expect);
}

int
move_check(struct load *l, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d)
{
	char q[QUOTE_SIZE], p[QUOTE_SIZE];
	struct fs_id now;
	struct err e = {0};

	if (it->expect.ino == 0)
		return 1;
	if (fs_stat(d, it->to, &now, &e) < 0) {
		if (e.kind == ERR_NOENT)
			return 1;	/* somebody took it from its new place */
		item_attention(l, it, &e);
		return 0;
	}
	if (matches(&now, &it->expect))
		return 1;
	if (renameat2(d->fd, it->to, s->fd, it->op.from,
	    RENAME_NOREPLACE) == 0) {
		item_skip(l, it, "it changed since it was planned");
		return 0;
	}
	err_set(&e, ERR_CHANGED, "another file was in its place, and is now %s "
	    "in %s", quote_to(q, sizeof(q), it->to),
	    quote_to(p, sizeof(p), d->path));
	item_attention(l, it, &e);
	return 0;
}

/* Both names are links to one file: there is nothing to move. */
static int
already_there(struct item *it, const struct fs_dir *s, const struct fs_dir *d)
{
	struct fs_id a, b;

	return fs_stat(s, it->op.from, &a, NULL) == 0 &&
	    fs_stat(d, it->to, &b, NULL) == 0 && fs_id_same(&a, &b);
}

static enum moved
failed(struct hands *h, struct item *it)
{
	char q[QUOTE_SIZE];
	struct err e = {0};

	if (errno == ENOENT) {
		item_skip(h->load, it, "it is no longer there");
		return MOVED_NOT;
	}
	err_sys(&e, "move %s", quote_to(q, sizeof(q), it->op.from));
	item_fail(h->load, it, &e);
	return MOVED_NOT;
}

/* A folder, without NOREPLACE: over an empty one of ours, which somebody else
 * can fill but not replace unseen. */
static enum moved
folder_without(struct hands *h, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d)
{
	int saved;

	if (mkdirat(d->fd, it->to, 0700) < 0)
		return errno == EEXIST ? MOVED_TAKEN : failed(h, it);
	if (renameat2(s->fd, it->op.from, d->fd, it->to, 0) == 0)
		return MOVED;
	saved = errno;
	unlinkat(d->fd, it->to, AT_REMOVEDIR);
	errno = saved;
	return errno == ENOTEMPTY || errno == EEXIST ? MOVED_TAKEN :
	    failed(h, it);
}

/* A file, without NOREPLACE: a second name, a look, and the first name goes. */
static enum moved
file_without(struct hands *h, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d)
{
	struct fs_id now;
	struct err e = {0};
	enum gone g;

	if (linkat(s->fd, it->op.from, d->fd, it->to, 0) < 0)
		return errno == EEXIST ? MOVED_TAKEN : failed(h, it);
	if (fs_stat(d, it->to, &now, &e) < 0) {
		item_attention(h->load, it, &e);
		return MOVED_NOT;
	}
	if (!matches(&now, &it->expect))
		g = GONE_OTHER;
	else
		g = gone_file(s, it->op.from, it->token, &now, 0, &e);
	if (g == GONE_DONE)
		return MOVED;
	if (g == GONE_LEFT) {
		item_attention(h->load, it, &e);
		return MOVED_NOT;
	}
	/* Our second name goes again; the file keeps its first. */
	gone_file(d, it->to, it->token, &now, 0, NULL);
	if (g == GONE_OTHER)
		item_skip(h->load, it, "it changed since it was planned");
	else
		item_fail(h->load, it, &e);
	return MOVED_NOT;
}

enum moved
move_here(struct hands *h, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d)
{
	if (renameat2(s->fd, it->op.from, d->fd, it->to,
	    RENAME_NOREPLACE) == 0)
		return MOVED;
	if (errno == EXDEV)
		return MOVED_FAR;
	if (errno == EEXIST && already_there(it, s, d)) {
		item_skip(h->load, it, "it is already there");
		return MOVED_NOT;
	}
	if (errno == EEXIST)
		return MOVED_TAKEN;
	if (errno == EINVAL)
		return it->op.flags & OP_DIR ? folder_without(h, it, s, d) :
		    file_without(h, it, s, d);
	return failed(h, it);
}

void
move_forget(struct hands *h, const struct item *it)
{
	CLEAN_FREE char *from = xasprintf("%s/%s",
	    folders_path(h->a->folders, it->from_dir), it->op.from);
	CLEAN_FREE char *to = xasprintf("%s/%s",
	    folders_path(h->a->folders, it->to_dir), it->to);

	hands_let_go(h);
	folders_forget(h->a->folders, from);
	folders_forget(h->a->folders, to);
}

void
move_done(struct hands *h, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d)
{
	touch(h->load, it->from_dir);
	touch(h->load, it->to_dir);
	/* Nobody said which file it is; undo must know. */
	if (it->expect.ino == 0)
		fs_stat(d, it->to, &it->found, NULL);
	if (!h->load->inline_checks && !(it->flags & ITEM_CHECK)) {
		it->flags |= ITEM_MOVED;
		item_done(it);
	} else if (move_check(h->load, it, s, d))
		item_done(it);
	if (it->op.flags & OP_DIR)
		move_forget(h, it);
}

void
op_move(struct hands *h, struct item *it)
{
	const struct fs_dir *s = hands_source(h, it);
	const struct fs_dir *d = s != NULL ? hands_target(h, it) : NULL;

	while (d != NULL)
		switch (move_here(h, it, s, d)) {
		case MOVED:
			move_done(h, it, s, d);
			return;
		case MOVED_NOT:
			return;
		case MOVED_FAR:
			stage_start(h, it, s, d);
			return;
		case MOVED_TAKEN:
			/* By a source of ours that is about to go? */
			if (stage_pending(h)) {
				stage_flush(h);
				break;
			}
			if (hands_next_name(h, it, d) < 0)
				return;
		}
}

void
op_untrash(struct hands *h, struct item *it)
{
	op_move(h, it);
	if (it->state == OP_DONE)
		trash_info_drop(h->a, it, it->op.from);
}
