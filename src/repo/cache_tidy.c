/* cache_tidy.c -- the repositories that have a cache, and removing one's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "repo/cache.h"
#include "repo/cache_impl.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/quote.h"
#include "util/time.h"

/* <id>/data/ab/<id>, and one to spare: nothing of ours is deeper. */
#define DEPTH_MAX	4
#define OLD		((int64_t)30 * 86400 * 1000000)

static DIR *
open_stream(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    O_NOFOLLOW);
	DIR *d;

	if (fd < 0)
		return NULL;
	if ((d = fdopendir(fd)) == NULL)
		close(fd);
	return d;
}

static int
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static uint64_t
size_of(int at, const char *name, int depth)
{
	DIR *d = depth > DEPTH_MAX ? NULL : open_stream(at, name);
	uint64_t sum = 0;
	struct dirent *f;
	struct stat st;

	if (d == NULL)
		return 0;
	while ((f = readdir(d)) != NULL) {
		if (is_dots(f->d_name) || fstatat(dirfd(d), f->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
		else if (S_ISDIR(st.st_mode))
			sum += size_of(dirfd(d), f->d_name, depth + 1);
	}
	closedir(d);
	return sum;
}

/* One entry of the cache's folder: 0, or what each said. */
static int
tell(int top, const char *name,
    int (*each)(void *arg, const struct cache_info *i), void *arg)
{
	struct cache_info info = {0};
	struct stat st;
	struct id id;

	if (id_parse(name, &id) < 0 ||
	    fstatat(top, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISDIR(st.st_mode))
		return 0;
	memcpy(info.id, name, sizeof(info.id));
	info.used = time_from(st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	info.size = size_of(top, name, 0);
	info.old = time_now() - info.used > OLD;
	return each(arg, &info);
}

int
cache_each(const char *dir, int (*each)(void *arg,
    const struct cache_info *i), void *arg, struct err *e)
{
	CLEAN_FD int top = cache_open_dir(dir, e);
	char q[QUOTE_SIZE];
	struct dirent *f;
	int r = 0;
	DIR *d;

	if (top < 0)
		return -1;
	if ((d = open_stream(top, ".")) == NULL)
		return err_sys(e, "list %s", quote_to(q, sizeof(q), dir));
	while (r == 0 && (f = readdir(d)) != NULL)
		r = tell(top, f->d_name, each, arg);
	closedir(d);
	return r;
}

/* All of it, as far as it goes: -1 with errno if something stays. */
static int
remove_tree(int at, const char *name, int depth)
{
	DIR *d = depth > DEPTH_MAX ? NULL : open_stream(at, name);
	struct dirent *f;
	int sys = 0;

	if (d == NULL && (errno == ENOTDIR || errno == ELOOP))
		return unlinkat(at, name, 0);
	if (d == NULL)
		return -1;
	while ((f = readdir(d)) != NULL)
		if (!is_dots(f->d_name) && remove_tree(dirfd(d), f->d_name,
		    depth + 1) < 0 && errno != ENOENT)
			sys = errno;
	closedir(d);
	if (sys != 0) {
		errno = sys;
		return -1;
	}
	return unlinkat(at, name, AT_REMOVEDIR);
}

int
cache_remove(const char *dir, const char *id, struct err *e)
{
	CLEAN_FD int top = -1;
	char q[QUOTE_SIZE];
	struct id is_one;

	if (id_parse(id, &is_one) < 0)
		return err_set(e, ERR_USAGE, "%s is no repository's id",
		    quote_to(q, sizeof(q), id));
	if ((top = cache_open_dir(dir, e)) < 0)
		return -1;
	if (remove_tree(top, id, 0) < 0)
		return err_sys(e, "remove the cache of %s", id);
	return 0;
}
