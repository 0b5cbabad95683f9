#ifndef FS_DIR_H
#define FS_DIR_H

#include <stddef.h>
#include <stdint.h>

#include "fs/id.h"

/*
 * A folder we hold: opened once, never looked up by string again.
 *
 * fs_dir_open takes an absolute path as written by the user (a location, a
 * destination).  It walks from / one component at a time; every component must
 * belong to root or to us and must not be writable by others, except a sticky
 * one whose next component is root's or ours (/tmp); symlinks on the way are
 * followed only if root or we own them, at most FS_LINKS_MAX.  The folder
 * itself may be group-writable; one on the way only if nobody but us is in
 * that group (umask 002).  "We" are fs_who (fs/who.h).  ERR_DENIED names the
 * component.  Why: rsync 3.5.0's rule, doc/why/held-folders.md.
 *
 * fs_dir_below opens what lies inside with openat2 (RESOLVE_BENEATH,
 * RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS), so a symlink swapped in for a
 * folder is an error (ERR_CHANGED), never a way out.  rel may be longer than
 * PATH_MAX; it is walked in pieces.  EAGAIN is tried again eight times.  A rel
 * that is absolute or has a ".." is ERR_USAGE; "" is root once more.  Kernels
 * without openat2 get the same by single components.
 *
 * Nothing here changes anything on disk.  A struct fs_dir may be read by
 * several threads at once.
 */
struct err;

#define FS_LINKS_MAX	40

struct fs_dir {
	int		 fd;		/* O_RDONLY|O_DIRECTORY|O_CLOEXEC */
	char		*path;		/* absolute, for messages and the journal: as
					   it was written, without "//", "." and a
					   slash at the end */
	char		*real;		/* the same without symlinks and "..": two
					   spellings of a folder have one real */
	uint64_t	 fs;		/* the file system: uuid or f_fsid, hashed
					   by a fixed key, so it can be written down */
	uint64_t	 mnt;		/* mount id, this boot only */
	uint64_t	 dev;		/* st_dev */
};

int fs_dir_open(const char *abs, struct fs_dir **out, struct err *e);
int fs_dir_below(const struct fs_dir *root, const char *rel,
    struct fs_dir **out, struct err *e);
void fs_dir_free(struct fs_dir *d);		/* NULL is fine */

/* As fs_dir_below, for who opens many folders and wants a descriptor, nothing
 * else: it is the caller's. */
int fs_dir_fd(const struct fs_dir *root, const char *rel, int *fd,
    struct err *e);

/*
 * The deepest folder of abs that exists, opened as fs_dir_open does, and what
 * remains of abs below it ("" if all of it exists; borrowed from abs).  A
 * symlink that leads nowhere is ERR_NOENT, something that is no folder
 * ERR_NOENT with sys ENOTDIR, a ".." in what remains ERR_USAGE.
 */
int fs_dir_open_existing(const char *abs, struct fs_dir **out,
    const char **rest, struct err *e);

/*
 * Does the kernel make up what lies there (/proc, /sys, cgroups and their like;
 * by the magic numbers of linux/magic.h)?  Nobody's files are among them, and to
 * make, move or remove one is to give an order.  Not so /dev, which is a tmpfs to
 * whoever asks.
 */
int fs_dir_of_kernel(const struct fs_dir *d);

/*
 * As fs_dir_open, but whoever may change the way there, and also if it can be
 * gone through only (fs_stat works then, fs_list does not): to read names and
 * nothing else.  Nothing may be done to files through it.
 */
int fs_dir_look(const char *abs, struct fs_dir **out, struct err *e);
int fs_dir_look_existing(const char *abs, struct fs_dir **out,
    const char **rest, struct err *e);

/*
 * To read what lies in a folder, and change nothing: as fs_dir_open, but root
 * may be led there by whoever owns it.  He could lead root to another folder of
 * his own, and to nothing else.
 */
int fs_dir_read(const char *abs, struct fs_dir **out, struct err *e);

/*
 * An absolute path without symlinks, to be freed: what of it exists is
 * resolved, the rest is put behind.  Plans name folders so (apply follows no
 * symlink that was put on the way since).
 */
char *fs_real_path(const char *path);

/*
 * Look at one name in d, never following a symlink: 0, or -1 (ERR_NOENT if it
 * is not there).  A file on another file system than d (a bind mount) keeps
 * its own fs.  name must have no '/' and not be "" or "..".
 */
int fs_stat(const struct fs_dir *d, const char *name, struct fs_id *out,
    struct err *e);
/* The same for an open descriptor below d. */
int fs_stat_fd(const struct fs_dir *d, int fd, struct fs_id *out,
    struct err *e);

/*
 * Look at n names at once, spread over the machine's cores (at most 4 threads,
 * none for less than 256 names).  For each: error is 0 or errno (id is zeroes
 * then); writing, if asked for, says what fs_writing (fs/writing.h) would say,
 * but for side files: those cost two lookups a file and are found in the list
 * of names for nothing (struct fs_sides).  Open writers are looked for only
 * where the name is that of a regular file.  On a network file system it may
 * tell what was remembered; fs_stat asks.
 */
struct fs_look {
	const char	*name;		/* in */
	struct fs_id	 id;		/* out */
	int		 error;		/* out */
	unsigned char	 writing;	/* out */
};
void fs_look_many(const struct fs_dir *d, struct fs_look *looks, size_t n,
    int ask_writing);

/*
 * All names of a folder (without . and ..), read with getdents64 in large
 * pieces.  Up to FS_SORT_MAX names are in byte order; more are in the order of
 * their inodes, which looks at and renames them faster and writes least to the
 * disk (list.c).  Either way the order is the same each time while the folder
 * does not change.  A name costs 16 bytes and itself.  More than FS_NAMES_MAX:
 * ERR_FULL.
 */
#define FS_SORT_MAX	4096
#define FS_NAMES_MAX	((size_t)1 << 26)

struct fs_name {
	const char	*name;		/* in the list's own memory */
	unsigned char	 type;		/* DT_REG, DT_DIR ...; never DT_UNKNOWN */
};

struct fs_names {
	struct fs_name	*v;
	size_t		 n;
	void		*own;		/* fs_names_free's affair */
};

int fs_list(const struct fs_dir *d, struct fs_names *out, struct err *e);
void fs_names_free(struct fs_names *l);

#endif
