/*
 * watcher.c -- what the kernel tells, and what has to be looked for.
 */
#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "util/clean.h"
#include "util/err.h"
#include "util/log.h"
#include "util/xalloc.h"
#include "watch/watcher_impl.h"

#define ROOM		65536	/* bytes of events taken at once */
#define READS		16	/* before others have their turn */
#define MISSING		INT64_C(3000000)	/* look for a top that is away */
#define REPLACED	INT64_C(20000000)	/* for one that is there */

/* Of file systems that others change behind this machine's back.  Not all are
 * in linux/magic.h. */
static const long networks[] = {
	0x6969 /* nfs */, 0xff534d42 /* cifs */, 0xfe534d42 /* smb2 */,
	0x517b /* smb */, 0x01021997 /* 9p */, 0x65735546 /* fuse */,
	0x5346414f /* afs */, 0x00c36400 /* ceph */, 0x73757245 /* coda */,
	0x564c /* ncp */, 0x786f4256 /* vboxsf */, 0x0bd00bd0 /* lustre */,
	0x01161970 /* gfs2 */, 0x7461636f /* ocfs2 */,
};

int
watcher_new(const struct watch_sink *sink, struct watcher **out,
    struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct watcher *w = xalloc(sizeof(*w));

	w->sink = *sink;
	w->marks = -1;
	w->next_mark = MARKS;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	w->wait = epoll_create1(EPOLL_CLOEXEC);
	if (w->fd < 0 || w->wait < 0 ||
	    epoll_ctl(w->wait, EPOLL_CTL_ADD, w->fd, &ev) < 0) {
		err_sys(e, "watch folders");
		watcher_free(w);
		return -1;
	}
	*out = w;
	return 0;
}

