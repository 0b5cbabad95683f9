/* overlay_dir.c -- the tree of folders as they will be. */
#include <string.h>

#include "plan/overlay_impl.h"
#include "util/hash.h"

uint64_t
ov_key(const struct ov_dir *d, const char *name)
{
	return hash_keyed(d->id, name, strlen(name));
}

int
ov_gone(const struct overlay *o, const struct ov_dir *d, const char *name)
{
	return d->gone > 0 && prints_has(&o->prints, ov_key(d, name) ^ OV_GONE);
}

int
ov_came(const struct overlay *o, const struct ov_dir *d, const char *name)
{
	return prints_has(&o->prints, ov_key(d, name)) ||
	    ov_record_find(o, d, name) != NULL;
}

int
ov_exists(const struct ov_dir *d)
{
	return d->on_disk || d->made || d->moved;
}

int
ov_displaced(const struct ov_dir *d)
{
	for (; d != NULL; d = d->parent)
		if (d->moved)
			return 1;
	return 0;
}

void
ov_make(struct ov_dir *d)
{
	for (; d != NULL && !ov_exists(d); d = d->parent)
		d->made = 1;
}

/* In o->dirs a folder is found by its parent and name. */
static uint64_t
dir_hash(const void *item)
{
	const struct ov_dir *d = item;

	return ov_key(d->parent, d->name);
}

struct ov_dir *
ov_dir_new(struct overlay *o)
{
	struct ov_dir *d = arena_alloc(&o->arena, sizeof(*d));

	d->id = ++o->last_id;
	return d;
}

void
ov_start(struct overlay *o)
{
	o->dirs.hash = dir_hash;
	o->records.hash = ov_record_hash;
	o->root = ov_dir_new(o);
	o->root->name = "";
	o->root->on_disk = 1;
}

struct ov_dir *
ov_child(const struct overlay *o, const struct ov_dir *d, const char *name)
{
	struct ov_dir *c;
	size_t i;

	if (d->child == NULL)
		return NULL;
	c = ov_table_at(&o->dirs, ov_key(d, name), &i);
	while (c != NULL && (c->parent != d || strcmp(c->name, name) != 0))
		c = ov_table_next(&o->dirs, &i);
	return c;
}

void
ov_inherit_watch(struct ov_dir *d)
{
	struct ov_dir *c = d;

	/* All below, without recursion: down, else aside, else up. */
	for (;;) {
		if (c->parent != NULL && c->parent->below)
			c->full = c->below = 1;
		if (c->child != NULL) {
			c = c->child;
			continue;
		}
		while (c != d && c->older == NULL && c->parent != NULL)
			c = c->parent;
		if (c == d || c->older == NULL)
			return;
		c = c->older;
	}
}

static void
forget_paths(struct overlay *o)
{
	memset(o->paths, 0, sizeof(o->paths));
}

void
ov_attach(struct overlay *o, struct ov_dir *d, struct ov_dir *parent,
    const char *name)
{
	struct ov_dir *there = ov_child(o, parent, name);

	if (there != NULL)
		ov_detach(o, there);
	d->parent = parent;
	d->name = arena_str(&o->arena, name);
	d->older = parent->child;
	if (d->older != NULL)
		d->older->newer = d;
	parent->child = d;
	ov_table_add(&o->dirs, d);
	ov_inherit_watch(d);
}

void
ov_detach(struct overlay *o, struct ov_dir *d)
{
	if (d->on_disk)
		ov_real(o, d);		/* later it cannot be told any more */
	ov_table_remove(&o->dirs, d);
	if (d->parent->child == d)
		d->parent->child = d->older;
	if (d->older != NULL)
		d->older->newer = d->newer;
	if (d->newer != NULL)
		d->newer->older = d->older;
	d->parent = d->older = d->newer = NULL;
	forget_paths(o);
}

struct ov_dir *
ov_child_make(struct overlay *o, struct ov_dir *d, const char *name)
{
	struct ov_dir *c = ov_child(o, d, name);

	if (c != NULL)
		return c;
	c = ov_dir_new(o);
	ov_attach(o, c, d, name);
	if (d->on_disk && !ov_gone(o, d, name) && !ov_came(o, d, name))
		ov_probe(o, c);
	return c;
}
