#ifndef APPLY_META_H
#define APPLY_META_H

#include <stddef.h>

#include "fs/id.h"

/*
 * What a file is beside its bytes: owner, mode, xattrs (POSIX ACLs are two of
 * them), times.  All through descriptors, never by name.
 */
struct buf;
struct err;

/* What could not be kept. */
#define META_OWNER	0x01u
#define META_MODE	0x02u
#define META_ACL	0x04u
#define META_XATTR	0x08u
#define META_TIMES	0x10u
/* Losing one of these makes OP_KEEP_META refuse. */
#define META_PRECIOUS	(META_OWNER | META_ACL | META_XATTR)

/*
 * Give `to` what `from` has, as id tells it; times come last.  *lost gets
 * META_* bits, and if words is not NULL it gets what they mean ("owner, user
 * attribute user.x").  setuid and setgid are kept only with the owner.  -1
 * only if from cannot be read; what to cannot hold is only told.
 *
 * from may be -1: then xattrs are not touched.
 */
int meta_copy(int from, int to, const struct fs_id *id, unsigned *lost,
    struct buf *words, struct err *e);

/* One attribute, if it is of those that belong to a file; *lost as above. */
void meta_set(int fd, const char *name, const void *value, size_t len,
    unsigned *lost);
/* The access list that a new file inherited from its folder goes. */
void meta_drop_acl(int fd);

#endif
