#ifndef REPO_WHO_H
#define REPO_WHO_H

#include <stdint.h>

/* Who works here, as locks and key files tell it. */
struct who {
	char		 hostname[256], username[128];
	int64_t		 pid;
	uint32_t	 uid, gid;
};

/* May ask the system's user database.  What cannot be found out is "". */
void who_am_i(struct who *w);

#endif
