#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "cli/cli.h"

/*
 * Plans and runs as they are shown, as text or as JSON Lines, behind one
 * interface: a sink for job/ and what comes at the end.
 */
struct view;

enum view_what { VIEW_PLAN, VIEW_RUN };

struct view *view_new(const struct cli *c, enum view_what what, int all);
void view_free(struct view *v);
/* The sink that fills it; borrowed. */
const struct sink *view_sink(struct view *v);

/* The end of a plan: groups, totals, what stays and why, what to type. */
void view_plan_end(struct view *v, const struct parts *p,
    const struct job_totals *t);
/* The end of a run: what was done, what failed, how to take it back. */
void view_run_end(struct view *v, const struct job_done *d);
/* The progress line goes away (before a question, at the end). */
void view_quiet(struct view *v);

#endif
