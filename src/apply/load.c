#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/bundle.h"
#include "apply/load.h"
#include "util/xalloc.h"

struct load *
load_new(void)
{
	return xalloc(sizeof(struct load));
}

void
load_free(struct load *l)
{
	struct load *more;

	for (; l != NULL; l = more) {
		more = l->more;
		arena_fini(&l->own);
		batch_free(l->batch);
		free(l->items);
		free(l->results);
		free(l->touched.v);
		bundles_fini(l);
		free(l);
	}
}

static const char *
keep(struct load *l, const char *s)
{
	return s != NULL && *s != '\0' ? arena_str(&l->own, s) : "";
}

struct item *
load_add(struct load *l, const struct op *op)
{
	struct item *it;

	XGROW(l->items, l->n, l->cap);
	it = &l->items[l->n++];
	*it = (struct item){ .op = *op, .from_dir = NO_FOLDER,
	    .to_dir = NO_FOLDER, .info_dir = NO_FOLDER, .entry = NO_ENTRY,
	    .state = op->state, .in = l, .expect = op->id };
	it->op.from = keep(l, op->from);
	it->op.to = op->to == op->from ? it->op.from : keep(l, op->to);
	it->op.text = keep(l, op->text);
	if (op->extra_len > 0)
		it->op.extra = arena_dup(&l->own, op->extra, op->extra_len);
	it->to = it->op.to;
	return it;
}

size_t
load_intend(struct load *l, const struct entry *en)
{
	if (l->batch == NULL)
		l->batch = batch_new();
	batch_add(l->batch, en);
	return batch_len(l->batch) - 1;
}

void
load_seal(struct load *l)
{
	l->n_results = l->batch != NULL ? batch_len(l->batch) : 0;
	l->results = xallocn(l->n_results + 1, sizeof(*l->results));
}

static void
ended(struct item *it, enum op_state state, enum outcome outcome)
{
	it->state = state;
	if (it->entry != NO_ENTRY)
		item_result(it)->outcome = outcome;
}

void
item_done(struct item *it)
{
	ended(it, OP_DONE, OUTCOME_DONE);
}

void
item_words(struct load *l, struct item *it, const char *words)
{
	it->error = arena_str(&l->own, words);
}

void
item_skip(struct load *l, struct item *it, const char *fmt, ...)
{
	char text[480];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	item_words(l, it, text);
	ended(it, OP_SKIPPED, OUTCOME_ROLLED_BACK);
}

void
item_fail(struct load *l, struct item *it, const struct err *e)
{
	item_words(l, it, e->text);
	ended(it, OP_FAILED, OUTCOME_ROLLED_BACK);
}

void
item_attention(struct load *l, struct item *it, const struct err *e)
{
	item_words(l, it, e->text);
	ended(it, OP_FAILED, OUTCOME_ATTENTION);
}

void
item_later(struct load *l, struct item *it, const struct err *e)
{
	item_words(l, it, e->text);
	ended(it, OP_FAILED, OUTCOME_NONE);
	l->open = 1;
}

/* Almost always one of the last few. */
void
touch(struct load *l, uint32_t folder)
{
	struct touched *t = &l->touched;
	size_t i;

	for (i = t->n; i > 0; i--)
		if (t->v[i - 1] == folder)
			return;
	XGROW(t->v, t->n, t->cap);
	t->v[t->n++] = folder;
}
