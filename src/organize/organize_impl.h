#ifndef ORGANIZE_ORGANIZE_IMPL_H
#define ORGANIZE_ORGANIZE_IMPL_H

#include <sys/types.h>

#include "fs/dir.h"
#include "fs/writing.h"
#include "organize/organize.h"
#include "rules/rule.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/map.h"
#include "util/set64.h"
#include "walk/walk.h"

/*
 * One rule on its way, shared by this room's files:
 *
 *	plan.c		locations, one by one
 *	folder.c	a folder's names: which are asked about, looked at, taken
 *	take.c		a file that is taken: its actions, one by one
 *	place.c		where a destination is
 *	target.c	which name it gets there, and what gives way
 *	same.c		are two files the same bytes?
 *	ask.c		what filters want to know of folders
 *	why.c		why a file is not taken
 */
#define CHUNK	4096		/* files looked at with one call */

/* No failure yet; clearing all of its text for each file would cost. */
static inline void
err_start(struct err *e)
{
	e->kind = ERR_NONE;
	e->sys = 0;
	e->text[0] = '\0';
}

/* A destination folder, found once. */
struct place {
	char		*dir;		/* without symlinks; owned */
	uint32_t	 plan_dir;	/* PLAN_NONE until something goes there */
	int		 walked;	/* this rule may walk through it */
	char		*bad;		/* why nothing can go there, or NULL */
};

/* A file or folder in its folder's list that may be taken. */
struct candidate {
	const struct walk_entry *entry;
	uint32_t	 look;		/* in looks; unless the entry has a note */
	unsigned char	 passed;	/* the filters have said yes */
	unsigned char	 gone;		/* dropped on the way */
};

struct run {
	struct rule	*rule;
	const struct organize_env *env;
	struct overlay	*overlay;
	struct plan	*plan;
	uint32_t	 job;
	const struct location *location;
	uid_t		 who;		/* with whose rights it is looked at */
	char		**tops;		/* of all locations, without symlinks */
	size_t		 n_tops;
	char		**leave_out;	/* the same, of what is left out */
	size_t		 n_leave_out;

	/* The folder that is out. */
	const struct walk_dir *dir;
	uint32_t	 plan_dir;
	uint64_t	 dir_hash;
	struct fs_sides	 sides;
	int		 alone;		/* the location is this one file */

	struct fs_look	*looks;		/* CHUNK of them */
	struct candidate *chunk;
	size_t		 n_looks, n_chunk;

	struct subject	 subject;
	char		 moved_name[NAME_BYTES + 1];	/* its name, if it moved */
	struct subject_ask ask;
	struct captures	 captures;
	struct buf	 text, why, path, name, extra;

	struct map	 places;	/* text of a destination: index */
	struct place	*place;
	size_t		 n_places, cap_places;
	struct map	 counters;	/* folder and name: next to try */
	struct set64	 produced;	/* what this rule brought somewhere */
	uint64_t	 files;
};

/* ---- folder.c ---- */
int folder_take(struct run *r, const struct walk_dir *d, struct err *e);
/* May the walk enter it? */
int folder_enter(void *run, const char *path, const char *name, int depth);
/* Names no rule is asked about: our own staging, trash folders. */
int folder_is_ours(const char *name);

/* ---- take.c ---- */
/*
 * The rule takes r->subject.  waits says why it has to wait (or is NULL);
 * chained: an earlier rule's operation put it there.
 */
int take(struct run *r, const char *waits, int chained, struct err *e);
/* The rule runs once, without a file. */
int take_nothing(struct run *r, struct err *e);
/* Add one operation on what lies at dir/name, failed or skipped for why. */
int tell(struct run *r, enum op_state state, const char *dir,
    const char *name, const char *error, struct err *e);

/* ---- place.c ---- */
/*
 * Where text, a destination as expanded, is for a file called name: the
 * folder, and in *to the name it would have there (borrowed from text or
 * name).  -1: an error of this file.
 */
int place_find(struct run *r, const struct intent *in, struct buf *text,
    const char *name, struct place **out, const char **to, struct err *e);
void places_fini(struct run *r);
/* Is path this folder, or below it? */
int path_is_below(const char *path, const char *folder);
void path_join(struct buf *out, const char *dir, const char *name);

/* ---- target.c ---- */
enum settled {
	SETTLED,		/* it goes to name */
	SETTLED_REPLACES,	/* and an operation before it makes room */
	SETTLED_SKIP,		/* it stays; why is said */
	SETTLED_SAME,		/* it stays, and its bytes are there already */
	SETTLED_BAD,		/* it cannot be done; e says why */
	SETTLED_BROKEN,		/* planning failed; e says why */
};

struct target {
	struct place	*place;
	char		 name[NAME_BYTES + 1];
	unsigned	 counter;	/* of name, or 0 */
	const char	*why;		/* SETTLED_SKIP, SETTLED_SAME */
};

enum settled target_settle(struct run *r, const struct intent *in,
    struct place *place, const char *to, struct target *out, struct err *e);
void target_produced(struct run *r, const struct place *p, const char *name);
uint64_t produced_key(uint64_t dir_hash, const char *name);
uint64_t produced_dir(const char *dir);

/* ---- same.c ---- */
/* 1 the same bytes, 0 not, -1 it could not be read. */
int same_bytes(const char *dir_a, const char *a, const char *dir_b,
    const char *b, uint64_t size, struct err *e);

/* ---- ask.c ---- */
int ask_empty(void *run, const char *dir, const char *name, struct err *e);
int ask_size(void *run, const char *dir, const char *name, uint64_t *bytes,
    struct err *e);

#endif
