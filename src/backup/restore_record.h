#ifndef BACKUP_RESTORE_RECORD_H
#define BACKUP_RESTORE_RECORD_H

#include "apply/lay.h"

/*
 * What is to be known of an entry when its turn comes: its name and metadata.
 * About 30 bytes and the name.
 */
struct arena;
struct buf;
struct node;
struct pick;

struct record {
	const char	*name;
	struct lay_meta	 meta;
};

/* With those attributes that are wanted. */
void record_pack(struct buf *out, const struct pick *p, const struct node *n,
    uint32_t uid, uint32_t gid);
/* Strings are borrowed from data, the rest lies in a, which is emptied first;
 * a may be NULL if the attributes are of no interest.  p is the one it was packed
 * with, and lives as long: of what a file has besides, what fits it goes. */
void record_read(const void *data, size_t len, struct arena *a,
    const struct pick *p, struct record *out);

#endif
