/*
 * live.c -- what the daemon says of itself over the control socket.
 *
 *	"status"	lines for people
 *	"web"		a one-time link of the dashboard, as JSON
 *	"running"	the names of the jobs that run, a line each
 *	"yield"		whoever asks wants folders that watching uses
 *	"arrivals"	files that wait where rules watch: JSON Lines
 */
#include <string.h>
#include <unistd.h>

#include "catalog/catalog.h"
#include "daemon/impl.h"
#include "daemon/web.h"
#include "util/buf.h"
#include "util/quote.h"
#include "util/time.h"

static const char *
name_of(const char *name, char q[QUOTE_SIZE])
{
	return *name != '\0' ? quote_to(q, QUOTE_SIZE, name) :
	    "the house-keeping";
}

static void
say_running(const struct daemon *d, struct buf *out)
{
	const struct worker *w;
	char q[QUOTE_SIZE];

	for (w = d->workers; w < d->workers + DAEMON_WORKERS; w++) {
		if (w->proc.pid == 0)
			continue;
		buf_addf(out, "running  %s (pid %ld) since ",
		    name_of(w->name, q), (long)w->proc.pid);
		time_local(out, w->since);
		buf_addc(out, '\n');
	}
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
			    d->queue.v[i].locked ? "somebody is at work there" :
			    d->queue.v[i].put_off > 0 ? "it is tried again soon" :
			    "others come first");
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

static int
answer(void *arg, const char *question, struct buf *out)
{
	struct daemon *d = arg;
	size_t i;

	if (strcmp(question, "web") == 0)
		return web_link(d, out);

	if (strcmp(question, "status") == 0) {
		say_status(d, out);
		return 0;
	}
	if (strcmp(question, "yield") == 0) {
		arrivals_yield(d);
		return 0;
	}
	if (strcmp(question, "arrivals") == 0) {
		arrivals_json(d, out);
		return 0;
	}
	if (strcmp(question, "running") != 0)
		return -1;
	for (i = 0; i < DAEMON_WORKERS; i++)
		if (d->workers[i].proc.pid != 0)
			buf_addf(out, "%s\n", d->workers[i].name);
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
