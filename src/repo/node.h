#ifndef REPO_NODE_H
#define REPO_NODE_H

#include <stddef.h>
#include <stdint.h>

#include "repo/id.h"

/*
 * A node: one name of a folder, as restic writes it into a tree
 * (restic-format 1.9).  Encoding is byte for byte restic's, so that equal
 * folders are equal blobs whoever made them.
 */
struct arena;
struct buf;
struct err;

enum node_type {
	NODE_FILE, NODE_DIR, NODE_SYMLINK, NODE_DEV, NODE_CHARDEV, NODE_FIFO,
	NODE_SOCKET, NODE_OTHER		/* irregular, or of a later version */
};

/* An instant with restic's zone: seconds of UTC, and its offset then. */
struct node_time {
	int64_t		 sec;
	int32_t		 nsec;
	int32_t		 zone;		/* seconds; 0 is written as Z */
};

struct node_xattr {
	const char	*name;		/* UTF-8, NUL-ended */
	const void	*value;		/* not NULL, which is JSON's null */
	size_t		 len;
};

/*
 * Strings are bytes: name and target hold anything but NUL.  On reading all
 * lies in the arena given; content points into it as well.  A string that has
 * a NUL in a tree is given as "", which no name, target or attribute can be.
 * content is NULL where the tree says null, which for a file is a fault.
 */
struct node {
	const char	*name;
	enum node_type	 type;
	uint32_t	 mode;		/* Go's os.FileMode */
	struct node_time mtime, atime, ctime;
	uint32_t	 uid, gid;
	const char	*user, *group;	/* "" unknown */
	uint64_t	 inode, device_id, size, links, device;
	const char	*target;	/* of a symlink, or NULL */
	const struct node_xattr *xattrs;
	size_t		 n_xattrs;
	const struct id	*content;
	size_t		 n_content;
	struct id	 subtree;
	int		 has_subtree;
	const char	*generic;	/* generic_attributes as JSON, or NULL */
	size_t		 generic_len;
	const char	*other;		/* NODE_OTHER: its type as read, or NULL */
};

/* st_mode to Go's os.FileMode and back (S_IF* and permissions). */
uint32_t node_mode_of(uint32_t st_mode);
uint32_t node_st_mode(const struct node *n);

/* Go's strconv.Quote without its quotes, and back: ERR_CORRUPT. */
void node_quote(struct buf *out, const char *name, size_t len);
int node_unquote(struct buf *out, const char *text, size_t len,
    struct err *e);

/* RFC3339Nano as Go writes it; ERR_CORRUPT for what is no time. */
void node_time_text(struct buf *out, const struct node_time *t);
int node_time_parse(const char *s, struct node_time *out, struct err *e);
/* With the zone of this process at that instant, as restic. */
void node_time_local(int64_t sec, int32_t nsec, struct node_time *out);

/* encoding/json's string, quotes included. */
void node_string(struct buf *out, const char *s, size_t len);

/* One node as restic writes it. */
void node_write(struct buf *out, const struct node *n);

/* May it be made in a folder: not empty, no '/', not "." or ".."? */
int node_name_ok(const char *name);

#endif
