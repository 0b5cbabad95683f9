#include <errno.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "apply/member.h"
#include "apply/meta.h"
#include "tar/tar.h"
#include "util/err.h"
#include "util/fd.h"

static int
pour(struct tar_reader *tr, uint64_t size, int fd,
    int (*watch)(void *arg, uint64_t bytes), void *arg, struct err *e)
{
	const void *data;
	uint64_t at;
	size_t len;
	int n;

	while ((n = tar_read_data(tr, &data, &len, &at, e)) == 1) {
		if (fd_pwrite_full(fd, data, len, at) < 0)
			return err_sys(e, "write");
		if (watch != NULL && watch(arg, len) != 0)
			return err_set(e, ERR_STOPPED, "stopped");
	}
	if (n < 0)
		return -1;
	return ftruncate(fd, (off_t)size) < 0 ? err_sys(e, "write") : 0;
}

int
member_pour(struct tar_reader *tr, const struct tar_entry *t, int fd,
    int (*watch)(void *arg, uint64_t bytes), void *arg, unsigned *lost,
    struct err *e)
{
	struct fs_id id = { .mode = t->mode, .uid = t->uid, .gid = t->gid,
	    .mtime = t->mtime, .atime = t->has_atime ? t->atime : t->mtime };
	size_t i;

	if (pour(tr, t->size, fd, watch, arg, e) < 0)
		return -1;
	meta_drop_acl(fd);
	if (meta_copy(-1, fd, &id, lost, NULL, e) < 0)
		return -1;
	/* Behind owner and mode: chown takes file capabilities away, and an
	 * access list brings its own mode. */
	for (i = 0; i < t->nxattrs; i++)
		meta_set(fd, t->xattrs[i].name, t->xattrs[i].value,
		    t->xattrs[i].len, lost);
	return 0;
}
