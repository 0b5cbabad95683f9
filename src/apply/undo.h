#ifndef APPLY_UNDO_H
#define APPLY_UNDO_H

#include <stddef.h>
#include <stdint.h>

#include "catalog/entry.h"
#include "plan/plan.h"
#include "util/map.h"
#include "util/set64.h"

/* Planning an undo; undo.c tells how. */
struct catalog;
struct fs_dir;

/* What the folders will look like when the inverses so far are done: names as
 * fingerprints, for a run may have a million. */
struct mirror {
	struct set64	 vacated;	/* paths that are free then */
	struct set64	 occupied;	/* paths where something lies then */
	struct set64	 occupied_as;	/* paths with what lies there */
	struct set64	 anew;		/* paths where something is made again: its
					   identity is not known yet */
	struct map	 filled;	/* folder -> how much comes into it */
	struct shifted {		/* folders that go back as a whole */
		char	*to, *from;	/* will be, is now */
		int	 copied;	/* to another file system and back */
	}		*shifted;
	size_t		 n_shifted, cap_shifted;
	struct fs_dir	*dir;		/* the folder asked last */
	char		*dir_path;
	char		*missing;	/* a folder known not to be there */
};

void mirror_fini(struct mirror *m);

enum mirrored {
	MIRROR_FAILED = -1, MIRROR_NOTHING, MIRROR_AS_IS, /* on disk now */
	MIRROR_MOVED,	/* an inverse before puts it there */
};

/* What will lie at dir/name.  *id is what lies there now, for MIRROR_AS_IS. */
enum mirrored mirror_look(struct mirror *m, const char *dir, const char *name,
    const struct fs_id *want, struct fs_id *id, struct err *e);
/* dir/name is free from now on; something else comes there. */
void mirror_vacate(struct mirror *m, const char *dir, const char *name);
void mirror_occupy(struct mirror *m, const char *dir, const char *name,
    const struct fs_id *id);
/* What comes to dir/name, or lies there then, is made again by this undo. */
void mirror_anew(struct mirror *m, const char *dir, const char *name);
int mirror_is_anew(const struct mirror *m, const char *dir, const char *name);
/* A folder goes from from_dir/from back to to_dir/to with all in it; copied: the
 * run had made other files of these. */
void mirror_shift(struct mirror *m, const char *from_dir, const char *from,
    const char *to_dir, const char *to, int copied);
/* Is what will lie in dir another file than it was, by that? */
int mirror_is_copied(const struct mirror *m, const char *dir);
/* Will the folder be there and be empty?  *id is it as it is now. */
int mirror_empty(struct mirror *m, const char *path, struct fs_id *id);

/* Which entries are to be taken back: those of the paths asked for, and those
 * that the same file came and went by. */
struct choice {
	const char	*const *paths;	/* none: all */
	size_t		 n;
	struct set64	 linked;
};

void choice_forward(struct choice *c, const struct entry *en);
/* 1 if it is to be taken back; asked from the last entry to the first. */
int choice_back(struct choice *c, const struct entry *en);

#endif
