/*
 * restore_dump.c -- files and folders of a snapshot as streams of bytes.
 *
 * Blobs of a file are loaded by several threads, a few ahead of what is written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backup/restore.h"
#include "repo/load.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "tar/tar.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/pool.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define AHEAD	6	/* blobs, of at most 8 MiB each */

struct piece {
	const struct id	*id;
	struct buf	 bytes;
	struct err	 why;
	int		 result;
};

struct dump {
	struct repo	*repo;
	struct repo_hand *hands[POOL_THREADS_MAX], *own;
	struct pool	*pool;
	struct piece	 pieces[AHEAD];
	int		 fd;
	struct tar_writer *tar;		/* NULL: bytes alone */
	const char	*top;
	const struct restore_left *left;
	struct buf	 path;
	struct tar_xattr *xattrs;
	size_t		 cap_xattrs;
	struct err	 why;		/* what ended it */
};

static void
load(void *arg, unsigned hand, void *item)
{
	struct dump *d = arg;
	struct piece *p = item;

	p->result = load_blob(d->repo, d->hands[hand], BLOB_DATA, p->id,
	    &p->bytes, &p->why);
}

static void
start(struct dump *d)
{
	unsigned n = pool_threads(2), i;

	for (i = 0; i < n; i++)
		d->hands[i] = repo_hand_new(d->repo);
	d->own = repo_hand_new(d->repo);
	d->pool = pool_new(n, AHEAD, load, d);
}

static void
stop(struct dump *d)
{
	size_t i;

	pool_free(d->pool);
	for (i = 0; i < POOL_THREADS_MAX; i++)
		repo_hand_free(d->hands[i]);
	repo_hand_free(d->own);
	for (i = 0; i < AHEAD; i++)
		buf_fini(&d->pieces[i].bytes);
	buf_fini(&d->path);
	free(d->xattrs);
}

static int
write_piece(struct dump *d, const struct piece *p, struct err *e)
{
	if (p->result < 0) {
		*e = p->why;
		return -1;
	}
	if (d->tar != NULL)
		return tar_write(d->tar, p->bytes.data, p->bytes.len, e);
	return fd_write_all(d->fd, p->bytes.data, p->bytes.len) == 0 ? 0 :
	    err_sys(e, "write");
}

/* Take back what is under way: after this nobody reads the node any more. */
static void
drain(struct dump *d)
{
	while (pool_take(d->pool, 1) != NULL)
		continue;
}

static int
write_content(struct dump *d, const struct node *n, struct err *e)
{
	size_t given = 0, taken;
	struct piece *p;

	for (taken = 0; taken < n->n_content; taken++) {
		for (; given < n->n_content && given < taken + AHEAD; given++) {
			p = &d->pieces[given % AHEAD];
			p->id = &n->content[given];
			pool_give(d->pool, p);
		}
		if (write_piece(d, pool_take(d->pool, 1), e) < 0) {
			drain(d);
			return -1;
		}
	}
	return 0;
}

int
restore_dump_file(struct repo *r, const struct node *n, int fd, struct err *e)
{
	struct dump d = { .repo = r, .fd = fd };
	int ret;

	start(&d);
	ret = write_content(&d, n, e);
	stop(&d);
	return ret;
}

/* ---- archives ---- */
static int64_t
nanoseconds(const struct node_time *t)
{
	int64_t ns;

	if (__builtin_mul_overflow(t->sec, INT64_C(1000000000), &ns) ||
	    __builtin_add_overflow(ns, t->nsec, &ns))
		return t->sec < 0 ? INT64_MIN : INT64_MAX;
	return ns;
}

static void
fill_xattrs(struct dump *d, const struct node *n, struct tar_entry *t)
{
	size_t i;

	if (n->n_xattrs > d->cap_xattrs) {
		d->cap_xattrs = n->n_xattrs;
		d->xattrs = xrealloc(d->xattrs, n->n_xattrs,
		    sizeof(*d->xattrs));
	}
	for (i = 0; i < n->n_xattrs; i++)
		d->xattrs[i] = (struct tar_xattr){ n->xattrs[i].name,
		    n->xattrs[i].value != NULL ? n->xattrs[i].value : "",
		    n->xattrs[i].value != NULL ? n->xattrs[i].len : 0 };
	t->xattrs = d->xattrs;
	t->nxattrs = n->n_xattrs;
}

static int
add_member(struct dump *d, const char *path, const struct node *n,
    struct err *e)
{
	struct tar_entry t = {
		.type = n->type == NODE_DIR ? TAR_FOLDER :
		    n->type == NODE_SYMLINK ? TAR_SYMLINK : TAR_FILE,
		.path = path, .link = n->target, .mode = node_st_mode(n) & 07777,
		.uid = n->uid, .gid = n->gid, .user = n->user,
		.group = n->group, .mtime = nanoseconds(&n->mtime),
		.atime = nanoseconds(&n->atime), .has_atime = 1,
		.size = n->type == NODE_FILE ? n->size : 0,
	};

	fill_xattrs(d, n, &t);
	if (tar_add(d->tar, &t, e) < 0 ||
	    (n->type == NODE_FILE && write_content(d, n, e) < 0))
		return -1;
	return tar_end(d->tar, e);
}

static int
each(void *arg, const char *path, const struct node *n)
{
	struct dump *d = arg;
	char q[QUOTE_SIZE];
	int r;

	buf_reset(&d->path);
	buf_adds(&d->path, d->top);
	if (*d->top != '\0')
		buf_addc(&d->path, '/');
	buf_adds(&d->path, path);
	if (n->type != NODE_FILE && n->type != NODE_DIR &&
	    n->type != NODE_SYMLINK) {
		if (d->left != NULL)
			d->left->tell(d->left->arg, buf_str(&d->path), n);
		return TREE_PASS;
	}
	r = node_name_ok(n->name) ? add_member(d, buf_str(&d->path), n,
	    &d->why) : err_set(&d->why, ERR_CORRUPT, "a name that cannot be");
	if (r < 0) {
		err_wrap(&d->why, "%s", quote_to(q, sizeof(q),
		    buf_str(&d->path)));
		return TREE_END;
	}
	return n->type == NODE_DIR ? TREE_ENTER : TREE_PASS;
}

/* "a/b" of "//a/b/", to be freed. */
static char *
clean_top(const char *top)
{
	size_t len;

	top += strspn(top, "/");
	len = strlen(top);
	while (len > 0 && top[len - 1] == '/')
		len--;
	return xstrndup(top, len);
}

static int
write_archive(struct dump *d, const struct id *tree, struct err *e)
{
	const struct tree_walk w = { .each = each, .arg = d };
	int r = tree_walk(d->repo, d->own, tree, &w, e);

	if (r == 0)
		return tar_close(d->tar, e);
	if (r == 1)
		*e = d->why;
	return -1;
}

int
restore_dump_tree(struct repo *r, const struct id *tree, const char *top,
    enum restore_archive format, int fd, const struct restore_left *left,
    struct err *e)
{
	CLEAN_FREE char *clean = clean_top(top);
	struct dump d = { .repo = r, .fd = fd, .top = clean, .left = left };
	struct err here = {0};
	int ret = format == RESTORE_ZIP ? tar_create_zip(fd, &d.tar,
	    e != NULL ? e : &here) : tar_create(fd, 0, &d.tar, e);

	if (ret < 0)
		return -1;
	start(&d);
	ret = write_archive(&d, tree, e != NULL ? e : &here);
	stop(&d);
	tar_writer_free(d.tar);
	return ret;
}
