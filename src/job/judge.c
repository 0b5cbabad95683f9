#include <string.h>

#include "conf/conf.h"
#include "conf/get.h"
#include "job/judge.h"
#include "job/settings.h"
#include "rules/rule.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/path.h"
#include "util/xalloc.h"

/* ---- what can never match ---- */

static void
judge_locations(const struct rule *r, struct conf_faults *f)
{
	for (size_t i = 0; i < r->n_locations; i++) {
		const struct location *l = &r->locations[i];

		if (l->max_depth >= 0 && l->min_depth > l->max_depth)
			conf_warning(f, &r->entry->at, "rule %s never finds "
			    "anything in %s: min_depth is more than max_depth",
			    conf_said(r->name).s, conf_said(l->path).s);
		if ((r->dirs ? l->only_dirs : l->only_files) != NULL &&
		    patterns_count(r->dirs ? l->only_dirs : l->only_files) == 0)
			conf_warning(f, &r->entry->at, "rule %s never finds "
			    "anything in %s: its list of '%s' is empty",
			    conf_said(r->name).s, conf_said(l->path).s,
			    r->dirs ? "filter_dirs" : "filter");
	}
}

static void
judge_filters(struct rule *r, struct conf_faults *f)
{
	CLEAN_BUF struct buf said = {0};

	if (r->filters.mode == FILTER_ANY && r->filters.n == 0 &&
	    r->n_locations > 0)
		conf_warning(f, &r->entry->at, "rule %s never matches: "
		    "filter_mode is any, and there are no filters",
		    conf_said(r->name).s);
	else if (filters_exclude(&r->filters, &r->filters, &said))
		conf_warning(f, &r->entry->at, "rule %s never matches: no file "
		    "can pass %s", conf_said(r->name).s, buf_str(&said));
}

/* Does a walk of the location come to the folder? */
static int
walks(const struct location *l, const char *folder)
{
	int depth = 0;

	if (!path_is_below(folder, l->path))
		return 0;
	for (const char *p = folder + strlen(l->path); *p != '\0'; p++)
		depth += *p == '/' && p[1] != '\0';
	return l->max_depth < 0 || depth <= l->max_depth;
}

/* An earlier rule takes everything there, and stops. */
static const struct rule *
taken_before(const struct settings *s, size_t i)
{
	const struct rule *r = s->jobs[i].rule;

	for (size_t k = 0; k < i; k++) {
		const struct rule *x = s->jobs[k].rule;
		size_t covered = 0;

		if (s->jobs[k].kind != JOB_RULE || !s->jobs[k].enabled ||
		    !x->stop || x->filters.n > 0 || x->dirs != r->dirs)
			continue;
		for (size_t n = 0; n < r->n_locations; n++)
			for (size_t m = 0; m < x->n_locations; m++)
				if (strcmp(r->locations[n].path,
				    x->locations[m].path) == 0 &&
				    (x->locations[m].max_depth < 0 ||
				    (r->locations[n].max_depth >= 0 &&
				    r->locations[n].max_depth <=
				    x->locations[m].max_depth))) {
					covered++;
					break;
				}
		if (covered > 0 && covered == r->n_locations)
			return x;
	}
	return NULL;
}

/* ---- files that go round ---- */

struct graph {
	const struct settings *s;
	char		**reach;	/* of each job: the folder its files go
					   to, or NULL */
	unsigned char	*seen;
	size_t		*path, n_path;
};

/* Where all files of a rule go that it moves; NULL if nobody can tell. */
static char *
reach_of(const struct rule *r)
{
	CLEAN_BUF struct buf b = {0};
	const char *s, *slash;

	for (size_t i = 0; i < r->actions.n && b.len == 0; i++)
		if (r->actions.v[i].ops->leaves &&
		    r->actions.v[i].ops->dest != NULL)
			action_reach(&r->actions.v[i], &b);
	if (b.len == 0)
		return NULL;
	s = buf_str(&b);
	slash = strrchr(s, '/');
	/* "~/x/y.pdf" is a file, "~/x/y" and "~/x/" are folders. */
	if (slash[1] != '\0' && strchr(slash, '.') != NULL)
		b.len = slash == s ? 1 : (size_t)(slash - s);
	while (b.len > 1 && b.data[b.len - 1] == '/')
		b.len--;
	return xstrndup(buf_str(&b), b.len);
}

