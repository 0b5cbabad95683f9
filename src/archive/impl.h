#ifndef ARCHIVE_IMPL_H
#define ARCHIVE_IMPL_H

#include <stdbool.h>

#include "archive/archive.h"
#include "crypto/sha256.h"
#include "util/arena.h"
#include "util/buf.h"

/* What the files of archive/ share. */
#define ARCHIVE_OWN	".fettle"
#define ARCHIVE_FILE	"archive.manifest"
#define ARCHIVE_LINE	((size_t)4 << 20)	/* bytes of a line at most */

struct fs_dir;
struct glob;
struct tar_reader;

enum archive_by { BY_MTIME, BY_ADDED, BY_ATIME, BY_CTIME, BY_BIRTH };

struct archive {
	const char	*name, *to;
	const char	**locations;	/* NULL-ended */
	size_t		 n_locations;
	bool		 subfolders, bundle, remove_empty, loose_meta;
	enum archive_by	 by;
	int64_t		 older_than;	/* µs */
	uint64_t	 min_free;
	unsigned	 min_free_percent;
	struct glob	**exclude_files, **exclude_dirs;
	size_t		 n_files, n_dirs;
	uint64_t	 hash;
	struct arena	 mem;
};

void archive_dir_clean(struct fs_dir **d);

/* ---- the manifest: a line a file, appended ----
 *
 *	f TAB sha256 TAB size mtime time TAB path TAB source TAB bundle TAB member
 *
 * path, bundle and member are within `to`; names are escaped as in a copy's
 * manifest (\\ \t \n).  A last line without its newline was cut by a crash and
 * does not count; the next append removes it.
 */
void record_line(struct buf *out, const struct archive_entry *en);
/* Each line of the manifest file fd, in order.  The strings are valid until
 * each returns; not 0 from it ends.  ERR_CORRUPT after the last one: there are
 * lines that make no sense, which were passed over. */
int record_each(int fd, int (*each)(void *arg, const struct archive_entry *en),
    void *arg, struct err *e);

/* What a member is known by: bundle, NUL, member. */
void record_key(struct buf *key, const char *bundle, const char *member);

/* Read the member that tr stands at to its end: its SHA-256 in hex.  s is lent,
 * for the buffers it holds.  -1: what tar_read said, and hex is of no use. */
int record_member_sum(struct tar_reader *tr, struct sha256 *s,
    char hex[SHA256_HEX], struct err *e);

/* Open a file below `to` for reading: a descriptor, or -1. */
int record_open(const struct fs_dir *to, const char *path, struct err *e);

/* SHA-256 of the file path below `to`: 0 and hex, or -1. */
int record_sum(const struct fs_dir *to, const char *path, char hex[65],
    struct err *e);

#endif
