/*
 * take.c -- a file that a rule takes: its actions, one by one.
 *
 * Each works on the file where the one before will have put it.  The first
 * that fails or leaves the file alone ends the row: what follows was meant for
 * a file that has been dealt with.  Only where the file lies already where it
 * is to go, or the same bytes do, is that as good as done.
 */
#include <dirent.h>
#include <string.h>

#include "apply/shell.h"
#include "organize/organize_impl.h"
#include "plan/conflict.h"
#include "plan/overlay.h"
#include "util/hash.h"

uint64_t
organize_done_key(uint64_t rule_hash, size_t action, const struct fs_id *id)
{
	const uint64_t v[] = { rule_hash, action };

	return plan_done_key(hash_fixed(1, v, sizeof(v)), id);
}

static const enum op_kind kinds[] = {
	[INTENT_MOVE] = OP_MOVE, [INTENT_ARCHIVE] = OP_ARCHIVE,
	[INTENT_COPY] = OP_COPY,
	[INTENT_LINK] = OP_LINK, [INTENT_SYMLINK] = OP_SYMLINK,
	[INTENT_RENAME] = OP_RENAME, [INTENT_TRASH] = OP_TRASH,
	[INTENT_DELETE] = OP_DELETE, [INTENT_ECHO] = OP_ECHO,
	[INTENT_STAY] = OP_MOVE, [INTENT_WRITE] = OP_WRITE,
	[INTENT_CONFIRM] = OP_CONFIRM, [INTENT_SHELL] = OP_SHELL,
	[INTENT_XATTR] = OP_XATTR,
};

int
tell(struct run *r, enum op_state state, const char *dir, const char *name,
    const char *error, struct err *e)
{
	struct op op = { .state = state, .job = r->job,
	    .kind = kinds[r->rule->actions.v[0].ops->intends],
	    .to_dir = PLAN_NONE, .from = name, .to = "", .text = "" };

	if (r->survey != NULL)
		return 0;		/* it is told when its turn comes */
	op.from_dir = plan_add_dir(r->plan, dir);
	op.error = plan_add_text(r->plan, error);
	return plan_add(r->plan, &op, e);
}

/* The reason, as text number: what the filters say, and for sort what decided. */
static uint32_t
reason(struct run *r, const struct intent *in)
{
	buf_reset(&r->why);
	if ((in->ext == NULL && in->mime == NULL) || r->rule->filters.n > 0)
		filters_say(&r->rule->filters, &r->subject, &r->why);
	if (in->ext != NULL && strstr(buf_str(&r->why), "extension is ") ==
	    NULL) {
		if (r->why.len > 0)
			buf_adds(&r->why, ", ");
		buf_adds(&r->why, "extension is ");
		for (const char *p = in->ext; *p != '\0'; p++)
			buf_addc(&r->why, (char)(*p >= 'A' && *p <= 'Z' ?
			    *p | 0x20 : *p));
	}
	if (in->mime != NULL)
		buf_addf(&r->why, "%scontent is %s", r->why.len > 0 ? ", " :
		    "", in->mime);
	return plan_add_text(r->plan, buf_str(&r->why));
}

int
row_add(struct row *w, struct err *e)
{
	w->op.flags |= w->behind;
	if (w->op.from_dir != PLAN_NONE && overlay_is_unsure(w->r->overlay,
	    plan_dir(w->r->plan, w->op.from_dir)))
		w->op.flags |= OP_UNSURE;
	return plan_add(w->r->plan, &w->op, e);
}

int
row_end(struct row *w, enum op_state state, const char *error, struct err *e)
{
	w->over = 1;
	w->op.state = state;
	w->op.to_dir = PLAN_NONE;
	w->op.to = "";
	w->op.done_key = 0;
	w->op.flags &= OP_DIR | OP_BEHIND;
	w->op.error = plan_add_text(w->r->plan, error);
	return row_add(w, e);
}

