#ifndef CLI_INDENT_H
#define CLI_INDENT_H

#include <stddef.h>

struct buf;

/* JSON with a line a member and two blanks a level, as Go's MarshalIndent. */
void indent_json(struct buf *out, const void *json, size_t len);

#endif
