/*
 * recover_back.c -- a copy, or a move to another file system, that its rule was to
 * go on with, and did not: it is taken back, so that the rule finds the file where
 * it was, and the next run does all of it (doc/why/crash-safety.md, c.2).
 *
 * Its batch does not end before the next link has (journal.c), so both are here.
 * The copy goes only while a file with equal bytes, unchanged and durable, lies
 * under the old name:
 *
 *	copy	old name
 *	y	the source		equal: the copy goes, ROLLED_BACK
 *	y	a file made since,	ours, of an attempt that was cut: the same
 *		as long and as old
 *	y	free			the copy is copied back, compared, flushed and
 *				named; then it goes, ROLLED_BACK
 *	n	one of the first two	the copy went already, ROLLED_BACK
 *	else				as recover_copied.c says; an undo finds it
 *
 * A cut in between is one of these lines again: what is copied back is a .part
 * with the token of the entry, and the copy goes by way of .gone.  The next link,
 * which is looked at first, does not find it then: lead_is_back tells it why.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/copydata.h"
#include "apply/gone.h"
#include "apply/meta.h"
#include "apply/recover.h"
#include "apply/token.h"
#include "util/buf.h"
#include "util/clean.h"

struct lead {
	struct scene	*s;
	struct rec	*r;
	struct ends	*e;
	char		 part[TOKEN_NAME], gone[TOKEN_NAME];
	const char	*copy;		/* its name now, or NULL */
	struct fs_id	 copy_id;
	int		 old;		/* the old name has its bytes, it seems */
	struct fs_id	 old_id;
};

/* Did its rule go on with it, or is that not known yet? */
static int
went_on(const struct scene *s, const struct rec *r)
{
	const struct rec *next = taken_from(s, r->en.to_dir, r->en.to);

	return next != NULL && next->run == r->run &&
	    fs_id_same(&next->en.id, &r->was.id) &&
	    next->now.outcome != OUTCOME_ROLLED_BACK;
}

static int
is_lead(const struct rec *r)
{
	return r->en.flags & ENTRY_LEADS && r->en.event != EVENT_UNDONE &&
	    (r->en.kind == ENTRY_MOVE || r->en.kind == ENTRY_COPY) &&
	    S_ISREG(r->was.id.mode);
}

static void
path_of(struct buf *out, const char *dir, const char *name)
{
	buf_addf(out, "%s/%s", dir, name);
}

void
lead_remember(struct scene *s, const struct rec *r)
{
	CLEAN_BUF struct buf key = {0};

	if (!is_lead(r))
		return;
	path_of(&key, r->en.to_dir, r->en.to);
	map_put(&s->leads, key.data, key.len, (uint64_t)(uintptr_t)r);
}

/* Under its old name as it was, or what an attempt before this brought back. */
static int
is_old(const struct rec *r, const struct fs_id *at)
{
	if (!S_ISREG(at->mode) || at->size != r->en.id.size ||
	    at->mtime != r->en.id.mtime)
		return 0;
	return fs_id_same(at, &r->en.id) ||
	    (r->en.kind == ENTRY_MOVE && born_after(at, r->time));
}

/* Does it lie where b took it from? */
static int
lies_before(struct scene *s, const struct rec *lead, const struct rec *b,
    struct fs_id *id)
{
	uint32_t n = folders_add(s->folders, b->en.from_dir);
	const struct fs_dir *d = folders_hold(s->folders, n, NULL);
	int there;

	if (d == NULL)
		return 0;
	there = fs_stat(d, b->en.from, id, NULL) == 0 && is_old(lead, id);
	folders_release(s->folders, n);
	return there;
}

/* Links before it may have been put back already, too. */
static int
further_back(struct scene *s, const struct rec *lead, struct fs_id *id)
{
	const struct rec *b = link_before(lead);

	while (b != NULL && !lies_before(s, lead, b, id))
		b = link_before(b);
	return b != NULL;
}

/* The copy, by a hidden name. */
static int
is_hidden(const struct rec *lead, const struct fs_dir *d)
{
	char part[TOKEN_NAME], gone[TOKEN_NAME];
	struct fs_id at;

	token_part(lead->en.token, part);
	token_gone(lead->en.token, gone);
	return (fs_stat(d, gone, &at, NULL) == 0 &&
	    fs_id_same(&at, &lead->was.id)) ||
	    (fs_stat(d, part, &at, NULL) == 0 &&
	    fs_id_same(&at, &lead->was.id));
}

/* Or the copy was moved on, and somebody removed it before we looked: the next run
 * makes it again then, of the same file. */
int
lead_is_back(struct scene *s, const struct rec *r)
{
	CLEAN_BUF struct buf key = {0};
	const struct rec *lead, *l;
	const uint64_t *at;
	struct fs_id at_old;
	struct ends e;
	int back;

	while ((l = link_before(r)) != NULL)
		r = l;
	path_of(&key, r->en.from_dir, r->en.from);
	at = map_get(&s->leads, key.data, key.len);
	lead = at == NULL ? NULL : (const struct rec *)(uintptr_t)*at;
	if (lead == NULL || lead->run != r->run ||
	    !fs_id_same(&lead->was.id, &r->en.id))
		return 0;
	ends_open(s, lead, &e);
	back = e.to != NULL && is_hidden(lead, e.to);
	ends_close(s, &e);
	return back || lies_before(s, lead, lead, &at_old) ||
	    further_back(s, lead, &at_old);
}

static void
find_copy(struct lead *l)
{
	const char *names[] = { l->r->en.to, l->part, l->gone };
	size_t i;

	for (i = 0; i < 3 && l->copy == NULL; i++)
		if (fs_stat(l->e->to, names[i], &l->copy_id, NULL) == 0 &&
		    fs_id_same(&l->copy_id, &l->r->was.id))
			l->copy = names[i];
}

