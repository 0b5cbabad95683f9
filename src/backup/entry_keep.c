/* entry_keep.c -- what a run of a backup entry would do. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backup/backup.h"
#include "backup/entry_keep.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/time.h"
#include "util/xalloc.h"

static int
has_tag(const struct snapshot *s, const char *tag)
{
	char **t;

	for (t = s->tags; t != NULL && *t != NULL; t++)
		if (strcmp(*t, tag) == 0)
			return 1;
	return 0;
}

int
backup_entry_plan(const struct backup_entry *b, struct plan *p, uint32_t job,
    enum op_state state, const char *why, struct err *e)
{
	struct op op = { .kind = OP_BACKUP, .state = state, .job = job,
	    .to = "", .text = "" };
	const char **path, *slash;
	int r = 0;

	op.why = plan_add_text(p, "backup is due");
	op.error = state == OP_PLANNED ? 0 : plan_add_text(p, why);
	op.to_dir = plan_add_dir(p, b->repository);
	for (path = b->paths; *path != NULL && r == 0; path++) {
		CLEAN_FREE char *dir = NULL;

		slash = strrchr(*path, '/');
		dir = xstrndup(*path, slash == *path ? 1 :
		    (size_t)(slash - *path));
		op.from_dir = plan_add_dir(p, dir);
		op.from = slash + 1;
		r = plan_add(p, &op, e);
	}
	return r;
}

int
backup_entry_snapshots(const struct backup_entry *b, struct repo *r,
    struct snapshots *out, struct err *e)
{
	CLEAN_FREE char *host = backup_host(), *tag = backup_entry_tag(b);
	const char *hosts[2] = { b->host != NULL ? b->host : host, NULL };
	const char *tags[2] = { tag, NULL };
	const struct snapshot_filter f = { .hosts = hosts, .tags = tags };
	size_t i, n;

	if (snapshots_load(r, &f, NULL, NULL, out, e) < 0)
		return -1;
	for (i = n = 0; i < out->n; i++)
		if (has_tag(&out->v[i], BACKUP_PARTIAL))
			snapshot_fini(&out->v[i]);
		else
			out->v[n++] = out->v[i];
	out->n = n;
	return 0;
}

static int32_t
zone_at(void *arg, int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;

	(void)arg;
	return localtime_r(&t, &tm) != NULL ? (int32_t)tm.tm_gmtoff : 0;
}

static int
is_pinned(const struct backup_entry *b, const struct snapshot *s)
{
	const char **t;

	for (t = b->keep_tags; t != NULL && *t != NULL; t++)
		if (has_tag(s, *t))
			return 1;
	return 0;
}

int
backup_entry_decide(const struct backup_entry *b, const struct snapshots *l,
    int64_t now, int coming, unsigned char *gone, struct err *e)
{
	struct keep_item *v = xallocn(l->n + 1, sizeof(*v));
	struct keep_zone zone = { zone_at, NULL };
	size_t i;
	int r = 0;

	memset(gone, 0, l->n);
	for (i = 0; i < l->n; i++)
		v[i] = (struct keep_item){
			.time = time_from(l->v[i].time.sec, l->v[i].time.nsec),
			.zone = l->v[i].time.zone, .whole = 1,
			.pinned = (unsigned char)is_pinned(b, &l->v[i]),
		};
	v[l->n] = (struct keep_item){ .time = now, .whole = 1,
	    .zone = zone_at(NULL, now / 1000000) };
	if (b->has_keep)
		r = keep_apply(&b->keep, &zone, now + 1, v,
		    l->n + (coming ? 1 : 0), e);
	for (i = 0; b->has_keep && r == 0 && i < l->n; i++)
		gone[i] = !v[i].keep;
	free(v);
	return r;
}

static int
add_purges(const struct backup_entry *b, const struct snapshots *l,
    const unsigned char *gone, struct plan *p, uint32_t job, struct err *e)
{
	struct op op = { .kind = OP_PURGE, .job = job, .to_dir = PLAN_NONE,
	    .to = "", .text = "", .flags = OP_IRREVERSIBLE };
	CLEAN_BUF struct buf dir = {0};
	char hex[ID_HEX];
	size_t i;

	buf_addf(&dir, "%s/snapshots", b->repository);
	op.from_dir = plan_add_dir(p, buf_str(&dir));
	op.why = plan_add_text(p, "keep lets it go");
	op.from = hex;
	for (i = 0; i < l->n; i++) {
		if (!gone[i])
			continue;
		id_hex(&l->v[i].id, hex);
		if (plan_add(p, &op, e) < 0)
			return -1;
	}
	return 0;
}

/* Nothing is let go, and why; the backup is made all the same. */
static int
add_kept(const struct backup_entry *b, struct plan *p, uint32_t job,
    const char *why, struct err *e)
{
	struct op op = { .kind = OP_PURGE, .state = OP_SKIPPED, .job = job,
	    .to_dir = PLAN_NONE, .to = "", .text = "", .from = "snapshots" };

	op.from_dir = plan_add_dir(p, b->repository);
	op.why = plan_add_text(p, "keep");
	op.error = plan_add_text(p, why);
	return plan_add(p, &op, e);
}

int
backup_entry_plan_keep(const struct backup_entry *b, struct repo *r,
    int64_t now, struct plan *p, uint32_t job, struct err *e)
{
	struct snapshots l = {0};
	unsigned char *gone;
	struct err why = {0};
	int ret;

	if (!b->has_keep)
		return 0;
	if (backup_entry_snapshots(b, r, &l, e) < 0)
		return -1;
	gone = xalloc(l.n + 1);
	ret = backup_entry_decide(b, &l, now, 1, gone, &why) < 0 ?
	    add_kept(b, p, job, why.text, e) :
	    add_purges(b, &l, gone, p, job, e);
	free(gone);
	snapshots_fini(&l);
	return ret;
}
