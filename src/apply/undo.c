/*
 * undo.c -- the plan that takes a run back: the inverse of each entry that was
 * done, from the last to the first.
 *
 * It refuses rather than guesses: the file must lie where the run put it and be
 * the one that it put there, unchanged; the old name must be free.  What an
 * inverse before will have brought or freed counts (mirror.c).  Refused entries
 * are in the plan, skipped, with the reason.
 *
 *	move, rename, archive	the move back
 *	trash			out of the trash
 *	out of the trash	into it
 *	copy, link, symlink	deleted if unchanged; the journal keeps of what it
 *				was one, so that this can be taken back; the copy
 *				of a folder goes to the trash, with what came in,
 *				and so does one whose original is not there any
 *				more as it was
 *	write			the text is cut off, or the new file deleted
 *	attributes		as they were
 *	bundle			each member out of it; the bundle, if all came out
 *	out of a bundle		into one again
 *	folder removed		made again, with owner, mode and times
 *	folder made		removed if empty
 *	delete, purge, tree	none: skipped
 *
 * At the end the folders that the run had made go if they are empty then.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/apply.h"
#include "apply/folders.h"
#include "apply/note.h"
#include "apply/undo_impl.h"
#include "apply/write.h"
#include "catalog/catalog.h"
#include "fs/dir.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/xalloc.h"

static void
fini(struct undoing *u)
{
	size_t i;

	for (i = 0; i < u->n; i++) {
		free(u->batches[i].bytes);
		free(u->batches[i].results);
	}
	free(u->batches);
	mirror_fini(&u->mirror);
	set64_fini(&u->choice.linked);
	set64_fini(&u->turned);
	returned_fini(&u->returned);
	intern_fini(&u->made);
	free(u->hashes);
	free(u->jobs);
	free(u->opened);
}

static void *
copy_of(const void *p, size_t len)
{
	void *c = xalloc(len + 1);

	if (len > 0)
		memcpy(c, p, len);
	return c;
}

static int
keep(void *arg, const struct catalog_batch *b)
{
	struct undoing *u = arg;

	XGROW(u->batches, u->n, u->cap);
	u->batches[u->n++] = (struct kept){ copy_of(b->bytes, b->len),
	    copy_of(b->results, b->results_len), b->len, b->n, b->results_len,
	    b->time, b->phase };
	return 0;
}

/* The entry's job in the new plan: one for each rule, with its hash, so that
 * what is put back is known to the rule by its new identity too. */
static uint32_t
job_of(struct undoing *u, const struct entry *en)
{
	if (en->job >= u->n_hashes)
		return 0;
	if (u->jobs[en->job] == 0)
		u->jobs[en->job] = plan_add_job(u->out, "undo", "undo",
		    u->hashes[en->job]) + 1;
	return u->jobs[en->job] - 1;
}

/* ---- adding to the plan ---- */
int
undo_add(struct undoing *u, const struct entry *en, const struct inverse *v)
{
	struct op op = {
		.kind = v->kind, .job = job_of(u, en), .why = u->why,
		.state = v->refused != NULL ? OP_SKIPPED : OP_PLANNED,
		.from = v->from ? v->from : "", .to = v->to ? v->to : "",
		.from_dir = v->from_dir ? plan_add_dir(u->out, v->from_dir) :
		    PLAN_NONE,
		.to_dir = v->to_dir ? plan_add_dir(u->out, v->to_dir) :
		    PLAN_NONE,
		.flags = v->flags, .done_key = v->done_key,
		.error = plan_add_text(u->out, v->refused),
		.extra = v->extra, .extra_len = v->extra_len,
		.text = v->text,
	};

	if (v->id != NULL)
		op.id = *v->id;
	return plan_add(u->out, &op, u->e);
}

static int
unchanged(const struct fs_id *now, const struct fs_id *want)
{
	return S_ISDIR(want->mode) ? fs_id_same(now, want) :
	    fs_id_unchanged(now, want);
}

