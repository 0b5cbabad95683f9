/*
 * recover_gone.c -- what was to go for good.
 *
 * DELETE	under its old name: nothing happened; under its hidden name: it goes
 *		on; nowhere: done
 * PURGE	what has its hidden name, and is it, is ours to remove
 */
#include "apply/gone.h"
#include "apply/recover.h"
#include "apply/token.h"
#include "util/err.h"

void
recover_delete(struct scene *s, struct rec *r, struct ends *e)
{
	struct err why;

	if (e->is_gone) {
		ends_touch(s, e);
		switch (gone_finish(e->from, r->en.from, r->en.token,
		    &r->en.id, 1, &why)) {
		case GONE_DONE:
			decide(r, OUTCOME_DONE, "was finished");
			return;
		case GONE_LEFT:
			decide(r, OUTCOME_ATTENTION, "both names are kept");
			return;
		default:
			decide(r, OUTCOME_ROLLED_BACK, "was taken back");
			return;
		}
	}
	if (e->is_from)
		decide(r, OUTCOME_ROLLED_BACK, NULL);
	else if (disk_is_away(r->en.from_dir, &r->en.id, 1))
		decide(r, OUTCOME_NONE, "waits for its disk");
	else
		decide(r, OUTCOME_DONE, NULL);
}

void
recover_purge(struct scene *s, struct rec *r, struct ends *e)
{
	char gone[TOKEN_NAME];

	token_gone(r->en.token, gone);
	if (e->is_gone && r->en.id.ino != 0 &&
	    !fs_id_same(&e->at_gone, &r->en.id))
		decide(r, OUTCOME_ATTENTION, "something else has its hidden "
		    "name, and is kept");
	else if (e->is_gone) {
		ends_touch(s, e);
		decide(r, OUTCOME_DONE, "was finished");
		if (tree_away(e->from, gone, NULL) < 0)
			decide(r, OUTCOME_NONE, "could not be finished yet");
	} else if (e->is_from)
		decide(r, OUTCOME_ROLLED_BACK, NULL);
	else
		decide(r, OUTCOME_DONE, NULL);
}
