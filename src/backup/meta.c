/* meta.c -- an entry of a folder, as the disk tells it and as a node. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "backup/meta.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define LINK_MAX_LEN	((size_t)64 << 10)
#define OWNER_MAX	((size_t)1 << 20)	/* a group's entry */

static struct look_time
time_of(const struct statx_timestamp *t)
{
	return (struct look_time){ t->tv_sec, t->tv_nsec };
}

int
look_at(int fd, const char *name, struct look *out)
{
	int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
	struct statx sx;

	if (*name == '\0')
		flags |= AT_EMPTY_PATH;
	if (statx(fd, name, flags, STATX_BASIC_STATS | STATX_BTIME, &sx) < 0)
		return -1;
	*out = (struct look){
		.mode = sx.stx_mode, .nlink = sx.stx_nlink,
		.uid = sx.stx_uid, .gid = sx.stx_gid, .ino = sx.stx_ino,
		.dev = makedev(sx.stx_dev_major, sx.stx_dev_minor),
		.rdev = makedev(sx.stx_rdev_major, sx.stx_rdev_minor),
		.size = sx.stx_size, .blocks = sx.stx_blocks,
		.mtime = time_of(&sx.stx_mtime),
		.atime = time_of(&sx.stx_atime),
		.ctime = time_of(&sx.stx_ctime),
	};
	if (sx.stx_mask & STATX_BTIME)
		out->btime = time_of(&sx.stx_btime);
	return 0;
}

static int
time_same(const struct look_time *a, const struct look_time *b)
{
	return a->sec == b->sec && a->nsec == b->nsec;
}

int
look_same(const struct look *a, const struct look *b)
{
	return a->ino == b->ino && a->dev == b->dev && a->size == b->size &&
	    time_same(&a->mtime, &b->mtime) && time_same(&a->ctime, &b->ctime);
}

void
owners_init(struct owners *o)
{
	*o = (struct owners){0};
	pthread_mutex_init(&o->lock, NULL);
}

void
owners_fini(struct owners *o)
{
	map_fini(&o->names);
	arena_fini(&o->arena);
	pthread_mutex_destroy(&o->lock);
}

/* As the system's databases have it: an answer of any length. */
static const char *
ask(struct arena *a, int group, uint32_t id)
{
	const char *name = NULL;
	struct passwd pw, *p = NULL;
	struct group gr, *g = NULL;
	size_t size = 1024;
	char *buf = NULL;
	int rc;

	do {
		buf = xrealloc(buf, size, 1);
		rc = group ? getgrgid_r(id, &gr, buf, size, &g) :
		    getpwuid_r(id, &pw, buf, size, &p);
		size *= 4;
	} while (rc == ERANGE && size < OWNER_MAX);
	if (rc == 0 && group && g != NULL)
		name = arena_str(a, g->gr_name);
	else if (rc == 0 && !group && p != NULL)
		name = arena_str(a, p->pw_name);
	free(buf);
	return name != NULL ? name : "";
}

static const char *
owner(struct owners *o, int group, uint32_t id)
{
	uint32_t key[2] = { (uint32_t)group, id };
	const char *name;
	uint64_t *value;
	int added;

	pthread_mutex_lock(&o->lock);
	value = map_add(&o->names, key, sizeof(key), &added);
	if (added)
		*value = (uintptr_t)ask(&o->arena, group, id);
	name = (const char *)(uintptr_t)*value;
	pthread_mutex_unlock(&o->lock);
	return name;
}

const char *
owner_user(struct owners *o, uint32_t uid)
{
	return owner(o, 0, uid);
}

const char *
owner_group(struct owners *o, uint32_t gid)
{
	return owner(o, 1, gid);
}

/*
 * There is no llistxattr below a descriptor before Linux 6.13.  From our own
 * working folder it costs a third of the way through /proc, which is for
 * threads that could not get a working folder of their own.
 */
#define AT_PATH_MAX	320

static const char *
path_of(const struct meta_at *at, char out[AT_PATH_MAX])
{
	if (at->here)
		return *at->name == '\0' ? "." : at->name;
	snprintf(out, AT_PATH_MAX, "/proc/self/fd/%d/%s", at->fd, at->name);
	return out;
}

static int
no_xattrs(int error)
{
	return error == ENOTSUP || error == ENODATA || error == ENOSYS;
}

/* What is open is asked itself; but not if it was opened as a path only. */
static ssize_t
list(const struct meta_at *at, const char *path, void *out, size_t size)
{
	ssize_t n;

	if (*at->name == '\0') {
		n = flistxattr(at->fd, out, size);
		if (n >= 0 || errno != EBADF)
			return n;
	}
	return llistxattr(path, out, size);
}

static ssize_t
get(const struct meta_at *at, const char *path, const char *name, void *out,
    size_t size)
{
	ssize_t n;

	if (*at->name == '\0') {
		n = fgetxattr(at->fd, name, out, size);
		if (n >= 0 || errno != EBADF)
			return n;
	}
	return lgetxattr(path, name, out, size);
}

int
meta_has_xattrs(const struct meta_at *at)
{
	char path[AT_PATH_MAX];
	ssize_t n = list(at, path_of(at, path), NULL, 0);

	if (n < 0)
		return no_xattrs(errno) ? 0 : -1;
	return n > 0;
}

void
meta_room_reset(struct meta_room *m)
{
	if (m->arena.blocks == NULL)
		return;
	arena_fini(&m->arena);
	m->arena = (struct arena){0};
}

void
meta_room_fini(struct meta_room *m)
{
	arena_fini(&m->arena);
	buf_fini(&m->list);
	buf_fini(&m->value);
}

