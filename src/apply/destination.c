#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "apply/destination.h"
#include "apply/place.h"
#include "catalog/catalog.h"
#include "crypto/random.h"
#include "fs/dir.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"
#include "util/hex.h"
#include "util/quote.h"

#define SPACE		"destination"
#define WORD		16	/* bytes of a marker's word */
#define MARKER_MAX	256

/* 1 and its bytes, 0 if there is none, -1. */
static int
read_marker(const struct fs_dir *d, struct buf *out)
{
	CLEAN_FD int fd = openat(d->fd, DESTINATION_MARKER,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	return fd_read_all(fd, MARKER_MAX, out) < 0 ? -1 : 1;
}

static int
new_marker(const struct fs_dir *d, struct buf *text, struct err *e)
{
	unsigned char word[WORD];
	char hex[2 * WORD + 1];

	random_bytes(word, sizeof(word));
	hex_put(hex, word, sizeof(word));
	buf_addf(text, "fettle destination 1\n%s\n", hex);
	return place_write(d, DESTINATION_MARKER, text->data, text->len, 0, e);
}

/*
 * Is d the folder that is known?  The first time, whatever marker is there is
 * believed: the disk may come from another machine.
 */
static enum destination
recognise(struct catalog *cat, const char *as, const struct fs_dir *d,
    const struct buf *known, int make, struct buf *why, struct err *e)
{
	CLEAN_BUF struct buf there = {0};
	int found = read_marker(d, &there);
	char q[QUOTE_SIZE];

	if (found < 0)
		return err_sys(e, "read the marker of %s",
		    quote_to(q, sizeof(q), d->path));
	if (known->len > 0) {
		if (found && there.len == known->len &&
		    memcmp(there.data, known->data, known->len) == 0)
			return DESTINATION_HELD;
		buf_addf(why, "its disk is not there: %s is not the folder "
		    "that was used before", quote_to(q, sizeof(q), d->path));
		return DESTINATION_ABSENT;
	}
	if (!make)
		return DESTINATION_HELD;
	if (!found && new_marker(d, &there, e) < 0)
		return DESTINATION_FAILED;
	return catalog_put(cat, SPACE, as, there.data, there.len, e) < 0 ?
	    DESTINATION_FAILED : DESTINATION_HELD;
}

/* Does only the last component of base miss? */
static int
parent_is_there(const char *base)
{
	const char *rest;
	struct fs_dir *d;

	if (fs_dir_open_existing(base, &d, &rest, NULL) < 0)
		return 0;
	fs_dir_free(d);
	rest += strspn(rest, "/");
	return strchr(rest, '/') == NULL;
}

enum destination
destination_open(struct catalog *cat, const char *as, const char *base,
    int make, struct fs_dir **out, struct buf *why, struct err *e)
{
	CLEAN_BUF struct buf known = {0};
	struct fs_dir *d = NULL;
	enum destination r;

	*out = NULL;
	if (cat != NULL && catalog_get(cat, SPACE, as, &known, e) < 0)
		return DESTINATION_FAILED;
	if (place_open(base, cat != NULL && make && known.len == 0, &d, NULL,
	    e) < 0) {
		if (e->kind != ERR_NOENT)
			return DESTINATION_FAILED;
		if (cat != NULL && known.len == 0 && parent_is_there(base))
			return DESTINATION_FIRST;
		buf_addf(why, "its disk is not there: %s", e->text);
		return DESTINATION_ABSENT;
	}
	r = cat == NULL ? DESTINATION_HELD :
	    recognise(cat, as, d, &known, make, why, e);
	if (r == DESTINATION_HELD)
		*out = d;
	else
		fs_dir_free(d);
	return r;
}
