#ifndef APPLY_WRITE_H
#define APPLY_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "fs/id.h"

/*
 * What a write does to its file, packed: in op->extra (the planner knows only
 * how), in the journal (with where in the file it was), in undo's plan.
 *
 * A file is never written over.  Text is put behind what is there, in place; or
 * a new file is made, beside, and named when it is whole.  What had the name
 * before goes to the trash by an operation of its own.
 */
struct apply;
struct buf;
struct err;
struct item;
struct load;

enum write_how {
	WRITE_NEW = 'n',	/* a new file with the text */
	WRITE_BEFORE = 'p',	/* a new file: the text, and what the operation
				   before took away */
	WRITE_BEHIND = 'a',	/* the text behind what is there */
	WRITE_CUT = 't',	/* undo of it: the text goes again */
};

struct write_note {
	enum write_how	 how;
	uint64_t	 at;		/* BEHIND, CUT: where in the file the text
					   begins */
	int64_t		 mtime;		/* CUT: ns, what the file gets; 0: now */
	const char	*text;
	size_t		 len;
	const char	*encoding;	/* the text is still to be encoded so, when
					   it is filled in; NULL: it stands */
	int		 mark;		/* at the beginning of a file */
	struct fs_id	 about;		/* which file its rule had moved before it,
					   for recovery; fs, ino and btime; ino 0:
					   none */
};

/* Begins with 'W'. */
void write_pack(struct buf *out, const struct write_note *n);
/* 0, or -1 if it is no such note.  Texts are borrowed. */
int write_unpack(const void *data, size_t len, struct write_note *n);

/*
 * Before it is intended: where in its file the text will be, after all writes
 * before it.  Made part of it->op.extra.  -1: it cannot be done, e says why.
 */
int write_aim(struct apply *a, struct load *l, struct item *it,
    struct err *e);

/* Has the file been aimed at before? */
int write_is_known(const struct apply *a, uint32_t dir, const char *name);

/* The bytes at `at` of an open file are these: 1, 0, -1 and errno. */
int write_holds(int fd, uint64_t at, const void *text, size_t len);

#endif
