#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "job/set_web.h"
#include "util/err.h"
#include "web/listen.h"

#define BACKLOG		64
#define FIRST_FD	3		/* SD_LISTEN_FDS_START */

static int
open_unix(int dir)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/"
	    LISTEN_SOCKET, dir);
	/* The catalog is ours, so what lies there is of a daemon that is gone. */
	if ((unlinkat(dir, LISTEN_SOCKET, 0) == 0 || errno == ENOENT) &&
	    fchmod(fd, 0600) == 0 &&
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
open_tcp(const struct set_web *w)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
	    .sin6_port = htons(w->port) };
	struct sockaddr_in four = { .sin_family = AF_INET,
	    .sin_port = htons(w->port) };
	int is_six = inet_pton(AF_INET6, w->address, &six.sin6_addr) == 1;
	int one = 1;
	int fd = socket(is_six ? AF_INET6 : AF_INET,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (!is_six)
		inet_pton(AF_INET, w->address, &four.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four,
	    is_six ? sizeof(six) : sizeof(four)) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

int
listen_open(const struct set_web *w, int state_dir, struct err *e)
{
	int fd = w->is_unix ? open_unix(state_dir) : open_tcp(w);

	if (fd >= 0)
		return fd;
	if (errno == EADDRINUSE)
		return err_set(e, ERR_LOCKED, "the dashboard cannot be served: "
		    "somebody else listens at %s", w->listen);
	return err_sys(e, "serve the dashboard at %s", w->listen);
}

int
listen_is_unix(int fd)
{
	int family = 0;
	socklen_t len = sizeof(family);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) == 0 &&
	    family == AF_UNIX;
}

static long
number(const char *name)
{
	const char *s = getenv(name);
	char *end;
	long n;

	if (s == NULL || *s < '0' || *s > '9')
		return 0;
	n = strtol(s, &end, 10);
	return *end == '\0' ? n : 0;
}

int
listen_inherited(void)
{
	int fd = -1, on = 0;
	socklen_t len = sizeof(on);

	if (number("LISTEN_PID") == (long)getpid() && number("LISTEN_FDS") >= 1 &&
	    getsockopt(FIRST_FD, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on)
		fd = FIRST_FD;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (fd >= 0 && (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) < 0))
		return -1;
	return fd;
}
