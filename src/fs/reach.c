#include <stddef.h>
#include <stdint.h>

#include "fs/dir.h"
#include "fs/reach.h"
#include "util/err.h"

/* Of what is yet to be made, where it would be. */
static int
disk_of(const char *path, uint64_t *fs)
{
	struct fs_dir *d;
	const char *rest;
	struct err e = {0};

	if (fs_dir_look_existing(path, &d, &rest, &e) < 0)
		return -1;
	*fs = d->fs;
	fs_dir_free(d);
	return 0;
}

int
fs_share_disk(const char *const *paths, const char *place)
{
	uint64_t from, to;

	if (disk_of(place, &to) < 0)
		return 0;
	for (; *paths != NULL; paths++)
		if (disk_of(*paths, &from) == 0 && from == to)
			return 1;
	return 0;
}

const char *
fs_reach(const char *const *paths, const char *place)
{
	uint64_t fs;

	if (place == NULL || disk_of(place, &fs) < 0)
		return "its disk is not there";
	return fs_share_disk(paths, place) ?
	    "same disk: survives a mistake, not a dead disk" :
	    "other disk: survives a dead disk";
}
