/*
 * fuse.c -- mount.h, by libfuse's low-level interface.
 *
 * A few threads take what the kernel asks, one each, and answer it.  They wait in
 * poll and not in read, so that all of them see the end of it, and a signal need
 * not find the right one.
 *
 * An inode's number for the kernel is its address; the root's is 1.
 */
#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mount/world.h"
#include "repo/repo.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/crew.h"
#include "util/err.h"
#include "util/xalloc.h"

#define THREADS_MAX	4
#define WAIT		500		/* ms */
#define FOREVER		60.0		/* s: snapshots do not change */
#define A_WHILE		5.0		/* what is above them does */

struct mounted {
	struct repo	*r;
	const struct mount_options *o;
	struct world	*w;
	struct fuse_session *session;
	pthread_mutex_t	 lock;		/* of telling problems, and of failed */
	int		 failed;	/* errno of the session */
};

static struct mounted *
self(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static struct inode *
inode_of(fuse_req_t req, fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? world_root(self(req)->w) :
	    (struct inode *)(uintptr_t)ino;
}

static double
how_long(const struct inode *i)
{
	return i->kind == INODE_FRONT || i->text == NULL ? A_WHILE : FOREVER;
}

/* Tell what is worth it, and answer. */
static void
fail(fuse_req_t req, const struct err *why)
{
	struct mounted *m = self(req);

	if (why->kind == ERR_NOENT) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	if (why->kind == ERR_STOPPED) {
		fuse_reply_err(req, EINTR);
		return;
	}
	pthread_mutex_lock(&m->lock);
	if (m->o->problem != NULL)
		m->o->problem(m->o->arg, why);
	pthread_mutex_unlock(&m->lock);
	fuse_reply_err(req, EIO);
}

/* ---- names ---- */

static void
entry_of(const struct inode *i, struct fuse_entry_param *out)
{
	*out = (struct fuse_entry_param){
		.ino = (fuse_ino_t)(uintptr_t)i, .attr = i->st,
		.attr_timeout = how_long(i), .entry_timeout = how_long(i),
	};
}

static void
do_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param p;
	struct inode *i;
	struct err e;

	if (world_lookup(self(req)->w, inode_of(req, parent), name, &i,
	    &e) < 0) {
		fail(req, &e);
		return;
	}
	entry_of(i, &p);
	if (fuse_reply_entry(req, &p) != 0)	/* it was interrupted */
		world_forget(self(req)->w, i, 1);
}

static void
do_forget(fuse_req_t req, fuse_ino_t ino, uint64_t n)
{
	world_forget(self(req)->w, inode_of(req, ino), n);
	fuse_reply_none(req);
}

static void
do_forget_multi(fuse_req_t req, size_t n, struct fuse_forget_data *v)
{
	size_t i;

	for (i = 0; i < n; i++)
		world_forget(self(req)->w, inode_of(req, v[i].ino),
		    v[i].nlookup);
	fuse_reply_none(req);
}

static void
do_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	const struct inode *i = inode_of(req, ino);

	(void)fi;
	fuse_reply_attr(req, &i->st, how_long(i));
}

static void
do_readlink(fuse_req_t req, fuse_ino_t ino)
{
	CLEAN_BUF struct buf b = {0};
	struct err e;

	if (world_target(self(req)->w, inode_of(req, ino), &b, &e) < 0)
		fail(req, &e);
	else
		fuse_reply_readlink(req, buf_str(&b));
}

/* ---- folders ---- */

static void
do_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct listing *l;
	struct err e;

	if (world_list(self(req)->w, inode_of(req, ino), &l, &e) < 0) {
		fail(req, &e);
		return;
	}
	fi->fh = (uint64_t)(uintptr_t)l;
	if (fuse_reply_open(req, fi) != 0)
		world_list_free(self(req)->w, l);
}

static void
do_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	world_list_free(self(req)->w, (struct listing *)(uintptr_t)fi->fh);
	fuse_reply_err(req, 0);
}

/* A listing on its way out. */
struct out {
	fuse_req_t	 req;
	char		*data;
	size_t		 len, size;
	int		 plus;		/* with what lookup would say */
};