/* What rule i moves, may rule k take? */
static int
hands_on(const struct graph *g, size_t i, size_t k)
{
	const struct job *a = &g->s->jobs[i], *b = &g->s->jobs[k];
	CLEAN_BUF struct buf said = {0};

	if (i == k || g->reach[i] == NULL || g->reach[k] == NULL ||
	    a->rule->dirs != b->rule->dirs || filters_exclude(
	    &a->rule->filters, &b->rule->filters, &said))
		return 0;
	for (size_t n = 0; n < b->rule->n_locations; n++)
		if (walks(&b->rule->locations[n], g->reach[i]))
			return 1;
	return 0;
}

static void
tell_round(const struct graph *g, size_t from, struct conf_faults *f)
{
	CLEAN_BUF struct buf b = {0};
	const struct rule *r = g->s->jobs[g->path[from]].rule;

	for (size_t i = from; i < g->n_path; i++)
		buf_addf(&b, "%s, ", conf_said(
		    g->s->jobs[g->path[i]].rule->name).s);
	buf_addf(&b, "and again %s", conf_said(r->name).s);
	conf_warning(f, &r->entry->at, "files may go round for ever: each of "
	    "these rules moves them to where the next one looks: %s",
	    buf_str(&b));
}

/* Depth first; each rule is left once, so each round is told once. */
static void
follow(struct graph *g, size_t i, struct conf_faults *f)
{
	g->seen[i] = 1;
	g->path[g->n_path++] = i;
	for (size_t k = 0; k < g->s->n_jobs; k++) {
		if (g->reach[k] == NULL || g->seen[k] == 2 ||
		    !hands_on(g, i, k))
			continue;
		if (g->seen[k] == 0) {
			follow(g, k, f);
			continue;
		}
		for (size_t n = 0; n < g->n_path; n++)
			if (g->path[n] == k)
				tell_round(g, n, f);
	}
	g->n_path--;
	g->seen[i] = 2;
}

/* ---- what is moved into watched folders ---- */

/* Our own moves trigger nothing, so these files wait for the next run. */
static void
judge_watched(const struct graph *g, size_t i, struct conf_faults *f)
{
	const struct rule *r = g->s->jobs[i].rule;

	for (size_t k = 0; k < g->s->n_jobs; k++) {
		const struct job *j = &g->s->jobs[k];
		int into = 0;

		if (j->kind != JOB_RULE || !j->enabled || !j->rule->watch.on)
			continue;
		for (size_t n = 0; n < j->rule->n_locations; n++)
			into |= walks(&j->rule->locations[n], g->reach[i]);
		if (!into)
			continue;
		conf_warning(f, &r->entry->at, "rule %s puts files into %s, "
		    "inside what rule %s watches: what fettle brings there is "
		    "handled by the next run only", conf_said(r->name).s,
		    conf_said(g->reach[i]).s, conf_said(j->rule->name).s);
		return;
	}
}

#define ROUNDS_MAX	400	/* rules that are looked at for rounds */

static void
judge_rounds(const struct settings *s, struct conf_faults *f)
{
	struct graph g = { .s = s, .reach = xallocn(s->n_jobs + 1,
	    sizeof(*g.reach)), .seen = xalloc(s->n_jobs + 1),
	    .path = xallocn(s->n_jobs + 1, sizeof(*g.path)) };
	size_t n = 0;

	for (size_t i = 0; i < s->n_jobs; i++)
		if (s->jobs[i].kind == JOB_RULE && s->jobs[i].enabled &&
		    n++ < ROUNDS_MAX)
			g.reach[i] = reach_of(s->jobs[i].rule);
	for (size_t i = 0; i < s->n_jobs; i++)
		if (g.reach[i] != NULL && g.seen[i] == 0)
			follow(&g, i, f);
	for (size_t i = 0; i < s->n_jobs; i++)
		if (g.reach[i] != NULL)
			judge_watched(&g, i, f);
	for (size_t i = 0; i < s->n_jobs; i++)
		free(g.reach[i]);
	free(g.reach);
	free(g.seen);
	free(g.path);
}

void
judge_rules(const struct settings *s, struct conf_faults *f)
{
	for (size_t i = 0; i < s->n_jobs; i++) {
		const struct rule *before;
		struct rule *r = s->jobs[i].rule;

		if (s->jobs[i].kind != JOB_RULE)
			continue;
		if (!s->jobs[i].enabled)
			continue;
		judge_locations(r, f);
		judge_filters(r, f);
		if ((before = taken_before(s, i)) != NULL)
			conf_warning(f, &r->entry->at, "rule %s never gets "
			    "anything: rule %s takes all there, and stops",
			    conf_said(r->name).s, conf_said(before->name).s);
	}
	judge_rounds(s, f);
}
