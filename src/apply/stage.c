/*
 * stage.c -- copy, verify, remove: a move to another file system, and copies.
 *
 *	1  intent durable; it has the token of the staging name
 *	2  the source is opened without following or waiting, and is the file
 *	   that was planned; a read lease keeps writers away while it is read
 *	3  .fettle-<token>.part is made with O_EXCL in the target's own folder
 *	4  bytes by ranges, holes kept; exactly the size that was seen
 *	5  owner, mode, attributes by descriptor, times last; what the target
 *	   cannot hold is told, or refused with OP_KEEP_META
 *	6  the source is still what it was
 *
 * and for all of them at once (stage_flush.c)
 *
 *	7  syncfs of the target; an error discards, and is never tried again
 *	8  moves: read back from the disk, past the page cache, and compared
 *	9  COPIED, with the identities of the copies, is durable
 *	10 renameat2 NOREPLACE to the name; syncfs again, for the last flush of a
 *	   file comes after its last change of name
 *	11 moves: the source goes by way of its hidden name (gone.h), if it is
 *	   still what was read and nobody writes to it
 *	12 both folders are flushed, DONE is durable
 *
 * The copy gets its name only after COPIED, unlike in most tools: so before
 * COPIED whatever lies at the target is not ours, and after it the journal
 * knows the copy's identity.  Recovery never has to guess.
 *
 *	cut before COPIED	the .part goes; the source was not touched
 *	cut after it		the copy, as .part or by name, is compared with
 *				the source or its .gone, and the move goes on
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/copydata.h"
#include "apply/gone.h"
#include "apply/lease.h"
#include "apply/meta.h"
#include "apply/stage_impl.h"
#include "apply/token.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

/* The file that is being copied, for those who watch. */
struct copying {
	struct hands	*h;
	int		 fd;
	enum lease	 lease;
	int		 broken;	/* somebody wants to write to it */
};

struct stage *
stage_new(struct hands *h)
{
	(void)h;
	return xalloc(sizeof(struct stage));
}

void
stage_free(struct stage *st)
{
	if (st == NULL)
		return;
	free(st->v);
	free(st);
}

int
stage_pending(const struct hands *h)
{
	return h->stage->n > 0;
}

void
stage_discard(struct hands *h, struct item *it, const struct fs_dir *d)
{
	char part[TOKEN_NAME];

	token_part(it->token, part);
	if (d != NULL)
		tree_away(d, part, NULL);
	if (it->op.kind == OP_TRASH)
		trash_info_drop(h->a, it, it->to);
}

static int
watch(void *arg, uint64_t bytes)
{
	struct copying *c = arg;

	atomic_fetch_add_explicit(&c->h->a->bytes, bytes,
	    memory_order_relaxed);
	if (c->lease == LEASE_HELD && lease_wanted(c->fd))
		c->broken = 1;
	return c->broken || hands_stopped(c->h);
}

static int
open_source(const struct fs_dir *s, const char *name)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	int fd = openat(s->fd, name, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? openat(s->fd, name, flags) : fd;
}

/* Open it and see that it is what was meant: the descriptor, or -1. */
static int
take_source(struct hands *h, struct item *it, const struct fs_dir *s,
    struct fs_id *id)
{
	char q[QUOTE_SIZE];
	struct err e = {0};
	int fd;

	hands_reads(h, it);
	fd = open_source(s, it->op.from);
	hands_writes(h, it);
	if (fd < 0 && errno == ENOENT) {
		item_skip(h->load, it, "it is no longer there");
		return -1;
	}
	if (fd < 0 && errno == ELOOP) {
		item_skip(h->load, it, "it changed since it was planned");
		return -1;
	}
	if (fd < 0) {
		err_sys(&e, "open %s", quote_to(q, sizeof(q), it->op.from));
		item_fail(h->load, it, &e);
		return -1;
	}
	if (fs_stat_fd(s, fd, id, &e) < 0)
		item_fail(h->load, it, &e);
	else if (it->expect.ino != 0 && !fs_id_unchanged(id, &it->expect))
		item_skip(h->load, it, "it changed since it was planned");
	else if (S_ISDIR(id->mode))
		item_skip(h->load, it, "it is a folder");
	else if (!S_ISREG(id->mode))
		item_skip(h->load, it, "it is not a regular file");
	else
		return fd;
	close(fd);
	return -1;
}

/* Tells early that there is no room; not all file systems can.  Not for files
 * with holes, which it would fill. */
static int
reserve(int from, int to, uint64_t size)
{
	struct stat st;

	if (size == 0 || fstat(from, &st) < 0 ||
	    (uint64_t)st.st_blocks * 512 < size)
		return 0;
	return fallocate(to, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) < 0 &&
	    (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) ? -1 : 0;
}

