/*
 * op_delete.c -- what goes for good: files, folders, old trees of ours.
 *
 * Every name goes by way of its hidden name (gone.h), after the intent is
 * durable; what lies there is looked at once more before it is unlinked.
 * Recovery finds the file under its old name (nothing happened), under its
 * hidden name (it goes on) or nowhere (done).
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/folders.h"
#include "apply/gone.h"
#include "apply/hands.h"
#include "apply/stage.h"
#include "apply/meta.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

/* The path is no longer that folder's. */
static void
forget(struct hands *h, uint32_t dir, const char *name)
{
	CLEAN_FREE char *path = xasprintf("%s/%s",
	    folders_path(h->a->folders, dir), name);

	hands_let_go(h);
	folders_forget(h->a->folders, path);
}

static void
told(struct hands *h, struct item *it, enum gone g, const struct err *e)
{
	touch(h->load, it->from_dir);
	switch (g) {
	case GONE_DONE:
		item_done(it);
		trash_info_drop(h->a, it, it->op.from);
		break;
	case GONE_OTHER:
		item_skip(h->load, it, "it changed since it was planned, or is "
		    "being written");
		break;
	case GONE_FAILED:
		if (e->kind == ERR_NOENT)
			item_skip(h->load, it, "it is no longer there");
		else
			item_fail(h->load, it, e);
		break;
	case GONE_LEFT:
		/* Half a tree of ours: recovery removes the rest. */
		if (it->op.kind == OP_PURGE || S_ISDIR(it->expect.mode))
			item_later(h->load, it, e);
		else
			item_attention(h->load, it, e);
		break;
	}
}

void
op_delete(struct hands *h, struct item *it)
{
	const struct fs_dir *s = hands_source(h, it);
	struct err e = {0};

	if (s == NULL)
		return;
	if (it->op.flags & OP_DIR || S_ISDIR(it->expect.mode)) {
		op_purge(h, it);
		return;
	}
	told(h, it, gone_file(s, it->op.from, it->token, &it->expect, 1, &e),
	    &e);
}

void
op_purge(struct hands *h, struct item *it)
{
	const struct fs_dir *s = hands_source(h, it);
	struct err e = {0};

	if (s == NULL)
		return;
	told(h, it, gone_tree(s, it->op.from, it->token, &it->expect, &e), &e);
	forget(h, it->from_dir, it->op.from);
}

void
op_rmdir(struct hands *h, struct item *it)
{
	const struct fs_dir *s = hands_source(h, it);
	char q[QUOTE_SIZE];
	struct err e = {0};
	struct fs_id now;

	if (s == NULL)
		return;
	if (fs_stat(s, it->op.from, &now, &e) < 0) {
		told(h, it, GONE_FAILED, &e);
		return;
	}
	if (it->expect.ino != 0 && !fs_id_same(&now, &it->expect)) {
		item_skip(h->load, it, "it changed since it was planned");
		return;
	}
	/* Files copied out of it are still there until their flush. */
	if (stage_pending(h))
		stage_flush(h);
	/* For undo: as it was at the end, not when it was planned. */
	it->found = now;
	if (unlinkat(s->fd, it->op.from, AT_REMOVEDIR) == 0) {
		touch(h->load, it->from_dir);
		item_done(it);
		forget(h, it->from_dir, it->op.from);
	} else if (errno == ENOTEMPTY || errno == EEXIST)
		item_skip(h->load, it, "it is not empty");
	else {
		err_sys(&e, "remove folder %s",
		    quote_to(q, sizeof(q), it->op.from));
		item_fail(h->load, it, &e);
	}
}

/* As the folder was that is given back: owner, mode, times. */
static void
dress(const struct fs_dir *d, const struct item *it)
{
	CLEAN_FD int fd = openat(d->fd, it->to,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	unsigned lost;

	if (fd >= 0 && it->expect.mode != 0)
		meta_copy(-1, fd, &it->expect, &lost, NULL, NULL);
}

void
op_mkdir(struct hands *h, struct item *it)
{
	const struct fs_dir *d = hands_target(h, it);
	char q[QUOTE_SIZE];
	struct err e = {0};
	struct fs_id id;

	if (d == NULL)
		return;
	if (mkdirat(d->fd, it->to, it->expect.mode != 0 ? 0700 : 0777) < 0) {
		if (errno == EEXIST)
			item_skip(h->load, it, "it is already there");
		else {
			err_sys(&e, "make folder %s",
			    quote_to(q, sizeof(q), it->to));
			item_fail(h->load, it, &e);
		}
		return;
	}
	touch(h->load, it->to_dir);
	dress(d, it);
	if (fs_stat(d, it->to, &id, &e) < 0) {
		item_attention(h->load, it, &e);
		return;
	}
	it->found = id;
	item_done(it);
}
