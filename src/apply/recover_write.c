/*
 * recover_write.c -- writes that have no word of how they ended.
 *
 * A new file	under its name, made since, with the text at its beginning: DONE;
 *		else ROLLED_BACK, and its .part goes
 * Behind	the text is at its place: DONE.  The file ends before it:
 *		ROLLED_BACK.  The file ends in it, or noughts are behind it that a
 *		power cut left: cut off, ROLLED_BACK.  It ends in other bytes, and
 *		is not longer than with the text: ROLLED_BACK, they are somebody
 *		else's and stay.  Else EXTERNAL
 * Cut		the file ends at the place: DONE; with the text there: ROLLED_BACK
 *
 * What a later entry of the run took away from its name, to the trash before it
 * was overwritten, is looked at where that one put it.
 *
 * Entries are decided from the last to the first, so what a later write left
 * half is cut off before an earlier one is looked at.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/gone.h"
#include "apply/recover.h"
#include "apply/token.h"
#include "apply/write.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/xalloc.h"

static void
recover_new(struct rec *r, const struct write_note *n, int fd,
    const struct fs_id *now)
{
	if (born_after(now, r->time) && now->size >= n->len &&
	    write_holds(fd, 0, n->text, n->len) == 1) {
		decide(r, OUTCOME_DONE, NULL);
		r->now.id = *now;
		r->now.id.atime = 0;
		if (n->how == WRITE_NEW)	/* others may be behind it */
			r->now.id.size = n->len;
	} else
		decide(r, OUTCOME_ROLLED_BACK, NULL);
}

/* Are the bytes from n->at to size what we may have left of our text: its
 * beginning, and behind that noughts where the disk did not get to? */
static int
is_left_of_text(const struct write_note *n, int fd, uint64_t size)
{
	size_t len = (size_t)(size - n->at), i = 0;
	CLEAN_FREE char *there = xalloc(len);

	if (fd_pread_full(fd, there, len, n->at) != (ssize_t)len)
		return 0;
	while (i < len && there[i] == n->text[i])
		i++;
	while (i < len && there[i] == '\0')
		i++;
	return i == len;
}

static void
recover_behind(struct rec *r, const struct write_note *n, int fd,
    const struct fs_id *now)
{
	if (r->en.id.ino != 0 && !fs_id_same(now, &r->en.id))
		decide(r, OUTCOME_EXTERNAL, "somebody else replaced it");
	else if (now->size <= n->at)
		decide(r, OUTCOME_ROLLED_BACK, NULL);
	else if (now->size >= n->at + n->len &&
	    write_holds(fd, n->at, n->text, n->len) == 1) {
		decide(r, OUTCOME_DONE, NULL);
		r->now.id = *now;
		r->now.id.size = n->at + n->len;
		/* When a write of the same run had been there before, nobody
		 * knows any more: that one has the time of now, too. */
		r->now.id.atime = r->en.id.ino == 0 || r->en.flags &
		    ENTRY_CHAINED ? now->mtime : r->en.id.mtime;
	} else if (now->size > n->at + n->len)
		decide(r, OUTCOME_EXTERNAL, "somebody else wrote to it");
	else if (!is_left_of_text(n, fd, now->size))
		decide(r, OUTCOME_ROLLED_BACK, "somebody else wrote to it, and "
		    "that stays");
	else if (ftruncate(fd, (off_t)n->at) == 0 && fsync(fd) == 0)
		decide(r, OUTCOME_ROLLED_BACK, "what was written only in part "
		    "was cut off");
	else
		decide(r, OUTCOME_ATTENTION, "what was written only in part "
		    "could not be cut off");
}

static void
recover_cut(struct rec *r, const struct write_note *n,
    const struct fs_id *now)
{
	if (now->size != n->at) {
		decide(r, OUTCOME_ROLLED_BACK, NULL);
		return;
	}
	decide(r, OUTCOME_DONE, NULL);
	r->now.id = *now;
	r->now.id.atime = r->en.id.mtime;
}

/* The file, and what it is now: under its name, or where a later entry put it;
 * -1: there is none. */
static int
open_written(struct scene *s, const struct rec *r, const struct ends *e,
    struct fs_id *now)
{
	const struct rec *later = taken_from(s, r->en.to_dir, r->en.to);
	const struct fs_dir *d = e->to;
	const char *name = r->en.to;
	uint32_t held = NO_FOLDER;
	int fd = -1;

	if (later != NULL && later->now.outcome == OUTCOME_DONE &&
	    (later->en.kind == ENTRY_TRASH || later->en.kind == ENTRY_MOVE)) {
		held = folders_add(s->folders, later->en.to_dir);
		d = folders_hold(s->folders, held, NULL);
		name = later->en.to;
	}
	if (d != NULL)
		fd = openat(d->fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK |
		    O_CLOEXEC | O_NOCTTY);
	if (fd >= 0 && (fs_stat_fd(d, fd, now, NULL) < 0 ||
	    !S_ISREG(now->mode))) {
		close(fd);
		fd = -1;
	}
	if (held != NO_FOLDER && d != NULL)
		folders_release(s->folders, held);
	return fd;
}

void
recover_write(struct scene *s, struct rec *r, struct ends *e)
{
	char part[TOKEN_NAME];
	struct write_note n;
	struct fs_id now;
	CLEAN_FD int fd = -1;

	token_part(r->en.token, part);
	if (e->is_part && part_is_ours(r, &e->at_part) &&
	    unlinkat(e->to->fd, part, 0) == 0)
		ends_touch(s, e);
	fd = open_written(s, r, e, &now);
	if (e->to == NULL && disk_is_away(r->en.to_dir, &r->en.id))
		decide(r, OUTCOME_NONE, "waits for its disk");
	else if (fd < 0 || write_unpack(r->en.extra, r->en.extra_len, &n) < 0)
		decide(r, OUTCOME_ROLLED_BACK, NULL);
	else if (n.how == WRITE_BEHIND)
		recover_behind(r, &n, fd, &now);
	else if (n.how == WRITE_CUT)
		recover_cut(r, &n, &now);
	else
		recover_new(r, &n, fd, &now);
	if (fd >= 0)
		ends_touch(s, e);
}

static void
key_of(struct buf *out, const struct rec *r, const struct fs_id *id)
{
	uint64_t v[] = { id->fs, id->ino, (uint64_t)id->btime,
	    (uint64_t)r->run, r->en.job };

	buf_add(out, v, sizeof(v));
}

void
write_remember(struct scene *s, const struct rec *r)
{
	CLEAN_BUF struct buf key = {0};
	struct write_note n;

	if (r->en.kind != ENTRY_WRITE || r->en.event == EVENT_UNDONE ||
	    r->now.outcome != OUTCOME_ROLLED_BACK ||
	    write_unpack(r->en.extra, r->en.extra_len, &n) < 0 ||
	    n.about.ino == 0)
		return;
	key_of(&key, r, &n.about);
	map_put(&s->missed, key.data, key.len, 1);
}

int
write_is_missed(const struct scene *s, const struct rec *r)
{
	CLEAN_BUF struct buf key = {0};

	key_of(&key, r, &r->en.id);
	return map_get(&s->missed, key.data, key.len) != NULL;
}
