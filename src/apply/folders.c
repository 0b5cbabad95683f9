/*
 * folders.c -- held folders by number.
 *
 * At most FOLDERS_HELD stay open; the one unused for longest is closed first.
 * Those in use are never closed, so more may be open for a moment.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/folders.h"
#include "fs/who.h"
#include "plan/intern.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/path.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define READER	((uid_t)-2)	/* opened only to be read: no user */

struct slot {
	struct fs_dir	*dir;		/* NULL while it is not open */
	unsigned	 users;
	uid_t		 who;		/* opened it last */
	uid_t		 owner;		/* whose rights are to be had there ... */
	unsigned char	 owned;		/* ... is known */
	uint64_t	 used;		/* when, in calls */
	uint64_t	 fs, mnt;
	unsigned char	 placed;	/* fs and mnt are known */
	unsigned char	 promised;
	uint32_t	 child, brother;	/* of the tree of paths; number + 1,
						   0 none */
};

struct folders {
	pthread_mutex_t	 lock;
	struct intern	 paths;
	struct slot	*slots;
	size_t		 cap;
	uint32_t	 open[FOLDERS_HELD * 2];
	size_t		 n_open;
	uint64_t	 clock;
};

struct folders *
folders_new(void)
{
	struct folders *f = xalloc(sizeof(*f));

	pthread_mutex_init(&f->lock, NULL);
	return f;
}

