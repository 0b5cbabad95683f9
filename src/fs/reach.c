#include <stddef.h>

#include "fs/dir.h"
#include "fs/reach.h"
#include "util/err.h"

const char *
fs_reach(const char *const *paths, const char *place)
{
	const char *rest, *text = "other disk: survives a dead disk";
	struct fs_dir *from, *to;
	struct err e = {0};

	if (place == NULL || fs_dir_look_existing(place, &to, &rest, &e) < 0)
		return "its disk is not there";
	for (; *paths != NULL; paths++) {
		if (fs_dir_look_existing(*paths, &from, &rest, &e) < 0)
			continue;
		if (from->fs == to->fs)
			text = "same disk: survives a mistake, not a dead disk";
		fs_dir_free(from);
	}
	fs_dir_free(to);
	return text;
}
