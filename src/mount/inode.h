#ifndef MOUNT_INODE_H
#define MOUNT_INODE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "repo/node.h"

/*
 * What the kernel knows of: made when it asks for a name, gone when it has
 * forgotten it as often as it asked.  What an inode shows never changes; where a
 * name shows something else later, that is another inode.
 */
struct inodes;

enum inode_kind {
	INODE_FRONT,		/* above the snapshots (front.h) */
	INODE_TREE,		/* a folder of a snapshot */
	INODE_NODE		/* what is no folder */
};

struct inode {
	enum inode_kind	 kind;
	uint64_t	 number;	/* as st_ino */
	char		*path;		/* FRONT: where in it */
	struct id	 tree;		/* TREE */
	void		*text;		/* TREE and NODE: the node (shelf.h), but
					   not of the root of a snapshot */
	size_t		 len;
	struct stat	 st;

	uint64_t	 lookups;
	struct inode	*next;
};

/* A new one that nobody knows of; its number comes from where it is and what it
 * shows (text and len, or tree, or path: whatever it has). */
struct inode *inode_new(enum inode_kind kind, uint64_t parent,
    const char *name, const struct id *tree, const void *text, size_t len);
void inode_free(struct inode *i);		/* NULL is fine */
/* The same number, without making one. */
uint64_t inode_number(uint64_t parent, const char *name, const struct id *tree,
    const void *text, size_t len);

struct inodes *inodes_new(void);
void inodes_free(struct inodes *t);		/* with all in it */
/* The one with this number, if there is one, and fresh is freed; else fresh.  One
 * lookup more. */
struct inode *inodes_add(struct inodes *t, struct inode *fresh);
void inodes_forget(struct inodes *t, struct inode *i, uint64_t lookups);
size_t inodes_count(struct inodes *t);

#endif
