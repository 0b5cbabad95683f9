#include <stddef.h>

#include "fs/dir.h"
#include "fs/reach.h"
#include "util/err.h"

/* 1 or 0; -1 if the place is not there. */
static int
same_disk(const char *const *paths, const char *place)
{
	struct fs_dir *from, *to;
	struct err e = {0};
	const char *rest;
	int same = 0;

	if (place == NULL || fs_dir_look_existing(place, &to, &rest, &e) < 0)
		return -1;
	for (; *paths != NULL; paths++) {
		if (fs_dir_look_existing(*paths, &from, &rest, &e) < 0)
			continue;
		same |= from->fs == to->fs;
		fs_dir_free(from);
	}
	fs_dir_free(to);
	return same;
}

const char *
fs_reach(const char *const *paths, const char *place)
{
	int same = same_disk(paths, place);

	return same < 0 ? "its disk is not there" : same ?
	    "same disk: survives a mistake, not a dead disk" :
	    "other disk: survives a dead disk";
}

int
fs_lies_with(const char *const *paths, const char *place)
{
	return same_disk(paths, place) > 0;
}
