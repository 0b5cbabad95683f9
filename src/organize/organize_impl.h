#ifndef ORGANIZE_ORGANIZE_IMPL_H
#define ORGANIZE_ORGANIZE_IMPL_H

#include <sys/types.h>

#include "fs/dir.h"
#include "fs/writing.h"
#include "organize/organize.h"
#include "organize/sight.h"
#include "organize/twins.h"
#include "rules/rule.h"
#include "util/buf.h"
#include "util/crew.h"
#include "util/err.h"
#include "util/map.h"
#include "util/set64.h"
#include "walk/walk.h"

/*
 * One rule on its way, shared by this room's files:
 *
 *	plan.c		locations, one by one
 *	folder.c	a folder's names: which are asked about, looked at, taken
 *	order.c		in which order they have their turn
 *	fetch.c		what filters want to read of files, on all cores
 *	survey.c	all files of the rule, before the first is decided on
 *	twins.c		which of them are the same bytes
 *	take.c		a file that is taken: its actions, one by one
 *	place.c		where a destination is
 *	target.c	which name it gets there, and what gives way
 *	along.c		files that go along with it
 *	outfile.c	a file that is written to
 *	attrs.c		attributes of a file
 *	same.c		are two files the same bytes?
 *	ask.c		what filters want to know of folders
 *	why.c		why a file is not taken
 *	only.c		some files, instead of all
 */
#define CHUNK	4096		/* files looked at with one call */
#define FETCHED	256		/* the same, if they are also read */

/* What is known of a file once it was looked at. */
#define KNOWN	(NEED_FILE | NEED_ID | NEED_SIZE | NEED_ADDED | NEED_TWINS)

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
	const struct type *type;	/* if an action asks for it */
	unsigned char	 waits;		/* for something to be fetched */
	unsigned char	 gone;		/* dropped on the way */
};

/* A file that goes along with the one that is taken. */
struct along {
	char		*name;		/* where the leader is; owned */
	const char	*tail;		/* what follows the stem: ".en.srt" */
	struct fs_id	 id;
	uint32_t	 from_dir;
	unsigned char	 chained;
};
struct link;

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
	int		 alone;		/* the list is not of the whole folder */
	const struct organize_only *only; /* it is, and only these are ours */

	struct fs_look	*looks;		/* most of them */
	struct candidate *chunk;
	size_t		 n_looks, n_chunk, most;

	/* What filters read of files, if any of the rule's does. */
	struct fetched	*fetched;	/* slots of the rule for each of chunk */
	struct wish	*wishes;
	size_t		 n_wishes;
	int		 catches;	/* with what templates want */
	struct crew	*crew;
	struct probe	*probes[CREW_MAX];

	struct sight	*sight;		/* of the location; NULL: nobody asks */

	/* Twins, by the rule's filters that find them. */
	struct twins	*twins[TWINS_MAX];
	const struct twins_by *survey;	/* this one's files are collected */

	struct subject	 subject;
	char		 moved_name[NAME_BYTES + 1];	/* its name, if it moved */
	uint32_t	 behind;	/* row.behind, for what makes room first */
	struct subject_ask ask;
	struct captures	 captures;
	struct buf	 text, why, path, name, extra;
	struct buf	 real;		/* attrs.c: the subject's path now */

	struct map	 places;	/* text of a destination: index */
	struct place	*place;
	size_t		 n_places, cap_places;
	struct map	 counters;	/* folder and name: next to try */
	struct map	 written;	/* action and path: it was written to */

	struct along	*along;		/* with the subject */
	size_t		 n_along, cap_along;
	const char	*along_dir;	/* where they are by now */
	struct map	 stems;		/* of the folder: link + 1 */
	struct link	*links;
	size_t		 n_links, cap_links;
	int		 stems_known;
	struct arena	 tails;
	struct set64	 accompanied;	/* they had their turn */
	struct set64	 produced;	/* what this rule brought somewhere */
	uint64_t	 files;
};

/* ---- folder.c ---- */
int folder_take(struct run *r, const struct walk_dir *d, struct err *e);
/* May the walk enter it? */
int folder_enter(void *run, const char *path, const char *name, int depth);
/* The subject is this candidate, with all that is known of it; -1: an error of
 * the file. */
int folder_subject(struct run *r, const struct candidate *c, struct err *e);
const struct fs_id *folder_id(const struct run *r, const struct candidate *c);
/* What the filters (or in a survey, those before) say of the subject. */
int folder_ask(struct run *r, unsigned known, struct err *e);
/* Names no rule is asked about: our own staging, trash folders. */
int folder_is_ours(const char *name);

/* ---- order.c ---- */
/* The folder's names in the order in which they have their turn. */
void order_list(const struct rule *rule, const struct walk_list *l);
int order_compare(const char *a, const char *b);

/* ---- take.c ---- */

/* Where the actions have got to with a file. */
struct row {
	struct run	*r;
	struct op	 op;		/* filled in for each action */
	size_t		 action;
	uint32_t	 from_dir;	/* where the file is now; PLAN_NONE: not
					   yet a number */
	int		 chained;	/* an operation put it there */
	int		 copied;	/* it is a copy that is still to be made */
	int		 over;
	int		 stays;		/* its first action wants nothing of it */
	uint32_t	 behind;	/* flags of what is behind a question or a
					   command */
	uint64_t	 key;
};

