/* id.c -- what statx says of a file, as fs_id. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "fs/dir.h"
#include "fs/fs_impl.h"
#include "util/err.h"
#include "util/quote.h"

int
fs_id_same(const struct fs_id *a, const struct fs_id *b)
{
	return a->fs == b->fs && a->ino == b->ino && a->btime == b->btime;
}

int
fs_id_unchanged(const struct fs_id *a, const struct fs_id *b)
{
	return fs_id_same(a, b) && a->size == b->size && a->mtime == b->mtime;
}

/* Nanoseconds since 1970; xfs and tmpfs hold times that do not fit. */
static int64_t
nanoseconds(const struct statx_timestamp *t)
{
	int64_t ns;

	if (__builtin_mul_overflow((int64_t)t->tv_sec, (int64_t)1000000000, &ns)
	    || __builtin_add_overflow(ns, (int64_t)t->tv_nsec, &ns))
		return t->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	return ns;
}

void
fs_id_fill(struct fs_id *id, uint64_t fs, const struct statx *sx)
{
	*id = (struct fs_id){
		.fs = fs,
		.ino = sx->stx_ino,
		.mtime = nanoseconds(&sx->stx_mtime),
		.ctime = nanoseconds(&sx->stx_ctime),
		.atime = nanoseconds(&sx->stx_atime),
		.size = sx->stx_size,
		.mode = sx->stx_mode,
		.uid = sx->stx_uid,
		.gid = sx->stx_gid,
		.nlink = sx->stx_nlink,
	};
	if (sx->stx_mask & STATX_BTIME)
		id->btime = nanoseconds(&sx->stx_btime);
}

uint64_t
fs_statx_dev(const struct statx *sx)
{
	return makedev(sx->stx_dev_major, sx->stx_dev_minor);
}

int
fs_statx(int fd, const char *name, int how, struct statx *sx)
{
	return statx(fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | how,
	    FS_STATX_MASK, sx);
}

int
fs_statx_fd(int fd, struct statx *sx)
{
	return statx(fd, "", AT_EMPTY_PATH, FS_STATX_MASK, sx);
}

int
fs_name_ok(const char *name)
{
	return *name != '\0' && strchr(name, '/') == NULL &&
	    strcmp(name, "..") != 0;
}

int
fs_stat(const struct fs_dir *d, const char *name, struct fs_id *out,
    struct err *e)
{
	char q[QUOTE_SIZE], p[QUOTE_SIZE];
	struct statx sx;

	if (!fs_name_ok(name))
		return err_set(e, ERR_USAGE, "%s is not a name in a folder",
		    quote_to(q, sizeof(q), name));
	if (fs_statx(d->fd, name, 0, &sx) < 0)
		return err_sys(e, "look at %s in %s",
		    quote_to(q, sizeof(q), name),
		    quote_to(p, sizeof(p), d->path));
	fs_id_fill(out, fs_volume_of(d, name, &sx), &sx);
	return 0;
}

int
fs_stat_fd(const struct fs_dir *d, int fd, struct fs_id *out, struct err *e)
{
	char q[QUOTE_SIZE];
	struct statx sx;
	uint64_t fs;

	if (fs_statx_fd(fd, &sx) < 0)
		return err_sys(e, "look at an open file below %s",
		    quote_to(q, sizeof(q), d->path));
	fs = fs_statx_dev(&sx) == d->dev ? d->fs :
	    fs_volume(fd, fs_statx_dev(&sx));
	fs_id_fill(out, fs, &sx);
	return 0;
}
