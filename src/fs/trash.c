/* trash.c -- where the trash of a folder's files is, or may be made. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/dir.h"
#include "fs/fs_impl.h"
#include "fs/trash.h"
#include "fs/who.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

/* Do renames reach from one place to the other, as far as numbers tell? */
static int
reaches(const struct fs_dir *d, const struct statx *sx)
{
	return sx->stx_mnt_id == d->mnt && fs_statx_dev(sx) == d->dev;
}

/* Cut the last component off an absolute path. */
static void
cut(char *path)
{
	char *slash = strrchr(path, '/');

	slash[slash == path] = '\0';
}

/* The highest folder that renames from d reach: its descriptor and path. */
static int
find_top(const struct fs_dir *d, char **path)
{
	int fd = openat(d->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), up;
	char *top = xstrdup(d->real);
	struct statx sx;

	while (fd >= 0 && strcmp(top, "/") != 0) {
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (up < 0 || fs_statx_fd(up, &sx) < 0 || !reaches(d, &sx)) {
			clean_fd(&up);
			break;
		}
		cut(top);
		close(fd);
		fd = up;
	}
	*path = top;
	return fd;
}

/*
 * Can name in the folder at be our trash: a real folder of ours that is closed
 * to others, or nothing yet where we may make it?
 */
static int
usable(const struct fs_dir *d, int at, const char *name)
{
	struct statx sx;

	if (fs_statx(at, name, 0, &sx) < 0)
		return errno == ENOENT &&
		    faccessat(at, ".", W_OK | X_OK, AT_EACCESS) == 0;
	return S_ISDIR(sx.stx_mode) && sx.stx_uid == fs_who() &&
	    (sx.stx_mode & (S_IWGRP | S_IWOTH)) == 0 && reaches(d, &sx);
}

/* $top/.Trash, if it is what the spec wants: its descriptor, or -1. */
static int
open_shared(const struct fs_dir *d, int top)
{
	CLEAN_FD int fd = openat(top, ".Trash",
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statx sx;

	if (fd < 0 || fs_statx_fd(fd, &sx) < 0 ||
	    (sx.stx_mode & S_ISVTX) == 0 || !reaches(d, &sx))
		return -1;
	return fs_take(&fd);
}

/* The trash of d's own file system: 1 and *p, or 0. */
static int
at_top(const struct fs_dir *d, struct fs_trash_place *p)
{
	CLEAN_FREE char *top = NULL;
	CLEAN_FD int fd = find_top(d, &top);
	CLEAN_FD int shared = fd < 0 ? -1 : open_shared(d, fd);
	char uid[16], own[32];
	const char *slash = strcmp(top, "/") == 0 ? "" : "/";

	snprintf(uid, sizeof(uid), "%u", (unsigned)fs_who());
	snprintf(own, sizeof(own), ".Trash-%s", uid);
	if (shared >= 0 && usable(d, shared, uid))
		p->base = xasprintf("%s%s.Trash/%s", top, slash, uid);
	else if (fd >= 0 && usable(d, fd, own))
		p->base = xasprintf("%s%s%s", top, slash, own);
	else
		return 0;
	p->top = xstrdup(top);
	p->same_fs = 1;
	return 1;
}

/* Does a rename from d reach the home trash, or where it will be made? */
static int
home_reached(const struct fs_dir *d, const char *home_trash)
{
	CLEAN_FREE char *path = fs_tidy(home_trash, strlen(home_trash));
	struct fs_dir *h = NULL;
	struct err e;
	int r;

	while (fs_dir_look(path, &h, &e) < 0 && e.kind == ERR_NOENT &&
	    strcmp(path, "/") != 0)
		cut(path);
	r = h != NULL && h->mnt == d->mnt && h->dev == d->dev;
	fs_dir_free(h);
	return r;
}

int
fs_trash_places(const struct fs_dir *d, const char *home_trash,
    struct fs_trash_place out[2], size_t *n, struct err *e)
{
	int home = home_trash != NULL && *home_trash == '/';
	int reached = home && home_reached(d, home_trash);
	char q[QUOTE_SIZE];

	*n = 0;
	memset(out, 0, 2 * sizeof(*out));
	if (!reached && at_top(d, &out[0]))
		++*n;
	if (home) {
		out[*n].base = fs_tidy(home_trash, strlen(home_trash));
		out[*n].same_fs = reached;
		++*n;
	}
	if (*n == 0)
		return err_set(e, ERR_NOENT, "there is no trash for %s",
		    quote_to(q, sizeof(q), d->path));
	return 0;
}

void
fs_trash_place_fini(struct fs_trash_place *p)
{
	free(p->base);
	free(p->top);
	*p = (struct fs_trash_place){0};
}
