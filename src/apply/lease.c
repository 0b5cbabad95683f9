#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "apply/lease.h"

/* The kernel tells of a break by a signal, SIGIO unless we choose: one that
 * nobody minds, for we ask in between. */
enum lease
lease_take(int fd)
{
	if (fcntl(fd, F_SETSIG, SIGURG) < 0)
		return LEASE_NONE;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
		return LEASE_HELD;
	return errno == EAGAIN ? LEASE_WRITER : LEASE_NONE;
}

int
lease_wanted(int fd)
{
	return fcntl(fd, F_GETLEASE) != F_RDLCK;
}

void
lease_drop(int fd)
{
	fcntl(fd, F_SETLEASE, F_UNLCK);
}
