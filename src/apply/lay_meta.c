/*
 * lay_meta.c -- owner, attributes, times and permissions; and what is nothing
 * but that: symlinks, fifos, devices.
 *
 * In restic's order: chown takes file capabilities and setuid away, so it is
 * first; attributes may be set only while the file may be written to, so the
 * mode is last.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "apply/lay.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"

#define LIST_MAX	((size_t)64 << 10)	/* the kernel's limit */
#define PROC_PATH	40

/* What is dressed: an open file, or one that is only held (O_PATH) and reached
 * by its name in /proc, which leads to itself and nowhere else. */
struct dressing {
	int		 fd, held;
	char		 proc[PROC_PATH];
	const struct lay_meta *m;
	struct buf	 lost;
	int		 sys;		/* of the first that was lost */
};

static void
lose(struct dressing *d, const char *what, const char *name)
{
	int sys = errno;

	if ((sys == EPERM || sys == EACCES) && geteuid() != 0)
		return;		/* only root may, and that is known */
	if (d->sys == 0)
		d->sys = sys;
	if (d->lost.len > 0)
		buf_adds(&d->lost, ", ");
	buf_adds(&d->lost, what);
	if (name != NULL)
		quote_str(&d->lost, name);
}

static int
change_owner(const struct dressing *d, uid_t uid, gid_t gid)
{
	return d->held ? fchownat(d->fd, "", uid, gid, AT_EMPTY_PATH) :
	    fchown(d->fd, uid, gid);
}

/* 1 if it belongs to whom it should now. */
static int
dress_owner(struct dressing *d, const struct stat *now)
{
	const struct lay_meta *m = d->m;

	if ((now->st_uid == m->uid && now->st_gid == m->gid) ||
	    change_owner(d, m->uid, m->gid) == 0)
		return 1;
	lose(d, "owner", NULL);
	if (now->st_gid != m->gid && change_owner(d, (uid_t)-1, m->gid) < 0)
		return 0;	/* told with the owner */
	return now->st_uid == m->uid;
}

/* ---- attributes ---- */
/*
 * Those that belong to the file and go if it should not have them: labels of
 * security modules belong to the place.
 */
static int
is_ours(const char *name)
{
	return strncmp(name, "user.", 5) == 0 ||
	    strncmp(name, "trusted.", 8) == 0 ||
	    strncmp(name, "system.posix_acl_", 17) == 0 ||
	    strcmp(name, "security.capability") == 0;
}

static int
is_wanted(const struct lay_meta *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->n_xattrs; i++)
		if (strcmp(m->xattrs[i].name, name) == 0)
			return 1;
	return 0;
}

static ssize_t
list(const struct dressing *d, char *out, size_t size)
{
	return d->held ? listxattr(d->proc, out, size) :
	    flistxattr(d->fd, out, size);
}

static void
drop_others(struct dressing *d)
{
	char names[LIST_MAX + 1];
	ssize_t n = list(d, names, LIST_MAX);
	size_t i;
	int r;

	if (n < 0)
		return;
	names[n] = '\0';
	for (i = 0; i < (size_t)n; i += strlen(names + i) + 1) {
		if (!is_ours(names + i) || is_wanted(d->m, names + i) ||
		    (d->m->xattr_goes != NULL &&
		    !d->m->xattr_goes(d->m->arg, names + i)))
			continue;
		r = d->held ? removexattr(d->proc, names + i) :
		    fremovexattr(d->fd, names + i);
		if (r < 0)
			lose(d, "attribute too much ", names + i);
	}
}

static void
dress_xattrs(struct dressing *d)
{
	const struct lay_xattr *x;
	size_t i;
	int r;

	/* Most files have none and are to have none: one call. */
	if (list(d, NULL, 0) > 0)
		drop_others(d);
	for (i = 0; i < d->m->n_xattrs; i++) {
		x = &d->m->xattrs[i];
		r = d->held ? setxattr(d->proc, x->name, x->value, x->len, 0) :
		    fsetxattr(d->fd, x->name, x->value, x->len, 0);
		if (r < 0)
			lose(d, "attribute ", x->name);
	}
}

/* ---- the rest ---- */
static void
dress_times(struct dressing *d)
{
	const struct timespec times[2] = { d->m->atime, d->m->mtime };
	int r;

	if (d->m->no_times)
		return;
	r = d->held ? utimensat(d->fd, "", times, AT_EMPTY_PATH) :
	    futimens(d->fd, times);
	if (r < 0 && d->held && (errno == EINVAL || errno == ENOENT))
		r = utimensat(AT_FDCWD, d->proc, times, 0);
	if (r < 0)
		lose(d, "times", NULL);
}

static void
dress_mode(struct dressing *d, const struct stat *now, int owned)
{
	mode_t mode = d->m->mode & 07777;
	int r;

	if (!owned)
		mode &= ~(mode_t)(S_ISUID | S_ISGID);
	if ((now->st_mode & 07777) == mode && owned && d->m->n_xattrs == 0 &&
	    now->st_uid == d->m->uid && now->st_gid == d->m->gid)
		return;
	r = d->held ? fchmodat(AT_FDCWD, d->proc, mode, 0) : fchmod(d->fd, mode);
	if (r < 0)
		lose(d, "permissions", NULL);
}

static int
dress(struct dressing *d, struct err *e)
{
	struct stat now;
	int owned, r = 0;

	if (fstat(d->fd, &now) < 0)
		return err_sys(e, "look at it");
	owned = dress_owner(d, &now);
	dress_xattrs(d);
	dress_times(d);
	if (!S_ISLNK(now.st_mode))
		dress_mode(d, &now, owned);
	if (d->lost.len > 0) {
		errno = d->sys;
		r = err_sys(e, "it is there, but without its %s",
		    buf_str(&d->lost));
	}
	buf_fini(&d->lost);
	return r;
}

int
lay_dress(int fd, const struct lay_meta *m, struct err *e)
{
	struct dressing d = { .fd = fd, .m = m };

	return dress(&d, e);
}

/* ---- what is no file ---- */
/*
 * Hold what was just made.  Were it another thing by now that somebody put there,
 * it would get our metadata: it must be of the type, and have one name.
 */
static int
dress_new(int at, const char *name, uint32_t type, const struct lay_meta *m,
    struct err *e)
{
	CLEAN_FD int fd = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct dressing d = { .fd = fd, .held = 1, .m = m };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "look at it");
	if ((st.st_mode & S_IFMT) != type || st.st_nlink != 1)
		return err_set(e, ERR_CHANGED, "something else took its place");
	snprintf(d.proc, sizeof(d.proc), "/proc/self/fd/%d", fd);
	return dress(&d, e) < 0 ? 1 : 0;
}

int
lay_symlink(int at, const char *name, const char *target,
    const struct lay_meta *m, struct err *e)
{
	if (symlinkat(target, at, name) < 0)
		return err_sys(e, "make the symlink");
	return dress_new(at, name, S_IFLNK, m, e);
}

int
lay_special(int at, const char *name, uint32_t type, uint64_t device,
    const struct lay_meta *m, struct err *e)
{
	if (mknodat(at, name, type | 0600, (dev_t)device) < 0)
		return err_sys(e, type == S_IFIFO ? "make the fifo" :
		    "make the device");
	return dress_new(at, name, type, m, e);
}
