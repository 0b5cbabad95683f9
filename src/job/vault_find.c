/* vault_find.c -- which snapshots hold a file; see vault_find.h. */
#include <stdlib.h>
#include <string.h>

#include "backup/entry.h"
#include "job/job.h"
#include "job/vault.h"
#include "job/vault_find.h"
#include "repo/find.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"

struct asking {
	struct hall		*h;
	const struct job	*j;
	const struct vault_question *q;
	struct repo		*r;
	const struct snapshot	*s;
	int			 hits;	/* in this snapshot */
};

static void
lacks(const struct asking *k, const char *what, const struct err *why)
{
	CLEAN_BUF struct buf b = {0};

	buf_adds(&b, what);
	buf_adds(&b, why->text);
	k->q->lacks(k->q->arg, buf_str(&b));
}

/* The entry whose tag a snapshot has; else the one that asks. */
static const char *
made_by(const struct asking *k)
{
	char **tag;
	const struct job *j;

	for (tag = k->s->tags; tag != NULL && *tag != NULL; tag++)
		if (strncmp(*tag, "fettle:", 7) == 0 &&
		    (j = settings_job(k->h->s, *tag + 7)) != NULL &&
		    j->backup != NULL)
			return j->name;
	return k->j->name;
}

static void
tell(struct asking *k, const char *path, int64_t mtime, int wanted)
{
	const struct vault_hit v = { .path = path, .snapshot = k->s,
	    .time = time_from(k->s->time.sec, k->s->time.nsec),
	    .mtime = mtime, .wanted = wanted, .backup = made_by(k) };

	k->hits++;
	k->q->hit(k->q->arg, &v);
}

static int64_t
mtime_of(const struct node *n)
{
	return time_from(n->mtime.sec, n->mtime.nsec);
}

/* ---- by its path ---- */
static void
look_up(struct asking *k)
{
	struct repo_hand *hand = repo_hand_new(k->r);
	CLEAN_ARENA struct arena a = {0};
	struct err e = {0};
	struct node n;

	if (tree_find(k->r, hand, &k->s->tree, k->q->path, &a, &n, &e) == 0) {
		if (n.type != NODE_DIR || k->q->folders)
			tell(k, k->q->path, mtime_of(&n), 2);
	} else if (e.kind != ERR_NOENT)
		lacks(k, "", &e);
	repo_hand_free(hand);
}

/* ---- by its name ---- */
struct note {
	int64_t		 mtime;
	int		 wanted;
};

static int
each(void *arg, struct finder *f, const struct id *tree, const char *path,
    const struct node *n)
{
	struct asking *k = arg;
	CLEAN_BUF struct buf b = {0};
	struct note note = { .mtime = mtime_of(n) };

	(void)tree;
	if (n->type == NODE_DIR)
		return TREE_ENTER;
	note.wanted = k->q->wants(k->q->arg, path);
	if (note.wanted) {
		buf_add(&b, &note, sizeof(note));
		buf_add(&b, path, strlen(path) + 1);
		finder_note(f, b.data, b.len);
	}
	return TREE_PASS;
}

static int
found(void *arg, const void *text, size_t len)
{
	struct note note;

	(void)len;
	memcpy(&note, text, sizeof(note));
	tell(arg, (const char *)text + sizeof(note), note.mtime, note.wanted);
	return 0;
}

static void
bad(void *arg, const char *path, const struct id *tree, const struct err *why)
{
	CLEAN_BUF struct buf b = {0};

	(void)tree;
	quote_str(&b, path);
	buf_adds(&b, ": ");
	lacks(arg, buf_str(&b), why);
}

/* ---- all snapshots ---- */
static void
on_bad_snapshot(void *arg, const struct id *id, const struct err *why)
{
	(void)id;
	lacks(arg, "", why);
}

static int
is_late(const struct asking *k)
{
	return k->q->as_of != 0 &&
	    time_from(k->s->time.sec, k->s->time.nsec) > k->q->as_of;
}

static int
go_through(struct asking *k, const struct snapshots *all, struct err *e)
{
	const struct find_watch w = { each, found, bad, k };
	struct finder *f = finder_new(k->r, &w, all->n > 1);
	size_t i;
	int r = 0;

	for (i = 0; i < all->n && r >= 0; i++) {
		k->s = &all->v[k->q->newest ? all->n - 1 - i : i];
		k->hits = 0;
		if (is_late(k))
			continue;
		if (k->q->path != NULL)
			look_up(k);
		else
			r = finder_walk(f, &k->s->tree, e);
		if (k->q->newest && k->hits > 0)
			break;
	}
	finder_free(f);
	return r < 0 ? -1 : 0;
}

void
vault_find(struct hall *h, const struct job *j, const struct vault_question *q)
{
	struct asking k = { .h = h, .j = j, .q = q };
	CLEAN_FREE char *host = j->backup->host != NULL ?
	    xstrdup(j->backup->host) : backup_host();
	const char *const hosts[] = { host, NULL };
	const struct snapshot_filter of = { .hosts = hosts };
	struct snapshots all = {0};
	struct err e = {0};
	int r = vault_ask(h, j, &k.r, &e);

	if (r == 0)
		return;
	if (r < 0 || snapshots_load(k.r, &of, on_bad_snapshot, &k, &all,
	    &e) < 0 || go_through(&k, &all, &e) < 0)
		lacks(&k, "", &e);
	snapshots_fini(&all);
}