/* The list of names, or the value of one, whole, though it may grow while we
 * ask: -1 with errno. */
static int
ask_whole(const struct meta_at *at, const char *path, const char *name,
    struct buf *out)
{
	ssize_t n;
	int tries;

	for (tries = 0; tries < 8; tries++) {
		buf_reset(out);
		n = name == NULL ? list(at, path, NULL, 0) :
		    get(at, path, name, NULL, 0);
		if (n <= 0)
			return (int)n;
		buf_room(out, (size_t)n);
		n = name == NULL ? list(at, path, out->data, out->cap) :
		    get(at, path, name, out->data, out->cap);
		if (n >= 0) {
			out->len = (size_t)n;
			return 0;
		}
		if (errno != ERANGE)
			return -1;
	}
	return -1;
}

static int
read_xattrs(struct meta_room *room, const struct meta_at *at,
    struct node *out, struct err *e)
{
	char text[AT_PATH_MAX];
	const char *path = path_of(at, text), *name, *end;
	struct node_xattr *v;
	size_t n = 0;
	int rc = 0;

	if (ask_whole(at, path, NULL, &room->list) < 0)
		return no_xattrs(errno) ? 0 :
		    err_sys(e, "list extended attributes");
	if (room->list.len == 0)
		return 0;
	name = buf_str(&room->list);
	end = name + room->list.len;
	for (; name < end; name += strlen(name) + 1)
		n++;
	v = arena_alloc(&room->arena, n * sizeof(*v));
	n = 0;
	for (name = (const char *)room->list.data; name < end;
	    name += strlen(name) + 1) {
		if (ask_whole(at, path, name, &room->value) < 0) {
			if (!no_xattrs(errno))
				rc = err_sys(e, "read extended attribute %s",
				    name);
			continue;
		}
		v[n++] = (struct node_xattr){
			.name = arena_str(&room->arena, name),
			.value = arena_dup(&room->arena,
			    (const char *)room->value.data, room->value.len),
			.len = room->value.len,
		};
	}
	out->xattrs = v;
	out->n_xattrs = n;
	return rc;
}

static int
read_target(struct meta_room *room, const struct meta_at *at,
    struct node *out, struct err *e)
{
	size_t size = 256;
	char *text;
	ssize_t n;

	for (;; size *= 4) {
		text = arena_alloc(&room->arena, size);
		n = readlinkat(at->fd, at->name, text, size);
		if (n < 0)
			return err_sys(e, "read link");
		if ((size_t)n < size)
			break;
		if (size > LINK_MAX_LEN)
			return err_set(e, ERR_CORRUPT, "link is too long");
	}
	text[n] = '\0';
	out->target = text;
	return 0;
}

static enum node_type
type_of(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return NODE_FILE;
	case S_IFDIR:
		return NODE_DIR;
	case S_IFLNK:
		return NODE_SYMLINK;
	case S_IFBLK:
		return NODE_DEV;
	case S_IFCHR:
		return NODE_CHARDEV;
	case S_IFIFO:
		return NODE_FIFO;
	case S_IFSOCK:
		return NODE_SOCKET;
	default:
		return NODE_OTHER;
	}
}

static int
has_links(enum node_type t)
{
	return t == NODE_FILE || t == NODE_SYMLINK || t == NODE_DEV ||
	    t == NODE_CHARDEV;
}

int
meta_node(struct owners *o, struct meta_room *room, const struct look *l,
    const struct meta_at *at, const char *name, int with_atime,
    struct node *out, struct err *e)
{
	const struct look_time *atime = with_atime ? &l->atime : &l->mtime;
	int rc = 0;

	*out = (struct node){
		.name = name, .type = type_of(l->mode),
		.mode = node_mode_of(l->mode), .uid = l->uid, .gid = l->gid,
		.user = owner_user(o, l->uid),
		.group = owner_group(o, l->gid),
		.inode = l->ino, .device_id = l->dev,
	};
	node_time_local(l->mtime.sec, (int32_t)l->mtime.nsec, &out->mtime);
	node_time_local(l->ctime.sec, (int32_t)l->ctime.nsec, &out->ctime);
	node_time_local(atime->sec, (int32_t)atime->nsec, &out->atime);
	if (has_links(out->type))
		out->links = l->nlink;
	if (out->type == NODE_FILE)
		out->size = l->size;
	if (out->type == NODE_DEV || out->type == NODE_CHARDEV)
		out->device = l->rdev;
	if (out->type == NODE_SYMLINK &&
	    read_target(room, at, out, e) < 0)
		return -1;
	if (l->xattrs)
		rc = read_xattrs(room, at, out, e);
	return rc;
}

static int
time_is(const struct look_time *t, const struct node_time *n)
{
	return t->sec == n->sec && t->nsec == (uint32_t)n->nsec;
}

int
meta_equal(struct owners *o, const struct look *l, const struct node *n,
    int with_atime)
{
	return n->type == type_of(l->mode) &&
	    n->mode == node_mode_of(l->mode) && n->inode == l->ino &&
	    n->device_id == l->dev && n->uid == l->uid && n->gid == l->gid &&
	    n->links == (has_links(n->type) ? l->nlink : 0) &&
	    time_is(&l->mtime, &n->mtime) && time_is(&l->ctime, &n->ctime) &&
	    time_is(with_atime ? &l->atime : &l->mtime, &n->atime) &&
	    n->generic == NULL &&
	    strcmp(n->user, owner_user(o, l->uid)) == 0 &&
	    strcmp(n->group, owner_group(o, l->gid)) == 0;
}
