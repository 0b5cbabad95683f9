#ifndef APPLY_STAGE_H
#define APPLY_STAGE_H

/*
 * Copies on their way: a file that goes to another file system, or a second
 * file made from a first.  stage.c tells the protocol.
 *
 * A copy is begun with stage_start and is finished, many at once, by
 * stage_flush: at the end of a load, when STAGE_FILES or STAGE_BYTES are on
 * their way, or when somebody needs what they bring or leave.
 */
struct fs_dir;
struct hands;
struct item;
struct stage;

#define STAGE_FILES	1000
#define STAGE_BYTES	((uint64_t)256 << 20)

struct stage *stage_new(struct hands *h);
void stage_free(struct stage *st);

/* It is copied (OP_PLANNED until the flush), or has ended. */
void stage_start(struct hands *h, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d);
/* All that is on its way is finished. */
void stage_flush(struct hands *h);
int stage_pending(const struct hands *h);

#endif
