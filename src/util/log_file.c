/* log_file.c -- the log's file: opening it, and noticing that it moved. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/clean.h"
#include "util/log_impl.h"
#include "util/quote.h"

/* Does the file end within a line? */
static int
ends_torn(int fd, struct stat *st)
{
	char last;

	return fstat(fd, st) == 0 && st->st_size > 0 &&
	    pread(fd, &last, 1, st->st_size - 1) == 1 && last != '\n';
}

/*
 * A line that a power cut or a killed process left without its end is ended
 * before anything else, so that it does not swallow the next one.
 *
 * A file system may show the first pages of what another process is writing
 * just now.  Setting the mode, to what it is, waits for that write: what is
 * torn then is torn for good.
 */
static void
end_last_line(struct log *l)
{
	struct buf *w = &l->waiting;
	struct stat st;

	if (!ends_torn(l->fd, &st))
		return;
	if (fchmod(l->fd, st.st_mode & 07777) == 0 && !ends_torn(l->fd, &st))
		return;
	buf_room(w, 1);
	memmove(w->data + 1, w->data, w->len);
	w->data[0] = '\n';
	w->len++;
}

int
log_file_open(struct log *l, struct err *e)
{
	CLEAN_FD int fd = -1;
	char q[QUOTE_SIZE];
	struct stat st;
	int was = l->fd;

	quote_to(q, sizeof(q), l->name);
	/* O_NONBLOCK: a fifo in its place must not hold us up. */
	fd = openat(l->o.dir, l->name, O_RDWR | O_APPEND | O_CREAT |
	    O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "open the log %s", q);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_USAGE, "open the log %s: it is no file", q);
	l->fd = fd;
	fd = was;		/* to be closed */
	log_drop_torn(l);
	end_last_line(l);
	return 0;
}

/* Is NAME still what we have open?  If so its size is given. */
static int
still_ours(const struct log *l, uint64_t *size)
{
	struct stat ours, named;

	if (fstat(l->fd, &ours) < 0 ||
	    fstatat(l->o.dir, l->name, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	*size = (uint64_t)ours.st_size;
	return ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* Trouble with opening or rotating is told once, and the log goes on. */
static void
note_stuck(struct log *l, const char *what)
{
	if (!l->stuck)
		log_trouble(l, what, 1);
	l->stuck = 1;
}

void
log_file_ready(struct log *l, size_t n)
{
	uint64_t size = 0;
	int fd;

	if (!still_ours(l, &size)) {
		if (log_file_open(l, NULL) < 0)
			note_stuck(l, "open anew the log");
		return;
	}
	if (l->torn || size == 0 || size + n <= l->o.max_size)
		return;
	fd = log_rotate(l->o.dir, l->name, l->fd, l->o.keep);
	if (fd >= 0) {
		close(l->fd);
		l->fd = fd;
		l->stuck = 0;
	} else if (errno != EAGAIN) {
		note_stuck(l, "rotate the log");
	}
}
