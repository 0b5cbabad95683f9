#ifndef REPO_WHO_H
#define REPO_WHO_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct json_read;

/* Who works here, as locks and key files tell it. */
struct who {
	char		 hostname[256], username[128];
	int64_t		 pid;
	uint32_t	 uid, gid;
};

/* May ask the system's user database.  What cannot be found out is "". */
void who_am_i(struct who *w);

/*
 * Members of lock and key files, when their name has been read (json_member): a
 * time in µs since 1970, ERR_CORRUPT for what is none; a name, cut to its room, for
 * it is for people; a number, refused if it does not fit.  0 or -1.
 */
int who_read_time(struct json_read *r, int64_t *out, struct err *e);
int who_read_name(struct json_read *r, char *out, size_t size, struct err *e);
int who_read_u32(struct json_read *r, uint32_t *out, struct err *e);

#endif
