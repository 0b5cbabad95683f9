#ifndef MOUNT_TEMPLATE_H
#define MOUNT_TEMPLATE_H

#include <stddef.h>

#include "repo/node.h"

/*
 * Where a snapshot is shown, by restic's templates.
 *
 * A path template has %i (short id) %I (id) %u (user) %h (host) %t (a tag: once
 * for each) %T (time).  A time template is one of Go: a sample of the moment Mon
 * Jan 2 15:04:05 2006, zone -0700.  What a snapshot says becomes one component:
 * '/' is '_', nothing and "." are "_", ".." is "__".
 */
struct buf;
struct err;
struct snapshot;

/* ERR_USAGE: it is empty, or begins or ends with '/'. */
int template_check_time(const char *s, struct err *e);
void template_time(struct buf *out, const char *layout,
    const struct node_time *t);

/*
 * All paths of a snapshot: told one by one, relative, perhaps with empty
 * components.  A template that ends with %T gives what is before it and the time
 * apart; else suffix is "".
 */
void template_paths(const char *path, const char *time,
    const struct snapshot *s,
    void (*each)(void *arg, const char *prefix, const char *suffix), void *arg);

/* The folder that a template's paths have in common, "" if none: its length. */
size_t template_static(const char *path);

#endif
