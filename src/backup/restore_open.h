#ifndef BACKUP_RESTORE_OPEN_H
#define BACKUP_RESTORE_OPEN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/*
 * Files of several blobs, which come in any order and by any thread, and the
 * descriptors on them: many are open at once, but not more than the process may
 * have, so the one that was not written to for longest is closed for another and
 * opened again when its next blob comes.
 *
 * A file ends when its last blob was written, or was found in place: then it gets
 * its metadata and, if it is new, its name.
 */
struct err;
struct record;
struct rfolder;
struct restore;
struct rworker;

enum ropen_state {
	ROPEN_UNKNOWN,		/* nobody looked yet */
	ROPEN_NEW,		/* made under its hidden name */
	ROPEN_OVER,		/* what is there is written into */
	ROPEN_LEFT,		/* what is there stays */
	ROPEN_FAILED		/* told */
};

struct ropen {
	struct ropen	*newer, *older;	/* of those that are open */
	struct ropen	*next, *prev;	/* of all */
	struct rfolder	*folder;	/* held */
	atomic_size_t	 left;		/* blobs to come, and 1 from the walk */
	uint64_t	 size;
	dev_t		 dev;		/* once made or looked at */
	ino_t		 ino;
	uint64_t	 was;		/* the size of what was there */
	uint32_t	 number;
	int		 fd;
	unsigned	 users;
	unsigned char	 state;
	unsigned char	 made, sized;
	unsigned char	 many;		/* what is there has other names, too */
	unsigned char	 believed;	/* its size and mtime say that it is it */
	atomic_uchar	 wrote, broken;
	size_t		 record_len;
	unsigned char	 record[];
};

struct open_files;
struct open_files *open_files_new(struct restore *r);
/* All that did not end go: those that were being made leave nothing. */
void open_files_free(struct open_files *of, struct rworker *w);

/* Takes a reference on the folder; left is 1. */
struct ropen *ropen_new(struct open_files *of, struct rfolder *f,
    const void *record, size_t len, uint64_t size, uint32_t number);

/* The first to come decides what is to become of what is there; all others get
 * the same answer. */
enum ropen_state ropen_decide(struct rworker *w, struct ropen *o);

/* A piece of it.  It may fail, which is told. */
void ropen_write(struct rworker *w, struct ropen *o, uint64_t at,
    const void *data, size_t len);
/* A piece of it is not to be had. */
void ropen_break(struct rworker *w, struct ropen *o, const struct err *why);
/* So many pieces are dealt with: o may be gone afterwards. */
void ropen_put(struct rworker *w, struct ropen *o, size_t n);

#endif