/* What apply does if somebody takes the name in the meantime. */
static void
pack_conflict(struct run *r, const struct taken *t, const char *to,
    const struct target *tg, struct op *op)
{
	struct name_around a;
	struct conflict c = { .mode = CONFLICT_RENAME };
	char stem[NAME_BYTES + 1];

	buf_reset(&r->extra);
	if ((t->mode != ON_CONFLICT_RENAME_NEW &&
	    t->mode != ON_CONFLICT_DEDUPLICATE) ||
	    name_around(t->rename, to, strlen(to), 1, &a) < 0)
		return;
	memcpy(stem, a.before, a.stem_len);
	stem[a.stem_len] = '\0';
	c.stem = stem;
	c.separator = a.before + a.stem_len;
	c.extension = a.after;
	c.width = a.width;
	c.first = tg->counter > 0 ? tg->counter + 1 : NAME_FIRST;
	conflict_pack(&r->extra, &c);
	op->extra = r->extra.data;
	op->extra_len = r->extra.len;
}

/* The subject lies elsewhere now. */
static void
moved(struct row *w, const struct target *t)
{
	struct subject *s = &w->r->subject;

	s->name_len = strlen(t->name);
	memcpy(w->r->moved_name, t->name, s->name_len + 1);
	s->name = w->r->moved_name;
	s->dir = plan_dir(w->r->plan, t->place->plan_dir);
	w->from_dir = t->place->plan_dir;
	w->chained = 1;
}

/* What the file is still there after. */
static int
stays(enum intent_kind kind)
{
	return kind == INTENT_COPY || kind == INTENT_LINK ||
	    kind == INTENT_SYMLINK;
}

static int
go(struct row *w, const struct intent *in, const char *to,
    const struct target *t, enum settled how, struct err *e)
{
	struct run *r = w->r;
	struct subject *s = &r->subject;
	int type = in->kind == INTENT_SYMLINK ? DT_LNK :
	    s->is_dir ? DT_DIR : DT_REG, rc;

	w->op.to_dir = t->place->plan_dir;
	w->op.to = t->name;
	if (how == SETTLED_REPLACES)
		w->op.flags |= OP_REPLACES;
	else if (r->n_along == 0)	/* else they would get other numbers */
		pack_conflict(r, in->taken, to, t, &w->op);
	rc = row_add(w, e);
	if (rc == 0)
		rc = along_go(w, in, t->place, t->name, stays(in->kind), e);
	w->op.to = "";			/* which is t's */
	if (rc < 0)
		return -1;
	(stays(in->kind) ? overlay_copy : overlay_move)(r->overlay, s->dir,
	    s->name, t->place->dir, t->name, s->id, type);
	target_produced(r, t->place, t->name);
	if (!in->keep_going_with_original) {
		w->copied |= stays(in->kind);
		moved(w, t);
		r->along_dir = s->dir;
	}
	return 0;
}

/* move, copy, link, sort, rename: find the place and the name. */
static int
bring(struct row *w, const struct intent *in, struct err *e)
{
	struct run *r = w->r;
	struct place *place;
	struct target t;
	struct err why;
	const char *to;
	enum settled how;

	err_start(&why);
	buf_reset(&r->name);
	if (in->folder == FOLDER_NEVER)		/* a name in the same folder */
		path_join(&r->name, r->subject.dir, buf_str(&r->text));
	else
		buf_add(&r->name, r->text.data, r->text.len);
	if (place_find(r, in, &r->name, r->subject.name, &place, &to,
	    &why) < 0)
		return row_end(w, OP_FAILED, why.text, e);
	if (in->kind == INTENT_COPY && r->subject.is_dir && overlay_changed(
	    r->overlay, r->subject.dir, r->subject.name))
		return row_end(w, OP_SKIPPED, "what is in it changes in this run; "
		    "the next one copies it", e);
	how = target_settle(r, in, place, to, &t, &why);
	switch (how) {
	case SETTLED:
	case SETTLED_REPLACES:
		return go(w, in, to, &t, how, e);
	case SETTLED_SKIP:
		return row_end(w, OP_SKIPPED, t.why, e);
	case SETTLED_SAME:
	case SETTLED_HERE:
		if (row_end(w, OP_SKIPPED, t.why, e) < 0)
			return -1;
		/* A copy onto itself is none: what follows may throw the file
		 * away. */
		w->over = (how == SETTLED_SAME) != stays(in->kind);
		return 0;
	case SETTLED_BAD:
		return row_end(w, OP_FAILED, why.text, e);
	case SETTLED_BROKEN:
		break;
	}
	if (e != NULL)
		*e = why;
	return -1;
}

