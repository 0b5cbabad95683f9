/*
 * tree_reuse.c -- carrying on with a staging folder that was left behind.
 *
 * It keeps what is made again, and loses the rest before it is shown.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/gone.h"
#include "apply/token.h"
#include "apply/tree_impl.h"
#include "util/clean.h"
#include "util/hash.h"
#include "util/quote.h"
#include "util/xalloc.h"

void
tree_made(struct tree *t, const char *path)
{
	if (!t->reusing)
		return;
	pthread_mutex_lock(&t->lock);
	set64_add(&t->made, hash_keyed(0, path, strlen(path)));
	pthread_mutex_unlock(&t->lock);
}

int
tree_clear(struct tree *t, const struct fs_dir *d, const char *name,
    struct err *e)
{
	return t->reusing ? tree_away(d, name, e) : 0;
}

int
tree_adopt(struct tree *t, const char *part, struct err *e)
{
	const char *left = t->o.reuse;
	char q[QUOTE_SIZE];
	struct stat st;

	if (!token_named(left) || fstatat(t->dest->fd, left, &st,
	    AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	if (renameat2(t->dest->fd, left, t->dest->fd, part,
	    RENAME_NOREPLACE) == 0 ||
	    (errno == EINVAL && renameat2(t->dest->fd, left, t->dest->fd, part,
	    0) == 0)) {
		/* Its own metadata may be set already. */
		if (fchmodat(t->dest->fd, part, 0700, 0) == 0)
			return 1;
	}
	return err_sys(e, "carry on with %s in %s", left,
	    quote_to(q, sizeof(q), t->dest->path));
}

struct todo {
	char	**v;
	size_t	 n, cap;
};

static void
push(struct todo *todo, const char *dir, const char *name)
{
	XGROW(todo->v, todo->n, todo->cap);
	todo->v[todo->n++] = *dir == '\0' ? xstrdup(name) :
	    xasprintf("%s/%s", dir, name);
}

static int
is_made(const struct tree *t, const char *path)
{
	return set64_has(&t->made, hash_keyed(0, path, strlen(path)));
}

/* The folder has its metadata already, and keeps it. */
static int
take_out(const struct fs_dir *d, const char *name, struct err *e)
{
	struct timespec times[2];
	struct stat st;
	int r;

	if (fstat(d->fd, &st) < 0 || fchmod(d->fd, 0700) < 0)
		return err_sys(e, "clear %s", name);
	r = tree_away(d, name, e);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (fchmod(d->fd, st.st_mode & 07777) < 0 ||
	    futimens(d->fd, times) < 0)
		return err_sys(e, "clear %s", name);
	return r;
}

static int
sweep_folder(struct tree *t, const char *path, struct todo *todo,
    struct err *e)
{
	struct fs_names names = {0};
	struct fs_dir *d;
	size_t i, n;
	int r;

	if (fs_dir_below(t->top, path, &d, e) < 0)
		return -1;
	r = fs_list(d, &names, e);
	for (i = 0; i < names.n && r == 0; i++) {
		n = todo->n;
		push(todo, path, names.v[i].name);
		if (!is_made(t, todo->v[n]))
			r = take_out(d, names.v[i].name, e);
		else if (names.v[i].type == DT_DIR)
			continue;	/* to be looked through */
		free(todo->v[n]);
		todo->n = n;
	}
	fs_names_free(&names);
	fs_dir_free(d);
	return r;
}

int
tree_sweep(struct tree *t, struct err *e)
{
	struct todo todo = {0};
	int r = 0;

	push(&todo, "", "");
	while (todo.n > 0 && r == 0) {
		CLEAN_FREE char *path = todo.v[--todo.n];

		r = sweep_folder(t, path, &todo, e);
	}
	while (todo.n > 0)
		free(todo.v[--todo.n]);
	free(todo.v);
	return r;
}
