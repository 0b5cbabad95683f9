/*
 * apply.c -- a plan goes through: prepare, commit, do, settle, load by load.
 *
 * While the hands do one load, the caller's thread settles the one before and
 * prepares and commits the one after, so that they never wait for the disk of
 * the journal.  A load whose operations build on earlier ones is begun only
 * when those are settled.
 */
#include <stdlib.h>
#include <string.h>

#include "apply/folders.h"
#include "apply/hands.h"
#include "apply/token.h"
#include "apply/trashcan.h"
#include "util/xalloc.h"

static void
fini(struct apply *a)
{
	size_t i;

	for (i = 0; i < a->n_ended; i++)
		load_free(a->ended[i]);
	free(a->ended);
	hands_free(a->hands);
	trashcan_free(a->trash);
	folders_free(a->folders);
	plan_reader_free(a->reader);
	for (i = 0; i < plan_jobs(a->plan); i++)
		free(a->held_why[i]);
	free(a->held_why);
	free(a->held);
	free(a->jobs);
	map_fini(&a->arriving);
	map_fini(&a->written);
	set64_fini(&a->given);
	set64_fini(&a->goes_on);
	set64_fini(&a->not_taken);
	free(a->arrived);
}

static void
init(struct apply *a)
{
	size_t n = plan_jobs(a->plan) + 1;

	a->folders = folders_new();
	a->trash = trashcan_new(a->folders, a->o->home_trash);
	a->reader = plan_read(a->plan);
	a->jobs = xallocn(n, sizeof(*a->jobs));
	a->held = xallocn(n, sizeof(*a->held));
	a->held_why = xallocn(n, sizeof(*a->held_why));
	a->token = token_new();
}

static int
stopped(const struct apply *a)
{
	return a->o->stop != NULL && a->o->stop(a->o->stop_arg) != 0;
}

/* The next load with its intents durable; NULL and 0 at the end of the plan,
 * NULL and 1 if what is under way must be settled first. */
static int
next_load(struct apply *a, struct load **out, struct err *e)
{
	struct load *l = NULL;
	enum prepared r = prepare(a, &l, e);

	*out = NULL;
	if (r == PREPARED_FAILED)
		return -1;
	if (r != PREPARED_LOAD)
		return r == PREPARED_WAIT;
	if (l->batch != NULL && journal_commit(a, l, e) < 0) {
		load_free(l);
		return -1;
	}
	*out = l;
	return 0;
}

static int
start(struct apply *a, struct load *l, struct err *e)
{
	if (l->batch == NULL)
		return 0;
	if (a->hands == NULL && hands_open(a, &a->hands, e) < 0)
		return -1;
	hands_start(a->hands, l);
	return 0;
}

static void
wait_for(struct apply *a, const struct load *l)
{
	if (l->batch == NULL)
		return;
	while (!hands_wait(a->hands))
		if (a->r != NULL && a->r->progress != NULL)
			a->r->progress(a->r->arg, a->ops, a->bytes);
	if (a->r != NULL && a->r->progress != NULL)
		a->r->progress(a->r->arg, a->ops, a->bytes);
}

/* A load that was intended and is not to be done. */
static void
abandon(struct apply *a, struct load *l)
{
	size_t i;

	for (i = 0; i < l->n_results; i++)
		l->results[i].outcome = OUTCOME_ROLLED_BACK;
	a->under_way--;
	journal_ended(a, l);
}

/* The end of a run that cannot go on: what was done is told and written. */
static int
end_early(struct apply *a, struct load *doing, struct load *next)
{
	if (doing != NULL) {
		wait_for(a, doing);
		settle(a, doing);
	}
	if (next != NULL)
		abandon(a, next);
	journal_commit(a, NULL, NULL);
	return -1;
}

/* Why to end before the end of the plan, once doing is done. */
static int
must_end(struct apply *a, const struct load *doing, struct err *e)
{
	if (a->hands != NULL && a->hands->broken.kind != ERR_NONE) {
		if (e != NULL)
			*e = a->hands->broken;
		return 1;
	}
	if (doing->stopped || stopped(a)) {
		err_set(e, ERR_STOPPED, "stopped");
		return 1;
	}
	return 0;
}

/* What comes after doing: prepared while it is done, or after it is settled
 * (doing is NULL then).  *next NULL: nothing. */
static int
get_next(struct apply *a, struct load **doing, struct load **next,
    struct err *e)
{
	int r = next_load(a, next, e);

	if (r != 1)
		return r;
	wait_for(a, *doing);
	r = must_end(a, *doing, e);
	settle(a, *doing);
	*doing = NULL;
	if (r)
		return -1;
	r = next_load(a, next, e);
	return r == 1 ? err_set(e, ERR_CORRUPT,
	    "the plan waits for what it never does") : r;
}

static int
go(struct apply *a, struct err *e)
{
	struct load *doing = NULL, *next = NULL;
	int settled;

	if (next_load(a, &doing, e) != 0)
		return -1;
	if (doing != NULL && stopped(a)) {
		abandon(a, doing);
		doing = NULL;
		err_set(e, ERR_STOPPED, "stopped");
		return end_early(a, NULL, NULL);
	}
	if (doing != NULL && start(a, doing, e) < 0) {
		abandon(a, doing);
		return end_early(a, NULL, NULL);
	}
	while (doing != NULL) {
		if (get_next(a, &doing, &next, e) < 0)
			return end_early(a, doing, NULL);
		if (doing != NULL) {
			wait_for(a, doing);
			if (must_end(a, doing, e)) {
				settle(a, doing);
				return end_early(a, NULL, next);
			}
		}
		settled = doing != NULL && next != NULL &&
		    next->inline_checks;
		if (settled)
			settle(a, doing);
		if (next != NULL && start(a, next, e) < 0) {
			if (doing != NULL && !settled)
				settle(a, doing);
			return end_early(a, NULL, next);
		}
		if (doing != NULL && !settled)
			settle(a, doing);
		doing = next;
		next = NULL;
	}
	return journal_commit(a, NULL, e);
}

int
apply_plan(const struct plan *p, const struct apply_options *o,
    const struct apply_report *r, struct err *e)
{
	struct apply a = { .plan = p, .o = o, .r = r };
	int ret;

	init(&a);
	ret = survey(&a, e);
	if (ret == 0)
		ret = go(&a, e);
	fini(&a);
	return ret;
}
