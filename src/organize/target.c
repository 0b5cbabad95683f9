/*
 * target.c -- which name a file gets at its destination, and what gives way.
 *
 * Nothing is taken away but a file or a symlink, by an operation of its own
 * that comes first and is taken back if what follows it fails.  A folder that
 * has the name stays, and so does a file that is the same one.
 */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "organize/organize_impl.h"
#include "plan/overlay.h"
#include "util/hash.h"
#include "util/path.h"
#include "util/quote.h"

#define COMPARED_MAX	100	/* numbered names compared for the same bytes */
#define COUNTER_MAX	1000000000u

uint64_t
produced_dir(const char *dir)
{
	return hash_keyed(0x6f7267, dir, strlen(dir));
}

uint64_t
produced_key(uint64_t dir_hash, const char *name)
{
	return hash_keyed(dir_hash, name, strlen(name));
}

void
target_produced(struct run *r, const struct place *p, const char *name)
{
	if (p->walked)
		set64_add(&r->produced, produced_key(produced_dir(p->dir),
		    name));
}

void
target_stop(struct run *r, const char *dir, const char *name)
{
	if (r->env->stopped != NULL)
		set64_add(r->env->stopped, produced_key(produced_dir(dir),
		    name));
}

static enum settled
skip(struct target *out, const char *why)
{
	out->why = why;
	return SETTLED_SKIP;
}

/* Where to begin counting: behind what was given out before. */
static uint64_t *
counter(struct run *r, const struct place *p, const char *name)
{
	int added;
	uint64_t *at;

	buf_reset(&r->path);
	path_join(&r->path, p->dir, name);
	at = map_add(&r->counters, buf_str(&r->path), r->path.len, &added);
	if (added)
		*at = NAME_FIRST;
	return at;
}

/* The next free name for `name`; fills out->name. */
static enum settled
next_free(struct run *r, const struct taken *t, struct place *p,
    const char *name, struct target *out, struct err *e)
{
	uint64_t *at = counter(r, p, name);
	size_t len = strlen(name);
	char q[QUOTE_SIZE];

	for (; *at < COUNTER_MAX; ++*at) {
		int taken;

		if (name_numbered(t->rename, name, len, (unsigned)*at,
		    out->name) < 0)
			break;
		taken = overlay_taken(r->overlay, p->dir, out->name, e);
		if (taken == 0)
			taken = along_is_taken(r, p, out->name, e);
		if (taken < 0)
			return SETTLED_BAD;
		if (taken)
			continue;
		out->counter = (unsigned)(*at)++;
		return SETTLED;
	}
	err_set(e, ERR_USAGE, "no free name can be made of %s",
	    quote_to(q, sizeof(q), name));
	return SETTLED_BAD;
}

/* What has a name that is wanted. */
struct holder {
	int		 type;		/* DT_* */
	struct fs_id	 id;		/* zeroes if it is not known */
	int		 planned;	/* an operation of this plan brings it */
};

static int
look_at(struct run *r, const struct place *p, const char *name,
    struct holder *h, struct err *e)
{
	const char *dir, *real;

	*h = (struct holder){ .type = overlay_type(r->overlay, p->dir, name, e) };
	if (h->type < 0)
		return -1;
	h->planned = overlay_id(r->overlay, p->dir, name, &h->id, &dir, &real,
	    NULL) != 1 || dir == NULL || real == NULL ||
	    strcmp(dir, p->dir) != 0 || strcmp(real, name) != 0;
	return 0;
}

/* A symlink of this plan is known by the file it leads to. */
static int
is_subject(const struct run *r, const struct holder *h)
{
	return h->id.ino != 0 && fs_id_same(&h->id, r->subject.id) &&
	    (h->type == DT_LNK) == (S_ISLNK(r->subject.id->mode) != 0);
}

/* The bytes at dir/name and the subject's: 1 the same, 0, -1. */
static int
has_same_bytes(struct run *r, const struct place *p, const char *name,
    struct err *e)
{
	struct subject *s = &r->subject;
	CLEAN_BUF struct buf dir = {0}, file = {0};
	const char *d, *n;
	struct fs_id id;

