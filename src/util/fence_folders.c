/*
 * fence_folders.c -- Landlock by hand, as in fence.c: what a thread may still
 * change.
 *
 * Only changing is fenced, not reading: a job reads its configuration, time
 * zones, libraries and names of users wherever they lie.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/clean.h"
#include "util/fence.h"
#include "util/xalloc.h"

#define WRITE_FILE	0x2u
#define DIR_WRITES	0x1ff0u	/* remove and make, of every kind */
#define REFER		0x2000u	/* since version 2 */
#define TRUNCATE	0x4000u	/* since version 3 */
#define GET_VERSION	1u
#define PATH_BENEATH	1

struct ruleset {
	uint64_t	 fs;
};

struct rule {
	uint64_t	 allowed;
	int32_t		 fd;
} __attribute__((packed));

int
fence_version(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0, GET_VERSION);

	return v < 0 ? 0 : (int)v;
}

/* Hold path, or the deepest folder of it that is there. */
static int
hold(const char *path)
{
	CLEAN_FREE char *p = xstrdup(path);
	char *slash;
	int fd;

	while ((fd = open(p, O_PATH | O_CLOEXEC)) < 0 &&
	    (errno == ENOENT || errno == ENOTDIR)) {
		slash = strrchr(p, '/');
		if (slash == NULL)
			return -1;
		if (slash == p)
			slash++;
		if (*slash == '\0')
			return -1;
		*slash = '\0';
	}
	return fd;
}

/* What cannot be held cannot be changed either. */
static int
allow(int set, const char *path, uint64_t all)
{
	CLEAN_FD int fd = hold(path);
	struct rule r = { .allowed = all, .fd = fd };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode))
		r.allowed &= WRITE_FILE | TRUNCATE;
	return (int)syscall(SYS_landlock_add_rule, set, PATH_BENEATH, &r, 0u);
}

int
fence_writes(const char *const *paths)
{
	struct ruleset r = { .fs = WRITE_FILE | DIR_WRITES | REFER };
	int version = fence_version();
	CLEAN_FD int set = -1;

	/* Version 1 knows no moving from folder to folder. */
	if (version < 2)
		return 0;
	if (version >= 3)
		r.fs |= TRUNCATE;
	set = (int)syscall(SYS_landlock_create_ruleset, &r, sizeof(r), 0u);
	if (set < 0)
		return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : -1;
	for (; *paths != NULL; paths++)
		if (allow(set, *paths, r.fs) < 0)
			return -1;
	return syscall(SYS_landlock_restrict_self, set, 0u) == 0 ? 1 : -1;
}