/* 1 if it fitted. */
static int
add(struct out *o, const char *name, const struct fuse_entry_param *p,
    off_t next)
{
	size_t room = o->size - o->len, n;

	n = o->plus ? fuse_add_direntry_plus(o->req, o->data + o->len, room,
	    name, p, next) : fuse_add_direntry(o->req, o->data + o->len, room,
	    name, &p->attr, next);
	if (n > room)
		return 0;
	o->len += n;
	return 1;
}

/* "." and "..": nobody looks them up. */
static int
add_dot(struct out *o, const struct inode *dir, off_t at)
{
	const struct fuse_entry_param p = { .attr = { .st_mode = S_IFDIR,
	    .st_ino = at == 0 ? dir->number : 1 } };

	return add(o, at == 0 ? "." : "..", &p, at + 1);
}

/* 1 if it fitted, 0 if not or there are no more, -1. */
static int
add_entry(struct out *o, const struct inode *dir, struct listing *l, off_t at,
    struct err *e)
{
	struct world *w = self(o->req)->w;
	struct fuse_entry_param p = {0};
	struct inode *i = NULL;
	const char *name;
	int r;

	r = world_entry(w, dir, l, (size_t)at - 2, &name, &p.attr, e);
	if (r != 1)
		return r;
	if (o->plus) {
		if (world_lookup(w, dir, name, &i, e) < 0)
			return e->kind == ERR_NOENT ? 1 : -1;
		entry_of(i, &p);
	}
	r = add(o, name, &p, at + 1);
	if (r == 0 && i != NULL)
		world_forget(w, i, 1);
	return r;
}

static void
list(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
    struct fuse_file_info *fi, int plus)
{
	CLEAN_FREE char *data = xalloc(size);
	struct out o = { .req = req, .data = data, .size = size,
	    .plus = plus };
	const struct inode *dir = inode_of(req, ino);
	struct listing *l = (struct listing *)(uintptr_t)fi->fh;
	struct err e = {0};
	int r = 1;

	for (; r == 1; at++)
		r = at < 2 ? add_dot(&o, dir, at) : add_entry(&o, dir, l, at,
		    &e);
	if (r < 0 && o.len == 0)
		fail(req, &e);
	else
		fuse_reply_buf(req, o.data, o.len);
}

static void
do_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
    struct fuse_file_info *fi)
{
	list(req, ino, size, at, fi, 0);
}

static void
do_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
    struct fuse_file_info *fi)
{
	list(req, ino, size, at, fi, 1);
}

/* ---- files ---- */

static void
do_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	CLEAN_ARENA struct arena mem = {0};
	struct shelf_file *f = xalloc(sizeof(*f));
	struct node n;
	struct err e = { .kind = ERR_NOENT };

	if (world_node(inode_of(req, ino), &mem, &n, &e) <= 0 ||
	    shelf_file(world_shelf(self(req)->w), &n, f, &e) < 0) {
		free(f);
		fail(req, &e);
		return;
	}
	fi->fh = (uint64_t)(uintptr_t)f;
	fi->keep_cache = 1;
	if (fuse_reply_open(req, fi) != 0) {
		shelf_file_fini(f);
		free(f);
	}
}

static void
do_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct shelf_file *f = (struct shelf_file *)(uintptr_t)fi->fh;

	(void)ino;
	shelf_file_fini(f);
	free(f);
	fuse_reply_err(req, 0);
}

static void
do_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
    struct fuse_file_info *fi)
{
	CLEAN_FREE char *data = xalloc(size);
	struct shelf_file *f = (struct shelf_file *)(uintptr_t)fi->fh;
	struct err e;
	size_t got;

	(void)ino;
	if (shelf_read(world_shelf(self(req)->w), f, (uint64_t)at, data, size,
	    &got, &e) < 0)
		fail(req, &e);
	else
		fuse_reply_buf(req, data, got);
}

/* ---- attributes ---- */

static void
reply_bytes(fuse_req_t req, const void *data, size_t len, size_t size)
{
	if (size == 0)
		fuse_reply_xattr(req, len);
	else if (len > size)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, data, len);
}

static void
do_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	CLEAN_ARENA struct arena mem = {0};
	struct node n = {0};
	struct err e;
	size_t i;

	if (world_node(inode_of(req, ino), &mem, &n, &e) < 0) {
		fail(req, &e);
		return;
	}
	for (i = 0; i < n.n_xattrs; i++)
		if (strcmp(n.xattrs[i].name, name) == 0) {
			reply_bytes(req, n.xattrs[i].value, n.xattrs[i].len,
			    size);
			return;
		}
	fuse_reply_err(req, ENODATA);
}

