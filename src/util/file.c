#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/clean.h"
#include "util/err.h"
#include "util/file.h"
#include "util/quote.h"
#include "util/xalloc.h"

/* One component below at, made if it is not there: a descriptor or -1. */
static int
step(int at, const char *name)
{
	if (mkdirat(at, name, 0700) < 0 && errno != EEXIST && errno != EROFS)
		return -1;
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
check_ours(int fd, const char *path, struct err *e)
{
	char q[QUOTE_SIZE];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "look at %s", quote_to(q, sizeof(q), path));
	if (st.st_uid != geteuid())
		return err_set(e, ERR_DENIED, "%s belongs to somebody else",
		    quote_to(q, sizeof(q), path));
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, ERR_DENIED, "others may write to %s; it must "
		    "be yours alone (chmod go-w)", quote_to(q, sizeof(q), path));
	return 0;
}

int
file_private_dir(const char *path, int *fd, struct err *e)
{
	CLEAN_FREE char *copy = xstrdup(path);
	char *part, *rest = copy, q[QUOTE_SIZE];
	int at = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), next;

	while (at >= 0 && (part = strsep(&rest, "/")) != NULL) {
		if (*part == '\0')
			continue;
		next = step(at, part);
		if (next < 0)
			err_sys(e, "make folder %s", quote_to(q, sizeof(q), path));
		close(at);
		at = next;
	}
	if (at < 0)
		return -1;
	if (check_ours(at, path, e) < 0) {
		close(at);
		return -1;
	}
	*fd = at;
	return 0;
}
