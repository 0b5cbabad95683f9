#ifndef FS_ID_H
#define FS_ID_H

#include <stdint.h>

/*
 * Which file this is, and what it was when it was looked at.
 *
 * Identity is (fs, ino, btime): it survives renames and tells apart a file
 * from another that later got the same inode number.  Content is taken as
 * unchanged while size and mtime are; ctime too, unless we renamed the file.
 * All times are nanoseconds since 1970 (what does not fit, before 1677 or after
 * 2262, is the nearest that does); btime is 0 where the file system has none.
 * fs is fs_dir's.
 */
struct fs_id {
	uint64_t	 fs;
	uint64_t	 ino;
	int64_t		 btime, mtime, ctime, atime;
	uint64_t	 size;
	uint32_t	 mode;		/* type and permissions, as st_mode */
	uint32_t	 uid, gid, nlink;
};

/* The same file: fs, ino and btime agree. */
int fs_id_same(const struct fs_id *a, const struct fs_id *b);
/* The same file with the same bytes as far as size and mtime tell. */
int fs_id_unchanged(const struct fs_id *a, const struct fs_id *b);

#endif
