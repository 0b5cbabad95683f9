#ifndef DAEMON_WEB_H
#define DAEMON_WEB_H

#include <stddef.h>

/*
 * The daemon's side of the dashboard: it opens the listening socket, keeps the
 * web child going, and starts for it what it may not start itself: desks
 * (web/web.h) and errands (web/errand.h).  A child that dies is started anew,
 * later each time; a port that is taken is tried again.  None of it stops the
 * daemon.
 */
struct buf;
struct daemon;

/* By the configuration in force; told again when that is another. */
void web_open(struct daemon *d);
/* same: `web` says what it said before. */
void web_reload(struct daemon *d, int same);
void web_close(struct daemon *d);

/* A one-time link's token, as JSON: 0, or -1: there is no dashboard. */
int web_link(struct daemon *d, struct buf *out);

/* Errands work on files as workers do. */
size_t web_errands(const struct daemon *d);
void web_signal(struct daemon *d, int sig);

#endif
