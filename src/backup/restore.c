/* restore.c -- a snapshot back onto a file system; see restore.h. */
#include <stdlib.h>
#include <string.h>

#include "apply/lay.h"
#include "backup/restore.h"
#include "backup/restore_impl.h"
#include "backup/restore_open.h"
#include "backup/restore_pick.h"
#include "backup/restore_plan.h"
#include "backup/restore_team.h"
#include "repo/repo.h"
#include "util/crew.h"
#include "util/xalloc.h"

#define PART_NEAR	((size_t)2 << 20)	/* of a pack, read at once */
#define PART_FAR	((size_t)4 << 20)
#define PART_FLOW	((size_t)256 << 20)	/* a pack, however long */
#define GAP_NEAR	((uint32_t)64 << 10)
#define GAP_FAR		((uint32_t)1 << 20)
#define WORKERS_MAX	8	/* beyond, they wait for the disk */
#define WORKERS_MIN	2	/* one computes while one waits for the disk */
#define FAR_WORKERS	8	/* a blob is in memory in each */

/* The folder's path as a prefix: "" or "/a/b". */
static char *
prefix_of(const char *top)
{
	size_t len;

	if (top == NULL)
		top = "";
	top += strspn(top, "/");
	len = strlen(top);
	while (len > 0 && top[len - 1] == '/')
		len--;
	return len == 0 ? xstrdup("") : xasprintf("/%.*s", (int)len, top);
}

static int
open_target(struct restore *r, struct err *e)
{
	struct err why = {0};

	if (lay_open(r->o->target, !r->o->dry_run, &r->lay, &why) == 0)
		return 0;
	r->lay = NULL;
	if (r->o->dry_run && why.kind == ERR_NOENT)
		return 0;
	*e = why;
	return -1;
}

static void
start(struct restore *r)
{
	struct store_caps caps;
	unsigned i, least;

	store_caps(r->repo->store, &caps);
	r->part_max = caps.near ? PART_NEAR : caps.flows ? PART_FLOW :
	    PART_FAR;
	r->flows = caps.flows;
	r->gap = caps.near ? GAP_NEAR : GAP_FAR;
	r->n_workers = crew_fit(WORKERS_MAX);
	least = caps.near ? WORKERS_MIN : caps.connections < FAR_WORKERS ?
	    caps.connections : FAR_WORKERS;
	if (r->n_workers < least)
		r->n_workers = least;
	r->workers = xallocn(r->n_workers + 1, sizeof(*r->workers));
	for (i = 0; i <= r->n_workers; i++)
		rworker_init(&r->workers[i], r);
	r->open = open_files_new(r);
	r->team = team_start(r);
}

static void
stop(struct restore *r)
{
	unsigned i;

	team_stop(r->team);
	open_files_free(r->open, &r->workers[r->n_workers]);
	for (i = 0; i <= r->n_workers; i++)
		rworker_fini(&r->workers[i]);
	free(r->workers);
}

static int
run(struct restore *r, struct err *e)
{
	int ret = plan_all(r, e);

	if (ret == 0 && r->lay != NULL && !r->o->dry_run)
		ret = lay_flush(r->lay, e);
	if (ret == 0 && r->o->verify && !r->o->dry_run) {
		r->proving = 1;
		ret = plan_all(r, e);
	}
	return ret;
}

static void
tell_result(struct restore *r, const struct restore_progress *planned,
    struct restore_result *out)
{
	out->done = *planned;
	out->done.files = r->files;
	out->done.bytes = r->bytes;
	out->done.skipped = r->skipped;
	out->done.skipped_bytes = r->skipped_bytes;
	out->done.deleted = r->deleted;
	out->verified = r->verified;
	out->problems = r->problems;
}

int
restore_run(struct repo *repo, const struct restore_options *o,
    const struct restore_events *ev, struct restore_result *out,
    struct err *e)
{
	struct restore r = { .repo = repo, .o = o, .ev = ev,
	    .top = prefix_of(o->top) };
	struct restore_progress planned = {0};
	struct err here = {0};
	int ret = -1;

	*out = (struct restore_result){0};
	e = e != NULL ? e : &here;
	pthread_mutex_init(&r.tell, NULL);
	pthread_mutex_init(&r.fatal_lock, NULL);
	if (pick_new(o, &r.pick, e) == 0 && open_target(&r, e) == 0) {
		start(&r);
		ret = run(&r, e);
		stop(&r);
	}
	planned.total_files = r.total_files;
	planned.total_bytes = r.total_bytes;
	tell_result(&r, &planned, out);
	lay_free(r.lay);
	pick_free(r.pick);
	free(r.top);
	free(r.whole);
	pthread_mutex_destroy(&r.tell);
	pthread_mutex_destroy(&r.fatal_lock);
	return ret;
}
