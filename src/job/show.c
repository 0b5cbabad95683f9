/* show.c -- operations on their way to the door and to the log. */
#include <string.h>

#include "job/parts.h"
#include "job/tell.h"
#include "util/buf.h"
#include "rules/later.h"
#include "util/err.h"

int
part_missed(const struct part *pt, const struct op *op)
{
	return op->state == OP_SKIPPED &&
	    (op->error == 0 || strcmp(pt->kind, "undo") == 0);
}

void
part_tell(const struct part *pt, const struct op *op, const char *from,
    const char *to, const char *error, const char *snapshot,
    const struct sink *k, struct log *log)
{
	struct op_told t = {
		.run = pt->run,
		.op = op, .from = from, .to = to, .job = pt->name,
		.kind = pt->kind, .why = plan_text(pt->plan, op->why),
		.error = error ? error : "", .snapshot = snapshot ? snapshot : "",
		.missed = part_missed(pt, op),
	};
	CLEAN_BUF struct buf text = {0};
	struct op open;

	if (op->flags & OP_LATER) {	/* as the rule has it */
		open = *op;
		later_show(op->text, &text);
		open.text = buf_str(&text);
		t.op = &open;
	}
	tell_log(log, &t);
	if (k != NULL && k->op != NULL)
		k->op(k->arg, &t);
}

/* One part's operations; those of a held job are shown as held. */
static int
tell_part(const struct part *pt, const struct sink *k, struct job_totals *t,
    struct err *e)
{
	CLEAN_BUF struct buf from = {0}, to = {0};
	struct plan_reader *r = plan_read(pt->plan);
	const char *error;
	struct op op;
	int n;

	while ((n = plan_next(r, &op, e)) == 1) {
		buf_reset(&from);
		buf_reset(&to);
		plan_from(pt->plan, &op, &from);
		plan_to(pt->plan, &op, &to);
		error = plan_text(pt->plan, op.error);
		if (pt->held != NULL && op.state == OP_PLANNED) {
			op.state = OP_HELD;
			error = pt->held;
		}
		tell_count(t, &op);
		part_tell(pt, &op, buf_str(&from), buf_str(&to), error, NULL, k,
		    NULL);
	}
	plan_reader_free(r);
	return n;
}

int
parts_tell(const struct parts *p, const struct sink *k, struct job_totals *t,
    struct err *e)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (tell_part(&p->v[i], k, t, e) < 0)
			return -1;
	return 0;
}
