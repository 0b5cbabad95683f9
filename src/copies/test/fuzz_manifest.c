/*
 * fuzz_manifest.c -- any bytes at all: reading ends, and what it hands out is
 * what the room relies on (paths that stay below, sums that are sums).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "copies/manifest.h"
#include "util/err.h"
#include "util/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look(const struct copy_entry *en)
{
	size_t sum = strlen(en->sha256);

	if (en->path[0] == '/' || en->path[0] == '\0' ||
	    strncmp(en->path, "../", 3) == 0 || strcmp(en->path, "..") == 0 ||
	    strstr(en->path, "/../") != NULL || en->source[0] != '/' ||
	    (sum != 0 && sum != 64) || en->root_len > strlen(en->source))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct manifest_entry en;
	struct manifest *m;
	struct err e;

	if (fd < 0 || fd_write_all(fd, data, size) < 0)
		abort();
	if (manifest_of_fd(fd, "fuzz", &m, &e) < 0)
		return 0;
	while (manifest_next(m, &en, &e) == 1)
		look(&en.en);
	manifest_rewind(m);
	if (manifest_jump(m, size / 2, &en, &e) == 1)
		look(&en.en);
	manifest_close(m);
	return 0;
}
