/*
 * twin.c -- before a duplicate is removed.
 *
 * The plan said that another file has the same bytes.  That was then, and by a
 * hash; now both are open at once and compared from end to end.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/folders.h"
#include "apply/hands.h"
#include "apply/twin.h"
#include "fs/dir.h"
#include "plan/twin.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define PIECE	((size_t)256 << 10)
#define FLAGS	(O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

/* 1 the same bytes, 0 not, -1 and errno. */
static int
same_bytes(int a, int b)
{
	CLEAN_FREE char *room = xalloc(2 * PIECE);
	uint64_t at = 0;

	for (;;) {
		ssize_t na = fd_pread_full(a, room, PIECE, at);
		ssize_t nb = na < 0 ? -1 :
		    fd_pread_full(b, room + PIECE, PIECE, at);

		if (na < 0 || nb < 0)
			return -1;
		if (na != nb || memcmp(room, room + PIECE, (size_t)na) != 0)
			return 0;
		if (na < (ssize_t)PIECE)
			return 1;
		at += (uint64_t)na;
	}
}

static int
open_original(const struct twin_note *n, struct err *e)
{
	struct fs_dir *d;
	struct stat st;
	int fd;

	if (fs_dir_look(n->dir, &d, e) < 0)
		return -1;
	fd = openat(d->fd, n->name, FLAGS);
	if (fd < 0)
		err_sys(e, "read it");
	fs_dir_free(d);
	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	return err_set(e, ERR_CHANGED, "it is no file");
}

int
twin_is_there(struct hands *h, struct item *it)
{
	struct twin_note n;
	const struct fs_dir *s;
	struct err e = {0};
	CLEAN_FD int ours = -1, twin = -1;
	char q[QUOTE_SIZE];
	int same;

	if ((it->op.kind != OP_TRASH && it->op.kind != OP_DELETE) ||
	    twin_unpack(it->op.extra, it->op.extra_len, &n) < 0)
		return 1;
	if ((s = hands_source(h, it)) == NULL)
		return 0;		/* which has told why */
	quote_to(q, sizeof(q), n.name);
	twin = open_original(&n, &e);
	if (twin < 0) {
		item_skip(h->load, it, "it stays: its original %s cannot be "
		    "compared with it any more: %s", q, e.text);
		return 0;
	}
	ours = openat(s->fd, it->op.from, FLAGS);
	same = ours < 0 ? -1 : same_bytes(ours, twin);
	if (same == 1)
		return 1;
	if (same < 0)
		item_skip(h->load, it, "it stays: it could not be compared with "
		    "its original %s", q);
	else
		item_skip(h->load, it, "it stays: %s, of which it was a "
		    "duplicate, is not the same any more", q);
	return 0;
}
