#ifndef DAEMON_SYSTEMD_H
#define DAEMON_SYSTEMD_H

#include <stdint.h>

/*
 * Talking to a service manager (sd_notify(3)), by its own protocol: datagrams
 * to $NOTIFY_SOCKET.  Without one nothing happens, and failing is no failure.
 */
struct systemd {
	int		 fd;		/* -1: nobody listens */
	int64_t		 watchdog;	/* µs within which WATCHDOG=1 is wanted; 0 */
};

/* getenv as a function, so that tests can be any manager.  pid is our own. */
void systemd_open(struct systemd *s, const char *(*var)(const char *name),
    long pid);
void systemd_close(struct systemd *s);

/* "READY=1", "STOPPING=1", "WATCHDOG=1", several with newlines between. */
void systemd_tell(const struct systemd *s, const char *state);
/* RELOADING=1, with the time it wants beside it. */
void systemd_reloading(const struct systemd *s);

#endif
