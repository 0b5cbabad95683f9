/* overlay.c -- what planners tell and ask; overlay_impl.h has the idea. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/overlay_impl.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/quote.h"
#include "util/xalloc.h"

struct overlay *
overlay_new(void)
{
	struct overlay *o = xalloc(sizeof(*o));

	o->source = (struct walk_source){ ov_list, ov_release };
	ov_start(o);
	return o;
}

void
overlay_free(struct overlay *o)
{
	size_t i;

	if (o == NULL)
		return;
	for (i = 0; i < OV_HELD; i++)
		fs_dir_free(o->held[i].dir);
	ov_table_fini(&o->dirs);
	ov_table_fini(&o->records);
	prints_fini(&o->prints);
	set64_fini(&o->unsure);
	map_fini(&o->attrs);
	arena_fini(&o->arena);
	free(o->fs);
	free(o);
}

struct walk_source *
overlay_source(struct overlay *o)
{
	return &o->source;
}

void
overlay_watch(struct overlay *o, const char *path, int below)
{
	struct ov_dir *d = ov_find(o, path);

	d->full = 1;
	if (below) {
		d->below = 1;
		ov_inherit_watch(d);
	}
}

/* The folder to ask about: NULL if it cannot be looked at, or name is none. */
static struct ov_dir *
ask(struct overlay *o, const char *dir, const char *name, struct err *e)
{
	char q[QUOTE_SIZE];
	struct ov_dir *d;

	if (*name == '\0' || strchr(name, '/') != NULL ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		err_set(e, ERR_USAGE, "%s is not a name in a folder",
		    quote_to(q, sizeof(q), name));
		return NULL;
	}
	d = ov_find(o, dir);
	if (d->sys == 0)
		return d;
	errno = d->sys;
	err_sys(e, "look at %s", quote_to(q, sizeof(q), dir));
	return NULL;
}

/* A sub-folder that an operation brings or makes. */
static struct ov_dir *
planned(const struct overlay *o, const struct ov_dir *d, const char *name)
{
	struct ov_dir *c = ov_child(o, d, name);

	return c != NULL && (c->made || c->moved) ? c : NULL;
}

int
overlay_taken(struct overlay *o, const char *dir, const char *name,
    struct err *e)
{
	struct ov_dir *d;

	if ((d = ask(o, dir, name, e)) == NULL)
		return -1;
	if (ov_came(o, d, name) || planned(o, d, name) != NULL)
		return 1;
	return ov_gone(o, d, name) ? 0 : ov_on_disk(o, d, name, e);
}

/* The identity on disk of name in d: 1, 0 if it is not there, -1. */
static int
look(struct overlay *o, struct ov_dir *d, const char *name, struct fs_id *id,
    struct err *e)
{
	struct err mine = {0};
	struct fs_dir *dir;

	if (!d->on_disk || ov_gone(o, d, name))
		return 0;
	if (ov_hold(o, d, &dir, e) < 0)
		return -1;
	if (fs_stat(dir, name, id, &mine) == 0)
		return 1;
	if (mine.kind == ERR_NOENT)
		return 0;
	if (e != NULL)
		*e = mine;
	return -1;
}

int
overlay_type(struct overlay *o, const char *dir, const char *name,
    struct err *e)
{
	const struct ov_record *rec;
	struct ov_dir *d;
	struct fs_id id;
	int r;

	if ((d = ask(o, dir, name, e)) == NULL)
		return -1;
	if ((rec = ov_record_find(o, d, name)) != NULL)
		return rec->type;
	if (ov_came(o, d, name))
		return DT_REG;
	if (planned(o, d, name) != NULL)
		return DT_DIR;
	r = look(o, d, name, &id, e);
	return r <= 0 ? r : (int)IFTODT(id.mode);
}

int
overlay_id(struct overlay *o, const char *dir, const char *name,
    struct fs_id *id, const char **real_dir, const char **real_name,
    struct err *e)
{
	const struct ov_record *rec;
	struct ov_file f = {0};
	char q[QUOTE_SIZE];
	struct ov_dir *d;
	int r = 1;

