#ifndef WEB_LISTEN_H
#define WEB_LISTEN_H

/*
 * The listening socket, opened by the daemon for its web child: state/web.sock
 * (0600), an address, or the one that systemd holds for us.
 */
struct err;
struct set_web;

/* Not blocking, close-on-exec: the descriptor, or -1.  ERR_LOCKED: the port is
 * taken. */
int listen_open(const struct set_web *w, int state_dir, struct err *e);

/* The first socket of LISTEN_FDS, once; -1: there is none for us.  It is taken
 * out of the environment, so that no child thinks it were its own. */
int listen_inherited(void);

/* Is it a unix socket? */
int listen_is_unix(int fd);

#define LISTEN_SOCKET	"web.sock"

#endif