	if (overlay_type(r->overlay, p->dir, name, e) != DT_REG)
		return 0;
	if (overlay_id(r->overlay, p->dir, name, &id, &d, &n, NULL) != 1 ||
	    d == NULL || n == NULL || id.size != s->id->size)
		return 0;
	buf_adds(&dir, d);
	buf_adds(&file, n);
	if (overlay_id(r->overlay, s->dir, s->name, &id, &d, &n, NULL) != 1 ||
	    d == NULL || n == NULL)
		return 0;
	return same_bytes(d, n, buf_str(&dir), buf_str(&file), s->id->size, e);
}

/* deduplicate: the wished name or one of its numbers may hold the bytes. */
static enum settled
deduplicate(struct run *r, const struct taken *t, struct place *p,
    const char *name, struct target *out, struct err *e)
{
	size_t len = strlen(name);
	const char *at = name;
	char made[NAME_BYTES + 1];

	for (unsigned n = NAME_FIRST; n < NAME_FIRST + COMPARED_MAX; n++) {
		int same = has_same_bytes(r, p, at, e);

		if (same < 0)
			return SETTLED_BAD;
		if (same) {
			out->why = "the same bytes are there already";
			return SETTLED_SAME;
		}
		if (name_numbered(t->rename, name, len, n, made) < 0 ||
		    overlay_taken(r->overlay, p->dir, made, NULL) != 1)
			break;
		at = made;
	}
	return next_free(r, t, p, name, out, e);
}

/* ---- making room ---- */

uint32_t
target_dir(struct run *r, struct place *p)
{
	if (p->plan_dir == PLAN_NONE)
		p->plan_dir = plan_add_dir(r->plan, p->dir);
	return p->plan_dir;
}

static enum settled
add_first(struct run *r, struct op *op, const struct holder *h,
    const char *why, struct err *e)
{
	op->state = OP_PLANNED;
	op->job = r->job;
	op->why = plan_add_text(r->plan, why);
	op->id = h->id;
	op->flags = (h->planned ? OP_CHAINED : 0) | r->behind;
	return plan_add(r->plan, op, e) < 0 ? SETTLED_BROKEN :
	    SETTLED_REPLACES;
}

/* What has the name goes to the trash; undo brings it back. */
static enum settled
trash_first(struct run *r, struct place *p, const char *name,
    const struct holder *h, struct err *e)
{
	struct op op = { .kind = OP_TRASH, .from_dir = target_dir(r, p),
	    .to_dir = PLAN_NONE, .from = name, .to = "" };

	overlay_remove(r->overlay, p->dir, name);
	return add_first(r, &op, h, "it is replaced", e);
}

/* What has the name gets the next number. */
static enum settled
rename_first(struct run *r, const struct taken *t, struct place *p,
    const char *name, const struct holder *h, struct err *e)
{
	struct target free_name;
	struct op op = { .kind = OP_RENAME, .from_dir = target_dir(r, p),
	    .to_dir = target_dir(r, p), .from = name };
	enum settled s = next_free(r, t, p, name, &free_name, e);

	if (s != SETTLED)
		return s;
	op.to = free_name.name;
	overlay_move(r->overlay, p->dir, name, p->dir, free_name.name, &h->id,
	    h->type);
	target_produced(r, p, free_name.name);
	return add_first(r, &op, h, "its name is wanted", e);
}

enum settled
target_clear(struct run *r, struct place *p, const char *name, struct err *e)
{
	struct holder h;

	if (look_at(r, p, name, &h, e) < 0)
		return SETTLED_BAD;
	return trash_first(r, p, name, &h, e);
}

int
target_known(struct run *r, const struct place *p, const char *name,
    struct fs_id *id, struct err *e)
{
	struct holder h;

	if (look_at(r, p, name, &h, e) < 0)
		return -1;
	*id = h.id;
	return h.planned;
}

/* ---- the decision ---- */

/*
 * keep_newer, keep_larger: NULL if ours is the one to keep, else why not.  A
 * symlink has neither a time nor a size to go by.
 */
static const char *
must_stay(const struct run *r, const struct taken *t, const struct holder *h)
{
	const struct fs_id *ours = r->subject.id;

	if (t->mode != ON_CONFLICT_KEEP_NEWER &&
	    t->mode != ON_CONFLICT_KEEP_LARGER)
		return NULL;
	if (h->type != DT_REG || h->id.ino == 0)
		return "its name is taken there by what is no file";
	if (t->mode == ON_CONFLICT_KEEP_NEWER)
		return ours->mtime > h->id.mtime ? NULL :
		    "the one that is there is as new";
	return ours->size > h->id.size ? NULL :
	    "the one that is there is as large";
}

