#ifndef WATCH_WATCHER_H
#define WATCH_WATCHER_H

#include <stddef.h>
#include <stdint.h>

#include "fs/id.h"
#include "fs/writing.h"

/*
 * Folders, watched: which files come, change and leave.
 *
 * By inotify, one watch a folder; a new sub-folder is watched first and then
 * read, so that nothing that is put into it falls between.  When the kernel's
 * queue overflows, all is read anew.  What the limit of watches leaves over is
 * watched by fanotify's file-system marks where they are permitted; else it is
 * read every WATCH_POLL, which is told.  So are folders on network file systems,
 * where the kernel hears only of what this machine does.
 *
 * Folders are opened from the held top downwards and never through a symlink;
 * no descriptor is held while nothing happens, so a disk can be unmounted.  A
 * top that is not there, or that is replaced (a disk is mounted), is looked for
 * now and then.  Nothing here changes anything on disk.
 */
struct err;
struct watcher;

#define WATCH_POLL	INT64_C(10000000)	/* µs */

enum watch_how {
	WATCH_CLOSED,		/* a writer closed it */
	WATCH_CAME,		/* it was moved here, or lay in a folder that came */
	WATCH_MADE,		/* it was made, perhaps to be written now */
	WATCH_FOUND,		/* it was found by reading all */
};

struct watch_sink {
	/* Is the folder (absolute, without symlinks) to be watched?  Asked of
	 * all below a top. */
	int (*wanted)(void *arg, const char *path);
	/* A file: path, and where it lies, for watcher_look. */
	void (*file)(void *arg, enum watch_how how, const char *path);
	/* A folder came.  0: it is ours, and so is what is in it. */
	int (*folder)(void *arg, const char *path);
	void (*gone)(void *arg, const char *path, int is_folder);
	/* Something that the user should know; level as util/log.h. */
	void (*say)(void *arg, int level, const char *text);
	void		*arg;
};

int watcher_new(const struct watch_sink *sink, struct watcher **out,
    struct err *e);
void watcher_free(struct watcher *w);	/* NULL is fine */
/* To be waited for; then watcher_read. */
int watcher_fd(const struct watcher *w);

/* Watch this folder (absolute, without symlinks), and below it what is wanted;
 * all that is there is told as WATCH_FOUND.  It need not be there. */
void watcher_add(struct watcher *w, const char *path);
/* Take all that has happened: 1 if the queue was read to its end, 0 if there
 * may be more. */
int watcher_read(struct watcher *w);
/* Polls, and looks for tops; and when (monotonic µs) to call it next. */
int64_t watcher_tick(struct watcher *w, int64_t now);

/* Look at a file that was told: 0, or -1 if it is not there (or no file). */
int watcher_look(struct watcher *w, const char *path, struct fs_id *id,
    enum fs_writing *writing);
/* Let go of what was held to look. */
void watcher_rest(struct watcher *w);

struct watch_count {
	size_t		 folders;	/* that are watched */
	size_t		 marked;	/* tops that are watched by marks */
	size_t		 polled;	/* tops that are polled */
	size_t		 missing;	/* tops that are not there */
	size_t		 overflows;
};
void watcher_count(const struct watcher *w, struct watch_count *out);
/* Of a file that came into a polled folder by ourselves: it is not told. */
void watcher_seen(struct watcher *w, const char *path);
/* Is a change in this folder told? */
int watcher_has(struct watcher *w, const char *folder);

/* As if the queue had overflowed. */
void watcher_rescan(struct watcher *w);
/* For tests: at most so many watches, then as if the system allowed no more. */
void watcher_limit(struct watcher *w, size_t most);
/* For tests: as if file-system marks were not permitted. */
void watcher_no_marks(struct watcher *w);
/* For tests: poll, as on a network. */
void watcher_poll_all(struct watcher *w);

#endif
