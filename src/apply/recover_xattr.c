/*
 * recover_xattr.c -- attributes that have no word of how they ended.
 *
 * The file is looked for under its name, or where a later entry took it.
 *
 *	all as they were to be		DONE
 *	all as they had been		ROLLED_BACK
 *	some so, some so		put back, ROLLED_BACK
 *	one is neither			EXTERNAL
 *	it is nowhere			EXTERNAL, or it waits for its disk
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "apply/attrs.h"
#include "apply/recover.h"
#include "util/clean.h"

#define HOPS_MAX	64

static int
open_at(struct scene *s, const char *dir, const char *name,
    const struct fs_id *want)
{
	uint32_t n = folders_add(s->folders, dir);
	const struct fs_dir *d = folders_hold(s->folders, n, NULL);
	struct fs_id now;
	int fd = -1;

	if (d != NULL)
		fd = openat(d->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
		    O_CLOEXEC | O_NOCTTY);
	if (fd >= 0 && want->ino != 0 && (fs_stat_fd(d, fd, &now, NULL) < 0 ||
	    !fs_id_same(&now, want))) {
		close(fd);
		fd = -1;
	}
	if (d != NULL)
		folders_release(s->folders, n);
	return fd;
}

/* The file, here or where it went on to, however often. */
static int
find(struct scene *s, const struct rec *r)
{
	const struct rec *at = r;
	const struct fs_id *id = &r->en.id;
	int fd = open_at(s, r->en.from_dir, r->en.from, id);

	for (int i = 0; fd < 0 && i < HOPS_MAX; i++) {
		at = taken_on(s, at, id);
		if (at == NULL || *at->en.to == '\0')
			return -1;
		if (at->now.id.ino != 0)
			id = &at->now.id;	/* carried to another disk */
		fd = open_at(s, at->en.to_dir, at->en.to, id);
	}
	return fd;
}

/* Neither all of the one nor all of the other. */
static void
mixed(struct rec *r, int fd, const struct attrs *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (attr_is(fd, &a->v[i], 0) != 1 &&
		    attr_is(fd, &a->v[i], 1) != 1) {
			decide(r, OUTCOME_EXTERNAL, "somebody else changed its "
			    "attributes");
			return;
		}
	if (attrs_back(fd, a) == 0 && fsync(fd) == 0)
		decide(r, OUTCOME_ROLLED_BACK, "attributes of which only some "
		    "were set were put back");
	else
		decide(r, OUTCOME_ATTENTION, "only some of its attributes were "
		    "set, and they could not be put back");
}

void
recover_xattr(struct scene *s, struct rec *r)
{
	struct attrs a;
	CLEAN_FD int fd = find(s, r);

	if (fd < 0 && disk_is_away(r->en.from_dir, &r->en.id, 1))
		decide(r, OUTCOME_NONE, "waits for its disk");
	else if (attrs_unpack(r->en.extra, r->en.extra_len, &a) < 0)
		decide(r, OUTCOME_ROLLED_BACK, "what it set is not told");
	else if (fd < 0)
		decide(r, OUTCOME_EXTERNAL, "it is no longer there");
	else if (attrs_are(fd, &a, 1) == 1) {
		decide(r, OUTCOME_DONE, NULL);
		if (fsync(fd) < 0)
			decide(r, OUTCOME_ATTENTION, "it could not be flushed");
	} else if (attrs_are(fd, &a, 0) == 1)
		decide(r, OUTCOME_ROLLED_BACK, NULL);
	else
		mixed(r, fd, &a);
}
