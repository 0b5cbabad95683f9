/* gather.c -- see gather.h. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/gather.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define SMALL	((size_t)256 << 10)	/* not worth a file */

struct gather {
	atomic_size_t	*held;
	size_t		 mine;		/* of *held */
	struct buf	 data;
	int		 fd;		/* -1: all is in data */
	int		 no_file;	/* none can be made */
	size_t		 len;
};

struct gather *
gather_new(atomic_size_t *held)
{
	struct gather *g = xalloc(sizeof(*g));

	g->held = held;
	g->fd = -1;
	return g;
}

static void
let_go(struct gather *g)
{
	atomic_fetch_sub(g->held, g->mine);
	g->mine = 0;
	buf_fini(&g->data);
}

void
gather_free(struct gather *g)
{
	if (g == NULL)
		return;
	let_go(g);
	if (g->fd >= 0)
		close(g->fd);
	free(g);
}

static int
nameless_file(void)
{
	const char *dir = getenv("TMPDIR");
	int fd = -1;

	if (dir != NULL && *dir == '/')
		fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC,
	    0600);
}

/* Into a file with it, and all that comes after. */
static int
spill(struct gather *g, struct err *e)
{
	if ((g->fd = nameless_file()) < 0) {
		g->no_file = 1;
		return 0;
	}
	if (fd_write_all(g->fd, g->data.data, g->data.len) < 0)
		return err_sys(e, "keep an upload in a temporary file");
	let_go(g);
	return 0;
}

int
gather_add(struct gather *g, const void *data, size_t len, struct err *e)
{
	if (g->fd < 0 && !g->no_file && g->len + len > SMALL &&
	    atomic_load(g->held) + len > GATHER_HELD && spill(g, e) < 0)
		return -1;
	g->len += len;
	if (g->fd >= 0)
		return fd_write_all(g->fd, data, len) < 0 ?
		    err_sys(e, "keep an upload in a temporary file") : 0;
	buf_add(&g->data, data, len);
	g->mine += len;
	atomic_fetch_add(g->held, len);
	return 0;
}

struct store_bytes
gather_bytes(const struct gather *g)
{
	if (g->fd >= 0)
		return (struct store_bytes){ NULL, g->fd, g->len };
	/* Nothing at all is not in a file, either. */
	return (struct store_bytes){ g->data.data != NULL ?
	    (const void *)g->data.data : "", -1, g->len };
}

int
store_bytes_read(const struct store_bytes *b, size_t at, void *out,
    size_t len, struct err *e)
{
	ssize_t n;

	if (b->data != NULL) {
		memcpy(out, (const char *)b->data + at, len);
		return 0;
	}
	n = fd_pread_full(b->fd, out, len, at);
	if (n == (ssize_t)len)
		return 0;
	return n < 0 ? err_sys(e, "read an upload's temporary file") :
	    err_set(e, ERR_IO, "an upload's temporary file was cut short");
}
