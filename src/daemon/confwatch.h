#ifndef DAEMON_CONFWATCH_H
#define DAEMON_CONFWATCH_H

#include "daemon/loop.h"

/*
 * Notices that a configuration changed: the file, what a symlink of that name
 * points at, and fettle.d beside it.  It watches folders, since editors put a
 * new file in the place of the old one.
 */
struct confwatch {
	struct watch	 watch;
	char		*file, *name, *real_name;
	int		 folder, real_folder, more;	/* inotify's numbers */
	void (*changed)(void *arg);
	void		*arg;
};

/* -1: changes will not be noticed (there are too many watches). */
int confwatch_open(struct confwatch *c, struct loop *l, const char *file,
    void (*changed)(void *arg), void *arg, struct err *e);
/* Look anew for fettle.d, for where a symlink points, for a folder that was
 * replaced. */
void confwatch_again(struct confwatch *c);
void confwatch_close(struct confwatch *c, struct loop *l);

#endif
