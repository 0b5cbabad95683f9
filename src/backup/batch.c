/*
 * batch.c -- some entries of a folder, done by one worker.
 *
 * 1. Each is looked at.
 * 2. They are held against the parent's tree, which is read from front to back:
 *    so the batches of a folder take turns, in the order in which they were
 *    pushed, which is that in which they began.  What did not change is taken
 *    over as it stands there.
 * 3. Files that are new or changed are read.
 * 4. All that was given away is back: nodes are written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/batch_impl.h"
#include "backup/exclude.h"
#include "backup/folder.h"
#include "backup/moves.h"
#include "fs/dir.h"
#include "repo/index.h"
#include "repo/repo.h"
#include "util/clean.h"
#include "util/time.h"
#include "util/xalloc.h"

#define PAST_KEEP	((size_t)4 << 20)	/* of a parent's tree, until the end */

/* ---- names and paths ---- */

static const char *
name_of(const struct batch *b, size_t i)
{
	return names_get(&b->f->names, b->first + i);
}

/* What it is called on the disk, which differs for some targets. */
const char *
batch_real_name(const struct batch *b, size_t i)
{
	const char *slash;

	if (b->target == NULL)
		return name_of(b, i);
	slash = strrchr(b->target, '/');
	return slash != NULL ? slash + 1 : b->target;
}

char *
batch_path(const struct batch *b, size_t i)
{
	const char *dir = b->f->path;

	if (b->target != NULL)
		return xstrdup(b->target);
	return xasprintf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir,
	    name_of(b, i));
}

char *
batch_snap(const struct batch *b, size_t i)
{
	return xasprintf("%s/%s", b->f->snap, name_of(b, i));
}

struct meta_at
batch_at(const struct batch *b, size_t i)
{
	return (struct meta_at){ b->fd, b->here, batch_real_name(b, i) };
}

static void
problem(struct batch *b, size_t i, const struct err *why)
{
	CLEAN_FREE char *path = batch_path(b, i);

	run_problem(b->r, path, why);
}

/* Gone since the folder was listed: that is no problem. */
static int
is_gone(const struct err *e)
{
	return e->sys == ENOENT;
}

void
batch_leave_out(struct batch *b, size_t i, const struct err *why)
{
	b->jobs[i].verdict = LEFT_OUT;
	if (why != NULL && !is_gone(why))
		problem(b, i, why);
}

/* ---- 1 ---- */

static int
wanted(const struct batch *b, const struct look *l)
{
	const struct backup_exclude *x = b->r->o->exclude;

	if (S_ISSOCK(l->mode))
		return 0;
	if (x != NULL && b->target == NULL && l->size > x->larger)
		return 0;
	return !b->r->o->one_file_system || l->dev == b->dev;
}

static void
look(struct batch *b, size_t i)
{
	struct meta_at at = batch_at(b, i);
	struct job *j = &b->jobs[i];
	struct err e = {0};
	int xattrs;

	j->verdict = FRESH;
	if (look_at(b->fd, at.name, &j->look) < 0) {
		err_sys(&e, "look at it");
		batch_leave_out(b, i, &e);
		return;
	}
	if (S_ISDIR(j->look.mode)) {
		err_set(&e, ERR_CHANGED, "it is a folder now");
		batch_leave_out(b, i, &e);
		return;
	}
	if (!wanted(b, &j->look)) {
		batch_leave_out(b, i, NULL);
		return;
	}
	xattrs = meta_has_xattrs(&at);
	j->look.xattrs = xattrs != 0;
	if (S_ISREG(j->look.mode))
		j->verdict = UNREAD;
}

/* ---- 2 ---- */

static int
time_is(const struct look_time *t, const struct node_time *n)
{
	return t->sec == n->sec && t->nsec == (uint32_t)n->nsec;
}

/* restic's rule (restic-format 1.14). */
static int
same_bytes(const struct backup_options *o, const struct look *l,
    const struct node *n)
{
	if (n->type != NODE_FILE || n->size != l->size ||
	    !time_is(&l->mtime, &n->mtime))
		return 0;
	if (!o->ignore_ctime && !o->ignore_inode &&
	    !time_is(&l->ctime, &n->ctime))
		return 0;
	return o->ignore_inode || n->inode == l->ino;
}

