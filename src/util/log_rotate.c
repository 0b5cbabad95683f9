/*
 * log_rotate.c -- how fettle's own log file (never one of the user's) makes
 * room: NAME.4 to NAME.5, ..., NAME to NAME.1, and a new NAME.
 *
 * Other processes may be writing to NAME, and may want to rotate it too.  The
 * one that holds a lock on the file itself may; whoever comes second sees that
 * NAME is another file by then.  NAME.1 is made as a second link to the old
 * file, and then a new file is renamed over NAME, so that there is a NAME at
 * every instant, and a crash in the middle leaves at worst the old file under
 * two names.  Where a file system has no hard links NAME is absent for a moment;
 * a process that opens it just then may lose what it writes before it looks
 * again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/clean.h"
#include "util/log_impl.h"
#include "util/xalloc.h"

/* NAME.n, to be freed. */
static char *
old_name(const char *name, unsigned n)
{
	return xasprintf("%s.%u", name, n);
}

static int
is_named(int dir, const char *name, int fd)
{
	struct stat ours, named;

	return fstat(fd, &ours) == 0 &&
	    fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* An empty file beside NAME; one that a crash left there is ours to replace. */
static int
make_fresh(int dir, const char *fresh)
{
	int flags = O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = openat(dir, fresh, flags, 0600);

	if (fd < 0 && errno == EEXIST && unlinkat(dir, fresh, 0) == 0)
		fd = openat(dir, fresh, flags, 0600);
	return fd;
}

/* Every old file one further, the last one over the edge: 0 or -1. */
static int
shift(int dir, const char *name, unsigned keep)
{
	unsigned i;

	for (i = keep - 1; i >= 1; i--) {
		char *from CLEAN_FREE = old_name(name, i);
		char *to CLEAN_FREE = old_name(name, i + 1);

		if (renameat2(dir, from, dir, to, 0) < 0 && errno != ENOENT)
			return -1;
	}
	return 0;
}

/* NAME becomes NAME.1 (of which shift has taken care, unless it is the only old
 * one to be kept), and fresh becomes NAME: 0 or -1. */
static int
exchange(int dir, const char *name, const char *fresh)
{
	char *first CLEAN_FREE = old_name(name, 1);

	/*
	 * If NAME.1 is still there although it was moved to NAME.2, both are
	 * links to one file, from a crash; one of them is enough.
	 */
	if (unlinkat(dir, first, 0) < 0 && errno != ENOENT)
		return -1;
	if (linkat(dir, name, dir, first, 0) < 0 &&
	    renameat2(dir, name, dir, first, 0) < 0)
		return -1;
	return renameat2(dir, fresh, dir, name, 0);
}

static int
rotate(int dir, const char *name, int fd, unsigned keep)
{
	char *fresh CLEAN_FREE = xasprintf("%s.new", name);
	int new_fd, saved;

	if (!is_named(dir, name, fd)) {
		errno = EAGAIN;
		return -1;
	}
	if ((new_fd = make_fresh(dir, fresh)) < 0)
		return -1;
	if (shift(dir, name, keep) == 0 && exchange(dir, name, fresh) == 0)
		return new_fd;
	saved = errno;
	close(new_fd);
	unlinkat(dir, fresh, 0);
	errno = saved;
	return -1;
}

int
log_rotate(int dir, const char *name, int fd, unsigned keep)
{
	int new_fd, saved;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -1;
	new_fd = rotate(dir, name, fd, keep);
	saved = errno;
	flock(fd, LOCK_UN);
	errno = saved;
	return new_fd;
}
