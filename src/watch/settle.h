#ifndef WATCH_SETTLE_H
#define WATCH_SETTLE_H

#include <stddef.h>
#include <stdint.h>

#include "fs/writing.h"

/*
 * Files that have arrived and wait until they have settled.  Pure: it is told
 * what happens, what a look at a file found and what time it is (µs, of a clock
 * that only goes forward), and says which file is to be looked at, and when.
 *
 * A file has settled when it is no partial download by its name, no side file
 * lies beside it, nobody has it open for writing, its size and mtime have been
 * the same for `settle`, and it arrived `after` ago or longer.
 *
 *	settle_touch()	something happened to a file
 *	settle_due()	one whose time has come; look at it
 *	settle_look()	what the look found: ready, or waits on
 *	settle_take()	one that is ready; it is away until settle_back
 *
 * What happens to a file while it is away is remembered and counts when it is
 * back.  A struct settle_file is borrowed until the next call that may end it.
 */
struct settle;

#define SETTLE_MOST	((size_t)1 << 20)	/* files that wait */

enum settle_state {
	SETTLE_STEADY,		/* until it has been steady long enough */
	SETTLE_AFTER,		/* until it has been there long enough */
	SETTLE_WRITING,		/* writing says why */
	SETTLE_READY,
	SETTLE_AWAY,		/* whoever took it has it */
	SETTLE_PUT_OFF,		/* it was given back; why says why */
};

struct settle_file {
	const char	*path;
	int64_t		 arrived;
	int64_t		 at;		/* when it is looked at next; INT64_MAX */
	enum settle_state state;
	enum fs_writing	 writing;
	int		 found;		/* it was there before we watched */
	const char	*why;		/* of SETTLE_PUT_OFF */
};

struct settle *settle_new(void);
void settle_free(struct settle *s);	/* NULL is fine */

struct settle_wish {
	int64_t		 settle, after;	/* µs */
};

/*
 * A file came, changed or was closed; since: from when it is known to be as it
 * is (now, or earlier for one that was there before).  -1: too many wait, and
 * this one is not remembered.
 */
int settle_touch(struct settle *s, const char *path, int64_t now,
    int64_t since, int found, const struct settle_wish *w);
/* It left; so did all below the folder of that path. */
void settle_gone(struct settle *s, const char *path);
void settle_gone_below(struct settle *s, const char *folder);
/* Something it waits for may have ended: look at it now. */
void settle_poke(struct settle *s, const char *path, int64_t now);

/* When to call settle_due; INT64_MAX: not before something happens. */
int64_t settle_next(const struct settle *s);
/* NULL: no more now.  Each is to be given to settle_look. */
struct settle_file *settle_due(struct settle *s, int64_t now);

struct settle_facts {
	int		 there;		/* and a regular file */
	uint64_t	 size;
	int64_t		 mtime;
	enum fs_writing	 writing;
};
void settle_look(struct settle *s, struct settle_file *f,
    const struct settle_facts *x, int64_t now);

/* One that is ready, found or not (-1: either), or NULL.  It is away. */
struct settle_file *settle_take(struct settle *s, int found);
size_t settle_ready(const struct settle *s, int found);
/*
 * It is back.  why NULL: it was dealt with, and is forgotten unless something
 * happened to it meanwhile.  Else it waits until at (why is copied).
 */
void settle_back(struct settle *s, const char *path, const char *why,
    int64_t now, int64_t at);
/* All that are away are back, and are looked at anew. */
void settle_all_back(struct settle *s, int64_t now);

size_t settle_len(const struct settle *s);
/* Each that waits, in no order; non-zero ends it. */
void settle_each(const struct settle *s,
    int (*each)(void *arg, const struct settle_file *f), void *arg);
/* Why it waits: "still being written: ..." */
const char *settle_why(const struct settle_file *f);

#endif