static int
all_there(struct run *r, const struct node *n)
{
	size_t i;

	for (i = 0; i < n->n_content; i++)
		if (!index_has(r->repo->index, BLOB_DATA, &n->content[i]))
			return 0;
	return 1;
}

static void
take_content(struct job *j, const struct id *v, size_t n)
{
	struct id *copy = xallocn(n + 1, sizeof(*copy));

	if (n > 0)
		memcpy(copy, v, n * sizeof(*copy));
	content_take(&j->content, copy, n);
	j->content.size = j->look.size;
}

/* A file that a parent has with these bytes. */
static void
take_over(struct batch *b, size_t i, const struct past_hit *hit)
{
	struct job *j = &b->jobs[i];
	struct run *r = b->r;

	j->what = BACKUP_UNMODIFIED;
	if (!j->look.xattrs && hit->node->n_xattrs == 0 &&
	    meta_equal(&r->owners, &j->look, hit->node, r->o->with_atime)) {
		j->verdict = AS_IT_WAS;
		j->at = b->kept.len;
		j->len = hit->len;
		buf_add(&b->kept, hit->text, hit->len);
	} else {
		j->verdict = FRESH;
		take_content(j, hit->node->content, hit->node->n_content);
	}
}

static void
compare(struct batch *b, size_t i)
{
	struct past_hit hits[PAST_MAX];
	struct job *j = &b->jobs[i];
	struct err e = {0};
	size_t n, k;

	n = past_find(&b->f->past, name_of(b, i), hits);
	j->what = n > 0 ? BACKUP_CHANGED : BACKUP_NEW;
	if (j->verdict != UNREAD)
		return;
	for (k = 0; k < n; k++) {
		j->stayed |= hits[k].node->inode == j->look.ino;
		if (!same_bytes(b->r->o, &j->look, hits[k].node))
			continue;
		if (all_there(b->r, hits[k].node)) {
			take_over(b, i, &hits[k]);
			return;
		}
		err_set(&e, ERR_CORRUPT, "parts of it are not found in the "
		    "repository's index; storing it again");
		problem(b, i, &e);
	}
}

static void
compare_all(struct batch *b)
{
	struct folder *f = b->f;
	struct run *r = b->r;
	size_t i;

	pthread_mutex_lock(&r->lock);
	while (f->turn != b->number)
		pthread_cond_wait(&r->turned, &r->lock);
	pthread_mutex_unlock(&r->lock);
	folder_load_past(f, b->w->hand);
	for (i = 0; i < b->n; i++)
		if (b->jobs[i].verdict != LEFT_OUT)
			compare(b, i);
	pthread_mutex_lock(&r->lock);
	f->turn++;
	if (b->last && past_size(&f->past) > PAST_KEEP) {
		f->same = 0;
		past_fini(&f->past);
	}
	pthread_cond_broadcast(&r->turned);
	pthread_mutex_unlock(&r->lock);
}

/* ---- 4 ---- */

static void
count(struct batch *b, size_t i)
{
	struct job *j = &b->jobs[i];
	struct run *r = b->r;
	CLEAN_FREE char *snap = NULL;

	if (!S_ISREG(j->look.mode))
		return;
	atomic_fetch_add(&r->n_files[j->what], 1);
	atomic_fetch_add(&r->sum, j->verdict == AS_IT_WAS ? j->look.size :
	    j->content.size);
	if (j->what == BACKUP_UNMODIFIED)
		atomic_fetch_add(&r->bytes, j->look.size);
	atomic_fetch_add(&r->files, 1);
	if (r->ev->item == NULL ||
	    (r->ev->changes_only && j->what == BACKUP_UNMODIFIED))
		return;
	snap = batch_snap(b, i);
	run_item(r, &(struct backup_item){ .path = snap, .what = j->what,
	    .moved = j->moved, .size = j->look.size,
	    .added = j->content.added, .packed = j->content.packed,
	    .took = j->began ? time_mono() - j->began : 0 });
}

