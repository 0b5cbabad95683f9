#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon/systemd.h"

/* A number of the environment, 0 if it is none. */
static int64_t
number(const char *s)
{
	char *end;
	long long n;

	if (s == NULL || *s < '0' || *s > '9')
		return 0;
	errno = 0;
	n = strtoll(s, &end, 10);
	return errno == 0 && *end == '\0' ? n : 0;
}

/* An absolute path, or '@' and an abstract name. */
static int
dial(const char *to)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t len = strlen(to);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    len);
	int fd;

	if ((*to != '/' && *to != '@') || len >= sizeof(a.sun_path))
		return -1;
	memcpy(a.sun_path, to, len);
	if (*to == '@')
		a.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, size) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void
systemd_open(struct systemd *s, const char *(*var)(const char *name), long pid)
{
	const char *to = var("NOTIFY_SOCKET"), *whose = var("WATCHDOG_PID");

	*s = (struct systemd){ .fd = to != NULL ? dial(to) : -1 };
	if (s->fd >= 0 && (whose == NULL || number(whose) == pid))
		s->watchdog = number(var("WATCHDOG_USEC"));
}

void
systemd_close(struct systemd *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void
systemd_tell(const struct systemd *s, const char *state)
{
	ssize_t n;

	if (s->fd < 0)
		return;
	n = send(s->fd, state, strlen(state), MSG_NOSIGNAL);
	(void)n;
}

void
systemd_reloading(const struct systemd *s)
{
	struct timespec ts;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	systemd_tell(s, text);
}