void
folders_free(struct folders *f)
{
	size_t i;

	if (f == NULL)
		return;
	for (i = 0; i < f->paths.n; i++)
		fs_dir_free(f->slots[i].dir);
	free(f->slots);
	intern_fini(&f->paths);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

static uint32_t add(struct folders *f, const char *path);

/* A new path hangs below the one that lacks its last part, so that what lies
 * below a folder is found without a look at all paths. */
static void
hang(struct folders *f, uint32_t n)
{
	const char *path = intern_str(&f->paths, n);
	const char *slash = strrchr(path, '/');
	CLEAN_FREE char *up = NULL;
	uint32_t above;

	if (slash == NULL || path[1] == '\0')
		return;
	up = xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	above = add(f, up);
	f->slots[n].brother = f->slots[above].child;
	f->slots[above].child = n + 1;
}

static uint32_t
add(struct folders *f, const char *path)
{
	size_t known = f->paths.n;
	uint32_t n = intern_add(&f->paths, path);
	size_t cap = f->cap;

	if (n >= cap) {
		f->cap = cap ? cap * 2 : 64;
		f->slots = xrealloc(f->slots, f->cap, sizeof(*f->slots));
		memset(f->slots + cap, 0, (f->cap - cap) * sizeof(*f->slots));
	}
	if (f->paths.n > known) {
		f->slots[n].who = fs_who();
		hang(f, n);
	}
	return n;
}

uint32_t
folders_add(struct folders *f, const char *path)
{
	uint32_t n;

	pthread_mutex_lock(&f->lock);
	n = add(f, path);
	pthread_mutex_unlock(&f->lock);
	return n;
}

const char *
folders_path(struct folders *f, uint32_t n)
{
	const char *path;

	pthread_mutex_lock(&f->lock);
	path = intern_str(&f->paths, n);
	pthread_mutex_unlock(&f->lock);
	return path;
}

static void
shut(struct folders *f, size_t at)
{
	struct slot *s = &f->slots[f->open[at]];

	fs_dir_free(s->dir);
	s->dir = NULL;
	f->open[at] = f->open[--f->n_open];
}

static void
make_room(struct folders *f)
{
	size_t i, oldest = f->n_open;
	const struct slot *s;

	if (f->n_open < FOLDERS_HELD)
		return;
	for (i = 0; i < f->n_open; i++) {
		s = &f->slots[f->open[i]];
		if (s->users == 0 && (oldest == f->n_open ||
		    s->used < f->slots[f->open[oldest]].used))
			oldest = i;
	}
	if (oldest < f->n_open)
		shut(f, oldest);
}

/* Found by somebody else meanwhile, or new. */
static const struct fs_dir *
keep(struct folders *f, uint32_t n, struct fs_dir *d)
{
	struct slot *s = &f->slots[n];

	if (s->dir != NULL)
		fs_dir_free(d);		/* the very same: see hold */
	else {
		make_room(f);
		if (f->n_open == sizeof(f->open) / sizeof(f->open[0]))
			abort();	/* a hold without release */
		s->dir = d;
		s->fs = d->fs;
		s->mnt = d->mnt;
		s->placed = s->promised = 1;
		f->open[f->n_open++] = n;
	}
	s->users++;
	s->used = ++f->clock;
	return s->dir;
}

/*
 * Plans and the journal name folders without symlinks.  One that lies on the
 * way now was put there since, and is not followed, whoever owns it.
 */
static int
check_way(const struct fs_dir *d, const char *path, struct err *e)
{
	char q[QUOTE_SIZE];

	if (strcmp(d->real, path) == 0)
		return 0;
	return err_set(e, ERR_CHANGED, "a symlink was put on the way to %s",
	    quote_to(q, sizeof(q), path));
}

static int
is_same(const struct fs_dir *a, const struct fs_dir *b)
{
	struct stat x, y;

	return fstat(a->fd, &x) == 0 && fstat(b->fd, &y) == 0 &&
	    x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Opened by us, and maybe by others meanwhile, who may have come to another. */
static const struct fs_dir *
keep_ours(struct folders *f, uint32_t n, struct fs_dir *d, uid_t who,
    struct err *e)
{
	struct slot *s = &f->slots[n];
	char q[QUOTE_SIZE];
	size_t i;

	for (i = 0; s->dir != NULL && s->users == 0 && i < f->n_open; i++)
		if (f->open[i] == n)
			shut(f, i);
	if (s->dir != NULL && !is_same(s->dir, d)) {
		err_set(e, ERR_CHANGED, "%s is another folder now",
		    quote_to(q, sizeof(q), d->path));
		fs_dir_free(d);
		return NULL;
	}
	s->who = who;
	return keep(f, n, d);
}

uid_t
folders_owner(struct folders *f, uint32_t n)
{
	struct slot *s;
	uid_t owner;

	pthread_mutex_lock(&f->lock);
	s = &f->slots[n];
	if (!s->owned) {
		s->owner = fs_owner(intern_str(&f->paths, n));
		s->owned = 1;
	}
	owner = s->owner;
	pthread_mutex_unlock(&f->lock);
	return owner;
}

enum how { HOLD, MAKE, READ };

static int
open_it(const char *path, enum how how, struct fs_dir **out, struct err *e)
{
	unsigned made;

	switch (how) {
	case MAKE:
		return folder_make(path, out, &made, e);
	case READ:
		return fs_dir_read(path, out, e);
	default:
		return folder_open(path, out, e);
	}
}

static const struct fs_dir *
hold(struct folders *f, uint32_t n, enum how how, struct err *e)
{
	const struct fs_dir *held = NULL;
	struct fs_dir *d = NULL;
	CLEAN_FREE char *path = NULL;
	uid_t who = how == READ ? READER : fs_who();

	pthread_mutex_lock(&f->lock);
	if (f->slots[n].dir != NULL && f->slots[n].who == who)
		held = keep(f, n, NULL);
	else
		path = xstrdup(intern_str(&f->paths, n));
	pthread_mutex_unlock(&f->lock);
	if (path == NULL)
		return held;
	if (open_it(path, how, &d, e) < 0)
		return NULL;
	if (check_way(d, path, e) < 0) {
		fs_dir_free(d);
		return NULL;
	}
	pthread_mutex_lock(&f->lock);
	held = keep_ours(f, n, d, who, e);
	pthread_mutex_unlock(&f->lock);
	return held;
}

const struct fs_dir *
folders_hold_his(struct folders *f, uint32_t n, struct err *e)
{
	CLEAN_WHO uid_t before = fs_who();

	return fs_be(folders_owner(f, n), e) < 0 ? NULL : hold(f, n, HOLD, e);
}

const struct fs_dir *
folders_hold_again(struct folders *f, uint32_t n, struct err *e)
{
	CLEAN_WHO uid_t before = fs_who();
	uid_t who;

	pthread_mutex_lock(&f->lock);
	who = f->slots[n].who;
	pthread_mutex_unlock(&f->lock);
	if (who == READER)
		return hold(f, n, READ, e);
	return fs_be(who, e) < 0 ? NULL : hold(f, n, HOLD, e);
}

const struct fs_dir *
folders_hold(struct folders *f, uint32_t n, struct err *e)
{
	return hold(f, n, HOLD, e);
}

const struct fs_dir *
folders_read(struct folders *f, uint32_t n, struct err *e)
{
	return hold(f, n, READ, e);
}

const struct fs_dir *
folders_make(struct folders *f, uint32_t n, struct err *e)
{
	return hold(f, n, MAKE, e);
}

void
folders_release(struct folders *f, uint32_t n)
{
	size_t i;

	pthread_mutex_lock(&f->lock);
	f->slots[n].users--;
	for (i = f->n_open; i > 0 && f->n_open > FOLDERS_HELD; i--)
		if (f->slots[f->open[i - 1]].users == 0)
			shut(f, i - 1);
	pthread_mutex_unlock(&f->lock);
}

/* Where the deepest existing part of path lies, and what is missing of it. */
static int
look(struct folders *f, uint32_t n, const char *path, const char **rest)
{
	struct fs_dir *d;
	struct slot *s;

	if (fs_dir_look_existing(path, &d, rest, NULL) < 0)
		return -1;
	s = &f->slots[n];
	s->fs = d->fs;
	s->mnt = d->mnt;
	s->placed = 1;
	fs_dir_free(d);
	return 0;
}

/* Promise every folder on the way to what is missing; count the new ones. */
static unsigned
promise_rest(struct folders *f, const char *path, const char *rest)
{
	CLEAN_FREE char *copy = xstrdup(path);
	char *end = copy + (rest - path);
	unsigned made = 0;
	struct slot *s;
	char c;

	while (*end != '\0') {
		end += strspn(end, "/");
		end += strcspn(end, "/");
		c = *end;
		*end = '\0';
		s = &f->slots[add(f, copy)];
		made += !s->promised;
		s->promised = 1;
		*end = c;
	}
	return made;
}

unsigned
folders_promise(struct folders *f, uint32_t n)
{
	const char *path, *rest;
	unsigned made = 0;

	pthread_mutex_lock(&f->lock);
	if (!f->slots[n].promised) {
		path = intern_str(&f->paths, n);
		if (look(f, n, path, &rest) == 0)
			made = promise_rest(f, path, rest);
		f->slots[n].promised = 1;
	}
	pthread_mutex_unlock(&f->lock);
	return made;
}

/* Of a folder and all below it.  As deep as a path is. */
static void
take_back(struct folders *f, uint32_t n)
{
	uint32_t c;

	f->slots[n].promised = 0;
	for (c = f->slots[n].child; c != 0; c = f->slots[c - 1].brother)
		take_back(f, c - 1);
}

void
folders_forget(struct folders *f, const char *path)
{
	size_t i;

	pthread_mutex_lock(&f->lock);
	take_back(f, add(f, path));
	for (i = f->n_open; i > 0; i--)
		if (path_is_below(f->paths.v[f->open[i - 1]], path) &&
		    f->slots[f->open[i - 1]].users == 0)
			shut(f, i - 1);
	pthread_mutex_unlock(&f->lock);
}

int
folders_where(struct folders *f, uint32_t n, uint64_t *fs, uint64_t *mnt)
{
	const char *rest;
	int r = 0;

	pthread_mutex_lock(&f->lock);
	if (!f->slots[n].placed)
		r = look(f, n, intern_str(&f->paths, n), &rest);
	*fs = f->slots[n].fs;
	*mnt = f->slots[n].mnt;
	pthread_mutex_unlock(&f->lock);
	return r;
}
