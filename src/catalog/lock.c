#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/lock.h"
#include "util/err.h"

static const char *const roles[] = {
	[CATALOG_ASK] = "ask", [CATALOG_RUN] = "run",
	[CATALOG_DAEMON] = "daemon", [CATALOG_WORK] = "work",
};

int
lock_open(int dir_fd, struct err *e)
{
	int fd = openat(dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0600);

	if (fd < 0)
		err_sys(e, "open the lock in the state folder");
	return fd;
}

static struct flock
whole(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

int
lock_try(int fd, struct err *e)
{
	struct flock l = whole();

	if (fcntl(fd, F_OFD_SETLK, &l) == 0)
		return 1;
	return errno == EAGAIN || errno == EACCES ? 0 :
	    err_sys(e, "lock the state folder");
}

int
lock_wait(int fd, struct err *e)
{
	struct flock l = whole();

	if (fcntl(fd, F_OFD_SETLKW, &l) == 0)
		return 0;
	return errno == EINTR ?
	    err_set(e, ERR_STOPPED, "stopped while waiting for another run") :
	    err_sys(e, "lock the state folder");
}

void
lock_tell(int fd, enum catalog_role role, const char *what)
{
	char text[LOCK_TEXT];
	ssize_t n;

	memset(text, '\n', sizeof(text));
	n = snprintf(text, sizeof(text), "%ld\n%s\n%s", (long)getpid(),
	    roles[role], what);
	if (n >= 0 && (size_t)n < sizeof(text))
		text[n] = '\n';
	text[sizeof(text) - 1] = '\n';
	/* It only serves messages: failing is no failure. */
	n = pwrite(fd, text, sizeof(text), 0);
	(void)n;
}

struct holder {
	long		 pid;		/* 0: not told */
	int		 alive;
	char		 what[CATALOG_WHAT];
};

static struct holder
read_holder(int fd)
{
	char text[LOCK_TEXT + 1], *role, *what, *end;
	ssize_t n = pread(fd, text, LOCK_TEXT, 0);
	struct holder h = {0};
	long pid;

	text[n > 0 ? n : 0] = '\0';
	pid = strtol(text, &role, 10);
	if (pid <= 0 || *role != '\n' ||
	    (what = strchr(role + 1, '\n')) == NULL)
		return h;
	if ((end = strchr(++what, '\n')) != NULL)
		*end = '\0';
	h.pid = pid;
	h.alive = kill((pid_t)pid, 0) == 0 || errno == EPERM;
	snprintf(h.what, sizeof(h.what), "%s", what);
	return h;
}

int
lock_refused(int fd, int silent, struct err *e)
{
	struct holder h = read_holder(fd);

	if (h.pid == 0)
		return err_set(e, ERR_LOCKED, "another fettle is at work");
	if (!h.alive)
		return err_set(e, ERR_LOCKED, "pid %ld (%s) has ended, but "
		    "something it started is still at work", h.pid, h.what);
	return err_set(e, ERR_LOCKED, "another fettle is at work: pid %ld "
	    "(%s)%s", h.pid, h.what, silent ? ", and does not answer" : "");
}