int row_add(struct row *w, struct err *e);
/* The file stays, or cannot be dealt with: the row is over. */
int row_end(struct row *w, enum op_state state, const char *error,
    struct err *e);
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
void path_join(struct buf *out, const char *dir, const char *name);

/* ---- target.c ---- */
enum settled {
	SETTLED,		/* it goes to name */
	SETTLED_REPLACES,	/* and an operation before it makes room */
	SETTLED_SKIP,		/* it stays; why is said */
	SETTLED_SAME,		/* it stays, and its bytes are there already */
	SETTLED_HERE,		/* it stays, for it lies there already */
	SETTLED_BAD,		/* it cannot be done; e says why */
	SETTLED_BROKEN,		/* planning failed; e says why */
};

struct target {
	struct place	*place;
	char		 name[NAME_BYTES + 1];
	unsigned	 counter;	/* of name, or 0 */
	const char	*why;		/* why it stays */
};

enum settled target_settle(struct run *r, const struct intent *in,
    struct place *place, const char *to, struct target *out, struct err *e);
void target_produced(struct run *r, const struct place *p, const char *name);
uint64_t produced_key(uint64_t dir_hash, const char *name);
uint64_t produced_dir(const char *dir);
/* No later rule gets what lies, or will lie, there. */
void target_stop(struct run *r, const char *dir, const char *name);

/*
 * What has the name goes to the trash, by an operation before: SETTLED_REPLACES,
 * or SETTLED_BAD, SETTLED_BROKEN.
 */
enum settled target_clear(struct run *r, struct place *p, const char *name,
    struct err *e);
/* What is known of what has the name: an operation of this plan brings it (1),
 * or it lies there now and *id is it (0); -1. */
int target_known(struct run *r, const struct place *p, const char *name,
    struct fs_id *id, struct err *e);
uint32_t target_dir(struct run *r, struct place *p);

/* ---- only.c ---- */
/* The files of r->env->only that lie below the location. */
int only_take(struct run *r, const char *top, struct err *e);
/* How many files need be looked at with one call. */
size_t only_most(const struct run *r);
int only_has(const struct organize_only *o, const char *name);

/* ---- along.c ---- */
/* May a file of that name go along with another? */
int along_may_be(const struct rule *rule, const char *name);
/* Another folder. */
void along_forget(struct run *r);
/* Those of r->subject, in r->along; why all of them should wait, or NULL. */
const char *along_find(struct run *r);
void along_fini(struct run *r);
/* Would one of them find its name taken, beside a leader of that name? */
int along_is_taken(struct run *r, const struct place *p, const char *leader,
    struct err *e);
/* The leader goes to p as leader; they do likewise. */
int along_go(struct row *w, const struct intent *in, const struct place *p,
    const char *leader, int stays, struct err *e);
/* It goes away, and so do they. */
int along_away(struct row *w, struct err *e);

/* ---- outfile.c ---- */
int outfile_write(struct row *w, const struct intent *in, struct err *e);

/* ---- attrs.c ---- */
/* Before the first action: where its bytes, and its attributes, are now. */
void attrs_begin(struct run *r);
/* r->text is what is to be changed, as INTENT_XATTR has it. */
int attrs_change(struct row *w, struct err *e);

/* ---- same.c ---- */
/* 1 the same bytes, 0 not, -1 it could not be read. */
int same_bytes(const char *dir_a, const char *a, const char *dir_b,
    const char *b, uint64_t size, struct err *e);

/* ---- fetch.c ---- */
void fetch_init(struct run *r);		/* after rule and env are set */
void fetch_fini(struct run *r);
/* Those of the chunk that wait: read for them until the filters can decide.
 * Sets passed or gone; -1 if the plan cannot be added to. */
int fetch_chunk(struct run *r, struct err *e);
/* What the first bytes of all that are left say, if an action asks for it. */
void fetch_types(struct run *r);
/* The chunk is done with: what was read of it is of no other's. */
void fetch_forget(struct run *r);
/* Read all that any filter wants of the one subject, which is at fd; then as
 * filters_match. */
int fetch_one(struct run *r, int fd, struct err *e);

/* ---- survey.c ---- */
/* Find all twins of the rule, once its tops are known. */
int survey_rule(struct run *r, struct err *e);
void survey_add(struct run *r, const struct candidate *c);
int ask_original(void *run, unsigned slot, const struct subject *s,
    const char **path, struct err *e);
/* If the subject is a duplicate: of what, for apply (plan/twin.h). */
void survey_pack(struct run *r, struct buf *out);
void survey_fini(struct run *r);

/* ---- plan.c ---- */
/* rule, env and overlay are set. */
void rule_run_init(struct run *r);
void rule_run_fini(struct run *r);
int plan_location(struct run *r, size_t i, size_t *absent, struct err *e);

/* ---- ask.c ---- */
int ask_empty(void *run, const char *dir, const char *name, struct err *e);
int ask_size(void *run, const char *dir, const char *name, uint64_t *bytes,
    struct err *e);

#endif
