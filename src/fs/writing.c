/* writing.c -- the signs that a file is still being written. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "fs/fs_impl.h"
#include "fs/writing.h"
#include "util/clean.h"
#include "util/xalloc.h"

static const char *const endings[] = {
	".part", ".crdownload", ".download", ".opdownload", ".aria2", ".td",
	".filepart", ".tmp",
};
static const char *const beginnings[] = { "~$", "._", ".com.google.Chrome." };
static const char *const side_endings[] = { ".part", ".aria2" };

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* The length of name without the ending, or 0. */
static size_t
stem(const char *name, size_t len, const char *ending)
{
	size_t n = strlen(ending);

	return len > n && strcasecmp(name + len - n, ending) == 0 ? len - n : 0;
}

/*
 * Can name, by its last byte, have one of the endings; by its first, one of
 * the beginnings?  Almost none can, and looking for each of them would cost
 * more than all else that is done with a name.  test_files.c compares.
 */
static int
may_be_partial(const char *name, size_t len)
{
	return len > 0 && (strchr("tTdD2pP", name[len - 1]) != NULL ||
	    strchr("~.", *name) != NULL);
}

int
fs_partial_name(const char *name)
{
	size_t len = strlen(name), i;

	if (!may_be_partial(name, len))
		return 0;
	for (i = 0; i < COUNT(beginnings); i++)
		if (strncasecmp(name, beginnings[i], strlen(beginnings[i])) == 0)
			return 1;
	for (i = 0; i < COUNT(endings); i++)
		if (stem(name, len, endings[i]) > 0)
			return 1;
	return 0;
}

/*
 * If somebody opens the file for writing in the instant that we have the
 * lease, we are told by a signal: SIGURG, which does nothing, instead of SIGIO,
 * which ends a process that does not expect it.
 */
int
fs_open_writer(int at, const char *name)
{
	CLEAN_FD int fd = openat(at, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW |
	    O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_SETSIG, SIGURG) < 0)
		return 0;
	return fcntl(fd, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;
}

static int
has_side_file(const struct fs_dir *d, const char *name)
{
	char side[NAME_MAX + 8];
	struct stat st;
	size_t i;

	for (i = 0; i < COUNT(side_endings); i++) {
		snprintf(side, sizeof(side), "%.*s%s", NAME_MAX, name,
		    side_endings[i]);
		if (fstatat(d->fd, side, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return 1;
	}
	return 0;
}

enum fs_writing
fs_writing(const struct fs_dir *d, const char *name)
{
	struct stat st;

	if (!fs_name_ok(name))
		return FS_QUIET;
	if (fs_partial_name(name))
		return FS_PARTIAL_NAME;
	if (has_side_file(d, name))
		return FS_SIDE_FILE;
	/* Opening a device or a fifo would do something to it. */
	if (fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && fs_open_writer(d->fd, name))
		return FS_OPEN_WRITER;
	return FS_QUIET;
}

const char *
fs_writing_text(enum fs_writing w)
{
	switch (w) {
	case FS_PARTIAL_NAME:
		return "still being written: its name is a partial download's";
	case FS_SIDE_FILE:
		return "still being written: a side file lies beside it";
	case FS_OPEN_WRITER:
		return "still being written: somebody has it open for writing";
	default:
		return "";
	}
}

/* X of an X.part: a part of the side file's own name. */
struct fs_side {
	const char	*name;
	size_t		 len;
};

void
fs_sides_add(struct fs_sides *s, const char *name)
{
	size_t len = strlen(name), i, n;

	if (len == 0 || strchr("t2", name[len - 1]) == NULL)
		return;
	for (i = 0; i < COUNT(side_endings); i++) {
		n = stem(name, len, side_endings[i]);
		if (n == 0 || strcmp(name + n, side_endings[i]) != 0)
			continue;
		XGROW(s->v, s->n, s->cap);
		s->v[s->n++] = (struct fs_side){ name, n };
		s->sorted = 0;
	}
}

void
fs_sides_add_list(struct fs_sides *s, const struct fs_names *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		fs_sides_add(s, l->v[i].name);
}

static int
compare(const void *va, const void *vb)
{
	const struct fs_side *a = va, *b = vb;
	int r = memcmp(a->name, b->name, a->len < b->len ? a->len : b->len);

	return r != 0 ? r : (a->len > b->len) - (a->len < b->len);
}

int
fs_sides_has(struct fs_sides *s, const char *name)
{
	struct fs_side key;

	if (s->n == 0)
		return 0;
	if (!s->sorted)
		qsort(s->v, s->n, sizeof(*s->v), compare);
	s->sorted = 1;
	key = (struct fs_side){ name, strlen(name) };
	return bsearch(&key, s->v, s->n, sizeof(*s->v), compare) != NULL;
}

void
fs_sides_fini(struct fs_sides *s)
{
	free(s->v);
	*s = (struct fs_sides){0};
}
