/*
 * overlay_record.c -- what comes, in full: where a later walk needs it.
 *
 * A record is packed to about 100 bytes: the times of a file lie near each
 * other mostly and are kept as differences, file systems are few and numbered.
 */
#include <string.h>

#include "plan/overlay_impl.h"
#include "util/pack.h"
#include "util/xalloc.h"

const char *
ov_record_name(const struct ov_record *r)
{
	return (const char *)r->bytes;
}

uint64_t
ov_record_hash(const void *item)
{
	const struct ov_record *r = item;

	return ov_key(r->dir, ov_record_name(r));
}

struct ov_record *
ov_record_find(const struct overlay *o, const struct ov_dir *d,
    const char *name)
{
	struct ov_record *r;
	size_t i;

	if (d->first == NULL)
		return NULL;
	r = ov_table_at(&o->records, ov_key(d, name), &i);
	while (r != NULL && (r->dir != d || strcmp(ov_record_name(r), name) != 0))
		r = ov_table_next(&o->records, &i);
	return r;
}

static uint64_t
fs_number(struct overlay *o, uint64_t fs)
{
	size_t i;

	for (i = 0; i < o->n_fs; i++)
		if (o->fs[i] == fs)
			return i;
	XGROW(o->fs, o->n_fs, o->cap_fs);
	o->fs[o->n_fs] = fs;
	return o->n_fs++;
}

static void
pack_difference(struct buf *b, int64_t v, int64_t from)
{
	pack_i64(b, (int64_t)((uint64_t)v - (uint64_t)from));
}

static int64_t
unpack_difference(struct unpack *u, int64_t from)
{
	return (int64_t)((uint64_t)unpack_i64(u) + (uint64_t)from);
}

static void
pack_id(struct overlay *o, struct buf *b, const struct fs_id *id)
{
	pack_u64(b, fs_number(o, id->fs));
	pack_u64(b, id->ino);
	pack_i64(b, id->mtime);
	pack_difference(b, id->ctime, id->mtime);
	pack_difference(b, id->atime, id->mtime);
	pack_difference(b, id->btime, id->btime != 0 ? id->mtime : 0);
	pack_u64(b, id->btime != 0);
	pack_u64(b, id->size);
	pack_u64(b, id->mode);
	pack_u64(b, id->uid);
	pack_u64(b, id->gid);
	pack_u64(b, id->nlink);
}

static void
unpack_id(const struct overlay *o, struct unpack u, struct fs_id *id)
{
	int64_t btime;

	id->fs = o->fs[unpack_u64(&u)];
	id->ino = unpack_u64(&u);
	id->mtime = unpack_i64(&u);
	id->ctime = unpack_difference(&u, id->mtime);
	id->atime = unpack_difference(&u, id->mtime);
	btime = unpack_i64(&u);
	id->btime = unpack_u64(&u) ?
	    (int64_t)((uint64_t)btime + (uint64_t)id->mtime) : 0;
	id->size = unpack_u64(&u);
	id->mode = (uint32_t)unpack_u64(&u);
	id->uid = (uint32_t)unpack_u64(&u);
	id->gid = (uint32_t)unpack_u64(&u);
	id->nlink = (uint32_t)unpack_u64(&u);
}

void
ov_record_add(struct overlay *o, struct ov_dir *d, const char *name, int type,
    const struct ov_file *f)
{
	CLEAN_BUF struct buf b = {0};
	struct ov_record *r = ov_record_find(o, d, name);
	int renamed = f->real_dir != NULL && strcmp(f->real_name, name) != 0;
	size_t before;

	if (r != NULL)
		ov_record_drop(o, r);
	buf_add(&b, name, strlen(name) + 1);
	if (renamed)
		buf_add(&b, f->real_name, strlen(f->real_name) + 1);
	before = b.len;
	pack_id(o, &b, &f->id);
	r = arena_alloc(&o->arena, sizeof(*r) + b.len);
	r->dir = d;
	r->real_dir = f->real_dir;
	r->type = (unsigned char)type;
	r->renamed = (unsigned char)renamed;
	r->id_len = (unsigned char)(b.len - before);
	memcpy(r->bytes, b.data, b.len);
	if (d->last != NULL)
		d->last->next = r;
	else
		d->first = r;
	d->last = r;
	ov_table_add(&o->records, r);
}

/* It stays in its folder's chain, and its strings where they are. */
void
ov_record_drop(struct overlay *o, struct ov_record *r)
{
	ov_table_remove(&o->records, r);
	r->dead = 1;
}

void
ov_record_read(const struct overlay *o, const struct ov_record *r,
    struct ov_file *f)
{
	const char *name = ov_record_name(r), *end = name + strlen(name) + 1;

	f->real_dir = r->real_dir;
	f->real_name = r->renamed ? end : name;
	if (r->renamed)
		end += strlen(end) + 1;
	unpack_id(o, unpack_start(end, r->id_len), &f->id);
}
