/*
 * plan.c -- a rule, location by location.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "fs/who.h"
#include "organize/organize_impl.h"
#include "plan/overlay.h"
#include "util/clean.h"
#include "util/hash.h"
#include "util/path.h"
#include "util/quote.h"
#include "util/xalloc.h"

/* ---- what is watched ---- */

/* Does planning r ask the overlay for more than what it walks? */
static int
wants_all(const struct rule *r)
{
	if (r->dirs)
		return 1;
	for (size_t i = 0; i < r->actions.n; i++) {
		const struct action *a = &r->actions.v[i];
		const struct taken *t = a->ops->taken != NULL ?
		    a->ops->taken(a->state) : NULL;

		if (t != NULL && t->mode != ON_CONFLICT_RENAME_NEW &&
		    t->mode != ON_CONFLICT_SKIP)
			return 1;
	}
	return 0;
}

void
organize_watch(const struct rule *r, int first, struct overlay *o)
{
	if (!r->enabled)
		return;
	if (r->n_locations > 0 && wants_all(r))
		overlay_watch(o, "/", 1);
	for (size_t i = 0; i < r->n_locations && !(first &&
	    r->n_locations == 1); i++)
		overlay_watch(o, r->locations[i].path,
		    r->locations[i].max_depth != 0);
}

/* ---- locations ---- */

/* An absolute path's folder and last part. */
static char *
split(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');

	*name = slash + 1;
	return slash == path ? xstrdup("/") :
	    xstrndup(path, (size_t)(slash - path));
}

static int
tell_path(struct run *r, const char *path, const char *error, struct err *e)
{
	const char *name;
	CLEAN_FREE char *dir = split(path, &name);

	return tell(r, OP_FAILED, dir, name, error, e);
}

static int
left_out(const struct run *r, const char *path)
{
	for (size_t i = 0; i < r->n_leave_out; i++)
		if (path_is_below(path, r->leave_out[i]))
			return 1;
	return 0;
}

static int
walk_all(struct run *r, struct walk *w, struct err *e)
{
	struct walk_dir d;
	int n;

	while ((n = walk_next(w, &d, e)) == 1) {
		if (d.error == NULL && d.depth < r->location->min_depth) {
			order_list(r->rule, &d.list);
		} else if (d.error == NULL) {
			if (folder_take(r, &d, e) < 0)
				return -1;
		} else if (!r->location->ignore_errors &&
		    tell_path(r, d.path, d.error->text, e) < 0) {
			return -1;
		}
	}
	return n;
}

/* A location that is one file: as if its folder held nothing else. */
static int
single_file(struct run *r, const char *path, struct err *e)
{
	const char *name;
	CLEAN_FREE char *dir = split(path, &name);
	struct walk_entry entry = { .name = name, .type = DT_REG };
	struct walk_dir d = { .path = dir, .list = { .v = &entry, .n = 1 } };
	struct fs_dir *held;
	struct err why = {0};
	int rc;

	if (fs_dir_open(dir, &held, &why) < 0)
		return tell_path(r, path, why.text, e);
	d.dir = held;
	r->subject.location = dir;
	r->alone = 1;
	rc = folder_take(r, &d, e);
	r->alone = 0;
	fs_dir_free(held);
	return rc;
}

/* It is not there, or cannot be entered: *absent counts the first. */
static int
no_location(struct run *r, const char *path, const struct err *why,
    size_t *absent, struct err *e)
{
	if (why->kind == ERR_NOENT) {
		++*absent;
		return tell_path(r, path, "the location is not there", e);
	}
	return r->location->ignore_errors ? 0 :
	    tell_path(r, path, why->text, e);
}

/* The location was resolved first: was that a way that we may go? */
static int
check_way(const char *path, const char *top, struct err *e)
{
	CLEAN_FREE char *real = NULL;
	char q[QUOTE_SIZE];

	if (fs_way(path, &real, e) < 0)
		return -1;
	return strcmp(real, top) == 0 ? 0 : err_set(e, ERR_CHANGED,
	    "%s leads elsewhere now", quote_to(q, sizeof(q), path));
}

/* What was found of places was found with another's eyes. */
static int
dress_as(struct run *r, uid_t who, struct err *e)
{
	if (r->n_places > 0 && who != r->who)
		places_fini(r);
	r->who = who;
	return fs_be(who, e);
}

