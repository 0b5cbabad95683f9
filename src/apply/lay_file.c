/* lay_file.c -- files that are filled; see lay.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/lay.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"

int
lay_create(int at, const char *name, int *fd, struct err *e)
{
	*fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	return *fd >= 0 ? 0 : err_sys(e, "make the file");
}

/* ---- hidden ones ---- */
/* Locked as long as it is open: 0, or -1 with errno. */
static int
lock_part(int fd)
{
	struct flock f = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &f) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? -1 : 0;
}

/* What a killed restore left goes; 0, or -1 if somebody is at it. */
static int
clear_part(int at, const char *part)
{
	CLEAN_FD int fd = openat(at, part,
	    O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && lock_part(fd) < 0)
		return -1;
	unlinkat(at, part, 0);
	return 0;
}

int
lay_create_part(int at, const char *part, int *fd, struct err *e)
{
	if (lay_create(at, part, fd, e) < 0) {
		if (errno != EEXIST)
			return -1;
		if (clear_part(at, part) < 0)
			return err_set(e, ERR_LOCKED, "somebody else is making "
			    "the same file just now");
		if (lay_create(at, part, fd, e) < 0)
			return -1;
	}
	if (lock_part(*fd) == 0)
		return 0;
	close(*fd);
	return err_set(e, ERR_LOCKED, "somebody else is making the same file "
	    "just now");
}

/* ---- those that are there ---- */
/* A file of ours that we may not write to is opened up. */
static int
open_up(int at, const char *name)
{
	CLEAN_FD int fd = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char proc[40];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		errno = EACCES;
		return -1;
	}
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (fchmodat(AT_FDCWD, proc, 0600, 0) < 0)
		return -1;
	return openat(at, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

int
lay_reopen(int at, const char *name, int *fd, struct err *e)
{
	struct stat st;

	*fd = openat(at, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0 && errno == EACCES)
		*fd = open_up(at, name);
	if (*fd < 0 && errno != ELOOP && errno != EISDIR && errno != ENXIO)
		return err_sys(e, "open the file");
	if (*fd >= 0 && fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_nlink <= 1)
		return 0;
	clean_fd(fd);
	return err_set(e, ERR_CHANGED, "another file took its place");
}

int
lay_size(int fd, uint64_t size, int reserve, struct err *e)
{
	if (size > INT64_MAX) {
		errno = EFBIG;
		return err_sys(e, "make room for the file");
	}
	if (reserve && fallocate(fd, 0, 0, (off_t)size) < 0 &&
	    errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)
		return err_sys(e, "make room for the file");
	return ftruncate(fd, (off_t)size) == 0 ? 0 :
	    err_sys(e, "set the file's length");
}

/* ---- writing ---- */
static int
is_zero(const unsigned char *p, size_t n)
{
	return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

/* How many of n bytes, which belong at `at` of the file, are zero blocks or are
 * none: a block that is cut off counts if all that is there of it is zero. */
static size_t
run(const unsigned char *p, size_t n, uint64_t at, int *zero)
{
	size_t len = 0, block;

	while (len < n) {
		block = LAY_BLOCK - (size_t)((at + len) % LAY_BLOCK);
		if (block > n - len)
			block = n - len;
		if (len == 0)
			*zero = is_zero(p, block);
		else if (is_zero(p + len, block) != *zero)
			break;
		len += block;
	}
	return len;
}

static int
punch(int fd, uint64_t at, const void *zeroes, size_t len)
{
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at,
	    (off_t)len) == 0)
		return 0;
	return fd_pwrite_full(fd, zeroes, len, at);
}

int
lay_write(int fd, uint64_t at, const void *data, size_t len,
    enum lay_holes holes, struct err *e)
{
	const unsigned char *p = data;
	int zero = 0, r = 0;
	size_t n;

	if (holes == LAY_THERE && len > 0 && is_zero(p, len))
		return 0;
	for (; len > 0 && r == 0; p += n, at += n, len -= n) {
		n = holes <= LAY_THERE ? len : run(p, len, at, &zero);
		if (!zero)
			r = fd_pwrite_full(fd, p, n, at);
		else if (holes == LAY_PUNCH)
			r = punch(fd, at, p, n);
	}
	return r == 0 ? 0 : err_sys(e, "write");
}
