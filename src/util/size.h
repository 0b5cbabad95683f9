#ifndef UTIL_SIZE_H
#define UTIL_SIZE_H

#include <stdint.h>

struct buf;
struct err;

/*
 * Sizes in bytes: "10MiB", "1.5 GB", "1k", "1ki", "200" (bare is bytes).  Case
 * does not count and the b may be left out; k M G T P E are powers of 1000,
 * with an i of 1024, as in organize.  0, or -1 and ERR_USAGE.
 */
int size_parse(const char *s, uint64_t *bytes, struct err *e);

/* For people: "812 B", "1.4 MiB", "10 GiB". */
void size_print(struct buf *out, uint64_t bytes);

/*
 * A share of a whole, "10%" or "2.5 %", from 0 to 100, in hundredths of a per
 * cent (1000 is 10 %): 0, or -1 and ERR_USAGE.
 */
int size_parse_percent(const char *s, unsigned *hundredths, struct err *e);

#endif
