/* queue.c -- when news is handed over, and when again. */
#include <string.h>
#include <time.h>

#include "notify/queue.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/pack.h"
#include "util/span.h"
#include "util/time.h"

#define VERSION		1
#define FIRST_AGAIN	SPAN_MINUTE
#define GIVE_UP		(3 * SPAN_DAY)
#define GIVE_UP_PING	SPAN_DAY
/* Nothing is put off for longer: then the clock was wrong. */
#define LONGEST		(26 * SPAN_HOUR)

void
notify_entry_fini(struct notify_entry *x)
{
	notify_news_fini(&x->news);
}

void
notify_entry_pack(const struct notify_entry *x, struct buf *out)
{
	pack_u64(out, VERSION);
	pack_u64(out, x->to);
	pack_u64(out, x->ev);
	pack_i64(out, x->first);
	pack_i64(out, x->due);
	pack_u64(out, x->tries);
	pack_u64(out, (uint64_t)x->put_off);
	notify_news_pack(&x->news, out);
}

int
notify_entry_unpack(const void *data, size_t len, struct notify_entry *x,
    struct err *e)
{
	struct unpack u = unpack_start(data, len);
	uint64_t version = unpack_u64(&u), ev;

	*x = (struct notify_entry){ .to = unpack_u64(&u) };
	ev = unpack_u64(&u);
	x->first = unpack_i64(&u);
	x->due = unpack_i64(&u);
	x->tries = (unsigned)unpack_u64(&u);
	x->put_off = unpack_u64(&u) != 0;
	if (u.bad || version != VERSION || ev >= NOTIFY_EVENTS)
		return err_set(e, ERR_CORRUPT, "a kept notification cannot be "
		    "read");
	x->ev = (enum notify_event)ev;
	return notify_news_unpack(u.p, (size_t)(u.end - u.p), &x->news, e);
}

void
notify_told_pack(const struct notify_told *t, struct buf *out)
{
	size_t i;

	for (i = 0; i < NOTIFY_EVENTS; i++)
		pack_i64(out, t->at[i]);
	pack_u64(out, (uint64_t)t->trouble);
}

int
notify_told_unpack(const void *data, size_t len, struct notify_told *t)
{
	struct unpack u = unpack_start(data, len);
	size_t i;

	for (i = 0; i < NOTIFY_EVENTS; i++)
		t->at[i] = unpack_i64(&u);
	t->trouble = unpack_u64(&u) != 0;
	if (unpack_end(&u) == 0)
		return 0;
	*t = (struct notify_told){0};
	return -1;
}

void
notify_told_note(struct notify_told *t, enum notify_event ev, int64_t now)
{
	t->at[ev] = now;
	if (NOTIFY_BIT(ev) & NOTIFY_TROUBLE)
		t->trouble = 1;
	else if (ev != NOTIFY_START)
		t->trouble = 0;
}

/* The next time of day, local, that a digest goes out at. */
static int64_t
next_digest(int64_t now, int64_t of_day)
{
	struct tm tm;
	int64_t at;

	time_to_tm(now, &tm);
	tm.tm_hour = (int)(of_day / SPAN_HOUR);
	tm.tm_min = (int)(of_day % SPAN_HOUR / SPAN_MINUTE);
	tm.tm_sec = 0;
	at = time_of_tm(&tm);
	if (at > now)
		return at;
	tm.tm_mday++;
	return time_of_tm(&tm);
}

int64_t
notify_due(const struct notify *n, enum notify_event ev,
    const struct notify_told *t, int64_t now, int *put_off)
{
	*put_off = 0;
	if (n->digest >= 0)
		return next_digest(now, n->digest);
	if (!notify_repeats(n, ev) || t->at[ev] == 0 || t->at[ev] > now ||
	    now - t->at[ev] >= NOTIFY_APART)
		return now;
	*put_off = 1;
	return t->at[ev] + NOTIFY_APART;
}

enum notify_fate
notify_old(const struct notify *n, enum notify_event ev,
    const struct notify_news *w, const struct notify_entry *old,
    uint64_t *again)
{
	unsigned trouble = NOTIFY_BIT(ev) & NOTIFY_TROUBLE;
	unsigned old_trouble = NOTIFY_BIT(old->ev) & NOTIFY_TROUBLE;

	if (old->to != n->id)
		return NOTIFY_STAYS;
	if (n->kind == NOTIFY_PING)	/* only how it stands now matters */
		return NOTIFY_REPLACED;
	if (n->digest >= 0 || strcmp(old->news.job, w->job) != 0)
		return NOTIFY_STAYS;
	if (old->ev == ev && notify_repeats(n, ev)) {
		*again += old->news.again + 1;
		return NOTIFY_REPLACED;
	}
	if (!old->put_off)
		return NOTIFY_STAYS;
	if ((trouble && old->ev == NOTIFY_RECOVERED) ||
	    (ev == NOTIFY_RECOVERED && old_trouble))
		return NOTIFY_UNTRUE;
	return NOTIFY_STAYS;
}

int
notify_is_due(const struct notify_entry *x, int64_t now)
{
	return x->due <= now || x->due > now + LONGEST;
}

void
notify_try(struct notify_entry *x, int64_t now)
{
	x->tries++;
	x->put_off = 0;
	x->due = now + NOTIFY_APART;
}

int
notify_failed(const struct notify *n, struct notify_entry *x, int unsure,
    int64_t now)
{
	int64_t wait = FIRST_AGAIN;
	unsigned i;

	if (x->first > now)		/* the clock was set back */
		x->first = now;
	if (now - x->first > (n->kind == NOTIFY_PING ? GIVE_UP_PING : GIVE_UP))
		return 0;
	for (i = 1; i < x->tries && wait < NOTIFY_APART; i++)
		wait *= 2;
	if (unsure || wait > NOTIFY_APART)
		wait = NOTIFY_APART;
	x->due = now + wait;
	return 1;
}
