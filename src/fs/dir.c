/*
 * dir.c -- from an absolute path to a folder that is held.
 *
 * The way is climbed down from / one component at a time, each opened with
 * O_PATH|O_NOFOLLOW and judged by its descriptor, so what was judged is what is
 * gone through.  A symlink's text takes its place among the components that
 * are still to go.  Whether a folder is only on the way or the one that was
 * meant shows when the next component is found, and it is judged then.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/dir.h"
#include "fs/fs_impl.h"
#include "fs/who.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

struct climb {
	const char	*abs;		/* as asked for */
	int		 trusting;	/* do not judge who may change the way */
	uid_t		 us;		/* who may, beside root */
	int		 fd;		/* where we are, O_PATH */
	struct stat	 st;
	struct buf	 real;		/* and its path; "" for / */
	char		*todo;		/* the components still to go ... */
	char		*at, *end;	/* ... from here to there; */
	size_t		 own;		/* so much of its end is abs's own end, what
					   is before is the text of symlinks */
	int		 links;
};

static void
climb_fini(struct climb *c)
{
	clean_fd(&c->fd);
	buf_fini(&c->real);
	free(c->todo);
}

static const char *
real_of(struct climb *c)
{
	return c->real.len > 0 ? buf_str(&c->real) : "/";
}

static int
judge(struct climb *c, const struct stat *st, const char *name, int last,
    struct err *e)
{
	const char *why = c->trusting ? NULL : fs_distrust(st, c->us, last);
	char q[QUOTE_SIZE], p[QUOTE_SIZE];
	CLEAN_BUF struct buf b = {0};

	if (why == NULL)
		return 0;
	buf_add(&b, c->real.data, c->real.len);
	if (*name != '\0' || b.len == 0) {
		buf_addc(&b, '/');
		buf_adds(&b, name);
	}
	return err_set(e, ERR_DENIED, "open %s: %s %s",
	    quote_to(q, sizeof(q), c->abs),
	    quote_to(p, sizeof(p), buf_str(&b)), why);
}

/* Go on where a symlink (held by fd) points to; name is its own. */
static int
follow(struct climb *c, int fd, const char *name, struct err *e)
{
	char target[PATH_MAX], q[QUOTE_SIZE], *todo;
	ssize_t n;

	if (++c->links > FS_LINKS_MAX) {
		errno = ELOOP;
		return err_sys(e, "open %s", quote_to(q, sizeof(q), c->abs));
	}
	n = readlinkat(fd, "", target, sizeof(target) - 1);
	if (n < 0)
		return err_sys(e, "read symlink %s",
		    quote_to(q, sizeof(q), name));
	target[n] = '\0';
	if ((size_t)(c->end - c->at) < c->own)
		c->own = (size_t)(c->end - c->at);
	todo = xasprintf("%s/%s", target, c->at);
	free(c->todo);
	c->todo = c->at = todo;
	c->end = todo + strlen(todo);
	if (*target != '/')
		return 0;
	close(c->fd);
	c->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	buf_reset(&c->real);
	if (c->fd < 0 || fstat(c->fd, &c->st) < 0)
		return err_sys(e, "open /");
	return 0;
}

static void
extend_real(struct climb *c, const char *name)
{
	if (strcmp(name, "..") != 0) {
		buf_addc(&c->real, '/');
		buf_adds(&c->real, name);
		return;
	}
	while (c->real.len > 0 && c->real.data[--c->real.len] != '/')
		continue;
}

/* One component down: 0, 1 if it is not there (nothing changed), or -1. */
static int
step(struct climb *c, const char *name, struct err *e)
{
	struct stat st;
	CLEAN_FD int fd = fs_open_component(c->fd, name, &st);
	char q[QUOTE_SIZE];

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0)
		return err_sys(e, "open %s at %s",
		    quote_to(q, sizeof(q), c->abs), name);
	if (judge(c, &c->st, "", 0, e) < 0 || judge(c, &st, name, 1, e) < 0)
		return -1;
	if (S_ISLNK(st.st_mode))
		return follow(c, fd, name, e);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return err_sys(e, "open %s", quote_to(q, sizeof(q), c->abs));
	}
	extend_real(c, name);
	close(c->fd);
	c->fd = fs_take(&fd);
	c->st = st;
	return 0;
}

/* The next component, cut out of what is to go; NULL at the end. */
static char *
component(struct climb *c)
{
	char *name;

	for (;;) {
		while (*c->at == '/')
			c->at++;
		if (*c->at == '\0')
			return NULL;
		name = c->at;
		c->at += strcspn(name, "/");
		if (*c->at != '\0')
			*c->at++ = '\0';
		if (strcmp(name, ".") != 0)
			return name;
	}
}

