/*
 * away.c -- removing a tree of our own, however deep, with two descriptors.
 *
 * The way down is remembered as identities, not as descriptors; the way up is
 * "..", and who comes out there must be who was left.  So a folder that
 * somebody moves elsewhere meanwhile ends the walk and leads nowhere.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/gone.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

struct level {
	dev_t	 dev;
	ino_t	 ino;
	char	*name;		/* of this folder in the one above */
};

struct walk_away {
	int		 fd;		/* the folder we are in */
	struct level	*up;		/* the folders above it, and itself last */
	size_t		 depth, cap;
};

static void
fini(struct walk_away *w)
{
	clean_fd(&w->fd);
	while (w->depth > 0)
		free(w->up[--w->depth].name);
	free(w->up);
}

/* Open a folder of ours for emptying, whatever its permissions say. */
static int
open_own(int at, const char *name)
{
	int fd = openat(at, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), path_fd;
	char proc[40];

	if (fd < 0 && errno == EACCES) {
		path_fd = openat(at, name,
		    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", path_fd);
		if (path_fd >= 0 && fchmodat(AT_FDCWD, proc, 0700, 0) == 0)
			fd = openat(at, name, O_RDONLY | O_DIRECTORY |
			    O_NOFOLLOW | O_CLOEXEC);
		clean_fd(&path_fd);
	}
	return fd;
}

static int
enter(struct walk_away *w, int at, const char *name)
{
	int fd = open_own(at, name);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0) {
		clean_fd(&fd);
		return -1;
	}
	if ((st.st_mode & 0300) != 0300 && fchmod(fd, 0700) < 0)
		errno = 0;	/* the unlink in it will tell */
	XGROW(w->up, w->depth, w->cap);
	w->up[w->depth++] = (struct level){ st.st_dev, st.st_ino,
	    xstrdup(name) };
	if (w->fd >= 0)
		close(w->fd);
	w->fd = fd;
	return 0;
}

/* Back to the folder above, which must be the one we came from. */
static int
leave(struct walk_away *w)
{
	const struct level *above = &w->up[w->depth - 2];
	int fd = openat(w->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || st.st_dev != above->dev ||
	    st.st_ino != above->ino) {
		close(fd);
		errno = EXDEV;
		return -1;
	}
	close(w->fd);
	w->fd = fd;
	return unlinkat(fd, w->up[w->depth - 1].name, AT_REMOVEDIR);
}

static int
is_dots(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' ||
	    (name[1] == '.' && name[2] == '\0'));
}

/*
 * Remove what is no folder from the folder we are in.  1: a folder is left,
 * entered now; 0: nothing is left; -1 with errno.
 */
static int
empty(struct walk_away *w)
{
	int fd = dup(w->fd), saved, r = 0;
	struct dirent *de;
	DIR *dir;

	if (fd < 0 || (dir = fdopendir(fd)) == NULL) {
		clean_fd(&fd);
		return -1;
	}
	rewinddir(dir);
	while (r == 0 && (errno = 0, de = readdir(dir)) != NULL) {
		if (is_dots(de->d_name) ||
		    unlinkat(w->fd, de->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM) {
			r = -1;
			break;
		}
		if (unlinkat(w->fd, de->d_name, AT_REMOVEDIR) == 0)
			continue;
		if (errno == ENOTDIR)
			errno = EPERM;	/* a file that may not go */
		r = errno == ENOTEMPTY || errno == EEXIST ?
		    (enter(w, w->fd, de->d_name) < 0 ? -1 : 1) : -1;
	}
	if (r == 0 && errno != 0)
		r = -1;
	saved = errno;
	closedir(dir);
	errno = saved;
	return r;
}

static int
go(struct walk_away *w)
{
	int r;

	for (;;) {
		while ((r = empty(w)) == 1)
			continue;
		if (r < 0)
			return -1;
		if (w->depth == 1)
			return 0;
		if (leave(w) < 0)
			return -1;
		free(w->up[--w->depth].name);
	}
}

int
tree_away(const struct fs_dir *d, const char *name, struct err *e)
{
	CLEAN(fini) struct walk_away w = { .fd = -1 };
	char q[QUOTE_SIZE], p[QUOTE_SIZE];

	if (unlinkat(d->fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if ((errno != EISDIR && errno != EPERM) ||
	    enter(&w, d->fd, name) < 0 || go(&w) < 0 ||
	    unlinkat(d->fd, name, AT_REMOVEDIR) < 0)
		return err_sys(e, "remove %s in %s",
		    quote_to(q, sizeof(q), name),
		    quote_to(p, sizeof(p), d->path));
	return 0;
}
