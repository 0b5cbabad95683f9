#ifndef WEB_WEB_H
#define WEB_WEB_H

#include <stddef.h>
#include <stdint.h>

/*
 * The dashboard's server: a child of the daemon that speaks HTTP and nothing
 * else.  It opens no file, no socket and no program, and after its start it
 * cannot (web/sandbox.h).  What it has:
 *
 *	the channel	to the daemon (web/channel.h), its descriptor 0
 *	the listener	sent over the channel, with what it is to know
 *	desks		processes that answer questions as JSON (web/desk.h),
 *			streams that the daemon sends on demand
 *	errands		the output of commands that the daemon runs for it
 *			(web/errand.h)
 *
 * doc/why/web.md tells why it is cut so.
 */
struct err;
struct buf;

/* What the child is told at its start, and how that is packed. */
struct web_setup {
	int		 is_unix, is_loopback;
	uint16_t	 port;		/* of Host; 0: any */
	char		**hosts;	/* NULL-ended */
	char		*password;	/* "": none, only one-time links */
	char		*certificate, *key;	/* PEM; "": no TLS */
};
#define WEB_HOSTS	64

void web_setup_pack(const struct web_setup *s, struct buf *out);
int web_setup_unpack(const void *data, size_t len, struct web_setup *out);
void web_setup_fini(struct web_setup *s);

/* The child, until the channel is closed: 0, or -1. */
int web_serve(int channel, struct err *e);

/* ---- desks ---- */
#define WEB_LANES	2

struct settings;
/* Answer questions from fd (both ways) until it is closed: 0, or -1.  file is the
 * configuration that the user writes, which may have faults by now. */
int desk_serve(const struct settings *s, const char *file, int fd,
    struct err *e);

#endif
