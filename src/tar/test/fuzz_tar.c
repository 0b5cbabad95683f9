/*
 * fuzz_tar.c -- no archive makes the reader leave its contract: paths are
 * clean, data ascends within the member, and the stream with holes filled is
 * exactly the member's size.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tar/tar.h"
#include "testing/must.h"
#include "util/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_entry(const struct tar_entry *t)
{
	size_t i, sum = 0;

	must(t->path != NULL && t->path[0] != '\0' && t->path[0] != '/');
	must(strstr(t->path, "//") == NULL);
	must(strncmp(t->path, "../", 3) != 0 && strcmp(t->path, "..") != 0);
	must(strstr(t->path, "/../") == NULL);
	must((t->link != NULL) ==
	    (t->type == TAR_SYMLINK || t->type == TAR_HARDLINK));
	for (i = 0; i < t->nxattrs; i++)
		sum += strlen(t->xattrs[i].name) + t->xattrs[i].len +
		    *(const unsigned char *)t->xattrs[i].value;
	must(t->mode <= 07777 && sum < SIZE_MAX);
}

/* Every second member as a stream, the others without their holes. */
static int
read_member(struct tar_reader *r, const struct tar_entry *t, int whole)
{
	uint64_t total = 0, offset;
	const void *data;
	size_t len;
	int n;

	if (whole) {
		while ((n = tar_read(r, &data, &len, NULL)) == 1)
			total += len;
		must(n < 0 || total == t->size);
		return n;
	}
	while ((n = tar_read_data(r, &data, &len, &offset, NULL)) == 1) {
		must(offset >= total && len > 0);
		total = offset + len;
		must(total <= t->size);
	}
	return n;
}

/* Checksums put right, or no changed header would ever be looked at. */
static void
mend(uint8_t *p, size_t size)
{
	unsigned sum;
	size_t i, j;

	for (i = 0; i + 512 <= size; i += 512) {
		if (memcmp(p + i + 257, "ustar", 5) != 0)
			continue;
		memset(p + i + 148, ' ', 8);
		for (j = sum = 0; j < 512; j++)
			sum += p[i + j];
		snprintf((char *)p + i + 148, 8, "%06o", sum);
	}
}

static int
file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	uint8_t *copy = malloc(size + 1);

	must(fd >= 0 && copy != NULL);
	memcpy(copy, data, size);
	mend(copy, size);
	must(write(fd, copy, size) == (ssize_t)size &&
	    lseek(fd, 0, SEEK_SET) == 0);
	free(copy);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tar_limits limits = { 1000, 1 << 24 };
	int fd = file_of(data, size), n, i = 0;
	const struct tar_entry *t;
	struct tar_reader *r;
	struct err e = {0};

	if (tar_open(fd, &limits, &r, &e) == 0) {
		while ((n = tar_next(r, &t, &e)) == 1) {
			check_entry(t);
			if (read_member(r, t, i++ % 2) < 0)
				break;
		}
		must(n >= 0 || e.kind == ERR_CORRUPT);
		tar_reader_free(r);
	}
	close(fd);
	return 0;
}