static int
make_part(const struct fs_dir *d, const struct item *it, int from,
    uint64_t size, struct err *e)
{
	char part[TOKEN_NAME], q[QUOTE_SIZE];
	int fd;

	token_part(it->token, part);
	fd = openat(d->fd, part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "write in %s",
		    quote_to(q, sizeof(q), d->path));
	if (reserve(from, fd, size) < 0) {
		err_sys(e, "no room for %s in %s",
		    quote_to(q, sizeof(q), it->to), d->path);
		close(fd);
		return -1;
	}
	return fd;
}

static int
check_source(struct hands *h, const struct fs_dir *s, const struct item *it,
    int fd, const struct fs_id *id, struct err *e)
{
	struct fs_id held, named;
	int r;

	if (fs_stat_fd(s, fd, &held, e) < 0)
		return -1;
	hands_reads(h, it);
	r = fs_stat(s, it->op.from, &named, NULL);
	hands_writes(h, it);
	if (r < 0 || !fs_id_unchanged(&held, id) || held.ctime != id->ctime ||
	    !fs_id_same(&named, id))
		return err_set(e, ERR_CHANGED, "it changed while it was copied");
	return 0;
}

static int
dress(struct hands *h, struct item *it, int from, int to,
    const struct fs_id *id, struct err *e)
{
	CLEAN_BUF struct buf words = {0};
	unsigned lost;

	if (meta_copy(from, to, id, &lost, &words, e) < 0)
		return -1;
	if (lost & META_PRECIOUS && it->op.flags & OP_KEEP_META)
		return err_set(e, ERR_DENIED, "%s would be lost there",
		    buf_str(&words));
	if (lost != 0) {
		buf_adds(&words, " could not be kept there");
		item_words(h->load, it, buf_str(&words));
	}
	return 0;
}

/* Steps 3 to 6. */
static int
make_copy(struct hands *h, struct item *it, const struct fs_dir *s, int from,
    const struct fs_dir *d, struct pending *p, struct err *e)
{
	struct copying c = { .h = h, .fd = from, .lease = lease_take(from) };
	CLEAN_FD int to = -1;
	int r;

	if (c.lease == LEASE_WRITER)
		return err_set(e, ERR_CHANGED, "it is still being written");
	if (room_for(d, p->source.size, h->a->o->min_free,
	    h->a->o->min_free_percent, e) < 0)
		return -1;
	if ((to = make_part(d, it, from, p->source.size, e)) < 0)
		return -1;
	copier_watch(h->copier, watch, &c);
	r = copier_copy(h->copier, from, to, p->source.size, COPY_MARK,
	    p->mark, e);
	copier_watch(h->copier, NULL, NULL);
	if (r < 0 && c.broken)
		return err_set(e, ERR_CHANGED, "somebody began to write to it");
	if (r < 0 || dress(h, it, from, to, &p->source, e) < 0)
		return -1;
	if (check_source(h, s, it, from, &p->source, e) < 0)
		return -1;
	return fs_stat_fd(d, to, &p->part, e);
}

/* The name is asked for before the copy, which may be long. */
static int
name_is_free(struct hands *h, struct item *it, const struct fs_dir *d)
{
	struct stat st;

	while (fstatat(d->fd, it->to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		if (hands_next_name(h, it, d) < 0)
			return 0;
	return 1;
}

void
stage_start(struct hands *h, struct item *it, const struct fs_dir *s,
    const struct fs_dir *d)
{
	struct pending p = { .it = it };
	struct err e = {0};
	CLEAN_FD int fd = -1;

	if (!name_is_free(h, it, d))
		return;
	if (!(it->op.flags & OP_DIR) &&
	    (fd = take_source(h, it, s, &p.source)) < 0)
		return;
	if ((it->op.flags & OP_DIR ? stage_tree_copy(h, it, s, d, &p, &e) :
	    make_copy(h, it, s, fd, d, &p, &e)) < 0) {
		stage_discard(h, it, d);
		if (e.kind == ERR_STOPPED) {
			h->load->stopped = 1;
			item_result(it)->outcome = OUTCOME_ROLLED_BACK;
		} else if (e.kind == ERR_CHANGED)
			item_skip(h->load, it, "%s", e.text);
		else
			item_fail(h->load, it, &e);
		return;
	}
	stage_add(h, &p);
}

void
stage_add(struct hands *h, const struct pending *p)
{
	struct stage *st = h->stage;

	XGROW(st->v, st->n, st->cap);
	st->v[st->n++] = *p;
	st->bytes += p->source.size;
	if (st->n >= STAGE_FILES || st->bytes >= STAGE_BYTES)
		stage_flush(h);
}

void
op_copy(struct hands *h, struct item *it)
{
	const struct fs_dir *s = hands_source(h, it);
	const struct fs_dir *d = s != NULL ? hands_target(h, it) : NULL;

	if (d != NULL)
		stage_start(h, it, s, d);
}
