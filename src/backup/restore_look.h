#ifndef BACKUP_RESTORE_LOOK_H
#define BACKUP_RESTORE_LOOK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/*
 * What is there already where something is to be: by --overwrite it stays, goes,
 * or is compared, blob by blob, and what is in place is not fetched.
 */
struct err;
struct record;
struct rfolder;
struct rworker;
struct window;

enum there_is {
	THERE_NOT,		/* nothing, or no more */
	THERE_LEFT,		/* something that stays as it is */
	THERE_FILE,		/* a regular file, to be compared */
	THERE_ERROR
};

struct there {
	struct stat	 st;
	int		 believed;	/* size and mtime will do */
};

/* For a file of size bytes.  What is of another kind goes; in a dry run it stays
 * and counts as gone. */
enum there_is look_at_name(struct rworker *w, const struct rfolder *f,
    const struct record *rec, uint64_t size, struct there *out, struct err *e);
/* The same for what is no regular file: THERE_NOT, THERE_LEFT or THERE_ERROR. */
enum there_is look_make_way(struct rworker *w, const struct rfolder *f,
    const struct record *rec, int at, struct err *e);

/* All files of a window, from `from` to `to`; files without blobs are made. */
void look_files(struct rworker *w, struct window *win, size_t from, size_t to);
/* --verify: read them. */
void look_prove(struct rworker *w, struct window *win, size_t from, size_t to);

#endif
