#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/copydata.h"
#include "apply/matching.h"
#include "fs/dir.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

struct paths {
	char	**v;
	size_t	 n, cap;
};

static void
paths_fini(struct paths *p)
{
	while (p->n > 0)
		free(p->v[--p->n]);
	free(p->v);
}

static void
push(struct paths *p, const char *dir, const char *name)
{
	XGROW(p->v, p->n, p->cap);
	p->v[p->n++] = *dir == '\0' ? xstrdup(name) :
	    xasprintf("%s/%s", dir, name);
}

static int
same_bytes(struct copier *c, const struct fs_dir *a, const struct fs_dir *b,
    const char *name, uint64_t size)
{
	CLEAN_FD int from = openat(a->fd, name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	CLEAN_FD int to = openat(b->fd, name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);

	if (from < 0 || to < 0)
		return 0;
	posix_fadvise(to, 0, 0, POSIX_FADV_DONTNEED);
	return copier_same(c, from, to, size, NULL) == 1;
}

static int
same_target(const struct fs_dir *a, const struct fs_dir *b, const char *name)
{
	char x[PATH_MAX], y[PATH_MAX];
	ssize_t n = readlinkat(a->fd, name, x, sizeof(x));
	ssize_t m = readlinkat(b->fd, name, y, sizeof(y));

	return n >= 0 && n == m && memcmp(x, y, (size_t)n) == 0;
}

static int
matches(struct copier *c, const struct fs_dir *a, const struct fs_dir *b,
    const char *name)
{
	struct fs_id x, y;

	if (fs_stat(a, name, &x, NULL) < 0 || fs_stat(b, name, &y, NULL) < 0 ||
	    (x.mode & S_IFMT) != (y.mode & S_IFMT))
		return 0;
	if (S_ISREG(x.mode))
		return x.size == y.size && same_bytes(c, a, b, name, x.size);
	if (S_ISLNK(x.mode))
		return same_target(a, b, name);
	return S_ISFIFO(x.mode);
}

/* The files of one folder; its folders go onto todo. */
static int
one_folder(struct copier *c, const struct fs_dir *a, const struct fs_dir *b,
    const char *path, struct paths *todo, size_t *left, struct err *e)
{
	struct fs_names names = {0};
	size_t i;

	if (fs_list(a, &names, e) < 0)
		return -1;
	for (i = 0; i < names.n; i++) {
		if (names.v[i].type == DT_DIR)
			push(todo, path, names.v[i].name);
		else if (b == NULL || !matches(c, a, b, names.v[i].name) ||
		    unlinkat(a->fd, names.v[i].name, 0) < 0)
			(*left)++;
	}
	fs_names_free(&names);
	return 0;
}

static int
at_path(struct copier *c, const struct fs_dir *away,
    const struct fs_dir *copy, const char *path, struct paths *todo,
    size_t *left, struct err *e)
{
	struct fs_dir *a, *b = NULL;
	int r;

	if (fs_dir_below(away, path, &a, e) < 0)
		return -1;
	/* What has no folder in the copy has no match there either. */
	if (fs_dir_below(copy, path, &b, NULL) < 0)
		b = NULL;
	r = one_folder(c, a, b, path, todo, left, e);
	fs_dir_free(a);
	fs_dir_free(b);
	return r;
}

/* Folders bottom up; one that is not empty stays. */
static void
remove_folders(const struct fs_dir *away, struct paths *seen, size_t *left)
{
	const char *slash;
	struct fs_dir *d;
	size_t i;

	for (i = seen->n; i-- > 0;) {
		CLEAN_FREE char *up = NULL;

		slash = strrchr(seen->v[i], '/');
		up = slash != NULL ? xstrndup(seen->v[i],
		    (size_t)(slash - seen->v[i])) : xstrdup("");
		if (fs_dir_below(away, up, &d, NULL) < 0) {
			(*left)++;
			continue;
		}
		if (unlinkat(d->fd, slash != NULL ? slash + 1 : seen->v[i],
		    AT_REMOVEDIR) < 0)
			(*left)++;
		fs_dir_free(d);
	}
}

int
matching_away(struct copier *c, const struct fs_dir *away,
    const struct fs_dir *copy, size_t *left, struct err *e)
{
	CLEAN(paths_fini) struct paths todo = {0};
	size_t i;
	int r = 0;

	*left = 0;
	r = at_path(c, away, copy, "", &todo, left, e);
	/* todo grows while it is gone through: parents before children. */
	for (i = 0; i < todo.n && r == 0; i++) {
		CLEAN_FREE char *path = xstrdup(todo.v[i]);

		r = at_path(c, away, copy, path, &todo, left, e);
	}
	remove_folders(away, &todo, left);
	return r;
}
