/* desk_backups.c -- backups and their snapshots. */
#include <stdlib.h>
#include <string.h>

#include "archive/archive.h"
#include "backup/entry.h"
#include "copies/copies.h"
#include "fs/reach.h"
#include "job/job.h"
#include "job/vault.h"
#include "repo/repo.h"
#include "repo/snapshot.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"
#include "web/desk.h"

static void
list(struct json *j, const char *key, const char *const *v)
{
	json_key(j, key);
	json_array_start(j);
	for (; v != NULL && *v != NULL; v++)
		json_bytes(j, *v, strlen(*v));
	json_array_end(j);
}

static void
one_backup(struct json *j, const struct job *b)
{
	const char *place = "", *reach = "", *kind = "archive";
	const char *const *paths = NULL;

	if (b->copies != NULL) {
		place = copies_place(b->copies);
		reach = copies_reach(b->copies);
		paths = copies_paths(b->copies);
		kind = "copies";
	} else if (b->backup != NULL) {
		place = b->backup->repository;
		reach = fs_reach(b->backup->paths, b->backup->repository);
		paths = b->backup->paths;
		kind = "repository";
	} else {
		place = archive_to(b->archive);
		paths = archive_locations(b->archive);
	}
	json_object_start(j);
	json_put_text(j, "backup", b->name);
	json_put_text(j, "kind", kind);
	json_put_text(j, "place", place);
	json_put_text(j, "reach", reach);
	list(j, "paths", paths);
	json_key(j, "browse");
	json_bool(j, b->kind == JOB_BACKUP);
	json_object_end(j);
}

int
desk_backups(struct desk *d, const struct args *a, struct buf *out,
    struct err *e)
{
	struct json j;
	size_t i;

	(void)a;
	(void)e;
	desk_begin(&j, out);
	json_key(&j, "backups");
	json_array_start(&j);
	for (i = 0; i < d->h->s->n_jobs; i++)
		if (d->h->s->jobs[i].kind != JOB_RULE)
			one_backup(&j, &d->h->s->jobs[i]);
	json_array_end(&j);
	desk_end(&j);
	return 0;
}

int
desk_backup(struct desk *d, const struct args *a, const struct job **out,
    struct err *e)
{
	const char *name;

	if (args_need(a, "backup", &name, e) < 0)
		return -1;
	*out = settings_job(d->h->s, name);
	if (*out == NULL || (*out)->kind == JOB_RULE)
		return err_set(e, ERR_NOENT, "there is no backup of that name");
	return 0;
}

int
desk_one_backup(struct desk *d, const struct args *a, struct buf *out,
    struct err *e)
{
	const struct job *job;
	struct json j;

	if (desk_backup(d, a, &job, e) < 0)
		return -1;
	desk_begin(&j, out);
	json_put_text(&j, "kind", job->copies != NULL ? "copies" :
	    job->backup != NULL ? "repository" : "archive");
	desk_end(&j);
	return 0;
}

int
desk_repository(struct desk *d, const struct args *a, const struct job **job,
    struct repo **out, struct err *e)
{
	if (desk_backup(d, a, job, e) < 0)
		return -1;
	if ((*job)->backup == NULL)
		return err_set(e, ERR_USAGE, "of plain copies and archives this "
		    "cannot be asked: they lie in a folder of yours");
	return vault_index(d->h, *job, out, e);
}

/*
 * "latest" is of this entry; an id is of whatever is in the repository, as the
 * command line has it.
 */
int
desk_snapshot(struct repo *r, const struct job *j, const char *name,
    struct snapshot *out, struct err *e)
{
	CLEAN_FREE char *tag = backup_entry_tag(j->backup);
	const char *const tags[] = { tag, NULL };
	struct snapshot_filter f = { .tags = tags };
	const char *sub = NULL;

	if (strchr(name, ':') != NULL)
		return err_set(e, ERR_USAGE, "this names no snapshot");
	return snapshot_named(r, name, &f, out, &sub, e);
}

/* ---- snapshots ---- */
static void
summary(struct json *j, const struct snapshot *s)
{
	static const char *const keys[] = { "files", "bytes", "added" };
	const uint64_t v[] = { s->summary.total_files, s->summary.total_bytes,
	    s->summary.data_added_packed };
	size_t i;

	for (i = 0; i < 3; i++) {
		json_key(j, keys[i]);
		if (s->has_summary)
			json_u64(j, v[i]);
		else
			json_null(j);
	}
}

static void
one_snapshot(struct json *j, const struct snapshot *s)
{
	char hex[ID_HEX], brief[ID_SHORT];

	id_hex(&s->id, hex);
	id_short(&s->id, brief);
	json_object_start(j);
	json_put_text(j, "id", hex);
	json_put_text(j, "short_id", brief);
	json_put_time(j, "time", time_from(s->time.sec, s->time.nsec));
	json_put_text(j, "hostname", s->hostname);
	list(j, "paths", (const char *const *)s->paths);
	list(j, "tags", (const char *const *)s->tags);
	summary(j, s);
	json_object_end(j);
}

