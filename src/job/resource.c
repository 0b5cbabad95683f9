/* resource.c -- what a job works on, and claiming it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive/archive.h"
#include "backup/entry.h"
#include "catalog/catalog.h"
#include "catalog/claim.h"
#include "copies/copies.h"
#include "fs/dir.h"
#include "job/resource.h"
#include "job/select.h"
#include "plan/plan.h"
#include "rules/rule.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

#define WAIT_NS		100000000	/* between two tries at a claim */
#define WATCH_PATIENCE	100		/* tries, if it is in use by a watch */
#define LOCAL		"local:"	/* before a repository's path with a colon */
#define WHAT_MAX	160		/* bytes of names in a claim's words */

static size_t
bare_len(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return len;
}

/* Does path lie in (or is it) folder? */
static int
lies_in(const char *path, const char *folder)
{
	return claim_overlap(path, folder) && bare_len(path) >= bare_len(folder);
}

int
resources_cover(const struct resources *r, const char *path)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (lies_in(path, r->v[i]))
			return 1;
	return 0;
}

/* Take out what lies below path. */
static void
remove_below(struct resources *r, const char *path)
{
	size_t i = 0;

	while (i < r->n) {
		if (!lies_in(r->v[i], path)) {
			i++;
			continue;
		}
		free(r->v[i]);
		r->v[i] = r->v[--r->n];
		r->v[r->n] = NULL;
	}
}

/* What has nothing to cut, "s3:", ends as all there is. */
static void
cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL) {
		*path = '/';
		slash = path;
	}
	if (slash == path)
		slash++;
	*slash = '\0';
}

static void
insert(struct resources *r, char *path)
{
	remove_below(r, path);
	r->v = xrealloc(r->v, r->n + 2, sizeof(*r->v));
	r->v[r->n++] = path;
	r->v[r->n] = NULL;
}

/* One floor up for all, until there are few. */
static void
coarsen(struct resources *r)
{
	struct resources up;
	size_t i;

	while (r->n > RESOURCES_MAX) {
		up = (struct resources){0};
		for (i = 0; i < r->n; i++) {
			cut_last(r->v[i]);
			if (resources_cover(&up, r->v[i]))
				free(r->v[i]);
			else
				insert(&up, r->v[i]);
		}
		free(r->v);
		*r = up;
	}
}

void
resources_add(struct resources *r, const char *path)
{
	if (resources_cover(r, path))
		return;
	insert(r, xstrndup(path, bare_len(path)));
	coarsen(r);
}

static const char *
without_local(const char *place)
{
	return strncmp(place, LOCAL, strlen(LOCAL)) == 0 ?
	    place + strlen(LOCAL) : place;
}

/* A repository elsewhere: as it is named, but without a user and his password,
 * since a claim is shown to whoever is in its way. */
static void
add_far(struct resources *r, const char *place)
{
	const char *host = strstr(place, "://"), *at;
	CLEAN_FREE char *name = NULL;

	host = host != NULL ? host + 3 : place + strcspn(place, ":");
	host += *host == ':';
	at = memchr(host, '@', strcspn(host, "/"));
	name = xasprintf("%.*s%s", (int)(host - place), place,
	    at != NULL ? at + 1 : host);
	resources_add(r, name);
}

/* As far as the path exists; what is to be made counts as its folder. */
void
resources_add_real(struct resources *r, const char *path)
{
	CLEAN_FREE char *rest = NULL, *real = NULL;

	path = without_local(path);
	if (*path != '/') {
		add_far(r, path);
		return;
	}
	if (resources_cover(r, path))
		return;
	rest = xstrndup(path, bare_len(path));
	while ((real = realpath(rest, NULL)) == NULL && rest[1] != '\0')
		cut_last(rest);
	resources_add(r, real != NULL ? real : path);
}

void
resources_add_goal(struct resources *r, const char *path)
{
	CLEAN_FREE char *real = fs_real_path(path);

	resources_add(r, real);
}

void
resources_fini(struct resources *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		free(r->v[i]);
	free(r->v);
	*r = (struct resources){0};
}

int
resources_meet(const struct resources *a, const struct resources *b)
{
	size_t i, k;

	for (i = 0; i < a->n; i++)
		for (k = 0; k < b->n; k++)
			if (claim_overlap(a->v[i], b->v[k]))
				return 1;
	return 0;
}

static void
add_one(struct resources *r, const char *path, int real)
{
	if (path == NULL)
		return;
	if (real)
		resources_add_real(r, path);
	else
		resources_add(r, path);
}

static void
add_list(struct resources *r, const char *const *list, int real)
{
	for (; list != NULL && *list != NULL; list++)
		add_one(r, *list, real);
}

static void
add_rule(struct resources *r, const struct rule *rule, int real)
{
	CLEAN_BUF struct buf b = {0};
	size_t i;

	for (i = 0; i < rule->n_locations; i++)
		add_one(r, rule->locations[i].path, real);
	for (i = 0; i < rule->actions.n; i++) {
		buf_reset(&b);
		action_reach(&rule->actions.v[i], &b);
		if (b.len > 0)
			add_one(r, buf_str(&b), real);
	}
}

