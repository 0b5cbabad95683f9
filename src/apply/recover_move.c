/*
 * recover_move.c -- entries without a word of a copy: c.2 and the first part
 * of c.3 and c.4.
 *
 * A: the file (by identity) lies under its old name, B: under its new one.
 *
 *	A  B
 *	y  n	not done, or lost by the cut		ROLLED_BACK
 *	n  y	done					flush, DONE
 *	y  y	one file with two names, and one name	the old name goes, DONE
 *		more than before (btrfs after a cut, or
 *		link and unlink cut between)
 *	y  y	two names as before			ROLLED_BACK
 *	n  n	a later entry has it			as that one
 *	n  n	a .gone of ours with B			it goes, DONE
 *	n  n	a .gone of ours alone			it goes back, ROLLED_BACK
 *	n  n	the copy it was to go on with was	ROLLED_BACK
 *		taken back (recover_back.c)
 *	n  n	the disk is away			wait
 *	n  n	made by this run, without an identity	ROLLED_BACK
 *	n  n	else: somebody moved or removed it	EXTERNAL
 *
 * Where a rule has several actions, and the next one of this file was not done,
 * a move by rename is taken back: the file lies where the rule finds it again, and
 * the next run does all of it (doc/why/crash-safety.md, c.2).
 *
 * A .part is of a copy that never became COPIED: it goes, the source is whole.
 * The source of a copy, and of what is bundled, stays till COPIED, so for those
 * there is only the .part.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/gone.h"
#include "apply/note.h"
#include "apply/recover.h"
#include "apply/token.h"
#include "apply/trashcan.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/xalloc.h"

/*
 * Only its name says that a .part is ours, for its identity is not in the journal
 * before COPIED.  What is of another kind than what was begun, or older, somebody
 * put in its place.
 */
int
part_is_ours(const struct rec *r, const struct fs_id *part)
{
	int dir = r->en.flags & ENTRY_DIR || S_ISDIR(r->en.id.mode) ||
	    r->en.kind == ENTRY_TREE;

	return (S_ISDIR(part->mode) ? dir : 1) && born_after(part, r->time);
}

static void
drop_part(struct scene *s, struct rec *r, const struct ends *e)
{
	char part[TOKEN_NAME];

	if (!e->is_part)
		return;
	if (!part_is_ours(r, &e->at_part)) {
		r->told = "what has the name of its unfinished copy is "
		    "somebody else's, and stays";
		return;
	}
	token_part(r->en.token, part);
	if (tree_away(e->to, part, NULL) < 0)
		return;
	ends_touch(s, e);
	r->told = "an unfinished copy was removed";
}

const struct rec *
taken_from(const struct scene *s, const char *dir, const char *name)
{
	CLEAN_BUF struct buf key = {0};
	const uint64_t *at;

	buf_addf(&key, "%s/%s", dir, name);
	at = map_get(&s->sources, key.data, key.len);
	return at == NULL ? NULL : (const struct rec *)(uintptr_t)*at;
}

const struct rec *
taken_on(struct scene *s, const struct rec *r, const struct fs_id *id)
{
	const struct rec *later = taken_from(s, r->en.to_dir, r->en.to);

	return later != NULL && fs_id_same(&later->en.id, id) &&
	    later->now.outcome != OUTCOME_ROLLED_BACK ? later : NULL;
}

static void
both_names(struct scene *s, struct rec *r, const struct ends *e)
{
	struct err why;

	ends_touch(s, e);
	if (e->at_to.nlink <= r->en.id.nlink || e->at_to.nlink < 2) {
		decide(r, OUTCOME_ROLLED_BACK, NULL);
		return;
	}
	switch (gone_file(e->from, r->en.from, r->en.token, &e->at_to, 0,
	    &why)) {
	case GONE_DONE:
		decide(r, OUTCOME_DONE, "was finished");
		break;
	default:
		decide(r, OUTCOME_ATTENTION, "it has both names");
		break;
	}
}

const struct rec *
link_before(const struct rec *r)
{
	const struct rec *l = r->en.flags & ENTRY_CHAINED ? r->leader : NULL;

	while (l != NULL && (l->en.kind != ENTRY_MOVE ||
	    l->en.job != r->en.job ||
	    strcmp(l->en.to_dir, r->en.from_dir) != 0 ||
	    strcmp(l->en.to, r->en.from) != 0))
		l = l->leader;
	return l;
}

/* Does it lie where the chain it belongs to found it, or on the way there? */
static int
not_come(struct scene *s, const struct rec *r)
{
	const struct fs_dir *d;
	const struct rec *l;
	struct fs_id id;
	uint32_t n;
	int there = 0;

	for (l = link_before(r); l != NULL && !there; l = link_before(l)) {
		n = folders_add(s->folders, l->en.from_dir);
		if ((d = folders_hold(s->folders, n, NULL)) == NULL)
			continue;
		there = fs_stat(d, l->en.from, &id, NULL) == 0 &&
		    fs_id_same(&id, &r->en.id);
		folders_release(s->folders, n);
	}
	return there;
}

