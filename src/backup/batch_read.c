/* batch_read_all.c -- files of a batch that are new or changed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/batch_impl.h"
#include "backup/links.h"
#include "backup/moves.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/time.h"

#define READ_TRIES	4	/* of a file that changes under us */

/* Somebody has a lease on it, which is to be waited for; but not on a fifo. */
static int
open_leased(int dir, const char *name)
{
	CLEAN_FD int held = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char path[64];
	struct stat st;

	if (held < 0 || fstat(held, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", held);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/*
 * Open a file for reading, never through a symlink, without waiting (it may be
 * a fifo by now) and without a trace in its atime where that is allowed.
 */
static int
open_file(int dir, const char *name)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = openat(dir, name, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM)	/* somebody else's */
		fd = openat(dir, name, flags);
	return fd >= 0 || errno != EWOULDBLOCK ? fd : open_leased(dir, name);
}

/* Look at the open file; it has xattrs if it had, unless it changed. */
static int
look_open(struct batch *b, size_t i, int fd, struct look *out, struct err *e)
{
	struct look *was = &b->jobs[i].look;
	struct meta_at at = batch_at(b, i);

	if (look_at(fd, "", out) < 0)
		return err_sys(e, "look at it");
	if (!S_ISREG(out->mode))
		return err_set(e, ERR_CHANGED, "it is no file any more");
	out->xattrs = look_same(was, out) ? was->xattrs :
	    meta_has_xattrs(&at) != 0;
	return 0;
}

/* Read once: 1 if it was the same before and after, 0, or -1. */
static int
read_once(struct batch *b, size_t i, int fd, struct err *e)
{
	struct job *j = &b->jobs[i];
	struct look before, after;

	if (look_open(b, i, fd, &before, e) < 0 ||
	    read_file(b->w, fd, &before, &b->giving, &j->content, e) < 0)
		return -1;
	if (look_at(fd, "", &after) < 0)
		return err_sys(e, "look at it");
	/* As it was before: what came later, the next backup will see. */
	j->look = before;
	/* What has no size (/proc) may have content all the same. */
	return run_over(b->r) || (look_same(&before, &after) &&
	    (j->content.size == before.size || before.size == 0));
}

/* Read until it did not change under us; a few times. */
static int
read_steady(struct batch *b, size_t i, int fd, struct err *e)
{
	CLEAN_FREE char *path = NULL;
	int tries, steady;

	for (tries = 1;; tries++) {
		steady = read_once(b, i, fd, e);
		if (steady != 0)
			return steady < 0 ? -1 : 0;
		if (tries == READ_TRIES)
			break;
		giving_wait(&b->giving, b->w);
		content_fini(&b->jobs[i].content);
	}
	path = batch_path(b, i);
	run_changed(b->r, path);
	return 0;
}

static int
read_open(struct batch *b, size_t i, struct err *e)
{
	CLEAN_FD int fd = open_file(b->fd, batch_real_name(b, i));

	if (fd < 0)
		return err_sys(e, "open");
	return read_steady(b, i, fd, e);
}

/* One of a file's several names: the others' content, or read for them. */
static int
read_linked(struct batch *b, size_t i, struct err *e)
{
	struct links *links = b->r->links;
	struct job *j = &b->jobs[i];
	struct look asked = j->look;
	struct id *v;
	size_t n;
	int known = links_get(links, &asked, &v, &n), rc;

	if (known == 1) {
		content_take(&j->content, v, n);
		j->content.size = j->look.size;
		atomic_fetch_add(&b->r->bytes, j->look.size);
		return 0;
	}
	rc = read_open(b, i, e);
	if (known < 0)
		return rc;
	giving_wait(&b->giving, b->w);
	if (rc < 0 || run_over(b->r) || !look_same(&asked, &j->look))
		links_drop(links, &asked);
	else
		links_put(links, &j->look, j->content.v, j->content.n);
	return rc;
}

void
batch_read_all(struct batch *b, size_t i)
{
	struct job *j = &b->jobs[i];
	struct run *r = b->r;
	CLEAN_FREE char *path = batch_path(b, i), *snap = batch_snap(b, i);
	struct err e = {0};
	struct id *v;
	size_t n;
	int rc;

	j->began = time_mono();
	j->verdict = FRESH;
	if (!j->stayed && moves_find(b->w, &j->look,
	    strcmp(path, snap) == 0 ? path : NULL, &v, &n)) {
		content_take(&j->content, v, n);
		j->content.size = j->look.size;
		j->moved = 1;
		atomic_fetch_add(&r->moved, 1);
		atomic_fetch_add(&r->bytes, j->look.size);
		return;
	}
	run_current(r, path);
	rc = j->look.nlink > 1 ? read_linked(b, i, &e) : read_open(b, i, &e);
	if (rc < 0)
		batch_leave_out(b, i, &e);
}
