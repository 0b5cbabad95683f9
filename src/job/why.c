#include <string.h>

#include "archive/archive.h"
#include "backup/entry.h"
#include "copies/copies.h"
#include "job/parts.h"
#include "job/why.h"
#include "util/buf.h"
#include "util/err.h"
#include "organize/organize.h"
#include "rules/rule.h"

/* What the plan of one archive (or rule) says of one path. */
static int
in_plan(const struct part *pt, const char *path, struct buf *text,
    struct err *e)
{
	CLEAN_BUF struct buf from = {0};
	struct plan_reader *r = plan_read(pt->plan);
	struct op op;
	int n, found = 0;

	while (!found && (n = plan_next(r, &op, e)) == 1) {
		buf_reset(&from);
		plan_from(pt->plan, &op, &from);
		if (strcmp(buf_str(&from), path) != 0)
			continue;
		found = 1;
		buf_addf(text, "%s: %s", op_kind_name(op.kind),
		    plan_text(pt->plan, op.why));
		if (op.state == OP_SKIPPED)
			buf_addf(text, "; but %s", plan_text(pt->plan, op.error));
	}
	plan_reader_free(r);
	return n < 0 ? -1 : found;
}

/* The rule itself: why not, or (nothing speaks against it) who was first. */
static int
ask_rule(const struct part *pt, const char *path, const struct part *taker,
    int64_t now, struct buf *text, struct err *e)
{
	int r = organize_why(pt->job->rule, path, now, text, e);

	if (r == 1 && taker != NULL) {
		buf_reset(text);
		buf_addf(text, "'%s' takes it first%s", taker->name,
		    taker->job->kind == JOB_RULE && taker->job->rule->stop ?
		    ", and stops there" : "");
	}
	return r < 0 ? -1 : 0;
}

/* What one job says: 1 it takes the file, 0 not and why, -1. */
static int
ask(const struct part *pt, const char *path, const struct part *taker,
    int64_t now, struct buf *text, struct err *e)
{
	int r;

	if (pt->job->kind == JOB_BACKUP) {
		r = pt->job->backup != NULL ?
		    backup_entry_takes(pt->job->backup, path) :
		    copies_takes(pt->job->copies, path);
		buf_adds(text, r ? "it lies in what is backed up" :
		    "not in its paths, or left out");
		return r;
	}
	r = in_plan(pt, path, text, e);
	if (r != 0)
		return r;
	if (pt->job->kind == JOB_RULE)
		return ask_rule(pt, path, taker, now, text, e);
	buf_adds(text, "it is not in its locations, or not ");
	archive_takes_text(pt->job->archive, text);
	return 0;
}

int
job_why(struct hall *h, const char *path, int64_t now,
    void (*each)(void *arg, const struct why_line *l), void *arg,
    struct err *e)
{
	struct job_request q = { .now = now, .yes = 1 };
	const struct part *taker = NULL;
	struct parts *p;
	size_t i;
	int r = 0;

	if (job_plan(h, &q, &p, e) < 0)
		return -1;
	for (i = 0; i < p->n && r >= 0; i++) {
		CLEAN_BUF struct buf text = {0};
		struct why_line l = { .job = p->v[i].name, .kind = p->v[i].kind };

		r = ask(&p->v[i], path, taker, now, &text, e);
		if (r == 1 && taker == NULL &&
		    p->v[i].job->kind != JOB_BACKUP)
			taker = &p->v[i];
		l.takes = r == 1;
		l.text = buf_str(&text);
		if (r >= 0)
			each(arg, &l);
	}
	parts_free(p);
	return r < 0 ? -1 : 0;
}
