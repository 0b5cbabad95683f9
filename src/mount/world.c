/* world.c -- see world.h. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mount/template.h"
#include "mount/front.h"
#include "mount/world.h"
#include "repo/repo.h"
#include "repo/snapshot.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"

#define LOOK_AGAIN	((int64_t)60 * 1000000)	/* at the snapshots, µs */
#define BLOCK		4096

static const char *const usual_paths[] = { "ids/%i", "snapshots/%T",
    "hosts/%h/%T", "tags/%t/%T", NULL };
static const char usual_time[] = "2006-01-02T15:04:05Z07:00";

struct world {
	struct repo	*r;
	const struct mount_options *o;
	const char	*const *paths;
	const char	*time;
	struct shelf	*shelf;
	struct inodes	*inodes;
	struct inode	 root;

	pthread_mutex_t	 lock;		/* of the front */
	struct front	*front;
	int64_t		 looked;
};

struct listing {
	struct shelf_folder folder;	/* of a tree */
	char		**names;	/* of a front; NULL-ended */
	struct stat	*st;
	size_t		 n;
	struct arena	 mem;		/* the last node */
};

/* ---- what things look like ---- */

static struct timespec
instant(const struct node_time *t)
{
	return (struct timespec){ .tv_sec = (time_t)t->sec,
	    .tv_nsec = t->nsec };
}

static void
set_owner(const struct world *w, struct stat *st, uid_t uid, gid_t gid)
{
	st->st_uid = w->o->owner_root ? 0 : uid;
	st->st_gid = w->o->owner_root ? 0 : gid;
}

static void
stat_front(const struct world *w, mode_t mode, const struct node_time *t,
    struct stat *st)
{
	*st = (struct stat){ .st_mode = mode, .st_nlink = 1,
	    .st_blksize = BLOCK };
	set_owner(w, st, getuid(), getgid());
	st->st_mtim = st->st_atim = st->st_ctim = instant(t);
}

static void
stat_node(const struct world *w, const struct node *n, struct stat *st)
{
	*st = (struct stat){ .st_mode = node_st_mode(n), .st_blksize = BLOCK,
	    .st_nlink = n->links > 0 && n->type != NODE_DIR ?
		(nlink_t)n->links : 1,
	    .st_rdev = (dev_t)n->device, .st_mtim = instant(&n->mtime),
	    .st_atim = instant(&n->atime), .st_ctim = instant(&n->ctime) };
	set_owner(w, st, n->uid, n->gid);
	if (n->type == NODE_FILE)
		st->st_size = (off_t)n->size;
	else if (n->type == NODE_SYMLINK && n->target != NULL)
		st->st_size = (off_t)strlen(n->target);
	st->st_blocks = (st->st_size + 511) / 512;
}

/* ---- the front ---- */

static void
bad_snapshot(void *arg, const struct id *id, const struct err *why)
{
	const struct world *w = arg;

	(void)id;
	if (w->o->problem != NULL)
		w->o->problem(w->o->arg, why);
}

static int
look(struct world *w, struct err *e)
{
	struct snapshots l;
	struct front *v;

	if (snapshots_load(w->r, w->o->filter, bad_snapshot, w, &l, e) < 0)
		return -1;
	v = repo_load_index(w->r, e) < 0 ? NULL :
	    front_new(&l, w->paths, w->time);
	snapshots_fini(&l);
	if (v == NULL)
		return -1;
	front_free(w->front);
	w->front = v;
	w->looked = time_mono();
	return 0;
}

/* With the lock held.  What was seen before will do if nothing new can be. */
static void
look_again(struct world *w)
{
	struct err why;

	if (time_mono() - w->looked < LOOK_AGAIN || look(w, &why) == 0)
		return;
	w->looked = time_mono();
	if (w->o->problem != NULL)
		w->o->problem(w->o->arg, &why);
}

int
world_new(struct repo *r, const struct mount_options *o, struct world **out,
    struct err *e)
{
	const struct node_time epoch = {0};
	struct world *w;

