#ifndef APPLY_MEMBER_H
#define APPLY_MEMBER_H

#include <stdint.h>

/*
 * A file out of a bundle: its bytes, and all that it is beside them.
 */
struct err;
struct tar_entry;
struct tar_reader;

/* What is said of a file that could not be given all it had. */
#define MEMBER_LOST "not all owners or attributes could be kept there"

/*
 * Write the member that tr has in hand, which t tells of, into the new file fd;
 * then owner, mode, attributes and times.  Holes stay holes.  watch is asked
 * between pieces with the bytes done since (NULL: never); not 0 is ERR_STOPPED.
 * *lost gets META_* (apply/meta.h) of what this place cannot hold.
 */
int member_pour(struct tar_reader *tr, const struct tar_entry *t, int fd,
    int (*watch)(void *arg, uint64_t bytes), void *arg, unsigned *lost,
    struct err *e);

#endif
