/* real.c -- paths without symlinks. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fs/dir.h"
#include "util/clean.h"
#include "util/xalloc.h"

char *
fs_real_path(const char *path)
{
	CLEAN_FREE char *up = xstrdup(path);
	char *slash, *real;

	while ((real = realpath(up, NULL)) == NULL &&
	    (slash = strrchr(up, '/')) != NULL && slash > up)
		*slash = '\0';
	if (real != NULL && strcmp(real, "/") != 0) {
		char *whole = xasprintf("%s%s", real, path + strlen(up));

		free(real);
		return whole;
	}
	free(real);
	return xstrdup(path);
}
