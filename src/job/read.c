#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/get.h"
#include "job/hooks.h"
#include "job/read.h"
#include "schedule/calendar.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#define NS_PER_US	1000

void
schedule_free(struct job_schedule *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		calendar_free(s->at[i]);
	free(s->at);
	free(s->text);
	free(s);
}

/* One expression or a list of them. */
static int
read_at(struct job_schedule *s, const struct conf_node *n, const char *zone,
    struct conf_faults *f)
{
	CLEAN_ARENA struct arena a = {0};
	CLEAN_BUF struct buf text = {0};
	struct conf_strs at = {0};
	struct err e = {0};
	size_t i;
	int ret = conf_strs(n, &a, &at, f);

	s->at = xallocn(at.n + 1, sizeof(*s->at));
	for (i = 0; ret == 1 && i < at.n; i++) {
		buf_addf(&text, "%s%s", i ? "; " : "", at.text[i]);
		if (calendar_parse(at.text[i], zone, &s->at[s->n], &e) == 0)
			s->n++;
		else {
			conf_bad(at.node[i], e.text, f);
			ret = -1;
		}
	}
	s->text = buf_steal(&text);
	return ret;
}

static int
read_map(struct job_schedule *s, const struct conf_node *n,
    struct conf_faults *f)
{
	static const char *const known[] = { "at", "catch_up", "jitter",
	    "timezone", NULL };
	const struct conf_keys keys = { .what = "schedule", .known = known };
	const char *zone = NULL;
	bool catch_up = true;
	int64_t ns = 0;

	if (conf_map_check(n, &keys, f) < 0)
		return -1;
	conf_str(conf_get(n, "timezone"), &zone, f);
	conf_bool(conf_get(n, "catch_up"), &catch_up, f);
	conf_span(conf_get(n, "jitter"), "minutes", &ns, f);
	s->catch_up = catch_up;
	s->jitter = ns / NS_PER_US;
	return read_at(s, conf_need(n, "at", "schedule", f), zone, f);
}

int
read_schedule(const struct conf_node *n, struct job_schedule **out,
    struct conf_faults *f)
{
	struct job_schedule *s;
	int r;

	*out = NULL;
	if (n == NULL || conf_is(n, "never"))
		return 0;
	s = xalloc(sizeof(*s));
	s->catch_up = 1;
	r = n->kind == CONF_MAP ? read_map(s, n, f) : read_at(s, n, NULL, f);
	if (r != 1 || s->n == 0) {
		schedule_free(s);
		return r < 0 ? -1 : 0;
	}
	*out = s;
	return 1;
}

static void
read_tags(struct job *j, const struct conf_node *n, struct conf_faults *f)
{
	CLEAN_ARENA struct arena a = {0};
	struct conf_strs s = {0};
	size_t i;

	if (conf_strs(n, &a, &s, f) != 1)
		return;
	j->tags = xallocn(s.n + 1, sizeof(*j->tags));
	for (i = 0; i < s.n; i++)
		j->tags[i] = xstrdup(s.text[i]);
}

void
read_common(struct job *j, const struct conf_node *entry,
    struct conf_faults *f)
{
	const struct conf_node *when = conf_get(entry, "schedule");
	bool enabled = j->enabled;
	int64_t ns;

	read_tags(j, conf_get(entry, "tags"), f);
	conf_bool(conf_get(entry, "enabled"), &enabled, f);
	j->enabled = enabled;
	if (conf_span(conf_get(entry, "max_age"), "days", &ns, f) == 1)
		j->max_age = ns / NS_PER_US;
	read_schedule(when, &j->schedule, f);
	j->never = conf_is(when, "never");
	read_retry(conf_get(entry, "retry"), j, f);
	j->hooks = hooks_read(entry, f);
}
