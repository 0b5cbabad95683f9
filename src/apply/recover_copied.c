/*
 * recover_copied.c -- copies that the journal knows by identity: the second
 * part of c.3, and trees.
 *
 * The copy is found as .part or under its name, or it is missing; the source
 * under its name or as .gone, or it is missing.
 *
 *	copy	source
 *	y	y	equal bytes: the copy gets its name, the source goes, DONE
 *	y	y	the source was changed, or a .part is not equal: the copy
 *			goes, the source gets its name back, ROLLED_BACK, and
 *			somebody is told: it was read back and equal once
 *	y	y	a copy that has its name is not equal, or one of them
 *			cannot be read: both get their names, ATTENTION
 *	y	n	the copy gets its name, DONE
 *	n	y	the source gets its name back, ROLLED_BACK, told
 *	n	n	a later entry has it: as that one
 *	n	n	a disk is away: wait
 *	n	n	ATTENTION
 *
 * A source that this run had made has no identity in the journal; it is known by
 * what its copy has from it, and if in doubt both stay.
 *
 * The name taken by another: the copy goes, the source stays.  While the copy's
 * disk is away a .gone source gets its name back first, for nobody should miss
 * a file because a stick is not plugged in.  Of a plain copy the source does
 * not count.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/copydata.h"
#include "apply/gone.h"
#include "apply/recover.h"
#include "apply/token.h"
#include "apply/tree_impl.h"
#include "catalog/catalog.h"
#include "util/clean.h"

struct copy {
	char		 part[TOKEN_NAME], gone[TOKEN_NAME];
	int		 as_part, by_name;	/* where the copy lies */
	int		 source, hidden;	/* where the source lies */
};

/* What this very run made has no identity in the journal.  Under its name it is
 * known by the time and size that its copy has from it; nobody else knows our
 * hidden name. */
static void
find_unknown(const struct rec *r, const struct ends *e, struct copy *c)
{
	const struct fs_id *id = &r->was.id;

	c->hidden = e->is_gone;
	c->source = !c->hidden && e->at_from.ino != 0 &&
	    S_ISREG(e->at_from.mode) && e->at_from.size == id->size &&
	    e->at_from.mtime == id->mtime;
}

static void
find(const struct rec *r, const struct ends *e, struct copy *c)
{
	const struct fs_id *id = &r->was.id;
	struct fs_id at;

	token_part(r->en.token, c->part);
	token_gone(r->en.token, c->gone);
	c->as_part = e->is_part && fs_id_same(&e->at_part, id);
	c->by_name = !c->as_part && e->to != NULL &&
	    fs_stat(e->to, r->en.to, &at, NULL) == 0 && fs_id_same(&at, id);
	if (r->en.id.ino == 0) {
		find_unknown(r, e, c);
		return;
	}
	c->source = e->is_from;
	c->hidden = !c->source && e->is_gone &&
	    fs_id_same(&e->at_gone, &r->en.id);
}

