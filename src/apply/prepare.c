/*
 * prepare.c -- from the plan to a load: what each operation is in the journal.
 *
 * A load ends at APPLY_BATCH operations, where another job begins (a batch has
 * one rule's done keys), and before an operation whose source is a copy that
 * is still under way, for its identity is not known yet.  An operation that
 * belongs to the one before it (OP_REPLACES) is never parted from it, nor is one
 * that goes on with a file just moved: recovery is to know of both.
 */
#include <string.h>
#include <unistd.h>

#include "apply/apply_impl.h"
#include "apply/brought.h"
#include "apply/bundle.h"
#include "apply/folders.h"
#include "apply/hands.h"
#include "apply/note.h"
#include "apply/trashcan.h"
#include "apply/write.h"
#include "catalog/catalog.h"
#include "fs/who.h"
#include "plan/plan.h"
#include "rules/later.h"
#include "util/buf.h"
#include "util/charset.h"
#include "util/clean.h"

/* What a kind of operation is in the journal; entry 0: nothing to journal. */
static const struct how {
	enum entry_kind	 entry;
	enum event	 event;
} how[OP_KINDS] = {
	[OP_MOVE] = { ENTRY_MOVE, EVENT_MOVED },
	[OP_RENAME] = { ENTRY_MOVE, EVENT_RENAMED },
	[OP_ARCHIVE] = { ENTRY_MOVE, EVENT_ARCHIVED },
	[OP_UNTRASH] = { ENTRY_MOVE, EVENT_RESTORED },
	[OP_COPY] = { ENTRY_COPY, EVENT_COPIED },
	[OP_LINK] = { ENTRY_LINK, EVENT_LINKED },
	[OP_SYMLINK] = { ENTRY_SYMLINK, EVENT_LINKED },
	[OP_TRASH] = { ENTRY_TRASH, EVENT_TRASHED },
	[OP_DELETE] = { ENTRY_DELETE, EVENT_DELETED },
	[OP_RMDIR] = { ENTRY_RMDIR, EVENT_DELETED },
	[OP_MKDIR] = { ENTRY_MKDIR, EVENT_RESTORED },
	[OP_PURGE] = { ENTRY_PURGE, EVENT_DELETED },
	[OP_BUNDLE] = { ENTRY_BUNDLE, EVENT_BUNDLED },
	[OP_WRITE] = { ENTRY_WRITE, EVENT_WRITTEN },
	[OP_SHELL] = { ENTRY_SHELL, EVENT_RAN },
	[OP_UNBUNDLE] = { ENTRY_UNBUNDLE, EVENT_RESTORED },
	[OP_XATTR] = { ENTRY_XATTR, EVENT_MARKED },
};

static int
makes(enum op_kind k)
{
	switch (k) {
	case OP_TRASH:
	case OP_DELETE:
	case OP_RMDIR:
	case OP_PURGE:
	case OP_XATTR:
		return 0;
	default:
		return 1;
	}
}

static int
copies(const struct item *it)
{
	return it->op.kind == OP_COPY || it->op.kind == OP_BUNDLE ||
	    it->op.kind == OP_UNBUNDLE || (it->flags & ITEM_FAR);
}

static uint32_t
flags_of(const struct item *it)
{
	uint32_t f = it->op.flags;

	return (copies(it) ? ENTRY_STAGED : 0) |
	    (f & OP_DIR ? ENTRY_DIR : 0) |
	    (f & OP_IRREVERSIBLE ? ENTRY_IRREVERSIBLE : 0) |
	    (f & OP_CHAINED ? ENTRY_CHAINED : 0) |
	    (f & OP_REPLACES ? ENTRY_REPLACES : 0) |
	    (f & OP_TOGETHER ? ENTRY_TOGETHER : 0) |
	    (it->flags & ITEM_LEADS ? ENTRY_LEADS : 0);
}