	if (o->time != NULL && template_check_time(o->time, e) < 0)
		return -1;
	w = xalloc(sizeof(*w));
	w->r = r;
	w->o = o;
	w->paths = o->paths != NULL ? o->paths : usual_paths;
	w->time = o->time != NULL ? o->time : usual_time;
	w->shelf = shelf_new(r);
	w->inodes = inodes_new();
	pthread_mutex_init(&w->lock, NULL);
	w->root = (struct inode){ .kind = INODE_FRONT, .number = 1,
	    .path = xstrdup("") };
	stat_front(w, S_IFDIR | 0555, &epoch, &w->root.st);
	w->root.st.st_ino = 1;
	if (look(w, e) < 0) {
		world_free(w);
		return -1;
	}
	w->root.st.st_mtim = instant(&front_find(w->front, "")->time);
	*out = w;
	return 0;
}

void
world_free(struct world *w)
{
	if (w == NULL)
		return;
	shelf_free(w->shelf);
	inodes_free(w->inodes);
	front_free(w->front);
	free(w->root.path);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

struct inode *
world_root(struct world *w)
{
	return &w->root;
}

struct shelf *
world_shelf(struct world *w)
{
	return w->shelf;
}

/* ---- names to inodes ---- */

static int
not_there(const char *name, struct err *e)
{
	char q[QUOTE_SIZE];

	return err_set(e, ERR_NOENT, "%s is not there",
	    quote_to(q, sizeof(q), name));
}

static mode_t
front_mode(const struct front_node *n)
{
	return n->is_snapshot || n->target == NULL ? S_IFDIR | 0555 :
	    S_IFLNK | 0777;
}

static uint64_t
front_number(uint64_t parent, const struct front_node *n)
{
	return inode_number(parent, n->name, n->is_snapshot ? &n->tree : NULL,
	    n->target, n->target != NULL ? strlen(n->target) : 0);
}

static struct inode *
inode_of_front(struct world *w, uint64_t parent, const char *path,
    const struct front_node *n)
{
	struct inode *i;

	i = inode_new(n->is_snapshot ? INODE_TREE : INODE_FRONT, parent, n->name,
	    n->is_snapshot ? &n->tree : NULL, NULL, 0);
	i->number = front_number(parent, n);
	i->path = xstrdup(path);
	stat_front(w, front_mode(n), &n->time, &i->st);
	i->st.st_ino = i->number;
	if (n->target != NULL && !n->is_snapshot)
		i->st.st_size = (off_t)strlen(n->target);
	return i;
}

static int
lookup_front(struct world *w, const struct inode *dir, const char *name,
    struct inode **out, struct err *e)
{
	CLEAN_FREE char *path = xasprintf("%s%s%s", dir->path,
	    *dir->path != '\0' ? "/" : "", name);
	const struct front_node *n;
	struct inode *i = NULL;

	pthread_mutex_lock(&w->lock);
	look_again(w);
	n = front_find(w->front, path);
	if (n != NULL)
		i = inode_of_front(w, dir->number, path, n);
	pthread_mutex_unlock(&w->lock);
	if (i == NULL)
		return not_there(name, e);
	*out = inodes_add(w->inodes, i);
	return 0;
}

static struct inode *
inode_of_node(struct world *w, uint64_t parent, const struct node *n,
    const void *text, size_t len)
{
	int dir = n->type == NODE_DIR && n->has_subtree;
	struct inode *i = inode_new(dir ? INODE_TREE : INODE_NODE, parent,
	    n->name, NULL, text, len);

	if (dir)
		i->tree = n->subtree;
	stat_node(w, n, &i->st);
	i->st.st_ino = i->number;
	return i;
}

static int
lookup_tree(struct world *w, const struct inode *dir, const char *name,
    struct inode **out, struct err *e)
{
	CLEAN_ARENA struct arena mem = {0};
	struct shelf_folder f;
	struct node n;
	const void *text;
	size_t len;
	int r = -1;

	if (shelf_open(w->shelf, &dir->tree, &f, e) < 0)
		return -1;
	if (!shelf_find(&f, name, &text, &len))
		not_there(name, e);
	else if (shelf_node(text, len, &mem, &n, e) == 0) {
		*out = inodes_add(w->inodes, inode_of_node(w, dir->number, &n,
		    text, len));
		r = 0;
	}
	shelf_close(w->shelf, &f);
	return r;
}

int
world_lookup(struct world *w, const struct inode *dir, const char *name,
    struct inode **out, struct err *e)
{
	switch (dir->kind) {
	case INODE_FRONT:
		return lookup_front(w, dir, name, out, e);
	case INODE_TREE:
		return lookup_tree(w, dir, name, out, e);
	case INODE_NODE:
		break;
	}
	return not_there(name, e);
}

void
world_forget(struct world *w, struct inode *i, uint64_t lookups)
{
	if (i != &w->root)
		inodes_forget(w->inodes, i, lookups);
}

/* ---- listing ---- */

static int
list_front(struct world *w, const struct inode *dir, struct listing *l,
    struct err *e)
{
	const struct front_node *n, *k;
	size_t n_names = 0;

	pthread_mutex_lock(&w->lock);
	look_again(w);
	n = front_find(w->front, dir->path);
	for (k = n != NULL ? n->kids : NULL; k != NULL; k = k->next)
		n_names++;
	l->names = xallocn(n_names + 1, sizeof(*l->names));
	l->st = xallocn(n_names + 1, sizeof(*l->st));
	for (k = n != NULL ? n->kids : NULL; k != NULL; k = k->next) {
		l->names[l->n] = xstrdup(k->name);
		l->st[l->n].st_ino = front_number(dir->number, k);
		l->st[l->n++].st_mode = front_mode(k);
	}
	pthread_mutex_unlock(&w->lock);
	return n != NULL ? 0 : not_there(dir->path, e);
}

int
world_list(struct world *w, const struct inode *dir, struct listing **out,
    struct err *e)
{
	struct listing *l = xalloc(sizeof(*l));
	int r;

	r = dir->kind == INODE_FRONT ? list_front(w, dir, l, e) :
	    shelf_open(w->shelf, &dir->tree, &l->folder, e);
	if (r < 0) {
		world_list_free(w, l);
		return -1;
	}
	*out = l;
	return 0;
}

void
world_list_free(struct world *w, struct listing *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->n; i++)
		free(l->names[i]);
	free(l->names);
	free(l->st);
	arena_fini(&l->mem);
	shelf_close(w->shelf, &l->folder);
	free(l);
}

