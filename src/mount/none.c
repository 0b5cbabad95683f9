/* none.c -- mount.h, where FUSE was not there when this was built. */
#include "mount/mount.h"
#include "util/err.h"

int
mount_is_built(void)
{
	return 0;
}

int
mount_run(struct repo *r, const char *where, const struct mount_options *o,
    struct err *e)
{
	(void)r;
	(void)where;
	(void)o;
	return err_set(e, ERR_USAGE, "this fettle was built without mount "
	    "(libfuse3)");
}
