/* lay.c -- the target, its folders, and names in them; see lay.h. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/gone.h"
#include "apply/lay.h"
#include "fs/dir.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define OTHERS_MAX	64	/* file systems below the target */

struct lay {
	struct fs_dir	*top;
	pthread_mutex_t	 lock;		/* of what follows */
	struct {
		uint64_t	 dev;
		int		 fd;
	}		 others[OTHERS_MAX];
	size_t		 n_others;
	int		 too_many;
};

static void
free_dir(struct fs_dir **d)
{
	fs_dir_free(*d);
}
#define CLEAN_DIR	CLEAN(free_dir)

/* ---- the target ---- */
/* The deepest folder of the path that is there, through no symlink at all. */
static int
hold_plainly(const char *path, struct fs_dir **out, const char **rest,
    struct err *e)
{
	struct fs_dir *d, *next;
	struct err why = {0};
	size_t len;

	if (fs_dir_open("/", &d, e) < 0)
		return -1;
	for (path += strspn(path, "/"); *path != '\0';
	    path += len, path += strspn(path, "/")) {
		CLEAN_FREE char *name = NULL;

		len = strcspn(path, "/");
		name = xstrndup(path, len);
		if (fs_dir_below(d, name, &next, &why) < 0)
			break;
		fs_dir_free(d);
		d = next;
	}
	if (*path != '\0' && why.kind != ERR_NOENT) {
		fs_dir_free(d);
		*e = why;
		return -1;
	}
	*out = d;
	*rest = path;
	return 0;
}

/*
 * Root restores into the folders of others, which the rule for jobs forbids,
 * since they could point elsewhere with a symlink.  Where there is no symlink they
 * cannot.
 */
static int
hold(const char *target, struct fs_dir **out, const char **rest, struct err *e)
{
	struct err why = {0};

	if (fs_dir_open_existing(target, out, rest, e) == 0)
		return 0;
	if (e->kind != ERR_DENIED || e->sys != 0)
		return -1;
	return hold_plainly(target, out, rest, &why);
}

static int
make_rest(struct fs_dir **d, const char *rest, struct err *e)
{
	char q[QUOTE_SIZE];
	struct fs_dir *next;
	size_t len;

	for (rest += strspn(rest, "/"); *rest != '\0';
	    rest += len, rest += strspn(rest, "/")) {
		CLEAN_FREE char *name = NULL;

		len = strcspn(rest, "/");
		name = xstrndup(rest, len);
		if (mkdirat((*d)->fd, name, 0700) < 0 && errno != EEXIST)
			return err_sys(e, "make %s in %s", name,
			    quote_to(q, sizeof(q), (*d)->path));
		if (fs_dir_below(*d, name, &next, e) < 0)
			return -1;
		fs_dir_free(*d);
		*d = next;
	}
	return 0;
}

int
lay_open(const char *target, int make, struct lay **out, struct err *e)
{
	CLEAN_DIR struct fs_dir *d = NULL;
	char q[QUOTE_SIZE];
	struct err here = {0};
	const char *rest;
	struct lay *l;

	if (e == NULL)
		e = &here;
	if (hold(target, &d, &rest, e) < 0)
		return -1;
	if (*rest != '\0' && !make)
		return err_set(e, ERR_NOENT, "%s is not there",
		    quote_to(q, sizeof(q), target));
	if (make_rest(&d, rest, e) < 0)
		return -1;
	l = xalloc(sizeof(*l));
	pthread_mutex_init(&l->lock, NULL);
	l->top = d;
	d = NULL;
	*out = l;
	return 0;
}

