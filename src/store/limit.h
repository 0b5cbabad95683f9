#ifndef STORE_LIMIT_H
#define STORE_LIMIT_H

#include <stddef.h>
#include <stdint.h>

/*
 * How many bytes a second may go one way, all threads together.
 *
 * It is written as a rate, "5MiB", or as rates with the hours (local) in which
 * they hold: "1MiB 08:00-18:00, 20MiB".  The first whose hours fit counts; where
 * none fits, and where the rate is 0, there is no limit.  Hours may go over
 * midnight, "22:00-06:00".
 */
struct err;
struct limit;

/* ERR_USAGE, with what is wrong. */
int limit_new(const char *text, struct limit **out, struct err *e);
void limit_free(struct limit *l);		/* NULL is fine */

/* Is it well written?  0 or -1. */
int limit_check(const char *text, struct err *e);

/*
 * n bytes are about to go, or have come: how many µs the caller is to wait
 * before he lets the next go.  NULL: no time at all.  Any thread.
 */
int64_t limit_take(struct limit *l, size_t n);
/* The same with the clocks told: µs since 1970, and of time_mono. */
int64_t limit_take_at(struct limit *l, size_t n, int64_t now, int64_t mono);

/* The rate that holds now, bytes a second; 0: none. */
uint64_t limit_rate(const struct limit *l, int64_t now);

#endif