/* The source may have gone half-way. */
static void
find_old(struct lead *l)
{
	const struct rec *r = l->r;

	if (l->e->is_gone && fs_id_same(&l->e->at_gone, &r->en.id) &&
	    l->copy != l->gone)
		gone_back(l->e->from, r->en.from, r->en.token, NULL);
	l->old = fs_stat(l->e->from, r->en.from, &l->old_id, NULL) == 0 &&
	    is_old(r, &l->old_id);
}

static int
open_in(const struct fs_dir *d, const char *name)
{
	return openat(d->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
}

/* Both hold the same, read from the disk, and the old one is durable. */
static int
stands_for(struct lead *l, const char *old)
{
	CLEAN_FD int a = open_in(l->e->to, l->copy);
	CLEAN_FD int b = open_in(l->e->from, old);

	if (a < 0 || b < 0 || fsync(b) < 0 || fsync(l->e->from->fd) < 0)
		return 0;
	posix_fadvise(b, 0, 0, POSIX_FADV_DONTNEED);
	return l->copy_id.size == l->r->en.id.size &&
	    copier_same(l->s->copier, a, b, l->copy_id.size, NULL) == 1;
}

/* What an attempt that was cut left there goes; what cannot be ours stays, and is
 * in the way. */
static int
free_part(const struct lead *l)
{
	const struct fs_dir *d = l->e->from;
	struct fs_id at;

	if (fs_stat(d, l->part, &at, NULL) < 0)
		return 0;
	return part_is_ours(l->r, &at) ? unlinkat(d->fd, l->part, 0) : -1;
}

/* A new file from the copy, as .part in the old folder; *id is it.  -1: there is
 * none. */
static int
make_part(struct lead *l, struct fs_id *id)
{
	CLEAN_FD int from = open_in(l->e->to, l->copy);
	CLEAN_FD int to = -1;
	unsigned lost = 0;

	if (from < 0 || free_part(l) < 0)
		return -1;
	to = openat(l->e->from->fd, l->part, O_RDWR | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -1;
	if (copier_copy(l->s->copier, from, to, l->copy_id.size, COPY_NO_SUM,
	    NULL, NULL) == 0 && meta_copy(from, to, &l->copy_id, &lost, NULL,
	    NULL) == 0 && !(lost & META_PRECIOUS) && fsync(to) == 0 &&
	    fs_stat_fd(l->e->from, to, id, NULL) == 0)
		return 0;
	unlinkat(l->e->from->fd, l->part, 0);
	return -1;
}

/* The copy is copied back to the old name, which is free. */
static int
bring(struct lead *l)
{
	const struct fs_dir *d = l->e->from;

	if (make_part(l, &l->old_id) < 0)
		return -1;
	if (!stands_for(l, l->part) || renameat2(d->fd, l->part, d->fd,
	    l->r->en.from, RENAME_NOREPLACE) < 0) {
		unlinkat(d->fd, l->part, 0);
		return -1;
	}
	l->old = 1;
	return 0;
}

static enum gone
copy_away(struct lead *l)
{
	const struct rec *r = l->r;
	const struct fs_dir *d = l->e->to;

	if (l->copy == l->gone)
		return gone_finish(d, r->en.to, r->en.token, &r->was.id, 1,
		    NULL);
	if (l->copy == l->part)
		return unlinkat(d->fd, l->part, 0) == 0 ? GONE_DONE :
		    GONE_FAILED;
	return gone_file(d, r->en.to, r->en.token, &r->was.id, 1, NULL);
}

static void
gone_so(struct rec *r, const struct fs_id *at)
{
	r->now.id = (struct fs_id){0};
	if (!fs_id_same(at, &r->en.id))
		r->back = *at;
	decide(r, OUTCOME_ROLLED_BACK, "was taken back: what its rule was to "
	    "do next was not done");
}

/* The copy is there.  1: decided. */
static int
take_copy_back(struct lead *l)
{
	struct rec *r = l->r;
	int made = 0;

	if (!fs_id_unchanged(&l->copy_id, &r->was.id))
		return 0;
	if (!l->old && r->en.kind == ENTRY_MOVE)
		made = bring(l) == 0;
	if (!l->old || !stands_for(l, r->en.from))
		return 0;
	switch (copy_away(l)) {
	case GONE_DONE:
		gone_so(r, &l->old_id);
		return 1;
	case GONE_LEFT:
		decide(r, OUTCOME_ATTENTION, "both are kept");
		return 1;
	default:
		/* Somebody has it open: what was copied back goes. */
		if (made)
			gone_file(l->e->from, r->en.from, r->en.token,
			    &l->old_id, 1, NULL);
		return 0;
	}
}

int
recover_lead(struct scene *s, struct rec *r, struct ends *e)
{
	struct lead l = { .s = s, .r = r, .e = e };

	if (!is_lead(r) || e->from == NULL || went_on(s, r) ||
	    disk_is_away(r->en.to_dir, &r->was.id, 1))
		return 0;
	token_part(r->en.token, l.part);
	token_gone(r->en.token, l.gone);
	ends_touch(s, e);
	if (e->to != NULL)	/* else it went with the folder made for it */
		find_copy(&l);
	find_old(&l);
	if (l.copy != NULL && take_copy_back(&l))
		return 1;
	if (l.copy == NULL && (l.old || further_back(s, r, &l.old_id))) {
		gone_so(r, &l.old_id);
		return 1;
	}
	/* As it was found, for the usual table. */
	ends_close(s, e);
	ends_open(s, r, e);
	if (l.copy == l.gone)
		gone_back(e->to, r->en.to, r->en.token, NULL);
	return 0;
}
