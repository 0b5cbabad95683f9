/*
 * op_bundle.c -- files go into a tar.zst together.
 *
 *	1  intents durable, one a member, all with one token and one target
 *	2  .fettle-<token>.part is written in the target's folder: each source
 *	   is opened without following, is the file that was planned, is read
 *	   and summed, and is the same afterwards.  One that is not has spoilt
 *	   the archive: it is begun anew without it
 *	3  the archive is flushed, and opened again past the page cache; all of
 *	   it is decoded, and every member's path, size, mtime and bytes are
 *	   compared with what was read
 *	4  COPIED, with the archive's identity, is durable
 *	5  renameat2 NOREPLACE to its name, syncfs
 *	6  each source goes by way of its hidden name (gone.h), if it is still
 *	   what was read and nobody writes to it
 *	7  the folders are flushed, DONE is durable
 *
 *	cut before 4	the .part goes
 *	cut after 4	a source that is there stays, one that is gone is in the
 *			bundle, which was whole before; no source goes any more
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "apply/bundle.h"
#include "apply/copydata.h"
#include "apply/folders.h"
#include "apply/gone.h"
#include "apply/hands.h"
#include "apply/lease.h"
#include "apply/stage.h"
#include "apply/token.h"
#include "tar/tar.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define LEVEL		3
#define PIECE		((size_t)128 << 10)
#define XATTR_BYTES	((size_t)64 << 10)

struct member {
	struct item	*it;
	struct fs_id	 id;		/* as it was read */
	unsigned char	 mark[32];
	int		 in;		/* it is in the archive */
};

struct packing {
	struct hands		*h;
	struct item		*first;
	const struct fs_dir	*d;
	struct member		*v;
	size_t			 n;
	char			 part[TOKEN_NAME];
	unsigned char		*buf;
	struct fs_id		 made;		/* the archive */
};

/* Its members, in the plan's order. */
static void
gather(struct packing *p)
{
	struct load *l = p->h->load;
	struct item *it;
	size_t i;

	p->v = xallocn(l->n, sizeof(*p->v));
	for (i = 0; i < l->n; i++) {
		it = &l->items[i];
		if (it->op.kind == OP_BUNDLE && it->state == OP_PLANNED &&
		    it->entry != NO_ENTRY && it->token == p->first->token)
			p->v[p->n++].it = it;
	}
}

/* ---- step 2 ---- */
static int
spoilt(struct packing *p, struct member *m, const char *why)
{
	item_skip(p->h->load, m->it, "%s", why);
	return 1;
}

static int
failed(struct packing *p, struct member *m, const struct err *e)
{
	item_fail(p->h->load, m->it, e);
	return 1;
}

/* The attributes that belong to the file, as tar takes them. */
static size_t
attributes(int fd, struct arena *own, struct tar_xattr **out)
{
	char *names = arena_alloc(own, XATTR_BYTES + 1);
	unsigned char *value = arena_alloc(own, XATTR_BYTES);
	ssize_t len = flistxattr(fd, names, XATTR_BYTES), n;
	struct tar_xattr *v = NULL;
	size_t i, got = 0, cap = 0;

	for (i = 0; len > 0 && i < (size_t)len; i += strlen(names + i) + 1) {
		if (strncmp(names + i, "security.", 9) == 0 &&
		    strcmp(names + i, "security.capability") != 0)
			continue;
		n = fgetxattr(fd, names + i, value, XATTR_BYTES);
		if (n < 0)
			continue;
		XGROW(v, got, cap);
		v[got++] = (struct tar_xattr){ names + i,
		    arena_dup(own, (char *)value, (size_t)n), (size_t)n };
	}
	*out = v;
	return got;
}