int
world_entry(struct world *w, const struct inode *dir, struct listing *l,
    size_t i, const char **name, struct stat *st, struct err *e)
{
	struct node n;
	const void *text;
	size_t len;

	if (l->folder.item == NULL) {
		if (i >= l->n)
			return 0;
		*name = l->names[i];
		*st = l->st[i];
		return 1;
	}
	if (!shelf_nth(&l->folder, i, &text, &len))
		return 0;
	arena_fini(&l->mem);
	l->mem = (struct arena){0};
	if (shelf_node(text, len, &l->mem, &n, e) < 0)
		return -1;
	*name = n.name;
	stat_node(w, &n, st);
	st->st_ino = inode_number(dir->number, n.name, NULL, text, len);
	return 1;
}

/* ---- what is in them ---- */

int
world_node(const struct inode *i, struct arena *mem, struct node *out,
    struct err *e)
{
	if (i->text == NULL)
		return 0;
	return shelf_node(i->text, i->len, mem, out, e) < 0 ? -1 : 1;
}

int
world_target(struct world *w, const struct inode *i, struct buf *out,
    struct err *e)
{
	CLEAN_ARENA struct arena mem = {0};
	const struct front_node *v;
	struct node n;
	int r;

	if (i->kind == INODE_FRONT) {
		pthread_mutex_lock(&w->lock);
		v = front_find(w->front, i->path);
		if (v != NULL && v->target != NULL)
			buf_adds(out, v->target);
		pthread_mutex_unlock(&w->lock);
		return out->len > 0 ? 0 : not_there(i->path, e);
	}
	if ((r = world_node(i, &mem, &n, e)) < 0)
		return -1;
	if (r == 0 || n.target == NULL)
		return err_set(e, ERR_NOENT, "it is no link");
	buf_adds(out, n.target);
	return 0;
}
