/*
 * dump.c -- a file of a copy, or a folder of it as an archive, as a stream.
 *
 * What goes out is held against the manifest's sums as it goes: a file that
 * rotted ends the stream with a failure, and is never taken for the one that
 * was copied.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copies/impl.h"
#include "crypto/sha256.h"
#include "fs/dir.h"
#include "tar/tar.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define PIECE	((size_t)256 << 10)

struct dumping {
	struct fs_dir	*place;
	struct manifest	*m;
	struct hand	 in;		/* the copy's folders */
	char		*path;		/* without a slash at its end; "" is all */
	size_t		 len;
	struct tar_writer *tar;		/* NULL: bytes alone */
	int		 fd;
	struct sha256	*sha;
	unsigned char	*piece;
};

static void
dumping_fini(struct dumping *d)
{
	tar_writer_free(d->tar);
	manifest_close(d->m);
	hand_fini(&d->in);
	fs_dir_free(d->place);
	sha256_free(d->sha);
	free(d->piece);
	free(d->path);
}

/* 1: it is what was asked for, or lies in it. */
static int
is_asked(const struct dumping *d, const struct copy_entry *en)
{
	return strncmp(en->source, d->path, d->len) == 0 &&
	    (en->source[d->len] == '\0' || en->source[d->len] == '/');
}

/* A whole manifest, standing at its first entry. */
static int
open_copy(struct dumping *d, const struct copies *c, const char *name,
    const char *path, struct err *e)
{
	CLEAN_FREE char *which = NULL;

	d->len = strlen(path);
	while (d->len > 0 && path[d->len - 1] == '/')
		d->len--;
	d->path = xstrndup(path, d->len);
	if (copies_hold(c, &d->place, e) < 0 ||
	    copies_pick(c, d->place, name, 0, &which, e) < 0 ||
	    manifest_open(d->place, which, &d->m, e) < 0 ||
	    manifest_verify(d->m, e) < 0 ||
	    fs_dir_below(d->place, which, &d->in.top, e) < 0)
		return -1;
	return 0;
}

/* What lies at the path; a folder above the sources is one, too.  The manifest
 * stands behind en, if it is the thing itself. */
static int
find(struct dumping *d, struct manifest_entry *en, char *kind, struct err *e)
{
	char q[QUOTE_SIZE];
	int r;

	while ((r = manifest_next(d->m, en, e)) == 1) {
		if (!is_asked(d, &en->en))
			continue;
		*kind = en->en.source[d->len] == '\0' ? en->en.kind : 'd';
		return 0;
	}
	return r < 0 ? -1 : err_set(e, ERR_NOENT, "that copy does not hold %s",
	    quote_to(q, sizeof(q), d->path));
}

int
copies_kind(const struct copies *c, const char *name, const char *path,
    char *kind, struct err *e)
{
	struct dumping d = {0};
	struct manifest_entry en;
	int r = open_copy(&d, c, name, path, e);

	if (r == 0)
		r = find(&d, &en, kind, e);
	dumping_fini(&d);
	return r;
}

/* ---- bytes ---- */
static int
open_file(struct dumping *d, const struct copy_entry *en, struct stat *st,
    struct err *e)
{
	const char *name;
	const struct fs_dir *dir = hand_folder(&d->in, en->path, &name, e);
	int fd;

	if (dir == NULL)
		return -1;
	fd = openat(dir->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open it");
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	return err_set(e, ERR_CHANGED, "it is of another kind than was copied");
}

static int
put(struct dumping *d, size_t n, struct err *e)
{
	if (d->tar != NULL)
		return tar_write(d->tar, d->piece, n, e);
	return fd_write_all(d->fd, d->piece, n) == 0 ? 0 : err_sys(e, "write");
}

static int
send_bytes(struct dumping *d, int fd, const struct copy_entry *en,
    struct err *e)
{
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	ssize_t n;

	sha256_start(d->sha);
	while ((n = read(fd, d->piece, PIECE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read it");
		sha256_add(d->sha, d->piece, (size_t)n);
		if (put(d, (size_t)n, e) < 0)
			return -1;
	}
	sha256_end(d->sha, sum);
	sha256_hex(sum, hex);
	return *en->sha256 == '\0' || strcmp(hex, en->sha256) == 0 ? 0 :
	    err_set(e, ERR_CORRUPT, "it has other content than was copied");
}

static int
one_file(struct dumping *d, const struct copy_entry *en, struct err *e)
{
	CLEAN_FD int fd = -1;
	struct stat st;

	fd = open_file(d, en, &st, e);
	return fd < 0 ? -1 : send_bytes(d, fd, en, e);
}

/* ---- archives ---- */
static int
add_file(struct dumping *d, struct tar_entry *t, const struct copy_entry *en,
    struct err *e)
{
	CLEAN_FD int fd = -1;
	struct stat st;

	fd = open_file(d, en, &st, e);
	if (fd < 0)
		return -1;
	t->size = (uint64_t)st.st_size;
	if (tar_add(d->tar, t, e) < 0 || send_bytes(d, fd, en, e) < 0)
		return -1;
	return tar_end(d->tar, e);
}

/* A hard link comes as the file it is: what it leads to may lie elsewhere. */
static int
add_member(struct dumping *d, const struct manifest_entry *en, struct err *e)
{
	struct tar_entry t = {
		.type = en->en.kind == 'd' ? TAR_FOLDER :
		    en->en.kind == 'l' ? TAR_SYMLINK : TAR_FILE,
		.path = en->en.source + 1, .link = en->en.target,
		.mode = en->en.mode & 07777, .uid = en->uid, .gid = en->gid,
		.mtime = en->en.mtime,
	};
	char q[QUOTE_SIZE];
	int r;

	if (en->en.kind == 'p')
		return 0;
	if (t.type == TAR_FILE)
		r = add_file(d, &t, &en->en, e);
	else
		r = tar_add(d->tar, &t, e) < 0 ? -1 : tar_end(d->tar, e);
	return r < 0 ? err_wrap(e, "%s", quote_to(q, sizeof(q),
	    en->en.source)) : 0;
}

static int
archive(struct dumping *d, enum copies_archive format, struct err *e)
{
	struct manifest_entry en;
	int r = format == COPIES_ZIP ? tar_create_zip(d->fd, &d->tar, e) :
	    tar_create(d->fd, 0, &d->tar, e);

	if (r < 0)
		return -1;
	manifest_rewind(d->m);
	while ((r = manifest_next(d->m, &en, e)) == 1)
		if (is_asked(d, &en.en) && add_member(d, &en, e) < 0)
			return -1;
	return r < 0 ? -1 : tar_close(d->tar, e);
}

int
copies_dump(const struct copies *c, const char *name, const char *path,
    enum copies_archive format, int fd, struct err *e)
{
	struct dumping d = { .fd = fd };
	struct manifest_entry en;
	char q[QUOTE_SIZE], kind = 0;
	int r = open_copy(&d, c, name, path, e);

	d.sha = sha256_new();
	d.piece = xalloc(PIECE);
	if (r == 0)
		r = find(&d, &en, &kind, e);
	if (r == 0 && (kind == 'f' || kind == 'h'))
		r = one_file(&d, &en.en, e);
	else if (r == 0 && kind == 'd')
		r = archive(&d, format, e);
	else if (r == 0)
		r = err_set(e, ERR_USAGE, "%s is neither a file nor a folder",
		    quote_to(q, sizeof(q), path));
	dumping_fini(&d);
	return r;
}