const char *
undo_not_there(struct undoing *u, const char *dir, const char *name,
    const struct fs_id *want, uint32_t *flags)
{
	struct fs_id now;
	struct err e = {0};

	if (mirror_is_anew(&u->mirror, dir, name)) {
		*flags |= OP_CHAINED;
		return NULL;
	}
	switch (mirror_look(&u->mirror, dir, name, want, &now, &e)) {
	case MIRROR_FAILED:
		return "its folder cannot be read";
	case MIRROR_NOTHING:
		return "it is no longer where it was put";
	case MIRROR_MOVED:
		*flags |= OP_CHAINED;
		return NULL;
	case MIRROR_AS_IS:
		break;
	}
	return unchanged(&now, want) ? NULL : "it changed since";
}

const char *
undo_not_free(struct undoing *u, const char *dir, const char *name)
{
	struct fs_id now;
	struct err e = {0};

	for (int again = 0;; again = 1)
		switch (mirror_look(&u->mirror, dir, name, NULL, &now, &e)) {
		case MIRROR_FAILED:
			return "its old folder cannot be read";
		case MIRROR_NOTHING:
			return NULL;
		default:
			/* The run may have made a folder of that name after
			 * it had moved this one away. */
			if (again || !undo_remove_made_at(u, dir, name))
				return "its old name is taken";
		}
}

/*
 * Later in the run its folder went to another file system as a whole, and comes back
 * from there: it is another file by that, twice, and the journal knows neither.
 * Unchanged is what has its size and time.
 */
static int
came_copied(struct undoing *u, const struct inverse *v)
{
	struct fs_id now;

	return (v->kind == OP_MOVE || v->kind == OP_RENAME) &&
	    S_ISREG(v->id->mode) &&
	    mirror_is_copied(&u->mirror, v->from_dir) &&
	    mirror_look(&u->mirror, v->from_dir, v->from, v->id, &now, NULL) ==
	    MIRROR_AS_IS && S_ISREG(now.mode) && now.size == v->id->size &&
	    now.mtime == v->id->mtime;
}

/* Back from where it is to where it was. */
static int
add_move(struct undoing *u, const struct entry *en, struct inverse *v)
{
	int anew = mirror_is_anew(&u->mirror, v->from_dir, v->from);

	v->refused = undo_not_there(u, v->from_dir, v->from, v->id, &v->flags);
	if (v->refused == NULL && anew && v->kind == OP_DELETE)
		v->refused = "it is made again by this undo, and cannot be told "
		    "from another by then";
	if (v->refused == NULL && v->to_dir != NULL)
		v->refused = undo_not_free(u, v->to_dir, v->to);
	if (v->refused == NULL) {
		mirror_vacate(&u->mirror, v->from_dir, v->from);
		/* As the entries before this one know it, which may be by
		 * another identity than it has now. */
		if (v->to_dir != NULL)
			mirror_occupy(&u->mirror, v->to_dir, v->to,
			    en->id.ino != 0 ? &en->id : v->id);
		if (v->to_dir != NULL && anew)
			mirror_anew(&u->mirror, v->to_dir, v->to);
		if (v->to_dir != NULL && v->flags & OP_DIR)
			mirror_shift(&u->mirror, v->from_dir, v->from,
			    v->to_dir, v->to, !fs_id_same(v->id, &en->id));
		if (anew)
			v->id = NULL;
	}
	return undo_add(u, en, v);
}

static int
undo_move(struct undoing *u, const struct entry *en, const struct fs_id *id,
    int copied)
{
	struct inverse v = { .from_dir = en->to_dir, .from = en->to,
	    .to_dir = en->from_dir, .to = en->from, .id = id,
	    .flags = en->flags & ENTRY_DIR ? OP_DIR : 0 };

	v.kind = strcmp(en->from_dir, en->to_dir) == 0 ? OP_RENAME : OP_MOVE;
	if (en->kind == ENTRY_TRASH) {
		v.kind = OP_UNTRASH;
		v.extra = "I";
		v.extra_len = 1;
	} else if (note_read(en->extra, en->extra_len).kind == NOTE_TRASHED) {
		v.kind = OP_TRASH;
		v.to_dir = v.to = NULL;
	}
	if (copied && en->done_key != 0)
		v.done_key = plan_done_again(en->done_key, &en->id, id);
	if (came_copied(u, &v)) {
		mirror_anew(&u->mirror, v.from_dir, v.from);
		if (en->done_key != 0)	/* the rest is known when it is done */
			v.done_key = plan_done_again(en->done_key, &en->id,
			    &(struct fs_id){0});
	}
	return add_move(u, en, &v);
}

