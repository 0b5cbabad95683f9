#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/xattr.h>

#include "conf/open.h"
#include "util/buf.h"
#include "util/clean.h"

#define LINKS_MAX	40	/* as the kernel's own limit */

/* A walk: the folder it is in, and what is left of the path. */
struct walk {
	int		 dir;
	struct buf	 rest;
	unsigned	 links;
};

static void
walk_fini(struct walk *w)
{
	clean_fd(&w->dir);
	buf_fini(&w->rest);
}

/* Cut the first name off the rest; false if nothing is left. */
static bool
first_name(struct walk *w, char name[static NAME_MAX + 1], bool *last)
{
	const char *p = buf_str(&w->rest), *end;
	CLEAN_BUF struct buf left = {0};
	size_t len;

	while (*p == '/')
		p++;
	end = strchrnul(p, '/');
	len = (size_t)(end - p);
	*last = end[strspn(end, "/")] == '\0';
	if (len == 0 || len > NAME_MAX) {
		errno = len ? ENAMETOOLONG : ENOENT;
		return false;
	}
	memcpy(name, p, len);
	name[len] = '\0';
	buf_adds(&left, end);
	buf_reset(&w->rest);
	buf_add(&w->rest, left.data, left.len);
	return true;
}

static int
go_to(struct walk *w, int dir, const char *name)
{
	int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	clean_fd(&w->dir);
	w->dir = fd;
	return 0;
}

/* Put what the link says before what is left of the path. */
static int
follow(struct walk *w, int link, const struct stat *st,
    const struct conf_env *env, const char *path, struct err *e)
{
	CLEAN_BUF struct buf rest = {0};
	char target[PATH_MAX];
	ssize_t len;

	if (st->st_uid != env->uid && st->st_uid != 0)
		return err_set(e, ERR_DENIED, "a symlink of user %u leads to "
		    "it, and only your own and root's are followed",
		    (unsigned)st->st_uid);
	len = readlinkat(link, "", target, sizeof(target));
	if (len < 0)
		return err_sys(e, "read its symlink");
	if (++w->links > LINKS_MAX || (size_t)len == sizeof(target) ||
	    w->rest.len + (size_t)len > PATH_MAX) {
		errno = ELOOP;
		return err_sys(e, "%s", path);
	}
	buf_add(&rest, target, (size_t)len);
	buf_add(&rest, w->rest.data, w->rest.len);
	buf_reset(&w->rest);
	buf_add(&w->rest, rest.data, rest.len);
	if (len > 0 && target[0] == '/' && go_to(w, AT_FDCWD, "/") < 0)
		return err_sys(e, "/");
	return 0;
}

static const char *
kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a folder";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	case S_IFREG:
		return "a file";
	default:
		return "a device";
	}
}

/* Open for reading what was looked at, and nothing else of that name. */
static int
open_seen(const struct walk *w, const char *name, mode_t type,
    const struct stat *seen, struct stat *st, struct err *e)
{
	int fd;

	if ((seen->st_mode & S_IFMT) != type)
		return err_set(e, ERR_CONF, "this is %s, not %s",
		    kind_of(seen->st_mode), kind_of(type));
	fd = openat(w->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, st) < 0) {
		err_sys(e, "cannot be read");
		clean_fd(&fd);
		return -1;
	}
	if (st->st_dev != seen->st_dev || st->st_ino != seen->st_ino) {
		clean_fd(&fd);
		return err_set(e, ERR_CHANGED, "it was replaced just now");
	}
	return fd;
}

int
conf_open(int at, const char *path, mode_t type, const struct conf_env *env,
    struct stat *st, struct err *e)
{
	CLEAN(walk_fini) struct walk w = { .dir = -1 };
	char name[NAME_MAX + 1];
	struct stat seen;
	bool last;

	if (strlen(path) >= PATH_MAX)
		return err_set(e, ERR_CONF, "its path is too long");
	if (go_to(&w, path[0] == '/' ? AT_FDCWD : at,
	    path[0] == '/' ? "/" : ".") < 0)
		return err_sys(e, "%s", path);
	buf_adds(&w.rest, path);
	while (first_name(&w, name, &last)) {
		CLEAN_FD int fd = openat(w.dir, name,
		    O_PATH | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || fstat(fd, &seen) < 0)
			return err_sys(e, "cannot be opened");
		if (S_ISLNK(seen.st_mode)) {
			if (follow(&w, fd, &seen, env, path, e) < 0)
				return -1;
		} else if (last) {
			return open_seen(&w, name, type, &seen, st, e);
		} else if (go_to(&w, fd, ".") < 0) {
			return err_sys(e, "cannot be opened");
		}
	}
	return err_sys(e, "cannot be opened");
}

/* Others may be let in by an access list while the mode looks harmless. */
static bool
has_access_list(int fd)
{
	return fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0;
}

int
conf_trusted(int fd, const struct stat *st, const struct conf_env *env,
    struct err *e)
{
	if (st->st_uid != env->uid && st->st_uid != 0)
		return err_set(e, ERR_DENIED, "it belongs to user %u, and must "
		    "belong to you or root", (unsigned)st->st_uid);
	if (st->st_mode & S_IWOTH)
		return err_set(e, ERR_DENIED, "everybody may write it; do: "
		    "chmod go-w");
	if ((st->st_mode & S_IWGRP) == 0)
		return 0;
	if (has_access_list(fd))
		return err_set(e, ERR_DENIED, "its access list lets others "
		    "write it; do: setfacl -b, or chmod g-w");
	if (!env->is_private(env->arg, env->uid, st->st_gid))
		return err_set(e, ERR_DENIED, "group %u may write it, and has "
		    "other members; do: chmod g-w", (unsigned)st->st_gid);
	return 0;
}
