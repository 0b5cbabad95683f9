/*
 * folder.c -- a folder's names: which are asked about, looked at, taken.
 *
 * Names come first, since they cost nothing: excludes and the filters that a
 * name is enough for.  What is left is looked at, some thousand at a time;
 * whether a file is still being written is asked only of those that the rule
 * takes, since it costs an open.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "organize/organize_impl.h"
#include "plan/overlay.h"
#include "util/hash.h"
#include "util/path.h"

int
folder_is_ours(const char *name)
{
	return strncmp(name, ".fettle-", 8) == 0 ||
	    strcmp(name, ".Trash") == 0 || strncmp(name, ".Trash-", 7) == 0;
}

int
folder_enter(void *run, const char *path, const char *name, int depth)
{
	struct run *r = run;

	(void)depth;
	if (location_skips_dir(r->location, name, strlen(name)) != NULL ||
	    folder_is_ours(name) || strcmp(name, ".fettle") == 0)
		return 0;
	if (r->rule->dirs && r->produced.n > 0 && set64_has(&r->produced,
	    produced_key(produced_dir(path), name)))
		return 0;
	if (overlay_is_copy(r->overlay, path, name))
		return 0;
	if (r->n_leave_out == 0)
		return 1;
	buf_reset(&r->path);
	path_join(&r->path, path, name);
	for (size_t i = 0; i < r->n_leave_out; i++)
		if (strcmp(r->leave_out[i], buf_str(&r->path)) == 0)
			return 0;
	return 1;
}

/* A folder with fettle's own files in it goes nowhere. */
static int
holds_ours(struct run *r, const char *name)
{
	buf_reset(&r->path);
	path_join(&r->path, r->dir->path, name);
	for (size_t i = 0; i < r->n_leave_out; i++)
		if (path_is_below(r->leave_out[i], buf_str(&r->path)))
			return 1;
	return 0;
}

static void
look_at(struct run *r, const char *name, size_t len)
{
	r->subject.dir = r->dir->path;
	r->subject.name = r->subject.first = name;
	r->subject.name_len = r->subject.first_len = len;
	r->subject.is_dir = r->rule->dirs != 0;
	r->subject.id = NULL;
	r->subject.captures = NULL;
	r->subject.fetched = NULL;
}

/*
 * Does an action say by the name alone that the file stays?  Then it need not
 * be looked at.  1 and it was told, 0, -1.
 */
static int
stays(struct run *r, struct err *e)
{
	const struct action *a = &r->rule->actions.v[0];
	struct intent in;

	if (!a->ops->may_stay || (a->needs & ~NEED_FILE) != 0 ||
	    action_intend(a, &r->subject, &in, &r->text, NULL) < 0 ||
	    in.kind != INTENT_STAY)
		return 0;
	return tell(r, OP_SKIPPED, r->dir->path, r->subject.name,
	    buf_str(&r->text), e) < 0 ? -1 : 1;
}

int
folder_ask(struct run *r, unsigned known, struct err *e)
{
	struct filters *fs = &r->rule->filters;

	if (r->survey != NULL)
		return filters_reach(fs, r->survey->slot, &r->subject, known,
		    e);
	return filters_match(fs, &r->subject, known, e);
}

/* Ask what the name is enough for: 1 and c is a candidate, 0, -1. */
static int
by_name(struct run *r, const struct walk_entry *en, struct candidate *c,
    struct err *e)
{
	size_t len = strlen(en->name);
	struct err why;
	int hit;

	err_start(&why);
	if ((r->rule->dirs ? location_skips_dir : location_skips_file)
	    (r->location, en->name, len) != NULL || folder_is_ours(en->name))
		return 0;
	if (r->produced.n > 0 && set64_has(&r->produced,
	    produced_key(r->dir_hash, en->name)))
		return 0;
	if (r->accompanied.n > 0 && set64_has(&r->accompanied,
	    produced_key(r->dir_hash, en->name)))
		return 0;
	if (r->env->stopped != NULL && r->env->stopped->n > 0 &&
	    set64_has(r->env->stopped, produced_key(r->dir_hash, en->name)))
		return 0;
	look_at(r, en->name, len);
	hit = folder_ask(r, r->survey == NULL ? NEED_FILE | NEED_TWINS :
	    NEED_FILE, &why);
	if (hit == 0)
		return 0;
	if (hit < 0)
		return tell(r, OP_FAILED, r->dir->path, en->name, why.text, e);
	if (r->rule->dirs && holds_ours(r, en->name))
		return tell(r, OP_SKIPPED, r->dir->path, en->name,
		    "files of fettle itself lie in it", e);
	*c = (struct candidate){ .entry = en, .passed = hit == 1 };
	hit = c->passed && r->survey == NULL ? stays(r, e) : 0;
	return hit < 0 ? -1 : hit == 0;
}

