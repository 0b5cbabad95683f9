/*
 * report_twins.c -- files with the same bytes.
 *
 * Those of one size are told apart by a hash of their bytes, the largest first,
 * until so much was read as was allowed; how many were not looked at is told.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "fs/dir.h"
#include "job/report_impl.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define HEAD	((size_t)16 << 10)	/* read first, of larger files */
#define OPENING	((uint64_t)32 << 10)	/* to open a file costs as much as this */

struct twin {
	const struct report_found *f;
	uint64_t	 head;
	char		 hash[72];	/* "" : it could not be read */
};

struct comparing {
	struct report_scan *s;
	struct digest	*digest;
	uint64_t	 left;		/* bytes that may be read */
	int		 folder_number;	/* of folder, -1 none */
	struct fs_dir	*folder;
};

static int
by_size(const void *a, const void *b)
{
	const struct report_found *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return (x->name > y->name) - (x->name < y->name);
}

static int
by_head(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;

	return (x->head > y->head) - (x->head < y->head);
}

static int
by_hash(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;
	int r = strcmp(x->hash, y->hash);

	return r != 0 ? r : (x->f > y->f) - (x->f < y->f);
}

static int
open_file(struct comparing *c, const struct report_found *f)
{
	const struct report_scan *s = c->s;
	struct err e = {0};

	if (c->folder_number != (int)f->folder) {
		fs_dir_free(c->folder);
		c->folder = NULL;
		c->folder_number = (int)f->folder;
		if (fs_dir_read(s->folders[f->folder], &c->folder, &e) < 0)
			c->folder = NULL;
	}
	return c->folder == NULL ? -1 : openat(c->folder->fd,
	    s->names + f->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC | O_NOCTTY);
}

static void
read_head(struct comparing *c, struct twin *t)
{
	char piece[HEAD];
	CLEAN_FD int fd = open_file(c, t->f);
	ssize_t n = fd < 0 ? -1 : fd_pread_full(fd, piece, sizeof(piece), 0);

	t->head = n < 0 ? 0 : hash_keyed(1, piece, (size_t)n);
}

static void
read_all(struct comparing *c, struct twin *t)
{
	CLEAN_FD int fd = open_file(c, t->f);
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};

	if (fd >= 0 && digest_file(c->digest, fd, &b, &e) == 0 &&
	    b.len < sizeof(t->hash))
		memcpy(t->hash, b.data, b.len);
}

static void
keep(struct comparing *c, const struct twin *v, size_t n)
{
	struct report *r = c->s->r;
	struct report_twins *t;
	size_t i;

	r->twins.groups++;
	r->twins.files += n - 1;
	r->twins.bytes += (n - 1) * v->f->size;
	if (r->twins.v == NULL)
		r->twins.v = arena_alloc(&r->mem, (REPORT_TOP + 1) *
		    sizeof(*r->twins.v));
	/* The most wasteful stay. */
	for (i = r->twins.n; i > 0 && r->twins.v[i - 1].bytes *
	    (r->twins.v[i - 1].n - 1) < v->f->size * (n - 1); i--)
		r->twins.v[i] = r->twins.v[i - 1];
	if (i == REPORT_TOP)
		return;
	if (r->twins.n < REPORT_TOP)
		r->twins.n++;
	t = &r->twins.v[i];
	*t = (struct report_twins){ .bytes = v->f->size, .n = n };
	for (i = 0; i < n && i < REPORT_PATHS; i++) {
		CLEAN_BUF struct buf b = {0};

		buf_addf(&b, "%s/%s", c->s->folders[v[i].f->folder],
		    c->s->names + v[i].f->name);
		t->paths[i] = arena_str(&r->mem, buf_str(&b));
	}
}

/* Files with the same size and the same beginning. */
static void
compare_whole(struct comparing *c, struct twin *v, size_t n)
{
	uint64_t cost = n * (v->f->size > OPENING ? v->f->size : OPENING);
	size_t i, from;

	if (n < 2)
		return;
	if (cost > c->left) {
		c->s->r->twins.unread += n;
		return;
	}
	c->left -= cost;
	for (i = 0; i < n; i++)
		read_all(c, &v[i]);
	qsort(v, n, sizeof(*v), by_hash);
	for (from = 0, i = 1; i <= n; i++)
		if (i == n || strcmp(v[i].hash, v[from].hash) != 0) {
			if (i - from > 1 && v[from].hash[0] != '\0')
				keep(c, v + from, i - from);
			from = i;
		}
}

static void
compare_size(struct comparing *c, const struct report_found *f, size_t n)
{
	CLEAN_FREE struct twin *v = xallocn(n, sizeof(*v));
	size_t i, from;

	for (i = 0; i < n; i++)
		v[i].f = &f[i];
	if (f->size > HEAD) {
		if (n * HEAD > c->left) {
			c->s->r->twins.unread += n;
			return;
		}
		c->left -= n * HEAD;
		for (i = 0; i < n; i++)
			read_head(c, &v[i]);
		qsort(v, n, sizeof(*v), by_head);
	}
	for (from = 0, i = 1; i <= n; i++)
		if (i == n || v[i].head != v[from].head) {
			compare_whole(c, v + from, i - from);
			from = i;
		}
}

int
report_twins(struct report_scan *s, struct err *e)
{
	struct comparing c = { .s = s, .folder_number = -1,
	    .left = s->o->all ? UINT64_MAX : REPORT_READ };
	size_t from, i;
	int ret = 0;

	if (digest_new("sha256", &c.digest, e) < 0)
		return -1;
	if (s->n_found > 1)
		qsort(s->found, s->n_found, sizeof(*s->found), by_size);
	for (from = 0, i = 1; i <= s->n_found && ret == 0; i++) {
		if (i < s->n_found && s->found[i].size == s->found[from].size)
			continue;
		if (i - from > 1)
			compare_size(&c, s->found + from, i - from);
		if (s->o->stop != NULL && s->o->stop(s->o->stop_arg))
			ret = err_set(e, ERR_STOPPED, "stopped");
		from = i;
	}
	fs_dir_free(c.folder);
	digest_free(c.digest);
	return ret;
}
