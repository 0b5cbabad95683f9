#ifndef APPLY_APPLY_IMPL_H
#define APPLY_APPLY_IMPL_H

/* One apply_plan call; what its files share, and nobody else's affair. */
#include <stdatomic.h>

#include "apply/apply.h"
#include "apply/load.h"
#include "util/err.h"
#include "util/map.h"
#include "util/set64.h"

struct folders;
struct hands;
struct trashcan;
struct plan_reader;

struct apply {
	const struct plan		*plan;
	const struct apply_options	*o;
	const struct apply_report	*r;
	struct folders			*folders;
	struct trashcan			*trash;
	struct hands			*hands;

	/* prepare */
	struct plan_reader		*reader;
	struct op			 ahead;		/* read, not yet taken */
	int				 has_ahead;
	uint32_t			*jobs;		/* catalog's number + 1 */
	uint64_t			 token;		/* the next */
	struct set64			 given;		/* bundles' names, hashed */
	struct map			 written;	/* folder and name: how long the
							   file will be by then */
	unsigned			 under_way;	/* loads not yet settled */
	enum op_state			 row;		/* how the question or command
							   went that OP_BEHIND means */
	const char			*row_why;
	uint32_t			 row_meant;	/* it was the user's will */

	/* survey */
	unsigned char			*held;		/* jobs without room: why */
	char				**held_why;
	int				 follow;	/* arriving is kept */
	struct set64			 goes_on, not_taken;	/* survey_leads */
	struct map			 arriving;	/* folder and name: index */
	struct fs_id			*arrived;	/* ino 0: not yet */
	size_t				 n_arrived, cap_arrived;

	/* journal */
	struct load			**ended;	/* results to be written */
	size_t				 n_ended, cap_ended;

	/* shared with the hands */
	_Atomic uint64_t		 ops, bytes;
};

/* ---- prepare.c ---- */
enum prepared { PREPARED_FAILED = -1, PREPARED_END, PREPARED_LOAD,
	PREPARED_WAIT };	/* settle all that is under way, then ask again */

enum prepared prepare(struct apply *a, struct load **out, struct err *e);
/* The entry of an operation, as prepare and those who intend anew write it. */
void prepare_entry(struct apply *a, const struct item *it, struct entry *en);

/* ---- survey.c ---- */
/* Go through the plan once: which jobs have no room, what follows a copy. */
int survey(struct apply *a, struct err *e);
/* Will the source of it, or did it, arrive by a copy of ours?  1: it did and
 * *id is it; 0: no; -1: it is still under way. */
int survey_source(struct apply *a, uint32_t dir, const char *name,
    struct fs_id *id);
/* Does the rule of op take up again what op puts to its target, and do nothing else
 * with it? */
int survey_leads(const struct apply *a, const struct op *op);
/* It is on its way (id NULL), or there. */
void survey_arrives(struct apply *a, uint32_t dir, const char *name,
    const struct fs_id *id);
/* It does not come, or not under that name. */
void survey_failed(struct apply *a, uint32_t dir, const char *name);
/* Room for size bytes more in dir, with what is to stay free?  ERR_FULL. */
int room_for(const struct fs_dir *dir, uint64_t size, uint64_t min_free,
    unsigned percent, struct err *e);

/* ---- journal.c ---- */
/* The intents of l (NULL: none) and the results of all ended loads. */
int journal_commit(struct apply *a, struct load *l, struct err *e);
/* The intents of a load made while doing, alone; from any thread. */
int journal_intend(struct apply *a, struct load *l, struct err *e);
/* c.3 step 10: the results' identities of l are copies that are durable. */
int journal_copied(struct apply *a, struct load *l, struct err *e);
/* l has ended; it is freed when its results are written. */
void journal_ended(struct apply *a, struct load *l);

/* ---- settle.c ---- */
void settle(struct apply *a, struct load *l);

#endif
