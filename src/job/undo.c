/* undo.c -- taking a run back: its inverse plan is a part like any other. */
#include <inttypes.h>
#include <string.h>

#include "apply/apply.h"
#include "catalog/catalog.h"
#include "job/parts.h"
#include "util/err.h"
#include "util/xalloc.h"

struct search {
	int64_t		 newest;	/* to be taken back, any trigger */
	int64_t		 by_hand;	/* the newest such started by hand */
};

static int
by_itself(const char *trigger)
{
	return strcmp(trigger, "schedule") == 0 || strcmp(trigger, "watch") == 0;
}

static int
look(void *arg, const struct run *r)
{
	struct search *s = arg;

	if (r->undoes != 0 || r->undone_by != 0 || r->changes == 0 ||
	    strcmp(r->trigger, "trash") == 0 ||
	    strcmp(r->trigger, "undo") == 0)	/* of some files of a run */
		return 0;
	if (s->newest == 0)
		s->newest = r->number;
	if (by_itself(r->trigger))
		return 0;
	s->by_hand = r->number;
	return 1;
}

int
job_undo_which(struct hall *h, int64_t *run, int64_t *later, struct err *e)
{
	struct search s = {0};

	if (catalog_runs(h->catalog, 0, 0, look, &s, e) < 0)
		return -1;
	if (s.newest == 0)
		return err_set(e, ERR_NOENT, "there is no run to take back");
	*run = s.by_hand ? s.by_hand : s.newest;
	*later = s.by_hand && s.newest != s.by_hand ? s.newest : 0;
	return 0;
}

static int
known(void *arg, const struct run *r)
{
	*(int *)arg = r->number > 0;
	return 1;
}

int
job_plan_undo(struct hall *h, int64_t run, const char *const *paths, size_t n,
    struct parts **out, struct err *e)
{
	struct parts *p;
	struct plan *plan;
	int found = 0;

	if (catalog_runs(h->catalog, run, 1, known, &found, e) < 0)
		return -1;
	if (!found)
		return err_set(e, ERR_NOENT, "there is no run %" PRId64, run);
	p = xalloc(sizeof(*p));
	plan = plan_new(h->cache);
	parts_add(p, NULL, "undo", "undo", plan);
	plan_add_job(plan, "undo", "undo", 0);
	if (apply_plan_undo(h->catalog, run, paths, n, plan, e) < 0) {
		parts_free(p);
		return -1;
	}
	*out = p;
	return 0;
}