void
prepare_entry(struct apply *a, const struct item *it, struct entry *en)
{
	const struct op *op = &it->op;
	struct folders *f = a->folders;

	*en = (struct entry){
		.kind = how[op->kind].entry, .flags = flags_of(it),
		.job = a->jobs[op->job] - 1,
		.event = (uint8_t)how[op->kind].event, .token = it->token,
		.from_dir = it->from_dir == NO_FOLDER ? "" :
		    folders_path(f, it->from_dir),
		.from = op->from,
		.to_dir = it->to_dir == NO_FOLDER ? "" :
		    folders_path(f, it->to_dir),
		.to = it->to,
		.id = it->expect, .done_key = op->done_key,
		.why = plan_text(a->plan, op->why),
	};
	if (op->kind == OP_WRITE) {	/* what it is about is not touched */
		en->from_dir = "";
		en->from = "";
	}
	if (op->kind == OP_XATTR) {	/* it stays where it is */
		en->to_dir = en->from_dir;
		en->to = en->from;
	}
	if (op->flags & OP_RESTORES)
		en->event = EVENT_RESTORED;
	if (it->flags & ITEM_REPLACED)
		en->event = EVENT_OVERWRITTEN;
	if (a->o->undoing)
		en->event = EVENT_UNDONE;
	note_of(op, &en->extra, &en->extra_len);
}

/* The entry of a member has its path, for undo. */
static void
note_member(const struct item *it, struct entry *en, struct buf *extra)
{
	struct note n = { .kind = NOTE_MEMBER, .name = it->member };

	if (it->op.kind == OP_UNBUNDLE)
		n.name = it->op.text;
	if (it->op.kind != OP_BUNDLE && it->op.kind != OP_UNBUNDLE)
		return;
	note_pack(extra, &n);
	en->extra = extra->data;
	en->extra_len = extra->len;
}

/* Where its trash is, instead of a target of its own. */
static int
aim_at_trash(struct apply *a, struct load *l, struct item *it, struct err *e)
{
	CLEAN_WHO uid_t before = fs_who();
	struct trash_spot spot;

	if (fs_be(it->who, e) < 0)
		return -1;
	if (trashcan_spot(a->trash, it->from_dir, it->op.from, it->token, &spot,
	    e) < 0) {
		buf_fini(&spot.name);
		return -1;
	}
	it->to_dir = spot.files;
	it->info_dir = spot.info;
	it->top = spot.top;
	it->to = arena_str(&l->own, buf_str(&spot.name));
	it->flags |= spot.far ? ITEM_FAR : 0;
	buf_fini(&spot.name);
	return 0;
}

/* What leaves a trash for good takes its .trashinfo along, once it is sure. */
static void
aim_at_info(struct apply *a, struct item *it)
{
	CLEAN_FREE char *info = NULL;

	if (it->op.kind != OP_UNTRASH && note_read(it->op.extra,
	    it->op.extra_len).kind != NOTE_TRASHED)
		return;
	if (it->op.kind != OP_UNTRASH && it->op.kind != OP_PURGE &&
	    it->op.kind != OP_DELETE)
		return;
	info = trash_info_dir(folders_path(a->folders, it->from_dir));
	if (info != NULL)
		it->info_dir = folders_add(a->folders, info);
	it->flags |= ITEM_CHECK;
}

static void
aim(struct apply *a, struct item *it)
{
	uint64_t from_fs, from_mnt, to_fs, to_mnt;

	if (it->from_dir == NO_FOLDER || it->to_dir == NO_FOLDER)
		return;
	if (folders_where(a->folders, it->from_dir, &from_fs, &from_mnt) == 0 &&
	    folders_where(a->folders, it->to_dir, &to_fs, &to_mnt) == 0 &&
	    (from_fs != to_fs || from_mnt != to_mnt))
		it->flags |= ITEM_FAR;
}

/* The catalog's number of the plan's job. */
static int
register_job(struct apply *a, uint32_t job, struct err *e)
{
	const struct plan_job *j = plan_job(a->plan, job);
	uint32_t n;

	if (a->jobs[job] != 0)
		return 0;
	if (catalog_run_job(a->o->catalog, a->o->run, j->name, j->kind,
	    j->hash, &n, e) < 0)
		return -1;
	a->jobs[job] = n + 1;
	return 0;
}

static int
valid(const struct op *op)
{
	int from = op->from_dir != PLAN_NONE && *op->from != '\0';
	int to = op->to_dir != PLAN_NONE && *op->to != '\0';

	switch (op->kind) {
	case OP_SHELL:
		return *op->text != '\0';
	case OP_TRASH:
	case OP_DELETE:
	case OP_RMDIR:
	case OP_PURGE:
	case OP_XATTR:
		return from;
	case OP_MKDIR:
	case OP_SYMLINK:
	case OP_WRITE:
		return to;
	default:
		return from && to;
	}
}

