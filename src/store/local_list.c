/* local_list.c -- the names in a local repository, and its old temporaries. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/sha256.h"
#include "store/local.h"

/* A stream of its own over an open folder, or NULL with errno. */
static DIR *
stream_of(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d;

	if (fd < 0)
		return NULL;
	if ((d = fdopendir(fd)) == NULL)
		close(fd);
	return d;
}

/* restic writes lower case, so nothing else can be found by its id. */
static int
is_id(const char *name, unsigned char *id)
{
	return strspn(name, "0123456789abcdef") == 64 &&
	    sha256_parse(name, id) == 0;
}

struct listing {
	enum store_kind	 kind;
	int		 shard;		/* of packs; else -1 */
	int (*each)(void *arg, const struct store_name *n, uint64_t size);
	void		*arg;
};

/* 0, what each said, or -1 with errno. */
static int
list_folder(DIR *d, const struct listing *l)
{
	struct store_name n = { .kind = l->kind };
	struct dirent *f;
	struct stat st;
	int r = 0;

	for (errno = 0; r == 0 && (f = readdir(d)) != NULL; errno = 0) {
		if (!is_id(f->d_name, n.id) ||
		    (l->shard >= 0 && n.id[0] != l->shard))
			continue;
		if (fstatat(dirfd(d), f->d_name, &st, 0) < 0) {
			/* It went just now, or is a link that leads nowhere. */
			if (errno == ENOENT || errno == ELOOP)
				continue;
			return -1;
		}
		if (S_ISREG(st.st_mode))
			r = l->each(l->arg, &n, (uint64_t)st.st_size);
	}
	return r != 0 ? r : errno != 0 ? -1 : 0;
}

int
local_list(struct store *s, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e)
{
	struct local *l = (struct local *)s;
	struct listing to = { kind, -1, each, arg };
	int i, fd, sys, r = 0, last = kind == STORE_PACK ? 256 : 1;
	unsigned char first;
	char path[LOCAL_PATH_MAX];
	DIR *d;

	for (i = 0; i < last && r == 0; i++) {
		first = (unsigned char)i;
		local_folder(path, kind, &first);
		if (kind == STORE_PACK)
			to.shard = i;
		fd = local_open_folder(l, path, 0);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return local_fail(l, "list", path, e);
		if ((d = fdopendir(fd)) == NULL) {
			close(fd);
			return local_fail(l, "list", path, e);
		}
		r = list_folder(d, &to);
		sys = errno;
		closedir(d);
		errno = sys;
		if (r < 0)
			return local_fail(l, "list", path, e);
	}
	return r;
}

/*
 * A crash leaves at most a temporary.  One is old when nobody wrote to it for a
 * day; who holds a pack open for longer would find that it cannot be renamed,
 * and say so.  The day is counted on the clock that stamps the files: ours may
 * be another than the file server's, and what is being written beside us would
 * look old.
 */
void
local_sweep(struct local *l, enum store_kind kind, int folder, int fresh)
{
	struct dirent *f;
	struct stat now, st;
	DIR *d;

	if (atomic_exchange(&l->swept[kind], 1) != 0 ||
	    fstat(fresh, &now) < 0 || (d = stream_of(folder)) == NULL)
		return;
	while ((f = readdir(d)) != NULL) {
		if (strncmp(f->d_name, LOCAL_TMP, sizeof(LOCAL_TMP) - 1) != 0)
			continue;
		if (fstatat(folder, f->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode) ||
		    now.st_mtime - st.st_mtime < LOCAL_TMP_OLD)
			continue;
		unlinkat(folder, f->d_name, 0);
	}
	closedir(d);
}
