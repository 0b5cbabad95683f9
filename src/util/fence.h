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

/*
 * For a job: from now on this thread, and whatever it starts, can change only
 * what lies below these paths (absolute, NULL-ended; of one that is not there
 * the deepest folder that is), a file only itself.  It reads as before.  Call it
 * while there is no other thread.  1; 0: the kernel cannot; or -1 with errno.
 */
int fence_writes(const char *const *paths);
/* The version of the kernel's Landlock, 0 if it has none. */
int fence_version(void);

#endif