/* The node of a job: 1, 0 if it is left out. */
static int
make_node(struct batch *b, size_t i, struct node *n)
{
	struct job *j = &b->jobs[i];
	struct meta_at at = batch_at(b, i);
	struct err e = {0};

	meta_room_reset(&b->w->room);
	if (meta_node(&b->r->owners, &b->w->room, &j->look, &at,
	    name_of(b, i), b->r->o->with_atime, n, &e) < 0) {
		batch_leave_out(b, i, &e);
		if (n->type == NODE_SYMLINK && n->target == NULL)
			return 0;
		j->verdict = FRESH;	/* but for some of its xattrs */
	}
	if (n->type == NODE_FILE) {
		n->size = j->content.size;
		n->content = j->content.v;
		n->n_content = j->content.n;
	}
	return 1;
}

static void
write_one(struct batch *b, size_t i)
{
	struct job *j = &b->jobs[i];
	struct node n;

	if (j->verdict == LEFT_OUT ||
	    (j->verdict == FRESH && !make_node(b, i, &n)))
		return;
	if (b->out.len > 0)
		buf_addc(&b->out, ',');
	if (j->verdict == AS_IT_WAS)
		buf_add(&b->out, b->kept.data + j->at, j->len);
	else
		node_write(&b->out, &n);
	count(b, i);
}

static void
note_moves(struct batch *b)
{
	struct moves *m = b->r->moves;
	size_t i;

	if (!moves_begin(m, b->f))
		return;
	for (i = 0; i < b->n; i++)
		if (b->jobs[i].verdict != LEFT_OUT &&
		    S_ISREG(b->jobs[i].look.mode))
			moves_note(m, &b->jobs[i].look, name_of(b, i));
	moves_end(m);
}

static void
work(struct batch *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		look(b, i);
	compare_all(b);
	for (i = 0; i < b->n && !run_over(b->r); i++)
		if (b->jobs[i].verdict == UNREAD)
			batch_read_all(b, i);
	giving_wait(&b->giving, b->w);
	for (i = 0; i < b->n && !run_over(b->r); i++)
		write_one(b, i);
	note_moves(b);
}

/* What only paths can do goes from here, if that is ours to say. */
static void
go_there(struct batch *b)
{
	b->here = b->w->own_cwd && fchdir(b->fd) == 0;
}

static void
batch_run(struct task *t, struct worker *w)
{
	struct batch *b = (struct batch *)(void *)t;
	struct folder *f = b->f;
	size_t i;

	b->w = w;
	b->jobs = xallocn(b->n, sizeof(*b->jobs));
	giving_init(&b->giving);
	go_there(b);
	work(b);
	giving_fini(&b->giving);
	if (b->dir == NULL)
		folder_unuse(f);
	folder_put(f, b->first, b->first + b->n, (const char *)b->out.data,
	    b->out.len, w->hand);
	for (i = 0; i < b->n; i++)
		content_fini(&b->jobs[i].content);
	free(b->jobs);
	buf_fini(&b->kept);
	buf_fini(&b->out);
	fs_dir_free(b->dir);
	free(b->target);
	free(b);
}

static struct batch *
new_batch(struct folder *f, size_t first, size_t last)
{
	struct batch *b = xalloc(sizeof(*b));

	b->task.run = batch_run;
	b->f = f;
	b->r = f->r;
	b->first = first;
	b->n = last - first;
	b->number = f->batches++;
	return b;
}

void
batch_push(struct folder *f, size_t first, size_t last)
{
	struct batch *b = new_batch(f, first, last);

	b->fd = f->fd;
	b->dev = f->dev;
	b->last = last == f->names.n;
	folder_use(f);
	tasks_push(f->r->tasks, &b->task);
}

void
batch_push_target(struct folder *f, size_t i, struct fs_dir *d,
    const char *path, uint64_t dev)
{
	struct batch *b = new_batch(f, i, i + 1);

	b->fd = d->fd;
	b->dir = d;
	b->target = xstrdup(path);
	b->dev = dev;
	tasks_push(f->r->tasks, &b->task);
}
