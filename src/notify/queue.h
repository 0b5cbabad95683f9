#ifndef NOTIFY_QUEUE_H
#define NOTIFY_QUEUE_H

#include "notify/notify.h"

/*
 * When news is handed over, and when again; pure: the time is handed in.
 *
 * Trouble that goes on is told once an hour: what would be told again sooner
 * waits until then, newer news of the same kind takes its place, and what is no
 * longer true by then is dropped.  What could not be handed over is tried again,
 * later each time; what may have arrived all the same not within an hour.
 */
struct buf;
struct err;

#define NOTIFY_APART	((int64_t)3600 * 1000000)	/* µs */
#define NOTIFY_QUEUED_MAX 500

struct notify_entry {
	uint64_t	 to;		/* struct notify.id */
	enum notify_event ev;
	int64_t		 first;		/* when it was queued */
	int64_t		 due;
	unsigned	 tries;
	int		 put_off;	/* only since the like was told just now */
	struct notify_news news;
};
void notify_entry_fini(struct notify_entry *x);
void notify_entry_pack(const struct notify_entry *x, struct buf *out);
int notify_entry_unpack(const void *data, size_t len, struct notify_entry *x,
    struct err *e);

/* What was told last, to one address about one job. */
struct notify_told {
	int64_t		 at[NOTIFY_EVENTS];	/* µs; 0 never */
	int		 trouble;	/* as far as they know there is */
};
void notify_told_pack(const struct notify_told *t, struct buf *out);
int notify_told_unpack(const void *data, size_t len, struct notify_told *t);
void notify_told_note(struct notify_told *t, enum notify_event ev,
    int64_t now);

/* When news that comes now is due; *put_off as in the entry. */
int64_t notify_due(const struct notify *n, enum notify_event ev,
    const struct notify_told *t, int64_t now, int *put_off);

/*
 * New news for n: what becomes of an entry that waits for the same address.
 * Those whose answer is not NOTIFY_STAYS are to be dropped; how often the like
 * was held back is added to *again.
 */
enum notify_fate { NOTIFY_STAYS, NOTIFY_REPLACED, NOTIFY_UNTRUE };
enum notify_fate notify_old(const struct notify *n, enum notify_event ev,
    const struct notify_news *w, const struct notify_entry *old,
    uint64_t *again);

int notify_is_due(const struct notify_entry *x, int64_t now);
/* It is about to be handed over: until it is known how that went, not within
 * an hour again. */
void notify_try(struct notify_entry *x, int64_t now);
/* It was not: when next.  1, or 0 if it is to be given up. */
int notify_failed(const struct notify *n, struct notify_entry *x, int unsure,
    int64_t now);

#endif
