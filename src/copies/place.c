/* place.c -- where copies lie: the disk by its label, the job's folder on it. */
#include <fcntl.h>
#include <linux/fs.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "apply/destination.h"
#include "apply/place.h"
#include "copies/impl.h"
#include "fs/dir.h"
#include "fs/reach.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"

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

int
copies_open_place(const struct copies *c, struct catalog *cat, int make,
    struct fs_dir **out, struct buf *why, struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *base = NULL;
	/* A job that is sent elsewhere begins anew there. */
	CLEAN_FREE char *as = xasprintf("%s\n%s\n%s", c->name,
	    c->label ? c->label : "", c->path);
	char q[QUOTE_SIZE];
	enum destination r;

	if (c->base == NULL) {
		buf_addf(why, "no disk labelled %s is mounted",
		    quote_to(q, sizeof(q), c->label));
		return DESTINATION_ABSENT;
	}
	r = destination_open(cat, as, c->base, make, &base, why, e);
	if (r != DESTINATION_HELD)
		return r;
	if (make)
		return place_folder(base, c->name, out, e) < 0 ? -1 : r;
	if (fs_dir_below(base, c->name, out, e) == 0)
		return r;
	if (e->kind != ERR_NOENT)
		return DESTINATION_FAILED;
	if (cat != NULL)
		return DESTINATION_FIRST;
	buf_addf(why, "it has no copy yet");
	return DESTINATION_ABSENT;
}

const char *
copies_reach(const struct copies *c)
{
	return fs_reach((const char *const *)c->paths, c->base);
}
