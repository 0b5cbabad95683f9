#ifndef PLAN_OVERLAY_IMPL_H
#define PLAN_OVERLAY_IMPL_H

#include "fs/dir.h"
#include "plan/overlay.h"
#include "plan/prints.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/map.h"
#include "util/set64.h"

/*
 * The overlay's inside, shared by its files.
 *
 * Folders that were asked or told of are a tree of struct ov_dir, by their real
 * paths; a symlink is a node whose alias is the node it leads to.  A folder
 * that moves takes its node along, with all that is known below, so a node is
 * like an inode: where its contents are on disk never changes.
 *
 * Whether a name is in a folder:
 *	came	by an operation: in o->prints under its key; or a struct
 *		ov_record, if the folder is watched or it is no plain file; or
 *		a node that is made or moved
 *	gone	what is on disk went away: in o->prints under key ^ OV_GONE
 *	on disk	else; asked one by one at first, and when OV_ASK were asked,
 *		the folder is read and its names are under key ^ OV_DISK
 * came wins over gone, gone over disk.
 */
#define OV_ASK		200	/* names asked singly before a folder is read */
#define OV_REOPENED	20	/* what a question counts that opens it again */
#define OV_HELD		32	/* folders held open */
#define OV_RING		16	/* last comers to folders not watched */
#define OV_PATHS	256	/* remembered paths */
#define OV_LINKS_MAX	40
#define OV_NAME_MAX	255

#define OV_GONE		UINT64_C(0x5bd1e995a7c31f26)
#define OV_DISK		UINT64_C(0xc2b2ae3d27d4eb4f)

struct ov_record;

struct ov_dir {
	struct ov_dir	*parent;	/* NULL: / itself, or it was taken away */
	struct ov_dir	*child;		/* the one that came last */
	struct ov_dir	*older, *newer;	/* its brothers */
	struct ov_dir	*alias;		/* a symlink to there */
	const char	*name;
	const char	*real;		/* its path on disk, if kept */
	struct ov_record *first, *last;	/* in the order they came */
	uint32_t	 id;
	uint32_t	 asked;		/* names asked of the disk */
	uint32_t	 gone;		/* names that went */
	int		 sys;		/* errno: it could not be looked at */
	unsigned	 on_disk : 1;	/* it has contents on disk */
	unsigned	 made : 1;	/* it will be made */
	unsigned	 moved : 1;	/* it was moved here */
	unsigned	 copied : 1;	/* it is a copy */
	unsigned	 listed : 1;	/* its names on disk are in prints */
	unsigned	 full : 1;	/* keep records of what comes */
	unsigned	 below : 1;	/* and in all sub-folders */
};

/* Something that comes, in full.  bytes: name, real name, packed id. */
struct ov_record {
	struct ov_record *next;		/* in its folder */
	struct ov_dir	*dir;
	struct ov_dir	*real_dir;	/* where its bytes are, or NULL */
	unsigned char	 type;		/* DT_* */
	unsigned char	 dead;		/* it went away again */
	unsigned char	 renamed;	/* the real name is another */
	unsigned char	 id_len;
	unsigned char	 bytes[];
};

/* What is known of a file; strings are in the arena or in o->lent. */
struct ov_file {
	struct ov_dir	*real_dir;	/* NULL: not known */
	const char	*real_name;
	struct fs_id	 id;
};

/* Items by hash, open addressing; the user compares what it finds. */
struct ov_table {
	void		**v;
	size_t		 n, cap;	/* cap is 0 or a power of two */
	uint64_t	(*hash)(const void *item);
};

