/*
 * recover.c -- what a crash left is finished or taken back.
 *
 * Every batch without an end is looked at, the newest entry first, for a later
 * entry may have moved on what an earlier one brought.  What an entry finds is
 * told by the tables in recover_move.c, recover_copied.c and here; acting on it
 * uses the same steps as doing (gone.h, NOREPLACE), so a cut in the middle of
 * recovery is a cut like any other.  Results are written when all folders that
 * were touched are flushed.
 *
 * What cannot be decided is never deleted: ATTENTION, both kept.  An entry
 * whose disk is away waits, and its batch stays open.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/copydata.h"
#include "apply/gone.h"
#include "apply/note.h"
#include "apply/recover.h"
#include "apply/token.h"
#include "apply/trashcan.h"
#include "catalog/catalog.h"
#include "fs/who.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

struct open_batch {
	int64_t		 id, run, time;
	int		 phase;
	void		*bytes;		/* ours: readers borrow from it */
	struct batch_reader *reader;
	struct rec	*recs;
	size_t		 n;
	struct buf	 packed;	/* its results */
	uint64_t	*keys;		/* of what is found done */
};

struct open_batches {
	struct open_batch *v;
	size_t		 n, cap;
	struct err	 bad;		/* one of them cannot be read */
};

static void
batches_fini(struct open_batches *b)
{
	size_t i;

	for (i = 0; i < b->n; i++) {
		batch_reader_free(b->v[i].reader);
		free(b->v[i].bytes);
		free(b->v[i].recs);
		buf_fini(&b->v[i].packed);
		free(b->v[i].keys);
	}
	free(b->v);
}

static void
scene_fini(struct scene *s)
{
	folders_free(s->folders);
	copier_free(s->copier);
	free(s->touched.v);
	map_fini(&s->sources);
	map_fini(&s->missed);
	map_fini(&s->leads);
}

static int
read_recs(struct open_batch *b, const struct catalog_batch *cb, struct err *e)
{
	struct result *was = xallocn(cb->n + 1, sizeof(*was));
	size_t i = 0;
	int r = 0;

	b->recs = xallocn(cb->n + 1, sizeof(*b->recs));
	if (cb->results_len > 0)
		r = results_unpack(cb->results, cb->results_len, was, cb->n, e);
	for (; r == 0 && i < cb->n; i++) {
		if (batch_next(b->reader, &b->recs[i].en, e) != 1)
			r = -1;
		b->recs[i].time = cb->time;
		b->recs[i].run = cb->run;
		b->recs[i].was = was[i];
		if (i > 0) {
			b->recs[i - 1].follower = &b->recs[i];
			b->recs[i].leader = &b->recs[i - 1];
		}
	}
	b->n = i;
	free(was);
	return r;
}

static int
collect(void *arg, const struct catalog_batch *cb)
{
	struct open_batches *all = arg;
	struct open_batch *b;

	XGROW(all->v, all->n, all->cap);
	b = &all->v[all->n++];
	*b = (struct open_batch){ .id = cb->id, .run = cb->run,
	    .phase = cb->phase, .time = cb->time, .bytes = xalloc(cb->len + 1) };
	memcpy(b->bytes, cb->bytes, cb->len);
	return batch_read(b->bytes, cb->len, &b->reader, &all->bad) < 0 ||
	    read_recs(b, cb, &all->bad) < 0;
}

/* ---- where things are ---- */
static int
look(const struct fs_dir *d, const char *name, struct fs_id *id)
{
	return d != NULL && *name != '\0' && fs_stat(d, name, id, NULL) == 0;
}

static const struct fs_dir *
hold(struct scene *s, const char *path, uint32_t *n)
{
	if (*path == '\0')
		return NULL;
	*n = folders_add(s->folders, path);
	return folders_hold(s->folders, *n, NULL);
}

/*
 * What this very run made has no identity in the journal.  Its name in a trash
 * was given to nobody else, so what lies there is it, whatever has come under
 * the old name since.  Elsewhere one name must do: the old one, if it is there.
 */
static void
one_of_two(const struct rec *r, struct ends *e)
{
	int in_trash = r->en.kind == ENTRY_TRASH && e->is_to &&
	    born_after(&e->at_to, r->time);

	if (!in_trash)
		e->is_to &= !e->is_from;
	else if (!fs_id_same(&e->at_from, &e->at_to))
		e->is_from = 0;
}

