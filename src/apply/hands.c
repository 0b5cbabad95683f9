/*
 * hands.c -- the thread that does a load, and what its operations share.
 *
 * Loads change owner under the lock: given with hands_start, taken back when
 * hands_wait says 1.  All signals are blocked here: they are for the caller's
 * thread, and a write past RLIMIT_FSIZE must be EFBIG and not our end.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/bundle.h"
#include "apply/copydata.h"
#include "apply/folders.h"
#include "apply/hands.h"
#include "apply/note.h"
#include "apply/stage.h"
#include "apply/token.h"
#include "apply/twin.h"
#include "fs/who.h"
#include "plan/conflict.h"
#include "util/buf.h"
#include "util/quote.h"
#include "util/thread.h"
#include "util/xalloc.h"

#define FLUSHED_EACH	8	/* files; of more, whole file systems */

#define NAMES_MAX	100000	/* counters tried for one name */
#define TICK	((int64_t)100 * 1000)	/* µs, of hands_wait */

struct thread {
	pthread_t	 id;
	pthread_mutex_t	 lock;
	pthread_cond_t	 given, done;
	struct load	*load;		/* given, not yet done */
	int		 quit;
};

static void
release(struct hands *h, struct grip *g)
{
	if (g->dir != NULL)
		folders_release(h->a->folders, g->n);
	g->dir = NULL;
}

void
hands_let_go(struct hands *h)
{
	release(h, &h->source);
	release(h, &h->target);
}

static const struct fs_dir *
grip(struct hands *h, struct grip *g, uint32_t n, enum grip_as as,
    struct item *it)
{
	struct folders *f = h->a->folders;
	struct err e = {0};

	if (g->dir != NULL && g->n == n && g->as == as)
		return g->dir;
	release(h, g);
	g->n = n;
	g->as = as;
	g->dir = as == GRIP_MAKE ? folders_make(f, n, &e) :
	    as == GRIP_READ ? folders_read(f, n, &e) : folders_hold(f, n, &e);
	if (g->dir == NULL && as != GRIP_MAKE && e.kind == ERR_NOENT)
		item_skip(h->load, it, "it is no longer there");
	else if (g->dir == NULL)
		item_fail(h->load, it, &e);
	return g->dir;
}

static int
be(struct hands *h, uid_t who, struct err *e)
{
	if (h->who == who)
		return 0;
	if (fs_be(who, e) < 0)
		return -1;
	h->who = who;
	return 0;
}

/* To rights that were had already. */
void
hands_reads(struct hands *h, const struct item *it)
{
	if (it->restores)
		be(h, geteuid(), NULL);
}

void
hands_writes(struct hands *h, const struct item *it)
{
	be(h, it->who, NULL);
}

const struct fs_dir *
hands_source(struct hands *h, struct item *it)
{
	const struct fs_dir *d;

	hands_reads(h, it);
	d = grip(h, &h->source, it->from_dir, it->restores ? GRIP_READ :
	    GRIP_HOLD, it);
	hands_writes(h, it);
	return d;
}

const struct fs_dir *
hands_target(struct hands *h, struct item *it)
{
	return grip(h, &h->target, it->to_dir, GRIP_MAKE, it);
}

int
hands_stopped(struct hands *h)
{
	const struct apply_options *o = h->a->o;

	return h->broken.kind != ERR_NONE ||
	    (o->stop != NULL && o->stop(o->stop_arg) != 0);
}

/* A few files are flushed one by one; of many, the file system in settle. */
int
hands_flush(struct hands *h, int fd)
{
	struct touched *t = &h->load->touched;

	if (t->files >= FLUSHED_EACH) {
		t->whole = 1;
		return 0;
	}
	t->files++;
	return fsync(fd);
}

/* A load of one intent behind the one in hand. */
static int
intend_anew(struct hands *h, struct item *it)
{
	struct load *more = load_new();
	struct err e = {0};
	struct entry en;

	prepare_entry(h->a, it, &en);
	load_intend(more, &en);
	load_seal(more);
	more->rule = h->load->rule;
	if (journal_intend(h->a, more, &e) < 0) {
		load_free(more);
		h->broken = e;
		item_fail(h->load, it, &e);
		return -1;
	}
	if (it->entry != NO_ENTRY)
		item_result(it)->outcome = OUTCOME_ROLLED_BACK;
	more->more = h->load->more;
	h->load->more = more;
	it->in = more;
	it->entry = 0;
	return 0;
}

int
hands_rename(struct hands *h, struct item *it, const char *name)
{
	it->to = arena_str(&h->load->own, name);
	return intend_anew(h, it);
}

static int
is_free(const struct fs_dir *d, const char *name)
{
	struct stat st;

	return fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno == ENOENT;
}

