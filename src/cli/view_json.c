/* view_json.c -- one object an operation, then the summary (face.md 4). */
#include <string.h>

#include "cli/view_impl.h"
#include "util/buf.h"
#include "util/json.h"

static void
json_op(struct view *v, const struct op_told *t)
{
	struct json j = { .out = &v->line };

	json_begin(&j);
	json_put_text(&j, "op", op_kind_name(t->op->kind));
	json_name(&j, "from", t->from, strlen(t->from));
	json_name(&j, "to", t->to, strlen(t->to));
	json_put_text(&j, "job", t->job);
	json_put_text(&j, "kind", t->kind);
	json_put_text(&j, "why", t->why);
	json_put_text(&j, "state", op_state_name(t->op->state));
	if (*t->error != '\0')
		json_put_text(&j, "error", t->error);
	if (t->op->kind == OP_ECHO || t->op->kind == OP_WRITE ||
	    t->op->kind == OP_SHELL || t->op->kind == OP_CONFIRM ||
	    t->op->kind == OP_XATTR)
		json_put_text(&j, "text", t->op->text);
	if (t->op->flags & OP_UNSURE) {
		json_key(&j, "unsure");
		json_bool(&j, 1);
	}
	if (*t->snapshot != '\0')
		json_put_text(&j, "snapshot", t->snapshot);
	json_object_end(&j);
	json_line(&j);
	cli_out(v->line.data, v->line.len);
	buf_reset(&v->line);
}

static void
totals(struct view *v, int64_t run, const struct job_totals *t)
{
	struct json j = { .out = &v->line };

	json_begin(&j);
	json_put_text(&j, "op", "summary");
	json_key(&j, "run");
	if (run > 0)
		json_i64(&j, run);
	else
		json_null(&j);
	json_put_u64(&j, "planned", t->planned);
	json_put_u64(&j, "done", t->done);
	json_put_u64(&j, "skipped", t->skipped);
	json_put_u64(&j, "failed", t->failed);
	json_put_u64(&j, "held", t->held);
	json_put_u64(&j, "waiting", t->waiting);
	json_object_end(&j);
	json_line(&j);
	cli_out(v->line.data, v->line.len);
	buf_reset(&v->line);
}

static void
json_plan_end(struct view *v, const struct parts *p, const struct job_totals *t)
{
	(void)p;
	totals(v, 0, t);
}

static void
json_run_end(struct view *v, const struct job_done *d)
{
	totals(v, d->run, &d->totals);
}

static void
json_free(struct view *v)
{
	(void)v;
}

const struct view_ops view_json = {
	.op = json_op, .plan_end = json_plan_end, .run_end = json_run_end,
	.free = json_free,
};