	if ((d = ask(o, dir, name, e)) == NULL)
		return -1;
	if ((rec = ov_record_find(o, d, name)) != NULL)
		ov_record_read(o, rec, &f);
	else if (ov_came(o, d, name))
		return err_set(e, ERR_USAGE, "%s comes by this plan, "
		    "into a folder that is not watched",
		    quote_to(q, sizeof(q), name));
	else if (planned(o, d, name) == NULL) {
		r = look(o, d, name, &f.id, e);
		f.real_dir = d;
		f.real_name = name;
	}
	if (r != 1)
		return r;
	*id = f.id;
	if (real_dir != NULL)
		*real_dir = f.real_dir ? ov_real(o, f.real_dir) : NULL;
	if (real_name != NULL)
		*real_name = f.real_dir ? f.real_name : NULL;
	return 1;
}

int
overlay_dir_exists(struct overlay *o, const char *path, struct err *e)
{
	const struct ov_dir *d = ov_find(o, path);
	char q[QUOTE_SIZE];

	if (d->sys == 0)
		return ov_exists(d);
	errno = d->sys;
	return err_sys(e, "look at %s", quote_to(q, sizeof(q), path));
}

/*
 * The last that came into folders not watched are remembered, for the chains
 * that one file goes through within a rule.
 */
static void
remember(struct overlay *o, uint64_t key, const struct ov_file *f)
{
	struct ov_ring *g = &o->ring[o->at_ring++ % OV_RING];
	size_t len;

	g->real_dir = NULL;
	if (f->real_dir == NULL || (len = strlen(f->real_name)) > OV_NAME_MAX)
		return;
	g->key = key;
	g->real_dir = f->real_dir;
	memmove(g->real_name, f->real_name, len + 1);
}

static int
recall(struct overlay *o, uint64_t key, struct ov_file *f)
{
	const struct ov_ring *g = o->ring;

	for (; g < o->ring + OV_RING; g++) {
		if (g->real_dir == NULL || g->key != key)
			continue;
		memcpy(o->lent, g->real_name, sizeof(o->lent));
		f->real_dir = g->real_dir;
		f->real_name = o->lent;
		return 1;
	}
	return 0;
}

/* Where the bytes of name in d are, as far as it is known. */
static void
trace(struct overlay *o, struct ov_dir *d, const char *name, uint64_t key,
    struct ov_file *f)
{
	const struct ov_record *r = ov_record_find(o, d, name);
	struct fs_id told = f->id;

	if (r != NULL) {
		ov_record_read(o, r, f);
		f->id = told;
	} else if (prints_has(&o->prints, key)) {
		recall(o, key, f);
	} else if (planned(o, d, name) == NULL && d->on_disk) {
		f->real_dir = d;
		f->real_name = name;
	}
}

/* The name goes; a folder's node must have been taken away before. */
static void
go(struct overlay *o, struct ov_dir *d, const char *name, uint64_t key)
{
	struct ov_record *r = ov_record_find(o, d, name);

	if (r != NULL) {
		ov_record_drop(o, r);
	} else if (!prints_remove(&o->prints, key) && d->on_disk) {
		prints_add(&o->prints, key ^ OV_GONE);
		d->gone++;
	}
}

static void
come(struct overlay *o, struct ov_dir *d, const char *name, int type,
    const struct ov_file *f)
{
	uint64_t key = ov_key(d, name);

	ov_make(d);
	if (d->full || type != DT_REG) {
		prints_remove(&o->prints, key);
		ov_record_add(o, d, name, type, f);
	} else {
		prints_add(&o->prints, key);
		remember(o, key, f);
	}
}

static int
lies_in(const struct ov_dir *d, const struct ov_dir *in)
{
	while (d != NULL && d != in)
		d = d->parent;
	return d != NULL;
}

/* A folder's node goes along, or one like it appears at the target. */
static void
carry(struct overlay *o, struct ov_dir *from_dir, const char *from,
    struct ov_dir *to_dir, const char *to, int copy)
{
	struct ov_dir *c = ov_child_make(o, from_dir, from), *n = c;

