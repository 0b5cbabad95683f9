/* manifest_file.c -- manifests where they lie: <place>/.fettle/NAME.manifest */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copies/impl.h"
#include "copies/manifest.h"
#include "fs/dir.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"

#define HEAD_BYTES	((size_t)64 << 10)
#define TAIL_BYTES	512

/* Open it below the held place: a descriptor, or -1 and told. */
static int
open_manifest(const struct fs_dir *place, const char *name, struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *d = NULL;
	char file[300];
	int fd;

	if (fs_dir_below(place, COPIES_OWN, &d, e) < 0)
		return -1;
	snprintf(file, sizeof(file), "%.255s.manifest", name);
	fd = openat(d->fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "the manifest of copy %.200s", name);
	return fd;
}

int
manifest_load(const struct fs_dir *place, const char *name, struct manifest *m,
    struct err *e)
{
	CLEAN_FD int fd = open_manifest(place, name, e);
	CLEAN_BUF struct buf text = {0};

	if (fd < 0)
		return -1;
	if (fd_read_all(fd, MANIFEST_MAX, &text) < 0)
		return err_sys(e, "read the manifest of copy %.200s", name);
	return manifest_parse(&text, name, m, e);
}

/* Up to n bytes from an offset. */
static int
piece(int fd, off_t at, size_t n, struct buf *out)
{
	ssize_t r = pread(fd, buf_room(out, n), n, at);

	if (r < 0)
		return -1;
	out->len += (size_t)r;
	return 0;
}

int
manifest_glance(const struct fs_dir *place, const char *name,
    struct manifest *m, struct err *e)
{
	CLEAN_FD int fd = open_manifest(place, name, e);
	CLEAN_BUF struct buf head = {0}, tail = {0};
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || piece(fd, 0, HEAD_BYTES, &head) < 0 ||
	    piece(fd, st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0,
	    TAIL_BYTES, &tail) < 0)
		return err_sys(e, "read the manifest of copy %.200s", name);
	return manifest_parse_ends(&head, &tail, name, m, e);
}
