#ifndef COPIES_IMPL_H
#define COPIES_IMPL_H

#include <stdbool.h>

#include "copies/copies.h"
#include "copies/manifest.h"
#include "keep/keep.h"
#include "util/arena.h"

/* What the files of copies/ share. */
#define COPIES_OWN	".fettle"		/* our folder in a place */
#define COPIES_LATEST	"latest"
#define COPIES_MANIFEST	".manifest"			/* behind a copy's name */
#define MANIFEST_HEAD	"fettle copy 1\n"

struct glob_list;

struct copies {
	const char	*name;
	const char	**paths;		/* absolute, NULL-ended */
	size_t		 n_paths;
	const char	**at;			/* where each lies in a copy */
	const char	*label, *path;		/* of copies: */
	const char	*pattern;		/* of names; UTC strftime */
	struct glob_list *exclude;
	const char	**if_present;		/* NULL-ended */
	bool		 caches, one_fs;
	uint64_t	 larger_than;		/* 0: no limit */
	uint64_t	 min_free;
	unsigned	 min_free_percent;
	struct keep	 keep;
	bool		 has_keep;
	uint64_t	 hash;
	char		*base, *place;		/* as last resolved, or NULL */
	struct arena	 mem;
};

void copies_dir_clean(struct fs_dir **d);

/* base is "<mount>/path" of a label, or path; NULL where the label is not
 * mounted.  place is base/<job>. */
void copies_resolve(struct copies *c);

/* Hold the place, as destination_open (apply/destination.h) says. */
int copies_open_place(const struct copies *c, struct catalog *cat, int make,
    struct fs_dir **out, struct buf *why, struct err *e);

/* Our own leftovers go: manifests whose copy is gone, halves of manifests. */
void copies_tidy(const struct fs_dir *place, int64_t now);

/*
 * The names of complete copies, oldest first; freed with copies_names_free.
 * Folders without a whole manifest are no copies, and are in lost.
 */
struct copy_names {
	struct copy_name {
		char		*name;
		struct copy_info info;
		unsigned	 flags;		/* MANIFEST_* */
	}		*v;
	size_t		 n, cap;
	struct lost_copy {
		char		*name;
		char		*why;	/* its manifest is there, and damaged; or
					   NULL: there is none */
	}		*lost;
	size_t		 n_lost, cap_lost;
};
int copies_names(const struct fs_dir *place, struct copy_names *out,
    struct err *e);
void copies_names_free(struct copy_names *n);

/* Hold the place as it is; ERR_NOENT says that its disk is not there. */
int copies_hold(const struct copies *c, struct fs_dir **place, struct err *e);
/* The copy of that name (NULL, "latest": the newest not younger than as_of). */
int copies_pick(const struct copies *c, const struct fs_dir *place,
    const char *name, int64_t as_of, char **out, struct err *e);

/* A held folder, and the one below it that was asked for last. */
struct hand {
	struct fs_dir	*top, *sub;	/* owned */
	char		*path;		/* of sub */
};
/* The folder in which path lies, held until the next call, or NULL and told;
 * *name is path's last component. */
const struct fs_dir *hand_folder(struct hand *h, const char *path,
    const char **name, struct err *e);
void hand_let_go(struct hand *h);
void hand_fini(struct hand *h);

/* What the walk of a source says of each thing that goes into a copy. */
struct source_item {
	const struct fs_dir *dir;	/* the folder it lies in, held */
	const char	*name;		/* its name there; "" for a root itself */
	const char	*path;		/* within the copy */
	const char	*abs;		/* absolute, for messages */
	struct fs_id	 id;
};

struct source_report {
	/* -1 with ERR_FULL, ERR_ABSENT or ERR_STOPPED ends the walk with that
	 * very error, which names the file; any other failure is told, and the
	 * walk goes on (not into that folder). */
	int (*item)(void *arg, const struct source_item *it, struct err *e);
	void (*failed)(void *arg, const char *abs, const char *why);
	/* All below the source at `at` was told; top is its folder. */
	void (*root_done)(void *arg, const struct fs_dir *top, const char *at);
	int (*stop)(void *arg);
	void		*arg;
};

/* Walk all source paths of c: parents before children; folders, files, links,
 * fifos.  missing counts source paths that are not there. */
int source_walk(const struct copies *c, const char *const *leave_out,
    const struct source_report *r, size_t *missing, struct err *e);

#endif
