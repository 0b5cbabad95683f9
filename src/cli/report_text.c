/* report_text.c -- a report for people who are at a terminal. */
#include <string.h>

#include "cli/cli.h"
#include "cli/report.h"
#include "job/report.h"
#include "util/buf.h"
#include "util/size.h"
#include "util/span.h"

#define BAR	24
#define SHOWN	5	/* of duplicates */

static void
heading(const struct cli *c, const char *text)
{
	cli_outf("\n%s%s%s\n", c->colour ? "\033[1m" : "", text,
	    c->colour ? "\033[0m" : "");
}

static void
bar(struct buf *b, uint64_t value, uint64_t most)
{
	int n = most == 0 ? 0 : (int)((double)value / (double)most * BAR + 0.5);
	int i;

	if (n == 0 && value > 0)
		n = 1;
	for (i = 0; i < BAR; i++)
		buf_adds(b, i < n ? "\xe2\x96\x88" : " ");
}

static void
size(struct buf *b, uint64_t bytes)
{
	CLEAN_BUF struct buf s = {0};

	size_print(&s, bytes);
	buf_addf(b, "%10s", buf_str(&s));
}

static void
places(const struct cli *c, const char *title, const struct report_list *l,
    int paths)
{
	uint64_t most = 0;
	size_t i;

	if (l->n == 0)
		return;
	heading(c, title);
	for (i = 0; i < l->n; i++)
		most = l->v[i].s.bytes > most ? l->v[i].s.bytes : most;
	for (i = 0; i < l->n; i++) {
		CLEAN_BUF struct buf b = {0};

		size(&b, l->v[i].s.bytes);
		buf_adds(&b, "  ");
		bar(&b, l->v[i].s.bytes, most);
		buf_adds(&b, "  ");
		if (paths)
			cli_path(c, &b, l->v[i].name);
		else
			buf_adds(&b, l->v[i].name);
		if (!paths || l->v[i].s.files != 1)
			buf_addf(&b, " (%llu file%s)",
			    (unsigned long long)l->v[i].s.files,
			    l->v[i].s.files == 1 ? "" : "s");
		cli_line(&b);
	}
}

static void
roots(const struct cli *c, const struct report *r)
{
	CLEAN_BUF struct buf all = {0};
	size_t i;

	size_print(&all, r->all.bytes);
	cli_outf("%llu files, %s\n", (unsigned long long)r->all.files,
	    buf_str(&all));
	for (i = 0; i < r->roots.n; i++) {
		CLEAN_BUF struct buf b = {0};

		size(&b, r->roots.v[i].s.bytes);
		buf_adds(&b, "  ");
		cli_path(c, &b, r->roots.v[i].name);
		if (r->roots.v[i].error != NULL)
			buf_addf(&b, "  (%s)", r->roots.v[i].error);
		cli_line(&b);
	}
	if (r->unreadable > 0)
		cli_outf("%llu folders could not be read\n",
		    (unsigned long long)r->unreadable);
}

static void
days(const struct cli *c, const struct report *r)
{
	uint64_t sorted = 0, away = 0, failed = 0, backups = 0, bytes = 0;
	CLEAN_BUF struct buf b = {0};
	size_t i;

	for (i = 0; i < REPORT_DAYS; i++) {
		sorted += r->days[i].sorted;
		away += r->days[i].put_away;
		failed += r->days[i].failed;
		backups += r->days[i].backups;
		bytes += r->days[i].backed_up;
	}
	heading(c, "the last 30 days");
	buf_addf(&b, "  %llu files sorted, %llu put away, %llu backups (",
	    (unsigned long long)sorted, (unsigned long long)away,
	    (unsigned long long)backups);
	size_print(&b, bytes);
	buf_addf(&b, " new), %llu failures", (unsigned long long)failed);
	cli_line(&b);
}

static void
growth(const struct cli *c, const struct report *r)
{
	const struct report_point *a, *z;
	CLEAN_BUF struct buf b = {0};
	int more;

	if (r->n_growth < 2)
		return;
	a = &r->growth[0];
	z = &r->growth[r->n_growth - 1];
	more = z->s.bytes >= a->s.bytes;
	heading(c, "growth");
	buf_adds(&b, "  ");
	size_print(&b, more ? z->s.bytes - a->s.bytes :
	    a->s.bytes - z->s.bytes);
	buf_addf(&b, " %s in ", more ? "more" : "less");
	span_print(&b, (z->at - a->at) / SPAN_DAY * SPAN_DAY, 2);
	cli_line(&b);
}

static void
twins(const struct cli *c, const struct report *r)
{
	CLEAN_BUF struct buf b = {0};
	size_t i, k;

	heading(c, "duplicates");
	buf_addf(&b, "  %llu files are copies of others: ",
	    (unsigned long long)r->twins.files);
	size_print(&b, r->twins.bytes);
	cli_line(&b);
	for (i = 0; i < r->twins.n && i < SHOWN; i++) {
		size(&b, r->twins.v[i].bytes);
		buf_addf(&b, "  each of %zu:", r->twins.v[i].n);
		cli_line(&b);
		for (k = 0; k < r->twins.v[i].n && k < REPORT_PATHS; k++) {
			buf_adds(&b, "              ");
			cli_path(c, &b, r->twins.v[i].paths[k]);
			cli_line(&b);
		}
	}
	if (r->twins.unread > 0)
		cli_outf("  %llu files of equal size were not compared: fettle "
		    "report --all\n", (unsigned long long)r->twins.unread);
}

static void
wrong(const struct cli *c, const struct report *r)
{
	const struct job_status *s;
	int told = 0;
	size_t i;

	for (i = 0; i < r->n_jobs; i++) {
		s = &r->jobs[i];
		if (s->health != HEALTH_LATE && s->health != HEALTH_FAILED &&
		    s->health != HEALTH_PARTIAL && s->health != HEALTH_HELD)
			continue;
		if (!told++)
			heading(c, "what is wrong");
		cli_outf("  %s is %s%s%s\n", s->job->name,
		    job_health_name(s->health), *s->why != '\0' ? ": " : "",
		    s->why);
	}
}

void
report_text(const struct cli *c, const struct report *r)
{
	roots(c, r);
	places(c, "by type", &r->types, 0);
	places(c, "by age", &r->ages, 0);
	places(c, "largest folders", &r->folders, 1);
	places(c, "largest files", &r->files, 1);
	twins(c, r);
	growth(c, r);
	days(c, r);
	wrong(c, r);
}
