/*
 * op_write.c -- a text into a file.
 *
 *	1  the intent is durable: the text, and where in the file it will be
 *	2  behind what is there: the file is opened without following or
 *	   waiting, and is as long as was foreseen; the text is put there, and
 *	   cut off again if not all of it fits
 *	   else a new file: .part is made, filled, flushed, and named with
 *	   NOREPLACE; an older one went to the trash before
 *	3  what was written is flushed (settle.c), the result is durable
 *
 * The cut in between: what is at that place in the file tells (recover_write.c).
 * Undo cuts the text off, or removes the file, if nothing else came since.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/folders.h"
#include "apply/hands.h"
#include "apply/meta.h"
#include "apply/token.h"
#include "apply/write.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define PIECE		((size_t)64 << 10)

static void
failed(struct hands *h, struct item *it, const char *what)
{
	char q[QUOTE_SIZE];
	struct err e = {0};

	err_sys(&e, "%s %s", what, quote_to(q, sizeof(q), it->to));
	item_fail(h->load, it, &e);
}

static void
changed(struct hands *h, struct item *it)
{
	item_skip(h->load, it, "it changed since it was planned");
}

/* It is done; what it is now is for undo, and in atime what its mtime was. */
static void
done(struct hands *h, struct item *it, const struct fs_dir *d, int fd,
    int64_t mtime)
{
	struct err e = {0};
	struct fs_id now;

	touch(h->load, it->to_dir);
	if (hands_flush(h, fd) < 0)
		err_sys(&e, "flush: it is not known whether what was written "
		    "is on disk");
	else if (fs_stat_fd(d, fd, &now, &e) == 0) {
		now.atime = mtime;
		it->found = now;
		item_done(it);
		return;
	}
	item_attention(h->load, it, &e);
}

/* ---- in place ---- */

