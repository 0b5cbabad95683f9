/*
 * watcher_scan.c -- folders: watched, and then read.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/log.h"
#include "util/path.h"
#include "util/quote.h"
#include "util/xalloc.h"
#include "watch/watcher_impl.h"

#define EVENTS	(IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | \
		 IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | \
		 IN_EXCL_UNLINK)

static uint64_t
hash_of(const char *path)
{
	return hash_keyed(0x3a7c4, path, strlen(path));
}

/* ---- nodes ---- */

struct node *
node_find(struct watcher *w, int wd)
{
	size_t low = 0, high = w->n_nodes;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (w->nodes[mid].wd == wd)
			return w->nodes[mid].path != NULL ? &w->nodes[mid] :
			    NULL;
		if (w->nodes[mid].wd < wd)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

struct node *
node_of(struct watcher *w, const char *path)
{
	size_t i;

	for (i = 0; i < w->n_nodes; i++)
		if (w->nodes[i].path != NULL &&
		    strcmp(w->nodes[i].path, path) == 0)
			return &w->nodes[i];
	return NULL;
}

static void
forget(struct watcher *w, struct node *n)
{
	set64_remove(&w->paths, hash_of(n->path));
	free(n->path);
	n->path = NULL;
	w->n_ended++;
}

static void
compact(struct watcher *w)
{
	size_t i, n = 0;

	if (w->n_ended < 64 || w->n_ended * 2 < w->n_nodes)
		return;
	for (i = 0; i < w->n_nodes; i++)
		if (w->nodes[i].path != NULL)
			w->nodes[n++] = w->nodes[i];
	w->n_nodes = n;
	w->n_ended = 0;
}

void
node_end(struct watcher *w, struct node *n)
{
	if (n->wd < MARKS)
		inotify_rm_watch(w->fd, n->wd);
	forget(w, n);
}

void
nodes_end_below(struct watcher *w, const char *path)
{
	size_t i;

	for (i = 0; i < w->n_nodes; i++)
		if (w->nodes[i].path != NULL &&
		    path_is_below(w->nodes[i].path, path))
			node_end(w, &w->nodes[i]);
	compact(w);
}

void
nodes_sweep(struct watcher *w)
{
	size_t i;

	for (i = 0; i < w->n_nodes; i++)
		if (w->nodes[i].path != NULL && w->nodes[i].round != w->round)
			node_end(w, &w->nodes[i]);
	compact(w);
	/* One that ended may have had the path of another. */
	for (i = 0; i < w->n_nodes; i++)
		if (w->nodes[i].path != NULL)
			set64_add(&w->paths, hash_of(w->nodes[i].path));
}

/* Numbers mostly rise, but the folder may have had one: then it is that one
 * again. */
void
node_add(struct watcher *w, int wd, const char *path)
{
	struct node *n = node_find(w, wd);

	if (n != NULL && strcmp(n->path, path) != 0) {
		set64_remove(&w->paths, hash_of(n->path));
		free(n->path);
		n->path = xstrdup(path);
		set64_add(&w->paths, hash_of(path));
	} else if (n == NULL) {
		compact(w);
		XGROW(w->nodes, w->n_nodes, w->cap_nodes);
		for (n = &w->nodes[w->n_nodes++]; n > w->nodes &&
		    n[-1].wd > wd; n--)
			*n = n[-1];
		*n = (struct node){ .wd = wd, .path = xstrdup(path) };
		set64_add(&w->paths, hash_of(path));
	}
	n->round = w->round;
}

/* ---- folders, held for a moment ---- */

void
watcher_rest(struct watcher *w)
{
	fs_dir_free(w->dir);
	fs_dir_free(w->top_dir);
	free(w->dir_path);
	free(w->top_path);
	w->dir = w->top_dir = NULL;
	w->dir_path = w->top_path = NULL;
}

/* The innermost top of a path. */
static struct top *
top_of(struct watcher *w, const char *path)
{
	struct top *best = NULL;
	size_t i;

	for (i = 0; i < w->n_tops; i++)
		if (path_is_below(path, w->tops[i].path) && (best == NULL ||
		    strlen(w->tops[i].path) > strlen(best->path)))
			best = &w->tops[i];
	return best;
}

static const struct fs_dir *
hold_top(struct watcher *w, const struct top *t)
{
	struct err e = {0};

	if (w->top_path != NULL && strcmp(w->top_path, t->path) == 0)
		return w->top_dir;
	watcher_rest(w);
	if (fs_dir_look(t->path, &w->top_dir, &e) < 0) {
		w->top_dir = NULL;
		return NULL;
	}
	w->top_path = xstrdup(t->path);
	return w->top_dir;
}

const struct fs_dir *
scan_hold(struct watcher *w, const char *path)
{
	const struct top *t = top_of(w, path);
	const struct fs_dir *top;
	const char *rel;
	struct err e = {0};

	if (t == NULL || (top = hold_top(w, t)) == NULL)
		return NULL;
	if (w->dir_path != NULL && strcmp(w->dir_path, path) == 0)
		return w->dir;
	fs_dir_free(w->dir);
	free(w->dir_path);
	w->dir = NULL;
	w->dir_path = NULL;
	rel = path + strlen(t->path);
	if (fs_dir_below(top, rel + strspn(rel, "/"), &w->dir, &e) < 0) {
		w->dir = NULL;
		return NULL;
	}
	w->dir_path = xstrdup(path);
	return w->dir;
}

static int
is_polled(const struct top *t)
{
	return t != NULL && (t->network || t->full);
}

int
watcher_has(struct watcher *w, const char *folder)
{
	return set64_has(&w->paths, hash_of(folder)) ||
	    (is_polled(top_of(w, folder)) &&
	    w->sink.wanted(w->sink.arg, folder));
}

static uint64_t
hash_file(const char *path, const struct fs_id *id)
{
	uint64_t v[] = { hash_of(path), id->ino, id->size,
	    (uint64_t)id->mtime };

	return hash_keyed(1, v, sizeof(v));
}

void
watcher_seen(struct watcher *w, const char *path)
{
	struct top *t = top_of(w, path);
	struct fs_id id;

	if (!is_polled(t))
		return;
	if (watcher_look(w, path, &id, NULL) == 0)
		set64_add(&t->seen, hash_file(path, &id));
	watcher_rest(w);
}

/* ---- reading ---- */

/* Watches are used up: by a mark, where we may; else it is polled. */
static void
is_full(struct watcher *w, struct top *t, const struct fs_dir *dir,
    const char *path)
{
	char text[400], q[QUOTE_SIZE];

	t->by_marks = marks_add(w, dir, path) == 0;
	t->full = !t->by_marks;
	if (w->told_full & (t->full ? 2 : 1))
		return;
	w->told_full |= t->full ? 2 : 1;
	snprintf(text, sizeof(text), "the system allows no more watches "
	    "(fs.inotify.max_user_watches): %s is %s instead",
	    quote_to(q, sizeof(q), t->path), t->full ? "read every 10 seconds" :
	    "watched by a mark on its file system");
	w->sink.say(w->sink.arg, t->full ? LOG_WARNING : LOG_INFO, text);
}

/* Polled ones have no watches at all. */
static void
watch(struct watcher *w, struct top *t, const struct fs_dir *dir,
    const char *path)
{
	char at[48];
	int wd = -1;

	if (t->network || (t->by_marks && marks_add(w, dir, path) == 0))
		return;
	errno = ENOSPC;
	if (w->most == 0 || w->n_nodes - w->n_ended < w->most) {
		snprintf(at, sizeof(at), "/proc/self/fd/%d", dir->fd);
		wd = inotify_add_watch(w->fd, at, EVENTS);
	}
	if (wd >= 0)
		node_add(w, wd, path);
	else if (errno == ENOSPC || errno == ENOMEM)
		is_full(w, t, dir, path);
}

struct pile {
	char		**v;
	size_t		 n, cap;
};

static char *
join(const char *dir, const char *name)
{
	return xasprintf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, name);
}

