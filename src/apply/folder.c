/*
 * folder.c -- opening and making one folder.
 *
 * fs_dir_open refuses a way that others may change.  A folder that a group
 * shares (a family's) would be such a way to the folders below it; there we
 * hold the shared folder itself and go on with fs_dir_below, which follows no
 * symlink, so its members can give us other folders of theirs but not lead us
 * out.  A folder that everybody may write gets no such second chance.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/folders.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

static void
free_dir(struct fs_dir **d)
{
	fs_dir_free(*d);
}

static int
shared_by_group(const struct fs_dir *d)
{
	struct stat st;

	return fstat(d->fd, &st) == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) ==
	    S_IWGRP;
}

/*
 * The longest part of path that fs_dir_open takes, if a group shares it; rest
 * is what follows.  NULL if there is no such part.
 */
static struct fs_dir *
shared_part(const char *path, const char **rest)
{
	CLEAN_FREE char *copy = xstrdup(path);
	struct fs_dir *d;
	char *slash;

	while ((slash = strrchr(copy, '/')) != NULL && slash != copy) {
		*slash = '\0';
		*rest = path + (slash - copy) + 1;
		if (fs_dir_open(copy, &d, NULL) < 0)
			continue;
		if (shared_by_group(d))
			return d;
		fs_dir_free(d);
		return NULL;
	}
	return NULL;
}

static int
distrusted(const struct err *e)
{
	return e->kind == ERR_DENIED && e->sys == 0;
}

int
folder_open(const char *path, struct fs_dir **out, struct err *e)
{
	CLEAN(free_dir) struct fs_dir *top = NULL;
	struct err why = {0};
	const char *rest;

	if (fs_dir_open(path, out, &why) == 0)
		return 0;
	if (distrusted(&why) && (top = shared_part(path, &rest)) != NULL)
		return fs_dir_below(top, rest, out, e);
	if (e != NULL)
		*e = why;
	return -1;
}

/* The next folder down, made if it is not there. */
static int
make_one(const struct fs_dir *d, const char *name, struct fs_dir **out,
    unsigned *made, struct err *e)
{
	char q[QUOTE_SIZE], p[QUOTE_SIZE];

	if (mkdirat(d->fd, name, 0777) == 0) {
		(*made)++;
		if (fsync(d->fd) < 0)
			return err_sys(e, "flush folder %s",
			    quote_to(q, sizeof(q), d->path));
	} else if (errno != EEXIST)
		return err_sys(e, "make folder %s in %s",
		    quote_to(q, sizeof(q), name),
		    quote_to(p, sizeof(p), d->path));
	return fs_dir_below(d, name, out, e);
}

static int
make_rest(struct fs_dir *d, const char *rest, struct fs_dir **out,
    unsigned *made, struct err *e)
{
	CLEAN_FREE char *copy = xstrdup(rest);
	char *save = NULL, *name = strtok_r(copy, "/", &save);
	struct fs_dir *next;

	for (; name != NULL; name = strtok_r(NULL, "/", &save)) {
		if (make_one(d, name, &next, made, e) < 0) {
			fs_dir_free(d);
			return -1;
		}
		fs_dir_free(d);
		d = next;
	}
	*out = d;
	return 0;
}

int
folder_make(const char *path, struct fs_dir **out, unsigned *made,
    struct err *e)
{
	struct err why = {0};
	struct fs_dir *d;
	const char *rest;

	*made = 0;
	if (fs_dir_open_existing(path, &d, &rest, &why) == 0)
		return make_rest(d, rest, out, made, e);
	if (distrusted(&why) && (d = shared_part(path, &rest)) != NULL)
		return make_rest(d, rest, out, made, e);
	if (e != NULL)
		*e = why;
	return -1;
}

#define TICK_US		100000

int
born_after(const struct fs_id *id, int64_t us)
{
	return id->btime == 0 || id->btime / 1000 + TICK_US >= us;
}
