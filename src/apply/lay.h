#ifndef APPLY_LAY_H
#define APPLY_LAY_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "apply/token.h"

/*
 * Laying a tree onto what is there: the restore of a snapshot.  (A tree that is
 * new as a whole is made by tree.h.)
 *
 * The target is held, and everything is opened below it, never through a
 * symlink.  Names are used in held folders only, so that whatever somebody swaps
 * in meanwhile leads nowhere else; files are made with O_EXCL, so that nothing
 * is written into but what was made here, or was looked at and is a regular file
 * with one name.
 *
 * A file that is written in several pieces is made under a hidden name and shown
 * by a rename that replaces nothing: what is to be seen under its name is whole.
 * The hidden name is made of the file's own, so that a second attempt clears
 * away what a first one that was killed left.  What was there already is written
 * in place: only what differs is touched, and a cut leaves it half old and half
 * new until it is restored again.
 *
 * Nothing is flushed one by one: lay_flush makes all of it durable.  There is no
 * journal: what a restore was to do stands in the repository, and doing it again
 * finds what is done.  Who wants to take it back restores to a new folder.
 *
 * A struct lay may be used by many threads at once.
 */
struct err;
struct lay;

/*
 * Hold the target, an absolute path.  make: what is missing of it is made, 0700;
 * else ERR_NOENT.  Where others than root and we could have put a symlink on the
 * way, there must be none (doc/why/held-folders.md).
 */
int lay_open(const char *target, int make, struct lay **out, struct err *e);
void lay_free(struct lay *l);			/* NULL is fine */
/* All file systems that were written to. */
int lay_flush(struct lay *l, struct err *e);

/* ---- folders ---- */
/* The folder at a path below the target ("" itself): a descriptor. */
int lay_folder(const struct lay *l, const char *path, int *fd, struct err *e);

/*
 * Make a folder, 0700, in an open one: 1 it is new, 0 it was there, -1.
 * LAY_REPLACE: what is no folder goes for it, and one of ours that we may not
 * write to is opened up.  Else ERR_EXISTS.  *fd is the caller's.
 */
#define LAY_REPLACE	1
int lay_make_folder(struct lay *l, int at, const char *name, int how, int *fd,
    struct err *e);

/* ---- names ---- */
/*
 * The name is free on return: 1 what was there is gone, 0 nothing was.  A folder
 * goes if it is empty, or whole is set; else ERR_EXISTS.
 */
int lay_clear(int at, const char *name, int whole, struct err *e);

/* Another name of a file: ERR_EXISTS if it is taken. */
int lay_link(int from_at, const char *from, int at, const char *name,
    struct err *e);

/* ---- files ---- */
/* A new one, 0600, open for writing: ERR_EXISTS if the name is taken. */
int lay_create(int at, const char *name, int *fd, struct err *e);

/* Its hidden name.  lay_create_part makes that (ERR_LOCKED: somebody else is at
 * it, too), lay_show gives it its name: ERR_EXISTS.  lay_drop lets it go. */
void lay_part(const char *name, char part[TOKEN_NAME]);
int lay_create_part(int at, const char *part, int *fd, struct err *e);
int lay_show(int at, const char *part, const char *name, struct err *e);
void lay_drop(int at, const char *name);

/* One that is there, for reading and writing: ERR_CHANGED if it is no regular
 * file, or has other names. */
int lay_reopen(int at, const char *name, int *fd, struct err *e);

/* Its length; reserve: and the room for it.  ERR_FULL. */
int lay_size(int fd, uint64_t size, int reserve, struct err *e);

enum lay_holes {
	LAY_WRITE,		/* as it is */
	LAY_THERE,		/* zeroes are there already, in room of their own
				   (reserve): nothing to do where all is zero */
	LAY_SKIP,		/* zeroes are there already: pass over blocks of them */
	LAY_PUNCH		/* make holes of them */
};
#define LAY_BLOCK	4096
int lay_write(int fd, uint64_t at, const void *data, size_t len,
    enum lay_holes holes, struct err *e);

/* ---- metadata ---- */
struct lay_xattr {
	const char	*name;
	const void	*value;
	size_t		 len;
};

struct lay_meta {
	uint32_t	 mode;		/* 07777 */
	uint32_t	 uid, gid;
	struct timespec	 atime, mtime;
	const struct lay_xattr *xattrs;	/* ACLs are two of them */
	size_t		 n_xattrs;
	/* Does this other one that it has go?  NULL: they all do. */
	int (*xattr_goes)(const void *arg, const char *name);
	const void	*arg;
	int		 no_times;	/* leave them: it is not whole */
};

/*
 * Owner, attributes (those it should not have go), times, permissions.  All of
 * it is tried: -1 and what could not be, in e.  What only root may do is no
 * failure for others; setuid and setgid are left out without the owner.
 */
int lay_dress(int fd, const struct lay_meta *m, struct err *e);

/* New symlinks, fifos and devices with their metadata: ERR_EXISTS if the name is
 * taken.  1: it is there, but not all of its metadata, as e says. */
int lay_symlink(int at, const char *name, const char *target,
    const struct lay_meta *m, struct err *e);
int lay_special(int at, const char *name, uint32_t type, uint64_t device,
    const struct lay_meta *m, struct err *e);

#endif