static void
shut(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
watcher_free(struct watcher *w)
{
	size_t i;

	if (w == NULL)
		return;
	watcher_rest(w);
	shut(w->fd);
	shut(w->wait);
	shut(w->marks);
	map_fini(&w->handles);
	set64_fini(&w->marked);
	for (i = 0; i < w->n_nodes; i++)
		free(w->nodes[i].path);
	for (i = 0; i < w->n_tops; i++) {
		free(w->tops[i].path);
		set64_fini(&w->tops[i].seen);
	}
	free(w->nodes);
	free(w->tops);
	set64_fini(&w->paths);
	free(w);
}

int
watcher_fd(const struct watcher *w)
{
	return w->wait;
}

void
watcher_limit(struct watcher *w, size_t most)
{
	w->most = most;
}

void
watcher_no_marks(struct watcher *w)
{
	w->no_marks = 1;
}

void
watcher_poll_all(struct watcher *w)
{
	w->poll_all = 1;
}

void
watcher_count(const struct watcher *w, struct watch_count *out)
{
	size_t i;

	*out = (struct watch_count){ .folders = w->n_nodes - w->n_ended,
	    .overflows = w->overflows };
	for (i = 0; i < w->n_tops; i++) {
		out->marked += w->tops[i].by_marks != 0;
		out->polled += w->tops[i].network || w->tops[i].full;
		out->missing += w->tops[i].ino == 0;
	}
}

/* ---- tops ---- */

static int
is_network(const struct watcher *w, const struct fs_dir *d)
{
	struct statfs s;
	size_t i;

	if (w->poll_all)
		return 1;
	if (fstatfs(d->fd, &s) < 0)
		return 0;
	for (i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		if ((uint32_t)s.f_type == (uint32_t)networks[i])
			return 1;
	return 0;
}

/* 1 it is there, and another than before; 0. */
static int
find_top(struct watcher *w, struct top *t)
{
	const struct fs_dir *d;
	struct stat st = {0};

	watcher_rest(w);
	d = scan_hold(w, t->path);
	if (d == NULL || fstat(d->fd, &st) < 0) {
		t->dev = t->ino = 0;
		return 0;
	}
	if (st.st_ino == t->ino && st.st_dev == t->dev)
		return 0;
	t->dev = st.st_dev;
	t->ino = st.st_ino;
	t->network = is_network(w, d);
	return 1;
}

static void
read_top(struct watcher *w, struct top *t, int64_t now)
{
	if (t->network)
		scan_poll(w, t, 1);
	else
		scan_folder(w, t->path, WATCH_FOUND, 0);
	t->next = now + WATCH_POLL;
}

void
watcher_add(struct watcher *w, const char *path)
{
	struct top *t;
	size_t i;

	for (i = 0; i < w->n_tops; i++)
		if (strcmp(w->tops[i].path, path) == 0)
			return;
	XGROW(w->tops, w->n_tops, w->cap_tops);
	t = &w->tops[w->n_tops++];
	*t = (struct top){ .path = xstrdup(path) };
	if (find_top(w, t))
		read_top(w, t, 0);
	watcher_rest(w);
}

void
watcher_rescan(struct watcher *w)
{
	size_t i;

	w->round++;
	map_fini(&w->handles);
	w->handles = (struct map){0};
	for (i = 0; i < w->n_tops; i++) {
		w->tops[i].full = 0;
		find_top(w, &w->tops[i]);
		if (w->tops[i].ino != 0)
			read_top(w, &w->tops[i], 0);
	}
	nodes_sweep(w);
	watcher_rest(w);
}

static void
look_for_tops(struct watcher *w, int64_t now)
{
	size_t i;

	for (i = 0; i < w->n_tops; i++) {
		struct top *t = &w->tops[i];
		int was_there = t->ino != 0;

		if (!find_top(w, t)) {
			if (was_there && t->ino == 0)
				nodes_end_below(w, t->path);
			continue;
		}
		nodes_end_below(w, t->path);
		read_top(w, t, now);
	}
}

int64_t
watcher_tick(struct watcher *w, int64_t now)
{
	int64_t pause = REPLACED, next;
	size_t i;

	for (i = 0; i < w->n_tops; i++)
		if (w->tops[i].ino == 0)
			pause = MISSING;
	if (now - w->looked >= pause) {
		look_for_tops(w, now);
		w->looked = now;
	}
	next = w->looked + pause;
	for (i = 0; i < w->n_tops; i++) {
		struct top *t = &w->tops[i];

		if (t->ino == 0 || !(t->network || t->full))
			continue;
		if (t->next <= now) {
			scan_poll(w, t, 0);
			t->next = now + WATCH_POLL;
		}
		if (t->next < next)
			next = t->next;
	}
	watcher_rest(w);
	return w->n_tops > 0 ? next : INT64_MAX;
}

/* ---- events ---- */

static void
folder_event(struct watcher *w, uint32_t mask, const char *path)
{
	int told;

	watcher_rest(w);		/* its path may be another's now */
	if (mask & (IN_MOVED_FROM | IN_DELETE)) {
		nodes_end_below(w, path);
		w->sink.gone(w->sink.arg, path, 1);
	}
	if (!(mask & (IN_CREATE | IN_MOVED_TO)))
		return;
	told = w->sink.folder(w->sink.arg, path);
	if (w->sink.wanted(w->sink.arg, path))
		scan_folder(w, path, WATCH_CAME, !told);
}

/* Of several in one, that it came counts: whoever looks finds it gone. */
static void
file_event(struct watcher *w, uint32_t mask, const char *path)
{
	void *arg = w->sink.arg;

	if (mask & IN_CLOSE_WRITE)
		w->sink.file(arg, WATCH_CLOSED, path);
	else if (mask & IN_MOVED_TO)
		w->sink.file(arg, WATCH_CAME, path);
	else if (mask & IN_CREATE)
		w->sink.file(arg, WATCH_MADE, path);
	else if (mask & (IN_MOVED_FROM | IN_DELETE))
		w->sink.gone(arg, path, 0);
}

void
watcher_event(struct watcher *w, struct node *n, uint32_t mask,
    const char *name)
{
	CLEAN_FREE char *path = NULL;

	/* Staging names of our own. */
	if (strncmp(name, ".fettle-", 8) == 0)
		return;
	path = xasprintf("%s/%s", strcmp(n->path, "/") == 0 ? "" : n->path,
	    name);
	if (mask & IN_ISDIR)
		folder_event(w, mask, path);
	else
		file_event(w, mask, path);
}

/* The folder itself is another's, or gone: if it is a top, it is looked for. */
static void
self_event(struct watcher *w, struct node *n)
{
	size_t i;

	for (i = 0; i < w->n_tops; i++)
		if (strcmp(w->tops[i].path, n->path) == 0) {
			w->tops[i].dev = w->tops[i].ino = 0;
			w->looked = 0;
			nodes_end_below(w, w->tops[i].path);
			return;
		}
}

static void
event(struct watcher *w, const struct inotify_event *ev)
{
	struct node *n;

	if (ev->mask & IN_Q_OVERFLOW) {
		w->overflowed = 1;
		return;
	}
	if ((n = node_find(w, ev->wd)) == NULL)
		return;
	if (ev->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) {
		self_event(w, n);
		return;
	}
	if (ev->mask & IN_IGNORED) {
		node_end(w, n);
		return;
	}
	if (ev->len > 0)
		watcher_event(w, n, ev->mask, ev->name);
}

int
watcher_read(struct watcher *w)
{
	_Alignas(struct inotify_event) char room[ROOM];
	const struct inotify_event *ev;
	ssize_t n = 0, at;
	int i, drained = 0, marks = marks_read(w);

	for (i = 0; i < READS && !drained; i++) {
		n = read(w->fd, room, sizeof(room));
		drained = n <= 0;
		for (at = 0; at < n;
		    at += (ssize_t)(sizeof(*ev) + ev->len)) {
			ev = (const void *)(room + at);
			event(w, ev);
		}
	}
	drained = drained && marks;
	if (drained && w->overflowed) {
		w->overflowed = 0;
		w->overflows++;
		w->sink.say(w->sink.arg, LOG_WARNING, "more happened in the "
		    "watched folders than the kernel remembers "
		    "(fs.inotify.max_queued_events): all is read anew");
		watcher_rescan(w);
	}
	watcher_rest(w);
	return drained;
}

int
watcher_look(struct watcher *w, const char *path, struct fs_id *id,
    enum fs_writing *writing)
{
	const char *slash = strrchr(path, '/');
	CLEAN_FREE char *folder = slash == path ? xstrdup("/") :
	    xstrndup(path, (size_t)(slash - path));
	const struct fs_dir *d = scan_hold(w, folder);
	struct err e = {0};

	if (d == NULL || fs_stat(d, slash + 1, id, &e) < 0 ||
	    !S_ISREG(id->mode))
		return -1;
	if (writing != NULL)
		*writing = fs_writing(d, slash + 1);
	return 0;
}
