/* restore_record.c -- an entry's name and metadata, packed. */
#include <string.h>

#include "backup/restore_pick.h"
#include "backup/restore_record.h"
#include "repo/node.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/pack.h"

static void
pack_time(struct buf *out, const struct node_time *t)
{
	pack_i64(out, t->sec);
	pack_u64(out, (uint32_t)t->nsec);
}

static struct timespec
unpack_time(struct unpack *u)
{
	struct timespec t;

	t.tv_sec = unpack_i64(u);
	t.tv_nsec = (long)unpack_u64(u);
	return t;
}

/* With its NUL, so that it may be used where it lies. */
static void
pack_text(struct buf *out, const char *s)
{
	pack_bytes(out, s, strlen(s) + 1);
}

static const char *
unpack_text(struct unpack *u)
{
	size_t len;
	const char *s = unpack_bytes(u, &len);

	return len > 0 ? s : "";
}

static void
pack_xattrs(struct buf *out, const struct pick *p, const struct node *n)
{
	const struct node_xattr *x;
	size_t i, wanted = 0;

	for (i = 0; i < n->n_xattrs; i++)
		wanted += (size_t)pick_xattr(p, n->xattrs[i].name);
	pack_u64(out, wanted);
	for (i = 0; i < n->n_xattrs; i++) {
		x = &n->xattrs[i];
		if (!pick_xattr(p, x->name))
			continue;
		pack_text(out, x->name);
		pack_bytes(out, x->value, x->value != NULL ? x->len : 0);
	}
}

enum { SAME_TIMES = 1, SOME_XATTRS = 2 };

void
record_pack(struct buf *out, const struct pick *p, const struct node *n,
    uint32_t uid, uint32_t gid)
{
	int same = n->atime.sec == n->mtime.sec && n->atime.nsec == n->mtime.nsec;

	pack_text(out, n->name);
	pack_u64(out, node_st_mode(n) & 07777);
	pack_u64(out, uid);
	pack_u64(out, gid);
	pack_time(out, &n->mtime);
	pack_u64(out, (same ? SAME_TIMES : 0) |
	    (pick_all_xattrs(p) ? 0 : SOME_XATTRS));
	if (!same)
		pack_time(out, &n->atime);
	pack_xattrs(out, p, n);
}

static void
read_xattrs(struct unpack *u, struct arena *a, struct lay_meta *m, size_t n)
{
	struct lay_xattr *v;
	size_t i;

	arena_reset(a);
	v = arena_alloc(a, n * sizeof(*v));
	for (i = 0; i < n; i++) {
		v[i].name = unpack_text(u);
		v[i].value = unpack_bytes(u, &v[i].len);
	}
	m->xattrs = v;
	m->n_xattrs = n;
}

static int
goes(const void *arg, const char *name)
{
	return pick_xattr(arg, name);
}

void
record_read(const void *data, size_t len, struct arena *a,
    const struct pick *p, struct record *out)
{
	struct unpack u = unpack_start(data, len);
	uint64_t n, flags;

	*out = (struct record){ .name = unpack_text(&u) };
	out->meta.mode = (uint32_t)unpack_u64(&u);
	out->meta.uid = (uint32_t)unpack_u64(&u);
	out->meta.gid = (uint32_t)unpack_u64(&u);
	out->meta.mtime = unpack_time(&u);
	flags = unpack_u64(&u);
	if (flags & SOME_XATTRS) {
		out->meta.xattr_goes = goes;
		out->meta.arg = p;
	}
	out->meta.atime = flags & SAME_TIMES ? out->meta.mtime :
	    unpack_time(&u);
	n = unpack_u64(&u);
	if (n > 0 && a != NULL && !u.bad)
		read_xattrs(&u, a, &out->meta, (size_t)n);
}
