/*
 * local_put.c -- how a file comes to lie in a local repository.
 *
 * It is written beside its place under a name that restic and list pass over,
 * flushed, renamed into place, and then the folder is flushed.  So at every
 * instant, power cut included, a name is either absent or whole.  Two writers
 * of one name are harmless: a name is the hash of its bytes, so either may win.
 * The config has no such name, and is never replaced.
 *
 * A pack's name is known when its last byte is: its temporary lies in data/,
 * one level above its place.  Only then is the file made read-only, since some
 * file servers do not rename what is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "crypto/sha256.h"
#include "store/local.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define BEGIN_EVERY	((uint64_t)4 << 20)

struct upload {
	struct store_upload	 base;
	int			 folder;	/* where the temporary lies */
	int			 fd;
	uint64_t		 written, begun;	/* bytes; on their way */
	char			 tmp[40];
};

/* For messages while the name is not known. */
static const char *
where(const struct upload *u)
{
	const char *folder = store_kind_folder(u->base.kind);

	return *folder != '\0' ? folder : "config";
}

/* The temporary goes, and the upload. */
static void
put_away(struct upload *u)
{
	if (u->fd >= 0)
		close(u->fd);
	if (u->folder >= 0) {
		if (u->tmp[0] != '\0')
			unlinkat(u->folder, u->tmp, 0);
		close(u->folder);
	}
	free(u);
}

/*
 * A folder that could not be made because the repository's own is gone reads
 * as ENOENT: that is a store which is not there, no missing file.
 */
static int
fail_write(const struct local *l, const char *path, struct err *e)
{
	int gone = errno == ENOENT;

	(void)local_fail(l, "write", path, e);
	if (gone && e != NULL)
		e->kind = ERR_ABSENT;
	return -1;
}

int
local_start(struct store *s, enum store_kind kind, uint64_t hint,
    struct store_upload **out, struct err *e)
{
	struct local *l = (struct local *)s;
	struct upload *u = xalloc(sizeof(*u));
	const char *folder = store_kind_folder(kind);
	uint64_t r;

	(void)hint;
	u->base.store = s;
	u->base.kind = kind;
	u->fd = -1;
	u->folder = local_open_folder(l, *folder != '\0' ? folder : ".", 1);
	if (u->folder >= 0) {
		random_bytes(&r, sizeof(r));
		snprintf(u->tmp, sizeof(u->tmp), LOCAL_TMP "%016llx",
		    (unsigned long long)r);
		u->fd = openat(u->folder, u->tmp,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, l->file_mode);
	}
	if (u->fd < 0) {
		(void)fail_write(l, where(u), e);
		u->tmp[0] = '\0';
		put_away(u);
		return -1;
	}
	local_sweep(l, kind, u->folder, u->fd);
	*out = &u->base;
	return 0;
}

/*
 * Let the disk begin with what is there, so that the flush at the end has little
 * left to wait for (measured: a third less).  Only a hint: what it says is of no
 * account.
 */
static void
begin_writing(struct upload *u)
{
	if (u->written - u->begun < BEGIN_EVERY)
		return;
	(void)sync_file_range(u->fd, (off_t)u->begun,
	    (off_t)(u->written - u->begun), SYNC_FILE_RANGE_WRITE);
	u->begun = u->written;
}

int
local_add(struct store_upload *base, const void *data, size_t len,
    struct err *e)
{
	struct upload *u = (struct upload *)base;

	if (fd_write_all(u->fd, data, len) < 0)
		return fail_write((struct local *)base->store, where(u), e);
	u->written += len;
	begin_writing(u);
	return 0;
}

/* Give it its name.  The config's must be free; not every file system can say
 * so in one call. */
static int
name_it(struct upload *u, int to, const char *name)
{
	struct stat st;

	if (u->base.kind != STORE_CONFIG)
		return renameat2(u->folder, u->tmp, to, name, 0);
	if (renameat2(u->folder, u->tmp, to, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(u->folder, u->tmp, to, name, 0) == 0) {
		unlinkat(u->folder, u->tmp, 0);
		return 0;
	}
	if (errno == EEXIST)
		return -1;
	if (fstatat(to, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat2(u->folder, u->tmp, to, name, 0);
}

static int
publish(struct local *l, struct upload *u, const struct store_name *n,
    const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	char folder[LOCAL_PATH_MAX];
	CLEAN_FD int to = -1;
	int sys;

	local_folder(folder, n->kind, n->id);
	if (local_flush(u->fd) < 0 ||
	    (to = local_open_folder(l, folder, 1)) < 0 ||
	    name_it(u, to, name) < 0)
		return -1;
	u->tmp[0] = '\0';
	/* Some file systems keep no modes: then it stays as it is. */
	(void)fchmod(u->fd, l->file_mode & ~(mode_t)0222);
	if (local_flush(to) == 0)
		return 0;
	sys = errno;
	unlinkat(to, name, 0);
	errno = sys;
	return -1;
}

int
local_finish(struct store_upload *base, const unsigned char *id,
    struct err *e)
{
	struct upload *u = (struct upload *)base;
	struct local *l = (struct local *)base->store;
	struct store_name n = { .kind = base->kind };
	char path[LOCAL_PATH_MAX];
	int r;

	memcpy(n.id, id, STORE_ID_LEN);
	local_path(path, &n);
	r = publish(l, u, &n, path);
	if (r < 0)
		(void)fail_write(l, path, e);
	put_away(u);
	return r;
}

void
local_drop(struct store_upload *base)
{
	put_away((struct upload *)base);
}

int
local_put(struct store *s, const struct store_name *n, const void *data,
    size_t len, struct err *e)
{
	struct store_upload *u;

	if (local_start(s, n->kind, len, &u, e) < 0)
		return -1;
	if (local_add(u, data, len, e) < 0) {
		local_drop(u);
		return -1;
	}
	return local_finish(u, n->id, e);
}