void
ends_open(struct scene *s, const struct rec *r, struct ends *e)
{
	const struct fs_id *want = &r->en.id;
	char part[TOKEN_NAME], gone[TOKEN_NAME];

	*e = (struct ends){ .from_n = NO_FOLDER, .to_n = NO_FOLDER };
	token_part(r->en.token, part);
	token_gone(r->en.token, gone);
	e->from = hold(s, r->en.from_dir, &e->from_n);
	e->to = hold(s, r->en.to_dir, &e->to_n);
	e->is_from = look(e->from, r->en.from, &e->at_from) &&
	    (want->ino == 0 || fs_id_same(&e->at_from, want));
	e->is_to = look(e->to, r->en.to, &e->at_to) &&
	    (want->ino == 0 || fs_id_same(&e->at_to, want));
	if (want->ino == 0)
		one_of_two(r, e);
	e->is_gone = look(e->from, gone, &e->at_gone);
	e->is_part = look(e->to, part, &e->at_part);
}

void
ends_close(struct scene *s, struct ends *e)
{
	if (e->from != NULL)
		folders_release(s->folders, e->from_n);
	if (e->to != NULL)
		folders_release(s->folders, e->to_n);
}

static void
touch_one(struct scene *s, uint32_t n)
{
	struct touched *t = &s->touched;
	size_t i;

	for (i = t->n; i > 0; i--)
		if (t->v[i - 1] == n)
			return;
	XGROW(t->v, t->n, t->cap);
	t->v[t->n++] = n;
}

void
ends_touch(struct scene *s, const struct ends *e)
{
	if (e->from != NULL)
		touch_one(s, e->from_n);
	if (e->to != NULL)
		touch_one(s, e->to_n);
}

int
disk_is_away(const char *dir, const struct fs_id *id, int own)
{
	struct fs_dir *d;
	const char *rest;
	int away;

	if (*dir == '\0' || id->fs == 0)
		return 0;
	if (fs_dir_look_existing(dir, &d, &rest, NULL) < 0)
		return 1;
	away = (*rest != '\0' || (own && !S_ISDIR(id->mode))) &&
	    d->fs != id->fs;
	fs_dir_free(d);
	return away;
}

/* ---- the small tables ---- */

/* A name appeared or not, by one call. */
static void
recover_name(struct rec *r, struct ends *e)
{
	struct fs_id now;
	int there = look(e->to, r->en.to, &now);

	if (r->en.kind == ENTRY_LINK)
		there = there && fs_id_same(&now, &r->en.id) &&
		    now.nlink > r->en.id.nlink;
	else if (r->en.kind == ENTRY_SYMLINK)
		there = there && S_ISLNK(now.mode) &&
		    born_after(&now, r->time);
	else
		there = there && S_ISDIR(now.mode) &&
		    born_after(&now, r->time);
	decide(r, there ? OUTCOME_DONE : OUTCOME_ROLLED_BACK, NULL);
	if (there)
		r->now.id = now;
}

static void
recover_rmdir(struct rec *r, const struct ends *e)
{
	decide(r, e->is_from ? OUTCOME_ROLLED_BACK : OUTCOME_DONE, NULL);
}

/* With whose rights: as it was done (prepare.c).  Of a copy only its target
 * counts, and trees are made by who we are. */
uid_t
recover_as(const struct entry *en)
{
	int to = *en->from_dir == '\0' || en->kind == ENTRY_COPY;

	return en->kind == ENTRY_TREE ? geteuid() :
	    fs_owner(to ? en->to_dir : en->from_dir);
}

static void
recover_kind(struct scene *s, struct rec *r, struct ends *e)
{
	switch (r->en.kind) {
	case ENTRY_MOVE:
	case ENTRY_TRASH:
	case ENTRY_COPY:
	case ENTRY_BUNDLE:
	case ENTRY_UNBUNDLE:
		recover_move(s, r, e);
		break;
	case ENTRY_DELETE:
		if (!S_ISDIR(r->en.id.mode)) {
			recover_delete(s, r, e);
			break;
		}
		/* FALLTHROUGH */
	case ENTRY_PURGE:
		recover_purge(s, r, e);
		break;
	case ENTRY_RMDIR:
		recover_rmdir(r, e);
		break;
	case ENTRY_MKDIR:
	case ENTRY_LINK:
	case ENTRY_SYMLINK:
		recover_name(r, e);
		break;
	case ENTRY_WRITE:
		recover_write(s, r, e);
		break;
	case ENTRY_XATTR:
		recover_xattr(s, r);
		break;
	case ENTRY_TREE:
		recover_tree(s, r, e);
		break;
	case ENTRY_SHELL:
		decide(r, OUTCOME_ATTENTION, "it is not known how far the "
		    "command got");
		break;
	default:
		decide(r, OUTCOME_ROLLED_BACK, NULL);
		break;
	}
}

