/*
 * make.c -- making one copy.
 *
 * Order: tree filled, manifest durable, tree shown by one rename, `latest`.
 * So a copy that can be seen has a manifest, always.
 *
 * What ends it: a full disk, or one that is gone, on the copies' side.  Nothing
 * is shown then, and what was made goes; only if somebody stopped it is it kept
 * for the next run to carry on with.  A file that cannot be read is told, and
 * the copy is partial.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/apply.h"
#include "apply/destination.h"
#include "apply/place.h"
#include "apply/tree.h"
#include "catalog/catalog.h"
#include "copies/making.h"
#include "fs/dir.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define SHRUNK_STANDS	(INT64_C(30) * 86400 * 1000000)

/* ---- folders ---- */
static int
add_folder(struct making *m, const struct source_item *it, struct err *e)
{
	struct folder_seen *f;

	if (*it->path != '\0' && (tree_folder(m->t, it->path, e) < 0 ||
	    loads_add(m, it, 'd', THING_READY, NULL, NULL, e) < 0))
		return -1;
	XGROW(m->folders, m->n_folders, m->cap_folders);
	f = &m->folders[m->n_folders++];
	*f = (struct folder_seen){ xstrdup(it->path), it->id };
	return 0;
}

/*
 * A source's folders get their own metadata when nothing more is put into
 * them, children before parents.  One that is gone by now, or became another,
 * gets what was seen of it.
 */
static void
on_root_done(void *arg, const struct fs_dir *top, const char *at)
{
	struct making *m = arg;
	size_t skip = strlen(at);
	struct fs_dir *d;
	struct fs_id now;
	struct err e = {0};

	if (loads_drain(m, &e) < 0)
		return;			/* fill sees it */
	for (; m->n_folders > 0; m->n_folders--) {
		struct folder_seen *f = &m->folders[m->n_folders - 1];
		const char *rel = f->path + skip;

		d = NULL;
		if (fs_dir_below(top, rel + (*rel == '/'), &d, NULL) == 0 &&
		    (fs_stat_fd(d, d->fd, &now, NULL) < 0 ||
		    !fs_id_same(&now, &f->id))) {
			fs_dir_free(d);
			d = NULL;
		}
		if (tree_folder_meta(m->t, f->path, d ? d->fd : -1, &f->id,
		    &e) < 0)
			making_failed(m, d ? d->path : f->path, e.text);
		fs_dir_free(d);
		free(f->path);
	}
}

/* ---- one thing ---- */
static int
add_symlink(struct making *m, const struct source_item *it, struct err *e)
{
	char target[TARGET_MAX + 1];
	ssize_t n = readlinkat(it->dir->fd, it->name, target, TARGET_MAX);

	if (n < 0)
		return err_sys(e, "read the symlink");
	target[n] = '\0';
	if (tree_symlink(m->t, it->path, target, &it->id, e) < 0)
		return -1;
	return loads_add(m, it, 'l', THING_READY, NULL, target, e);
}

static int
add_item(struct making *m, const struct source_item *it, struct err *e)
{
	if (S_ISDIR(it->id.mode))
		return add_folder(m, it, e);
	if (S_ISREG(it->id.mode))
		return making_file(m, it, e);
	if (S_ISLNK(it->id.mode))
		return add_symlink(m, it, e);
	if (S_ISFIFO(it->id.mode)) {
		if (tree_fifo(m->t, it->path, &it->id, e) < 0)
			return -1;
		return loads_add(m, it, 'p', THING_READY, NULL, NULL, e);
	}
	return 0;
}

static int
on_item(void *arg, const struct source_item *it, struct err *e)
{
	struct making *m = arg;
	char q[QUOTE_SIZE];

	if (m->r != NULL && m->r->progress != NULL)
		m->r->progress(m->r->arg, m->res->files, m->res->bytes);
	if (add_item(m, it, e) == 0)
		return 0;
	if (m->fatal.kind != ERR_NONE)	/* of one before */
		*e = m->fatal;
	else if (making_is_over(m, e) && e->kind != ERR_STOPPED)
		err_wrap(e, "%s", quote_to(q, sizeof(q), it->abs));
	return -1;
}

