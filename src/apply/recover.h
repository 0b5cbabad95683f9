#ifndef APPLY_RECOVER_H
#define APPLY_RECOVER_H

#include "apply/apply.h"
#include "apply/folders.h"
#include "apply/load.h"
#include "catalog/entry.h"
#include "util/map.h"

/*
 * Recovery, and the audit after a cut: what the journal intended against what
 * lies on the disk.  recover.c tells the order, recover_*.c the tables.
 */
struct copier;

/* One entry, and what is found of it. */
struct rec {
	struct entry	 en;		/* borrowed from its batch's reader */
	int64_t		 time;		/* of its batch, µs */
	int64_t		 run;
	struct result	 was;		/* phase 1's word on it */
	struct result	 now;		/* what it is; NONE: waits for a disk */
	struct fs_id	 back;		/* taken back, and another file by that;
					   ino 0: not so */
	const char	*told;		/* what was done about it, or NULL */
	const struct rec *follower;	/* the entry behind it, of its batch */
	const struct rec *leader;	/* the entry before it, of its batch */
};

struct scene {
	struct catalog	*catalog;
	const char	*home_trash;
	void (*say)(void *arg, const char *line);
	void		*arg;
	struct folders	*folders;
	struct copier	*copier;
	struct touched	 touched;
	/* Later entries by the path of their source: the nearest. */
	struct map	 sources;	/* path -> struct rec * */
	/* Copies that a rule was to go on with, by their path. */
	struct map	 leads;		/* path -> const struct rec * */
	/* Of writes that were not done, the files they were about. */
	struct map	 missed;	/* by identity, run and job */
};

/* Both folders of an entry, as far as they can be held. */
struct ends {
	uint32_t	 from_n, to_n;
	const struct fs_dir *from, *to;
	struct fs_id	 at_from, at_to, at_gone, at_part;
	int		 is_from;	/* it lies under its old name */
	int		 is_to, is_gone, is_part;
};

void ends_open(struct scene *s, const struct rec *r, struct ends *e);
void ends_close(struct scene *s, struct ends *e);
void ends_touch(struct scene *s, const struct ends *e);

/* The entry of r's chain and batch that brings the file to where r takes it, or
 * NULL: r is the first. */
const struct rec *link_before(const struct rec *r);

/* With whose rights an entry is looked at, and gone on with. */
uid_t recover_as(const struct entry *en);
/* Decide one entry, and finish or take back what was begun. */
void recover_one(struct scene *s, struct rec *r);

/* ---- recover_move.c ---- */
void recover_move(struct scene *s, struct rec *r, struct ends *e);
/* Can what has the name of its .part be ours? */
int part_is_ours(const struct rec *r, const struct fs_id *part);
/* The nearest later entry, decided already, that starts from there, or NULL. */
const struct rec *taken_from(const struct scene *s, const char *dir,
    const char *name);
/* A later entry, decided already, that has file id from where r put it. */
const struct rec *taken_on(struct scene *s, const struct rec *r,
    const struct fs_id *id);
/* ---- recover_copied.c ---- */
void recover_copied(struct scene *s, struct rec *r, struct ends *e);
void recover_tree(struct scene *s, struct rec *r, struct ends *e);

/* ---- recover_back.c ---- */
/* A copy that its rule was to go on with, and did not, is taken back: 1; 0: it is
 * no such copy, or it cannot be. */
int recover_lead(struct scene *s, struct rec *r, struct ends *e);
/* Before all else: it may be one of them. */
void lead_remember(struct scene *s, const struct rec *r);
/* r was to go on with a copy that is not there: did a recovery before this one,
 * which was cut, take it back? */
int lead_is_back(struct scene *s, const struct rec *r);

/* ---- recover_write.c ---- */
void recover_write(struct scene *s, struct rec *r, struct ends *e);
/* r was decided: is it a write that was not done? */
void write_remember(struct scene *s, const struct rec *r);
/* Was one not done that the rule of r was to do later about its file? */
int write_is_missed(const struct scene *s, const struct rec *r);

/* ---- recover_gone.c ---- */
void recover_delete(struct scene *s, struct rec *r, struct ends *e);
void recover_purge(struct scene *s, struct rec *r, struct ends *e);

/* ---- recover_xattr.c ---- */
void recover_xattr(struct scene *s, struct rec *r);

/* Is the file's disk away?  Then nothing can be said.  own: it lay in dir itself,
 * so a folder by that name on another disk is not the one (it may be what a disk
 * was mounted on).  Not asked of folders: a subvolume has a number of its own. */
int disk_is_away(const char *dir, const struct fs_id *id, int own);

/* ---- audit.c ---- */
int audit(struct scene *s, struct err *e);

/* The .trashinfo of a trashed file: it is there again, or gone. */
void recover_info(struct scene *s, const struct rec *r);

/* It is so, and this was done about it (NULL: nothing had to be). */
static inline void
decide(struct rec *r, enum outcome outcome, const char *told)
{
	r->now.outcome = outcome;
	r->told = told;
}

#endif
