/* tree_file.c -- what a tree is filled with. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/apply_impl.h"
#include "apply/copydata.h"
#include "apply/meta.h"
#include "apply/tree_impl.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define ASK_ROOM	((uint64_t)32 << 20)	/* bytes between questions */

static int
asked_to_stop(void *arg, uint64_t bytes)
{
	const struct tree *t = arg;

	(void)bytes;
	return t->o.stop(t->o.stop_arg);
}

void
tree_hand_init(struct tree_hand *h, struct tree *t)
{
	*h = (struct tree_hand){ .t = t, .copier = copier_new() };
	if (t->o.stop != NULL)
		copier_watch(h->copier, asked_to_stop, t);
}

void
tree_hand_fini(struct tree_hand *h)
{
	fs_dir_free(h->dir);
	free(h->dir_path);
	copier_free(h->copier);
}

struct tree_hand *
tree_hand_new(struct tree *t)
{
	struct tree_hand *h = xalloc(sizeof(*h));

	tree_hand_init(h, t);
	return h;
}

void
tree_hand_free(struct tree_hand *h)
{
	if (h == NULL)
		return;
	tree_hand_fini(h);
	free(h);
}

/* The held folder of path, and its last component.  NULL on failure. */
static const struct fs_dir *
hand_at(struct tree_hand *h, const char *path, const char **name,
    struct err *e)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash != NULL ? (size_t)(slash - path) : 0;

	*name = slash != NULL ? slash + 1 : path;
	if (**name == '\0' || strcmp(*name, ".") == 0 ||
	    strcmp(*name, "..") == 0) {
		err_set(e, ERR_USAGE, "not a name in a tree");
		return NULL;
	}
	if (slash == NULL)
		return h->t->top;
	if (h->dir != NULL && strlen(h->dir_path) == len &&
	    memcmp(h->dir_path, path, len) == 0)
		return h->dir;
	fs_dir_free(h->dir);
	free(h->dir_path);
	h->dir = NULL;
	h->dir_path = xstrndup(path, len);
	if (fs_dir_below(h->t->top, h->dir_path, &h->dir, e) < 0) {
		h->dir = NULL;
		return NULL;
	}
	return h->dir;
}

static const struct fs_dir *
tree_at(struct tree *t, const char *path, const char **name, struct err *e)
{
	return hand_at(&t->own, path, name, e);
}

static int
failed(struct err *e, const char *doing, const char *path)
{
	char q[QUOTE_SIZE];

	return err_sys(e, "%s %s", doing, quote_to(q, sizeof(q), path));
}

static int
ask_room(struct tree *t, uint64_t size, struct err *e)
{
	int ask;

	pthread_mutex_lock(&t->lock);
	t->unasked += size;
	ask = t->unasked >= ASK_ROOM;
	if (ask)
		t->unasked = 0;
	pthread_mutex_unlock(&t->lock);
	return !ask ? 0 : room_for(t->dest, size, t->o.min_free, t->o.min_free_percent,
	    e);
}

static void
lost(struct tree *t, const char *path, struct buf *words)
{
	if (words->len == 0)
		return;
	pthread_mutex_lock(&t->lock);
	if (t->lost.len <= TREE_LOST_MAX) {
		quote_str(&t->lost, *path != '\0' ? path : ".");
		buf_addf(&t->lost, ": %s\n", buf_str(words));
	}
	pthread_mutex_unlock(&t->lock);
}

static int
dress(struct tree *t, const char *path, int from, int to,
    const struct fs_id *id, struct err *e)
{
	CLEAN_BUF struct buf words = {0};
	unsigned bits;

	if (meta_copy(from, to, id, &bits, &words, e) < 0)
		return -1;
	lost(t, path, &words);
	return 0;
}

