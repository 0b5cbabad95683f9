#ifndef WATCH_OURS_H
#define WATCH_OURS_H

#include <stddef.h>
#include <stdint.h>

/*
 * What fettle itself is about to bring where: so that its own moves trigger
 * nothing.  Pure.
 *
 * The journal tells of every operation before it is tried, batch by batch, and
 * of the batch's end after it; the kernel tells of what happened in folders in
 * between.  So an arrival is ours if it is at a path that a batch named, and,
 * if that moves a file, if it is that very file.  A batch is forgotten when it
 * has ended and all that the kernel had to tell by then was heard.
 */
struct fs_id;
struct ours;

struct ours *ours_new(void);
void ours_free(struct ours *o);		/* NULL is fine */

/* Entry no. i of a batch brings something to path: the file id, or (NULL) one
 * that is yet to be made. */
void ours_expect(struct ours *o, int64_t batch, size_t i, const char *path,
    const struct fs_id *id);
/*
 * The batch has ended; done says of its entries (number, path) whether each was
 * done.  What
 * was taken for ours at the path of one that was not is told to again: it is
 * somebody else's.
 */
void ours_ended(struct ours *o, int64_t batch,
    int (*done)(void *arg, size_t i, const char *path),
    void (*again)(void *arg, const char *path), void *arg);
/* All that had happened when this is called was heard. */
void ours_drained(struct ours *o);
/* Nobody is at work any more. */
void ours_clear(struct ours *o);

/* Is the file that came to path ours? */
int ours_has(struct ours *o, const char *path, const struct fs_id *now);
/* Is anything that came to path, such as a folder? */
int ours_has_path(const struct ours *o, const char *path);
size_t ours_len(const struct ours *o);

#endif
