/*
 * report_html.c -- a report as one page.
 *
 * The page may be mailed and opened anywhere: it asks for nothing and runs
 * nothing (its own policy says so), and every name in it is text.
 */
#include <string.h>
#include <unistd.h>

#include "job/parts.h"
#include "job/report.h"
#include "job/report_svg.h"
#include "util/buf.h"
#include "util/size.h"
#include "util/span.h"
#include "util/time.h"

static const char head[] =
REPORT_MARK "\n"
"<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
"style-src 'unsafe-inline'\">\n"
"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
"<meta name=\"generator\" content=\"fettle " FETTLE_VERSION "\">\n";

static const char style[] =
"<style>\n"
":root{--ink:#1d2329;--dim:#66707a;--rule:#d9dee3;--field:#eef1f4;"
"--bar:#2f6f9f;--second:#6aa84f;--bad:#c0392b;--paper:#fff}\n"
"@media (prefers-color-scheme:dark) and (not print){:root{--ink:#e4e8ec;"
"--dim:#98a3ad;--rule:#3a434b;--field:#2a3138;--bar:#5fa3d3;"
"--second:#8cc474;--bad:#e57368;--paper:#1b2026}}\n"
"*{box-sizing:border-box}\n"
"body{font:15px/1.45 system-ui,'DejaVu Sans',sans-serif;color:var(--ink);"
"background:var(--paper);max-width:780px;margin:0 auto;padding:28px 24px}\n"
"h1{font-size:24px;margin:0}\n"
"h2{font-size:17px;margin:30px 0 8px;padding-top:10px;"
"border-top:1px solid var(--rule)}\n"
"p{margin:6px 0}.dim,.sub{color:var(--dim)}\n"
".cards{display:flex;flex-wrap:wrap;gap:12px;margin:18px 0 4px}\n"
".card{flex:1 1 150px;border:1px solid var(--rule);border-radius:8px;"
"padding:10px 14px}\n"
".card b{display:block;font-size:21px;font-weight:600}\n"
"svg{width:100%;height:auto;display:block;font-size:13px}\n"
"svg text{fill:var(--ink)}svg text.dim,svg .dim{fill:var(--dim)}\n"
"svg .name{text-anchor:end}\n"
"svg .field{fill:var(--field)}svg .bar{fill:var(--bar)}"
"svg .second{fill:var(--second)}svg .bad{fill:var(--bad)}\n"
"svg .dot{fill:var(--bar)}svg .grid{stroke:var(--rule)}\n"
"svg .line{fill:none;stroke:var(--bar);stroke-width:2}"
"svg .area{fill:var(--bar);opacity:.12}\n"
"table{border-collapse:collapse;width:100%}\n"
"th,td{text-align:left;padding:5px 10px 5px 0;vertical-align:top;"
"border-bottom:1px solid var(--rule)}\n"
"th{color:var(--dim);font-weight:500}td.n,th.n{text-align:right;"
"white-space:nowrap}\n"
"td.path{overflow-wrap:anywhere}td.when{white-space:nowrap}\n"
".state{font-weight:600}.wrong{color:var(--bad)}\n"
".key i{display:inline-block;width:11px;height:11px;border-radius:2px;"
"margin:0 5px 0 12px;vertical-align:-1px}\n"
"@page{size:A4;margin:16mm}\n"
"@media print{body{font-size:10.5pt;max-width:none;padding:0}"
"h2{break-after:avoid}section,svg,tr,.card{break-inside:avoid}"
"*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}\n"
"</style>\n";

static void
card(struct buf *out, const char *what)
{
	buf_addf(out, "</b>%s</div>\n", what);
}

static void
card_begin(struct buf *out)
{
	buf_adds(out, "<div class=\"card\"><b>");
}

static void
add_when(struct buf *out, int64_t us)
{
	CLEAN_BUF struct buf b = {0};

	if (us == 0) {
		buf_adds(out, "<span class=\"dim\">never</span>");
		return;
	}
	time_local(&b, us);
	buf_add(out, b.data, b.len >= 16 ? 16 : b.len);
}

