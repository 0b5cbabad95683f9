#ifndef CATALOG_WHERE_H
#define CATALOG_WHERE_H

#include <stddef.h>
#include <stdint.h>

/* What the files of `where` share. */
struct buf;

/* The sides of an event: what the file was before, and after. */
#define WHERE_FROM	1u
#define WHERE_TO	2u

/* How packed batches are looked through. */
enum packed_by { PACKED_NAME, PACKED_GLOB, PACKED_FILE };

/* Did one file become two (enum entry_kind)?  Then only the side that was asked
 * for is followed. */
int where_is_split(int64_t kind);

/* Folder and name as one path; either may be "". */
void where_join(struct buf *out, const char *dir, const void *name, size_t len);

#endif
