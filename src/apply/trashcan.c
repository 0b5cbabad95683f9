#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apply/folders.h"
#include "apply/trashcan.h"
#include "fs/trash.h"
#include "fs/who.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/quote.h"
#include "util/set64.h"
#include "util/xalloc.h"

#define NAME_BYTES	255
#define INFO		".trashinfo"

struct place {
	char		*base, *top;
	uint32_t	 files, info;
	int		 bad;		/* its folders cannot be made */
};

/* What is known of a folder that files come from. */
struct source {
	size_t		 place;
	unsigned char	 known, far;
};

struct trashcan {
	struct folders	*folders;
	char		*home;
	struct place	*places;
	size_t		 n_places, cap_places;
	struct source	*sources;	/* by folder number */
	size_t		 n_sources;
	struct set64	 given;		/* names handed out */
};

struct trashcan *
trashcan_new(struct folders *f, const char *home_trash)
{
	struct trashcan *t = xalloc(sizeof(*t));

	t->folders = f;
	t->home = xstrdup(home_trash);
	return t;
}

void
trashcan_free(struct trashcan *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n_places; i++) {
		free(t->places[i].base);
		free(t->places[i].top);
	}
	free(t->places);
	free(t->sources);
	free(t->home);
	set64_fini(&t->given);
	free(t);
}

/* One folder of the trash itself: private, and ours. */
static int
make_private(const char *path, struct err *e)
{
	CLEAN_FREE char *parent = xstrdup(path);
	char *name = strrchr(parent, '/'), q[QUOTE_SIZE];
	struct fs_dir *d;
	unsigned made;
	int r = 0;

	if (name == NULL || name == parent)
		return err_set(e, ERR_USAGE, "%s cannot be a trash",
		    quote_to(q, sizeof(q), path));
	*name++ = '\0';
	if (folder_make(parent, &d, &made, e) < 0)
		return -1;
	if (mkdirat(d->fd, name, 0700) == 0)
		r = fsync(d->fd);
	else if (errno != EEXIST)
		r = -1;
	if (r < 0)
		err_sys(e, "make trash %s", quote_to(q, sizeof(q), path));
	fs_dir_free(d);
	return r;
}

static int
make_folder(struct trashcan *t, const char *base, const char *name,
    uint32_t *out, struct err *e)
{
	CLEAN_FREE char *path = xasprintf("%s/%s", base, name);

	if (make_private(path, e) < 0)
		return -1;
	*out = folders_add(t->folders, path);
	if (folders_hold(t->folders, *out, e) == NULL)
		return -1;
	folders_release(t->folders, *out);
	return 0;
}

/* The number of a place; its folders are made, or it is bad. */
static size_t
add_place(struct trashcan *t, const struct fs_trash_place *fp, struct err *e)
{
	struct place *p;
	size_t i;

	for (i = 0; i < t->n_places; i++)
		if (strcmp(t->places[i].base, fp->base) == 0)
			return i;
	XGROW(t->places, t->n_places, t->cap_places);
	p = &t->places[t->n_places];
	*p = (struct place){ .base = xstrdup(fp->base),
	    .top = xstrdup(fp->top) };
	p->bad = make_private(p->base, e) < 0 ||
	    make_folder(t, p->base, "files", &p->files, e) < 0 ||
	    make_folder(t, p->base, "info", &p->info, e) < 0;
	return t->n_places++;
}

/* The home trash of whoever we are: to be freed, or NULL. */
static char *
home_of(const struct trashcan *t)
{
	CLEAN_FREE char *home = NULL;

	if (fs_who() == geteuid())
		return xstrdup(t->home);
	home = fs_home(fs_who());
	return home != NULL ? xasprintf("%s/.local/share/Trash", home) : NULL;
}

static int
choose(struct trashcan *t, const struct fs_dir *d, struct source *s,
    struct err *e)
{
	CLEAN_FREE char *home = home_of(t);
	struct fs_trash_place fp[2];
	size_t n = 0, i, at;
	int found = 0;

	if (fs_trash_places(d, home, fp, &n, e) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (!found) {
			at = add_place(t, &fp[i], e);
			found = !t->places[at].bad;
			*s = (struct source){ at, 1, !fp[i].same_fs };
		}
		fs_trash_place_fini(&fp[i]);
	}
	if (found)
		return 0;
	s->known = 0;
	return e != NULL && e->kind != ERR_NONE ? -1 :
	    err_set(e, ERR_DENIED, "there is no trash for its disk");
}