static void
neither(struct scene *s, struct rec *r, const struct ends *e)
{
	const struct rec *later = taken_on(s, r, &r->en.id);
	int ours = e->is_gone && fs_id_same(&e->at_gone, &r->en.id);

	if (later != NULL) {
		r->now.outcome = later->now.outcome;
		return;
	}
	if (ours) {
		ends_touch(s, e);
		if (gone_back(e->from, r->en.from, r->en.token, NULL) == 0)
			decide(r, OUTCOME_ROLLED_BACK, "was taken back");
		else
			decide(r, OUTCOME_ATTENTION, "its name is taken; it "
			    "is kept under a hidden one");
	} else if (not_come(s, r) || lead_is_back(s, r))
		decide(r, OUTCOME_ROLLED_BACK, NULL);
	else if (disk_is_away(r->en.from_dir, &r->en.id, 1) ||
	    disk_is_away(r->en.to_dir, &r->en.id, 0))
		decide(r, OUTCOME_NONE, "waits for its disk");
	else if (r->en.id.ino == 0)	/* nobody knows that it ever was there */
		decide(r, OUTCOME_ROLLED_BACK, NULL);
	else
		decide(r, OUTCOME_EXTERNAL, "somebody else moved or removed it");
}

/* An old target that was taken away for a new one that never came: back. */
static void
take_back(struct scene *s, struct rec *r, const struct ends *e)
{
	const struct rec *next = r->follower;

	if (next == NULL || !((r->en.kind == ENTRY_TRASH &&
	    next->en.flags & ENTRY_REPLACES) ||
	    next->en.flags & ENTRY_TOGETHER) ||
	    next->now.outcome != OUTCOME_ROLLED_BACK ||
	    r->now.outcome != OUTCOME_DONE || e->from == NULL ||
	    e->to == NULL || !e->is_to)
		return;
	if (renameat2(e->to->fd, r->en.to, e->from->fd, r->en.from,
	    RENAME_NOREPLACE) < 0)
		return;
	ends_touch(s, e);
	r->now.id = (struct fs_id){0};
	decide(r, OUTCOME_ROLLED_BACK, next->en.flags & ENTRY_TOGETHER ?
	    "was put back: what goes along with it did not come" :
	    "was put back: what was to replace it never came");
}

/* later is what its rule was to do next with the file of r, and was not done. */
static int
is_next(const struct rec *r, const struct rec *later)
{
	return later != NULL && later->run == r->run &&
	    later->en.job == r->en.job &&
	    later->en.flags & ENTRY_CHAINED &&
	    fs_id_same(&later->en.id, &r->en.id) &&
	    later->now.outcome == OUTCOME_ROLLED_BACK;
}

static int
is_cut(struct scene *s, const struct rec *r)
{
	const struct rec *next = r->follower;

	/* It is about the file, and does not take it (remember_source). */
	if (next != NULL && next->en.kind == ENTRY_XATTR && is_next(r, next))
		return 1;
	if (write_is_missed(s, r))
		return 1;
	return is_next(r, taken_from(s, r->en.to_dir, r->en.to));
}

/* A link of a chain that was cut behind it: back, so that its rule finds the file
 * again.  An undo finds it anyway. */
static void
unchain(struct scene *s, struct rec *r, const struct ends *e)
{
	if (r->en.kind != ENTRY_MOVE || r->en.event == EVENT_UNDONE ||
	    r->now.outcome != OUTCOME_DONE || e->from == NULL ||
	    e->to == NULL || !e->is_to || !is_cut(s, r))
		return;
	ends_touch(s, e);
	if (renameat2(e->to->fd, r->en.to, e->from->fd, r->en.from,
	    RENAME_NOREPLACE) < 0)
		decide(r, OUTCOME_DONE, "what its rule was to do next was not "
		    "done, and it cannot be put back for the next run");
	else
		decide(r, OUTCOME_ROLLED_BACK, "was put back: what its rule "
		    "was to do next was not done");
}

/* The next link was taken back from another file system: what lies there now is
 * another file, and goes on back.  1: decided. */
