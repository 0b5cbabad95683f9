#ifndef STORE_RETRY_H
#define STORE_RETRY_H

#include "store/store.h"

/*
 * A store that tries again what failed on the way: the network was away, the
 * machine slept, the server was started anew, an answer was lost.
 *
 * A call that fails with ERR_NET is made again after a pause, for o->retry in
 * all (time without sleep); one that fails with ERR_IO three times.  The pauses
 * grow, up to half a minute, and are random (full jitter), so that a hundred
 * machines do not come back at once.  What fails twice running is told, once
 * (o->tell), so that nobody waits without knowing for what.
 * Every other failure is final.  A file that
 * is there already is a success, but for the config; a config whose first answer
 * was lost is read again, and is a success if it is ours.
 *
 * Takes inner over; o may be NULL.  Uploads are gathered, so that they can be
 * made again.
 */
/* What -o far.retry=DURATION says goes before o->retry; any other far.* is
 * ERR_USAGE. */
int store_retry_options(const struct store_options *o, int64_t *retry,
    struct err *e);
struct store *store_retry(struct store *inner, const struct store_options *o);

#endif