static void
add_head(const struct report *r, struct buf *out)
{
	char host[256] = "";
	size_t i, bad = 0;

	gethostname(host, sizeof(host) - 1);
	buf_adds(out, head);
	buf_adds(out, "<title>fettle: ");
	svg_text(out, host);
	buf_adds(out, "</title>\n");
	buf_adds(out, style);
	buf_adds(out, "</head><body>\n<h1>How the files on ");
	svg_text(out, host);
	buf_adds(out, " are kept</h1>\n<p class=\"sub\">fettle report of ");
	add_when(out, r->now);
	buf_adds(out, "</p>\n<div class=\"cards\">");
	card_begin(out);
	size_print(out, r->all.bytes);
	card(out, "in all");
	card_begin(out);
	buf_addf(out, "%llu", (unsigned long long)r->all.files);
	card(out, "files");
	card_begin(out);
	size_print(out, r->twins.bytes);
	card(out, "in duplicates");
	for (i = 0; i < r->n_jobs; i++)
		bad += r->jobs[i].health == HEALTH_LATE ||
		    r->jobs[i].health == HEALTH_FAILED ||
		    r->jobs[i].health == HEALTH_PARTIAL ||
		    r->jobs[i].health == HEALTH_HELD;
	card_begin(out);
	buf_addf(out, "<span%s>%zu</span>", bad ? " class=\"wrong\"" : "", bad);
	card(out, bad == 1 ? "job needs you" : "jobs need you");
	buf_adds(out, "</div>\n");
}

static void
add_jobs(const struct report *r, struct buf *out)
{
	const struct job_status *s;
	int bad;
	size_t i;

	if (r->n_jobs == 0)
		return;
	buf_adds(out, "<h2>Jobs</h2>\n<table><tr><th>Job<th>State"
	    "<th>Last success<th>Next</tr>\n");
	for (i = 0; i < r->n_jobs; i++) {
		s = &r->jobs[i];
		bad = s->health != HEALTH_OK && s->health != HEALTH_NEVER &&
		    s->health != HEALTH_RUNNING && s->health != HEALTH_WAITING &&
		    s->health != HEALTH_WATCHING;
		buf_adds(out, "<tr><td class=\"path\">");
		svg_text(out, s->job->name);
		buf_addf(out, " <span class=\"dim\">%s</span><td><span "
		    "class=\"state%s\">%s</span>", job_kind_name(s->job->kind),
		    bad ? " wrong" : "", job_health_name(s->health));
		if (*s->why != '\0') {
			buf_adds(out, "<br><span class=\"dim\">");
			svg_text(out, s->why);
			buf_adds(out, "</span>");
		}
		buf_adds(out, "<td class=\"when\">");
		add_when(out, s->last_success);
		buf_adds(out, "<td class=\"when\">");
		add_when(out, s->next);
		buf_adds(out, "</tr>\n");
	}
	buf_adds(out, "</table>\n");
}

static void
add_days(const struct report *r, struct buf *out)
{
	uint64_t sorted = 0, away = 0, failed = 0, backups = 0, bytes = 0;
	size_t i;

	for (i = 0; i < REPORT_DAYS; i++) {
		sorted += r->days[i].sorted;
		away += r->days[i].put_away;
		failed += r->days[i].failed;
		backups += r->days[i].backups;
		bytes += r->days[i].backed_up;
	}
	buf_addf(out, "<section><h2>The last %d days</h2>\n<p>%llu files "
	    "sorted, %llu put away, %llu backups with ", REPORT_DAYS, (unsigned long long)sorted,
	    (unsigned long long)away, (unsigned long long)backups);
	size_print(out, bytes);
	buf_addf(out, " of new data, <span%s>%llu failures</span>.</p>\n",
	    failed > 0 ? " class=\"wrong\"" : "", (unsigned long long)failed);
	svg_days(out, "what was done each day", r->days, REPORT_DAYS);
	buf_adds(out, "<p class=\"key dim\"><i style=\"background:var(--bar)\">"
	    "</i>sorted<i style=\"background:var(--second)\"></i>put away"
	    "<i style=\"background:var(--bad)\"></i>failed"
	    "<i style=\"background:var(--bar);border-radius:50%\"></i>a backup"
	    "</p></section>\n");
}