static void
do_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	CLEAN_ARENA struct arena mem = {0};
	CLEAN_BUF struct buf b = {0};
	struct node n = {0};
	struct err e;
	size_t i;

	if (world_node(inode_of(req, ino), &mem, &n, &e) < 0) {
		fail(req, &e);
		return;
	}
	for (i = 0; i < n.n_xattrs; i++)
		if (n.xattrs[i].name[0] != '\0')
			buf_add(&b, n.xattrs[i].name,
			    strlen(n.xattrs[i].name) + 1);
	reply_bytes(req, b.data, b.len, size);
}

/* ---- the session ---- */

static const struct fuse_lowlevel_ops ops = {
	.lookup = do_lookup, .forget = do_forget,
	.forget_multi = do_forget_multi, .getattr = do_getattr,
	.readlink = do_readlink, .opendir = do_opendir, .readdir = do_readdir,
	.readdirplus = do_readdirplus, .releasedir = do_releasedir,
	.open = do_open, .read = do_read, .release = do_release,
	.getxattr = do_getxattr, .listxattr = do_listxattr,
};

static int
has_stopped(const struct mounted *m)
{
	const struct repo_options *o = &m->r->options;

	return o->stop != NULL && o->stop(o->stop_arg);
}

static void
give_up(struct mounted *m, int why)
{
	pthread_mutex_lock(&m->lock);
	m->failed = why;
	pthread_mutex_unlock(&m->lock);
	fuse_session_exit(m->session);
}

static void
serve(void *arg, unsigned who)
{
	struct mounted *m = arg;
	struct pollfd p = { .fd = fuse_session_fd(m->session),
	    .events = POLLIN };
	struct fuse_buf b = {0};
	int n;

	(void)who;
	while (!fuse_session_exited(m->session)) {
		if (has_stopped(m))
			fuse_session_exit(m->session);
		else if (poll(&p, 1, WAIT) > 0) {
			n = fuse_session_receive_buf(m->session, &b);
			if (n > 0)
				fuse_session_process_buf(m->session, &b);
			else if (n < 0 && n != -EINTR && n != -EAGAIN)
				give_up(m, -n);
		}
	}
	free(b.mem);
}

static int
be_shown(struct mounted *m, const char *where, struct err *e)
{
	int fd, flags;

	if (fuse_session_mount(m->session, where) != 0)
		return err_set(e, ERR_IO, "mount at %.300s: it cannot be done "
		    "(is /dev/fuse there, and fusermount3?)", where);
	fd = fuse_session_fd(m->session);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		fuse_session_unmount(m->session);
		return err_sys(e, "mount at %.300s", where);
	}
	if (m->o->ready != NULL)
		m->o->ready(m->o->arg);
	crew_once(THREADS_MAX, serve, m);
	fuse_session_unmount(m->session);
	if (m->failed == 0)
		return 0;
	errno = m->failed;
	return err_sys(e, "serve %.300s", where);
}

static void
set_options(const struct mounted *m, struct fuse_args *args)
{
	CLEAN_BUF struct buf b = {0};
	char hex[ID_HEX];

	id_hex(&m->r->id, hex);
	buf_addf(&b, "-oro,fsname=fettle:%.10s,subtype=fettle%s%s", hex,
	    m->o->allow_other ? ",allow_other" : "",
	    m->o->allow_other && !m->o->no_permissions ?
	    ",default_permissions" : "");
	fuse_opt_add_arg(args, "fettle");
	fuse_opt_add_arg(args, buf_str(&b));
}

int
mount_run(struct repo *r, const char *where, const struct mount_options *o,
    struct err *e)
{
	struct mounted m = { .r = r, .o = o };
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int ret;

	if (world_new(r, o, &m.w, e) < 0)
		return -1;
	pthread_mutex_init(&m.lock, NULL);
	set_options(&m, &args);
	m.session = fuse_session_new(&args, &ops, sizeof(ops), &m);
	if (m.session == NULL)
		ret = err_set(e, ERR_IO, "mount: libfuse will not");
	else {
		ret = be_shown(&m, where, e);
		fuse_session_destroy(m.session);
	}
	fuse_opt_free_args(&args);
	pthread_mutex_destroy(&m.lock);
	world_free(m.w);
	return ret;
}

int
mount_is_built(void)
{
	return 1;
}
