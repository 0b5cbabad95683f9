#ifndef BACKUP_LINKS_H
#define BACKUP_LINKS_H

#include <stddef.h>

#include "backup/meta.h"
#include "repo/id.h"

/*
 * Files with several names, so that they are read once.  Who comes first reads;
 * who comes while it reads waits; who comes later is told the content.  At
 * most LINKS_MAX are remembered, until all their names were seen: a file beyond
 * is read again, which costs time and nothing else.
 *
 * Used by many threads.
 */
struct links;

#define LINKS_MAX	((size_t)100000)

struct links *links_new(void);
void links_free(struct links *l);	/* NULL is fine */

/*
 * 1: this is the content of the file that l tells of, copied (*content is to be
 * freed).  0: it is to be read, and links_put or links_drop called then.  -1: to
 * be read, nothing else.
 */
int links_get(struct links *l, const struct look *look, struct id **content,
    size_t *n);
void links_put(struct links *l, const struct look *look,
    const struct id *content, size_t n);
void links_drop(struct links *l, const struct look *look);

#endif
