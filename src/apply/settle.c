/*
 * settle.c -- after the hands: is it so, is it on disk, and then it is told.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "apply/brought.h"
#include "apply/folders.h"
#include "apply/hands.h"
#include "apply/later.h"
#include "fs/who.h"
#include "plan/plan.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/quote.h"

#define FLUSH_EACH	8	/* folders; of more, whole file systems */

static const struct fs_dir *
hold(struct apply *a, struct grip *g, uint32_t n)
{
	if (g->dir != NULL && g->n == n)
		return g->dir;
	if (g->dir != NULL)
		folders_release(a->folders, g->n);
	g->n = n;
	return g->dir = folders_hold(a->folders, n, NULL);
}

static void
let_go(struct apply *a, struct grip *g)
{
	if (g->dir != NULL)
		folders_release(a->folders, g->n);
	g->dir = NULL;
}

/* c.2 step 5, for those that the hands did not look at themselves. */
static void
check(struct apply *a, struct load *l)
{
	CLEAN_WHO uid_t before = geteuid();
	struct grip from = {0}, to = {0};
	const struct fs_dir *s, *d;
	uid_t who = before;
	struct item *it;
	size_t i;

	for (i = 0; i < l->n; i++) {
		it = &l->items[i];
		if (!(it->flags & ITEM_MOVED) || it->state != OP_DONE)
			continue;
		if (who != it->who) {
			let_go(a, &from);
			let_go(a, &to);
			if (fs_be(it->who, NULL) < 0)
				continue;	/* the hands could not, either */
			who = it->who;
		}
		s = hold(a, &from, it->from_dir);
		d = hold(a, &to, it->to_dir);
		if (s == NULL || d == NULL)
			continue;	/* moved on, with its folder */
		if (!move_check(l, it, s, d) && it->op.kind == OP_TRASH &&
		    it->state == OP_SKIPPED)
			trash_info_drop(a, it, it->to);
	}
	let_go(a, &from);
	let_go(a, &to);
}

/* A folder that is gone needs no flush: the one above it has it. */
static int
flush_folders(struct apply *a, struct load *l, int whole, struct err *e)
{
	const struct touched *t = &l->touched;
	const struct fs_dir *d;
	char q[QUOTE_SIZE];
	uint64_t last = 0;
	int r = 0, any = 0;
	size_t i;

	for (i = 0; i < t->n && r == 0; i++) {
		d = folders_hold_again(a->folders, t->v[i], NULL);
		if (d == NULL)
			continue;
		if (!whole)
			r = fsync(d->fd);
		else if (!any || last != d->dev) {
			r = syncfs(d->fd);
			last = d->dev;
			any = 1;
		}
		if (r < 0)
			err_sys(e, "flush %s: it is not known whether the "
			    "changes there are on disk",
			    quote_to(q, sizeof(q), d->path));
		folders_release(a->folders, t->v[i]);
	}
	return r;
}

static void
flush(struct apply *a, struct load *l)
{
	int whole = l->touched.whole || l->touched.n > FLUSH_EACH;
	struct err e = {0};
	size_t i;

	if (flush_folders(a, l, whole, &e) == 0)
		return;
	for (i = 0; i < l->n; i++)
		if (l->items[i].state == OP_DONE &&
		    l->items[i].entry != NO_ENTRY)
			item_attention(l, &l->items[i], &e);
}

/* Those behind a command may go on, or not. */
static void
command_ended(struct apply *a, const struct load *l)
{
	const struct item *it = &l->items[l->n - 1];

	if (it->op.kind != OP_SHELL || it->entry == NO_ENTRY)
		return;
	a->row = it->state == OP_DONE ? OP_DONE : OP_SKIPPED;
	a->row_why = "the command before it failed";
	a->row_meant = 0;
}

/* As which file it is there, if as another than was meant, or nobody knew which;
 * ino 0: as that one. */
static const struct fs_id *
come_as(const struct item *it)
{
	const struct fs_id *id = &item_result(it)->id;

	return id->ino == 0 && it->op.kind != OP_WRITE &&
	    (it->op.kind == OP_SYMLINK || it->expect.ino == 0) ? &it->found :
	    id;
}

/* A later plan may go on with it. */
static void
hand_on(struct apply *a, const struct item *it)
{
	const struct fs_id *id = come_as(it);
	CLEAN_BUF struct buf to = {0};

	if (it->state != OP_DONE || it->to != it->op.to)
		return;
	plan_to(a->plan, &it->op, &to);
	brought_put(a->o->brought, buf_str(&to),
	    id->ino != 0 ? id : &it->expect);
}

/* Those behind a copy or a symlink may learn its identity now. */
static void
arrived(struct apply *a, const struct load *l)
{
	const struct item *it;
	size_t i;

	if (!a->follow && a->o->brought == NULL)
		return;
	for (i = 0; i < l->n; i++) {
		it = &l->items[i];
		if (it->entry == NO_ENTRY || it->to_dir == NO_FOLDER ||
		    it->op.kind == OP_TRASH)
			continue;
		if (a->o->brought != NULL)
			hand_on(a, it);
		if (!a->follow)
			continue;
		if (it->state != OP_DONE || it->to != it->op.to)
			survey_failed(a, it->to_dir, it->op.to);
		else if (come_as(it)->ino != 0)
			survey_arrives(a, it->to_dir, it->op.to, come_as(it));
	}
}

static void
tell(struct apply *a, const struct item *it, struct buf *from, struct buf *to)
{
	struct op op = it->op;

	op.state = it->state;
	op.to = it->op.kind == OP_TRASH ? it->op.to : it->to;
	buf_reset(from);
	buf_reset(to);
	plan_from(a->plan, &op, from);
	plan_to(a->plan, &op, to);
	a->r->op(a->r->arg, &op, buf_str(from), buf_str(to),
	    it->error != NULL ? it->error : "");
}

static void
note_found(struct load *l)
{
	struct item *it;
	size_t i;

	for (i = 0; i < l->n; i++) {
		it = &l->items[i];
		if (it->entry != NO_ENTRY && it->found.ino != 0 &&
		    item_result(it)->outcome == OUTCOME_DONE)
			item_result(it)->id = it->found;
	}
}

void
settle(struct apply *a, struct load *l)
{
	CLEAN_BUF struct buf from = {0}, to = {0};
	const struct item *it;
	int later = 0;
	size_t i;

	a->under_way--;
	check(a, l);
	if (a->o->later == NULL || a->o->undoing ||
	    (later = later_take(a->o->later, a, l)) == 0)
		flush(a, l);
	arrived(a, l);
	note_found(l);
	command_ended(a, l);
	for (i = 0; i < l->n && a->r != NULL && a->r->op != NULL; i++) {
		it = &l->items[i];
		/* Stopped before it: it never happened. */
		if (it->state != OP_PLANNED || it->entry == NO_ENTRY)
			tell(a, it, &from, &to);
	}
	if (!later)
		journal_ended(a, l);
}
