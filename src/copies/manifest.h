#ifndef COPIES_MANIFEST_H
#define COPIES_MANIFEST_H

#include <stdint.h>

#include "copies/copies.h"
#include "fs/id.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/map.h"

/*
 * What a copy holds, as text that can be read without us:
 *
 *	fettle copy 1
 *	time <µs since 1970> <the same as UTC>
 *	root <path within the copy, "" for the top><TAB><absolute source>
 *	...
 *	<kind><TAB><sha256 or -><TAB>size mtime mode uid gid fs ino ctime
 *		<TAB><path><TAB><target>
 *	...
 *	end <files> <bytes> <partial 0|1> <sha256 of all before this line>
 *
 * kind is f, d, l, p or h (a hard link to target, an earlier path of the same
 * copy); times are nanoseconds, mode is octal.  In paths, backslash, tab and
 * newline are \\ \t \n; other bytes stand as they are.
 *
 * The last line makes it whole: a manifest without it, or whose sum is wrong,
 * is damaged (ERR_CORRUPT).  At most MANIFEST_MAX bytes are read.
 */
#define MANIFEST_MAX	((size_t)4 << 30)

struct manifest_root {
	const char	*at;		/* within the copy */
	const char	*source;
};

struct manifest_entry {
	struct copy_entry en;		/* strings in the manifest's arena */
	uint32_t	 uid, gid;
	uint64_t	 fs, ino;
	int64_t		 ctime;
};

struct manifest {
	int64_t			 time;		/* µs */
	struct manifest_root	*roots;
	size_t			 n_roots, cap_roots;
	struct manifest_entry	*v;
	size_t			 n, cap;
	uint64_t		 files, bytes;
	int			 partial;
	struct arena		 mem;
};

/* Read the manifest of copy name below place's .fettle folder. */
struct fs_dir;
int manifest_load(const struct fs_dir *place, const char *name,
    struct manifest *m, struct err *e);
/* Only its head and its last line: time, files, bytes, partial. */
int manifest_glance(const struct fs_dir *place, const char *name,
    struct manifest *m, struct err *e);
void manifest_fini(struct manifest *m);

/* Writing: lines are added to text, then it is ended. */
void manifest_start(struct buf *text, int64_t time);
void manifest_root(struct buf *text, const char *at, const char *source);
void manifest_add(struct buf *text, const struct manifest_entry *en);
void manifest_end(struct buf *text, uint64_t files, uint64_t bytes,
    int partial);

#endif
