/*
 * along.c -- files that go along with another: an .xmp with its photo, an .srt
 * with its film.
 *
 * The files of a folder that may go along are found once, by what they could be
 * named after: "film.en.srt" after "film.en" and after "film".  Those of a file
 * that is taken get what it gets, under its new name and with their own tail,
 * all of them or none.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "organize/organize_impl.h"
#include "plan/overlay.h"
#include "util/xalloc.h"

#define STEMS_MAX	4	/* dots of a name that may end a stem */

/* In the folder's list: a file that may go along, by one of its stems. */
struct link {
	size_t	 entry;
	uint64_t next;		/* index + 1; 0: none */
};

static const char *const usual[] = { "xmp", "aae", "thm", "srt", "sub", "idx",
    "vtt", "ass", "ssa", "nfo", "lrc", NULL };
static const char *const raw[] = { "3fr", "arw", "cr2", "cr3", "crw", "dng",
    "erf", "kdc", "mrw", "nef", "nrw", "orf", "pef", "raf", "raw", "rw2",
    "rwl", "sr2", "srf", "srw", "x3f", NULL };
static const char *const of_raw[] = { "jpg", "jpeg", "heic", "heif", "hif",
    NULL };

static int
among(const char *const *list, const char *ext)
{
	for (; *list != NULL; list++)
		if (strcasecmp(*list, ext) == 0)
			return 1;
	return 0;
}

static const char *
ext_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL && dot > name ? dot + 1 : "";
}

int
along_may_be(const struct rule *rule, const char *name)
{
	const char *ext = ext_of(name);

	if (*ext == '\0')
		return 0;
	if (rule->companions != NULL)
		return among(rule->companions, ext);
	return rule->companions_usual && (among(usual, ext) ||
	    among(of_raw, ext));
}

/* With the usual ones a photo goes along with its raw file only. */
static int
goes_with(const struct rule *rule, const char *name, const char *leader)
{
	return rule->companions != NULL || !among(of_raw, ext_of(name)) ||
	    among(raw, ext_of(leader));
}

void
along_forget(struct run *r)
{
	map_fini(&r->stems);
	free(r->links);
	r->links = NULL;
	r->n_links = r->cap_links = 0;
	r->stems_known = 0;
}

/* All stems that the folder's files could be named after. */
static void
find_stems(struct run *r)
{
	const struct walk_list *l = &r->dir->list;

	for (size_t i = 0; i < l->n; i++) {
		const char *name = l->v[i].name, *dot;
		size_t len = strlen(name);

		if (l->v[i].type != DT_REG || !along_may_be(r->rule, name))
			continue;
		for (int k = 0; k < STEMS_MAX && (dot = memrchr(name, '.',
		    len)) != NULL && dot > name; k++) {
			uint64_t *at;

			len = (size_t)(dot - name);
			at = map_add(&r->stems, name, len, NULL);
			XGROW(r->links, r->n_links, r->cap_links);
			r->links[r->n_links++] = (struct link){ i, *at };
			*at = r->n_links;
		}
	}
	r->stems_known = 1;
}

void
along_fini(struct run *r)
{
	for (size_t i = 0; i < r->n_along; i++)
		free(r->along[i].name);
	r->n_along = 0;
}

static struct along *
add(struct run *r, const char *name, size_t stem)
{
	struct along *a;

	XGROW(r->along, r->n_along, r->cap_along);
	a = &r->along[r->n_along++];
	*a = (struct along){ .name = xstrdup(name), .from_dir = PLAN_NONE };
	a->tail = arena_str(&r->tails, name + stem);
	return a;
}

/* What is known of it; the reason why all have to wait, or NULL. */
static const char *
look(struct run *r, const struct walk_entry *en, struct along *a)
{
	struct fs_look l = { .name = en->name };

	if (en->note != NULL) {
		a->id = ((const struct overlay_note *)en->note)->id;
		a->chained = 1;
		return NULL;
	}
	if (r->dir->dir == NULL)
		return "what goes along with it is not there yet";
	fs_look_many(r->dir->dir, &l, 1, 1);
	a->id = l.id;
	if (l.error != 0)
		return "what goes along with it cannot be looked at";
	if (l.writing != FS_QUIET)
		return "what goes along with it is still being written";
	return NULL;
}

