/* text.c -- news in words. */
#include <stdlib.h>
#include <string.h>

#include "notify/text.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/quote.h"
#include "util/size.h"
#include "util/span.h"
#include "util/time.h"

static const struct {
	const char	*verb;		/* "backup home ..." */
	const char	*one, *many;	/* in a digest's subject */
} words[NOTIFY_EVENTS] = {
	[NOTIFY_START] = { "has begun", "start", "starts" },
	[NOTIFY_SUCCESS] = { "succeeded", "success", "successes" },
	[NOTIFY_FAILURE] = { "failed", "failure", "failures" },
	[NOTIFY_PARTIAL] = { "is done but for some files", "partial",
	    "partial" },
	[NOTIFY_HELD] = { "is held and waits for you", "held", "held" },
	[NOTIFY_LATE] = { "is late", "late", "late" },
	[NOTIFY_RECOVERED] = { "works again", "recovered", "recovered" },
	[NOTIFY_INTEGRITY] = { "found damage", "damaged", "damaged" },
};

static const enum notify_event grave[] = { NOTIFY_INTEGRITY, NOTIFY_FAILURE,
	NOTIFY_PARTIAL, NOTIFY_HELD, NOTIFY_LATE, NOTIFY_RECOVERED,
	NOTIFY_SUCCESS, NOTIFY_START };

void
notify_title(const struct notify_item *it, struct buf *out)
{
	const struct notify_news *w = it->news;

	if (*w->kind != '\0')
		buf_addf(out, "%s ", w->kind);
	quote_text(out, w->job, strlen(w->job));
	buf_addf(out, " %s", words[it->ev].verb);
}

static void
add_numbers(const struct notify_news *w, struct buf *out)
{
	if (w->run == 0)
		return;
	buf_addf(out, "run %lld", (long long)w->run);
	if (w->started != 0 && w->time >= w->started) {
		buf_adds(out, ", begun ");
		time_local(out, w->started);
		buf_adds(out, ", took ");
		if (w->time - w->started < SPAN_SECOND)
			buf_adds(out, "less than a second");
		else
			span_print(out, (w->time - w->started) / SPAN_SECOND *
			    SPAN_SECOND, 2);
	}
	buf_addc(out, '\n');
	if (w->done + w->skipped + w->failed + w->held + w->waiting > 0)
		buf_addf(out, "%llu done, %llu skipped, %llu failed, %llu held, "
		    "%llu waiting\n", (unsigned long long)w->done,
		    (unsigned long long)w->skipped,
		    (unsigned long long)w->failed, (unsigned long long)w->held,
		    (unsigned long long)w->waiting);
	if (w->files > 0) {
		buf_addf(out, "%llu files, ", (unsigned long long)w->files);
		size_print(out, w->bytes);
		buf_adds(out, " stored\n");
	}
}

/* What to type now. */
static void
add_advice(const struct notify_item *it, struct buf *out)
{
	long long run = (long long)it->news->run;

	switch (it->ev) {
	case NOTIFY_HELD:
		buf_addf(out, "\nTo go on:     fettle approve %lld\n"
		    "To drop it:   fettle reject %lld\n", run, run);
		break;
	case NOTIFY_FAILURE:
	case NOTIFY_PARTIAL:
	case NOTIFY_INTEGRITY:
		if (run > 0)
			buf_addf(out, "\nMore of it:   fettle runs show %lld\n",
			    run);
		break;
	case NOTIFY_LATE:
		buf_adds(out, "\nMore of it:   fettle status\n");
		break;
	default:
		break;
	}
}

void
notify_body(const struct notify_item *it, const struct notify_env *env,
    struct buf *out)
{
	const struct notify_news *w = it->news;

	notify_title(it, out);
	buf_addf(out, " on %s, ", env->host);
	time_local(out, w->time);
	buf_adds(out, ".\n\n");
	if (*w->text != '\0')
		buf_addf(out, "%s\n\n", w->text);
	add_numbers(w, out);
	if (w->again > 0)
		buf_addf(out, "%llu more of the same were not told since the "
		    "last time\n", (unsigned long long)w->again);
	add_advice(it, out);
	if (*w->log != '\0' && it->ev != NOTIFY_START)
		buf_addf(out, "\nThe log:\n%s", w->log);
}

static size_t
count(const struct notify_item *v, size_t n, enum notify_event ev)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		k += v[i].ev == ev;
	return k;
}

void
notify_subject(const struct notify_item *v, size_t n,
    const struct notify_env *env, struct buf *out)
{
	const char *comma = ": ";
	size_t i, k;

	buf_adds(out, env->host);
	if (n == 1) {
		buf_adds(out, ": ");
		notify_title(&v[0], out);
		return;
	}
	for (i = 0; i < NOTIFY_EVENTS; i++) {
		k = count(v, n, grave[i]);
		if (k == 0)
			continue;
		buf_addf(out, "%s%zu %s", comma, k, k == 1 ?
		    words[grave[i]].one : words[grave[i]].many);
		comma = ", ";
	}
}

void
notify_digest(const struct notify_item *v, size_t n,
    const struct notify_env *env, struct buf *out)
{
	size_t i, k;

	buf_addf(out, "What happened on %s:\n", env->host);
	for (i = 0; i < NOTIFY_EVENTS; i++)
		for (k = 0; k < n; k++) {
			if (v[k].ev != grave[i])
				continue;
			buf_addc(out, '\n');
			time_local(out, v[k].news->time);
			buf_adds(out, "  ");
			notify_title(&v[k], out);
			if (v[k].news->run > 0)
				buf_addf(out, " (run %lld)",
				    (long long)v[k].news->run);
			if (*v[k].news->text != '\0')
				buf_addf(out, "\n    %s", v[k].news->text);
		}
	buf_adds(out, "\n\nHow things stand now:   fettle status\n");
}

void
notify_json(const struct notify_item *it, const struct notify_env *env,
    struct buf *out)
{
	const struct notify_news *w = it->news;
	CLEAN_BUF struct buf title = {0}, when = {0};
	struct json j = { .out = out };

	notify_title(it, &title);
	time_rfc3339(&when, w->time);
	json_begin(&j);
	json_put_text(&j, "event", notify_event_name(it->ev));
	json_put_text(&j, "host", env->host);
	json_put_text(&j, "job", w->job);
	json_put_text(&j, "kind", w->kind);
	json_put_u64(&j, "run", (uint64_t)w->run);
	json_put_text(&j, "time", buf_str(&when));
	json_put_text(&j, "title", buf_str(&title));
	json_put_text(&j, "text", w->text);
	json_put_u64(&j, "done", w->done);
	json_put_u64(&j, "skipped", w->skipped);
	json_put_u64(&j, "failed", w->failed);
	json_put_u64(&j, "held", w->held);
	json_put_u64(&j, "waiting", w->waiting);
	json_put_u64(&j, "files", w->files);
	json_put_u64(&j, "bytes", w->bytes);
	json_put_u64(&j, "again", w->again);
	json_object_end(&j);
}
