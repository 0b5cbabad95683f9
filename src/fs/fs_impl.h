#ifndef FS_IMPL_H
#define FS_IMPL_H

#include <sys/stat.h>

#include "fs/dir.h"

/* What the files of this room share; nobody else's affair. */

/*
 * One component, never through a symlink: a descriptor (O_PATH) and what it
 * is, or -1 with errno.
 */
int fs_open_component(int at, const char *name, struct stat *st);

/* Hand over a descriptor that would close itself: *fd is -1 then. */
static inline int
fs_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define FS_STATX_MASK	(STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID)

/*
 * statx of a name, never following: 0, or -1 with errno.  how is 0, or
 * AT_STATX_DONT_SYNC where what a network file system remembers is enough.
 */
int fs_statx(int fd, const char *name, int how, struct statx *sx);
/* The same of the descriptor itself, as stat does it. */
int fs_statx_fd(int fd, struct statx *sx);

uint64_t fs_statx_dev(const struct statx *sx);

/* The file system of an open descriptor on device dev, as fs_dir.fs. */
uint64_t fs_volume(int fd, uint64_t dev);
/* The file system of name in d, which sx tells of. */
uint64_t fs_volume_of(const struct fs_dir *d, const char *name,
    const struct statx *sx);

void fs_id_fill(struct fs_id *id, uint64_t fs, const struct statx *sx);

/* May one name in a folder be looked up: no '/', not "" and not ".."? */
int fs_name_ok(const char *name);

/* The first n bytes of abs without "//", "/./" and a slash at the end. */
char *fs_tidy(const char *abs, size_t n);
int fs_has_dotdot(const char *path);

/*
 * Take over fd, a folder just opened for reading (-1: the opening failed, as
 * errno says).  path and real are copied.  near, if not NULL, is a folder that
 * may lie on the same file system.
 */
int fs_dir_hold(int opened, const char *path, const char *real,
    const struct fs_dir *near, struct fs_dir **out, struct err *e);

/* Somebody has the regular file open for writing, as a lease tells. */
int fs_open_writer(int at, const char *name);

/*
 * Why a component on the way to a folder cannot be trusted by us, or NULL.
 * last: it is the folder itself.
 */
const char *fs_distrust(const struct stat *st, uid_t us, int last);

#endif
