#ifndef UTIL_FENCE_H
#define UTIL_FENCE_H

#include <stdint.h>

/*
 * Fences around a process that reads what may be hostile.  Each calls the
 * kernel and nothing else, so that it may stand between fork and exec; what an
 * old kernel does not have is left out, and the limits hold all the same.
 */
struct fence_limits {
	uint64_t	 memory;	/* bytes of address space; 0: no limit */
	unsigned	 cpu;		/* seconds; 0: no limit */
};

/*
 * For a program that is run on foreign content: it can write to no file and
 * make none, speaks to no network, gets no new rights, and leaves no core.
 * It still reads what its user may read (libraries, fonts).  0, or -1 with
 * errno set: do not go on.
 */
int fence_program(const struct fence_limits *l);

/*
 * For code of our own in a forked child: from now on it can read and write the
 * descriptors that it has, take memory that is not executable, and end.  All
 * else fails with EPERM.  0, or -1 with errno set.
 */
int fence_reader(void);

/* Is such a fence to be had here?  (Tests ask.) */
int fence_reader_works(void);

#endif
