#ifndef FS_WRITING_H
#define FS_WRITING_H

#include "fs/dir.h"

/*
 * Is a file still being written?  Three signs, the cheap ones first: the name
 * of a partial download (.part .crdownload .download .opdownload .aria2 .td
 * .filepart .tmp, ~$*, ._*, .com.google.Chrome.*), a side file beside it
 * (X.part or X.aria2 for X), and a writer that has it open: a read lease
 * (F_SETLEASE, F_RDLCK) is refused with EAGAIN while there is one.  A lease
 * can be had only on one's own files (or as root); where it cannot, that sign
 * is taken as absent.  The lease is let go at once: this tells, it does not
 * hold.
 */
enum fs_writing {
	FS_QUIET,
	FS_PARTIAL_NAME,	/* the name says so */
	FS_SIDE_FILE,		/* a side file says so */
	FS_OPEN_WRITER,		/* somebody has it open for writing */
};

enum fs_writing fs_writing(const struct fs_dir *d, const char *name);
/* By the name alone; the case of letters does not matter. */
int fs_partial_name(const char *name);

/*
 * The side files of a folder, found in its list of names: add every name (only
 * X.part and X.aria2 are kept), then ask whether X has one.  {0} is empty.
 * Names are borrowed and must outlive it.
 */
struct fs_sides {
	struct fs_side	*v;
	size_t		 n, cap;
	int		 sorted;
};

void fs_sides_add(struct fs_sides *s, const char *name);
void fs_sides_add_list(struct fs_sides *s, const struct fs_names *l);
int fs_sides_has(struct fs_sides *s, const char *name);
void fs_sides_fini(struct fs_sides *s);
/* "still being written: ..." in words; "" for FS_QUIET. */
const char *fs_writing_text(enum fs_writing w);

#endif
