/* plan.c -- what a run would do: one copy, and what `keep` would let go. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apply/destination.h"
#include "copies/impl.h"
#include "fs/dir.h"
#include "plan/overlay.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"

static void
split(const char *path, char **dir, const char **name)
{
	const char *slash = strrchr(path, '/');

	*dir = xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	*name = slash + 1;
}

/* One OP_BACKUP a source path. */
static int
add_backups(const struct copies *c, struct plan *p, uint32_t job,
    enum op_state state, const char *why, struct err *e)
{
	struct op op = { .kind = OP_BACKUP, .state = state, .job = job,
	    .to_dir = PLAN_NONE, .to = "", .text = "" };
	char *from_dir, *to_dir = NULL;
	size_t i;
	int r = 0;

	op.why = plan_add_text(p, "backup is due");
	op.error = state == OP_PLANNED ? 0 : plan_add_text(p, why);
	if (c->place != NULL) {
		split(c->place, &to_dir, &op.to);
		op.to_dir = plan_add_dir(p, to_dir);
	}
	for (i = 0; i < c->n_paths && r == 0; i++) {
		split(c->paths[i], &from_dir, &op.from);
		op.from_dir = plan_add_dir(p, from_dir);
		r = plan_add(p, &op, e);
		free(from_dir);
	}
	free(to_dir);
	return r;
}

static int32_t
zone_at(void *arg, int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;

	(void)arg;
	return localtime_r(&t, &tm) != NULL ? (int32_t)tm.tm_gmtoff : 0;
}

static struct keep_item
item(int64_t us, int whole)
{
	return (struct keep_item){ .time = us, .zone = zone_at(NULL,
	    us / 1000000), .whole = (unsigned char)whole };
}

/* Nothing is let go, and why; the copy is made all the same. */
static int
add_kept(const struct copies *c, struct plan *p, uint32_t job, const char *why,
    struct err *e)
{
	struct op op = { .kind = OP_PURGE, .state = OP_SKIPPED, .job = job,
	    .to_dir = PLAN_NONE, .to = "", .text = "" };
	char *dir;
	int r;

	split(c->place, &dir, &op.from);
	op.from_dir = plan_add_dir(p, dir);
	op.why = plan_add_text(p, "keep");
	op.error = plan_add_text(p, why);
	r = plan_add(p, &op, e);
	free(dir);
	return r;
}

/* OP_PURGE for each copy that goes when the new one is there. */
static int
add_purges(const struct copies *c, const struct copy_names *names,
    const struct copies_env *env, struct plan *p, uint32_t job, struct err *e)
{
	struct keep_zone zone = { zone_at, NULL };
	struct keep_item *v = xallocn(names->n + 1, sizeof(*v));
	struct op op = { .kind = OP_PURGE, .job = job, .to_dir = PLAN_NONE,
	    .to = "", .text = "", .flags = OP_IRREVERSIBLE | OP_DIR };
	struct fs_id id;
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *place = NULL;
	struct err why = {0};
	size_t i;
	int r;

	for (i = 0; i < names->n; i++)
		v[i] = item(names->v[i].info.time, names->v[i].flags == 0);
	v[names->n] = item(env->now, 1);
	/* The copy to be made counts as made: just before this instant. */
	if (keep_apply(&c->keep, &zone, env->now + 1, v, names->n + 1, &why) <
	    0) {
		free(v);
		return add_kept(c, p, job, why.text, e);
	}
	r = copies_hold(c, &place, e);
	op.from_dir = r == 0 ? plan_add_dir(p, place->real) : PLAN_NONE;
	op.why = plan_add_text(p, "keep lets it go");
	for (i = 0; i < names->n && r == 0; i++) {
		if (v[i].keep)
			continue;
		r = fs_stat(place, names->v[i].name, &id, e);
		op.from = names->v[i].name;
		op.id = id;
		if (r == 0)
			r = plan_add(p, &op, e);
	}
	free(v);
	return r;
}

int
copies_plan(const struct copies *c, const struct copies_env *env,
    struct overlay *o, struct plan *p, uint32_t job, struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *place = NULL;
	struct copy_names names = {0};
	CLEAN_BUF struct buf why = {0};
	struct err first = {0};
	int there, r;

	(void)o;		/* a copy takes its sources as they will be */
	there = copies_open_place(c, env->catalog, 0, &place, &why, &first);
	if (there == DESTINATION_FIRST)
		return add_backups(c, p, job, OP_PLANNED, "", e);
	if (there != DESTINATION_HELD)
		return add_backups(c, p, job, there == DESTINATION_ABSENT ?
		    OP_WAITING : OP_FAILED, there == DESTINATION_ABSENT ?
		    buf_str(&why) : first.text, e);
	if (add_backups(c, p, job, OP_PLANNED, "", e) < 0)
		return -1;
	if (!c->has_keep)
		return 0;
	r = copies_names(place, &names, e);
	if (r == 0)
		r = add_purges(c, &names, env, p, job, e);
	copies_names_free(&names);
	return r;
}
