/* set_notify.c -- `notify:`, and whether the jobs that it names are there. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/get.h"
#include "conf/nearest.h"
#include "job/set_notify.h"
#include "notify/notify.h"
#include "util/clean.h"
#include "util/xalloc.h"

static void
check_jobs(const struct settings *s, const struct notify *n,
    struct conf_faults *f)
{
	CLEAN_FREE const char **names = xallocn(s->n_jobs + 1, sizeof(*names));
	struct conf_each it = conf_each(n->job_node);
	const struct conf_node *item;
	size_t i;

	for (i = 0; i < s->n_jobs; i++)
		names[i] = s->jobs[i].name;
	while ((item = conf_next(&it)) != NULL)
		if (item->kind == CONF_SCALAR &&
		    settings_job(s, item->text) == NULL)
			conf_suggest(conf_fault(f, &item->at,
			    "there is no job named %s",
			    conf_said(item->text).s),
			    conf_nearest(item->text, names));
}

static size_t
jobs_of(const struct settings *s, const struct notify *n)
{
	struct notify_news w = { .events = n->events };
	enum notify_event ev;
	size_t i, many = 0;

	for (i = 0; i < s->n_jobs; i++) {
		w.job = (char *)(uintptr_t)s->jobs[i].name;
		many += s->jobs[i].enabled &&
		    notify_wants(n, &w, s->jobs[i].tags, &ev);
	}
	return many;
}

/* One check for several jobs: the success of one would hide what another
 * suffers. */
static void
check_ping(const struct settings *s, const struct notify *n,
    const struct conf_node *node, struct conf_faults *f)
{
	size_t many;

	if (n->kind != NOTIFY_PING || n->url == NULL ||
	    strstr(n->url, "{job}") != NULL)
		return;
	many = jobs_of(s, n);
	if (many > 1)
		conf_remedy(conf_warning(f, &node->at, "one ping for %zu jobs: "
		    "when one fails, the success of the next hides it", many),
		    "name its job ('job: NAME'), or put {job} into the address",
		    NULL);
}

void
set_notify(struct settings *s, const struct conf_node *n, int commands,
    const struct conf_where *w, struct conf_faults *f)
{
	struct conf_each it = conf_each(n);
	const struct conf_node *node;
	size_t i;

	s->notify = xalloc(sizeof(*s->notify));
	notify_read(n, w, commands, s->notify, f);
	for (i = 0; i < s->notify->n; i++) {
		check_jobs(s, &s->notify->v[i], f);
		node = conf_next(&it);
		if (node != NULL)
			check_ping(s, &s->notify->v[i], node, f);
	}
}

void
set_notify_free(struct settings *s)
{
	if (s->notify != NULL)
		notify_list_fini(s->notify);
	free(s->notify);
	s->notify = NULL;
}
