#ifndef STORE_STEER_H
#define STORE_STEER_H

#include <stdint.h>

/*
 * How many requests a far store has under way at once, steered by what they carry.
 *
 * It begins with STEER_FIRST, or most if that is less, and stays between 1 and most.
 * What was carried is looked at in stretches of STEER_STRETCH or more, in which
 * requests ended at least twice as often as there may be under way; and only if
 * most of them found all others taken, for where nobody waits a further one
 * carries nothing.  After a full stretch one more is tried.  If in the next stretch
 * it brought at least half of what each of the others carried it stays, and
 * another is tried; else it is taken back, and none is tried for STEER_REST full
 * stretches.
 *
 * Trouble (cut off, too slow, "slow down") takes a quarter away, at least one, and
 * once a stretch, since what fails together has failed for one reason; then the
 * same rest.  So a server that has had enough is asked for less, and the
 * number comes back by itself.
 *
 * A request counts as its bytes and STEER_REQUEST for its round trip: removing
 * a thousand files carries something, too.
 *
 * No clock is read and nothing blocks: times are told, in µs of time_mono, and
 * never go back.  The owner's lock is the caller's matter.
 */
#define STEER_FIRST	5			/* as restic, always */
#define STEER_STRETCH	((int64_t)500000)	/* µs */
#define STEER_REST	8
#define STEER_REQUEST	((uint64_t)16 << 10)	/* bytes */

struct steer {
	unsigned	 most, now;
	unsigned	 tried;		/* the last step was one more */
	unsigned	 rest;		/* full stretches until the next try */
	double		 before;	/* bytes a second, before that step */

	/* This stretch; none has begun if began is 0. */
	int64_t		 began;
	uint64_t	 bytes;
	unsigned	 begun, full, ended;
	int64_t		 last;		/* when a request last ended */
	int64_t		 trouble;	/* when a quarter was last taken */
};

enum steer_end {
	STEER_WELL,		/* it was answered, be it by a refusal */
	STEER_TROUBLE		/* it was not, or not now */
};

/* most: 1 or more. */
void steer_init(struct steer *s, unsigned most);

/* How many may be under way now: 1 to most. */
unsigned steer_now(const struct steer *s);

/* A request begins, with so many under way, itself among them. */
void steer_begin(struct steer *s, int64_t mono, unsigned busy);

/* It ended, and carried so many bytes, either way. */
void steer_end(struct steer *s, int64_t mono, uint64_t bytes,
    enum steer_end how);

#endif
