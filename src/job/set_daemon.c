#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backup/entry.h"
#include "conf/conf.h"
#include "conf/get.h"
#include "job/set_daemon.h"
#include "job/settings.h"
#include "util/err.h"
#include "util/span.h"

static void
read_pause(const struct conf_node *n, int *pause, struct conf_faults *f)
{
	static const char *const words[] = { "run", "pause", NULL };
	unsigned which;

	if (conf_enum(n, words, NULL, &which, f) == 1)
		*pause = (int)which;
}

void
read_daemon(const struct conf_node *n, struct daemon_settings *out,
    struct conf_faults *f)
{
	static const char *const known[] = { "nice", "ioprio", "on_battery",
	    "on_metered", "fence", NULL };
	static const char *const fences[] = { "auto", "off", NULL };
	static const char *const prios[] = { "normal", "low", "idle", NULL };
	const struct conf_keys keys = { .what = "daemon", .known = known };
	unsigned which;
	int64_t v;

	if (n == NULL || conf_map_check(n, &keys, f) < 0)
		return;
	if (conf_int(conf_get(n, "nice"), 0, 19, &v, f) == 1)
		out->nice = (int)v;
	if (conf_enum(conf_get(n, "ioprio"), prios, NULL, &which, f) == 1)
		out->ioprio = (enum ioprio)which;
	if (conf_enum(conf_get(n, "fence"), fences, NULL, &which, f) == 1)
		out->no_fence = which == 1;
	read_pause(conf_get(n, "on_battery"), &out->pause_on_battery, f);
	read_pause(conf_get(n, "on_metered"), &out->pause_on_metered, f);
}

/* "3", "3 every 10min": 0, or -1 and what is wrong. */
static int
parse_retry(const char *s, unsigned *times, int64_t *every, struct err *e)
{
	unsigned long n;
	size_t space;
	char *end;

	if (*s < '0' || *s > '9')
		return err_set(e, ERR_USAGE, "it is a number, or '3 every 10min'");
	errno = 0;
	n = strtoul(s, &end, 10);
	if (errno != 0 || n > RETRY_MOST)
		return err_set(e, ERR_USAGE, "it is %d at most", RETRY_MOST);
	*times = (unsigned)n;
	*every = RETRY_EVERY;
	space = strspn(end, " \t");
	end += space;
	if (*end == '\0')
		return 0;
	if (space == 0 || strncmp(end, "every ", 6) != 0)
		return err_set(e, ERR_USAGE, "it is a number, or '3 every 10min'");
	return span_parse(end + 6, every, e);
}

void
read_retry(const struct conf_node *n, struct job *j, struct conf_faults *f)
{
	struct err e = {0};
	const char *s;

	if (conf_str(n, &s, f) != 1)
		return;
	if (parse_retry(s, &j->retry, &j->retry_every, &e) < 0)
		conf_bad(n, e.text, f);
}

int
job_is_far(const struct job *j)
{
	const char *place = j->backup != NULL ? j->backup->repository : "/";

	return place[0] != '/' && strncmp(place, "local:", 6) != 0;
}

int
settings_need_network(const struct settings *s)
{
	const struct conf_node *top = conf_root(s->conf), *web, *listen;
	size_t i;

	for (i = 0; i < s->n_jobs; i++)
		if (job_is_far(&s->jobs[i]))
			return 1;
	web = conf_get(top, "web");
	listen = conf_get(web, "listen");
	return conf_get(top, "notify") != NULL ||
	    (listen != NULL && !conf_is(listen, "unix"));
}
