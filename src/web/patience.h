#ifndef WEB_PATIENCE_H
#define WEB_PATIENCE_H

#include <pthread.h>
#include <stdint.h>

/*
 * How long callers may take to say what they want.  The HTTP library waits as
 * long as a byte comes now and then; 32 callers who send one every half minute
 * would keep everybody else out for ever.  So each has until a given time to be
 * heard out, whatever comes; who is later is hung up.
 *
 * Used by several threads.  A descriptor must be left before it is closed.
 */
#define PATIENCE_CALLERS 64

struct patience {
	pthread_mutex_t	 lock;
	struct waiting {
		int	 fd;		/* -1: free */
		int64_t	 until;		/* 0: it has been heard out */
	}		 v[PATIENCE_CALLERS];
};

void patience_init(struct patience *p);
/* Its place, for the other calls; NULL: there is none left. */
struct waiting *patience_enter(struct patience *p, int fd, int64_t until);
void patience_until(struct patience *p, struct waiting *w, int64_t until);
void patience_leave(struct patience *p, struct waiting *w);	/* NULL is fine */
/* Hang up on who is late: how many. */
unsigned patience_end(struct patience *p, int64_t now);

#endif