/*
 * With whose rights: those of the owner of the folder it takes something from,
 * or puts something into.  What is restored is read as who we are, for a backup
 * is ours, and put back as the owner of its place.
 */
static void
whose(struct apply *a, struct item *it)
{
	const char *kind = plan_job(a->plan, it->op.job)->kind;
	uint32_t dir = it->from_dir != NO_FOLDER ? it->from_dir : it->to_dir;

	it->who = geteuid();
	if (it->who != 0 || dir == NO_FOLDER)
		return;
	it->restores = it->op.kind == OP_COPY && it->to_dir != NO_FOLDER &&
	    (strcmp(kind, "restore") == 0 || strcmp(kind, "undo") == 0);
	it->who = folders_owner(a->folders, it->restores ? it->to_dir : dir);
}

/* A copy that its rule goes on with: recovery is to see both (recover_back.c). */
static void
mark_lead(struct apply *a, struct load *l, struct item *it)
{
	const struct op *op = &it->op;

	if (!copies(it) || op->to_dir == PLAN_NONE ||
	    op->flags & (OP_DIR | OP_TOGETHER | OP_BEHIND) ||
	    (op->kind != OP_COPY && op->kind != OP_MOVE &&
	    op->kind != OP_RENAME && op->kind != OP_ARCHIVE) ||
	    (a->has_ahead && a->ahead.flags & OP_TOGETHER) ||
	    !survey_leads(a, op))
		return;
	it->flags |= ITEM_LEADS;
	l->leads = 1;
	l->leads_on |= (op->flags & OP_CHAINED) != 0;
}

/* Everything the hands need to know, and the journal before them. */
static int
intend(struct apply *a, struct load *l, struct item *it, struct err *e)
{
	const struct op *op = &it->op;
	CLEAN_BUF struct buf extra = {0};
	struct err why = {0};
	struct entry en;

	if (!valid(op)) {
		item_skip(l, it, "the plan does not say what or where to");
		return 0;
	}
	it->token = a->token++;
	if (op->from_dir != PLAN_NONE)
		it->from_dir = folders_add(a->folders,
		    plan_dir(a->plan, op->from_dir));
	if (op->kind != OP_TRASH && op->to_dir != PLAN_NONE)
		it->to_dir = folders_add(a->folders,
		    plan_dir(a->plan, op->to_dir));
	whose(a, it);
	if (op->kind == OP_TRASH && aim_at_trash(a, l, it, &why) < 0) {
		item_fail(l, it, &why);
		return 0;
	}
	if (op->kind == OP_BUNDLE && bundle_join(a, l, it, &why) < 0) {
		item_fail(l, it, &why);
		return 0;
	}
	if (op->kind == OP_WRITE && write_aim(a, l, it, &why) < 0) {
		item_fail(l, it, &why);
		return 0;
	}
	if (op->kind != OP_TRASH && op->kind != OP_WRITE && makes(op->kind))
		aim(a, it);
	aim_at_info(a, it);
	mark_lead(a, l, it);
	if (register_job(a, op->job, e) < 0)
		return -1;
	prepare_entry(a, it, &en);
	note_member(it, &en, &extra);
	if (makes(op->kind) && it->to_dir != NO_FOLDER)
		en.made = folders_promise(a->folders, it->to_dir);
	it->entry = load_intend(l, &en);
	return 0;
}

/* What an operation means for those after it. */
static void
look_ahead(struct apply *a, struct load *l, struct item *it)
{
	if (it->op.flags & OP_CHAINED || it->op.kind == OP_SHELL)
		l->inline_checks = 1;
	if (it->op.flags & (OP_REPLACES | OP_TOGETHER))
		it->flags |= ITEM_CHECK;
	if (!a->follow || it->to_dir == NO_FOLDER ||
	    it->op.kind == OP_TRASH || it->op.kind == OP_WRITE)
		return;
	if (copies(it) || it->op.kind == OP_SYMLINK)
		survey_arrives(a, it->to_dir, it->to, NULL);
	else if (it->op.flags & OP_CHAINED)
		survey_arrives(a, it->to_dir, it->to, &it->expect);
}

/* ---- rows with a command or a question in them ---- */

/* It stands behind one that did not go well: 1, and it is left alone. */
static int
stands_behind(struct apply *a, struct item *it)
{
	if (!(it->op.flags & OP_BEHIND)) {
		a->row = OP_DONE;	/* another row */
		return 0;
	}
	if (a->row == OP_DONE)
		return 0;
	it->state = a->row;
	it->error = a->row_why;
	it->op.error = a->row_meant;
	return 1;
}

