#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/dir.h"
#include "organize/read.h"
#include "util/err.h"

#define FLAGS	(O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

/* Only its owner may leave no trace of having read it. */
static int
open_quietly(int dir, const char *name)
{
	int fd = openat(dir, name, FLAGS | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = openat(dir, name, FLAGS);
	return fd;
}

/* As fs/id.h has times; what does not fit is not compared. */
static int
same_time(const struct timespec *t, int64_t ns)
{
	int64_t v;

	return __builtin_mul_overflow((int64_t)t->tv_sec,
	    INT64_C(1000000000), &v) ||
	    __builtin_add_overflow(v, (int64_t)t->tv_nsec, &v) || v == ns;
}

static int
is_same(const struct stat *st, const struct fs_id *id)
{
	if (st->st_ino != id->ino ||
	    (st->st_mode & S_IFMT) != (id->mode & S_IFMT))
		return 0;
	return S_ISDIR(st->st_mode) || ((uint64_t)st->st_size == id->size &&
	    same_time(&st->st_mtim, id->mtime));
}

static int
check(int fd, const struct fs_id *id, struct err *e)
{
	struct stat st;

	if (fd < 0)
		return err_sys(e, "read it");
	if (fstat(fd, &st) == 0 && is_same(&st, id))
		return fd;
	close(fd);
	errno = ESTALE;
	return err_set(e, ERR_CHANGED, "it changed while it was looked at");
}

int
read_open(int dir, const char *name, const struct fs_id *id, struct err *e)
{
	return check(open_quietly(dir, name), id, e);
}

int
read_open_path(const char *dir, const char *name, const struct fs_id *id,
    struct err *e)
{
	char path[PATH_MAX];
	struct fs_dir *d;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) <
	    (int)sizeof(path))
		return check(open_quietly(AT_FDCWD, path), id, e);
	if (fs_dir_look(dir, &d, e) < 0) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = check(open_quietly(d->fd, name), id, e);
	fs_dir_free(d);
	return fd;
}
