/* map.c -- where a file has holes. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tar/tar.h"
#include "util/err.h"
#include "util/xalloc.h"

/* The next data from *at on: 1, 0 if there is none up to size, -1. */
static int
next_data(int fd, uint64_t *at, uint64_t size, struct tar_extent *x)
{
	off_t data, hole;

	if (*at >= size)
		return 0;
	data = lseek(fd, (off_t)*at, SEEK_DATA);
	if (data < 0)
		return errno == ENXIO ? 0 : -1;
	if ((uint64_t)data >= size)
		return 0;
	hole = lseek(fd, data, SEEK_HOLE);
	if (hole < 0)
		return -1;
	x->offset = (uint64_t)data;
	*at = (uint64_t)hole < size ? (uint64_t)hole : size;
	/* A file that changes as we look may tell a hole where data was. */
	if (*at <= x->offset)
		return 0;
	x->len = *at - x->offset;
	return 1;
}

/* 0, or 1 if there are no holes; -1 with errno. */
static int
fill(int fd, uint64_t size, struct tar_map *m)
{
	struct tar_extent x;
	uint64_t at = 0;
	size_t cap = 0;
	int r;

	while ((r = next_data(fd, &at, size, &x)) == 1) {
		XGROW(m->data, m->ndata, cap);
		m->data[m->ndata++] = x;
		if (m->ndata == TAR_EXTENTS_MAX) {
			m->data[m->ndata - 1].len = size - x.offset;
			break;
		}
	}
	if (r < 0)
		return -1;
	m->sparse = size > 0 && !(m->ndata == 1 && m->data[0].offset == 0 &&
	    m->data[0].len == size);
	return m->sparse ? 0 : 1;
}

int
tar_map(int fd, uint64_t size, struct tar_map *out, struct err *e)
{
	off_t was = lseek(fd, 0, SEEK_CUR);
	int r;

	*out = (struct tar_map){0};
	if (was < 0)
		return err_sys(e, "look for holes");
	r = fill(fd, size, out);
	if (r < 0 && (errno == EINVAL || errno == EOPNOTSUPP))
		r = 1;			/* it cannot tell */
	if (r < 0)
		err_sys(e, "look for holes");
	if (lseek(fd, was, SEEK_SET) < 0 && r >= 0)
		r = err_sys(e, "look for holes");
	if (r != 0)
		tar_map_fini(out);
	return r < 0 ? -1 : 0;
}

void
tar_map_fini(struct tar_map *m)
{
	free(m->data);
	*m = (struct tar_map){0};
}