void
lay_free(struct lay *l)
{
	if (l == NULL)
		return;
	while (l->n_others > 0)
		close(l->others[--l->n_others].fd);
	fs_dir_free(l->top);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

int
lay_flush(struct lay *l, struct err *e)
{
	char q[QUOTE_SIZE];
	int r = syncfs(l->top->fd), too_many;
	size_t i, n;

	pthread_mutex_lock(&l->lock);
	n = l->n_others;	/* they only come, until the end */
	too_many = l->too_many;
	pthread_mutex_unlock(&l->lock);
	for (i = 0; i < n; i++)
		r |= syncfs(l->others[i].fd);
	if (too_many)
		sync();
	return r == 0 ? 0 : err_sys(e, "flush %s",
	    quote_to(q, sizeof(q), l->top->path));
}

/* A folder that was there may be where another file system begins. */
static void
note_device(struct lay *l, int fd, uint64_t dev)
{
	size_t i = 0;

	if (dev == l->top->dev)
		return;
	pthread_mutex_lock(&l->lock);
	while (i < l->n_others && l->others[i].dev != dev)
		i++;
	if (i == OTHERS_MAX)
		l->too_many = 1;
	else if (i == l->n_others) {
		l->others[i].dev = dev;
		l->others[i].fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (l->others[i].fd >= 0)
			l->n_others++;
		else
			l->too_many = 1;
	}
	pthread_mutex_unlock(&l->lock);
}

/* ---- folders ---- */
int
lay_folder(const struct lay *l, const char *path, int *fd, struct err *e)
{
	return fs_dir_fd(l->top, path, fd, e);
}

static int
open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A folder of ours that we may not read is opened up. */
static int
open_up(int at, const char *name)
{
	CLEAN_FD int fd = openat(at, name,
	    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char proc[40];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (fd < 0 || fchmodat(AT_FDCWD, proc, 0700, 0) < 0)
		return -1;
	return open_folder(at, name);
}

static int
open_there(struct lay *l, int at, const char *name, int how)
{
	int fd = open_folder(at, name);
	struct stat st;

	if (fd < 0 && errno == EACCES && (how & LAY_REPLACE))
		fd = open_up(at, name);
	if (fd < 0 || fstat(fd, &st) < 0) {
		clean_fd(&fd);
		return -1;
	}
	note_device(l, fd, st.st_dev);
	if ((how & LAY_REPLACE) && (st.st_mode & 0700) != 0700 &&
	    st.st_uid == geteuid() && fchmod(fd, st.st_mode | 0700) < 0)
		errno = 0;	/* what is made in it will tell */
	return fd;
}

int
lay_make_folder(struct lay *l, int at, const char *name, int how, int *fd,
    struct err *e)
{
	int made = mkdirat(at, name, 0700) == 0;

	if (!made && errno != EEXIST)
		return err_sys(e, "make the folder");
	*fd = made ? open_folder(at, name) : open_there(l, at, name, how);
	if (*fd >= 0)
		return made;
	if (made || (errno != ENOTDIR && errno != ELOOP))
		return err_sys(e, "open the folder");
	if (!(how & LAY_REPLACE))
		return err_set(e, ERR_EXISTS, "something else is there, which is "
		    "no folder");
	if (unlinkat(at, name, 0) < 0 || mkdirat(at, name, 0700) < 0)
		return err_sys(e, "put the folder in the place of what is there");
	*fd = open_folder(at, name);
	return *fd >= 0 ? 1 : err_sys(e, "open the folder");
}

/* ---- names ---- */
int
lay_clear(int at, const char *name, int whole, struct err *e)
{
	struct fs_dir d = { .fd = at, .path = (char[]){ "" } };

	if (unlinkat(at, name, 0) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(e, "take away what is there");
	if (unlinkat(at, name, AT_REMOVEDIR) == 0)
		return 1;
	if (errno == ENOTDIR) {
		errno = EPERM;
		return err_sys(e, "take away what is there");
	}
	if (errno != ENOTEMPTY && errno != EEXIST)
		return err_sys(e, "take away the folder that is there");
	if (!whole)
		return err_set(e, ERR_EXISTS, "there is a folder with something "
		    "in it");
	return tree_away(&d, name, e) < 0 ? -1 : 1;
}

int
lay_link(int from_at, const char *from, int at, const char *name,
    struct err *e)
{
	return linkat(from_at, from, at, name, 0) == 0 ? 0 :
	    err_sys(e, "make another name of %.100s", from);
}

void
lay_part(const char *name, char part[TOKEN_NAME])
{
	token_part(hash_fixed(0, name, strlen(name)), part);
}

int
lay_show(int at, const char *part, const char *name, struct err *e)
{
	if (renameat2(at, part, at, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EINVAL && linkat(at, part, at, name, 0) == 0)
		return unlinkat(at, part, 0) == 0 ? 0 :
		    err_sys(e, "take away its hidden name %s", part);
	return err_sys(e, "give the file its name");
}

void
lay_drop(int at, const char *name)
{
	unlinkat(at, name, 0);
}