static int
is_ours(const char *name)
{
	return strncmp(name, ".fettle-", 8) == 0;
}

/* Files are told, folders that are wanted put on the pile. */
static void
take_names(struct watcher *w, const char *path, const struct fs_names *l,
    enum watch_how how, int quiet, struct pile *pile)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		CLEAN_FREE char *full = NULL;
		unsigned char type = l->v[i].type;

		if ((type != DT_DIR && type != DT_REG) ||
		    is_ours(l->v[i].name))
			continue;
		full = join(path, l->v[i].name);
		if (type == DT_DIR && w->sink.wanted(w->sink.arg, full)) {
			XGROW(pile->v, pile->n, pile->cap);
			pile->v[pile->n++] = full;
			full = NULL;
		} else if (type == DT_REG && !quiet)
			w->sink.file(w->sink.arg, how, full);
	}
}

void
scan_folder(struct watcher *w, const char *path, enum watch_how how,
    int quiet)
{
	struct pile pile = {0};
	struct fs_names names;
	struct err e = {0};

	XGROW(pile.v, pile.n, pile.cap);
	pile.v[pile.n++] = xstrdup(path);
	while (pile.n > 0) {
		CLEAN_FREE char *one = pile.v[--pile.n];
		const struct fs_dir *dir = scan_hold(w, one);
		struct top *t = top_of(w, one);

		if (t == NULL || dir == NULL)
			continue;
		watch(w, t, dir, one);
		if (fs_list(dir, &names, &e) < 0)
			continue;
		take_names(w, one, &names, how, quiet, &pile);
		fs_names_free(&names);
	}
	free(pile.v);
}

/* ---- polls ---- */

struct polling {
	struct watcher	*w;
	struct set64	 seen;		/* this time */
	const struct set64 *before;
	int		 all;
};

static void
poll_files(struct polling *p, const char *path, const struct fs_dir *dir,
    const struct fs_names *l)
{
	struct watcher *w = p->w;
	struct fs_id id;
	struct err e = {0};
	size_t i;

	for (i = 0; i < l->n; i++) {
		CLEAN_FREE char *full = NULL;
		uint64_t hash;

		if (l->v[i].type != DT_REG || is_ours(l->v[i].name) ||
		    fs_stat(dir, l->v[i].name, &id, &e) < 0)
			continue;
		full = join(path, l->v[i].name);
		hash = hash_file(full, &id);
		set64_add(&p->seen, hash);
		if (p->all || !set64_has(p->before, hash))
			w->sink.file(w->sink.arg, p->all ? WATCH_FOUND :
			    WATCH_CAME, full);
	}
}

void
scan_poll(struct watcher *w, struct top *t, int all)
{
	struct polling p = { .w = w, .before = &t->seen, .all = all };
	struct pile pile = {0};
	struct fs_names names;
	struct err e = {0};

	XGROW(pile.v, pile.n, pile.cap);
	pile.v[pile.n++] = xstrdup(t->path);
	while (pile.n > 0) {
		CLEAN_FREE char *one = pile.v[--pile.n];
		const struct fs_dir *dir = scan_hold(w, one);

		if (dir == NULL || fs_list(dir, &names, &e) < 0)
			continue;
		poll_files(&p, one, dir, &names);
		take_names(w, one, &names, WATCH_FOUND, 1, &pile);
		fs_names_free(&names);
	}
	free(pile.v);
	set64_fini(&t->seen);
	t->seen = p.seen;
}