/* The file, if it is the one that was meant and `size` bytes long; -1. */
static int
open_file(struct hands *h, struct item *it, const struct fs_dir *d,
    uint64_t size, struct fs_id *id)
{
	int fd = openat(d->fd, it->to, O_RDWR | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC | O_NOCTTY);
	struct err e = {0};

	if (fd < 0 && errno == ENOENT)
		item_skip(h->load, it, "it is no longer there");
	else if (fd < 0 && errno != ELOOP)
		failed(h, it, "write to");
	else if (fd >= 0 && fs_stat_fd(d, fd, id, &e) < 0)
		item_fail(h->load, it, &e);
	else if (fd < 0 || !S_ISREG(id->mode) || id->size != size ||
	    (it->expect.ino != 0 && !fs_id_same(id, &it->expect)))
		changed(h, it);
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
put(int fd, const struct write_note *n)
{
	size_t at = 0;

	while (at < n->len) {
		ssize_t r = pwrite(fd, n->text + at, n->len - at,
		    (off_t)(n->at + at));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		at += (size_t)r;
	}
	return 0;
}

static void
behind(struct hands *h, struct item *it, const struct fs_dir *d,
    const struct write_note *n)
{
	struct fs_id id;
	CLEAN_FD int fd = open_file(h, it, d, n->at, &id);
	int saved;

	if (fd < 0)
		return;
	if (put(fd, n) == 0) {
		done(h, it, d, fd, id.mtime);
		return;
	}
	saved = errno;
	if (ftruncate(fd, (off_t)n->at) < 0) {
		struct err e = {0};

		err_sys(&e, "cut off what was written only in part");
		item_attention(h->load, it, &e);
		return;
	}
	errno = saved;
	failed(h, it, "write to");
}

static void
cut(struct hands *h, struct item *it, const struct fs_dir *d,
    const struct write_note *n)
{
	struct timespec times[2] = { { 0, UTIME_OMIT }, { 0, UTIME_NOW } };
	struct fs_id id;
	CLEAN_FD int fd = open_file(h, it, d, n->at + n->len, &id);

	if (fd < 0)
		return;
	if (write_holds(fd, n->at, n->text, n->len) != 1) {
		changed(h, it);
		return;
	}
	if (ftruncate(fd, (off_t)n->at) < 0) {
		failed(h, it, "cut");
		return;
	}
	if (n->mtime != 0)
		times[1] = (struct timespec){ n->mtime / 1000000000,
		    n->mtime % 1000000000 };
	if (times[1].tv_nsec < 0 && n->mtime != 0) {
		times[1].tv_sec--;
		times[1].tv_nsec += 1000000000;
	}
	futimens(fd, times);
	done(h, it, d, fd, id.mtime);
}

/* ---- a new file ---- */

/* What the operation before took away from this name, open; -1: nothing. */
static int
open_old(struct hands *h, const struct item *it, struct fs_id *id)
{
	const struct item *before = it - 1;
	const struct fs_dir *d;
	int fd;

	if (!(it->op.flags & OP_REPLACES) || it == h->load->items ||
	    (d = folders_hold(h->a->folders, before->to_dir, NULL)) == NULL)
		return -1;
	fd = openat(d->fd, before->to, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd >= 0 && (fs_stat_fd(d, fd, id, NULL) < 0 ||
	    !S_ISREG(id->mode))) {
		close(fd);
		fd = -1;
	}
	folders_release(h->a->folders, before->to_dir);
	return fd;
}

static int
add_old(int from, int to)
{
	CLEAN_FREE char *piece = xalloc(PIECE);
	ssize_t n;

	while ((n = read(from, piece, PIECE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || fd_write_all(to, piece, (size_t)n) < 0)
			return -1;
	}
	return 0;
}

/* 0, or -1 and errno. */
static int
fill(struct hands *h, const struct item *it, const struct write_note *n,
    int fd)
{
	static const struct timespec now[2] = { { 0, UTIME_NOW },
	    { 0, UTIME_NOW } };
	struct fs_id id;
	CLEAN_FD int old = open_old(h, it, &id);
	unsigned lost;

	if (n->how == WRITE_BEFORE && old < 0) {
		errno = ENOENT;
		return -1;
	}
	if (fd_write_all(fd, n->text, n->len) < 0 ||
	    (n->how == WRITE_BEFORE && add_old(old, fd) < 0))
		return -1;
	/* It has the owner and the rights of the one whose place it takes. */
	if (old >= 0) {
		meta_copy(old, fd, &id, &lost, NULL, NULL);
		futimens(fd, now);
	}
	return fsync(fd);
}

static int
name_it(const struct fs_dir *d, const char *part, const char *name)
{
	if (renameat2(d->fd, part, d->fd, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL || linkat(d->fd, part, d->fd, name, 0) < 0)
		return -1;
	return unlinkat(d->fd, part, 0);
}

static void
anew(struct hands *h, struct item *it, const struct fs_dir *d,
    const struct write_note *n)
{
	char part[TOKEN_NAME], q[QUOTE_SIZE];
	CLEAN_FD int fd = -1;
	int saved;

	token_part(it->token, part);
	fd = openat(d->fd, part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0666);
	if (fd < 0) {
		failed(h, it, "write");
		return;
	}
	if (fill(h, it, n, fd) == 0 && name_it(d, part, it->to) == 0) {
		done(h, it, d, fd, 0);
		return;
	}
	saved = errno;
	unlinkat(d->fd, part, 0);
	errno = saved;
	if (errno == EEXIST)
		item_skip(h->load, it, "%s is taken now",
		    quote_to(q, sizeof(q), it->to));
	else
		failed(h, it, "write");
}

void
op_write(struct hands *h, struct item *it)
{
	const struct fs_dir *d = hands_target(h, it);
	struct write_note n;

	if (d == NULL)
		return;
	if (write_unpack(it->op.extra, it->op.extra_len, &n) < 0)
		item_skip(h->load, it, "the plan does not say how to write");
	else if (n.how == WRITE_BEHIND)
		behind(h, it, d, &n);
	else if (n.how == WRITE_CUT)
		cut(h, it, d, &n);
	else
		anew(h, it, d, &n);
}