static void
unreadable(void *arg, const struct id *id, const struct err *why)
{
	struct json *j = arg;
	char hex[ID_HEX], brief[ID_SHORT];

	id_hex(id, hex);
	id_short(id, brief);
	json_object_start(j);
	json_put_text(j, "id", hex);
	json_put_text(j, "short_id", brief);
	json_put_text(j, "time", "1970-01-01T00:00:00Z");
	json_put_text(j, "hostname", "");
	list(j, "paths", NULL);
	list(j, "tags", NULL);
	json_put_some(j, "files", 0);
	json_put_some(j, "bytes", 0);
	json_put_text(j, "damaged", why->text);
	json_object_end(j);
}

static int
one_copy(void *arg, const struct copy_info *i)
{
	struct json *j = arg;

	json_object_start(j);
	json_put_text(j, "id", i->name);
	json_put_text(j, "short_id", i->name);
	json_put_time(j, "time", i->damaged != NULL || i->time == 0 ? 1 : i->time);
	json_put_text(j, "hostname", "");
	list(j, "paths", NULL);
	list(j, "tags", NULL);
	json_put_i64(j, "files", (int64_t)i->files);
	json_put_i64(j, "bytes", (int64_t)i->bytes);
	if (i->damaged != NULL)
		json_put_text(j, "damaged", i->damaged);
	json_object_end(j);
	return 0;
}

/* Those of this entry: its tag, as `keep` counts them. */
static int
load(struct desk *d, const struct job *job, void (*bad)(void *arg,
    const struct id *id, const struct err *why), void *arg,
    struct snapshots *out, struct err *e)
{
	CLEAN_FREE char *tag = backup_entry_tag(job->backup);
	const char *const tags[] = { tag, NULL };
	struct snapshot_filter f = { .tags = tags };
	struct repo *r;

	if (vault_open(d->h, job, &r, NULL, e) < 0)
		return -1;
	return snapshots_load(r, &f, bad, arg, out, e);
}

int
desk_snapshots(struct desk *d, const struct args *a, struct buf *out,
    struct err *e)
{
	struct snapshots s = {0};
	const struct job *job;
	struct json j;
	size_t i;
	int r = 0;

	if (desk_backup(d, a, &job, e) < 0)
		return -1;
	desk_begin(&j, out);
	json_put_text(&j, "backup", job->name);
	json_key(&j, "snapshots");
	json_array_start(&j);
	if (job->copies != NULL)
		r = copies_each(job->copies, one_copy, &j, e);
	else if (job->backup != NULL)
		r = load(d, job, unreadable, &j, &s, e);
	for (i = 0; i < s.n; i++)
		one_snapshot(&j, &s.v[i]);
	snapshots_fini(&s);
	json_array_end(&j);
	desk_end(&j);
	return r < 0 ? -1 : 0;
}

/* ---- growth ---- */
static void
no_matter(void *arg, const struct id *id, const struct err *why)
{
	(void)arg;
	(void)id;
	(void)why;
}

static int
copy_point(void *arg, const struct copy_info *i)
{
	struct json *j = arg;

	if (i->damaged != NULL)
		return 0;
	json_object_start(j);
	json_put_time(j, "time", i->time);
	json_put_text(j, "snapshot", i->name);
	json_put_i64(j, "files", (int64_t)i->files);
	json_put_i64(j, "bytes", (int64_t)i->bytes);
	json_put_some(j, "added", 0);
	json_object_end(j);
	return 0;
}

int
desk_growth(struct desk *d, const struct args *a, struct buf *out,
    struct err *e)
{
	struct snapshots s = {0};
	const struct job *job;
	char hex[ID_HEX];
	struct json j;
	size_t i;
	int r = 0;

	if (desk_backup(d, a, &job, e) < 0)
		return -1;
	desk_begin(&j, out);
	json_put_text(&j, "backup", job->name);
	json_key(&j, "points");
	json_array_start(&j);
	if (job->copies != NULL)
		r = copies_each(job->copies, copy_point, &j, e);
	else if (job->backup != NULL)
		r = load(d, job, no_matter, NULL, &s, e);
	for (i = 0; i < s.n; i++) {
		id_hex(&s.v[i].id, hex);
		json_object_start(&j);
		json_put_time(&j, "time", time_from(s.v[i].time.sec,
		    s.v[i].time.nsec));
		json_put_text(&j, "snapshot", hex);
		summary(&j, &s.v[i]);
		json_object_end(&j);
	}
	snapshots_fini(&s);
	json_array_end(&j);
	desk_end(&j);
	return r < 0 ? -1 : 0;
}
