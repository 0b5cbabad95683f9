#ifndef APPLY_HANDS_H
#define APPLY_HANDS_H

#include "apply/apply_impl.h"
#include "util/buf.h"

/*
 * The thread that touches the files.  It is given a load at a time and does
 * its operations in order; signals go to other threads.
 */
struct copier;
struct stage;

/* A folder held from one operation to the next. */
enum grip_as { GRIP_HOLD, GRIP_MAKE, GRIP_READ };

struct grip {
	uint32_t		 n;
	enum grip_as		 as;
	const struct fs_dir	*dir;	/* NULL: none */
};

struct hands {
	struct apply	*a;
	struct load	*load;		/* the one in hand */
	struct grip	 source, target;
	struct copier	*copier;
	struct stage	*stage;		/* copies that are under way */
	struct map	 unbundled;	/* bundle -> members that came out of it */
	struct err	 broken;	/* the journal failed: nothing more is done */
	uid_t		 who;		/* as whom the thread works now */
	struct buf	 printed;	/* by the command that ran last */
	int		 status;
	struct thread	*thread;
};

int hands_open(struct apply *a, struct hands **out, struct err *e);
void hands_free(struct hands *h);	/* NULL is fine; it must be idle */

void hands_start(struct hands *h, struct load *l);
/* Wait up to 100 ms for the load: 1 it is done, 0 not yet. */
int hands_wait(struct hands *h);

/* ---- for the operations, on the hands' thread ---- */

/* An operation: its state says how it went, or OP_PLANNED that it is under way
 * (a copy) or was stopped. */
void hands_do(struct hands *h, struct item *it);

/* The folders of it, held until the next call; NULL: it has failed. */
const struct fs_dir *hands_source(struct hands *h, struct item *it);
const struct fs_dir *hands_target(struct hands *h, struct item *it);
/* For a moment with our own rights, if it is a restore, to read its source; and
 * back. */
void hands_reads(struct hands *h, const struct item *it);
void hands_writes(struct hands *h, const struct item *it);
/* Let go of all folders, so that none of them is in the way. */
void hands_let_go(struct hands *h);

/*
 * The name it was to get is taken, or is not to be tried again: take another,
 * as its extra says, and intend it anew.  0: it->to is the new name.  -1: it
 * has ended.  d is where the name is to be.
 */
int hands_next_name(struct hands *h, struct item *it, const struct fs_dir *d);
/* The same with a name that is known. */
int hands_rename(struct hands *h, struct item *it, const char *name);
/* An operation that became needed: intended, done, flushed if it is a copy. */
void hands_also(struct hands *h, struct item *it);

/* Flush a file that was changed in place, or have it flushed when the load
 * ends. */
int hands_flush(struct hands *h, int fd);

/* Should we end soon? */
int hands_stopped(struct hands *h);

/* ---- op_*.c ---- */
void op_move(struct hands *h, struct item *it);	/* and rename, archive */
void op_trash(struct hands *h, struct item *it);
void op_untrash(struct hands *h, struct item *it);
void op_copy(struct hands *h, struct item *it);
void op_link(struct hands *h, struct item *it);
void op_symlink(struct hands *h, struct item *it);
void op_delete(struct hands *h, struct item *it);
void op_purge(struct hands *h, struct item *it);
void op_rmdir(struct hands *h, struct item *it);
void op_mkdir(struct hands *h, struct item *it);
void op_write(struct hands *h, struct item *it);
void op_shell(struct hands *h, struct item *it);
void op_xattr(struct hands *h, struct item *it);

/* op_move's own steps, for those that move too. */
enum moved { MOVED, MOVED_NOT,	/* it has ended */
	MOVED_FAR,		/* a copy is needed */
	MOVED_TAKEN };		/* the name is taken: choose and try again */
enum moved move_here(struct hands *h, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d);
/*
 * c.2 step 5: what came to lie at the target must be what was meant; else it
 * goes back.  1 it is, 0 it ended otherwise.
 */
int move_check(struct load *l, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d);

/* It has moved: told, checked now or left to settle. */
void move_done(struct hands *h, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d);

/* Nothing held may hang on to the paths of a folder that went elsewhere. */
void move_forget(struct hands *h, const struct item *it);

/* ---- op_trash.c, for others ---- */
/* Write the .trashinfo of it->to: 0, 1 the name is taken, -1 it has failed. */
int trash_info_write(struct hands *h, struct item *it,
    const struct fs_dir *source);
/* Its file is not in the trash, or no longer: the .trashinfo of name goes. */
void trash_info_drop(struct apply *a, struct item *it, const char *name);

#endif
