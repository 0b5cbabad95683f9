/* live.c -- what the daemon says of itself (job/live.h). */
#include <string.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "daemon/impl.h"
#include "daemon/web.h"
#include "job/live.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/quote.h"
#include "util/time.h"

static size_t
our_workers(const struct daemon *d, struct live_worker out[PLACES])
{
	size_t i, n = 0;

	for (i = 0; i < PLACES; i++) {
		const struct worker *w = &d->workers[i];

		if (w->proc.pid != 0)
			out[n++] = (struct live_worker){ .job =
			    strcmp(w->what, "run") == 0 ? w->name : "",
			    .what = *w->name == '\0' && !w->asked ?
			    "house-keeping" : w->what, .pid = w->proc.pid,
			    .since = w->since };
	}
	return n;
}

static const char *
name_of(const char *name, char q[QUOTE_SIZE])
{
	return *name != '\0' ? quote_to(q, QUOTE_SIZE, name) :
	    "the house-keeping";
}

static void
say_running(const struct daemon *d, struct buf *out)
{
	struct live_worker ours[PLACES];
	const struct worker *w;
	char q[QUOTE_SIZE];

	for (w = d->workers; w < d->workers + PLACES; w++) {
		if (w->proc.pid == 0)
			continue;
		buf_addf(out, "running  %s (pid %ld) since ",
		    name_of(w->name, q), (long)w->proc.pid);
		time_local(out, w->since);
		live_how_far(d->h->catalog, w->proc.pid, out);
		buf_addc(out, '\n');
	}
	live_others(d->h->catalog, ours, our_workers(d, ours), out);
}

static const char *
why_waiting(const struct queued *q)
{
	return q->paused != NULL ? q->paused : q->locked ? "somebody is at work there" :
	    q->put_off > 0 ? "it is tried again soon" : "others come first";
}

static void
say_waiting(const struct daemon *d, struct buf *out)
{
	char q[QUOTE_SIZE];
	size_t i;

	for (i = 0; i < d->queue.n; i++)
		if (!d->queue.v[i].running)
			buf_addf(out, "waiting  %s is due: %s\n",
			    name_of(d->queue.v[i].name, q),
			    why_waiting(&d->queue.v[i]));
}

static void
say_status(const struct daemon *d, struct buf *out)
{
	buf_addf(out, "daemon   pid %ld since ", (long)getpid());
	time_local(out, d->started);
	buf_adds(out, d->faults != NULL ? "; the configuration has faults, the "
	    "last good one holds\n" : "\n");
	say_running(d, out);
	say_waiting(d, out);
	arrivals_say(d, out);
	buf_adds(out, "next     ");
	if (d->next == INT64_MAX)
		buf_adds(out, "nothing");
	else
		time_local(out, d->next);
	buf_addc(out, '\n');
}

static void
waiting_one(struct json *j, const char *job, const char *what,
    const char *why)
{
	json_object_start(j);
	json_key(j, "job");
	json_bytes(j, job, strlen(job));
	json_key(j, "what");
	json_str(j, what);
	json_key(j, "why");
	json_str(j, why);
	json_object_end(j);
}

static void
progress(const struct daemon *d, struct buf *out)
{
	struct live_worker w[PLACES];
	size_t n = our_workers(d, w), i;
	struct json j = { .out = out };

	json_begin(&j);
	json_key(&j, "daemon");
	json_object_start(&j);
	json_key(&j, "pid");
	json_i64(&j, (int64_t)getpid());
	json_put_time(&j, "since", d->started);
	json_put_time(&j, "next", d->next);
	json_key(&j, "faults");
	json_bool(&j, d->faults != NULL);
	json_object_end(&j);
	live_running(d->h->catalog, w, n, &j);
	json_key(&j, "waiting");
	json_array_start(&j);
	for (i = 0; i < d->n_asked; i++)
		waiting_one(&j, strcmp(d->asked[i].verb, "run") == 0 ?
		    d->asked[i].arg : "", d->asked[i].verb,
		    "others come first");
	for (i = 0; i < d->queue.n; i++)
		if (!d->queue.v[i].running)
			waiting_one(&j, d->queue.v[i].name, "run",
			    why_waiting(&d->queue.v[i]));
	json_array_end(&j);
	json_object_end(&j);
	json_line(&j);
}

static int
answer(void *arg, const char *question, struct buf *out)
{
	struct daemon *d = arg;
	struct live_worker w[PLACES];

	if (strcmp(question, "web") == 0)
		return web_link(d, out);
	if (strcmp(question, "post") == 0)
		news_soon(d);
	else if (strcmp(question, "status") == 0)
		say_status(d, out);
	else if (strcmp(question, "yield") == 0)
		arrivals_yield(d);
	else if (strcmp(question, "arrivals") == 0)
		arrivals_json(d, out);
	else if (strcmp(question, "progress") == 0)
		progress(d, out);
	else if (strcmp(question, "running") == 0)
		live_names(d->h->catalog, w, our_workers(d, w), out);
	else
		return asked_answer(d, question, out);
	return 0;
}

void
live_open(struct daemon *d)
{
	catalog_on_live(d->h->catalog, answer, d);
}

void
live_close(struct daemon *d)
{
	catalog_on_live(d->h->catalog, NULL, NULL);
}