static void
ask(struct apply *a, struct item *it)
{
	int usual = it->op.extra_len == 0 || *(const char *)it->op.extra != 'n';
	int answer = a->o->ask == NULL ? -1 :
	    a->o->ask(a->o->ask_arg, it->op.text, usual);

	it->state = answer > 0 ? OP_DONE : answer == 0 ? OP_SKIPPED : OP_HELD;
	it->error = answer > 0 ? NULL : answer == 0 ? "the answer was no" :
	    "its question waits for an answer: run it by hand";
	/* A "no" is no operation that was missed. */
	it->op.error = a->row_meant = answer == 0;
	a->row = it->state;
	a->row_why = answer == 0 ? "the answer was no" : it->error;
}

/* The command before has run, and what it printed belongs into the text. */
static int
fill_in(struct apply *a, struct load *l, struct item *it)
{
	CLEAN_BUF struct buf text = {0}, extra = {0}, encoded = {0};
	struct later now = { "", 0, 0 };
	struct write_note n;
	struct err e = {0};

	if (a->hands != NULL)
		now = (struct later){ buf_str(&a->hands->printed),
		    a->hands->printed.len, a->hands->status };
	if (later_fill(it->op.text, &now, &text, &e) < 0) {
		item_fail(l, it, &e);
		return -1;
	}
	it->op.text = arena_dup(&l->own, buf_str(&text), text.len);
	it->op.flags &= ~OP_LATER;
	if (it->op.kind != OP_WRITE ||
	    write_unpack(it->op.extra, it->op.extra_len, &n) < 0)
		return 0;
	n.text = it->op.text;
	n.len = text.len;
	if (n.encoding != NULL) {
		if (charset_encode(n.encoding, text.data, text.len, n.mark,
		    &encoded, &e) < 0) {
			item_fail(l, it, &e);
			return -1;
		}
		n.text = buf_str(&encoded);
		n.len = encoded.len;
		n.encoding = NULL;
	}
	write_pack(&extra, &n);
	it->op.extra = arena_dup(&l->own, (const char *)extra.data, extra.len);
	it->op.extra_len = extra.len;
	return 0;
}

/* What a command left: the source may be another file now.  -1: none is there,
 * and it is told. */
static int
look_anew(struct apply *a, struct load *l, struct item *it)
{
	const struct fs_dir *d;
	struct fs_id now;
	uint32_t n;
	int r = -1;

	if (it->op.from_dir == PLAN_NONE || it->op.id.ino == 0 ||
	    it->op.kind == OP_WRITE)
		return 0;
	n = folders_add(a->folders, plan_dir(a->plan, it->op.from_dir));
	if ((d = folders_hold_his(a->folders, n, NULL)) != NULL) {
		r = fs_stat(d, it->op.from, &now, NULL);
		folders_release(a->folders, n);
	}
	if (r < 0) {
		item_skip(l, it, "the command did not leave it there");
		return -1;
	}
	it->expect = now;
	return 0;
}

/* Which file it is, if an earlier operation brought it as another. */
static void
chained_source(struct apply *a, struct item *it)
{
	CLEAN_BUF struct buf from = {0};

	if (survey_source(a, folders_add(a->folders, plan_dir(a->plan,
	    it->op.from_dir)), it->op.from, &it->expect) != 0 ||
	    a->o->brought == NULL)
		return;
	plan_from(a->plan, &it->op, &from);
	brought_get(a->o->brought, buf_str(&from), &it->expect);
}

static int
fill_ahead(struct apply *a, struct err *e)
{
	int r = 1;

	if (!a->has_ahead && (r = plan_next(a->reader, &a->ahead, e)) == 1)
		a->has_ahead = 1;
	return r;
}