static void
on_failed(void *arg, const char *abs, const char *why)
{
	making_failed(arg, abs, why);
}

static int
on_stop(void *arg)
{
	struct making *m = arg;

	return m->env->stop != NULL && m->env->stop(m->env->stop_arg);
}

/* ---- the whole ---- */

/* How high a number behind base is taken: 0 it is free, 1 base itself. */
static unsigned
taken(const char *base, const char *name)
{
	size_t n = strlen(base);
	const char *p = name + n;
	unsigned v = 0;

	if (strncmp(base, name, n) != 0)
		return 0;
	if (*p == '\0')
		return 1;
	if (*p++ != '-' || *p < '1' || *p > '9')
		return 0;
	for (; *p >= '0' && *p <= '9' && v < 100000; p++)
		v = v * 10 + (unsigned)(*p - '0');
	return *p == '\0' ? v : 0;
}

/* A free name: the pattern's, or with -2, -3 ... behind all that are there, so
 * that a later copy's name sorts after an earlier one's. */
static int
choose_name(struct making *m, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	struct fs_names names;
	char base[COPY_NAME + 1];
	unsigned n, most = 0;
	size_t i;

	if (time_name(&b, m->c->pattern, m->env->now, e) < 0 ||
	    fs_list(m->place, &names, e) < 0)
		return -1;
	snprintf(base, sizeof(base), "%.*s", COPY_NAME - 8, buf_str(&b));
	for (i = 0; i < names.n; i++) {
		n = taken(base, names.v[i].name);
		most = n > most ? n : most;
	}
	fs_names_free(&names);
	if (most == 0)
		snprintf(m->res->name, sizeof(m->res->name), "%s", base);
	else
		snprintf(m->res->name, sizeof(m->res->name), "%s-%u", base,
		    most + 1);
	return 0;
}

/* Some file systems have no symlinks: then there is no `latest`. */
static void
point_latest(struct making *m)
{
	struct err e = {0};

	if (place_link(m->place, COPIES_LATEST, m->res->name, &e) < 0 &&
	    e.sys != EPERM && e.sys != EOPNOTSUPP && e.sys != ENOSYS)
		making_failed(m, m->place->path, e.text);
}

static int
commit(struct making *m, struct err *e)
{
	struct manifest_writer *w = m->w;
	struct fs_id id;
	CLEAN_BUF struct buf file = {0};
	unsigned flags = (m->res->partial ? MANIFEST_PARTIAL : 0) |
	    (m->res->shrunk ? MANIFEST_SHRUNK : 0);

	m->w = NULL;
	if (manifest_end(w, m->res->files, m->total, flags, e) < 0)
		return -1;
	if (tree_commit(m->t, e) < 0) {
		buf_addf(&file, "%s" COPIES_MANIFEST, m->res->name);
		if (fs_stat(m->place, m->res->name, &id, NULL) < 0)
			place_remove(m->own, buf_str(&file), NULL);
		return -1;
	}
	point_latest(m);
	return 0;
}

/*
 * Is a source missing, or half of the files?  Held against the newest copy that
 * was not shrunk itself, so that an unplugged disk does not become the measure
 * by being copied twice; after SHRUNK_STANDS it is believed.
 */
static int
is_shrunk(const struct making *m, size_t missing)
{
	return missing > 0 || m->res->files < m->measure / 2;
}

static int
fill(struct making *m, struct err *e)
{
	struct source_report r = { on_item, on_failed, on_root_done, on_stop, m };
	size_t missing, i;

	for (i = 0; i < m->c->n_paths; i++)
		if (manifest_root(m->w, m->c->at[i], m->c->paths[i], e) < 0)
			return -1;
	if (source_walk(m->c, m->env->leave_out, &r, &missing, e) < 0 ||
	    loads_drain(m, e) < 0)
		return -1;
	loads_end(m);
	if (missing == m->c->n_paths)
		return err_set(e, ERR_NOENT, "none of its paths is there");
	m->res->shrunk = is_shrunk(m, missing);
	m->res->before = m->last != NULL ? m->measure : 0;
	return commit(m, e);
}

