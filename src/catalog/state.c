#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "catalog/state.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

static int
make(const char *dir, struct err *e)
{
	CLEAN_FREE char *parent = xstrdup(dir);
	size_t len = strlen(parent);
	CLEAN_FD int fd = -1;
	char *name;

	while (len > 1 && parent[len - 1] == '/')
		parent[--len] = '\0';
	name = strrchr(parent, '/');
	if (name == NULL)
		return err_set(e, ERR_USAGE, "state folder %s: not an absolute "
		    "path", dir);
	*name++ = '\0';
	fd = open(*parent ? parent : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "make the state folder %s: open the folder "
		    "above it", dir);
	if (mkdirat(fd, name, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "make the state folder %s", dir);
	return fsync(fd) < 0 ? err_sys(e, "flush %s", parent) : 0;
}

static int
check(int fd, const char *dir, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "state folder %s", dir);
	if (st.st_uid != geteuid())
		return err_set(e, ERR_DENIED, "the state folder %s belongs to "
		    "user %u, not to us", dir, (unsigned)st.st_uid);
	if (st.st_mode & 022)
		return err_set(e, ERR_DENIED, "the state folder %s may be "
		    "written by others: chmod go-w it", dir);
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		return err_sys(e, "the state folder %s cannot be written, and "
		    "without a journal nothing is done", dir);
	return 0;
}

int
state_open(const char *dir, int *out, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		if (make(dir, e) < 0)
			return -1;
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return err_sys(e, "open the state folder %s", dir);
	if (check(fd, dir, e) < 0) {
		close(fd);
		return -1;
	}
	*out = fd;
	return 0;
}

int
state_ballast(int dir_fd)
{
	CLEAN_FD int fd = openat(dir_fd, "ballast",
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (st.st_size == (off_t)CATALOG_BALLAST)
		return 1;
	if (posix_fallocate(fd, 0, (off_t)CATALOG_BALLAST) == 0 &&
	    fsync(fd) == 0)
		return 1;
	/* A part of it would only take what others need now. */
	state_drop_ballast(dir_fd);
	return 0;
}

void
state_drop_ballast(int dir_fd)
{
	unlinkat(dir_fd, "ballast", 0);
}
