/*
 * audit.c -- c.8: after the machine went down under us, what was done shortly
 * before is looked at once more.  It is cheap, and it finds what a disk that
 * lies about its flush, or a fault of the kernel, took back.
 *
 * The journal of an ended batch is not changed any more, so what is found is
 * finished where that is safe (one file with two names) and else told.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/gone.h"
#include "apply/recover.h"
#include "catalog/catalog.h"
#include "fs/who.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

#define LOOK_BACK	((int64_t)600 * 1000000)	/* µs */

struct looking {
	struct scene	*s;
	int64_t		 since;
	struct err	*e;
	int		 bad;
};

static void
alarm_of(struct scene *s, const struct entry *en, const char *words)
{
	CLEAN_BUF struct buf b = {0}, path = {0};

	buf_addf(&path, "%s/%s", en->to_dir, en->to);
	quote_add(&b, buf_str(&path), path.len);
	buf_addf(&b, ": %s", words);
	if (s->say != NULL)
		s->say(s->arg, buf_str(&b));
}

static void
look_again(struct scene *s, const struct entry *en, const struct result *res)
{
	const struct fs_id *want = res->id.ino != 0 ? &res->id : &en->id;
	CLEAN(fs_end) uid_t before = fs_who();
	struct rec r = { .en = *en };
	struct ends e;
	struct fs_id at;

	if (want->ino == 0 || S_ISDIR(want->mode) ||
	    fs_be(recover_as(en), NULL) < 0)
		return;
	ends_open(s, &r, &e);
	if (e.to != NULL && fs_stat(e.to, en->to, &at, NULL) == 0 &&
	    fs_id_same(&at, want)) {
		if (at.size != want->size && at.mtime == want->mtime)
			alarm_of(s, en, "the cut left it with another size; "
			    "look at it, and at your backups");
		if (e.is_from && en->kind != ENTRY_COPY && want == &en->id &&
		    at.nlink > want->nlink &&
		    gone_file(e.from, en->from, en->token, &at, 0, NULL) ==
		    GONE_DONE)
			alarm_of(s, en, "the cut had left it under both names");
	} else if (e.is_from && en->kind != ENTRY_COPY)
		alarm_of(s, en, "the cut took the move back: it lies where it "
		    "lay; fettle run --again moves it");
	ends_close(s, &e);
}

static int
each_batch(void *arg, const struct catalog_batch *b)
{
	struct looking *l = arg;
	struct batch_reader *r = NULL;
	struct result *res;
	struct entry en;
	size_t i;

	if (b->phase != 2 || b->time < l->since)
		return 0;
	res = xallocn(b->n + 1, sizeof(*res));
	if (results_unpack(b->results, b->results_len, res, b->n, l->e) < 0 ||
	    batch_read(b->bytes, b->len, &r, l->e) < 0)
		l->bad = 1;
	for (i = 0; !l->bad && i < b->n; i++) {
		if (batch_next(r, &en, l->e) != 1)
			l->bad = 1;
		else if (res[i].outcome == OUTCOME_DONE &&
		    (en.kind == ENTRY_MOVE || en.kind == ENTRY_TRASH ||
		    en.kind == ENTRY_COPY))
			look_again(l->s, &en, &res[i]);
	}
	batch_reader_free(r);
	free(res);
	return l->bad;
}

struct runs {
	int64_t	 since;
	int64_t	*v;
	size_t	 n, cap;
};

static int
each_run(void *arg, const struct run *r)
{
	struct runs *runs = arg;

	if (r->ended != 0 && r->ended < runs->since)
		return 1;
	XGROW(runs->v, runs->n, runs->cap);
	runs->v[runs->n++] = r->number;
	return 0;
}

int
audit(struct scene *s, struct err *e)
{
	struct looking l = { .s = s, .e = e };
	struct runs runs = {0};
	int64_t last;
	size_t i;
	int r = catalog_cut(s->catalog, &last, e);

	if (r <= 0)
		return r;
	l.since = runs.since = last - LOOK_BACK;
	r = catalog_runs(s->catalog, 0, 0, each_run, &runs, e);
	for (i = 0; i < runs.n && r >= 0 && !l.bad; i++)
		r = catalog_batches(s->catalog, runs.v[i], each_batch, &l, e);
	free(runs.v);
	if (r < 0 || l.bad)
		return -1;
	return catalog_cut_seen(s->catalog, e);
}