/* What is known of a candidate after the look; NULL if it was none. */
const struct fs_id *
folder_id(const struct run *r, const struct candidate *c)
{
	const struct overlay_note *note = c->entry->note;

	return note != NULL ? &note->id : &r->looks[c->look].id;
}

/* Is it what the list said it is?  0 drops it; -1. */
static int
looks_right(struct run *r, struct candidate *c, struct err *e)
{
	const struct fs_look *l = &r->looks[c->look];
	struct err why;

	err_start(&why);
	if (c->entry->note != NULL)
		return 1;
	if (l->error == ENOENT)
		return 0;
	if (l->error != 0) {
		errno = l->error;
		err_sys(&why, "look at it");
		return tell(r, OP_FAILED, r->dir->path, c->entry->name,
		    why.text, e);
	}
	return (r->rule->dirs ? S_ISDIR(l->id.mode) : S_ISREG(l->id.mode)) != 0;
}

/* When it came into its folder, if anybody wants to know. */
static int64_t
added_at(const struct run *r, const struct fs_id *id)
{
	return r->sight == NULL ? 0 : sight_added(r->sight, r->dir->path, id);
}

static int
set_size(struct run *r, struct err *e)
{
	struct subject *s = &r->subject;
	unsigned needs = r->rule->filters.needs | r->rule->actions.needs;

	s->size = s->id->size;
	return s->is_dir && (needs & NEED_SIZE) != 0 ?
	    ask_size(r, s->dir, s->name, &s->size, e) : 0;
}

int
folder_subject(struct run *r, const struct candidate *c, struct err *e)
{
	look_at(r, c->entry->name, strlen(c->entry->name));
	r->subject.id = folder_id(r, c);
	r->subject.type = c->type;
	r->subject.added = added_at(r, r->subject.id);
	if (r->fetched != NULL)
		r->subject.fetched = &r->fetched[(size_t)(c - r->chunk) *
		    r->rule->slots];
	return set_size(r, e);
}

/* Ask the filters again, now that all is known: 1 if it may be taken, 0, -1. */
static int
by_look(struct run *r, struct candidate *c, struct err *e)
{
	struct err why;
	int hit = looks_right(r, c, e);

	err_start(&why);
	if (hit != 1)
		return hit;
	if (c->passed) {
		c->waits = r->fetched != NULL && r->catches;
		return 1;
	}
	hit = folder_subject(r, c, &why);
	if (hit == 0)
		hit = folder_ask(r, KNOWN, &why);
	if (hit < 0)
		return tell(r, OP_FAILED, r->dir->path, c->entry->name,
		    why.text, e);
	c->passed = hit == 1;
	c->waits = r->fetched != NULL && (hit == FILTERS_LATER || r->catches);
	return hit != 0;
}

/* Why it should wait, or NULL. */
static const char *
waits(struct run *r, const struct candidate *c)
{
	enum fs_writing w;

	if (!r->rule->actions.changes || r->rule->dirs ||
	    c->entry->note != NULL)
		return NULL;
	w = (enum fs_writing)r->looks[c->look].writing;
	if (w == FS_QUIET && r->alone)
		w = fs_writing(r->dir->dir, c->entry->name);
	else if (w == FS_QUIET && fs_sides_has(&r->sides, c->entry->name))
		w = FS_SIDE_FILE;
	return w == FS_QUIET ? NULL : fs_writing_text(w);
}

