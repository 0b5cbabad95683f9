/*
 * place.c -- where copies lie: finding the disk by its label, knowing a
 * destination again, making it on first use.
 *
 * A stick that is not plugged in leaves its mount point behind as an empty
 * folder of the system disk.  So a destination gets a marker with a random word
 * when it is made, and the catalog keeps that word: where the marker is not,
 * the disk is not there, and nothing is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "apply/place.h"
#include "catalog/catalog.h"
#include "copies/impl.h"
#include "crypto/random.h"
#include "fs/dir.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/hex.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define WORD		16	/* bytes of a marker's word */
#define MARKER_MAX	256
#define LABEL_MAX	256

void
copies_dir_clean(struct fs_dir **d)
{
	fs_dir_free(*d);
}

/* ---- labels ---- */
static int
has_label(const char *mount, const char *label)
{
	char got[LABEL_MAX] = "";
	const char *last = strrchr(mount, '/');
	CLEAN_FD int fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    O_NONBLOCK);

	if (fd >= 0 && ioctl(fd, FS_IOC_GETFSLABEL, got) == 0) {
		got[LABEL_MAX - 1] = '\0';
		return strcmp(got, label) == 0;
	}
	/* FAT and others do not tell: desktops mount them at .../LABEL. */
	return last != NULL && strcmp(last + 1, label) == 0;
}

static int
is_real_disk(const struct mntent *m)
{
	return strncmp(m->mnt_fsname, "/dev/", 5) == 0;
}

/* The mount point of the file system with this label, to be freed, or NULL. */
static char *
find_label(const char *label)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	char *found = NULL;

	if (f == NULL)
		return NULL;
	while (found == NULL && (m = getmntent(f)) != NULL)
		if (is_real_disk(m) && has_label(m->mnt_dir, label))
			found = xstrdup(m->mnt_dir);
	endmntent(f);
	return found;
}

void
copies_resolve(struct copies *c)
{
	CLEAN_FREE char *mount = NULL;

	free(c->base);
	free(c->place);
	c->base = c->place = NULL;
	if (c->label == NULL)
		c->base = xstrdup(c->path);
	else if ((mount = find_label(c->label)) != NULL)
		c->base = xasprintf("%s/%s", strcmp(mount, "/") ? mount : "",
		    c->path);
	if (c->base != NULL)
		c->place = xasprintf("%s/%s", c->base, c->name);
}

const char *
copies_place(const struct copies *c)
{
	return c->place;
}

/* ---- markers ---- */
static int
read_marker(const struct fs_dir *d, struct buf *out)
{
	CLEAN_FD int fd = openat(d->fd, COPIES_MARKER,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	return fd_read_all(fd, MARKER_MAX, out) < 0 ? -1 : 1;
}

static int
new_marker(const struct fs_dir *d, struct buf *text, struct err *e)
{
	unsigned char word[WORD];
	char hex[2 * WORD + 1];

	random_bytes(word, sizeof(word));
	hex_put(hex, word, sizeof(word));
	buf_addf(text, "fettle destination 1\n%s\n", hex);
	return place_write(d, COPIES_MARKER, text->data, text->len, 0, e);
}

/* The catalog's name for a destination: a job that is sent elsewhere begins
 * anew there. */
static char *
known_as(const struct copies *c)
{
	return xasprintf("%s\n%s\n%s", c->name, c->label ? c->label : "",
	    c->path);
}

/*
 * Is base the destination that is known?  1 yes (or now it is), 0 no: why.
 * The first time, whatever marker is there is believed: the disk may come from
 * another machine.
 */
static int
recognise(const struct copies *c, struct catalog *cat, const struct fs_dir *d,
    int make, struct buf *why, struct err *e)
{
	CLEAN_BUF struct buf known = {0}, there = {0};
	CLEAN_FREE char *as = known_as(c);
	int have = catalog_get(cat, "destination", as, &known, e);
	char q[QUOTE_SIZE];
	int found;

	if (have < 0)
		return -1;
	found = read_marker(d, &there);
	if (found < 0)
		return err_sys(e, "read the marker of %s",
		    quote_to(q, sizeof(q), c->base));
	if (have && (!found || there.len != known.len ||
	    memcmp(there.data, known.data, known.len) != 0)) {
		buf_addf(why, "its disk is not there: %s is not the folder that "
		    "held the copies before",
		    quote_to(q, sizeof(q), c->base));
		return 0;
	}
	if (have || !make)
		return 1;
	if (!found && new_marker(d, &there, e) < 0)
		return -1;
	return catalog_put(cat, "destination", as, there.data, there.len, e) < 0 ?
	    -1 : 1;
}

static int
absent(const struct copies *c, struct buf *why, const struct err *e)
{
	char q[QUOTE_SIZE];

	if (c->base == NULL)
		buf_addf(why, "no disk labelled %s is mounted",
		    quote_to(q, sizeof(q), c->label));
	else
		buf_addf(why, "its disk is not there: %s", e->text);
	return 0;
}

/* Not there, but its parent is, and no run was here before: a run makes it. */
static int
is_first(const struct copies *c)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *d = NULL;
	const char *rest;

	if (fs_dir_open_existing(c->base, &d, &rest, NULL) < 0)
		return 0;
	rest += strspn(rest, "/");
	return strchr(rest, '/') == NULL;
}

int
copies_open_place(const struct copies *c, struct catalog *cat, int make,
    struct fs_dir **out, struct buf *why, struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *base = NULL;
	CLEAN_FREE char *as = known_as(c);
	CLEAN_BUF struct buf known = {0};
	int have, r;

	if (c->base == NULL)
		return absent(c, why, NULL);
	have = cat == NULL ? 1 :
	    catalog_get(cat, "destination", as, &known, e);
	if (have < 0)
		return -1;
	/* Only the first use makes the folder, and only below what is there. */
	if (place_open(c->base, make && !have, &base, NULL, e) < 0) {
		if (e->kind != ERR_NOENT)
			return -1;
		return !have && is_first(c) ? 0 : absent(c, why, e);
	}
	if (cat != NULL) {
		r = recognise(c, cat, base, make, why, e);
		if (r <= 0)
			return r;
	}
	if (make)
		return place_folder(base, c->name, out, e) < 0 ? -1 : 1;
	if (fs_dir_below(base, c->name, out, e) == 0)
		return 1;
	if (e->kind != ERR_NOENT)
		return -1;
	return cat != NULL ? 0 : absent(c, why, e);
}

const char *
copies_reach(const struct copies *c)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *to = NULL;
	const char *rest, *text = "other disk: survives a dead disk";
	struct fs_dir *from;
	struct err e = {0};
	size_t i;

	if (c->base == NULL ||
	    fs_dir_open_existing(c->base, &to, &rest, &e) < 0)
		return "its disk is not there";
	for (i = 0; i < c->n_paths; i++) {
		if (fs_dir_open_existing(c->paths[i], &from, &rest, &e) < 0)
			continue;
		if (from->fs == to->fs)
			text = "same disk: survives a mistake, not a dead disk";
		fs_dir_free(from);
	}
	return text;
}
