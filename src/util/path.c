#include <string.h>

#include "util/path.h"

int
path_is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	n -= n == 1 && *folder == '/';
	return strncmp(path, folder, n) == 0 &&
	    (path[n] == '\0' || path[n] == '/');
}

int
path_is_inside(const char *path)
{
	size_t n;

	for (;; path += n + 1) {
		n = strcspn(path, "/");
		if (n == 0 || (path[0] == '.' && (n == 1 ||
		    (n == 2 && path[1] == '.'))))
			return 0;
		if (path[n] == '\0')
			return 1;
	}
}
