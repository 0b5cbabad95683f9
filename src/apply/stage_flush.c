/* stage_flush.c -- steps 7 to 11 of stage.c, for all copies on their way. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apply/copydata.h"
#include "apply/folders.h"
#include "apply/gone.h"
#include "apply/stage_impl.h"
#include "apply/token.h"
#include "util/clean.h"
#include "util/quote.h"

static int
moves(const struct pending *p)
{
	return p->it->op.kind != OP_COPY && p->it->op.kind != OP_UNBUNDLE;
}

/* It ends otherwise: what was made of it goes, by name or as .part. */
static void
end_failed(struct hands *h, struct pending *p, const struct err *e)
{
	const struct fs_dir *d = folders_hold(h->a->folders, p->it->to_dir,
	    NULL);

	p->dead = 1;
	if (p->shown && d != NULL && p->tree)
		gone_tree(d, p->it->to, p->it->token, &p->part, NULL);
	else if (p->shown && d != NULL)
		gone_file(d, p->it->to, p->it->token, &p->part, 0, NULL);
	stage_discard(h, p->it, d);
	if (d != NULL)
		folders_release(h->a->folders, p->it->to_dir);
	item_result(p->it)->id = (struct fs_id){0};
	if (e->kind == ERR_STOPPED) {
		h->load->stopped = 1;
		item_result(p->it)->outcome = OUTCOME_ROLLED_BACK;
	} else if (e->kind == ERR_CHANGED)
		item_skip(h->load, p->it, "%s", e->text);
	else
		item_fail(h->load, p->it, e);
}

/* syncfs once a file system; whoever lies on one that fails has failed. */
static void
sync_targets(struct hands *h, int only_moves)
{
	uint64_t done = 0, any = 0;
	const struct fs_dir *d;
	struct pending *p;
	struct err e;
	size_t i;
	int bad = 0;

	for (i = 0; i < h->stage->n; i++) {
		p = &h->stage->v[i];
		e = (struct err){0};
		if (p->dead || (only_moves && !moves(p)))
			continue;
		d = folders_hold(h->a->folders, p->it->to_dir, &e);
		if (d == NULL) {
			end_failed(h, p, &e);
			continue;
		}
		if (!any || done != d->dev) {
			bad = syncfs(d->fd) < 0 ? errno : 0;
			done = d->dev;
			any = 1;
		}
		errno = bad;
		if (bad)
			err_sys(&e, "flush %s", d->path);
		folders_release(h->a->folders, p->it->to_dir);
		if (bad)
			end_failed(h, p, &e);
	}
}

static int
stop(void *arg, uint64_t bytes)
{
	(void)bytes;
	return hands_stopped(arg);
}

/* Step 8, through a new open.  A folder is compared when it goes (matching.h). */
static int
read_back(struct hands *h, struct pending *p, const struct fs_dir *d,
    struct err *e)
{
	char part[TOKEN_NAME];
	unsigned char mark[32];
	struct fs_id now;
	CLEAN_FD int fd = -1;
	int r;

	if (!moves(p) || p->tree)
		return 0;
	token_part(p->it->token, part);
	fd = openat(d->fd, part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open the copy again");
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (fs_stat_fd(d, fd, &now, e) < 0)
		return -1;
	if (!fs_id_unchanged(&now, &p->part) || now.mode != p->part.mode ||
	    now.uid != p->part.uid || now.gid != p->part.gid)
		return err_set(e, ERR_IO, "the copy is not what was written");
	copier_watch(h->copier, stop, h);
	r = copier_sum(h->copier, fd, p->source.size, COPY_MARK, mark, e);
	copier_watch(h->copier, NULL, NULL);
	if (r < 0)
		return e->kind == ERR_STOPPED ? -1 : err_set(e, ERR_IO,
		    "the copy cannot be read back");
	if (memcmp(mark, p->mark, sizeof(mark)) != 0)
		return err_set(e, ERR_IO, "the copy read back is not what was "
		    "written");
	return 0;
}

/* A step for each that is alive, with its target's folder held; who fails is out. */
static void
each_live(struct hands *h, int (*step)(struct hands *h, struct pending *p,
    const struct fs_dir *d, struct err *e))
{
	const struct fs_dir *d;
	struct pending *p;
	struct err e;
	size_t i;
	int r;

	for (i = 0; i < h->stage->n; i++) {
		p = &h->stage->v[i];
		e = (struct err){0};
		if (p->dead)
			continue;
		d = folders_hold(h->a->folders, p->it->to_dir, &e);
		r = d != NULL ? step(h, p, d, &e) : -1;
		if (d != NULL)
			folders_release(h->a->folders, p->it->to_dir);
		if (r < 0)
			end_failed(h, p, &e);
	}
}

/* Step 9: 0, or all have failed. */
static int
copied(struct hands *h)
{
	struct err e = {0};
	size_t i, live = 0;

	for (i = 0; i < h->stage->n; i++) {
		if (h->stage->v[i].dead)
			continue;
		item_result(h->stage->v[i].it)->id = h->stage->v[i].part;
		live++;
	}
	if (live == 0 || journal_copied(h->a, h->load, &e) == 0)
		return 0;
	h->broken = e;
	for (i = 0; i < h->stage->n; i++)
		if (!h->stage->v[i].dead)
			end_failed(h, &h->stage->v[i], &e);
	return -1;
}

/* Another name is intended: the journal must know the copy for it too. */
static int
name_taken(struct hands *h, struct pending *p, const struct fs_dir *d,
    struct err *e)
{
	item_result(p->it)->id = (struct fs_id){0};
	if (p->it->op.kind == OP_TRASH)
		return err_set(e, ERR_EXISTS, "its name in the trash is taken");
	if (hands_next_name(h, p->it, d) < 0)
		return err_set(e, ERR_CHANGED, "%s", p->it->error);
	item_result(p->it)->id = p->part;
	if (journal_copied(h->a, h->load, e) == 0)
		return 0;
	h->broken = *e;
	return -1;
}

/* Step 10. */
static int
show(struct hands *h, struct pending *p, const struct fs_dir *d,
    struct err *e)
{
	char part[TOKEN_NAME], q[QUOTE_SIZE];

