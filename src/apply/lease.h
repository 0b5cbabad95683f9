#ifndef APPLY_LEASE_H
#define APPLY_LEASE_H

/*
 * A read lease tells whether a file is written to while we read it: it is
 * refused while somebody has the file open for writing, and whoever opens it
 * for writing later waits until we let go (at most /proc/sys/fs/
 * lease-break-time) and we can see that he waits.
 */
enum lease {
	LEASE_HELD,
	LEASE_NONE,	/* not our file, or no leases here: nothing is known */
	LEASE_WRITER,	/* somebody has it open for writing */
};

enum lease lease_take(int fd);
/* Does somebody wait for us to let go? */
int lease_wanted(int fd);
void lease_drop(int fd);

#endif