static int
open_in(const struct fs_dir *d, const char *name)
{
	return openat(d->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
}

/* What the copy is to what the source is now. */
enum likeness {
	SAME,
	OLDER,		/* the source was changed since it was copied */
	OTHER,		/* other bytes, and nothing says whose they are */
	UNKNOWN,	/* one of them cannot be read */
};

static enum likeness
compare(struct scene *s, const struct rec *r, const struct ends *e,
    const struct copy *c)
{
	CLEAN_FD int a = open_in(e->to, c->as_part ? c->part : r->en.to);
	CLEAN_FD int b = open_in(e->from, c->source ? r->en.from : c->gone);
	const struct fs_id *src = c->source ? &e->at_from : &e->at_gone;
	const struct fs_id *want = r->en.id.ino != 0 ? &r->en.id : &r->was.id;
	struct stat st;

	if (src->size != want->size || src->mtime != want->mtime)
		return OLDER;
	if (a < 0 || b < 0 || fstat(a, &st) < 0)
		return UNKNOWN;
	if ((uint64_t)st.st_size != src->size)
		return OTHER;
	posix_fadvise(a, 0, 0, POSIX_FADV_DONTNEED);
	switch (copier_same(s->copier, a, b, src->size, NULL)) {
	case 1:
		return SAME;
	case 0:
		return OTHER;
	default:
		return UNKNOWN;
	}
}

/* Give the copy its name: 0, or -1 if that is taken. */
static int
show(const struct rec *r, const struct ends *e, const struct copy *c)
{
	if (!c->as_part)
		return 0;
	if (renameat2(e->to->fd, c->part, e->to->fd, r->en.to,
	    RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	if (S_ISDIR(r->was.id.mode))
		return mkdirat(e->to->fd, r->en.to, 0700) < 0 ? -1 :
		    renameat2(e->to->fd, c->part, e->to->fd, r->en.to, 0);
	return linkat(e->to->fd, c->part, e->to->fd, r->en.to, 0) < 0 ? -1 :
	    unlinkat(e->to->fd, c->part, 0);
}

static void
drop_copy(const struct rec *r, const struct ends *e, const struct copy *c)
{
	if (c->as_part && S_ISDIR(r->was.id.mode))
		tree_away(e->to, c->part, NULL);
	else if (c->as_part)
		unlinkat(e->to->fd, c->part, 0);
	else if (c->by_name)
		gone_file(e->to, r->en.to, r->en.token, &r->was.id, 0, NULL);
}

static void
back_to_source(struct rec *r, const struct ends *e, const struct copy *c,
    const char *told)
{
	if (c->hidden && gone_back(e->from, r->en.from, r->en.token, NULL) < 0)
		decide(r, OUTCOME_ATTENTION, "its name is taken; it is kept "
		    "under a hidden one");
	else
		decide(r, OUTCOME_ROLLED_BACK, told);
}

static void
source_away(struct rec *r, const struct ends *e, const struct copy *c)
{
	enum gone g = c->source ? gone_file(e->from, r->en.from, r->en.token,
	    &e->at_from, 1, NULL) : gone_finish(e->from, r->en.from,
	    r->en.token, &e->at_gone, 1, NULL);

	if (g == GONE_DONE) {
		decide(r, OUTCOME_DONE, "was finished");
		r->now.id = r->was.id;
		return;
	}
	if (g == GONE_LEFT) {
		decide(r, OUTCOME_ATTENTION, "both are kept");
		return;
	}
	drop_copy(r, e, &(struct copy){ .by_name = 1 });
	decide(r, OUTCOME_ROLLED_BACK, "was taken back");
}

/*
 * Both of a folder: a copy without its name goes, for the removal was not begun;
 * else what the copy holds too goes from the source.
 */
static void
both_folders(struct scene *s, struct rec *r, const struct ends *e,
    const struct copy *c)
{
	enum gone g;

	if (c->as_part && c->source) {
		decide(r, OUTCOME_ROLLED_BACK, tree_away(e->to, c->part,
		    NULL) == 0 ? "an unfinished copy was removed" :
		    "an unfinished copy could not be removed");
		return;
	}
	if (show(r, e, c) < 0 || syncfs(e->to->fd) < 0) {
		back_to_source(r, e, c, "its new name is taken; it was taken "
		    "back");
		return;
	}
	if (c->source && gone_hide(e->from, r->en.from, r->en.token, NULL) < 0)
		g = GONE_FAILED;
	else
		g = tree_match_away(s->copier, e->from, r->en.from,
		    r->en.token, e->to, r->en.to, NULL);
	decide(r, g == GONE_LEFT ? OUTCOME_ATTENTION : OUTCOME_DONE,
	    g == GONE_DONE ? "was finished" : "was finished, but what came or "
	    "changed meanwhile is still in its old place");
	r->now.id = r->was.id;
}

static void
copy_alone(struct rec *r, const struct ends *e, const struct copy *c)
{
	int part = c->as_part;

	if (show(r, e, c) == 0) {
		decide(r, OUTCOME_DONE, part ? "was finished" : NULL);
		r->now.id = r->was.id;
	} else if (r->en.kind == ENTRY_COPY) {
		drop_copy(r, e, c);
		decide(r, OUTCOME_ROLLED_BACK, "its name is taken");
	} else
		decide(r, OUTCOME_ATTENTION, "its name is taken; it is kept "
		    "under a hidden one");
}

/* Neither is known to be the better one: both get their names. */
static void
keep_both(struct rec *r, const struct ends *e, const struct copy *c,
    const char *told)
{
	int shown = show(r, e, c) == 0;

	back_to_source(r, e, c, told);
	if (r->now.outcome == OUTCOME_ROLLED_BACK)
		decide(r, OUTCOME_ATTENTION, shown ? told : "its name is "
		    "taken; it is kept under a hidden one");
}

static void
both_there(struct scene *s, struct rec *r, const struct ends *e,
    const struct copy *c)
{
	enum likeness is = compare(s, r, e, c);

	if (is != SAME && is != UNKNOWN && r->en.id.ino == 0 && c->source)
		copy_alone(r, e, c);	/* it is another file's time */
	else if (is == UNKNOWN)
		keep_both(r, e, c, "the copy and the file cannot be compared; "
		    "both are kept");
	else if (is == OTHER && c->by_name)
		keep_both(r, e, c, "the copy is not what the file is; both are "
		    "kept");
	else if (is != SAME) {
		drop_copy(r, e, c);
		back_to_source(r, e, c, "the copy is not what the file is, and "
		    "was removed");
	} else if (show(r, e, c) < 0) {
		drop_copy(r, e, c);
		back_to_source(r, e, c, "its new name is taken; it was taken "
		    "back");
	} else
		/* The name must be on disk before the source goes. */
		if (syncfs(e->to->fd) < 0)
			decide(r, OUTCOME_NONE, "the disk cannot be flushed");
		else
			source_away(r, e, c);
}

/*
 * A member of a bundle that was whole and durable.  Under its staging name: no
 * source has gone yet, and it goes.  Under its name: a source that is there
 * stays, one that is gone is in it.
 */
static void
recover_bundle(struct rec *r, const struct ends *e, const struct copy *c)
{
	if (c->as_part)
		unlinkat(e->to->fd, c->part, 0);
	if (c->source)
		decide(r, OUTCOME_ROLLED_BACK, c->as_part ?
		    "an unfinished bundle was removed" : NULL);
	else if (c->hidden)
		back_to_source(r, e, c, "was taken back; the bundle holds it "
		    "too");
	else if (c->by_name) {
		decide(r, OUTCOME_DONE, NULL);
		r->now.id = r->was.id;
	} else if (disk_is_away(r->en.to_dir, &r->was.id) ||
	    disk_is_away(r->en.from_dir, &r->en.id))
		decide(r, OUTCOME_NONE, "waits for its disk");
	else
		decide(r, OUTCOME_ATTENTION, "neither the file nor its bundle "
		    "is where it was put");
}

static int
plain_copy(const struct rec *r)
{
	return r->en.kind == ENTRY_COPY || r->en.kind == ENTRY_UNBUNDLE;
}

void
recover_copied(struct scene *s, struct rec *r, struct ends *e)
{
	const struct rec *later = taken_on(s, r, &r->was.id);
	struct copy c = {0};
	int copy, source;

	if (r->en.kind == ENTRY_TREE) {
		recover_tree(s, r, e);
		return;
	}
	find(r, e, &c);
	copy = c.as_part || c.by_name;
	source = (c.source || c.hidden) && !plain_copy(r);
	ends_touch(s, e);
	if (r->en.kind == ENTRY_BUNDLE)
		recover_bundle(r, e, &c);
	else if (copy && source && S_ISDIR(r->was.id.mode))
		both_folders(s, r, e, &c);
	else if (copy && source)
		both_there(s, r, e, &c);
	else if (copy)
		copy_alone(r, e, &c);
	else if (!source && later != NULL) {
		r->now.outcome = later->now.outcome;
		r->now.id = r->was.id;
	} else if (disk_is_away(r->en.to_dir, &r->was.id)) {
		if (c.hidden)
			gone_back(e->from, r->en.from, r->en.token, NULL);
		decide(r, OUTCOME_NONE, "waits for its disk");
	} else if (plain_copy(r))
		decide(r, OUTCOME_EXTERNAL, "somebody else moved or removed it");
	else if (source)
		back_to_source(r, e, &c, "its copy is not there; it was taken "
		    "back");
	else if (disk_is_away(r->en.from_dir, &r->en.id))
		decide(r, OUTCOME_NONE, "waits for its disk");
	else
		decide(r, OUTCOME_ATTENTION, "neither the file nor its copy is "
		    "where it was put");
}

/* A tree that is not shown goes, or is left for the next backup there. */
void
recover_tree(struct scene *s, struct rec *r, struct ends *e)
{
	struct copy c = {0};

	find(r, e, &c);
	if (r->was.id.ino != 0 && (c.as_part || c.by_name)) {
		ends_touch(s, e);
		copy_alone(r, e, &c);
		if (r->now.outcome != OUTCOME_DONE && c.as_part &&
		    tree_away(e->to, c.part, NULL) == 0)
			decide(r, OUTCOME_ROLLED_BACK, "its name is taken");
		return;
	}
	decide(r, OUTCOME_ROLLED_BACK, NULL);
	if (r->en.event == EVENT_BACKED_UP) {
		catalog_put(s->catalog, TREE_SPACE, r->en.to_dir, c.part,
		    strlen(c.part), NULL);
	} else if (e->is_part) {
		ends_touch(s, e);
		decide(r, OUTCOME_ROLLED_BACK, tree_away(e->to, c.part,
		    NULL) == 0 ? "what was begun was removed" :
		    "what was begun could not be removed");
	}
}