static int
take_candidate(struct run *r, struct candidate *c, struct err *e)
{
	struct subject *s = &r->subject;
	struct err why;

	err_start(&why);
	if (folder_subject(r, c, &why) < 0)
		return tell(r, OP_FAILED, s->dir, s->name, why.text, e);
	if (r->rule->actions.needs & NEED_CAPTURES) {
		captures_reset(&r->captures);
		s->captures = &r->captures;
		if (filters_match(&r->rule->filters, s, KNOWN, &why) < 0)
			return tell(r, OP_FAILED, s->dir, s->name, why.text, e);
	}
	return take(r, waits(r, c), c->entry->note != NULL, e);
}

/* Look at all candidates that have to be; those already dropped are not. */
static void
look_many(struct run *r, int ask_writing)
{
	r->n_looks = 0;
	for (size_t i = 0; i < r->n_chunk; i++) {
		struct candidate *c = &r->chunk[i];

		if (c->gone || c->entry->note != NULL)
			continue;
		c->look = (uint32_t)r->n_looks;
		r->looks[r->n_looks++].name = c->entry->name;
	}
	if (r->dir->dir != NULL)
		fs_look_many(r->dir->dir, r->looks, r->n_looks, ask_writing);
	for (size_t i = 0; r->dir->dir == NULL && i < r->n_looks; i++)
		r->looks[i].error = ENOENT;	/* a folder to be made */
}

static int
flush(struct run *r, struct err *e)
{
	int writing = r->rule->actions.changes && !r->rule->dirs;
	int open = 0, hit;

	if (r->survey != NULL)
		writing = 0;
	for (size_t i = 0; i < r->n_chunk; i++)
		open |= !r->chunk[i].passed;
	look_many(r, writing && !open);
	for (size_t i = 0; i < r->n_chunk; i++) {
		if ((hit = by_look(r, &r->chunk[i], e)) < 0)
			return -1;
		r->chunk[i].gone = hit == 0;
	}
	if (r->fetched != NULL && fetch_chunk(r, e) < 0)
		return -1;
	if (writing && open)
		look_many(r, 1);
	fetch_types(r);
	for (size_t i = 0; i < r->n_chunk; i++) {
		struct candidate *c = &r->chunk[i];

		if (c->gone)
			continue;
		if (r->survey != NULL) {
			survey_add(r, c);
			continue;
		}
		hit = writing && open ? looks_right(r, c, e) : 1;
		if (hit < 0 || (hit > 0 && take_candidate(r, c, e) < 0))
			return -1;
	}
	fetch_forget(r);
	r->n_chunk = 0;
	return 0;
}

/* A file's side files tell that it is being written: find them all first. */
static void
find_sides(struct run *r)
{
	fs_sides_fini(&r->sides);
	r->sides = (struct fs_sides){0};
	if (!r->rule->actions.changes || r->rule->dirs || r->survey != NULL)
		return;
	for (size_t i = 0; i < r->dir->list.n; i++)
		fs_sides_add(&r->sides, r->dir->list.v[i].name);
}

int
folder_take(struct run *r, const struct walk_dir *d, struct err *e)
{
	unsigned char type = r->rule->dirs ? DT_DIR : DT_REG;
	size_t passes = r->rule->companions != NULL ||
	    r->rule->companions_usual ? 2 : 1;
	int hit, rc = 0;

	r->dir = d;
	r->plan_dir = PLAN_NONE;
	r->dir_hash = produced_dir(d->path);
	r->n_chunk = 0;
	order_list(r->rule, &d->list);
	find_sides(r);
	along_forget(r);
	for (size_t i = 0; rc == 0 && i < passes * d->list.n; i++) {
		const struct walk_entry *en = &d->list.v[i % d->list.n];
		int second = i >= d->list.n;

		if (i == d->list.n)
			rc = flush(r, e);
		r->files += en->type == DT_REG && r->survey == NULL && !second;
		if (rc < 0 || en->type != type)
			continue;
		if (r->only != NULL && en->note == NULL &&
		    !only_has(r->only, en->name))
			continue;
		/* What may go along with others has its own turn last. */
		if (passes == 2 && along_may_be(r->rule, en->name) != second)
			continue;
		hit = by_name(r, en, &r->chunk[r->n_chunk], e);
		rc = hit < 0 ? -1 : 0;
		r->n_chunk += hit == 1;
		if (r->n_chunk == r->most)
			rc = flush(r, e);
	}
	if (rc == 0)
		rc = flush(r, e);
	fs_sides_fini(&r->sides);
	r->sides = (struct fs_sides){0};
	return rc;
}
