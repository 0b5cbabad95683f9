#ifndef WATCH_WATCHER_IMPL_H
#define WATCH_WATCHER_IMPL_H

#include "fs/dir.h"
#include "util/map.h"
#include "util/set64.h"
#include "watch/watcher.h"

/*
 * Inside the watcher.
 *
 *	watcher.c	tops, events, ticks
 *	watcher_scan.c	folders: watched, read, let go
 *	watcher_marks.c	file-system marks
 */
struct node {
	int		 wd;		/* inotify's number; from MARKS up ours */
	unsigned	 round;		/* of the last reading that saw it */
	char		*path;		/* NULL: it ended */
};

#define MARKS	(1 << 30)

struct top {
	char		*path;
	uint64_t	 dev, ino;	/* 0, 0: it is not there */
	int		 network;	/* polled for what it lies on */
	int		 full;		/* polled for want of watches */
	int		 by_marks;	/* not by watches */
	int64_t		 next;		/* when it is polled */
	struct set64	 seen;		/* by polls: hashes of path and identity */
};

struct watcher {
	struct watch_sink sink;
	int		 fd;		/* inotify */
	int		 wait;		/* epoll, of both */
	int		 marks;		/* fanotify, or -1 */
	int		 next_mark;
	struct map	 handles;	/* hash of a folder's handle: wd */
	struct set64	 marked;	/* devices */
	int		 no_marks;
	struct node	*nodes;		/* by wd */
	size_t		 n_nodes, cap_nodes, n_ended;
	struct set64	 paths;		/* hashes of theirs */
	unsigned	 round;
	struct top	*tops;
	size_t		 n_tops, cap_tops;
	int64_t		 looked;	/* when tops were looked for */
	int		 overflowed;
	size_t		 overflows;
	size_t		 most;		/* watches; 0: as the system has it */
	int		 poll_all;
	int		 told_full;

	/* Held for a moment. */
	struct fs_dir	*top_dir;
	char		*top_path;
	struct fs_dir	*dir;
	char		*dir_path;
};

/* The folder of that path below a top, held until the next call or
 * watcher_rest; NULL if it is not there. */
const struct fs_dir *scan_hold(struct watcher *w, const char *path);
/* Watch it and all below that is wanted, and tell the files in them; quiet: do
 * not tell them. */
void scan_folder(struct watcher *w, const char *path, enum watch_how how,
    int quiet);
/* Read a top that is polled; all: tell also what was seen before. */
void scan_poll(struct watcher *w, struct top *t, int all);

/* What happened in a folder to a name; mask in inotify's bits, which are also
 * fanotify's. */
void watcher_event(struct watcher *w, struct node *n, uint32_t mask,
    const char *name);
/* Watch this folder by a mark on its file system; -1: we may not. */
int marks_add(struct watcher *w, const struct fs_dir *dir, const char *path);
/* As watcher_read. */
int marks_read(struct watcher *w);
void node_add(struct watcher *w, int wd, const char *path);
struct node *node_find(struct watcher *w, int wd);
struct node *node_of(struct watcher *w, const char *path);
void node_end(struct watcher *w, struct node *n);
void nodes_end_below(struct watcher *w, const char *path);
/* Those that the last reading of all did not see. */
void nodes_sweep(struct watcher *w);

#endif
