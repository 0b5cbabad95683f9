#include <fcntl.h>

#include "job/machine.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"

#define MACHINE_ID_MAX	64

void
machine_id(struct buf *out)
{
	CLEAN_FD int fd = open("/etc/machine-id",
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || fd_read_all(fd, MACHINE_ID_MAX, out) < 0)
		buf_reset(out);
}
