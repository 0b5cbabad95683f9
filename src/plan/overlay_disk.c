/* overlay_disk.c -- what the overlay reads from disk. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/overlay_impl.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/quote.h"

const char *
ov_real(struct overlay *o, struct ov_dir *d)
{
	const struct ov_dir *up;
	size_t len = 0, part;
	char *text, *end;

	if (d == o->root)
		return "/";
	for (up = d; up->real == NULL && up->parent != NULL; up = up->parent)
		len += 1 + strlen(up->name);
	if (up == d)
		return d->real;
	part = up->real != NULL ? strlen(up->real) : 0;
	text = arena_alloc(&o->arena, part + len + 1);
	if (part > 0)
		memcpy(text, up->real, part);
	end = text + part + len;
	d->real = text;
	for (; up != d && end > text + part; d = d->parent) {
		len = strlen(d->name);
		end -= len + 1;
		*end = '/';
		memcpy(end + 1, d->name, len);
	}
	return text;
}

static struct ov_held *
held(struct overlay *o, const struct ov_dir *d)
{
	size_t i;

	for (i = 0; i < OV_HELD; i++)
		if (o->held[i].d == d)
			return &o->held[i];
	return NULL;
}

static struct ov_held *
longest_unused(struct overlay *o)
{
	struct ov_held *h = &o->held[0];
	size_t i;

	for (i = 1; i < OV_HELD; i++)
		if (o->held[i].used < h->used)
			h = &o->held[i];
	return h;
}

int
ov_hold(struct overlay *o, struct ov_dir *d, struct fs_dir **out,
    struct err *e)
{
	struct ov_held *h = held(o, d), *up;
	struct fs_dir *dir = NULL;

	if (h == NULL) {
		up = d->real == NULL && d->parent != NULL ?
		    held(o, d->parent) : NULL;
		if ((up == NULL || fs_dir_below(up->dir, d->name, &dir, e) < 0)
		    && fs_dir_look(ov_real(o, d), &dir, e) < 0)
			return -1;
		h = longest_unused(o);
		fs_dir_free(h->dir);
		*h = (struct ov_held){ .d = d, .dir = dir };
		d->asked += OV_REOPENED;
	}
	h->used = ++o->clock;
	*out = h->dir;
	return 0;
}

/* Down from d by a path, through symlinks; what is missing is made. */
static struct ov_dir *
descend(struct overlay *o, struct ov_dir *d, const char *path)
{
	CLEAN_BUF struct buf name = {0};
	size_t len;

	for (; *path != '\0'; path += len) {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		buf_reset(&name);
		buf_add(&name, path, len);
		if (len == 0 || strcmp(buf_str(&name), ".") == 0)
			continue;
		if (strcmp(buf_str(&name), "..") == 0)
			d = d->parent != NULL ? d->parent : d;
		else
			d = ov_child_make(o, d, buf_str(&name));
		while (d->alias != NULL)
			d = d->alias;
	}
	return d;
}

struct ov_dir *
ov_find(struct overlay *o, const char *path)
{
	uint64_t h = hash_keyed(UINT64_MAX, path, strlen(path)) | 1;
	size_t i = (size_t)(h >> 1) % OV_PATHS;

	if (o->paths[i].hash != h) {
		o->paths[i].d = descend(o, o->root, path);
		o->paths[i].hash = h;
	}
	return o->paths[i].d;
}

/* A symlink: find where it leads to. */
static void
follow(struct overlay *o, struct ov_dir *d, const struct fs_dir *dir)
{
	char target[PATH_MAX];
	struct ov_dir *to;
	ssize_t n = readlinkat(dir->fd, d->name, target, sizeof(target) - 1);

	if (n < 0 || o->links >= OV_LINKS_MAX) {
		d->sys = n < 0 ? errno : ELOOP;
		return;
	}
	target[n] = '\0';
	o->links++;
	to = descend(o, *target == '/' ? o->root : d->parent, target);
	o->links--;
	if (to != d)
		d->alias = to;
	else
		d->sys = ELOOP;
}

void
ov_probe(struct overlay *o, struct ov_dir *d)
{
	struct fs_dir *dir;
	struct err e = {0};
	struct fs_id id;

	if (ov_hold(o, d->parent, &dir, &e) < 0 ||
	    fs_stat(dir, d->name, &id, &e) < 0)
		d->sys = e.kind == ERR_NOENT ? 0 : e.sys != 0 ? e.sys : EIO;
	else if (S_ISDIR(id.mode))
		d->on_disk = 1;
	else if (S_ISLNK(id.mode))
		follow(o, d, dir);
}

static int
read_names(struct overlay *o, struct ov_dir *d, const struct fs_dir *dir,
    struct err *e)
{
	struct fs_names l;
	size_t i;

	if (fs_list(dir, &l, e) < 0)
		return -1;
	for (i = 0; i < l.n; i++)
		prints_add(&o->prints, ov_key(d, l.v[i].name) ^ OV_DISK);
	fs_names_free(&l);
	d->listed = 1;
	return 0;
}

int
ov_on_disk(struct overlay *o, struct ov_dir *d, const char *name,
    struct err *e)
{
	struct err mine = {0};
	struct fs_dir *dir;
	struct fs_id id;

	if (!d->on_disk)
		return 0;
	if (!d->listed && d->asked >= OV_ASK) {
		/* A folder that cannot be read is asked on, name by name. */
		if (ov_hold(o, d, &dir, e) < 0)
			return -1;
		if (read_names(o, d, dir, &mine) < 0)
			d->asked = 0;
	}
	if (d->listed)
		return prints_has(&o->prints, ov_key(d, name) ^ OV_DISK);
	d->asked++;
	if (ov_hold(o, d, &dir, e) < 0)
		return -1;
	if (fs_stat(dir, name, &id, &mine) == 0)
		return 1;
	if (mine.kind == ERR_NOENT)
		return 0;
	if (e != NULL)
		*e = mine;
	return -1;
}