int
hands_next_name(struct hands *h, struct item *it, const struct fs_dir *d)
{
	CLEAN_BUF struct buf name = {0};
	char q[QUOTE_SIZE];
	struct conflict c;
	uint64_t i;

	if (h->a->o->undoing || it->op.kind == OP_UNTRASH ||
	    conflict_unpack(it->op.extra, it->op.extra_len, &c) < 0 ||
	    c.mode != CONFLICT_RENAME) {
		item_skip(h->load, it, "%s is taken now",
		    quote_to(q, sizeof(q), it->to));
		return -1;
	}
	for (i = 0; i < NAMES_MAX; i++) {
		buf_reset(&name);
		if (conflict_name(&c, c.first + i, &name) < 0)
			break;
		if (is_free(d, buf_str(&name)))
			return hands_rename(h, it, buf_str(&name));
	}
	item_skip(h->load, it, "%s is taken now, and there is no free name",
	    quote_to(q, sizeof(q), it->to));
	return -1;
}

void
hands_also(struct hands *h, struct item *it)
{
	it->entry = NO_ENTRY;
	it->token = token_new();
	if (intend_anew(h, it) < 0)
		return;
	hands_do(h, it);
	stage_flush(h);
}

static void
dispatch(struct hands *h, struct item *it)
{
	static void (*const ops[OP_KINDS])(struct hands *, struct item *) = {
		[OP_MOVE] = op_move, [OP_RENAME] = op_move,
		[OP_ARCHIVE] = op_move, [OP_COPY] = op_copy,
		[OP_LINK] = op_link, [OP_SYMLINK] = op_symlink,
		[OP_TRASH] = op_trash, [OP_UNTRASH] = op_untrash,
		[OP_DELETE] = op_delete, [OP_PURGE] = op_purge,
		[OP_RMDIR] = op_rmdir, [OP_MKDIR] = op_mkdir,
		[OP_BUNDLE] = op_bundle, [OP_UNBUNDLE] = op_unbundle,
		[OP_WRITE] = op_write, [OP_SHELL] = op_shell,
		[OP_XATTR] = op_xattr,
	};

	if (!twin_is_there(h, it))
		return;
	if (it->op.kind == OP_DELETE && note_read(it->op.extra,
	    it->op.extra_len).kind == NOTE_BUNDLE)
		op_drop_bundle(h, it);
	else if (ops[it->op.kind] != NULL)
		ops[it->op.kind](h, it);
	else
		item_skip(h->load, it, "not yet in this version");
}

/* What is under way ends with the rights it was begun with, and nothing that
 * was opened with those is used with others. */
static int
dress_as(struct hands *h, struct item *it)
{
	struct err e = {0};

	if (h->who == it->who)
		return 0;
	stage_flush(h);
	hands_let_go(h);
	if (be(h, it->who, &e) == 0)
		return 0;
	item_fail(h->load, it, &e);
	return -1;
}

void
hands_do(struct hands *h, struct item *it)
{
	if (dress_as(h, it) < 0)
		return;
	/* What it needs may still be on its way. */
	if (stage_pending(h) && (h->load->inline_checks ||
	    it->flags & ITEM_CHECK))
		stage_flush(h);
	dispatch(h, it);
}

/* What takes back a thing that was done; 0 if nothing does. */
static int
inverse(const struct item *it, struct item *back)
{
	*back = *it;
	switch (it->op.kind) {
	case OP_TRASH:
		back->op.kind = OP_UNTRASH;
		break;
	case OP_MOVE:
	case OP_RENAME:
	case OP_ARCHIVE:
		back->op.kind = OP_MOVE;
		break;
	case OP_COPY:
	case OP_LINK:
	case OP_SYMLINK:
		back->op.kind = OP_DELETE;
		break;
	default:
		return 0;
	}
	back->op.from = it->to;
	back->from_dir = it->to_dir;
	back->to = back->op.to = it->op.from;
	back->to_dir = it->from_dir;
	back->flags = ITEM_CHECK | (it->flags & ITEM_FAR);
	if (back->op.kind == OP_DELETE) {
		back->to = back->op.to = "";
		back->to_dir = NO_FOLDER;
		back->flags = ITEM_CHECK;
	}
	return 1;
}

/*
 * It is taken back: what was to replace it failed, or what goes along with it.
 * Journalled as what undo passes over, for what it takes back then counts as
 * never done.
 */
static void
take_back(struct hands *h, struct item *it, const char *why)
{
	struct load *l = h->load;
	struct item *back = arena_alloc(&l->own, sizeof(*back));

	if (it->state != OP_DONE || !inverse(it, back))
		return;
	back->op.flags = 0;
	back->op.done_key = 0;
	back->op.extra = "B";
	back->op.extra_len = 1;
	back->state = OP_PLANNED;
	back->error = NULL;
	if (item_result(it)->id.ino != 0)
		back->expect = item_result(it)->id;
	else if (it->found.ino != 0)
		back->expect = it->found;
	hands_also(h, back);
	if (back->state == OP_DONE)
		item_skip(l, it, "it was put back: %s", why);
	else if (back->error != NULL)
		item_words(l, it, back->error);
}

