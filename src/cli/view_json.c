/* view_json.c -- one object an operation, then the summary (face.md 4). */
#include <string.h>

#include "cli/view_impl.h"
#include "util/buf.h"
#include "util/json.h"

static void
field(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_bytes(j, value, strlen(value));
}

static void
number(struct json *j, const char *key, uint64_t value)
{
	json_key(j, key);
	json_u64(j, value);
}

static void
json_op(struct view *v, const struct op_told *t)
{
	struct json j = { .out = &v->line };

	json_object_start(&j);
	number(&j, "v", 1);
	field(&j, "op", op_kind_name(t->op->kind));
	json_name(&j, "from", t->from, strlen(t->from));
	json_name(&j, "to", t->to, strlen(t->to));
	field(&j, "job", t->job);
	field(&j, "kind", t->kind);
	field(&j, "why", t->why);
	field(&j, "state", op_state_name(t->op->state));
	if (*t->error != '\0')
		field(&j, "error", t->error);
	if (t->op->kind == OP_ECHO || t->op->kind == OP_WRITE ||
	    t->op->kind == OP_SHELL || t->op->kind == OP_CONFIRM ||
	    t->op->kind == OP_XATTR)
		field(&j, "text", t->op->text);
	if (t->op->flags & OP_UNSURE) {
		json_key(&j, "unsure");
		json_bool(&j, 1);
	}
	if (*t->snapshot != '\0')
		field(&j, "snapshot", t->snapshot);
	json_object_end(&j);
	json_line(&j);
	cli_out(v->line.data, v->line.len);
	buf_reset(&v->line);
}

static void
totals(struct view *v, int64_t run, const struct job_totals *t)
{
	struct json j = { .out = &v->line };

	json_object_start(&j);
	number(&j, "v", 1);
	field(&j, "op", "summary");
	json_key(&j, "run");
	if (run > 0)
		json_i64(&j, run);
	else
		json_null(&j);
	number(&j, "planned", t->planned);
	number(&j, "done", t->done);
	number(&j, "skipped", t->skipped);
	number(&j, "failed", t->failed);
	number(&j, "held", t->held);
	number(&j, "waiting", t->waiting);
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