static void
add_growth(const struct report *r, struct buf *out)
{
	const struct report_point *first = r->growth;
	uint64_t a, b;

	if (r->n_growth < 2)
		return;
	a = first->s.bytes;
	b = r->growth[r->n_growth - 1].s.bytes;
	buf_adds(out, "<section><h2>Growth</h2>\n<p>");
	size_print(out, b > a ? b - a : a - b);
	buf_addf(out, " %s in ", b >= a ? "more" : "less");
	span_print(out, (r->growth[r->n_growth - 1].at - first->at) / SPAN_DAY *
	    SPAN_DAY, 2);
	buf_adds(out, ".</p>\n");
	svg_growth(out, "bytes over time", r->growth, r->n_growth);
	buf_adds(out, "</section>\n");
}

static void
add_twins(const struct report *r, struct buf *out)
{
	const struct report_twins *t;
	size_t i, k;

	buf_adds(out, "<h2>Duplicates</h2>\n<p>");
	buf_addf(out, "%llu files are copies of others; without them ",
	    (unsigned long long)r->twins.files);
	size_print(out, r->twins.bytes);
	buf_adds(out, " would be free.");
	if (r->twins.unread > 0)
		buf_addf(out, " %llu files of equal size were not compared "
		    "(<code>fettle report --all</code> does).",
		    (unsigned long long)r->twins.unread);
	buf_adds(out, "</p>\n");
	if (r->twins.n == 0)
		return;
	buf_adds(out, "<table><tr><th class=\"n\">Each<th>Where</tr>\n");
	for (i = 0; i < r->twins.n; i++) {
		t = &r->twins.v[i];
		buf_adds(out, "<tr><td class=\"n\">");
		size_print(out, t->bytes);
		buf_adds(out, "<td class=\"path\">");
		for (k = 0; k < t->n && k < REPORT_PATHS; k++) {
			buf_adds(out, k ? "<br>" : "");
			svg_text(out, t->paths[k]);
		}
		if (t->n > REPORT_PATHS)
			buf_addf(out, "<br><span class=\"dim\">and %zu more"
			    "</span>", t->n - REPORT_PATHS);
		buf_adds(out, "</tr>\n");
	}
	buf_adds(out, "</table>\n");
}

static void
add_bars(struct buf *out, const char *title, const struct report_list *l)
{
	if (l->n == 0)
		return;
	buf_addf(out, "<section><h2>%s</h2>\n", title);
	svg_bars(out, title, l);
	buf_adds(out, "</section>\n");
}

static void
add_roots(const struct report *r, struct buf *out)
{
	size_t i;

	buf_adds(out, "<h2>Where this looked</h2>\n<table>");
	for (i = 0; i < r->roots.n; i++) {
		buf_adds(out, "<tr><td class=\"path\">");
		svg_text(out, r->roots.v[i].name);
		if (r->roots.v[i].error != NULL) {
			buf_adds(out, "<br><span class=\"wrong\">");
			svg_text(out, r->roots.v[i].error);
			buf_adds(out, "</span>");
		}
		buf_adds(out, "<td class=\"n\">");
		size_print(out, r->roots.v[i].s.bytes);
		buf_adds(out, "</tr>\n");
	}
	buf_adds(out, "</table>\n");
	if (r->unreadable > 0)
		buf_addf(out, "<p class=\"wrong\">%llu folders could not be "
		    "read.</p>\n", (unsigned long long)r->unreadable);
}

void
report_html(const struct report *r, struct buf *out)
{
	add_head(r, out);
	add_jobs(r, out);
	add_days(r, out);
	add_growth(r, out);
	add_bars(out, "Room by type", &r->types);
	add_bars(out, "Room by age", &r->ages);
	add_bars(out, "Largest folders", &r->folders);
	add_bars(out, "Largest files", &r->files);
	add_twins(r, out);
	add_roots(r, out);
	buf_adds(out, "</body></html>\n");
}