/* trash, delete: it is not there any more. */
static int
away(struct row *w, const struct intent *in, struct err *e)
{
	struct subject *s = &w->r->subject;

	if (in->kind == INTENT_DELETE)
		w->op.flags |= OP_IRREVERSIBLE;
	if (w->r->rule->n_twins > 0) {
		buf_reset(&w->r->extra);
		survey_pack(w->r, &w->r->extra);
		w->op.extra = w->r->extra.data;
		w->op.extra_len = w->r->extra.len;
	}
	if (row_add(w, e) < 0)
		return -1;
	overlay_remove(w->r->overlay, s->dir, s->name);
	return along_away(w, e);
}

/* What follows is done if the answer is yes. */
static int
question(struct row *w, const struct intent *in, struct err *e)
{
	w->op.text = buf_str(&w->r->text);
	w->op.extra = in->usual ? "y" : "n";
	w->op.extra_len = 1;
	if (row_add(w, e) < 0)
		return -1;
	w->behind |= OP_BEHIND;
	return 0;
}

/* Of what follows on its file, and in its folder, nobody can be sure. */
static int
command(struct row *w, const struct intent *in, struct err *e)
{
	struct run *r = w->r;

	if (memchr(buf_str(&r->text), '\0', r->text.len) != NULL)
		return row_end(w, OP_FAILED, "the command has a NUL in it", e);
	buf_reset(&r->extra);
	shell_pack(&r->extra, in->ignore, in->dir);
	w->op.text = buf_str(&r->text);
	w->op.extra = r->extra.data;
	w->op.extra_len = r->extra.len;
	w->op.flags |= OP_IRREVERSIBLE;
	if (row_add(w, e) < 0)
		return -1;
	w->behind |= OP_BEHIND | OP_UNSURE;
	if (r->subject.name != NULL)
		overlay_unsure(r->overlay, r->subject.dir);
	return 0;
}

/* A rule without locations has no file. */
static void
fill_alone(struct row *w, const struct intent *in)
{
	w->op = (struct op){ .kind = kinds[in->kind], .state = OP_PLANNED,
	    .job = w->r->job, .from_dir = PLAN_NONE, .to_dir = PLAN_NONE,
	    .from = "", .to = "", .text = "" };
	w->op.why = plan_add_text(w->r->plan, "the rule has no locations");
}

static void
fill(struct row *w, const struct intent *in)
{
	struct run *r = w->r;
	const struct subject *s = &r->subject;

	if (s->name == NULL) {
		fill_alone(w, in);
		return;
	}
	if (w->from_dir == PLAN_NONE)
		w->from_dir = r->plan_dir = plan_add_dir(r->plan, s->dir);
	w->op = (struct op){ .kind = kinds[in->kind], .state = OP_PLANNED,
	    .job = r->job, .from_dir = w->from_dir, .to_dir = PLAN_NONE,
	    .from = s->name, .to = "", .text = "", .id = *s->id,
	    .done_key = w->key };
	w->op.flags = (w->chained ? OP_CHAINED : 0) | (s->is_dir ? OP_DIR : 0);
	w->op.why = reason(r, in);
}

