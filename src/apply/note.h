#ifndef APPLY_NOTE_H
#define APPLY_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "fs/id.h"

/*
 * What the journal keeps in an entry's extra, for recovery and for undo:
 *
 *	'I'	the source lies in a trash: its .trashinfo goes with it
 *	'B'	the same, and it takes back an entry of this run: undo passes it
 *		over, for that entry counts as never done
 *	'C'	what is deleted is a copy of ours, and of what: the undo of a
 *		copy can then itself be undone
 *	'L'	the same of a hard link
 *	'S'	the same of a symlink, and what it points to
 *	'M'	the path of a bundle's member
 *	'N'	what is deleted is a bundle, if that many members came out of it
 *	'W'	what a write did, or what is deleted had written (write.h)
 *	'X'	attributes, what they were and what they get (attrs.h)
 *
 * Undo puts them into op->extra; apply hands them on.  The extra of other
 * operations is their planner's (plan/conflict.h) and not journalled.
 */
struct buf;
struct op;

#define NOTE_TRASHED	'I'
#define NOTE_BACK	'B'
#define NOTE_COPY	'C'
#define NOTE_LINK	'L'
#define NOTE_SYMLINK	'S'
#define NOTE_MEMBER	'M'
#define NOTE_BUNDLE	'N'

struct note {
	char		 kind;		/* 0: none */
	const char	*dir, *name;	/* of a copy or link: the original; of a
					   member: its path is the name */
	struct fs_id	 id;		/* of a bundle: size members */
};

void note_pack(struct buf *out, const struct note *n);
/* Strings are borrowed.  Anything unknown is no note. */
struct note note_read(const void *data, size_t len);

/* What of op's extra goes to the journal. */
void note_of(const struct op *op, const void **extra, size_t *len);

#endif
