#ifndef CATALOG_REPORT_H
#define CATALOG_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How far each one is who works under the owner: the owner's list, of which
 * nothing is written down.  A report ends with the connection that made it.
 */
struct report {
	uint64_t	 who;		/* the connection; 0 the owner itself */
	pid_t		 pid;
	void		*data;
	size_t		 len;
};

struct reports {
	struct report	*v;
	size_t		 n, cap;
};

/* In the place of who's last one; len 0: who has none any more. */
void reports_put(struct reports *rs, uint64_t who, pid_t pid,
    const void *data, size_t len);
void reports_fini(struct reports *rs);

#endif