const char *
along_find(struct run *r)
{
	const struct subject *s = &r->subject;
	size_t stem = name_stem(s->name, s->name_len);
	const char *waits = NULL, *why;
	const uint64_t *at;

	along_fini(r);
	if (r->rule->dirs || (r->rule->companions == NULL &&
	    !r->rule->companions_usual) || r->alone)
		return NULL;
	if (!r->stems_known)
		find_stems(r);
	if ((at = map_get(&r->stems, s->name, stem)) == NULL)
		return NULL;
	for (uint64_t i = *at; i != 0; i = r->links[i - 1].next) {
		const struct walk_entry *en =
		    &r->dir->list.v[r->links[i - 1].entry];

		if (strcmp(en->name, s->name) == 0 ||
		    !goes_with(r->rule, en->name, s->name) ||
		    set64_has(&r->accompanied,
		    produced_key(r->dir_hash, en->name)))
			continue;
		why = look(r, en, add(r, en->name, stem));
		waits = waits != NULL ? waits : why;
	}
	return waits;
}

/* Its name beside a leader of that name; "" if it would be too long. */
static void
name_beside(const char *leader, const struct along *a,
    char out[NAME_BYTES + 1])
{
	size_t stem = name_stem(leader, strlen(leader)), n = strlen(a->tail);

	out[0] = '\0';
	if (stem + n > NAME_BYTES)
		return;
	memcpy(out, leader, stem);
	memcpy(out + stem, a->tail, n + 1);
}

int
along_is_taken(struct run *r, const struct place *p, const char *leader,
    struct err *e)
{
	char name[NAME_BYTES + 1];

	for (size_t i = 0; i < r->n_along; i++) {
		int taken;

		name_beside(leader, &r->along[i], name);
		if (name[0] == '\0')
			return 1;
		if (strcmp(p->dir, r->subject.dir) == 0 &&
		    strcmp(name, r->along[i].name) == 0)
			continue;		/* it keeps its name */
		taken = overlay_taken(r->overlay, p->dir, name, e);
		if (taken != 0)
			return taken;
	}
	return 0;
}

/* One operation on one of them, like the leader's. */
static int
also(struct row *w, struct along *a, const struct place *p, const char *to,
    struct err *e)
{
	struct run *r = w->r;
	struct op op = w->op;

	op.from_dir = plan_add_dir(r->plan, r->along_dir);
	op.from = a->name;
	op.to_dir = p != NULL ? p->plan_dir : PLAN_NONE;
	op.to = to;
	op.id = a->id;
	op.extra = NULL;
	op.extra_len = 0;
	op.flags = (w->op.flags & (OP_IRREVERSIBLE | OP_UNSURE | OP_BEHIND |
	    OP_KEEP_META)) |
	    OP_TOGETHER | (a->chained ? OP_CHAINED : 0);
	op.done_key = w->op.done_key == 0 ? 0 : organize_done_key(
	    r->rule->hash, w->action, &a->id);
	buf_reset(&r->why);
	buf_adds(&r->why, "it goes along with ");
	buf_adds(&r->why, w->op.from);
	op.why = plan_add_text(r->plan, buf_str(&r->why));
	return plan_add(r->plan, &op, e);
}

static void
accompany(struct run *r, const struct along *a)
{
	set64_add(&r->accompanied, produced_key(produced_dir(r->along_dir),
	    a->name));
}

int
along_go(struct row *w, const struct intent *in, const struct place *p,
    const char *leader, int stays, struct err *e)
{
	struct run *r = w->r;
	char name[NAME_BYTES + 1];

	for (size_t i = 0; i < r->n_along; i++) {
		struct along *a = &r->along[i];
		int type = in->kind == INTENT_SYMLINK ? DT_LNK : DT_REG;

		name_beside(leader, a, name);
		accompany(r, a);
		if (strcmp(p->dir, r->along_dir) == 0 &&
		    strcmp(name, a->name) == 0)
			continue;
		if (also(w, a, p, name, e) < 0)
			return -1;
		(stays ? overlay_copy : overlay_move)(r->overlay, r->along_dir,
		    a->name, p->dir, name, &a->id, type);
		target_produced(r, p, name);
		if (in->keep_going_with_original)
			continue;
		free(a->name);
		a->name = xstrdup(name);
		a->chained = 1;
	}
	return 0;
}

int
along_away(struct row *w, struct err *e)
{
	struct run *r = w->r;

	for (size_t i = 0; i < r->n_along; i++) {
		struct along *a = &r->along[i];

		accompany(r, a);
		if (also(w, a, NULL, "", e) < 0)
			return -1;
		overlay_remove(r->overlay, r->along_dir, a->name);
	}
	return 0;
}
