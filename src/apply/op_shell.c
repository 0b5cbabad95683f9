/*
 * op_shell.c -- a command of the user's.
 *
 * It is run by sh in a child that sees nothing of ours but the lock, so that
 * recovery waits for it; its standard input is empty, and what it prints is
 * read and forgotten but for the end of it, which is told if it fails.  Nothing
 * is known of what it does: it is a load's last operation, what came before is
 * finished by then, and what comes after looks at its files anew.  There is no
 * way back.
 *
 * After a cut nobody knows how far it got: ATTENTION.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apply/folders.h"
#include "apply/hands.h"
#include "apply/shell.h"
#include "catalog/catalog.h"
#include "fs/who.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/pack.h"
#include "util/proc.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define KEPT		((size_t)64 << 10)	/* of what it prints */
#define SLICE_MS	200
#define GRACE		((int64_t)5 * 1000000)

void
shell_pack(struct buf *out, int ignore, const char *dir)
{
	buf_addc(out, 'S');
	buf_addc(out, ignore ? '1' : '0');
	pack_bytes(out, dir, strlen(dir) + 1);
}

int
shell_unpack(const void *data, size_t len, int *ignore, const char **dir)
{
	const char *p = data;
	struct unpack u;
	size_t n;

	if (len < 2 || p[0] != 'S')
		return -1;
	*ignore = p[1] == '1';
	u = unpack_start(p + 2, len - 2);
	*dir = unpack_bytes(&u, &n);
	return unpack_end(&u) < 0 || n == 0 ||
	    memchr(*dir, '\0', n) != *dir + n - 1 ? -1 : 0;
}

/* Keep the end of it. */
static void
keep(struct buf *b, const char *data, size_t n)
{
	if (b->len > KEPT) {
		memmove(b->data, b->data + b->len - KEPT / 2, KEPT / 2);
		b->len = KEPT / 2;
	}
	buf_add(b, data, n);
}

/* Read what there is without waiting: 1, or 0 at its end. */
static int
drain(int fd, struct buf *out)
{
	char piece[16384];

	for (;;) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			keep(out, piece, (size_t)n);
		else
			return n < 0 && errno == EAGAIN;
	}
}

/*
 * Until it has ended: its status, or -1.  What it leaves running behind it is
 * not waited for.
 */
static int
attend(struct hands *h, struct proc *p, int fd, struct buf *out,
    struct err *e)
{
	struct pollfd v[2] = { { .fd = p->fd, .events = POLLIN },
	    { .fd = fd, .events = POLLIN } };
	int status, r;

	for (;;) {
		if (poll(v, 2, SLICE_MS) < 0 && errno != EINTR)
			return err_sys(e, "wait for the command");
		if (v[1].fd >= 0 && v[1].revents != 0 && !drain(fd, out))
			v[1].fd = -1;
		if ((r = proc_wait(p, 0, &status, e)) < 0)
			return -1;
		if (r == 1) {
			drain(fd, out);
			return status;
		}
		if (hands_stopped(h))
			return err_set(e, ERR_STOPPED, "stopped");
	}
}

static char *
home_of(uid_t uid)
{
	CLEAN_FREE char *home = fs_home(uid);

	return xasprintf("HOME=%s", home != NULL ? home : "/");
}

static int
run(struct hands *h, const struct item *it, const char *dir, struct buf *out,
    struct err *e)
{
	const char *const argv[] = { "/bin/sh", "-c", it->op.text, NULL };
	int lock = catalog_lock_fd(h->a->o->catalog), ends[2], status;
	struct proc_spec s = { PROC_NULL, .argv = argv, .keep = &lock,
	    .n_keep = lock >= 0, .own_group = 1, .die_with_us = 1 };
	CLEAN_FREE char *home = NULL;
	const char *env[2] = { NULL, NULL };
	struct proc_user user = { .uid = it->who };
	struct proc p = PROC_NONE;

	/* Not only his files: all that it does, it does as he. */
	if (it->who != geteuid()) {
		fs_groups(it->who, &user.gid, &user.groups, &user.n_groups);
		home = home_of(it->who);
		env[0] = home;
		s.env = env;
		s.user = &user;
		/* Where we were started may be closed to him. */
		if (faccessat(AT_FDCWD, dir, X_OK, AT_EACCESS) < 0)
			dir = "/";
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe");
	CLEAN_FD int from = ends[0];
	CLEAN_FD int to = ends[1];
	CLEAN_FD int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (at < 0)
		return err_sys(e, "start in %s", dir);
	if (fcntl(from, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, "set up a pipe");
	s.dir = at;
	s.out = s.err = to;
	if (proc_start(&s, &p, e) < 0)
		return -1;
	close(to);
	to = -1;
	status = attend(h, &p, from, out, e);
	proc_end(&p, GRACE);
	return status;
}

/* "the command ended with 2: ls: no such file" */
static void
tell_failure(struct buf *b, int status, struct buf *printed)
{
	const char *s = buf_str(printed), *line;
	size_t n = printed->len;

	buf_addf(b, "the command ended with %d", status);
	while (n > 0 && (s[n - 1] == '\n' || s[n - 1] == '\r'))
		n--;
	line = n > 0 ? memrchr(s, '\n', n) : NULL;
	line = line != NULL ? line + 1 : s;
	n -= (size_t)(line - s);
	if (n == 0)
		return;
	buf_adds(b, ": ");
	quote_text(b, line, n > 200 ? 200 : n);
}

/* The file as the command left it: the rule knows it by that. */
static void
look_at_it(struct hands *h, struct item *it)
{
	const struct fs_dir *s;

	if (it->from_dir == NO_FOLDER)
		return;
	s = folders_hold(h->a->folders, it->from_dir, NULL);
	if (s != NULL && fs_stat(s, it->op.from, &it->found, NULL) < 0)
		it->found = (struct fs_id){0};
	if (s != NULL)
		folders_release(h->a->folders, it->from_dir);
}

void
op_shell(struct hands *h, struct item *it)
{
	CLEAN_BUF struct buf printed = {0}, words = {0};
	const char *dir;
	struct err e = {0};
	int ignore, status;

	if (shell_unpack(it->op.extra, it->op.extra_len, &ignore, &dir) < 0) {
		item_skip(h->load, it, "the plan does not say how to run it");
		return;
	}
	hands_let_go(h);
	status = run(h, it, dir, &printed, &e);
	look_at_it(h, it);
	buf_reset(&h->printed);
	buf_add(&h->printed, printed.data, printed.len);
	h->status = status;
	if (status > 0)
		tell_failure(&words, status, &printed);
	if (status < 0 && e.kind == ERR_STOPPED) {
		h->load->stopped = 1;
		item_attention(h->load, it, &e);
	} else if (status < 0) {
		item_fail(h->load, it, &e);
	} else if (status == 0 || ignore) {
		item_done(it);
		if (words.len > 0)
			item_words(h->load, it, buf_str(&words));
	} else {
		err_set(&e, ERR_IO, "%s", buf_str(&words));
		item_fail(h->load, it, &e);
	}
}