/*
 * It was done in an earlier run.  A copy was made; or a file that the action takes
 * away is seen again, where that run left it or where an undo put it back: the
 * keys do not tell which, so both are said, with the way out.
 */
static int
was_done(struct row *w, const struct action *a, const struct intent *in,
    struct err *e)
{
	const char *why = a->ops->leaves ? "already done in an earlier run, taken "
	    "back or not; run --again does it again" :
	    "already done in an earlier run";

	if (row_end(w, OP_SKIPPED, why, e) < 0)
		return -1;
	w->over = a->ops->leaves || !in->keep_going_with_original;
	return 0;
}

static int
act(struct row *w, const struct action *a, const char *waits, struct err *e)
{
	struct run *r = w->r;
	const struct set64 *done = r->env->done;
	struct err why;
	struct intent in;
	int n;

	err_start(&why);
	n = action_intend(a, &r->subject, &in, &r->text, &why);
	w->key = a->ops->changes && r->subject.name != NULL ?
	    organize_done_key(r->rule->hash, w->action, r->subject.id) : 0;
	fill(w, &in);
	r->behind = w->behind;
	if (n < 0)
		return row_end(w, OP_FAILED, why.text, e);
	w->stays |= in.kind == INTENT_STAY && w->action == 0;
	if (in.kind == INTENT_STAY)
		return row_end(w, OP_SKIPPED, buf_str(&r->text), e);
	if (w->key != 0 && done != NULL && set64_has(done, w->key))
		return was_done(w, a, &in, e);
	if (waits != NULL && a->ops->changes)
		return row_end(w, OP_SKIPPED, waits, e);
	if (in.later && !(w->behind & OP_UNSURE))
		return row_end(w, OP_SKIPPED, "the command before it ran in an "
		    "earlier run", e);
	w->op.flags |= in.keep_metadata ? OP_KEEP_META : 0;
	w->op.flags |= in.later ? OP_LATER : 0;
	if (in.kind == INTENT_ECHO) {
		w->op.text = buf_str(&r->text);
		return row_add(w, e);
	}
	if (in.kind == INTENT_CONFIRM)
		return question(w, &in, e);
	if (in.kind == INTENT_SHELL)
		return command(w, &in, e);
	if (in.kind == INTENT_WRITE)
		return outfile_write(w, &in, e);
	if (in.kind == INTENT_XATTR)
		return attrs_change(w, e);
	if (in.kind == INTENT_TRASH || in.kind == INTENT_DELETE)
		return away(w, &in, e);
	return bring(w, &in, e);
}

/* The rule has had it: where it lies by now, and where it lay if it is there. */
static void
stop(struct row *w, const char *dir, const char *name)
{
	struct run *r = w->r;
	const struct subject *s = &r->subject;

	if (overlay_taken(r->overlay, dir, name, NULL) == 1)
		target_stop(r, dir, name);
	if (overlay_taken(r->overlay, s->dir, s->name, NULL) == 1)
		target_stop(r, s->dir, s->name);
	for (size_t i = 0; i < r->n_along; i++)
		target_stop(r, r->along_dir, r->along[i].name);
}

int
take(struct run *r, const char *waits, int chained, struct err *e)
{
	struct row w = { .r = r, .chained = chained, .from_dir = r->plan_dir };
	const char *dir = r->subject.dir, *name = r->subject.name;
	const char *others = name != NULL ? along_find(r) : NULL;

	r->along_dir = dir;
	attrs_begin(r);
	waits = waits != NULL ? waits : others;
	for (; !w.over && w.action < r->rule->actions.n; w.action++)
		if (act(&w, &r->rule->actions.v[w.action], waits, e) < 0)
			return -1;
	if (r->rule->stop && name != NULL && !w.stays)
		stop(&w, dir, name);
	return 0;
}

int
take_nothing(struct run *r, struct err *e)
{
	return take(r, NULL, 0, e);
}