void
recover_one(struct scene *s, struct rec *r)
{
	CLEAN_WHO uid_t before = fs_who();
	struct ends e;

	if (r->was.outcome != OUTCOME_NONE) {
		r->now = r->was;
		return;
	}
	if (fs_be(recover_as(&r->en), NULL) < 0) {
		decide(r, OUTCOME_NONE, "waits: its owner's rights cannot be "
		    "had");
		return;
	}
	ends_open(s, r, &e);
	if (r->was.id.ino != 0 && recover_lead(s, r, &e))
		;
	else if (r->was.id.ino != 0)
		recover_copied(s, r, &e);
	else
		recover_kind(s, r, &e);
	ends_close(s, &e);
	recover_info(s, r);
}

/* ---- folders that were made for nothing ---- */
static void
unmake(struct scene *s, const struct rec *r)
{
	CLEAN_FREE char *path = xstrdup(r->en.to_dir);
	struct fs_dir *d;
	struct fs_id id;
	char *slash;
	uint32_t i;

	for (i = 0; i < r->en.made; i++) {
		CLEAN_WHO uid_t before = fs_who();

		if ((slash = strrchr(path, '/')) == NULL || slash == path)
			return;
		folders_forget(s->folders, path);
		*slash = '\0';
		if (fs_be(fs_owner(path), NULL) < 0)
			continue;
		if (folder_open(path, &d, NULL) < 0)
			continue;
		if (fs_stat(d, slash + 1, &id, NULL) == 0 &&
		    born_after(&id, r->time))
			unlinkat(d->fd, slash + 1, AT_REMOVEDIR);
		fs_dir_free(d);
	}
}

/* ---- in order ---- */
static void
tell(struct scene *s, const struct rec *r)
{
	static const char *const verbs[] = {
		[ENTRY_MOVE] = "move", [ENTRY_COPY] = "copy",
		[ENTRY_TRASH] = "trash", [ENTRY_DELETE] = "delete",
		[ENTRY_RMDIR] = "remove folder", [ENTRY_MKDIR] = "make folder",
		[ENTRY_TREE] = "make", [ENTRY_PURGE] = "delete",
		[ENTRY_BUNDLE] = "bundle", [ENTRY_WRITE] = "write",
		[ENTRY_LINK] = "link", [ENTRY_SYMLINK] = "link",
		[ENTRY_UNBUNDLE] = "unpack", [ENTRY_SHELL] = "run a command on",
		[ENTRY_XATTR] = "mark",
	};
	CLEAN_BUF struct buf b = {0}, path = {0};

	if (r->told == NULL || s->say == NULL)
		return;
	buf_addf(&b, "%s ", verbs[r->en.kind]);
	if (*r->en.from != '\0') {
		buf_addf(&path, "%s/%s", r->en.from_dir, r->en.from);
		quote_add(&b, buf_str(&path), path.len);
	}
	if (*r->en.to != '\0' && r->en.kind != ENTRY_TRASH &&
	    r->en.kind != ENTRY_XATTR) {
		buf_reset(&path);
		buf_addf(&path, "%s/%s", r->en.to_dir, r->en.to);
		buf_adds(&b, *r->en.from != '\0' ? " to " : "");
		quote_add(&b, buf_str(&path), path.len);
	}
	buf_addf(&b, ": %s", r->told);
	s->say(s->arg, buf_str(&b));
}

static void
remember_source(struct scene *s, struct rec *r)
{
	CLEAN_BUF struct buf key = {0};
	const struct rec *other;
	const uint64_t *at;

	buf_addf(&key, "%s/%s", r->en.from_dir, r->en.from);
	/* Its name was taken, and it was intended anew: that one took it. */
	at = r->now.outcome == OUTCOME_DONE ? NULL :
	    map_get(&s->sources, key.data, key.len);
	other = at == NULL ? NULL : (const struct rec *)(uintptr_t)*at;
	if (other != NULL && other->now.outcome == OUTCOME_DONE &&
	    fs_id_same(&other->en.id, &r->en.id))
		return;
	map_put(&s->sources, key.data, key.len, (uint64_t)(uintptr_t)r);
}

static int
flush_touched(struct scene *s, struct err *e)
{
	const struct fs_dir *d;
	size_t i;
	int r = 0;

	for (i = 0; i < s->touched.n && r == 0; i++) {
		d = folders_hold_again(s->folders, s->touched.v[i], NULL);
		if (d == NULL)
			continue;
		if ((s->touched.n > 8 ? syncfs(d->fd) : fsync(d->fd)) < 0)
			r = err_sys(e, "flush %s", d->path);
		folders_release(s->folders, s->touched.v[i]);
	}
	s->touched.n = 0;
	return r;
}

