#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "repo/cache_run.h"
#include "util/err.h"
#include "util/hex.h"
#include "util/time.h"

#define TEMP_PREFIX	"tmp-"
#define TEMP_OLD	((int64_t)86400 * 1000000)

/* For file systems without O_TMPFILE (NFS, FUSE). */
static int
make_named(int dir, struct cache_run_file *f)
{
	unsigned char random[16];

	random_bytes(random, sizeof(random));
	memcpy(f->temp, TEMP_PREFIX, sizeof(TEMP_PREFIX));
	hex_put(f->temp + strlen(TEMP_PREFIX), random, sizeof(random));
	f->fd = openat(dir, f->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (f->fd < 0)
		f->temp[0] = '\0';
	return f->fd < 0 ? -1 : 0;
}

static int
make_in(int dir, struct cache_run_file *f)
{
	f->fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return f->fd < 0 ? make_named(dir, f) : 0;
}

static int
make_elsewhere(const char *path, struct cache_run_file *f)
{
	int dir = path == NULL || path[0] != '/' ? -1 :
	    open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -1;
	if (make_in(dir, f) == 0 && f->temp[0]) {
		unlinkat(dir, f->temp, 0);
		f->temp[0] = '\0';
	}
	close(dir);
	return f->fd < 0 ? -1 : 0;
}

int
cache_run_make(int dir, struct cache_run_file *f, struct err *e)
{
	*f = (struct cache_run_file){ .fd = -1, .dir = dir };
	if (dir >= 0)
		return make_in(dir, f) == 0 ? 0 :
		    err_sys(e, "make an index run in the cache");
	if (make_elsewhere(getenv("TMPDIR"), f) == 0 ||
	    make_elsewhere("/var/tmp", f) == 0 ||
	    make_elsewhere("/tmp", f) == 0)
		return 0;
	f->fd = memfd_create("fettle-index", MFD_CLOEXEC);
	return f->fd >= 0 ? 0 : err_sys(e, "make an index run");
}

int
cache_run_publish(struct cache_run_file *f, const char *name)
{
	char self[64];
	int failed;

	if (f->dir < 0 || fdatasync(f->fd) < 0)
		return 0;
	if (f->temp[0]) {
		failed = renameat2(f->dir, f->temp, f->dir, name, 0);
		if (!failed)
			f->temp[0] = '\0';
		return !failed;
	}
	snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
	failed = linkat(AT_FDCWD, self, f->dir, name, AT_SYMLINK_FOLLOW);
	return !failed || errno == EEXIST;
}

void
cache_run_drop(struct cache_run_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->temp[0])
		unlinkat(f->dir, f->temp, 0);
	*f = (struct cache_run_file){ .fd = -1, .dir = -1 };
}

int
cache_run_open(int dir, const char *name)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

void
cache_run_remove(int dir, const char *name)
{
	unlinkat(dir, name, 0);
}

/* Old by the clock: who makes a run now is younger. */
static void
sweep(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && time_from(st.st_mtim.tv_sec,
	    st.st_mtim.tv_nsec) < time_now() - TEMP_OLD)
		unlinkat(dir, name, 0);
}

void
cache_run_each(int dir, void (*each)(void *arg, const char *name), void *arg)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *de;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((de = readdir(d)) != NULL) {
		if (strncmp(de->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)) == 0)
			sweep(dir, de->d_name);
		else if (de->d_name[0] != '.')
			each(arg, de->d_name);
	}
	closedir(d);
}
