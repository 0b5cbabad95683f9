#ifndef JOB_ROOM_H
#define JOB_ROOM_H

#include <stddef.h>
#include <stdint.h>

#include "job/job.h"

/*
 * The space left where backups and archives go, and the day on which it will be
 * used up at this rate.
 *
 * What was free is noted after each run that put something there and once a
 * night, a point every ROOM_STEP at most, in the catalog's space "room" under
 * the folder's name; the oldest of more than ROOM_POINTS go.
 */
#define ROOM_POINTS	128
#define ROOM_STEP	(INT64_C(6) * 3600 * 1000000)	/* µs */
/* What is said rests on the last ROOM_SPAN, and on ROOM_LEAST of it. */
#define ROOM_SPAN	(INT64_C(30) * 86400 * 1000000)
#define ROOM_LEAST	(INT64_C(86400) * 1000000)
#define ROOM_FEW	3	/* points: fewer say nothing */
#define ROOM_FAR	(INT64_C(3653) * 86400 * 1000000)	/* as good as never */

struct room_point {
	int64_t		 time;		/* µs since 1970 */
	uint64_t	 free, total;	/* bytes */
};

struct room {
	struct room_point v[ROOM_POINTS];
	size_t		 n;		/* oldest first */
};

/* Add a point; a clock that was set back takes those beyond it away. */
void room_add(struct room *r, const struct room_point *p);

/* When nothing will be free any more, by the line through the last points;
 * INT64_MAX: never, or nobody can say. */
int64_t room_full_at(const struct room *r, int64_t now);

/* The folder that a job puts things into, or NULL: none, or not on this
 * machine, or not there. */
const char *room_place(const struct job *j);

/* Note what is free there now.  A failure is logged, no more. */
void room_note(struct hall *h, const struct job *j, int64_t now);
/* The same for all jobs that have a place. */
void room_note_all(struct hall *h, int64_t now);

/* What is free now, and when it will be used up: 1, 0 if its place is not
 * there, or -1. */
int room_now(struct hall *h, const struct job *j, int64_t now,
    struct room_point *out, int64_t *full_at, struct err *e);

#endif
