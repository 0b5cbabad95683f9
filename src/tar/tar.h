#ifndef TAR_TAR_H
#define TAR_TAR_H

#include <stddef.h>
#include <stdint.h>

/*
 * Tar files, compressed with zstd or plain: the bundles of archives:, readable
 * by GNU tar, bsdtar and star.
 *
 * The format is pax: names of any length and bytes, times to the nanosecond,
 * extended attributes (SCHILY.xattr), ACLs (SCHILY.acl), holes (GNU.sparse
 * 1.0).  GNU tar reads it without a word, except that a name which is not
 * UTF-8 comes with a record (hdrcharset=BINARY) that it says it ignores, and
 * that it leaves percent-coded what is not printable ASCII in an attribute's
 * name.
 *
 * Paths are relative and clean: no leading slash, no empty, `.` or `..`
 * component.  A writer refuses others, and a reader takes them for corruption,
 * so whoever extracts cannot be led out of a folder by a path.  (A symlink's
 * target may be anything; hold the folder and open below it, fs/dir.h.)
 *
 * Neither side touches the process's locale, or any file but its descriptor.
 * A writer or reader is used by one thread at a time; calls block on the
 * descriptor.
 */
struct err;
struct tar_writer;
struct tar_reader;

#define TAR_PATH_MAX	65536		/* bytes of a path or link target */
#define TAR_XATTRS_MAX	(512u << 10)	/* bytes of a member's attributes,
					   names and values */
#define TAR_EXTENTS_MAX	65536		/* pieces of a file with holes */

enum tar_type {
	TAR_FILE, TAR_FOLDER, TAR_SYMLINK, TAR_HARDLINK, TAR_FIFO,
	TAR_OTHER,		/* a device or worse: only from a reader */
};

struct tar_xattr {
	const char	*name;		/* "user.comment", as the kernel has it */
	const void	*value;
	size_t		 len;
};

/* A stretch of data in a file with holes. */
struct tar_extent {
	uint64_t	 offset, len;
};

struct tar_entry {
	enum tar_type	 type;
	const char	*path;		/* a folder's has no slash at its end */
	const char	*link;		/* where a symlink points; of which
					   earlier member this is a hard link */
	uint32_t	 mode;		/* permissions: 07777 */
	uint32_t	 uid, gid;
	const char	*user, *group;	/* or NULL */
	int64_t		 mtime, atime;	/* nanoseconds since 1970; of the
					   second before 1970 no fraction */
	int		 has_atime;
	uint64_t	 size;		/* of a TAR_FILE, holes included */
	/* ACLs are the attributes system.posix_acl_access and _default. */
	const struct tar_xattr *xattrs;
	size_t		 nxattrs;
	int		 sparse;	/* data says where the data lies */
	const struct tar_extent *data;	/* ascending, apart, within size */
	size_t		 ndata;		/* 0: it is one hole */
};

/*
 * Where in a file the data lies, asked of the file system (SEEK_DATA; one that
 * cannot tell has no holes).  fd keeps its offset.  A file in more than
 * TAR_EXTENTS_MAX pieces is given as data from the last of them on.  0, or -1;
 * on 0 give tar_map_fini what was filled in.
 */
struct tar_map {
	int		 sparse;
	struct tar_extent *data;
	size_t		 ndata;
};
int tar_map(int fd, uint64_t size, struct tar_map *out, struct err *e);
void tar_map_fini(struct tar_map *m);

/*
 * Writing:
 *
 *	tar_create(fd, 3, &w, e)
 *	for each member:
 *		tar_add(w, &entry, e)
 *		tar_write(w, data, len, e) ...	the data, without its holes
 *		tar_end(w, e)
 *	tar_close(w, e)
 *	tar_writer_free(w)
 *
 * fd stays the caller's; it is written from where it stands, and neither
 * flushed to disk nor closed.  level: 0 is plain tar, 1 to 19 zstd's.
 * tar_create_zip makes a zip file of the same members (deflate): it holds names,
 * permissions, times to the second and symlinks, and passes over the rest.
 *
 * After a failure to write (ERR_FULL, ERR_IO) the archive is lost: every
 * further call fails.  An entry that cannot be (ERR_USAGE: its path, too many
 * attributes or extents) is refused alone, and the next may follow.
 */
int tar_create(int fd, int level, struct tar_writer **result, struct err *e);
int tar_create_zip(int fd, struct tar_writer **result, struct err *e);
int tar_add(struct tar_writer *w, const struct tar_entry *t,
    struct err *e);
int tar_write(struct tar_writer *w, const void *data, size_t len,
    struct err *e);
/*
 * End the member.  If less was written than the entry announced (the file
 * shrank meanwhile), zeros fill the rest, so that what follows can be read,
 * and the answer is -1, ERR_CHANGED: this member is not to be believed.
 */
int tar_end(struct tar_writer *w, struct err *e);
/* Write the archive's end.  Only then it is whole. */
int tar_close(struct tar_writer *w, struct err *e);
/* Bytes given to fd so far. */
uint64_t tar_written(const struct tar_writer *w);
void tar_writer_free(struct tar_writer *w);	/* NULL is fine */

/*
 * Reading:
 *
 *	tar_open(fd, NULL, &r, e)
 *	while ((n = tar_next(r, &entry, e)) == 1)
 *		while ((n = tar_read(r, &data, &len, e)) == 1)
 *			use(data, len);
 *	tar_reader_free(r)
 *
 * fd is read from where it stands to its end and stays the caller's; it may
 * be a pipe.  Whether it is compressed is seen from its first bytes.
 *
 * What comes in is not trusted.  Whatever does not make sense, is cut off
 * within a member, or passes a limit is ERR_CORRUPT; r then gives nothing
 * more.  (An archive cut off exactly between two members of a plain tar looks
 * whole: compare with what should be there.)  The C library below keeps a
 * member's own header, up to 1 MiB, and its map of holes in memory; read
 * foreign archives where memory is limited.
 */
struct tar_limits {
	uint64_t	 entries;	/* members; 0: TAR_ENTRIES_MAX */
	uint64_t	 size;		/* of a member, holes included;
					   0: TAR_SIZE_MAX */
};
#define TAR_ENTRIES_MAX	(UINT64_C(1) << 24)
#define TAR_SIZE_MAX	(UINT64_C(1) << 44)

int tar_open(int fd, const struct tar_limits *limits, struct tar_reader **out,
    struct err *e);
/*
 * 1 and the next member, 0 at the end, -1.  What is left of the last one is
 * passed over.  The entry and all it points to are r's, until tar_next is
 * called again.
 */
int tar_next(struct tar_reader *r, const struct tar_entry **out,
    struct err *e);
/* The next bytes of the member, holes as zeros: 1, 0 at its end, -1. */
int tar_read(struct tar_reader *r, const void **data, size_t *len,
    struct err *e);
/*
 * The same without the holes: the next stretch of data and where in the file
 * it belongs, ascending.  Use either for a member, not both.
 */
int tar_read_data(struct tar_reader *r, const void **data, size_t *len,
    uint64_t *offset, struct err *e);
void tar_reader_free(struct tar_reader *r);	/* NULL is fine */

#endif