/* Does a component stand in abs itself, not in the text of a symlink? */
static int
is_own(const struct climb *c, const char *name)
{
	return (size_t)(c->end - name) <= c->own;
}

static int
start(struct climb *c, struct err *e)
{
	char q[QUOTE_SIZE];

	if (*c->abs != '/') {
		err_set(e, ERR_USAGE, "%s is not an absolute path",
		    quote_to(q, sizeof(q), c->abs));
		return -1;
	}
	c->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->fd < 0 || fstat(c->fd, &c->st) < 0) {
		err_sys(e, "open /");
		return -1;
	}
	c->todo = c->at = xstrdup(c->abs);
	c->own = strlen(c->abs);
	c->end = c->todo + c->own;
	return 0;
}

/*
 * As far down as it goes: 0 all of it, 1 if rest (a part of abs) is missing,
 * or -1.
 */
static int
climb(struct climb *c, const char **rest, struct err *e)
{
	char *name, q[QUOTE_SIZE];
	int r;

	if (start(c, e) < 0)
		return -1;
	while ((name = component(c)) != NULL) {
		*rest = is_own(c, name) ?
		    c->abs + strlen(c->abs) - (c->end - name) : NULL;
		r = step(c, name, e);
		if (r == 1 && *rest == NULL) {
			errno = ENOENT;
			return err_sys(e, "open %s: a symlink leads nowhere",
			    quote_to(q, sizeof(q), c->abs));
		}
		if (r != 0)
			return r;
	}
	*rest = c->abs + strlen(c->abs);
	return judge(c, &c->st, "", 1, e);
}

static int
open_climbed(struct climb *c, const char *rest, struct fs_dir **out,
    struct err *e)
{
	CLEAN_FREE char *path = fs_tidy(c->abs, (size_t)(rest - c->abs));
	int fd = openat(c->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == EACCES && c->trusting)
		fd = openat(c->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fs_dir_hold(fd, path, real_of(c), NULL, out, e);
}

static int
open_whole(const char *abs, int trusting, uid_t us, struct fs_dir **out,
    struct err *e)
{
	CLEAN(climb_fini) struct climb c = {
		.abs = abs, .trusting = trusting, .us = us, .fd = -1,
	};
	char q[QUOTE_SIZE];
	const char *rest;
	int r = climb(&c, &rest, e);

	if (r == 1) {
		errno = ENOENT;
		return err_sys(e, "open %s", quote_to(q, sizeof(q), abs));
	}
	return r < 0 ? -1 : open_climbed(&c, rest, out, e);
}

int
fs_dir_open(const char *abs, struct fs_dir **out, struct err *e)
{
	return open_whole(abs, 0, fs_who(), out, e);
}

int
fs_dir_look(const char *abs, struct fs_dir **out, struct err *e)
{
	return open_whole(abs, 1, 0, out, e);
}

int
fs_dir_read(const char *abs, struct fs_dir **out, struct err *e)
{
	uid_t us = fs_who();
	struct fs_dir *d;
	struct stat st;

	if (us == 0) {
		if (fs_dir_look(abs, &d, e) < 0)
			return -1;
		us = fstat(d->fd, &st) == 0 ? st.st_uid : 0;
		fs_dir_free(d);
	}
	return open_whole(abs, 0, us, out, e);
}

static int
open_existing(const char *abs, int trusting, struct fs_dir **out,
    const char **rest, struct err *e)
{
	CLEAN(climb_fini) struct climb c = {
		.abs = abs, .trusting = trusting, .us = fs_who(), .fd = -1,
	};
	char q[QUOTE_SIZE];
	int r = climb(&c, rest, e);

	if (r < 0)
		return -1;
	if (r == 1 && fs_has_dotdot(*rest))
		return err_set(e, ERR_USAGE, "%s: '..' in what is not there",
		    quote_to(q, sizeof(q), abs));
	if (r == 1 && judge(&c, &c.st, "", 1, e) < 0)
		return -1;
	return open_climbed(&c, *rest, out, e);
}

int
fs_dir_open_existing(const char *abs, struct fs_dir **out, const char **rest,
    struct err *e)
{
	return open_existing(abs, 0, out, rest, e);
}

int
fs_dir_look_existing(const char *abs, struct fs_dir **out, const char **rest,
    struct err *e)
{
	return open_existing(abs, 1, out, rest, e);
}
