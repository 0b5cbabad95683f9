#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/apply_impl.h"
#include "apply/place.h"
#include "fs/dir.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/hash.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define TMP_SIZE	48
#define PIECE		((size_t)256 << 10)

/*
 * The hidden name under which name is made.  It is the same each time: what a
 * crash left of it goes when name is written again, and there is one writer.
 */
static int
tmp_name(const struct fs_dir *d, const char *name, char out[TMP_SIZE])
{
	snprintf(out, TMP_SIZE, ".fettle-%016" PRIx64 ".part",
	    hash_fixed(0, name, strlen(name)));
	return unlinkat(d->fd, out, 0) < 0 && errno != ENOENT ? -1 : 0;
}

static int
tmp_file(const struct fs_dir *d, const char *name, char tmp[TMP_SIZE],
    struct err *e)
{
	char q[QUOTE_SIZE];
	int fd = -1;

	if (tmp_name(d, name, tmp) == 0)
		fd = openat(d->fd, tmp, O_WRONLY | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : err_sys(e, "write %s in %s", name,
	    quote_to(q, sizeof(q), d->path));
}

int
place_folder(const struct fs_dir *d, const char *name, struct fs_dir **out,
    struct err *e)
{
	char q[QUOTE_SIZE];

	if (mkdirat(d->fd, name, 0700) == 0) {
		if (fsync(d->fd) < 0)
			return err_sys(e, "flush %s",
			    quote_to(q, sizeof(q), d->path));
	} else if (errno != EEXIST)
		return err_sys(e, "make folder %s in %s", name,
		    quote_to(q, sizeof(q), d->path));
	return fs_dir_below(d, name, out, e);
}

static unsigned
components(const char *path)
{
	unsigned n = 0;
	size_t len;

	for (; *path != '\0'; path += len) {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		n += len > 0;
	}
	return n;
}

int
place_open(const char *abs, unsigned make, struct fs_dir **out, unsigned *made,
    struct err *e)
{
	struct fs_dir *d, *next;
	const char *rest;
	char q[QUOTE_SIZE];
	size_t len;

