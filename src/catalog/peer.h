#ifndef CATALOG_PEER_H
#define CATALOG_PEER_H

#include "catalog/impl.h"

/*
 * One who asks: the owner's end of a connection.  Nothing here waits, except
 * peer_flush, and that not long.
 */
struct peer {
	int		 fd;
	enum catalog_role role;
	uint64_t	 id;		/* never again: whose claims are whose */
	pid_t		 pid;
	int		 greeted;
	int		 leaving;	/* once its last answer is out */
	int		 give_lock;	/* with the next bytes that go out */
	struct buf	 in, out;
	size_t		 sent;
	int64_t		 since;		/* ms: when half a frame or answer last
					   went on; 0: neither */
};

/* 1 if the other end is our own user, or root; its process to *pid. */
int peer_is_ours(int fd, pid_t *pid);
void peer_fini(struct peer *p);		/* does not close fd */

/* Take what has come: 0, or -1 when the peer is to be dropped. */
int peer_read(struct peer *p);
/* Answer one whole frame: 1 it did, 0 there was none, -1 drop it. */
int peer_answer(struct catalog *c, struct peer *p);
/* Send what can be sent at once: 1 all is out, 0 some is left, -1 drop it. */
int peer_write(struct catalog *c, struct peer *p);
/* Send all within ms: 0, or -1. */
int peer_flush(struct catalog *c, struct peer *p, int ms);

/* What a greeted peer's frame is answered with (for fuzzing, too). */
void peer_frame(struct catalog *c, enum catalog_role role, const void *frame,
    size_t len, struct buf *out);

int64_t peer_clock(void);		/* ms, monotonic */

#endif
