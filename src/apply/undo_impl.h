#ifndef APPLY_UNDO_IMPL_H
#define APPLY_UNDO_IMPL_H

#include "apply/undo.h"
#include "plan/intern.h"
#include "util/err.h"

/* One apply_plan_undo, shared by undo*.c. */
struct write_note;

struct kept {			/* one batch, as bytes */
	void		*bytes, *results;
	size_t		 len, n, results_len;
	int64_t		 time;
	int		 phase;
};

/* Files of the run that got a new identity on their way, by path. */
struct returned {
	struct map	 at;		/* dir/name -> place in v */
	struct fs_id	*v;
	size_t		 n, cap;
	int		 known;
};

struct undoing {
	struct plan	*out;
	struct kept	*batches;
	size_t		 n, cap;
	struct choice	 choice;
	struct mirror	 mirror;
	struct set64	 turned;	/* attributes an inverse puts back, hashed */
	struct returned	 returned;
	struct intern	 made;		/* folders the run made */
	uint64_t	*hashes;	/* of the run's jobs */
	size_t		 n_hashes;
	uint32_t	*jobs;		/* numbers in out + 1 */
	uint32_t	 why;
	struct opened	*opened;	/* bundles of the batch in hand */
	size_t		 n_opened, cap_opened;
	struct err	*e;
};

struct inverse {
	enum op_kind	 kind;
	const char	*from_dir, *from, *to_dir, *to;	/* NULL: none */
	const struct fs_id *id;
	uint32_t	 flags;
	uint64_t	 done_key;
	const char	*refused;
	const char	*text;
	const void	*extra;
	size_t		 extra_len;
};

/* Add it to the plan; refused: skipped, with that reason. */
int undo_add(struct undoing *u, const struct entry *en,
    const struct inverse *v);
/* Why what the run put at dir/name cannot be taken from there; NULL: it can.
 * *flags gets OP_CHAINED if an inverse before brings it. */
const char *undo_not_there(struct undoing *u, const char *dir,
    const char *name, const struct fs_id *want, uint32_t *flags);
const char *undo_not_free(struct undoing *u, const char *dir,
    const char *name);

/* ---- undo_again.c ---- */
/* What was known as `was` at dir/name, and came back there as another file with
 * its bytes: 1 and *now; 0: it did not; -1. */
int undo_returned(struct undoing *u, const char *dir, const char *name,
    const struct fs_id *was, struct fs_id *now);
void returned_fini(struct returned *r);

/* ---- undo_made.c ---- */
void undo_note_made(struct undoing *u, const struct entry *en);
/* A folder goes if it will be empty; not a word if not. */
int undo_remove_folder(struct undoing *u, const struct entry *en,
    const char *path);
/* Those that the run made at path and below it; NULL: all. */
int undo_remove_made(struct undoing *u, const char *path);
/* 1: a folder of that name was made by the run, and goes. */
int undo_remove_made_at(struct undoing *u, const char *dir,
    const char *name);

/* ---- undo_write.c ---- */
int undo_write(struct undoing *u, const struct entry *en,
    const struct fs_id *id);
/* What an undo deleted was a file that had been written. */
int undo_unwritten(struct undoing *u, const struct entry *en,
    const struct write_note *n);

/* ---- undo_xattr.c ---- */
int undo_xattr(struct undoing *u, const struct entry *en,
    const struct fs_id *id);

#endif
