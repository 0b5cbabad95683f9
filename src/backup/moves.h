#ifndef BACKUP_MOVES_H
#define BACKUP_MOVES_H

#include <stddef.h>

#include "backup/meta.h"
#include "repo/id.h"

/*
 * Files that lie elsewhere than in the last snapshot, and need not be read.
 *
 * A file is the one that it was if device, inode, size, mtime and birth agree.
 * Which file had these when the last snapshot was made, and where, is kept in
 * the repository's cache folder; its content is taken from that snapshot's tree,
 * which tells size, mtime and inode again.  It is only believed while no such
 * file lies at the earlier path: else it is not moved but linked, or something
 * that is not understood, and is read.  What fettle's own catalog knows comes
 * by backup_events.moved.
 *
 * The file is <cache>/fettle/moves-<fingerprint of host and paths>, made anew by
 * each backup that found something changed:
 *
 *	folder	"F" path NUL path in the snapshot NUL
 *	file	"f" number of bytes back to its folder (LEB128), name NUL
 *	...	to be found by
 *	record	fingerprint 8, place 8; sorted; from a place that 8 divides
 *	end	struct moves_tail
 *
 * in the byte order of the machine.  It is no part of the repository, and can be
 * thrown away at any time.
 */
struct folder;
struct moves;
struct run;
struct worker;

/* NULL: nothing is looked for (no cache, --force, --no-move-detection). */
struct moves *moves_open(struct run *r);

/* 1: the content of the file, copied (to be freed).  path is where it is, if
 * that is its path in the snapshot, too; else NULL. */
int moves_find(struct worker *w, const struct look *l, const char *path,
    struct id **content, size_t *n);

/*
 * Files of a folder that are in the snapshot which is being made: if begin says
 * 1, note each, then end.  m may be NULL.
 */
int moves_begin(struct moves *m, const struct folder *f);
void moves_note(struct moves *m, const struct look *l, const char *name);
void moves_end(struct moves *m);

/* The snapshot with this tree is there (NULL: it is not).  Frees m. */
void moves_close(struct moves *m, const struct id *tree);

struct past_memo;
void past_memo_free(struct past_memo *p);	/* NULL is fine */

#endif