/* The newest copy whose manifest is whole, and what a full one held. */
static int
load_last(struct making *m, struct err *e)
{
	struct copy_names names = {0};
	struct err why = {0};
	size_t i;

	if (copies_names(m->place, &names, e) < 0)
		return -1;
	for (i = names.n; i-- > 0 && m->last == NULL;)
		if (last_open(m->place, names.v[i].name, &m->last, &why) < 0)
			m->last = NULL;	/* an older one, or all is copied */
	for (i = names.n; i-- > 0;) {
		m->measure = names.v[i].info.files;
		if (!(names.v[i].flags & MANIFEST_SHRUNK) ||
		    m->env->now - names.v[i].info.time > SHRUNK_STANDS)
			break;
	}
	copies_names_free(&names);
	return 0;
}

static int
make(struct making *m, struct err *e)
{
	struct tree_options o = {
		.catalog = m->env->catalog, .run = m->env->run,
		.job = m->env->job, .why = "backup", .event = EVENT_BACKED_UP,
		.min_free = m->env->min_free,
		.min_free_percent = m->env->min_free_percent,
		.stop = m->env->stop, .stop_arg = m->env->stop_arg,
	};

	copies_tidy(m->place, m->env->now);
	if (load_last(m, e) < 0 || choose_name(m, e) < 0 ||
	    place_folder(m->place, COPIES_OWN, &m->own, e) < 0 ||
	    tree_start(m->place, m->res->name, &o, &m->t, e) < 0 ||
	    manifest_create(m->own, m->res->name, m->env->now, &m->w, e) < 0)
		return -1;
	loads_begin(m);
	if (fill(m, e) == 0)
		return 0;
	if (e->kind == ERR_STOPPED)
		tree_keep(m->t);
	return -1;
}

static void
making_fini(struct making *m)
{
	loads_end(m);
	tree_free(m->t);
	manifest_discard(m->w);
	last_free(m->last);
	fs_dir_free(m->own);
	fs_dir_free(m->place);
	making_files_fini(m);
	for (; m->n_folders > 0; m->n_folders--)
		free(m->folders[m->n_folders - 1].path);
	free(m->folders);
}

/*
 * Hold the place: 1, 0 with res->state and e if it waits or is held, -1.  Where
 * there is no room nothing is made, not even the place.
 */
static int
hold_place(struct making *m, struct err *e)
{
	const struct copies_env *env = m->env;
	CLEAN_BUF struct buf why = {0};
	int there = copies_open_place(m->c, env->catalog, 0, &m->place, &why, e);

	if (there == DESTINATION_HELD || there == DESTINATION_FIRST) {
		fs_dir_free(m->place);
		m->place = NULL;
		m->res->state = OP_HELD;
		if (place_room(m->c->place, env->min_free,
		    env->min_free_percent, e) < 0)
			return e->kind == ERR_FULL ? 0 : -1;
		there = copies_open_place(m->c, env->catalog, 1, &m->place,
		    &why, e);
	}
	if (there == DESTINATION_FAILED || there == DESTINATION_HELD)
		return there == DESTINATION_HELD ? 1 : -1;
	err_set(e, ERR_ABSENT, "%.400s", buf_str(&why));
	m->res->state = OP_WAITING;
	return 0;
}

int
copies_run(const struct copies *c, const struct copies_env *env,
    const struct apply_report *r, struct copies_result *res, struct err *e)
{
	__attribute__((cleanup(making_fini))) struct making m = {
		.c = c, .env = env, .r = r, .res = res,
	};
	int there;

	*res = (struct copies_result){ .state = OP_FAILED };
	if ((there = hold_place(&m, e)) != 1)
		return there;
	if (make(&m, e) == 0)
		res->state = OP_DONE;
	else if (e->kind == ERR_FULL && e->sys == 0)
		res->state = OP_HELD;	/* min_free: the disk is not full yet */
	else {
		res->state = OP_FAILED;
		return -1;
	}
	return 0;
}