/* A copy whose original is no longer what was copied may be all that is left of
 * those bytes. */
static int
is_last(struct undoing *u, const struct entry *en)
{
	uint32_t flags = 0;

	return (en->event == EVENT_COPIED || en->event == EVENT_LINKED) &&
	    en->kind != ENTRY_SYMLINK && undo_not_there(u, en->from_dir,
	    en->from, &en->id, &flags) != NULL;
}

static int
undo_copy(struct undoing *u, const struct entry *en, const struct fs_id *id)
{
	struct note n = { .kind = en->kind == ENTRY_COPY ? NOTE_COPY :
	    en->kind == ENTRY_LINK ? NOTE_LINK : NOTE_SYMLINK,
	    .dir = en->from_dir, .name = en->from, .id = en->id };
	struct inverse v = { .kind = OP_DELETE, .from_dir = en->to_dir,
	    .from = en->to, .id = id };
	CLEAN_BUF struct buf extra = {0};

	if (en->flags & ENTRY_DIR) {
		v.kind = OP_TRASH;
		v.flags = OP_DIR;
		return add_move(u, en, &v);
	}
	/* Of a symlink that came out of a backup only its bytes knew more. */
	if (en->kind != ENTRY_SYMLINK || *en->from != '\0')
		note_pack(&extra, &n);
	v.extra = extra.data;
	v.extra_len = extra.len;
	if (is_last(u, en)) {
		v.kind = OP_TRASH;
		v.extra_len = 0;
	}
	return add_move(u, en, &v);
}

/* The original of v is there as it was: NULL, or why not.  *v knows it then. */
static const char *
original_not_there(struct undoing *u, struct inverse *v, struct fs_id *now)
{
	const char *why = undo_not_there(u, v->from_dir, v->from, v->id,
	    &v->flags);

	if (why == NULL || undo_returned(u, v->from_dir, v->from, v->id,
	    now) != 1)
		return why;
	v->id = now;
	return undo_not_there(u, v->from_dir, v->from, now, &v->flags);
}

/* What an undo deleted was a copy: made again from what it was a copy of. */
static int
undo_delete(struct undoing *u, const struct entry *en)
{
	struct note n = note_read(en->extra, en->extra_len);
	struct write_note w;
	struct fs_id now;
	struct inverse v = { .kind = n.kind == NOTE_LINK ? OP_LINK :
	    n.kind == NOTE_SYMLINK ? OP_SYMLINK : OP_COPY,
	    .from_dir = n.dir, .from = n.name, .to_dir = en->from_dir,
	    .to = en->from, .id = &n.id };

	if (write_unpack(en->extra, en->extra_len, &w) == 0)
		return undo_unwritten(u, en, &w);
	if (n.kind != NOTE_COPY && n.kind != NOTE_LINK &&
	    n.kind != NOTE_SYMLINK) {
		v = (struct inverse){ .kind = OP_DELETE,
		    .from_dir = en->from_dir, .from = en->from,
		    .refused = "it was deleted for good" };
		return undo_add(u, en, &v);
	}
	/* A symlink points to a name, whatever lies there. */
	if (n.kind != NOTE_SYMLINK)
		v.refused = original_not_there(u, &v, &now);
	else
		v.id = NULL;
	if (v.refused == NULL)
		v.refused = undo_not_free(u, v.to_dir, v.to);
	if (v.refused == NULL)
		mirror_occupy(&u->mirror, v.to_dir, v.to, &n.id);
	if (v.refused == NULL)
		mirror_anew(&u->mirror, v.to_dir, v.to);
	return undo_add(u, en, &v);
}

static int
undo_rmdir(struct undoing *u, const struct entry *en, const struct fs_id *id)
{
	struct inverse v = { .kind = OP_MKDIR, .to_dir = en->from_dir,
	    .to = en->from, .id = id };

	v.refused = undo_not_free(u, v.to_dir, v.to);
	if (v.refused == NULL)
		mirror_occupy(&u->mirror, v.to_dir, v.to, id);
	return undo_add(u, en, &v);
}

