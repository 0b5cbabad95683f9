/*
 * liar.c -- a disk that lies: what is written to files below $LIAR_DIR is not
 * what was given, one byte in each write of $LIAR_MIN bytes or more is another.
 * For tests that must see a read-back find it.  With $LIAR_ERROR the write fails
 * with that errno instead (28: no space left on device).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int
lies(int fd, size_t n)
{
	const char *dir = getenv("LIAR_DIR"), *min = getenv("LIAR_MIN");
	const char *only = getenv("LIAR_NAME");
	char link[64], path[PATH_MAX];
	ssize_t len;

	if (dir == NULL || n < (size_t)(min ? atol(min) : 1))
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0)
		return 0;
	path[len] = '\0';
	return strncmp(path, dir, strlen(dir)) == 0 &&
	    (only == NULL || strstr(path, only) != NULL);
}

/* The errno that such a write is to fail with, or 0. */
static int
fails(int fd, size_t n)
{
	const char *error = getenv("LIAR_ERROR");

	return error != NULL && lies(fd, n) ? atoi(error) : 0;
}

static char *
twisted(const void *data, size_t n)
{
	char *copy = malloc(n);

	memcpy(copy, data, n);
	copy[n / 2] ^= 1;
	return copy;
}

ssize_t
write(int fd, const void *data, size_t n)
{
	static ssize_t (*real)(int, const void *, size_t);
	char *copy;
	ssize_t r;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	if ((errno = fails(fd, n)) != 0)
		return -1;
	if (!lies(fd, n))
		return real(fd, data, n);
	copy = twisted(data, n);
	r = real(fd, copy, n);
	free(copy);
	return r;
}

static ssize_t
at(const char *name, int fd, const void *data, size_t n, off_t o)
{
	ssize_t (*real)(int, const void *, size_t, off_t);
	char *copy;
	ssize_t r;

	*(void **)&real = dlsym(RTLD_NEXT, name);
	if ((errno = fails(fd, n)) != 0)
		return -1;
	if (!lies(fd, n))
		return real(fd, data, n, o);
	copy = twisted(data, n);
	r = real(fd, copy, n, o);
	free(copy);
	return r;
}

ssize_t
pwrite(int fd, const void *data, size_t n, off_t o)
{
	return at("pwrite", fd, data, n, o);
}

ssize_t
pwrite64(int fd, const void *data, size_t n, off_t o)
{
	return at("pwrite64", fd, data, n, o);
}

/* Where the kernel copies, the byte is changed afterwards. */
ssize_t
copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t n,
    unsigned flags)
{
	ssize_t (*real)(int, off_t *, int, off_t *, size_t, unsigned);
	ssize_t (*put)(int, const void *, size_t, off_t);
	off_t where = out_at ? *out_at : lseek(out, 0, SEEK_CUR);
	char c = '!';
	ssize_t r;

	*(void **)&real = dlsym(RTLD_NEXT, "copy_file_range");
	*(void **)&put = dlsym(RTLD_NEXT, "pwrite");
	if ((errno = fails(out, n)) != 0)
		return -1;
	r = real(in, in_at, out, out_at, n, flags);
	if (r > 0 && lies(out, (size_t)r))
		put(out, &c, 1, where);
	return r;
}