/* It replaces what the one before took away. */
static void
do_pair(struct hands *h, struct item *it)
{
	struct item *before = it - 1;

	if (before->state == OP_PLANNED)
		stage_flush(h);
	if (before->state != OP_DONE) {
		item_skip(h->load, it, "what lies there could not be taken "
		    "away: %s", before->error != NULL ? before->error :
		    "stopped");
		return;
	}
	hands_do(h, it);
	stage_flush(h);
	if (it->state != OP_DONE)
		take_back(h, before, "what was to replace it could not");
}

/* It goes along with the one before, and that perhaps with others. */
static void
do_along(struct hands *h, struct item *it)
{
	struct item *leader = it, *first = h->load->items;

	stage_flush(h);
	while (leader > first && leader->op.flags & OP_TOGETHER)
		leader--;
	if (leader->state != OP_DONE) {
		item_skip(h->load, it, "what it goes along with stayed");
		return;
	}
	hands_do(h, it);
	stage_flush(h);
	for (struct item *p = it - 1; it->state != OP_DONE && p >= leader; p--)
		take_back(h, p, "what goes along with it could not");
}

static void
do_one(struct hands *h, struct item *it)
{
	if (it->op.flags & OP_REPLACES && it > h->load->items)
		do_pair(h, it);
	else if (it->op.flags & OP_TOGETHER && it > h->load->items)
		do_along(h, it);
	else
		hands_do(h, it);
}

static void
do_load(struct hands *h)
{
	struct load *l = h->load;
	struct item *it;
	size_t i;

	for (i = 0; i < l->n; i++) {
		it = &l->items[i];
		/* A pair is done whole: stop before it or behind it. */
		if (!(it->op.flags & (OP_REPLACES | OP_TOGETHER)) &&
		    hands_stopped(h)) {
			l->stopped = 1;
			break;
		}
		if (it->state == OP_PLANNED && it->entry != NO_ENTRY)
			do_one(h, it);
		atomic_fetch_add_explicit(&h->a->ops, 1,
		    memory_order_relaxed);
	}
	stage_flush(h);
	hands_let_go(h);
	be(h, geteuid(), NULL);
	for (; i < l->n; i++)
		if (l->items[i].entry != NO_ENTRY)
			item_result(&l->items[i])->outcome =
			    OUTCOME_ROLLED_BACK;
}

static void *
run(void *arg)
{
	struct hands *h = arg;
	struct thread *t = h->thread;

	pthread_mutex_lock(&t->lock);
	for (;;) {
		while (t->load == NULL && !t->quit)
			pthread_cond_wait(&t->given, &t->lock);
		if (t->load == NULL)
			break;
		h->load = t->load;
		pthread_mutex_unlock(&t->lock);
		do_load(h);
		pthread_mutex_lock(&t->lock);
		h->load = t->load = NULL;
		pthread_cond_signal(&t->done);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

int
hands_open(struct apply *a, struct hands **out, struct err *e)
{
	struct hands *h = xalloc(sizeof(*h));
	int r;

	h->a = a;
	h->who = geteuid();
	h->thread = xalloc(sizeof(*h->thread));
	h->copier = copier_new();
	h->stage = stage_new(h);
	pthread_mutex_init(&h->thread->lock, NULL);
	pthread_cond_init(&h->thread->given, NULL);
	pthread_cond_init(&h->thread->done, NULL);
	r = thread_start(&h->thread->id, run, h);
	*out = h;
	if (r == 0)
		return 0;
	h->thread->quit = 2;	/* there is nobody to join */
	errno = r;
	return err_sys(e, "start a thread");
}

void
hands_free(struct hands *h)
{
	if (h == NULL)
		return;
	if (h->thread->quit == 0) {
		pthread_mutex_lock(&h->thread->lock);
		h->thread->quit = 1;
		pthread_cond_signal(&h->thread->given);
		pthread_mutex_unlock(&h->thread->lock);
		pthread_join(h->thread->id, NULL);
	}
	pthread_mutex_destroy(&h->thread->lock);
	pthread_cond_destroy(&h->thread->given);
	pthread_cond_destroy(&h->thread->done);
	stage_free(h->stage);
	map_fini(&h->unbundled);
	buf_fini(&h->printed);
	copier_free(h->copier);
	free(h->thread);
	free(h);
}

void
hands_start(struct hands *h, struct load *l)
{
	pthread_mutex_lock(&h->thread->lock);
	h->thread->load = l;
	pthread_cond_signal(&h->thread->given);
	pthread_mutex_unlock(&h->thread->lock);
}

int
hands_wait(struct hands *h)
{
	struct thread *t = h->thread;
	int done;

	pthread_mutex_lock(&t->lock);
	if (t->load != NULL)
		thread_wait(&t->done, &t->lock, TICK);
	done = t->load == NULL;
	pthread_mutex_unlock(&t->lock);
	return done;
}
