/*
 * post_late.c -- what did not happen: jobs that are late.
 *
 * The catalog's space "late" has a row for each that was told, with the time.
 * It is told again once a day while it lasts.
 */
#include "catalog/catalog.h"
#include "job/parts.h"
#include "job/post_impl.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/pack.h"
#include "util/span.h"

#define SPACE	"late"

static int64_t
told_at(struct hall *h, const char *job)
{
	CLEAN_BUF struct buf b = {0};
	struct unpack u;
	int64_t at = 0;

	if (catalog_get(h->catalog, SPACE, job, &b, NULL) == 1) {
		u = unpack_start(b.data, b.len);
		at = unpack_i64(&u);
		if (unpack_end(&u) < 0)
			at = 0;
	}
	return at;
}

int
post_was_late(struct hall *h, const char *job)
{
	return told_at(h, job) != 0;
}

static int
tell(struct hall *h, const struct job_status *s, int64_t now, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	struct notify_news w = {
		.time = now, .events = NOTIFY_BIT(NOTIFY_LATE),
		.job = (char *)(uintptr_t)s->job->name,
		.kind = (char *)(uintptr_t)job_kind_name(s->job->kind),
		.text = (char *)(uintptr_t)s->why, .log = (char *)(uintptr_t)"",
		.unattended = 1,
	};

	post_news(h, &w);
	pack_i64(&b, now);
	return catalog_put(h->catalog, SPACE, s->job->name, b.data, b.len, e);
}

int
post_late(struct hall *h, int64_t now,
    int (*begins)(void *arg, const char *job), void *arg, struct err *e)
{
	const struct settings *s = h->s;
	struct job_status st;
	int64_t at;
	size_t i;

	for (i = 0; s->notify != NULL && i < s->n_jobs; i++) {
		if (!s->jobs[i].enabled)
			continue;
		if (job_stands(h, &s->jobs[i], now, &st, e) < 0)
			return -1;
		at = told_at(h, s->jobs[i].name);
		if (st.health == HEALTH_LATE) {
			if (begins != NULL && begins(arg, s->jobs[i].name))
				continue;
			if ((at == 0 || at > now || now - at >= SPAN_DAY) &&
			    tell(h, &st, now, e) < 0)
				return -1;
		} else if (at != 0 && st.health == HEALTH_OK &&
		    catalog_drop(h->catalog, SPACE, s->jobs[i].name, e) < 0)
			return -1;
	}
	return 0;
}
