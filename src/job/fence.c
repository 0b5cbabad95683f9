#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "backup/entry.h"
#include "copies/copies.h"
#include "fs/trash.h"
#include "fs/who.h"
#include "job/fence.h"
#include "job/resource.h"
#include "job/settings.h"
#include "rules/rule.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fence.h"
#include "util/xalloc.h"

struct open_paths {
	char		**v;		/* NULL-ended by add */
	size_t		 n, cap;
};

static void
add(struct open_paths *p, const char *path)
{
	if (path == NULL || *path != '/')
		return;
	XGROW(p->v, p->n, p->cap);
	p->v[p->n++] = xstrdup(path);
	XGROW(p->v, p->n, p->cap);
	p->v[p->n] = NULL;
}

static void
open_paths_fini(struct open_paths *p)
{
	while (p->n > 0)
		free(p->v[--p->n]);
	free(p->v);
}

/* ---- who has none ---- */
static int
rule_runs_commands(const struct rule *r)
{
	size_t i;

	for (i = 0; i < r->actions.n; i++)
		if (r->actions.v[i].ops->intends == INTENT_SHELL)
			return 1;
	return 0;
}

static int
backup_runs_commands(const struct backup_entry *b)
{
	return b->password_command != NULL ||
	    strncmp(b->repository, "sftp:", 5) == 0 ||
	    strncmp(b->repository, "rclone:", 7) == 0;
}

/* The entry that also_to names, or NULL. */
static const struct backup_entry *
also(const struct settings *s, const char *name)
{
	const struct job *j = settings_job(s, name);

	return j != NULL ? j->backup : NULL;
}

static int
runs_commands(const struct hall *h, const struct job *j)
{
	const struct backup_entry *b = j->backup, *other;
	const char **name;

	if (j->hooks != NULL)
		return 1;
	if (j->kind == JOB_RULE)
		return rule_runs_commands(j->rule);
	if (b == NULL)
		return 0;
	for (name = b->also_to; name != NULL && *name != NULL; name++) {
		other = also(h->s, *name);
		if (other != NULL && backup_runs_commands(other))
			return 1;
	}
	return backup_runs_commands(b);
}

/* ---- what stays open ---- */
/* Where a rule's trash may lie: also that of a folder's owner. */
static void
add_trash(struct open_paths *p, struct hall *h, const char *location)
{
	CLEAN_FREE char *home = fs_home(fs_owner(location));
	struct fs_trash_place t[2] = {{0}};
	struct err ignored = {0};
	struct fs_dir *d;
	size_t n = 0, i;

	if (home != NULL) {
		CLEAN_FREE char *trash = xasprintf("%s/.local/share/Trash",
		    home);

		add(p, trash);
	}
	if (fs_dir_open(location, &d, &ignored) < 0)
		return;
	if (fs_trash_places(d, h->s->home_trash, t, &n, &ignored) == 0)
		for (i = 0; i < n; i++) {
			add(p, t[i].base);
			fs_trash_place_fini(&t[i]);
		}
	fs_dir_free(d);
}

static void
add_rule(struct open_paths *p, struct hall *h, const struct job *j)
{
	CLEAN_RESOURCES struct resources r = {0};
	size_t i;

	resources_of_job(&r, j, 1);
	for (i = 0; i < r.n; i++) {
		add(p, r.v[i]);
		add_trash(p, h, r.v[i]);
	}
}

/* The folder of a folder: there lies the marker of a place. */
static void
add_parent(struct open_paths *p, const char *path)
{
	CLEAN_FREE char *copy = path != NULL ? xstrdup(path) : NULL;
	char *slash = copy != NULL ? strrchr(copy, '/') : NULL;

	if (slash == NULL || slash == copy)
		return;
	*slash = '\0';
	add(p, copy);
}

static void
add_repository(struct open_paths *p, const struct backup_entry *b)
{
	if (b != NULL)
		add(p, b->repository +
		    (strncmp(b->repository, "local:", 6) == 0 ? 6 : 0));
}

static void
add_backup(struct open_paths *p, struct hall *h, const struct job *j)
{
	const char **name;

	if (j->backup == NULL) {
		add_parent(p, copies_place(j->copies));
		return;
	}
	add_repository(p, j->backup);
	name = j->backup->also_to;
	for (; name != NULL && *name != NULL; name++)
		add_repository(p, also(h->s, *name));
}

static void
add_job(struct open_paths *p, struct hall *h, const struct job *j)
{
	const char *const *l;

	switch (j->kind) {
	case JOB_RULE:
		add_rule(p, h, j);
		break;
	case JOB_BACKUP:
		add_backup(p, h, j);
		break;
	case JOB_ARCHIVE:
		for (l = archive_locations(j->archive); *l != NULL; l++)
			add(p, *l);
		add(p, archive_to(j->archive));
		break;
	}
}

static void
add_own(struct open_paths *p, const struct settings *s)
{
	add(p, s->state_dir);
	add(p, s->cache_dir);
	add(p, s->restic_cache);
	add(p, s->log_dir);
	add(p, s->home_trash);
	add(p, "/dev/null");
}

static int
threads(void)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *de;
	int n = 0;

	while (d != NULL && (de = readdir(d)) != NULL)
		n += de->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	return n;
}

static int
add_parts(struct open_paths *p, struct hall *h, const struct parts *parts,
    struct err *e)
{
	size_t i, k;

	for (i = 0; i < parts->n; i++) {
		CLEAN_RESOURCES struct resources r = {0};

		add_job(p, h, parts->v[i].job);
		if (resources_of_plan(&r, parts->v[i].plan, e) < 0)
			return -1;
		if (parts->v[i].job->kind == JOB_BACKUP)
			continue;	/* its sources are to be read */
		for (k = 0; k < r.n; k++)
			add(p, r.v[k]);
	}
	return 0;
}

/* Why there is to be none, or NULL. */
static const char *
why_not(const struct hall *h, const struct parts *p)
{
	size_t i;

	if (h->s->daemon.no_fence)
		return "it is off";
	for (i = 0; i < p->n; i++) {
		if (p->v[i].job == NULL)
			return "it is no job";
		if (runs_commands(h, p->v[i].job))
			return "it runs commands";
	}
	return fence_version() < 2 ?
	    "this kernel has no Landlock, or an old one" : NULL;
}

int
job_fence(struct hall *h, const struct parts *p, struct buf *why)
{
	__attribute__((cleanup(open_paths_fini))) struct open_paths o = {0};
	const char *no = why_not(h, p);
	struct err e = {0};

	if (no != NULL) {
		buf_adds(why, no);
		return 0;
	}
	if (threads() != 1) {
		buf_adds(why, "there are threads already");
		return -1;
	}
	add_own(&o, h->s);
	if (add_parts(&o, h, p, &e) == 0 &&
	    fence_writes((const char *const *)o.v) == 1)
		return 1;
	buf_adds(why, e.kind != ERR_NONE ? e.text : strerror(errno));
	return -1;
}