static struct source *
source_of(struct trashcan *t, uint32_t dir)
{
	size_t n = t->n_sources;

	if (dir >= n) {
		t->n_sources = (size_t)dir + 64;
		t->sources = xrealloc(t->sources, t->n_sources,
		    sizeof(*t->sources));
		memset(t->sources + n, 0,
		    (t->n_sources - n) * sizeof(*t->sources));
	}
	return &t->sources[dir];
}

void
trash_info_name(struct buf *out, const char *name)
{
	buf_adds(out, name);
	buf_adds(out, INFO);
}

/* Of name, not more than leaves room for rest and ".trashinfo". */
static size_t
stem(const char *name, size_t rest)
{
	size_t max = NAME_BYTES - strlen(INFO) - rest, n = strlen(name);

	if (n <= max)
		return n;
	for (n = max; n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80; n--)
		if (max - n >= 3)
			return max;
	return n;
}

void
trash_other_name(struct buf *out, const char *name, uint64_t token,
    unsigned n)
{
	char more[32] = "";

	if (n > 0 && n < 9)
		snprintf(more, sizeof(more), ".%u", n + 1);
	else if (n >= 9)
		snprintf(more, sizeof(more), ".%016" PRIx64, token + n);
	buf_add(out, name, stem(name, strlen(more)));
	buf_adds(out, more);
}

static int
is_taken(const struct fs_dir *files, const struct fs_dir *info,
    const char *name)
{
	CLEAN_BUF struct buf b = {0};
	struct stat st;

	trash_info_name(&b, name);
	return fstatat(files->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT ||
	    fstatat(info->fd, buf_str(&b), &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT;
}

static int
pick_name(struct trashcan *t, size_t place, const char *name, uint64_t token,
    struct buf *out, struct err *e)
{
	const struct place *p = &t->places[place];
	const struct fs_dir *files = folders_hold(t->folders, p->files, e);
	const struct fs_dir *info;
	unsigned n = 0;
	int r = -1;

	if (files == NULL)
		return -1;
	info = folders_hold(t->folders, p->info, e);
	for (; info != NULL && r < 0 && n < 16; n++) {
		buf_reset(out);
		trash_other_name(out, name, token, n);
		if (!is_taken(files, info, buf_str(out)) && set64_add(&t->given,
		    hash_keyed(place, out->data, out->len)))
			r = 0;
	}
	if (info != NULL && r < 0)
		err_set(e, ERR_EXISTS, "no free name in %s", p->base);
	if (info != NULL)
		folders_release(t->folders, p->info);
	folders_release(t->folders, p->files);
	return r;
}

int
trashcan_spot(struct trashcan *t, uint32_t dir, const char *name,
    uint64_t token, struct trash_spot *out, struct err *e)
{
	struct source *s = source_of(t, dir);
	const struct place *p;
	struct fs_dir *d;
	const char *rest;
	int r;

	*out = (struct trash_spot){0};
	if (!s->known) {
		/* An operation before this one may be to make the folder. */
		if (fs_dir_open_existing(folders_path(t->folders, dir), &d,
		    &rest, e) < 0)
			return -1;
		r = choose(t, d, s, e);
		fs_dir_free(d);
		if (r < 0)
			return -1;
	}
	p = &t->places[s->place];
	out->files = p->files;
	out->info = p->info;
	out->top = p->top;
	out->far = s->far;
	return pick_name(t, s->place, name, token, &out->name, e);
}

/* path without top, if it lies below it. */
static const char *
below(const char *top, const char *path)
{
	size_t n = top ? strlen(top) : 0;

	if (n > 0 && strncmp(path, top, n) == 0 &&
	    (path[n] == '/' || top[n - 1] == '/'))
		return path + n + strspn(path + n, "/");
	return path;
}

void
trash_info_text(struct buf *out, const char *top, const char *path,
    int64_t seconds)
{
	time_t t = (time_t)seconds;
	char when[32] = "";
	struct tm tm;

	if (localtime_r(&t, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_adds(out, "[Trash Info]\nPath=");
	fs_trash_encode(out, below(top, path));
	buf_addf(out, "\nDeletionDate=%s\n", when);
}

char *
trash_info_dir(const char *files)
{
	size_t n = strlen(files);

	if (n < 7 || strcmp(files + n - 6, "/files") != 0)
		return NULL;
	return xasprintf("%.*s/info", (int)(n - 6), files);
}
