#ifndef BACKUP_META_H
#define BACKUP_META_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "repo/node.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/map.h"

/*
 * An entry of a folder: as the disk tells it (struct look), and as a node.
 */
struct err;

struct look_time {
	int64_t		 sec;
	uint32_t	 nsec;
};

struct look {
	uint32_t	 mode, nlink, uid, gid;
	uint64_t	 ino, dev, rdev, size, blocks;
	struct look_time mtime, atime, ctime, btime;
	int		 xattrs;	/* it has some, or that is not known */
};

/* Never through a symlink; "" is fd itself.  -1 with errno. */
int look_at(int fd, const char *name, struct look *out);

/* The same file with the same bytes, as far as stat tells. */
int look_same(const struct look *a, const struct look *b);

/* Names of users and groups, asked for once; used by all threads. */
struct owners {
	pthread_mutex_t	 lock;
	struct map	 names;		/* to struct owner, a pointer */
	struct arena	 arena;
};

void owners_init(struct owners *o);
void owners_fini(struct owners *o);
/* "" if it has none; valid until owners_fini. */
const char *owner_user(struct owners *o, uint32_t uid);
const char *owner_group(struct owners *o, uint32_t gid);

/*
 * Where to ask for what only a path gives (xattrs of what is not open): name in
 * the folder fd, which is our working folder if here is set.
 */
struct meta_at {
	int		 fd, here;
	const char	*name;		/* "": the folder itself */
};

/* Are there xattrs?  1, 0, or -1 with errno. */
int meta_has_xattrs(const struct meta_at *at);

/* What a node points to while it is written; reused from node to node. */
struct meta_room {
	struct arena	 arena;
	struct buf	 list, value;
};

void meta_room_reset(struct meta_room *m);
void meta_room_fini(struct meta_room *m);

/*
 * All but content and subtree.  What cannot be read of xattrs is left out:
 * -1 and e then, and the node is good all the same, unless it is a symlink
 * whose target could not be read: target is NULL.
 */
int meta_node(struct owners *o, struct meta_room *room, const struct look *l,
    const struct meta_at *at, const char *name, int with_atime,
    struct node *out, struct err *e);

/* Does this node of the parent tell of just this?  Its xattrs and content are
 * not looked at, nor is its name. */
int meta_equal(struct owners *o, const struct look *l, const struct node *n,
    int with_atime);

#endif
