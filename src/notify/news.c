/* news.c -- a piece of news as a value: kept, matched. */
#include <stdlib.h>
#include <string.h>

#include "notify/notify.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/pack.h"
#include "util/xalloc.h"

#define VERSION	1

static const char *const names[] = { "start", "success", "failure", "partial",
	"held", "late", "recovered", "integrity" };

/* The gravest first. */
static const enum notify_event order[] = { NOTIFY_INTEGRITY, NOTIFY_FAILURE,
	NOTIFY_PARTIAL, NOTIFY_HELD, NOTIFY_LATE, NOTIFY_RECOVERED,
	NOTIFY_SUCCESS, NOTIFY_START };

const char *
notify_event_name(enum notify_event ev)
{
	return names[ev];
}

void
notify_news_fini(struct notify_news *n)
{
	free(n->job);
	free(n->kind);
	free(n->text);
	free(n->log);
	*n = (struct notify_news){0};
}

void
notify_news_pack(const struct notify_news *n, struct buf *out)
{
	pack_u64(out, VERSION);
	pack_i64(out, n->time);
	pack_i64(out, n->started);
	pack_i64(out, n->run);
	pack_u64(out, n->events);
	pack_str(out, n->job);
	pack_str(out, n->kind);
	pack_str(out, n->text);
	pack_str(out, n->log);
	pack_u64(out, (uint64_t)n->unattended);
	pack_u64(out, n->done);
	pack_u64(out, n->skipped);
	pack_u64(out, n->failed);
	pack_u64(out, n->held);
	pack_u64(out, n->waiting);
	pack_u64(out, n->files);
	pack_u64(out, n->bytes);
	pack_u64(out, n->again);
}

int
notify_news_unpack(const void *data, size_t len, struct notify_news *n,
    struct err *e)
{
	struct unpack u = unpack_start(data, len);
	uint64_t version = unpack_u64(&u);

	*n = (struct notify_news){
		.time = unpack_i64(&u), .started = unpack_i64(&u),
		.run = unpack_i64(&u), .events = (unsigned)unpack_u64(&u),
	};
	n->job = unpack_str(&u);
	n->kind = unpack_str(&u);
	n->text = unpack_str(&u);
	n->log = unpack_str(&u);
	n->unattended = unpack_u64(&u) != 0;
	n->done = unpack_u64(&u);
	n->skipped = unpack_u64(&u);
	n->failed = unpack_u64(&u);
	n->held = unpack_u64(&u);
	n->waiting = unpack_u64(&u);
	n->files = unpack_u64(&u);
	n->bytes = unpack_u64(&u);
	n->again = unpack_u64(&u);
	if (unpack_end(&u) == 0 && version == VERSION)
		return 0;
	notify_news_fini(n);
	return err_set(e, ERR_CORRUPT, "a kept notification cannot be read");
}

static int
is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(name, *list) == 0)
			return 1;
	return 0;
}

static int
is_about(const struct notify *n, const struct notify_news *w,
    char *const *tags)
{
	if (n->jobs == NULL && n->tags == NULL)
		return 1;
	if (n->jobs != NULL && is_one_of(w->job, n->jobs))
		return 1;
	for (; n->tags != NULL && tags != NULL && *tags != NULL; tags++)
		if (is_one_of(*tags, n->tags))
			return 1;
	return 0;
}

/*
 * A ping that was told of a start must hear of the end, or whoever waits for it
 * cries later and for the wrong reason: whatever is no success is a failure.
 */
static unsigned
as_ping(unsigned events)
{
	if (events & NOTIFY_BIT(NOTIFY_START))
		return NOTIFY_BIT(NOTIFY_START);
	if (events & (NOTIFY_BIT(NOTIFY_FAILURE) | NOTIFY_BIT(NOTIFY_PARTIAL) |
	    NOTIFY_BIT(NOTIFY_HELD) | NOTIFY_BIT(NOTIFY_INTEGRITY)))
		return NOTIFY_BIT(NOTIFY_FAILURE);
	return events & NOTIFY_BIT(NOTIFY_SUCCESS);
}

int
notify_wants(const struct notify *n, const struct notify_news *w,
    char *const *tags, enum notify_event *ev)
{
	unsigned events = n->kind == NOTIFY_PING ? as_ping(w->events) :
	    w->events;
	size_t i;

	if ((events & n->events) == 0 || (n->unattended && !w->unattended) ||
	    !is_about(n, w, tags))
		return 0;
	for (i = 0; i < NOTIFY_EVENTS; i++)
		if (events & n->events & NOTIFY_BIT(order[i])) {
			*ev = order[i];
			return 1;
		}
	return 0;
}

int
notify_repeats(const struct notify *n, enum notify_event ev)
{
	return n->kind != NOTIFY_PING && n->digest < 0 &&
	    (NOTIFY_BIT(ev) & (NOTIFY_TROUBLE | NOTIFY_BIT(NOTIFY_RECOVERED)));
}