/* The done keys of what is found done, for the rule that did it. */
static size_t
keys_of(const struct open_batch *b, uint64_t *keys)
{
	size_t i, n = 0;

	for (i = 0; i < b->n; i++)
		if (b->recs[i].now.outcome == OUTCOME_DONE &&
		    b->recs[i].en.done_key != 0)
			keys[n++] = b->recs[i].en.done_key;
	return n;
}

/* What became of b; d borrows from it. */
static int
result_of(struct scene *s, struct open_batch *b, struct catalog_done *d,
    struct err *e)
{
	CLEAN_FREE struct result *v = xallocn(b->n + 1, sizeof(*v));
	uint64_t *hashes = NULL;
	size_t i, n_hashes = 0;

	*d = (struct catalog_done){ .batch = b->id, .phase = 2 };
	for (i = 0; i < b->n; i++) {
		v[i] = b->recs[i].now;
		if (v[i].outcome == OUTCOME_NONE) {
			v[i].id = b->recs[i].was.id;
			d->phase = 1;
		}
	}
	results_pack(&b->packed, v, b->n);
	d->results = b->packed.data;
	d->results_len = b->packed.len;
	d->done_keys = b->keys = xallocn(b->n + 1, sizeof(*b->keys));
	if (d->phase != 2 || (d->n_keys = keys_of(b, b->keys)) == 0)
		return 0;
	if (catalog_run_hashes(s->catalog, b->run, &hashes, &n_hashes, e) < 0)
		return -1;
	if (b->recs[0].en.job < n_hashes)
		d->rule = hashes[b->recs[0].en.job];
	free(hashes);
	return 0;
}

/*
 * The results of a run's batches, n from v on, in one commit: what one of them
 * took back another was to go on with, and recovery, cut between, would find
 * neither the file nor the entry that tells why.
 */
static int
write_results(struct scene *s, struct open_batch *v, size_t n, struct err *e)
{
	CLEAN_FREE struct catalog_done *d = xallocn(n, sizeof(*d));
	int64_t none;
	size_t i;

	for (i = 0; i < n; i++)
		if (result_of(s, &v[i], &d[i], e) < 0)
			return -1;
	return catalog_commit(s->catalog, v[0].run, NULL, 0, 0, d, n, &none, e);
}

static void
summary(struct scene *s, const struct open_batch *b)
{
	size_t i, done = 0, not = 0;
	char line[160];

	for (i = 0; i < b->n; i++) {
		done += b->recs[i].now.outcome == OUTCOME_DONE;
		not += b->recs[i].now.outcome == OUTCOME_ROLLED_BACK;
	}
	snprintf(line, sizeof(line), "run %" PRId64 " was cut short: %zu "
	    "operations of a batch were done, %zu were not", b->run, done, not);
	if (s->say != NULL)
		s->say(s->arg, line);
}

static int
recover_all(struct scene *s, struct open_batches *all, struct err *e)
{
	size_t i, j, n;

	for (i = 0; i < all->n; i++)
		for (j = 0; j < all->v[i].n; j++)
			lead_remember(s, &all->v[i].recs[j]);
	for (i = all->n; i-- > 0;)
		for (j = all->v[i].n; j-- > 0;) {
			struct rec *r = &all->v[i].recs[j];

			recover_one(s, r);
			if (r->en.kind != ENTRY_XATTR)	/* it takes nothing */
				remember_source(s, r);
			write_remember(s, r);
			tell(s, r);
		}
	for (i = 0; i < all->n; i++)
		for (j = 0; j < all->v[i].n; j++)
			if (all->v[i].recs[j].now.outcome ==
			    OUTCOME_ROLLED_BACK)
				unmake(s, &all->v[i].recs[j]);
	if (flush_touched(s, e) < 0)
		return -1;
	for (i = 0; i < all->n; i += n) {
		for (n = 1; i + n < all->n && all->v[i + n].run ==
		    all->v[i].run; n++)
			;
		if (write_results(s, &all->v[i], n, e) < 0)
			return -1;
		for (j = i; j < i + n; j++)
			summary(s, &all->v[j]);
	}
	return 0;
}

int
apply_recover(struct catalog *c, const char *home_trash,
    void (*say)(void *arg, const char *line), void *arg, struct err *e)
{
	CLEAN(batches_fini) struct open_batches all = {0};
	CLEAN(scene_fini) struct scene s = { .catalog = c,
	    .home_trash = home_trash, .say = say, .arg = arg };

	if (catalog_pending(c, 0, collect, &all, e) < 0)
		return -1;
	if (all.bad.kind != ERR_NONE) {
		if (e != NULL)
			*e = all.bad;
		return -1;
	}
	s.folders = folders_new();
	s.copier = copier_new();
	if (all.n > 0 && recover_all(&s, &all, e) < 0)
		return -1;
	return audit(&s, e);
}
