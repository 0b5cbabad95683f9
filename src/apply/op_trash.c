/*
 * op_trash.c -- a file goes to the trash (FreeDesktop 1.0, per mount).
 *
 *	1  prepare chose the trash and a free name, made its folders
 *	2  the intent, which has the old path, is durable
 *	3  info/NAME.trashinfo is made with O_EXCL: this reserves NAME
 *	4  the file moves to files/NAME as in op_move.c, or by a copy
 *
 * A few .trashinfo files are flushed one by one; of many, the file system is
 * flushed in settle.  A cut between leaves a file without .trashinfo, which
 * recovery writes anew from the journal.
 */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "apply/folders.h"
#include "apply/hands.h"
#include "apply/stage.h"
#include "apply/trashcan.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/quote.h"

#define FLUSHED_EACH	8
#define NAMES_MAX	64

static int
write_info(struct hands *h, int fd, const struct item *it,
    const struct fs_dir *source)
{
	CLEAN_BUF struct buf path = {0}, text = {0};
	struct touched *t = &h->load->touched;

	buf_adds(&path, source->real);
	buf_addf(&path, "%s%s", source->real[1] != '\0' ? "/" : "",
	    it->op.from);
	trash_info_text(&text, it->top, buf_str(&path), (int64_t)time(NULL));
	if (fd_write_all(fd, text.data, text.len) < 0)
		return -1;
	if (t->files >= FLUSHED_EACH) {
		t->whole = 1;
		return 0;
	}
	t->files++;
	return fsync(fd);
}

int
trash_info_write(struct hands *h, struct item *it,
    const struct fs_dir *source)
{
	CLEAN_BUF struct buf name = {0};
	const struct fs_dir *info;
	struct err e = {0};
	char q[QUOTE_SIZE];
	CLEAN_FD int fd = -1;

	if ((info = folders_hold(h->a->folders, it->info_dir, &e)) == NULL) {
		item_fail(h->load, it, &e);
		return -1;
	}
	trash_info_name(&name, it->to);
	fd = openat(info->fd, buf_str(&name),
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST) {
		folders_release(h->a->folders, it->info_dir);
		return 1;
	}
	if (fd < 0 || write_info(h, fd, it, source) < 0) {
		err_sys(&e, "write %s in %s",
		    quote_to(q, sizeof(q), buf_str(&name)), info->path);
		if (fd >= 0)
			unlinkat(info->fd, buf_str(&name), 0);
		item_fail(h->load, it, &e);
		folders_release(h->a->folders, it->info_dir);
		return -1;
	}
	touch(h->load, it->info_dir);
	folders_release(h->a->folders, it->info_dir);
	return 0;
}

void
trash_info_drop(struct apply *a, struct item *it, const char *name)
{
	CLEAN_BUF struct buf b = {0};
	const struct fs_dir *info;

	if (it->info_dir == NO_FOLDER ||
	    (info = folders_hold(a->folders, it->info_dir, NULL)) == NULL)
		return;
	trash_info_name(&b, name);
	unlinkat(info->fd, buf_str(&b), 0);
	folders_release(a->folders, it->info_dir);
}

static int
other_name(struct hands *h, struct item *it, unsigned n)
{
	CLEAN_BUF struct buf name = {0};

	if (n >= NAMES_MAX) {
		item_skip(h->load, it, "there is no free name in the trash");
		return -1;
	}
	trash_other_name(&name, it->op.from, it->token, n);
	return hands_rename(h, it, buf_str(&name));
}

void
op_trash(struct hands *h, struct item *it)
{
	const struct fs_dir *s = hands_source(h, it);
	const struct fs_dir *d = s != NULL ? hands_target(h, it) : NULL;
	unsigned n;
	int r;

	for (n = 1; d != NULL; n++) {
		if ((r = trash_info_write(h, it, s)) < 0)
			return;
		switch (r == 1 ? MOVED_TAKEN : move_here(h, it, s, d)) {
		case MOVED:
			move_done(h, it, s, d);
			if (it->state != OP_DONE)
				trash_info_drop(h->a, it, it->to);
			return;
		case MOVED_NOT:
			trash_info_drop(h->a, it, it->to);
			return;
		case MOVED_FAR:
			stage_start(h, it, s, d);
			if (it->state != OP_PLANNED)
				trash_info_drop(h->a, it, it->to);
			return;
		case MOVED_TAKEN:
			if (r == 0)
				trash_info_drop(h->a, it, it->to);
			if (other_name(h, it, n) < 0)
				return;
		}
	}
}
