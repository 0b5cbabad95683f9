/*
 * op_xattr.c -- attributes of a file or folder.
 *
 *	1  the intent is durable: each with what it was and what it gets
 *	2  the file is opened without following or waiting, is the one that was
 *	   meant, and has what was foreseen
 *	3  they are set one by one; if one cannot be, those before are put back
 *	4  the file is flushed, the result is durable
 *
 * The cut in between: what the file has tells (recover_xattr.c).  Neither its
 * size nor its mtime changes, so rules know it as before.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/attrs.h"
#include "apply/hands.h"
#include "util/clean.h"
#include "util/quote.h"

static void
failed(struct hands *h, struct item *it, const char *what)
{
	char q[QUOTE_SIZE];
	struct err e = {0};

	err_sys(&e, "%s %s", what, quote_to(q, sizeof(q), it->op.from));
	item_fail(h->load, it, &e);
}

/* What is put back may have new content by now: that is not touched. */
static int
is_meant(const struct hands *h, const struct item *it, const struct fs_id *now)
{
	if (!S_ISREG(now->mode) && !S_ISDIR(now->mode))
		return 0;
	if (it->expect.ino == 0)
		return 1;
	return h->a->o->undoing || S_ISDIR(now->mode) ?
	    fs_id_same(now, &it->expect) :
	    fs_id_unchanged(now, &it->expect);
}

static int
open_file(struct hands *h, struct item *it, const struct fs_dir *d)
{
	int fd = openat(d->fd, it->op.from, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct err e = {0};
	struct fs_id now;

	if (fd < 0 && errno == ENOENT)
		item_skip(h->load, it, "it is no longer there");
	else if (fd < 0 && errno != ELOOP)
		failed(h, it, "open");
	else if (fd >= 0 && fs_stat_fd(d, fd, &now, &e) < 0)
		item_fail(h->load, it, &e);
	else if (fd < 0 || !is_meant(h, it, &now))
		item_skip(h->load, it, "it changed since it was planned");
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void
set(struct hands *h, struct item *it, int fd, const struct attrs *a)
{
	char q[QUOTE_SIZE];
	struct err e = {0};
	const char *bad;
	size_t left;

	if (attrs_set(fd, a, &bad, &left) == 0) {
		touch(h->load, it->from_dir);
		if (hands_flush(h, fd) == 0) {
			item_done(it);
			return;
		}
		err_sys(&e, "flush: it is not known whether its attributes are "
		    "on disk");
		item_attention(h->load, it, &e);
		return;
	}
	err_sys(&e, "set the attribute %s of %s%s", bad,
	    quote_to(q, sizeof(q), it->op.from), left > 0 ? " (others were "
	    "set, and could not be put back)" : "");
	if (left > 0)
		item_attention(h->load, it, &e);
	else
		item_fail(h->load, it, &e);
}

void
op_xattr(struct hands *h, struct item *it)
{
	const struct fs_dir *d = hands_source(h, it);
	CLEAN_FD int fd = -1;
	struct attrs a;
	int as_it_was;

	if (d == NULL)
		return;
	if (attrs_unpack(it->op.extra, it->op.extra_len, &a) < 0) {
		item_skip(h->load, it, "the plan does not say which attributes");
		return;
	}
	if ((fd = open_file(h, it, d)) < 0)
		return;
	as_it_was = attrs_are(fd, &a, 0);
	if (as_it_was < 0)
		failed(h, it, "read the attributes of");
	else if (!as_it_was)
		item_skip(h->load, it, h->a->o->undoing ? "its attributes "
		    "changed since" : "its attributes changed since it was "
		    "planned");
	else
		set(h, it, fd, &a);
}