static int
back_as_other(struct scene *s, struct rec *r, const struct ends *e)
{
	const struct rec *next = taken_from(s, r->en.to_dir, r->en.to);
	struct fs_id at;

	if (r->en.kind != ENTRY_MOVE || !is_next(r, next) ||
	    next->back.ino == 0 || e->from == NULL || e->to == NULL)
		return 0;
	ends_touch(s, e);
	if (fs_stat(e->from, r->en.from, &at, NULL) == 0 &&
	    fs_id_same(&at, &next->back)) {
		r->back = next->back;
		decide(r, OUTCOME_ROLLED_BACK, NULL);
	} else if (fs_stat(e->to, r->en.to, &at, NULL) < 0 ||
	    !fs_id_same(&at, &next->back))
		return 0;
	else if (renameat2(e->to->fd, r->en.to, e->from->fd, r->en.from,
	    RENAME_NOREPLACE) == 0) {
		r->back = next->back;
		decide(r, OUTCOME_ROLLED_BACK, "was put back: what its rule "
		    "was to do next was not done");
	} else {
		r->now.id = next->back;
		decide(r, OUTCOME_DONE, "what its rule was to do next was not "
		    "done, and it cannot be put back for the next run");
	}
	return 1;
}

void
recover_move(struct scene *s, struct rec *r, struct ends *e)
{
	drop_part(s, r, e);
	if (back_as_other(s, r, e))
		return;
	if (r->en.kind == ENTRY_COPY || r->en.kind == ENTRY_BUNDLE ||
	    r->en.kind == ENTRY_UNBUNDLE) {
		decide(r, OUTCOME_ROLLED_BACK, r->told);
		return;
	}
	if (e->is_from && e->is_to)
		both_names(s, r, e);
	else if (e->is_from)
		decide(r, OUTCOME_ROLLED_BACK, r->told);
	else if (e->is_to) {
		ends_touch(s, e);
		if (e->is_gone && fs_id_same(&e->at_gone, &r->en.id))
			gone_finish(e->from, r->en.from, r->en.token,
			    &e->at_to, 0, NULL);
		decide(r, OUTCOME_DONE, NULL);
		if (r->en.id.ino == 0)	/* undo must know which one it is */
			r->now.id = e->at_to;
	} else
		neither(s, r, e);
	unchain(s, r, e);
	take_back(s, r, e);
}

/* ---- .trashinfo ---- */
static const char *
top_of(const struct scene *s, const char *files, struct buf *out)
{
	const char *slash;

	/* files is BASE/files; BASE is the home trash, TOP/.Trash-UID or
	 * TOP/.Trash/UID. */
	buf_add(out, files, strlen(files) - strlen("/files"));
	if (s->home_trash != NULL && strcmp(buf_str(out), s->home_trash) == 0)
		return NULL;
	slash = strstr(buf_str(out), "/.Trash");
	if (slash == NULL)
		return NULL;
	out->len = (size_t)(slash - (const char *)out->data);
	return out->len > 0 ? buf_str(out) : "/";
}

static void
write_info(struct scene *s, const struct rec *r, const struct fs_dir *info,
    const char *name)
{
	CLEAN_BUF struct buf path = {0}, text = {0}, top = {0};
	CLEAN_FD int fd = openat(info->fd, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	buf_addf(&path, "%s/%s", r->en.from_dir, r->en.from);
	trash_info_text(&text, top_of(s, r->en.to_dir, &top), buf_str(&path),
	    r->time / 1000000);
	if (fd_write_all(fd, text.data, text.len) < 0 || fsync(fd) < 0)
		unlinkat(info->fd, name, 0);
}

/* Does anything lie in the trash by that name?  Its .trashinfo tells of it. */
static int
has_file(struct scene *s, const char *files, const char *name)
{
	uint32_t n = folders_add(s->folders, files);
	const struct fs_dir *d = folders_hold(s->folders, n, NULL);
	struct stat st;
	int has;

	if (d == NULL)
		return 0;
	has = fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	folders_release(s->folders, n);
	return has;
}

void
recover_info(struct scene *s, const struct rec *r)
{
	int into = r->en.kind == ENTRY_TRASH, there;
	char note = note_read(r->en.extra, r->en.extra_len).kind;
	int out = note == NOTE_TRASHED || note == NOTE_BACK;
	const char *files = into ? r->en.to_dir : r->en.from_dir;
	const char *name = into ? r->en.to : r->en.from;
	CLEAN_FREE char *dir = into || out ? trash_info_dir(files) : NULL;
	CLEAN_BUF struct buf file = {0};
	const struct fs_dir *info;
	struct stat st;
	uint32_t n;

	if (dir == NULL || (r->now.outcome != OUTCOME_DONE &&
	    r->now.outcome != OUTCOME_ROLLED_BACK))
		return;
	n = folders_add(s->folders, dir);
	if ((info = folders_hold(s->folders, n, NULL)) == NULL)
		return;
	trash_info_name(&file, name);
	there = fstatat(info->fd, buf_str(&file), &st,
	    AT_SYMLINK_NOFOLLOW) == 0;
	if (into == (r->now.outcome == OUTCOME_DONE) && !there)
		write_info(s, r, info, buf_str(&file));
	else if (into != (r->now.outcome == OUTCOME_DONE) && there &&
	    !has_file(s, files, name))
		unlinkat(info->fd, buf_str(&file), 0);
	fsync(info->fd);
	folders_release(s->folders, n);
}