	if (c->alias != NULL || lies_in(to_dir, c))
		return;
	if (copy) {
		n = ov_dir_new(o);
		n->on_disk = c->on_disk;
		n->real = c->on_disk ? ov_real(o, c) : NULL;
	} else {
		ov_detach(o, c);
	}
	ov_attach(o, n, to_dir, to);
	n->moved = 1;
	n->copied |= copy != 0;
	o->copies += copy != 0;
}

static void
transfer(struct overlay *o, const char *from_dir, const char *from,
    const char *to_dir, const char *to, const struct fs_id *id, int type,
    int copy)
{
	struct ov_dir *f = ov_find(o, from_dir), *t = ov_find(o, to_dir), *c;
	uint64_t key = ov_key(f, from);
	struct ov_file file = {0};

	if (id != NULL)
		file.id = *id;
	trace(o, f, from, key, &file);
	if (type == DT_DIR)
		carry(o, f, from, t, to, copy);
	if (!copy) {
		c = ov_child(o, f, from);
		if (c != NULL && (f != t || strcmp(from, to) != 0))
			ov_detach(o, c);
		go(o, f, from, key);
	}
	come(o, t, to, type, &file);
}

void
overlay_move(struct overlay *o, const char *from_dir, const char *from,
    const char *to_dir, const char *to, const struct fs_id *id, int type)
{
	transfer(o, from_dir, from, to_dir, to, id, type, 0);
}

void
overlay_copy(struct overlay *o, const char *from_dir, const char *from,
    const char *to_dir, const char *to, const struct fs_id *id, int type)
{
	transfer(o, from_dir, from, to_dir, to, id, type, 1);
}

int
overlay_is_copy(struct overlay *o, const char *dir, const char *name)
{
	const struct ov_dir *d;

	if (o->copies == 0)
		return 0;
	for (d = ov_child_make(o, ov_find(o, dir), name); d != NULL;
	    d = d->parent)
		if (d->copied)
			return 1;
	return 0;
}

/* Something comes to it or goes from it. */
static int
changed(const struct ov_dir *d)
{
	const struct ov_record *r = d->first;

	while (r != NULL && r->dead)
		r = r->next;
	return r != NULL || d->gone > 0 || (d->made && !d->on_disk) ||
	    d->copied;
}

int
overlay_changed(struct overlay *o, const char *dir, const char *name)
{
	const struct ov_dir *top = ov_child(o, ov_find(o, dir), name), *d = top;

	while (d != NULL) {
		if (changed(d) || (d != top && d->moved))
			return 1;
		if (d->child != NULL) {
			d = d->child;
			continue;
		}
		while (d != top && d->older == NULL)
			d = d->parent;
		d = d != top ? d->older : NULL;
	}
	return 0;
}

void
overlay_remove(struct overlay *o, const char *dir, const char *name)
{
	struct ov_dir *d = ov_find(o, dir), *c = ov_child(o, d, name);

	if (c != NULL)
		ov_detach(o, c);
	go(o, d, name, ov_key(d, name));
}

void
overlay_write(struct overlay *o, const char *dir, const char *name)
{
	struct ov_dir *d = ov_find(o, dir);
	uint64_t key = ov_key(d, name);

	if (overlay_taken(o, dir, name, NULL) == 1)
		go(o, d, name, key);
	ov_make(d);
	prints_add(&o->prints, key);
}

static uint64_t
hash_of(const char *dir)
{
	return hash_keyed(0x756e73, dir, strlen(dir));
}

void
overlay_unsure(struct overlay *o, const char *dir)
{
	set64_add(&o->unsure, hash_of(dir));
}

int
overlay_is_unsure(const struct overlay *o, const char *dir)
{
	return o->unsure.n > 0 && set64_has(&o->unsure, hash_of(dir));
}

void
overlay_mkdir(struct overlay *o, const char *path)
{
	ov_make(ov_find(o, path));
}