static int
walk_location(struct run *r, size_t i, size_t *absent, struct err *e)
{
	struct walk_options o = { .enter = folder_enter, .arg = r,
	    .no_kernel = 1 };
	CLEAN_WHO uid_t before = fs_who();
	const char *top = r->tops[i], *name;
	CLEAN_FREE char *dir = split(top, &name);
	struct err why = {0};
	struct walk *w;
	int rc;

	r->location = &r->rule->locations[i];
	r->subject.location = top;
	if (left_out(r, top))
		return 0;
	if (check_way(r->location->path, top, &why) < 0)
		return no_location(r, top, &why, absent, e);
	if (dress_as(r, fs_owner(top), &why) < 0)
		return no_location(r, top, &why, absent, e);
	if (r->env->only != NULL && r->survey == NULL)
		return only_take(r, top, e);
	/* All of them are handed out: who lies in what is above min_depth has its
	 * turn in the order of that. */
	o.max_depth = r->location->max_depth;
	if (walk_open(overlay_source(r->overlay), top, &o, &w, &why) < 0) {
		if (!r->rule->dirs && *name != '\0' && overlay_type(r->overlay,
		    dir, name, NULL) == DT_REG)
			return single_file(r, top, e);
		return no_location(r, top, &why, absent, e);
	}
	rc = walk_all(r, w, e);
	walk_free(w);
	return rc;
}

int
plan_location(struct run *r, size_t i, size_t *absent, struct err *e)
{
	unsigned needs = r->rule->filters.needs | r->rule->actions.needs;
	int rc;

	if ((needs & NEED_ADDED) != 0)
		r->sight = sight_open(r->env->catalog, r->tops[i],
		    r->subject.now);
	rc = walk_location(r, i, absent, e);
	sight_close(r->sight);
	r->sight = NULL;
	return rc;
}

/* ---- the rule ---- */

void
rule_run_init(struct run *r)
{
	const char *const *out = r->env->leave_out;

	r->ask = (struct subject_ask){ .empty = ask_empty,
	    .size = ask_size, .original = ask_original, .arg = r };
	r->subject = (struct subject){ .ask = &r->ask,
	    .now = r->env->now * 1000, .rule = r->rule->name,
	    .rule_number = r->rule->number, .zones = r->rule->zones };
	r->n_tops = r->rule->n_locations;
	r->tops = xallocn(r->n_tops + 1, sizeof(*r->tops));
	for (size_t i = 0; i < r->n_tops; i++)
		r->tops[i] = fs_real_path(r->rule->locations[i].path);
	while (out != NULL && out[r->n_leave_out] != NULL)
		r->n_leave_out++;
	r->leave_out = xallocn(r->n_leave_out + 1, sizeof(*r->leave_out));
	for (size_t i = 0; i < r->n_leave_out; i++)
		r->leave_out[i] = fs_real_path(out[i]);
	fetch_init(r);
	r->most = only_most(r);
	r->looks = xallocn(r->most, sizeof(*r->looks));
	r->chunk = xallocn(r->most, sizeof(*r->chunk));
}

void
rule_run_fini(struct run *r)
{
	for (size_t i = 0; i < r->n_tops; i++)
		free(r->tops[i]);
	for (size_t i = 0; i < r->n_leave_out; i++)
		free(r->leave_out[i]);
	free(r->tops);
	free(r->leave_out);
	survey_fini(r);
	fetch_fini(r);
	free(r->looks);
	free(r->chunk);
	captures_fini(&r->captures);
	buf_fini(&r->text);
	buf_fini(&r->why);
	buf_fini(&r->path);
	buf_fini(&r->name);
	buf_fini(&r->extra);
	buf_fini(&r->real);
	places_fini(r);
	map_fini(&r->counters);
	map_fini(&r->written);
	along_fini(r);
	along_forget(r);
	free(r->along);
	arena_fini(&r->tails);
	set64_fini(&r->accompanied);
	set64_fini(&r->produced);
}

int
organize_plan(struct rule *rule, const struct organize_env *env,
    struct overlay *o, struct plan *p, uint32_t job, size_t *locations,
    size_t *absent, struct err *e)
{
	struct run r = { .rule = rule, .env = env, .overlay = o, .plan = p,
	    .job = job };
	int rc = 0;

	*locations = rule->n_locations;
	*absent = 0;
	if (!rule->enabled)
		return 0;
	rule_run_init(&r);
	filters_begin(&rule->filters, r.subject.now);
	if (rule->n_locations == 0)
		rc = take_nothing(&r, e);
	else if (rule->n_twins > 0)
		rc = survey_rule(&r, e);
	for (size_t i = 0; rc == 0 && i < rule->n_locations; i++)
		rc = plan_location(&r, i, absent, e);
	plan_count_files(p, job, r.files);
	rule_run_fini(&r);
	return rc;
}
