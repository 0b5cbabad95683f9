#ifndef COPIES_MANIFEST_H
#define COPIES_MANIFEST_H

#include <stdint.h>

#include "copies/copies.h"

/*
 * What a copy holds, as text that can be read without us:
 *
 *	fettle copy 1
 *	time <µs since 1970>
 *	root <path within the copy, "" for the top><TAB><absolute source>
 *	...
 *	<kind><TAB><sha256 or -><TAB>size mtime mode uid gid fs ino ctime
 *		<TAB><path><TAB><target>
 *	...
 *	end <files> <bytes> <flags> <sha256 of all before this line>
 *
 * kind is f, d, l, p or h (a hard link to target, an earlier path of the same
 * copy, with its sum); times are nanoseconds, mode is octal.  In paths,
 * backslash, tab and newline are \\ \t \n; other bytes stand as they are.
 * Parents come before what lies in them.
 *
 * The last line makes it whole: a manifest without it, or whose sum is wrong,
 * is damaged (ERR_CORRUPT).  Manifests are read and written line by line, so a
 * copy of millions of files takes no more memory than a small one.
 */
#define MANIFEST_LINE	((size_t)4 << 20)	/* bytes of a line at most */
#define MANIFEST_ROOTS	10000

/* flags of the last line */
#define MANIFEST_PARTIAL 0x01u	/* some files could not be read */
#define MANIFEST_SHRUNK	0x02u	/* a source was missing, or half of its files */

struct err;
struct fs_dir;

struct manifest_entry {
	struct copy_entry en;
	uint32_t	 uid, gid;
	uint64_t	 fs, ino;
	int64_t		 ctime;
};

struct manifest_head {
	int64_t		 time;		/* µs */
	/* From the last line: known after manifest_glance, or when
	 * manifest_next has returned 0. */
	uint64_t	 files, bytes;
	unsigned	 flags;
};

/* ---- reading ---- */
struct manifest;

/* The manifest of this copy below place; only its head is read. */
int manifest_open(const struct fs_dir *place, const char *copy,
    struct manifest **out, struct err *e);
/* The same from an open file, which becomes the manifest's; what is for
 * messages. */
int manifest_of_fd(int fd, const char *what, struct manifest **out,
    struct err *e);
void manifest_close(struct manifest *m);	/* NULL is fine */
const struct manifest_head *manifest_head(const struct manifest *m);

/*
 * 1 and the next entry, whose strings are valid until the next call; 0 at the
 * end, where the sum was right; -1.
 */
int manifest_next(struct manifest *m, struct manifest_entry *en,
    struct err *e);
/* Read it to the end: 0 if it is whole.  It stands at its first entry then. */
int manifest_verify(struct manifest *m, struct err *e);
/* To the first entry once more; the sum is not looked at any more. */
void manifest_rewind(struct manifest *m);

/* Where the entry that was handed out last begins; and read that one again (or
 * go on behind it).  After a jump the sum is not looked at any more. */
uint64_t manifest_at(const struct manifest *m);
int manifest_jump(struct manifest *m, uint64_t at, struct manifest_entry *en,
    struct err *e);

/* Only its head and its last line. */
int manifest_glance(const struct fs_dir *place, const char *copy,
    struct manifest_head *head, struct err *e);

/* ---- writing ---- */
struct manifest_writer;

/* own is the place's COPIES_OWN folder; the manifest has its name when it is
 * ended. */
int manifest_create(const struct fs_dir *own, const char *name, int64_t time,
    struct manifest_writer **out, struct err *e);
int manifest_root(struct manifest_writer *w, const char *at,
    const char *source, struct err *e);
int manifest_add(struct manifest_writer *w, const struct manifest_entry *en,
    struct err *e);
/* Whole and durable on 0.  Frees w, whatever comes. */
int manifest_end(struct manifest_writer *w, uint64_t files, uint64_t bytes,
    unsigned flags, struct err *e);
void manifest_discard(struct manifest_writer *w);	/* NULL is fine */

#endif
