#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "testing/scratch.h"
#include "util/fd.h"

void
scratch_must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

struct scratch
scratch_at(const char *folder)
{
	struct scratch s;

	scratch_must(strlen(folder) < sizeof(s.path), folder);
	snprintf(s.path, sizeof(s.path), "%s", folder);
	s.fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scratch_must(s.fd >= 0, folder);
	return s;
}

struct scratch
scratch_below(const char *folder)
{
	char *real = realpath(folder, NULL), path[256];
	struct scratch s;
	int n;

	scratch_must(real != NULL, folder);
	n = snprintf(path, sizeof(path), "%s/fettle-test-XXXXXX", real);
	free(real);
	scratch_must(n < (int)sizeof(path), folder);
	scratch_must(mkdtemp(path) != NULL, path);
	s = scratch_at(path);
	scratch_must(fchmod(s.fd, 0755) == 0, path);
	return s;
}

struct scratch
scratch_new(void)
{
	const char *tmp = getenv("TMPDIR");

	return scratch_below(tmp != NULL ? tmp : "/tmp");
}

static void remove_tree(int at, const char *name);

static void
empty(int fd, const char *what)
{
	DIR *d = fdopendir(fd);		/* and fd is its affair */
	struct dirent *de;

	scratch_must(d != NULL, what);
	while ((de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			remove_tree(dirfd(d), de->d_name);
	closedir(d);
}

/* A name that goes by itself meanwhile (of a child that ends) is as good. */
static void
remove_tree(int at, const char *name)
{
	int fd;

	if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
		return;
	scratch_must(errno == EISDIR || errno == EPERM, name);
	if (fchmodat(at, name, 0700, AT_SYMLINK_NOFOLLOW) < 0)
		scratch_must(errno == EOPNOTSUPP || errno == EPERM, name);
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	scratch_must(fd >= 0, name);
	empty(fd, name);
	scratch_must(unlinkat(at, name, AT_REMOVEDIR) == 0, name);
}

void
scratch_free(struct scratch *s)
{
	scratch_leave(s);
	remove_tree(AT_FDCWD, s->path);
}

void
scratch_leave(struct scratch *s)
{
	close(s->fd);
	s->fd = -1;
}

const char *
scratch_path(const struct scratch *s, const char *rel)
{
	static char ring[64][512];
	static unsigned at;
	char *p = ring[at++ % 64];
	int n;

	if (*rel == '/')
		return rel;
	n = snprintf(p, sizeof(ring[0]), "%s%s%s", s->path, *rel ? "/" : "", rel);
	scratch_must(n < (int)sizeof(ring[0]), rel);
	return p;
}

/* The folders above rel. */
static void
above(const struct scratch *s, const char *rel)
{
	char path[4096], *p = path;

	scratch_must(strlen(rel) < sizeof(path), rel);
	snprintf(path, sizeof(path), "%s", rel);
	while ((p = strchr(p + 1, '/')) != NULL) {
		*p = '\0';
		scratch_must(mkdirat(s->fd, path, 0755) == 0 || errno == EEXIST, path);
		*p = '/';
	}
}

void
scratch_dir(const struct scratch *s, const char *rel)
{
	above(s, rel);
	scratch_must(mkdirat(s->fd, rel, 0755) == 0 || errno == EEXIST, rel);
}

static int
open_file(const struct scratch *s, const char *rel, int flags)
{
	int fd = openat(s->fd, rel, flags | O_CLOEXEC, 0644);

	scratch_must(fd >= 0, rel);
	return fd;
}

void
scratch_file(const struct scratch *s, const char *rel, const char *text)
{
	int fd;

	above(s, rel);
	fd = open_file(s, rel, O_WRONLY | O_CREAT | O_TRUNC);
	scratch_must(fd_write_all(fd, text, strlen(text)) == 0, rel);
	close(fd);
}

void
scratch_link(const struct scratch *s, const char *target, const char *rel)
{
	scratch_must(symlinkat(target, s->fd, rel) == 0, rel);
}

void
scratch_mode(const struct scratch *s, const char *rel, mode_t mode)
{
	scratch_must(fchmodat(s->fd, rel, mode, 0) == 0, rel);
}

void
scratch_length(const struct scratch *s, const char *rel, off_t len)
{
	int fd = open_file(s, rel, O_WRONLY);

	scratch_must(ftruncate(fd, len) == 0, rel);
	close(fd);
}

int
scratch_xattr(const struct scratch *s, const char *rel, const char *name,
    const char *value)
{
	int fd = open_file(s, rel, O_RDONLY);
	int r = fsetxattr(fd, name, value, strlen(value), 0), why = errno;

	close(fd);
	errno = why;
	return r;
}

void
scratch_move(const struct scratch *s, const char *from, const char *to)
{
	scratch_must(renameat2(s->fd, from, s->fd, to, 0) == 0, from);
}

void
scratch_remove(const struct scratch *s, const char *rel)
{
	scratch_must(faccessat(s->fd, rel, F_OK, AT_SYMLINK_NOFOLLOW) == 0, rel);
	remove_tree(s->fd, rel);
}