static int
pour_extent(struct packing *p, struct tar_writer *w, int fd, uint64_t at,
    uint64_t len, struct err *e)
{
	size_t want;
	ssize_t n;

	while (len > 0) {
		want = len < PIECE ? (size_t)len : PIECE;
		n = pread(fd, p->buf, want, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read");
		if (n == 0)
			return err_set(e, ERR_CHANGED,
			    "it became shorter while it was read");
		copier_add(p->h->copier, at, p->buf, (size_t)n);
		if (tar_write(w, p->buf, (size_t)n, e) < 0)
			return -1;
		atomic_fetch_add_explicit(&p->h->a->bytes, (uint64_t)n,
		    memory_order_relaxed);
		if (hands_stopped(p->h))
			return err_set(e, ERR_STOPPED, "stopped");
		at += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static int
pour(struct packing *p, struct tar_writer *w, struct member *m, int fd,
    struct err *e)
{
	struct tar_map map = {0};
	struct tar_entry t = { .type = TAR_FILE, .path = m->it->member,
	    .mode = m->id.mode & 07777, .uid = m->id.uid, .gid = m->id.gid,
	    .mtime = m->id.mtime, .atime = m->id.atime, .has_atime = 1,
	    .size = m->id.size };
	struct arena own = {0};
	struct tar_xattr *x = NULL;
	size_t i;
	int r;

	t.nxattrs = attributes(fd, &own, &x);
	t.xattrs = x;
	r = tar_map(fd, m->id.size, &map, e);
	t.sparse = map.sparse;
	t.data = map.data;
	t.ndata = map.ndata;
	copier_start(p->h->copier, COPY_MARK);
	if (r == 0)
		r = tar_add(w, &t, e);
	if (r == 0 && !map.sparse)
		r = pour_extent(p, w, fd, 0, m->id.size, e);
	for (i = 0; r == 0 && map.sparse && i < map.ndata; i++)
		r = pour_extent(p, w, fd, map.data[i].offset, map.data[i].len,
		    e);
	if (r == 0)
		r = tar_end(w, e);
	copier_end(p->h->copier, m->id.size, m->mark);
	tar_map_fini(&map);
	free(x);
	arena_fini(&own);
	return r;
}

/* One source: 0 it is in, 1 it has ended and spoilt nothing, 2 and spoilt the
 * archive, -1 the archive failed. */
static int
add(struct packing *p, struct tar_writer *w, struct member *m, struct err *e)
{
	const struct fs_dir *s = hands_source(p->h, m->it);
	struct fs_id after, named;
	struct err why = {0};
	CLEAN_FD int fd = -1;

	if (s == NULL)
		return 1;
	fd = openat(s->fd, m->it->op.from, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return spoilt(p, m, errno == ENOENT ? "it is no longer there" :
		    errno == ELOOP ? "it changed since it was planned" :
		    "it cannot be opened");
	if (fs_stat_fd(s, fd, &m->id, &why) < 0)
		return failed(p, m, &why);
	if (!S_ISREG(m->id.mode) || (m->it->expect.ino != 0 &&
	    !fs_id_unchanged(&m->id, &m->it->expect)))
		return spoilt(p, m, "it changed since it was planned");
	if (lease_take(fd) == LEASE_WRITER)
		return spoilt(p, m, "it is still being written");
	if (pour(p, w, m, fd, &why) < 0) {
		if (why.kind == ERR_STOPPED || why.kind == ERR_FULL) {
			*e = why;
			return -1;
		}
		if (why.kind == ERR_CHANGED)
			spoilt(p, m, why.text);
		else
			failed(p, m, &why);
		return why.kind == ERR_USAGE ? 1 : 2;
	}
	if (lease_wanted(fd) && lease_take(fd) == LEASE_WRITER)
		return spoilt(p, m, "somebody began to write to it") + 1;
	if (fs_stat_fd(s, fd, &after, NULL) < 0 ||
	    fs_stat(s, m->it->op.from, &named, NULL) < 0 ||
	    !fs_id_unchanged(&after, &m->id) || after.ctime != m->id.ctime ||
	    !fs_id_same(&named, &m->id))
		return spoilt(p, m, "it changed while it was read") + 1;
	m->in = 1;
	return 0;
}

/* All members once: 0, 1 it must be begun anew, -1. */
static int
write_once(struct packing *p, int fd, struct err *e)
{
	struct tar_writer *w = NULL;
	size_t i;
	int r;

	if (tar_create(fd, LEVEL, &w, e) < 0)
		return -1;
	for (i = 0, r = 0; i < p->n && r < 2 && r >= 0; i++)
		if (p->v[i].it->state == OP_PLANNED)
			r = add(p, w, &p->v[i], e);
	if (r >= 0 && r < 2)
		r = tar_close(w, e) < 0 ? -1 : 0;
	tar_writer_free(w);
	return r == 2 ? 1 : r;
}

static int
write_all(struct packing *p, struct err *e)
{
	CLEAN_FD int fd = openat(p->d->fd, p->part, O_RDWR | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t i;
	int r;

	if (fd < 0)
		return err_sys(e, "write in %s", p->d->path);
	while ((r = write_once(p, fd, e)) == 1) {
		for (i = 0; i < p->n; i++)
			p->v[i].in = 0;
		if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
			return err_sys(e, "write in %s", p->d->path);
	}
	if (r < 0)
		return -1;
	if (fchmod(fd, 0600) < 0 || fsync(fd) < 0)
		return err_sys(e, "flush the bundle");
	return fs_stat_fd(p->d, fd, &p->made, e);
}

/* ---- step 3 ---- */
static int
compare(struct packing *p, struct tar_reader *tr, const struct tar_entry *t,
    const struct member *m, struct err *e)
{
	unsigned char mark[32];
	uint64_t at, size = t->size;
	const void *data;
	size_t len;
	int n;

	if (t->type != TAR_FILE || strcmp(t->path, m->it->member) != 0 ||
	    size != m->id.size || t->mtime != m->id.mtime)
		return err_set(e, ERR_IO, "the bundle is not what was written");
	copier_start(p->h->copier, COPY_MARK);
	while ((n = tar_read_data(tr, &data, &len, &at, e)) == 1)
		copier_add(p->h->copier, at, data, len);
	copier_end(p->h->copier, size, mark);
	if (n == 0 && memcmp(mark, m->mark, sizeof(mark)) != 0)
		return err_set(e, ERR_IO, "the bundle read back is not what "
		    "was written");
	return n;
}

static int
read_back(struct packing *p, struct err *e)
{
	CLEAN_FD int fd = openat(p->d->fd, p->part, O_RDONLY | O_NOFOLLOW |
	    O_CLOEXEC);
	const struct tar_entry *t;
	struct tar_reader *tr;
	size_t i;
	int n = 0;

	if (fd < 0)
		return err_sys(e, "open the bundle again");
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (tar_open(fd, NULL, &tr, e) < 0)
		return -1;
	for (i = 0; i < p->n && n == 0; i++) {
		if (!p->v[i].in)
			continue;
		if ((n = tar_next(tr, &t, e)) == 1)
			n = compare(p, tr, t, &p->v[i], e);
		else if (n == 0)
			n = err_set(e, ERR_IO, "the bundle is cut short");
		if (n == 0 && hands_stopped(p->h))
			n = err_set(e, ERR_STOPPED, "stopped");
	}
	if (n == 0 && tar_next(tr, &t, e) != 0)
		n = err_set(e, ERR_IO, "the bundle is not what was written");
	tar_reader_free(tr);
	return n;
}

/* ---- steps 4 to 6 ---- */
static void
remove_source(struct packing *p, struct member *m)
{
	const struct fs_dir *s = hands_source(p->h, m->it);
	struct load *l = p->h->load;
	struct err e = {0};

	if (s == NULL)
		return;
	switch (gone_file(s, m->it->op.from, m->it->token, &m->id, 1, &e)) {
	case GONE_DONE:
		touch(l, m->it->from_dir);
		item_done(m->it);
		return;
	case GONE_OTHER:
		item_skip(l, m->it, "it changed while it was bundled");
		break;
	case GONE_FAILED:
		item_fail(l, m->it, &e);
		break;
	case GONE_LEFT:
		item_attention(l, m->it, &e);
		break;
	}
	/* It stays; what the bundle holds of it is not spoken of. */
	item_result(m->it)->id = (struct fs_id){0};
}

static int
publish(struct packing *p, struct err *e)
{
	char q[QUOTE_SIZE];
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].in)
			item_result(p->v[i].it)->id = p->made;
	if (journal_copied(p->h->a, p->h->load, e) < 0) {
		p->h->broken = *e;
		return -1;
	}
	if (renameat2(p->d->fd, p->part, p->d->fd, p->first->to,
	    RENAME_NOREPLACE) < 0 && (errno != EINVAL || linkat(p->d->fd,
	    p->part, p->d->fd, p->first->to, 0) < 0 ||
	    unlinkat(p->d->fd, p->part, 0) < 0))
		return err_sys(e, "name the bundle %s",
		    quote_to(q, sizeof(q), p->first->to));
	touch(p->h->load, p->first->to_dir);
	if (syncfs(p->d->fd) < 0)
		return err_sys(e, "flush %s",
		    quote_to(q, sizeof(q), p->d->path));
	return 0;
}

static void
give_up(struct packing *p, const struct err *e)
{
	struct member *m;
	size_t i;

	unlinkat(p->d->fd, p->part, 0);
	for (i = 0; i < p->n; i++) {
		m = &p->v[i];
		if (m->it->state != OP_PLANNED)
			continue;
		item_result(m->it)->id = (struct fs_id){0};
		if (e->kind == ERR_STOPPED)
			item_result(m->it)->outcome = OUTCOME_ROLLED_BACK;
		else
			item_fail(p->h->load, m->it, e);
	}
	p->h->load->stopped |= e->kind == ERR_STOPPED;
}

static int
pack(struct packing *p, struct err *e)
{
	uint64_t bytes = 0;
	size_t i, in = 0;

	for (i = 0; i < p->n; i++)
		bytes += p->v[i].it->op.id.size;
	if (room_for(p->d, bytes, p->h->a->o->min_free,
	    p->h->a->o->min_free_percent, e) < 0 || write_all(p, e) < 0)
		return -1;
	for (i = 0; i < p->n; i++)
		in += (size_t)p->v[i].in;
	if (in == 0)
		return err_set(e, ERR_NOENT, "nothing is left to bundle");
	if (read_back(p, e) < 0)
		return -1;
	return publish(p, e);
}

void
op_bundle(struct hands *h, struct item *it)
{
	struct packing p = { .h = h, .first = it };
	struct err e = {0};
	size_t i;

	stage_flush(h);
	if ((p.d = hands_target(h, it)) == NULL)
		return;
	token_part(it->token, p.part);
	gather(&p);
	p.buf = xalloc(PIECE);
	if (pack(&p, &e) < 0)
		give_up(&p, &e);
	for (i = 0; i < p.n; i++)
		if (p.v[i].in && p.v[i].it->state == OP_PLANNED &&
		    e.kind == ERR_NONE)
			remove_source(&p, &p.v[i]);
	free(p.buf);
	free(p.v);
}
