/* trash.c -- what fettle put into the trash, as the journal tells. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/note.h"
#include "catalog/catalog.h"
#include "fs/dir.h"
#include "job/trash.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

struct emptying {
	struct hall	*h;
	int64_t		 before, mark;
	int64_t		 young;		/* the lowest run that is too young */
	int64_t		*runs;
	size_t		 n, cap;
	struct plan	*plan;
	uint32_t	 why;
	struct fs_dir	*dir;		/* the one of the last file */
	struct buf	 note;
	struct err	*e;
};

/* Newest first. */
static int
choose(void *arg, const struct run *r)
{
	struct emptying *g = arg;

	if (r->number <= g->mark)
		return 1;
	if (r->ended == 0 || r->ended >= g->before) {
		g->young = r->number;
		return 0;
	}
	XGROW(g->runs, g->n, g->cap);
	g->runs[g->n++] = r->number;
	return 0;
}

static const struct fs_dir *
hold(struct emptying *g, const char *path)
{
	struct err e = {0};

	if (g->dir != NULL && strcmp(g->dir->path, path) == 0)
		return g->dir;
	fs_dir_free(g->dir);
	g->dir = NULL;
	if (fs_dir_read(path, &g->dir, &e) < 0)
		g->dir = NULL;
	return g->dir;
}

/* One that was trashed goes, if it is still there and still the same. */
static int
add(struct emptying *g, const struct entry *en, const struct result *res)
{
	const struct fs_id *was = res->id.ino != 0 ? &res->id : &en->id;
	const struct fs_dir *d = hold(g, en->to_dir);
	struct op op = { .kind = OP_DELETE, .to_dir = PLAN_NONE,
	    .from = en->to, .to = "", .text = "", .why = g->why,
	    .flags = OP_IRREVERSIBLE };
	struct err e = {0};

	if (d == NULL || fs_stat(d, en->to, &op.id, &e) < 0 ||
	    !fs_id_same(&op.id, was))
		return 0;
	if (S_ISDIR(op.id.mode))
		op.flags |= OP_DIR;
	op.from_dir = plan_add_dir(g->plan, en->to_dir);
	op.extra = g->note.data;
	op.extra_len = g->note.len;
	return plan_add(g->plan, &op, g->e);
}

static int
each_entry(struct emptying *g, struct batch_reader *r,
    const struct result *results, size_t n)
{
	struct entry en;
	size_t i;

	for (i = 0; i < n && batch_next(r, &en, g->e) == 1; i++)
		if (en.kind == ENTRY_TRASH &&
		    results[i].outcome == OUTCOME_DONE &&
		    add(g, &en, &results[i]) < 0)
			return -1;
	return 0;
}

static int
each_batch(void *arg, const struct catalog_batch *b)
{
	struct emptying *g = arg;
	struct result *results = xallocn(b->n ? b->n : 1, sizeof(*results));
	struct batch_reader *r = NULL;
	struct err e = {0};
	int ret = 0;

	/* What cannot be read stays in the trash. */
	if (b->phase == 2 && results_unpack(b->results, b->results_len, results,
	    b->n, &e) == 0 && batch_read(b->bytes, b->len, &r, &e) == 0) {
		ret = each_entry(g, r, results, b->n);
		batch_reader_free(r);
	}
	free(results);
	return ret < 0;
}

static int
gather(struct emptying *g)
{
	struct catalog *c = g->h->catalog;
	size_t i;

	if (catalog_runs(c, 0, 0, choose, g, g->e) < 0)
		return -1;
	for (i = g->n; i-- > 0;)	/* oldest first */
		if (catalog_batches(c, g->runs[i], each_batch, g, g->e) < 0 ||
		    g->e->kind != ERR_NONE)
			return -1;
	return 0;
}

int
trash_plan(struct hall *h, int64_t before, int64_t *mark, struct plan *p,
    struct err *e)
{
	struct note note = { .kind = NOTE_TRASHED };
	struct emptying g = { .h = h, .before = before, .mark = *mark,
	    .plan = p, .e = e };
	int ret;

	*e = (struct err){0};
	plan_add_job(p, "trash", "trash", 0);
	g.why = plan_add_text(p, "longer in the trash than trash.keep");
	note_pack(&g.note, &note);
	ret = gather(&g);
	if (ret == 0 && g.n > 0)
		*mark = g.runs[0];
	if (ret == 0 && g.young != 0 && *mark >= g.young)
		*mark = g.young - 1;
	fs_dir_free(g.dir);
	buf_fini(&g.note);
	free(g.runs);
	return ret;
}
