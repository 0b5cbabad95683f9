#ifndef CONF_OPEN_H
#define CONF_OPEN_H

#include <sys/stat.h>

#include "conf/env.h"
#include "util/err.h"

/*
 * Opening what a user named in place, inside this room.
 *
 * The path is walked step by step.  Symlinks are followed, people keep their
 * configuration so, but only those of env->uid or root: a link that somebody
 * else planted leads nowhere.  What it is, is known before it is opened, so
 * no FIFO blocks and no device is touched.
 *
 * type is S_IFREG or S_IFDIR; at is where relative paths begin (AT_FDCWD).
 * *st is what was opened.  A descriptor to be closed by the caller, or -1.
 */
int conf_open(int at, const char *path, mode_t type,
    const struct conf_env *env, struct stat *st, struct err *e);

/*
 * May this be believed?  It must belong to env->uid or root, and nobody else
 * may write it.  0, or -1 with ERR_DENIED and what to do about it.
 */
int conf_trusted(int fd, const struct stat *st, const struct conf_env *env,
    struct err *e);

#endif