static int
undo_mkdir(struct undoing *u, const struct entry *en)
{
	CLEAN_FREE char *path = xasprintf("%s/%s", en->to_dir, en->to);

	return undo_remove_folder(u, en, path);
}

/* ---- bundles ---- */

/* What comes out of one, counted: the whole of it or not. */
struct opened {
	struct entry	 en;		/* of a member: where the bundle is */
	struct fs_id	 id;
	uint64_t	 members;
	int		 whole;
};

static struct opened *
opened(struct undoing *u, const struct entry *en, const struct fs_id *id)
{
	struct opened *o;
	size_t i;

	for (i = u->n_opened; i-- > 0;) {
		o = &u->opened[i];
		if (strcmp(o->en.to, en->to) == 0 &&
		    strcmp(o->en.to_dir, en->to_dir) == 0)
			return o;
	}
	XGROW(u->opened, u->n_opened, u->cap_opened);
	o = &u->opened[u->n_opened++];
	*o = (struct opened){ *en, *id, 0, 1 };
	return o;
}

static int
undo_bundle(struct undoing *u, const struct entry *en, const struct fs_id *id)
{
	struct opened *o = opened(u, en, id);
	struct note n = note_read(en->extra, en->extra_len);
	struct inverse v = { .kind = OP_UNBUNDLE, .from_dir = en->to_dir,
	    .from = en->to, .to_dir = en->from_dir, .to = en->from, .id = id,
	    .text = n.name };

	v.refused = undo_not_there(u, v.from_dir, v.from, id, &v.flags);
	if (v.refused == NULL)
		v.refused = undo_not_free(u, v.to_dir, v.to);
	if (en->done_key != 0)
		v.done_key = plan_done_again(en->done_key, &en->id, id);
	if (v.refused == NULL)
		mirror_occupy(&u->mirror, v.to_dir, v.to, &en->id);
	o->members++;
	o->whole &= v.refused == NULL;
	return undo_add(u, en, &v);
}

/* All members of a bundle are of one batch: behind them, the bundles. */
static int
drop_bundles(struct undoing *u)
{
	size_t i;
	int r = 0;

	for (i = 0; i < u->n_opened && r == 0; i++) {
		struct opened *o = &u->opened[i];
		struct note n = { .kind = NOTE_BUNDLE,
		    .id = { .size = o->members } };
		struct inverse v = { .kind = OP_DELETE,
		    .from_dir = o->en.to_dir, .from = o->en.to, .id = &o->id };
		CLEAN_BUF struct buf extra = {0};

		if (!o->whole || u->choice.n > 0)
			continue;
		note_pack(&extra, &n);
		v.extra = extra.data;
		v.extra_len = extra.len;
		mirror_vacate(&u->mirror, v.from_dir, v.from);
		r = undo_add(u, &o->en, &v);
	}
	u->n_opened = 0;
	return r;
}

static int
undo_unbundle(struct undoing *u, const struct entry *en,
    const struct fs_id *id)
{
	struct note n = note_read(en->extra, en->extra_len);
	struct inverse v = { .kind = OP_BUNDLE, .from_dir = en->to_dir,
	    .from = en->to, .to_dir = en->from_dir, .to = en->from, .id = id,
	    .text = n.name };

	v.refused = undo_not_there(u, v.from_dir, v.from, id, &v.flags);
	if (v.refused == NULL)
		mirror_vacate(&u->mirror, v.from_dir, v.from);
	return undo_add(u, en, &v);
}

static int
refuse(struct undoing *u, const struct entry *en, const char *why)
{
	struct inverse v = { .kind = OP_MOVE, .refused = why,
	    .from_dir = *en->to ? en->to_dir : NULL, .from = en->to,
	    .to_dir = *en->from ? en->from_dir : NULL, .to = en->from };

	return undo_add(u, en, &v);
}