static void
add_repository(struct resources *r, const char *place, int real)
{
	place = without_local(place);
	if (place[0] == '/')
		add_one(r, place, real);
	else
		add_far(r, place);
}

/* Two jobs never copy into one at once. */
static void
add_repositories(struct resources *r, const char *const *places, int real)
{
	for (; places != NULL && *places != NULL; places++)
		add_repository(r, *places, real);
}

static void
add_backup(struct resources *r, const struct job *j, int real)
{
	if (j->backup == NULL) {
		add_list(r, copies_paths(j->copies), real);
		add_one(r, copies_place(j->copies), real);
		return;
	}
	add_list(r, (const char *const *)j->backup->paths, real);
	add_repository(r, j->backup->repository, real);
	add_repositories(r, j->backup->also_places, real);
}

void
resources_of_job(struct resources *r, const struct job *j, int real)
{
	switch (j->kind) {
	case JOB_RULE:
		add_rule(r, j->rule, real);
		break;
	case JOB_BACKUP:
		add_backup(r, j, real);
		break;
	case JOB_ARCHIVE:
		add_list(r, archive_locations(j->archive), real);
		add_one(r, archive_to(j->archive), real);
		break;
	}
}

static void
add_dir(struct resources *r, const struct plan *p, uint32_t dir,
    uint32_t *last)
{
	if (dir == PLAN_NONE || dir == *last)
		return;
	*last = dir;
	resources_add_real(r, plan_dir(p, dir));
}

int
resources_of_plan(struct resources *r, const struct plan *p, struct err *e)
{
	struct plan_reader *in = plan_read(p);
	uint32_t from = PLAN_NONE, to = PLAN_NONE;
	struct op op;
	int n;

	while ((n = plan_next(in, &op, e)) == 1) {
		if (op.state != OP_PLANNED)
			continue;
		add_dir(r, p, op.from_dir, &from);
		add_dir(r, p, op.to_dir, &to);
	}
	plan_reader_free(in);
	return n;
}

static void
add_name(struct buf *what, const char *name)
{
	if (what->len < WHAT_MAX)
		buf_addf(what, "%s%s", what->len ? ", " : "", name);
}

static int
gather(const struct parts *p, struct resources *r, struct buf *what,
    struct err *e)
{
	const struct part *pt;

	for (pt = p->v; pt < p->v + p->n; pt++) {
		if (pt->held != NULL || pt->failed != NULL)
			continue;
		add_name(what, pt->name);
		if (pt->job != NULL)
			resources_of_job(r, pt->job, 1);
		if (resources_of_plan(r, pt->plan, e) < 0)
			return -1;
	}
	return 0;
}

/*
 * Files that arrive make way: nobody who types a command is to be told that
 * folders are in use for a moment only.  1 to try again, 0 it is not they.
 */
static int
watch_yields(struct hall *h, const struct err *e, int *patience)
{
	CLEAN_BUF struct buf ignored = {0};
	struct err why = {0};

	if (strstr(e->text, " (" WATCH_CLAIM) == NULL || --*patience < 0)
		return 0;
	/* Without an answer it is waited all the same. */
	(void)catalog_live(h->catalog, "yield", &ignored, &why);
	return 1;
}

int
resources_claim(struct hall *h, const struct resources *r, const char *what,
    const struct sink *k, struct err *e)
{
	static const char *const none[] = { NULL };
	int patience = WATCH_PATIENCE;

	if (catalog_is_owner(h->catalog))
		return 0;
	while (catalog_claim(h->catalog, what, r->n > 0 ?
	    (const char *const *)r->v : none, e) < 0) {
		if (e->kind != ERR_LOCKED ||
		    (!h->wait && !watch_yields(h, e, &patience)))
			return -1;
		if (k->stop != NULL && k->stop(k->arg))
			return err_set(e, ERR_STOPPED, "asked to stop while "
			    "waiting for another run");
		nanosleep(&(struct timespec){ .tv_nsec = WAIT_NS }, NULL);
	}
	return 0;
}

int
jobs_claim(struct hall *h, const struct job_request *q, const struct sink *k,
    struct err *e)
{
	CLEAN_FREE unsigned char *wanted = xalloc(h->s->n_jobs + 1);
	CLEAN_RESOURCES struct resources r = {0};
	CLEAN_BUF struct buf what = {0};
	size_t i;

	if (catalog_is_owner(h->catalog))
		return 0;
	if (select_jobs(h->s, q, wanted, e) < 0)
		return -1;
	for (i = 0; i < h->s->n_jobs; i++)
		if (wanted[i]) {
			resources_of_job(&r, &h->s->jobs[i], 1);
			add_name(&what, h->s->jobs[i].name);
		}
	return resources_claim(h, &r, buf_str(&what), k, e);
}

int
parts_claim(struct hall *h, const struct parts *p, const struct sink *k,
    struct err *e)
{
	CLEAN_RESOURCES struct resources r = {0};
	CLEAN_BUF struct buf what = {0};

	if (catalog_is_owner(h->catalog))
		return 0;
	if (gather(p, &r, &what, e) < 0)
		return -1;
	return resources_claim(h, &r, buf_str(&what), k, e);
}