	if (fs_dir_open_existing(abs, &d, &rest, e) < 0)
		return -1;
	if (made != NULL)
		*made = components(rest);
	if (components(rest) > make) {
		fs_dir_free(d);
		return err_set(e, ERR_NOENT, "%s is not there",
		    quote_to(q, sizeof(q), abs));
	}
	for (rest += strspn(rest, "/"); *rest != '\0';
	    rest += len, rest += strspn(rest, "/")) {
		len = strcspn(rest, "/");
		CLEAN_FREE char *name = xstrndup(rest, len);
		int r = place_folder(d, name, &next, e);

		fs_dir_free(d);
		if (r < 0)
			return -1;
		d = next;
	}
	*out = d;
	return 0;
}

int
place_room(const char *abs, uint64_t min_free, unsigned percent, struct err *e)
{
	struct fs_dir *d;
	const char *rest;
	int r;

	if (fs_dir_open_existing(abs, &d, &rest, e) < 0)
		return -1;
	r = room_for(d, 0, min_free, percent, e);
	fs_dir_free(d);
	return r;
}

/* Give the temporary its name: NOREPLACE, unless an old one of ours is there. */
static int
name_it(const struct fs_dir *d, const char *tmp, const char *name, mode_t type,
    int replace)
{
	struct stat st;

	if (renameat2(d->fd, tmp, d->fd, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EEXIST || !replace)
		return -1;
	if (fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if ((st.st_mode & S_IFMT) != type) {
		errno = EEXIST;
		return -1;
	}
	return renameat2(d->fd, tmp, d->fd, name, 0);
}

/* What a new file gets: bytes in memory, or those of an open file. */
struct filling {
	const void	*data;
	size_t		 len;
	int		 from;		/* -1: data */
	int		 shown;		/* others may read it */
};

static int
fill(int fd, const struct filling *f)
{
	CLEAN_FREE char *piece = NULL;
	uint64_t at = 0;
	ssize_t n;

	if (f->from < 0)
		return fd_write_all(fd, f->data, f->len);
	piece = xalloc(PIECE);
	while ((n = fd_pread_full(f->from, piece, PIECE, at)) > 0) {
		if (fd_write_all(fd, piece, (size_t)n) < 0)
			return -1;
		at += (uint64_t)n;
	}
	return n < 0 ? -1 : 0;
}

static int
put(const struct fs_dir *d, const char *name, const struct filling *f,
    int replace, struct err *e)
{
	char tmp[TMP_SIZE], q[QUOTE_SIZE];
	CLEAN_FD int fd = tmp_file(d, name, tmp, e);

	if (fd < 0)
		return -1;
	if (fill(fd, f) < 0 || (f->shown && fchmod(fd, 0644) < 0) ||
	    fsync(fd) < 0 ||
	    name_it(d, tmp, name, S_IFREG, replace) < 0) {
		err_sys(e, "write %s in %s", name,
		    quote_to(q, sizeof(q), d->path));
		unlinkat(d->fd, tmp, 0);
		return -1;
	}
	if (fsync(fd) < 0 || fsync(d->fd) < 0)
		return err_sys(e, "flush %s in %s", name,
		    quote_to(q, sizeof(q), d->path));
	return 0;
}

int
place_write(const struct fs_dir *d, const char *name, const void *data,
    size_t len, int replace, struct err *e)
{
	struct filling f = { .data = data, .len = len, .from = -1 };

	return put(d, name, &f, replace, e);
}

int
place_show(const struct fs_dir *d, const char *name, const void *data,
    size_t len, struct err *e)
{
	struct filling f = { .data = data, .len = len, .from = -1, .shown = 1 };

	return put(d, name, &f, 1, e);
}

int
place_copy(const struct fs_dir *d, const char *name, int from, int replace,
    struct err *e)
{
	struct filling f = { .from = from };

	return put(d, name, &f, replace, e);
}

struct place_file {
	struct fs_dir	*d;
	char		*name;
	char		 tmp[TMP_SIZE];
	int		 fd;
};

int
place_start(const struct fs_dir *d, const char *name, struct place_file **out,
    struct err *e)
{
	struct place_file *f = xalloc(sizeof(*f));

	f->fd = -1;
	f->name = xstrdup(name);
	if (fs_dir_below(d, "", &f->d, e) < 0 ||
	    (f->fd = tmp_file(d, name, f->tmp, e)) < 0) {
		place_drop(f);
		return -1;
	}
	*out = f;
	return 0;
}

int
place_add(struct place_file *f, const void *data, size_t len, struct err *e)
{
	char q[QUOTE_SIZE];

	return fd_write_all(f->fd, data, len) == 0 ? 0 :
	    err_sys(e, "write %s in %s", f->name,
	    quote_to(q, sizeof(q), f->d->path));
}

void
place_drop(struct place_file *f)
{
	if (f == NULL)
		return;
	if (f->fd >= 0) {
		unlinkat(f->d->fd, f->tmp, 0);
		close(f->fd);
	}
	fs_dir_free(f->d);
	free(f->name);
	free(f);
}

int
place_finish(struct place_file *f, int replace, struct err *e)
{
	char q[QUOTE_SIZE];
	int r = 0;

	if (fsync(f->fd) < 0 ||
	    name_it(f->d, f->tmp, f->name, S_IFREG, replace) < 0) {
		err_sys(e, "write %s in %s", f->name,
		    quote_to(q, sizeof(q), f->d->path));
		place_drop(f);
		return -1;
	}
	if (fsync(f->fd) < 0 || fsync(f->d->fd) < 0)
		r = err_sys(e, "flush %s in %s", f->name,
		    quote_to(q, sizeof(q), f->d->path));
	close(f->fd);
	f->fd = -1;
	place_drop(f);
	return r;
}

/* Cut the file back to the end of its last whole line. */
static int
drop_cut(int fd)
{
	char piece[4096], *end;
	struct stat st;
	off_t at;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -1;
	for (at = st.st_size; at > 0;) {
		at -= at > (off_t)sizeof(piece) ? (off_t)sizeof(piece) : at;
		n = pread(fd, piece, sizeof(piece), at);
		if (n <= 0)
			return -1;
		end = memrchr(piece, '\n', (size_t)n);
		if (end == NULL)
			continue;
		at += end + 1 - piece;
		break;
	}
	return at == st.st_size ? 0 : ftruncate(fd, at);
}

int
place_append(const struct fs_dir *d, const char *name, const void *data,
    size_t len, struct err *e)
{
	CLEAN_FD int fd = openat(d->fd, name, O_RDWR | O_APPEND | O_CREAT |
	    O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	char q[QUOTE_SIZE];

	if (fd < 0 || drop_cut(fd) < 0 || fd_write_all(fd, data, len) < 0)
		return err_sys(e, "write %s in %s", name,
		    quote_to(q, sizeof(q), d->path));
	return fsync(fd) < 0 || fsync(d->fd) < 0 ? err_sys(e,
	    "flush %s in %s", name, quote_to(q, sizeof(q), d->path)) : 0;
}

int
place_link(const struct fs_dir *d, const char *name, const char *target,
    struct err *e)
{
	char tmp[TMP_SIZE], q[QUOTE_SIZE];

	if (tmp_name(d, name, tmp) < 0 || symlinkat(target, d->fd, tmp) < 0)
		return err_sys(e, "link %s in %s", name,
		    quote_to(q, sizeof(q), d->path));
	if (name_it(d, tmp, name, S_IFLNK, 1) < 0) {
		err_sys(e, "link %s in %s", name,
		    quote_to(q, sizeof(q), d->path));
		unlinkat(d->fd, tmp, 0);
		return -1;
	}
	return fsync(d->fd) < 0 ? err_sys(e, "flush %s",
	    quote_to(q, sizeof(q), d->path)) : 0;
}

int
place_remove(const struct fs_dir *d, const char *name, struct err *e)
{
	char q[QUOTE_SIZE];

	if (unlinkat(d->fd, name, 0) < 0 && errno != ENOENT)
		return err_sys(e, "remove %s in %s", name,
		    quote_to(q, sizeof(q), d->path));
	return fsync(d->fd) < 0 ? err_sys(e, "flush %s",
	    quote_to(q, sizeof(q), d->path)) : 0;
}