int
tree_folder(struct tree *t, const char *path, struct err *e)
{
	const char *name;
	const struct fs_dir *d = tree_at(t, path, &name, e);
	CLEAN_FD int fd = -1;

	if (d == NULL)
		return -1;
	if (mkdirat(d->fd, name, 0700) < 0) {
		if (errno != EEXIST || !t->reusing)
			return failed(e, "make folder", path);
		fd = openat(d->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
		if (fd < 0 && (tree_clear(t, d, name, e) < 0 ||
		    mkdirat(d->fd, name, 0700) < 0))
			return failed(e, "make folder", path);
		if (fd >= 0 && fchmod(fd, 0700) < 0)
			return failed(e, "make folder", path);
	}
	tree_made(t, path);
	return 0;
}

/* Is what an earlier attempt left the very file?  Then it is not written
 * again.  A link to an older copy is never taken for it: writing our metadata
 * would change that copy. */
static int
left_before(struct copier *c, const struct fs_dir *d, const char *name, int fd,
    const struct fs_id *id, enum copy_sum kind, unsigned char *sum)
{
	int r = -1, left = openat(d->fd, name, O_RDWR | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (left < 0)
		return -1;
	if (fstat(left, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_nlink == 1 && (uint64_t)st.st_size == id->size &&
	    copier_same(c, fd, left, id->size, NULL) == 1 &&
	    copier_sum(c, fd, id->size, kind, sum, NULL) == 0)
		r = left;
	else
		close(left);
	return r;
}

static int
still_same(int fd, const struct fs_id *id, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "look at it again");
	if ((uint64_t)st.st_size != id->size || (int64_t)st.st_mtim.tv_sec *
	    1000000000 + st.st_mtim.tv_nsec != id->mtime)
		return err_set(e, ERR_CHANGED, "it changed while it was read");
	return 0;
}

static int
write_new(struct tree_hand *h, const struct fs_dir *d, const char *name, int fd,
    const struct fs_id *id, enum copy_sum kind, unsigned char *sum,
    struct err *e)
{
	int to;

	if (tree_clear(h->t, d, name, e) < 0)
		return -1;
	to = openat(d->fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (to < 0)
		return failed(e, "write", name);
	if (copier_copy(h->copier, fd, to, id->size, kind, sum, e) == 0)
		return to;
	close(to);
	unlinkat(d->fd, name, 0);
	return -1;
}

int
tree_hand_file(struct tree_hand *h, const char *path, int fd,
    const struct fs_id *id, unsigned char sha256[32], struct err *e)
{
	enum copy_sum kind = sha256 != NULL ? COPY_SHA256 : COPY_NO_SUM;
	struct tree *t = h->t;
	const char *name;
	const struct fs_dir *d = hand_at(h, path, &name, e);
	CLEAN_FD int to = -1;

	if (d == NULL || ask_room(t, id->size, e) < 0)
		return -1;
	if (t->reusing)
		to = left_before(h->copier, d, name, fd, id, kind, sha256);
	if (to < 0)
		to = write_new(h, d, name, fd, id, kind, sha256, e);
	if (to < 0)
		return -1;
	if (dress(t, path, fd, to, id, e) < 0 || still_same(fd, id, e) < 0) {
		unlinkat(d->fd, name, 0);
		return -1;
	}
	tree_made(t, path);
	return 0;
}

int
tree_file(struct tree *t, const char *path, int fd, const struct fs_id *id,
    unsigned char sha256[32], struct err *e)
{
	return tree_hand_file(&t->own, path, fd, id, sha256, e);
}

static int
link_in(struct tree *t, const char *path, int from, const char *old,
    struct err *e)
{
	const char *name;
	const struct fs_dir *d = tree_at(t, path, &name, e);
	int r;

	if (d == NULL || tree_clear(t, d, name, e) < 0)
		return -1;
	if (linkat(from, old, d->fd, name, 0) == 0) {
		tree_made(t, path);
		return 0;
	}
	r = errno;
	failed(e, "link", path);
	if (r == EMLINK && e != NULL)
		e->kind = ERR_FULL;
	return -1;
}

int
tree_link_from(struct tree *t, const char *path, const struct fs_dir *dir,
    const char *name, struct err *e)
{
	return link_in(t, path, dir->fd, name, e);
}

int
tree_link(struct tree *t, const char *path, const char *existing,
    struct err *e)
{
	const char *slash = strrchr(existing, '/');
	CLEAN_FREE char *dir = NULL;
	struct fs_dir *d;
	int r;

	if (slash == NULL)
		return link_in(t, path, t->top->fd, existing, e);
	dir = xstrndup(existing, (size_t)(slash - existing));
	if (fs_dir_below(t->top, dir, &d, e) < 0)
		return -1;
	r = link_in(t, path, d->fd, slash + 1, e);
	fs_dir_free(d);
	return r;
}

static void
times_of(const struct fs_id *id, struct timespec out[2])
{
	const int64_t ns[2] = { id->atime, id->mtime };
	int i;

	for (i = 0; i < 2; i++) {
		out[i].tv_sec = (time_t)(ns[i] / 1000000000);
		out[i].tv_nsec = (long)(ns[i] % 1000000000);
		if (out[i].tv_nsec < 0) {
			out[i].tv_nsec += 1000000000;
			out[i].tv_sec--;
		}
	}
}

/* Owner and times of what cannot be opened.  Nobody else can reach into the
 * staging folder (0700), so its names may be used. */
static void
dress_closed(struct tree *t, const char *path, const struct fs_dir *d,
    const char *name, const struct fs_id *id)
{
	CLEAN_BUF struct buf words = {0};
	struct timespec times[2];
	struct stat st;

	if (fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (st.st_uid != id->uid || st.st_gid != id->gid) &&
	    fchownat(d->fd, name, id->uid, id->gid, AT_SYMLINK_NOFOLLOW) < 0)
		buf_adds(&words, "owner");
	times_of(id, times);
	if (utimensat(d->fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		buf_adds(&words, words.len > 0 ? ", times" : "times");
	lost(t, path, &words);
	tree_made(t, path);
}

int
tree_symlink(struct tree *t, const char *path, const char *target,
    const struct fs_id *id, struct err *e)
{
	const char *name;
	const struct fs_dir *d = tree_at(t, path, &name, e);

	if (d == NULL || tree_clear(t, d, name, e) < 0)
		return -1;
	if (symlinkat(target, d->fd, name) < 0)
		return failed(e, "make symlink", path);
	dress_closed(t, path, d, name, id);
	return 0;
}

int
tree_fifo(struct tree *t, const char *path, const struct fs_id *id,
    struct err *e)
{
	const char *name;
	const struct fs_dir *d = tree_at(t, path, &name, e);

	if (d == NULL || tree_clear(t, d, name, e) < 0)
		return -1;
	if (mkfifoat(d->fd, name, 0600) < 0 ||
	    fchmodat(d->fd, name, id->mode & 0777, 0) < 0)
		return failed(e, "make fifo", path);
	dress_closed(t, path, d, name, id);
	return 0;
}

int
tree_write(struct tree *t, const char *path, const void *data, size_t len,
    struct err *e)
{
	const char *name;
	const struct fs_dir *d = tree_at(t, path, &name, e);
	CLEAN_FD int fd = -1;

	if (d == NULL || tree_clear(t, d, name, e) < 0)
		return -1;
	fd = openat(d->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd < 0 || fd_write_all(fd, data, len) < 0)
		return failed(e, "write", path);
	tree_made(t, path);
	return 0;
}

int
tree_folder_meta(struct tree *t, const char *path, int fd,
    const struct fs_id *id, struct err *e)
{
	struct fs_dir *d;
	int r;

	if (fs_dir_below(t->top, path, &d, e) < 0)
		return -1;
	r = dress(t, path, fd, d->fd, id, e);
	fs_dir_free(d);
	return r;
}