static int
undo_entry(struct undoing *u, const struct entry *en, const struct result *res)
{
	int copied = res->id.ino != 0;
	const struct fs_id *id = copied ? &res->id : &en->id;

	char note = note_read(en->extra, en->extra_len).kind;

	if (note == NOTE_BACK || note == NOTE_BUNDLE)
		return 0;
	switch (en->kind) {
	case ENTRY_MOVE:
	case ENTRY_TRASH:
		return undo_move(u, en, id, copied);
	case ENTRY_COPY:
	case ENTRY_LINK:
	case ENTRY_SYMLINK:
		return undo_copy(u, en, id);
	case ENTRY_DELETE:
		return undo_delete(u, en);
	case ENTRY_BUNDLE:
		return undo_bundle(u, en, id);
	case ENTRY_UNBUNDLE:
		return undo_unbundle(u, en, id);
	case ENTRY_RMDIR:
		return undo_rmdir(u, en, id);
	case ENTRY_MKDIR:
		return undo_mkdir(u, en);
	case ENTRY_WRITE:
		return undo_write(u, en, id);
	case ENTRY_XATTR:
		return undo_xattr(u, en, id);
	case ENTRY_TREE:
		/* A backup is no change to take back: the more, the better. */
		return en->event == EVENT_BACKED_UP ? 0 :
		    refuse(u, en, "what was made as a whole is kept");
	case ENTRY_SHELL:
		return refuse(u, en, "what a command did cannot be taken back");
	default:
		return refuse(u, en, "it cannot be taken back");
	}
}

/* ---- the whole ---- */
static int
undo_one(struct undoing *u, const struct entry *en,
    const struct result *res)
{
	if (!choice_back(&u->choice, en))
		return 0;
	undo_note_made(u, en);
	if (res->outcome == OUTCOME_DONE)
		return undo_entry(u, en, res);
	if (res->outcome == OUTCOME_NONE)
		return refuse(u, en, "it is not known yet how it ended");
	if (res->outcome == OUTCOME_ATTENTION)
		return refuse(u, en, "it ended in a way that somebody must "
		    "look at");
	return 0;
}

/* All entries of a batch; forward only tells the choice. */
static int
go_through(struct undoing *u, const struct kept *b, int forward)
{
	struct entry *en = xallocn(b->n + 1, sizeof(*en));
	struct result *res = xallocn(b->n + 1, sizeof(*res));
	struct batch_reader *r = NULL;
	size_t i, n = 0;
	int ret = batch_read(b->bytes, b->len, &r, u->e);

	while (ret == 0 && n < b->n) {
		ret = batch_next(r, &en[n], u->e) == 1 ? 0 : -1;
		if (ret == 0)
			n++;
	}
	if (ret == 0 && b->results_len > 0)
		ret = results_unpack(b->results, b->results_len, res, b->n,
		    u->e);
	for (i = 0; ret == 0 && i < n; i++)
		if (forward)
			choice_forward(&u->choice, &en[i]);
		else
			ret = undo_one(u, &en[n - 1 - i], &res[n - 1 - i]);
	if (ret == 0)
		ret = drop_bundles(u);
	batch_reader_free(r);
	free(en);
	free(res);
	return ret;
}

int
apply_plan_undo(struct catalog *c, int64_t run, const char *const *paths,
    size_t n_paths, struct plan *out, struct err *e)
{
	CLEAN(fini) struct undoing u = { .out = out, .e = e,
	    .choice = { .paths = paths, .n = n_paths } };
	char why[64];
	size_t i;

	if (catalog_batches(c, run, keep, &u, e) < 0 ||
	    catalog_run_hashes(c, run, &u.hashes, &u.n_hashes, e) < 0)
		return -1;
	u.jobs = xallocn(u.n_hashes + 1, sizeof(*u.jobs));
	if (plan_jobs(out) == 0)
		plan_add_job(out, "undo", "undo", 0);
	snprintf(why, sizeof(why), "taking back run %" PRId64, run);
	u.why = plan_add_text(out, why);
	for (i = 0; n_paths > 0 && i < u.n; i++)
		if (go_through(&u, &u.batches[i], 1) < 0)
			return -1;
	/* A batch gives its memory back as the plan takes its own. */
	for (i = u.n; i-- > 0; u.n = i) {
		int r = go_through(&u, &u.batches[i], 0);

		free(u.batches[i].bytes);
		free(u.batches[i].results);
		if (r < 0) {
			u.n = i;
			return -1;
		}
	}
	return undo_remove_made(&u, NULL);
}