	token_part(p->it->token, part);
	while (renameat2(d->fd, part, d->fd, p->it->to,
	    RENAME_NOREPLACE) < 0) {
		if (errno == EINVAL && linkat(d->fd, part, d->fd, p->it->to,
		    0) == 0) {
			unlinkat(d->fd, part, 0);
			break;
		}
		if (errno != EEXIST)
			return err_sys(e, "name the copy %s",
			    quote_to(q, sizeof(q), p->it->to));
		if (name_taken(h, p, d, e) < 0)
			return -1;
	}
	p->shown = 1;
	touch(h->load, p->it->to_dir);
	return 0;
}

/* Step 11 for a folder.  What is not in the copy stays, and is told. */
static enum gone
remove_tree(struct hands *h, struct pending *p, const struct fs_dir *s,
    struct err *e)
{
	struct item *it = p->it;
	const struct fs_dir *d;
	enum gone g;

	if ((d = folders_hold(h->a->folders, it->to_dir, e)) == NULL)
		return GONE_FAILED;
	g = gone_hide(s, it->op.from, it->token, e) < 0 ? GONE_FAILED :
	    tree_match_away(h->copier, s, it->op.from, it->token, d, it->to,
	    e);
	folders_release(h->a->folders, it->to_dir);
	if (g != GONE_OTHER)
		return g;
	item_words(h->load, it, "what came or changed meanwhile is still in "
	    "its old place");
	return GONE_DONE;
}

/* Step 11. */
static void
remove_source(struct hands *h, struct pending *p)
{
	struct item *it = p->it;
	struct err e = {0};
	const struct fs_dir *s = folders_hold(h->a->folders, it->from_dir, &e);
	enum gone g = GONE_FAILED;

	if (s != NULL)
		g = p->tree ? remove_tree(h, p, s, &e) : gone_file(s,
		    it->op.from, it->token, &p->source, 1, &e);

	if (s != NULL)
		folders_release(h->a->folders, it->from_dir);
	switch (g) {
	case GONE_DONE:
		touch(h->load, it->from_dir);
		break;
	case GONE_OTHER:
		err_set(&e, ERR_CHANGED, "it changed while it was copied");
		end_failed(h, p, &e);
		break;
	case GONE_FAILED:
		end_failed(h, p, &e);
		break;
	case GONE_LEFT:
		p->dead = 1;
		item_attention(h->load, it, &e);
		break;
	}
}

void
stage_flush(struct hands *h)
{
	struct stage *st = h->stage;
	struct pending *p;
	size_t i;

	if (st->n == 0)
		return;
	sync_targets(h, 0);
	each_live(h, read_back);
	if (copied(h) == 0) {
		each_live(h, show);
		sync_targets(h, 1);
	}
	for (i = 0; i < st->n; i++) {
		p = &st->v[i];
		if (!p->dead && moves(p))
			remove_source(h, p);
		if (p->dead)
			continue;
		item_done(p->it);
		if (p->tree)
			move_forget(h, p->it);
		if (p->it->op.kind == OP_UNTRASH)
			trash_info_drop(h->a, p->it, p->it->op.from);
	}
	st->n = 0;
	st->bytes = 0;
}
