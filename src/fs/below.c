/* below.c -- folders inside a held one, and what it is to hold one. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/dir.h"
#include "fs/fs_impl.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define PIECE	4000	/* below PATH_MAX, which counts the NUL */
#define TRIES	8

int
fs_dir_hold(int opened, const char *path, const char *real,
    const struct fs_dir *near, struct fs_dir **out, struct err *e)
{
	CLEAN_FD int fd = opened;
	char q[QUOTE_SIZE];
	struct statx sx;
	struct fs_dir *d;

	if (fd < 0 || fs_statx_fd(fd, &sx) < 0)
		return err_sys(e, "open %s", quote_to(q, sizeof(q), path));
	d = xalloc(sizeof(*d));
	d->path = xstrdup(path);
	d->real = xstrdup(real);
	d->mnt = sx.stx_mnt_id;
	d->dev = fs_statx_dev(&sx);
	d->fs = near != NULL && near->dev == d->dev ? near->fs :
	    fs_volume(fd, d->dev);
	d->fd = fs_take(&fd);
	*out = d;
	return 0;
}

void
fs_dir_free(struct fs_dir *d)
{
	if (d == NULL)
		return;
	close(d->fd);
	free(d->path);
	free(d->real);
	free(d);
}

char *
fs_tidy(const char *abs, size_t n)
{
	struct buf b = {0};
	size_t i, len;

	for (i = 0; i < n; i += len) {
		i += strspn(abs + i, "/");
		len = strcspn(abs + i, "/");
		if (i >= n || (len == 1 && abs[i] == '.'))
			continue;
		buf_addc(&b, '/');
		buf_add(&b, abs + i, len);
	}
	if (b.len == 0)
		buf_addc(&b, '/');
	return buf_steal(&b);
}

int
fs_has_dotdot(const char *path)
{
	const char *p = path;

	for (; (p = strstr(p, "..")) != NULL; p += 2)
		if ((p == path || p[-1] == '/') &&
		    (p[2] == '/' || p[2] == '\0'))
			return 1;
	return 0;
}

int
fs_open_component(int at, const char *name, struct stat *st)
{
	int fd = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, st) < 0) {
		clean_fd(&fd);
		return -1;
	}
	return fd;
}

/* The same, if it is a folder; ELOOP for a symlink, as openat2 says it. */
static int
open_folder(int at, const char *name)
{
	struct stat st;
	int fd = fs_open_component(at, name, &st);

	if (fd < 0 || S_ISDIR(st.st_mode))
		return fd;
	close(fd);
	errno = S_ISLNK(st.st_mode) ? ELOOP : ENOTDIR;
	return -1;
}

/* Without openat2 (before Linux 5.6, or a filter that does not know it). */
static int
open_by_components(int fd, const char *piece, int flags)
{
	CLEAN_FREE char *copy = xstrdup(piece);
	CLEAN_FD int at = openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *save = NULL, *name = strtok_r(copy, "/", &save);
	int next;

	for (; name != NULL; name = strtok_r(NULL, "/", &save)) {
		next = open_folder(at, name);
		clean_fd(&at);
		at = next;
		if (at < 0)
			return -1;
	}
	return openat(at, ".", flags | O_DIRECTORY | O_CLOEXEC);
}

static int
open_piece(int fd, const char *piece, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_DIRECTORY | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS,
	};
	int i, r = -1;

	for (i = 0; i < TRIES; i++) {
		r = (int)syscall(SYS_openat2, fd, piece, &how, sizeof(how));
		if (r >= 0 || errno != EAGAIN)
			break;
	}
	if (r < 0 && (errno == ENOSYS || errno == EPERM))
		r = open_by_components(fd, piece, flags);
	return r;
}

/* How much of rel to open at once: up to a slash, the slash not counted. */
static size_t
piece_len(const char *rel)
{
	size_t n = strlen(rel);

	if (n <= PIECE)
		return n;
	for (n = PIECE; n > 0 && rel[n] != '/'; n--)
		continue;
	return n;
}

/* Open rel (tidy, not empty) below fd in pieces: -1 with errno. */
static int
open_below(int root, const char *rel)
{
	CLEAN_FD int held = -1;		/* the piece before, if it is ours */
	char piece[PIECE + 1];
	int fd = root;
	size_t n;

	for (;;) {
		n = piece_len(rel);
		if (n == 0) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(piece, rel, n);
		piece[n] = '\0';
		if (rel[n] == '\0')
			return open_piece(fd, piece, O_RDONLY);
		fd = open_piece(fd, piece, O_PATH);
		clean_fd(&held);
		held = fd;
		if (fd < 0)
			return -1;
		rel += n + 1;
	}
}

static char *
joined(const char *root, const char *tail)
{
	if (strcmp(root, "/") == 0)
		return xstrdup(tail);
	return xasprintf("%s%s", root, strcmp(tail, "/") == 0 ? "" : tail);
}

static int
leads_out(const char *rel, struct err *e)
{
	char q[QUOTE_SIZE];

	if (*rel != '/' && !fs_has_dotdot(rel))
		return 0;
	err_set(e, ERR_USAGE, "%s may lead out of its folder",
	    quote_to(q, sizeof(q), rel));
	return 1;
}

static int
was_symlink(const char *path, struct err *e)
{
	char q[QUOTE_SIZE];

	return err_set(e, ERR_CHANGED,
	    "open %s: there is a symlink where a folder was",
	    quote_to(q, sizeof(q), path));
}

int
fs_dir_below(const struct fs_dir *root, const char *rel, struct fs_dir **out,
    struct err *e)
{
	CLEAN_FREE char *tail = NULL, *path = NULL, *real = NULL;
	int fd;

	if (leads_out(rel, e))
		return -1;
	tail = fs_tidy(rel, strlen(rel));
	path = joined(root->path, tail);
	real = joined(root->real, tail);
	fd = open_below(root->fd, tail[1] != '\0' ? tail + 1 : ".");
	if (fd < 0 && (errno == ELOOP || errno == EXDEV))
		return was_symlink(path, e);
	return fs_dir_hold(fd, path, real, root, out, e);
}

int
fs_dir_fd(const struct fs_dir *root, const char *rel, int *fd, struct err *e)
{
	char q[QUOTE_SIZE];

	if (leads_out(rel, e))
		return -1;
	*fd = open_below(root->fd, *rel != '\0' ? rel : ".");
	if (*fd >= 0)
		return 0;
	if (errno == ELOOP || errno == EXDEV)
		return was_symlink(rel, e);
	return err_sys(e, "open %s", quote_to(q, sizeof(q), rel));
}
