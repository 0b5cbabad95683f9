/*
 * restore_tree.c -- a whole copy to a target that is not there yet.
 *
 * Nothing is told as done before the tree is shown: the manifest is read a
 * second time for that.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "apply/tree.h"
#include "apply/apply.h"
#include "catalog/catalog.h"
#include "copies/restoring.h"
#include "fs/dir.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/set64.h"
#include "util/xalloc.h"

struct growing {
	struct restoring	*s;
	struct tree		*t;
	struct set64		 failed;	/* by number of the entry */
	char			**folders;
	size_t			 n_folders, cap_folders;
};

static int
put_folder(struct growing *g, const char *path, struct err *e)
{
	if (tree_folder(g->t, path, e) < 0)
		return -1;
	XGROW(g->folders, g->n_folders, g->cap_folders);
	g->folders[g->n_folders++] = xstrdup(path);
	return 0;
}

static int
put_entry(struct growing *g, const struct copy_entry *en, struct err *e)
{
	const char *name;
	const struct fs_dir *d = hand_folder(&g->s->in, en->path, &name, e);
	CLEAN_FD int fd = -1;
	struct fs_id id;

	if (d == NULL || fs_stat(d, name, &id, e) < 0)
		return -1;
	if (en->kind == 'd')
		return put_folder(g, en->path, e);
	if (en->kind == 'l')
		return tree_symlink(g->t, en->path, en->target, &id, e);
	if (en->kind == 'p')
		return tree_fifo(g->t, en->path, &id, e);
	if (en->kind == 'h' && tree_link(g->t, en->path, en->target, NULL) == 0)
		return 0;
	fd = openat(d->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open it");
	return tree_file(g->t, en->path, fd, &id, NULL, e);
}

static int
is_stopped(const struct restoring *s)
{
	return s->env->stop != NULL && s->env->stop(s->env->stop_arg);
}

static int
put_all(struct growing *g, struct err *e)
{
	struct manifest_entry en;
	struct err why = {0};
	uint64_t number = 0;
	int r;

	for (; (r = manifest_next(g->s->m, &en, e)) == 1; number++) {
		if (is_stopped(g->s))
			return err_set(e, ERR_STOPPED, "stopped");
		if (put_entry(g, &en.en, &why) == 0)
			continue;
		if (why.kind == ERR_FULL || why.kind == ERR_STOPPED) {
			*e = why;
			return -1;
		}
		set64_add(&g->failed, number);
		restoring_tell(g->s, OP_FAILED, &en.en, why.text);
	}
	return r;
}

/* Children before parents. */
static int
dress_folders(struct growing *g, struct err *e)
{
	const struct fs_dir *top = g->s->in.top;
	struct fs_dir *d;
	struct fs_id id;
	size_t i;
	int r = 0;

	for (i = g->n_folders + 1; i-- > 0 && r == 0;) {
		const char *path = i > 0 ? g->folders[i - 1] : "";

		if (fs_dir_below(top, path, &d, e) < 0)
			return -1;
		r = fs_stat_fd(d, d->fd, &id, e);
		if (r == 0)
			r = tree_folder_meta(g->t, path, d->fd, &id, e);
		fs_dir_free(d);
	}
	return r;
}

static int
tell_all(struct growing *g, struct err *e)
{
	struct manifest_entry en;
	uint64_t number = 0;
	int r;

	manifest_rewind(g->s->m);
	for (; (r = manifest_next(g->s->m, &en, e)) == 1; number++)
		if (en.en.kind != 'd' && !set64_has(&g->failed, number))
			restoring_tell(g->s, OP_DONE, &en.en, "");
	return r;
}

int
restore_tree(struct restoring *s, struct fs_dir *parent, const char *name,
    struct err *e)
{
	struct tree_options o = { .catalog = s->env->catalog,
	    .run = s->env->run, .job = s->env->job,
	    .min_free_percent = s->env->min_free_percent,
	    .why = "restored from a copy", .event = EVENT_RESTORED,
	    .stop = s->env->stop, .stop_arg = s->env->stop_arg };
	struct growing g = { .s = s };
	int r = tree_start(parent, name, &o, &g.t, e);

	if (r == 0)
		r = put_all(&g, e);
	if (r == 0)
		r = dress_folders(&g, e);
	if (r == 0)
		r = tree_commit(g.t, e);
	if (r == 0)
		r = tell_all(&g, e);
	tree_free(g.t);
	set64_fini(&g.failed);
	for (; g.n_folders > 0; g.n_folders--)
		free(g.folders[g.n_folders - 1]);
	free(g.folders);
	return r;
}
