#ifndef APPLY_SHELL_H
#define APPLY_SHELL_H

#include <stddef.h>

/* What a plan says of a command, beside its text: op->extra of OP_SHELL. */
struct buf;

/* ignore: that it fails is no failure.  dir: where it starts, absolute. */
void shell_pack(struct buf *out, int ignore, const char *dir);
/* 0, or -1 if it is no such thing.  dir is borrowed. */
int shell_unpack(const void *data, size_t len, int *ignore,
    const char **dir);

#endif
