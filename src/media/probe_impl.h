#ifndef MEDIA_PROBE_IMPL_H
#define MEDIA_PROBE_IMPL_H

#include <stdint.h>
#include <sys/types.h>

#include "media/probe.h"
#include "util/err.h"

/* Both sides are one program, so a question may name a function. */
struct question {
	struct probe_work work;
	uint64_t	 size;
};

struct answer {
	int		 rc;
	uint64_t	 len;
	struct err	 err;
};

/* ---- probe_child.c ---- */
/* In the forked child: serve fd for ever. */
_Noreturn void probe_child(int fd, pid_t parent);

#endif
