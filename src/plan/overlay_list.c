/*
 * overlay_list.c -- folders as they will be, for walks.
 *
 * A folder of which nothing is known is listed from disk as it is.  Else what
 * went is left out, what comes is put in with a note.  In a folder that has
 * moved every entry has a note, because nothing lies where the path says.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "plan/overlay_impl.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

/* What a list of ours holds. */
struct own {
	struct walk_list	 disk;	/* whose entries it began with */
	struct arena		 notes;
};

struct making {
	struct overlay		*o;
	struct own		*own;
	struct walk_entry	*v;
	size_t			 n, cap;
};

static int
not_there(const char *path, struct err *e)
{
	char q[QUOTE_SIZE];

	return err_set(e, ERR_NOENT, "%s is not there",
	    quote_to(q, sizeof(q), path));
}

/*
 * The node of a path, or the last one on the way that is known and *rest, what
 * is below it.  Makes none: a walk through a million folders must not.
 */
static struct ov_dir *
known_way(const struct overlay *o, const char *path, const char **rest)
{
	CLEAN_BUF struct buf name = {0};
	struct ov_dir *d = o->root, *c;
	size_t len;

	for (;;) {
		path += strspn(path, "/");
		*rest = path;
		len = strcspn(path, "/");
		if (len == 0)
			return d;
		buf_reset(&name);
		buf_add(&name, path, len);
		if ((c = ov_child(o, d, buf_str(&name))) == NULL)
			return d;
		for (d = c; d->alias != NULL; d = d->alias)
			continue;
		path += len;
	}
}

int
overlay_brings(struct overlay *o, const char *dir)
{
	const struct ov_record *r;
	const char *rest;
	const struct ov_dir *d = known_way(o, dir, &rest);

	if (ov_displaced(d))
		return 1;
	for (r = *rest == '\0' ? d->first : NULL; r != NULL; r = r->next)
		if (!r->dead)
			return 1;
	return 0;
}

/* Start with what is on disk. */
static int
from_disk(struct making *m, const struct fs_dir *dir, struct err *e)
{
	struct walk_list *l = &m->own->disk;

	if (walk_disk.list(&walk_disk, dir, dir->path, l, e) < 0)
		return -1;
	m->v = l->v;
	m->n = m->cap = l->n;
	l->v = NULL;
	return 0;
}

static void
leave_out_what_went(struct making *m, const struct ov_dir *d)
{
	size_t i, n = 0;

	if (d->gone == 0 && d->first == NULL)
		return;
	for (i = 0; i < m->n; i++)
		if (!ov_gone(m->o, d, m->v[i].name) &&
		    ov_record_find(m->o, d, m->v[i].name) == NULL)
			m->v[n++] = m->v[i];
	m->n = n;
}

/* Notes for all that is there so far: where it lies, in the folder dir. */
static void
note_all(struct making *m, const struct fs_dir *dir)
{
	struct fs_look *looks = xallocn(m->n, sizeof(*looks));
	char *real = arena_str(&m->own->notes, dir->path);
	struct overlay_note *note;
	size_t i;

	for (i = 0; i < m->n; i++)
		looks[i].name = m->v[i].name;
	fs_look_many(dir, looks, m->n, 0);
	for (i = 0; i < m->n; i++) {
		note = arena_alloc(&m->own->notes, sizeof(*note));
		*note = (struct overlay_note){
			.real_dir = real, .real_name = looks[i].name,
			.id = looks[i].id,
		};
		m->v[i].note = note;
	}
	free(looks);
}

static void
add(struct making *m, const char *name, unsigned char type, const void *note)
{
	XGROW(m->v, m->n, m->cap);
	m->v[m->n++] = (struct walk_entry){ name, type, note };
}

static void
add_what_comes(struct making *m, struct ov_dir *d)
{
	struct overlay_note *note;
	const struct ov_record *r;
	const struct ov_dir *c;
	struct ov_file f;

	for (r = d->first; r != NULL; r = r->next) {
		if (r->dead)
			continue;
		ov_record_read(m->o, r, &f);
		note = arena_alloc(&m->own->notes, sizeof(*note));
		note->id = f.id;
		if (f.real_dir != NULL) {
			note->real_dir = ov_real(m->o, f.real_dir);
			note->real_name = f.real_name;
		}
		add(m, ov_record_name(r), r->type, note);
	}
	for (c = d->child; c != NULL; c = c->older)
		if (c->made && ov_record_find(m->o, d, c->name) == NULL)
			add(m, c->name, DT_DIR, NULL);
}

static int
compare(const void *va, const void *vb)
{
	const struct walk_entry *a = va, *b = vb;

	return strcmp(a->name, b->name);
}

static void
hand_over(struct making *m, struct walk_list *out)
{
	if (m->n > 1 && m->n <= FS_SORT_MAX)
		qsort(m->v, m->n, sizeof(*m->v), compare);
	*out = (struct walk_list){ .v = m->v, .n = m->n, .own = m->own };
	m->own = NULL;
	m->v = NULL;
}

static void
making_fini(struct making *m)
{
	if (m->own != NULL) {
		walk_disk.release(&walk_disk, &m->own->disk);
		arena_fini(&m->own->notes);
		free(m->own);
	}
	free(m->v);
}

/* A folder below d of which nothing is known: as it is on disk. */
static int
list_plain(struct making *m, struct ov_dir *d, const struct fs_dir *dir,
    const char *path, const char *rest, struct err *e)
{
	CLEAN_FREE char *first = xstrndup(rest, strcspn(rest, "/"));
	CLEAN_FREE char *real = NULL;
	struct fs_dir *held = NULL;
	int r, moved = ov_displaced(d);

	if (!d->on_disk || ov_gone(m->o, d, first) || ov_came(m->o, d, first))
		return not_there(path, e);
	if (!moved)
		return dir != NULL ? from_disk(m, dir, e) : not_there(path, e);
	real = xasprintf("%s/%s", ov_real(m->o, d), rest);
	if (fs_dir_look(real, &held, e) < 0)
		return -1;
	r = from_disk(m, held, e);
	if (r == 0)
		note_all(m, held);
	fs_dir_free(held);
	return r;
}

static int
list_known(struct making *m, struct ov_dir *d, const struct fs_dir *dir,
    const char *path, struct err *e)
{
	int elsewhere = dir == NULL || ov_displaced(d);
	struct fs_dir *held = NULL;

	if (!ov_exists(d))
		return not_there(path, e);
	if (d->on_disk) {
		if (elsewhere && ov_hold(m->o, d, &held, e) < 0)
			return -1;
		if (from_disk(m, elsewhere ? held : dir, e) < 0)
			return -1;
		leave_out_what_went(m, d);
		if (elsewhere)
			note_all(m, held);
	}
	add_what_comes(m, d);
	return 0;
}

int
ov_list(struct walk_source *s, const struct fs_dir *dir, const char *path,
    struct walk_list *out, struct err *e)
{
	CLEAN(making_fini) struct making m = {
		.o = (struct overlay *)s, .own = xalloc(sizeof(*m.own)),
	};
	const char *rest;
	struct ov_dir *d = known_way(m.o, path, &rest);
	int r;

	*out = (struct walk_list){0};
	if (*rest != '\0')
		r = list_plain(&m, d, dir, path, rest, e);
	else
		r = list_known(&m, d, dir, path, e);
	if (r == 0)
		hand_over(&m, out);
	return r;
}

void
ov_release(struct walk_source *s, struct walk_list *l)
{
	struct making m = { .own = l->own, .v = l->v };

	(void)s;
	making_fini(&m);
	*l = (struct walk_list){0};
}