struct overlay {
	struct walk_source	 source;	/* first: it is cast back */
	struct arena		 arena;		/* nodes, records, texts */
	struct map		 attrs;		/* key -> struct ov_attr * */
	struct ov_dir		*root;
	struct ov_table		 dirs, records;
	struct prints		 prints;
	struct ov_held {
		struct ov_dir	*d;
		struct fs_dir	*dir;
		uint64_t	 used;
	}			 held[OV_HELD];
	uint64_t		 clock;
	struct {
		uint64_t	 hash;
		struct ov_dir	*d;
	}			 paths[OV_PATHS];
	struct ov_ring {
		uint64_t	 key;
		struct ov_dir	*real_dir;	/* NULL: free */
		char		 real_name[OV_NAME_MAX + 1];
	}			 ring[OV_RING];
	unsigned		 at_ring;
	uint64_t		*fs;	/* file systems of ids, by small numbers */
	size_t			 n_fs, cap_fs;
	uint32_t		 last_id;
	uint32_t		 copies;	/* folders */
	struct set64		 unsure;	/* hashed paths */
	int			 links;	/* symlinks being followed */
	char			 lent[OV_NAME_MAX + 1];
};

/* overlay_table.c */

void *ov_table_at(const struct ov_table *t, uint64_t hash, size_t *i);
void *ov_table_next(const struct ov_table *t, size_t *i);
void ov_table_add(struct ov_table *t, void *item);
void ov_table_remove(struct ov_table *t, void *item);
void ov_table_fini(struct ov_table *t);

/* overlay_dir.c: the tree of folders */

void ov_start(struct overlay *o);
uint64_t ov_key(const struct ov_dir *d, const char *name);
int ov_gone(const struct overlay *o, const struct ov_dir *d, const char *name);
/* A file comes there, in either way. */
int ov_came(const struct overlay *o, const struct ov_dir *d, const char *name);
/* The node of an absolute path, made if need be. */
struct ov_dir *ov_find(struct overlay *o, const char *path);
/* The node of a sub-folder: NULL if there is none yet; made if need be. */
struct ov_dir *ov_child(const struct overlay *o, const struct ov_dir *d,
    const char *name);
struct ov_dir *ov_child_make(struct overlay *o, struct ov_dir *d,
    const char *name);
/* A new node, nowhere yet. */
struct ov_dir *ov_dir_new(struct overlay *o);
int ov_exists(const struct ov_dir *d);
/* Is, or lies in, something that moved: paths on disk are others. */
int ov_displaced(const struct ov_dir *d);
/* It will be there, and its parents. */
void ov_make(struct ov_dir *d);
/* Watched is what lies below a watched folder, however it came there. */
void ov_inherit_watch(struct ov_dir *d);
/* Take a node out of its place; put it into one (whoever is there leaves). */
void ov_detach(struct overlay *o, struct ov_dir *d);
void ov_attach(struct overlay *o, struct ov_dir *d, struct ov_dir *parent,
    const char *name);

/* overlay_disk.c: what is on disk */

/* The path of d's contents on disk; kept in the arena. */
const char *ov_real(struct overlay *o, struct ov_dir *d);
/* d's contents, held; borrowed until the next call. */
int ov_hold(struct overlay *o, struct ov_dir *d, struct fs_dir **out,
    struct err *e);
/* Find out what a new node is on disk. */
void ov_probe(struct overlay *o, struct ov_dir *d);
/* Is name in d on disk?  1, 0, -1. */
int ov_on_disk(struct overlay *o, struct ov_dir *d, const char *name,
    struct err *e);

/* overlay_record.c: what comes, in full */

struct ov_record *ov_record_find(const struct overlay *o,
    const struct ov_dir *d, const char *name);
void ov_record_add(struct overlay *o, struct ov_dir *d, const char *name,
    int type, const struct ov_file *f);
void ov_record_drop(struct overlay *o, struct ov_record *r);
const char *ov_record_name(const struct ov_record *r);
void ov_record_read(const struct overlay *o, const struct ov_record *r,
    struct ov_file *f);
uint64_t ov_record_hash(const void *item);

/* overlay_list.c: as a source of walks */

int ov_list(struct walk_source *s, const struct fs_dir *dir, const char *path,
    struct walk_list *out, struct err *e);
void ov_release(struct walk_source *s, struct walk_list *l);

#endif
