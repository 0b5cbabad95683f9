/* parent.c -- which snapshots a backup is held against. */
#include <string.h>

#include "backup/impl.h"
#include "backup/parent.h"
#include "util/clean.h"
#include "util/xalloc.h"

int
parent_is_checkpoint(const struct snapshot *s)
{
	return snapshot_has_tags(s, BACKUP_PARTIAL) && s->unknown != NULL &&
	    strstr(s->unknown, PARENT_MARK) != NULL;
}

static void
unreadable(void *arg, const struct id *id, const struct err *why)
{
	char hex[ID_SHORT];

	id_short(id, hex);
	run_note(arg, "snapshot %s cannot be read: %s", hex, why->text);
}

static void
take(struct parents *p, const struct snapshot *s)
{
	if (p->trees.n < PAST_MAX)
		p->trees.id[p->trees.n++] = s->tree;
	p->has = 1;
	p->id = s->id;
	p->tree = s->tree;
	p->has_summary = s->has_summary;
	p->summary = s->summary;
	p->summary.unknown = NULL;
}

/* The one that was asked for, and if it is a checkpoint what it was held
 * against itself. */
static int
take_named(struct run *r, const struct snapshot_filter *f,
    struct parents *out, struct err *e)
{
	CLEAN_SNAPSHOT struct snapshot s = {0}, own = {0};
	const char *sub;

	if (snapshot_named(r->repo, r->o->parent, f, &s, &sub, e) < 0)
		return err_wrap(e, "parent");
	if (sub != NULL)
		return err_set(e, ERR_USAGE, "a parent is a whole snapshot");
	take(out, &s);
	if (s.has_parent && parent_is_checkpoint(&s) &&
	    snapshot_load(r->repo, &s.parent, &own, NULL) == 0)
		out->trees.id[out->trees.n++] = own.tree;
	return 0;
}

/* Time as µs, for the order. */
static int
is_after(const struct node_time *t, int64_t us)
{
	int64_t sec = us / 1000000, nsec = us % 1000000 * 1000;

	return t->sec > sec || (t->sec == sec && t->nsec > nsec + 999);
}

/* With BACKUP_BY_TAGS and no tags of our own: none but a checkpoint's. */
static int
is_untagged(const struct snapshot *s)
{
	return s->tags == NULL || s->tags[0] == NULL ||
	    (s->tags[1] == NULL && parent_is_checkpoint(s));
}

/* Those since the parent are asked, too.  An older one was left by a backup that
 * was killed when its whole was there (and has the same time, maybe): it only goes. */
static void
note_checkpoint(struct parents *p, const struct snapshot *s)
{
	if (p->n_checkpoints == PAST_MAX - 1)
		return;
	p->checkpoints[p->n_checkpoints++] = s->id;
	if (!p->has)
		p->trees.id[p->trees.n++] = s->tree;
}

static void
choose(struct run *r, const struct snapshots *all, int untagged,
    struct parents *out)
{
	const struct snapshot *s;
	size_t i;

	for (i = all->n; i-- > 0;) {
		s = &all->v[i];
		if (is_after(&s->time, r->time) ||
		    (untagged && !is_untagged(s)))
			continue;
		if (parent_is_checkpoint(s))
			note_checkpoint(out, s);
		else if (!out->has)
			take(out, s);
	}
}

/* "a,b" */
static char *
join(const char *const *tags)
{
	struct buf out = {0};

	for (; tags != NULL && *tags != NULL; tags++) {
		if (out.len > 0)
			buf_addc(&out, ',');
		buf_adds(&out, *tags);
	}
	return buf_steal(&out);
}

int
parents_find(struct run *r, struct parents *out, struct err *e)
{
	const struct backup_options *o = r->o;
	CLEAN_FREE char *list = join(o->tags);
	const char *hosts[] = { o->host, NULL }, *tags[] = { list, NULL };
	int by_tags = (o->group_by & BACKUP_BY_TAGS) != 0;
	struct snapshot_filter f = {
		.hosts = o->group_by & BACKUP_BY_HOST ? hosts : NULL,
		.paths = o->group_by & BACKUP_BY_PATHS ? r->paths : NULL,
		.tags = by_tags && *list != '\0' ? tags : NULL,
	};
	struct snapshots all;

	*out = (struct parents){0};
	if (o->force || o->stdin_name != NULL)
		return 0;
	if (o->parent != NULL)
		return take_named(r, &f, out, e);
	if (snapshots_load(r->repo, &f, unreadable, r, &all, e) < 0)
		return -1;
	choose(r, &all, by_tags && *list == '\0', out);
	snapshots_fini(&all);
	return 0;
}
