#ifndef STORE_SFTP_LINE_H
#define STORE_SFTP_LINE_H

#include "store/sftp_wire.h"
#include "util/buf.h"
#include "util/proc.h"

/*
 * One ssh with an SFTP server behind it, and what is on its way: requests are
 * sent without waiting for the answers to those before.
 *
 * A line is used by one thread at a time.  After a failure of the line itself
 * (dead is set: ssh has ended, no byte came for as long as the store's stall
 * says, an answer made no sense, or it was asked to stop) nothing but line_close
 * may be done with it.  A refusal by the server leaves it good.
 */
struct store;

#define LINE_SLOTS	256			/* requests on their way */
#define LINE_SLACK	128			/* free when nobody talks */
#define LINE_WINDOW	((size_t)8 << 20)	/* bytes on their way */
#define LINE_IGNORED	UINT32_MAX		/* a tag: its answer is of no use */

#define LINE_FILES	4			/* kept open for the next read */

struct line_file {
	unsigned char	 id[32];	/* a pack's */
	unsigned char	 handle[WIRE_HANDLE_MAX];
	size_t		 len;		/* of the handle; 0: none */
};

struct line_slot {
	int		 busy;
	uint32_t	 id, tag;
	size_t		 weight;
};

struct line {
	const struct store *store;	/* stall, limits, stop */
	int		 holds_on;	/* it is not stopped: a lock is at stake */
	struct proc	 ssh;
	int		 to, from, told;	/* our ends of its 0, 1 and 2 */

	int		 fsync, posix_rename, statvfs;	/* the server has them */
	size_t		 read_max, write_max;	/* bytes of one request */

	struct buf	 out;		/* not sent yet, from sent on */
	size_t		 sent, begun;
	unsigned char	*in;
	size_t		 in_len;
	struct line_slot slots[LINE_SLOTS];
	uint32_t	 next_id;
	unsigned	 waiting;	/* answers that matter */
	size_t		 weight;
	int64_t		 moved;		/* mono: when a byte last went or came */
	int64_t		 out_after, in_after;	/* mono: not before, by the limits */
	struct line_file files[LINE_FILES];	/* its owner's */
	unsigned	 next_file;
	int		 dead;
	char		 words[512];	/* the last that ssh said */
	struct line	*next;		/* for its owner */
};

/*
 * Start ssh (argv) and shake hands.  foreground: it may use the terminal, as to
 * ask for a passphrase, and nobody else does meanwhile.  ERR_DENIED: it would
 * not let us in, or is not who it was; ERR_NET; ERR_USAGE: no such program.
 */
int line_open(const struct store *s, char *const *argv, int foreground,
    struct line **out, struct err *e);
void line_close(struct line *l);		/* NULL is fine */

/*
 * One request: line_begin, its fields into l->out, line_end.  weight: how many
 * bytes it or its answer carries.  There must be room.
 */
int line_has_room(const struct line *l);
void line_begin(struct line *l, enum wire_type t);
void line_end(struct line *l, uint32_t tag, size_t weight);

/*
 * Send and hear until every answer is there.  more is asked for requests while
 * there is room: 1 if it made one, 0 if it has none just now; it may be NULL.
 * heard gets each answer that is not to be ignored.  Once heard has failed
 * nothing more is asked for, the answers on their way are waited for, and that
 * failure is told.
 */
struct line_talk {
	int (*more)(void *arg, struct line *l);
	int (*heard)(void *arg, struct line *l, uint32_t tag,
	    struct wire_answer *a, struct err *e);
	void *arg;
};
int line_talk(struct line *l, const struct line_talk *t, struct err *e);

/* What came to a request that is answered in few bytes. */
struct line_reply {
	enum wire_type	 type;
	uint32_t	 status;
	struct wire_attrs attrs;
	unsigned char	 handle[WIRE_HANDLE_MAX];
	size_t		 handle_len;
	uint64_t	 numbers[11];	/* EXTENDED_REPLY */
	unsigned	 n_numbers;
	char		 words[120];	/* of a refusal; safe to be shown */
};

/* Hear the answers to requests with the tags 0 to n - 1, which were ended. */
int line_replies(struct line *l, struct line_reply *v, size_t n, struct err *e);

/* A file is closed some time; nobody waits for it. */
void line_forget(struct line *l, const void *handle, size_t len);

#endif