static enum settled
taken(struct run *r, const struct taken *t, struct place *p, const char *name,
    struct target *out, struct err *e)
{
	char q[QUOTE_SIZE];
	const char *why;
	struct holder h;

	if (look_at(r, p, name, &h, e) < 0)
		return SETTLED_BAD;
	if (is_subject(r, &h))
		return skip(out, "it is there already: the same file under two "
		    "names");
	if (t->mode == ON_CONFLICT_SKIP)
		return skip(out, "its name is taken there");
	if (t->mode == ON_CONFLICT_RENAME_NEW)
		return next_free(r, t, p, name, out, e);
	if (t->mode == ON_CONFLICT_DEDUPLICATE)
		return h.type == DT_REG && !r->subject.is_dir ?
		    deduplicate(r, t, p, name, out, e) :
		    next_free(r, t, p, name, out, e);
	if (h.type == DT_DIR) {
		err_set(e, ERR_EXISTS, "a folder has the name %s there, and "
		    "folders are never replaced", quote_to(q, sizeof(q), name));
		return SETTLED_BAD;
	}
	if ((why = must_stay(r, t, &h)) != NULL)
		return skip(out, why);
	if (t->mode == ON_CONFLICT_RENAME_EXISTING)
		return rename_first(r, t, p, name, &h, e);
	return trash_first(r, p, name, &h, e);
}

/* The name of what goes along with it is taken: another number for all of them,
 * or none goes. */
static enum settled
others_taken(struct run *r, const struct taken *t, struct place *p,
    const char *name, struct target *out, struct err *e)
{
	if (t->mode == ON_CONFLICT_RENAME_NEW ||
	    t->mode == ON_CONFLICT_DEDUPLICATE)
		return next_free(r, t, p, name, out, e);
	return skip(out, "a name is taken there that goes along with it");
}

/* What an existing or earlier run has done already, or what cannot be. */
static enum settled
already(struct run *r, const struct intent *in, const struct place *p,
    const char *to, struct target *out, struct err *e)
{
	const struct subject *s = &r->subject;
	int here = strcmp(p->dir, s->dir) == 0;
	CLEAN_BUF struct buf self = {0};

	if (here && strcmp(to, s->name) == 0) {
		out->why = "it is there already";
		return SETTLED_HERE;
	}
	if (here && in->kind != INTENT_COPY && name_is_numbered(
	    in->taken->rename, to, strlen(to), s->name, s->name_len)) {
		out->why = "it is there already, under the next free name";
		return SETTLED_HERE;
	}
	if (strlen(to) > NAME_BYTES) {
		err_set(e, ERR_USAGE, "its name would be %zu bytes long; at "
		    "most %d can be", strlen(to), NAME_BYTES);
		return SETTLED_BAD;
	}
	if (s->is_dir) {
		path_join(&self, s->dir, s->name);
		if (path_is_below(p->dir, buf_str(&self))) {
			err_set(e, ERR_USAGE, "the destination lies inside the "
			    "folder itself");
			return SETTLED_BAD;
		}
	}
	return SETTLED;
}

enum settled
target_settle(struct run *r, const struct intent *in, struct place *place,
    const char *to, struct target *out, struct err *e)
{
	enum settled s;
	int is_taken, others;

	out->place = place;
	out->name[0] = '\0';
	out->counter = 0;
	out->why = NULL;
	s = already(r, in, place, to, out, e);
	if (s != SETTLED)
		return s;
	is_taken = overlay_taken(r->overlay, place->dir, to, e);
	others = is_taken < 0 ? -1 : along_is_taken(r, place, to, e);
	if (is_taken < 0 || others < 0)
		return SETTLED_BAD;
	if (others)
		s = others_taken(r, in->taken, place, to, out, e);
	else if (is_taken)
		s = taken(r, in->taken, place, to, out, e);
	if (out->name[0] == '\0' && (s == SETTLED || s == SETTLED_REPLACES))
		memcpy(out->name, to, strlen(to) + 1);
	target_dir(r, place);
	return s;
}