/* The operation ahead, with a look at the one behind it. */
static int
take(struct apply *a, struct load *l, struct err *e)
{
	struct item *it = load_add(l, &a->ahead);
	const struct op *op = &it->op;

	a->has_ahead = 0;
	if (fill_ahead(a, e) < 0)
		return -1;
	if (a->has_ahead && a->ahead.flags & OP_REPLACES)
		it->flags |= ITEM_CHECK | ITEM_REPLACED;
	if (a->has_ahead && a->ahead.flags & OP_TOGETHER)
		it->flags |= ITEM_CHECK;
	if (op->state != OP_PLANNED) {
		if (op->error != 0)
			it->error = plan_text(a->plan, op->error);
		return 0;
	}
	if (stands_behind(a, it))
		return 0;
	if (op->flags & OP_LATER && fill_in(a, l, it) < 0)
		return 0;
	if (op->kind == OP_ECHO)
		it->state = OP_DONE;
	if (op->kind == OP_CONFIRM)
		ask(a, it);
	if (how[op->kind].entry == 0)
		return 0;
	if (a->held[op->job]) {
		it->state = OP_HELD;
		it->error = a->held_why[op->job];
		return 0;
	}
	if (op->flags & OP_BEHIND && op->flags & OP_UNSURE &&
	    look_anew(a, l, it) < 0)
		return 0;
	/* Of a write it says that of the file it goes to. */
	if (op->flags & OP_CHAINED && op->from_dir != PLAN_NONE &&
	    op->kind != OP_WRITE)
		chained_source(a, it);
	if (intend(a, l, it, e) < 0)
		return -1;
	if (it->entry != NO_ENTRY)
		look_ahead(a, l, it);
	return 0;
}

/* Must what is under way end before this one can be prepared? */
static int
must_wait(struct apply *a, const struct load *l, const struct op *op)
{
	struct fs_id id;
	int busy = l->n > 0 || a->under_way > 0;

	/* It is asked, run, or looked at anew, when all before it is done. */
	if (op->state == OP_PLANNED && busy && (op->kind == OP_CONFIRM ||
	    op->flags & OP_BEHIND))
		return 1;
	/* What it writes to comes by an earlier operation. */
	if (op->kind == OP_WRITE && op->flags & OP_CHAINED && busy &&
	    op->state == OP_PLANNED && !write_is_known(a, folders_add(
	    a->folders, plan_dir(a->plan, op->to_dir)), op->to))
		return 1;
	return a->follow && op->state == OP_PLANNED &&
	    (op->flags & OP_CHAINED) && op->from_dir != PLAN_NONE &&
	    survey_source(a, folders_add(a->folders, plan_dir(a->plan,
	    op->from_dir)), op->from, &id) < 0;
}

/* Members of one bundle are best together, and what comes out of it. */
static int
bundles(const struct op *op)
{
	return op->kind == OP_BUNDLE || op->kind == OP_UNBUNDLE ||
	    note_read(op->extra, op->extra_len).kind == NOTE_BUNDLE;
}

#define CHAIN_LOOKS	16	/* the file's own companions lie between */

/* Does it go on with a file that one of the last few operations brings? */
static int
goes_on(const struct load *l, const struct op *op)
{
	size_t i, from = l->n > CHAIN_LOOKS ? l->n - CHAIN_LOOKS : 0;

	if ((!(op->flags & OP_CHAINED) && op->kind != OP_WRITE) ||
	    op->from_dir == PLAN_NONE)
		return 0;
	for (i = l->n; i-- > from;)
		if (l->items[i].op.to_dir == op->from_dir &&
		    strcmp(l->items[i].op.to, op->from) == 0)
			return 1;
	return 0;
}

enum prepared
prepare(struct apply *a, struct load **out, struct err *e)
{
	struct load *l = load_new();
	int r, wait = 0;

	while ((r = fill_ahead(a, e)) == 1) {
		const struct op *op = &a->ahead;

		if (l->n > 0 && op->job != l->items[0].op.job)
			break;
		if (l->n > 0 && l->items[l->n - 1].op.kind == OP_SHELL)
			break;		/* nothing is known of what it leaves */
		if (l->n >= (size_t)(bundles(op) ? BUNDLE_MEMBERS :
		    APPLY_BATCH) && !(op->flags & (OP_REPLACES |
		    OP_TOGETHER)) && !goes_on(l, op))
			break;
		if ((wait = must_wait(a, l, op)))
			break;
		if ((r = take(a, l, e)) < 0)
			break;
	}
	if (r < 0 || l->n == 0) {
		load_free(l);
		return r < 0 ? PREPARED_FAILED :
		    wait ? PREPARED_WAIT : PREPARED_END;
	}
	if (plan_job(a->plan, l->items[0].op.job) != NULL)
		l->rule = plan_job(a->plan, l->items[0].op.job)->hash;
	load_seal(l);
	a->under_way++;
	*out = l;
	return PREPARED_LOAD;
}
