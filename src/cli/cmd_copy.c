/* cmd_copy.c -- snapshots from another repository into this one. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/about.h"
#include "cli/progress.h"
#include "cli/repo_show.h"
#include "repo/copy.h"
#include "repo/lock.h"
#include "repo/node.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/size.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	ABOUT_FROM_OPTS,
	SNAPSHOT_FILTER_OPTS,
	{ NULL, 0, NULL, NULL, 0 },
};

struct copying {
	struct cli	*c;
	const struct opts *o;
	struct about	 a;		/* to */
	struct repo	*from;
	struct lock	*from_lock;
	struct progress	 progress;
	struct snapshots l, there;
	size_t		 skipped, failed;
};

static void
on_step(void *arg, enum copy_step step, uint64_t done, uint64_t total)
{
	struct copying *k = arg;

	if (!progress_due(&k->progress))
		return;
	if (step == COPY_TREES)
		progress_step(&k->progress, "reading folders", done, total);
	else
		progress_step(&k->progress, "copying MiB", done >> 20,
		    total >> 20);
}

static void
tell(struct copying *k, const char *what, const struct snapshot *s,
    const struct id *as)
{
	char from[ID_HEX], to[ID_HEX];

	progress_end(&k->progress);
	id_hex(&s->id, from);
	id_hex(as, to);
	if (k->c->json)
		cli_outf("{\"message_type\":\"%s\",\"source_snapshot_id\":\"%s\","
		    "\"snapshot_id\":\"%s\"}\n", what, from, to);
	else if (k->c->quiet)
		return;
	else if (*what == 'c')
		cli_outf("%.8s is copied, as %.8s\n", from, to);
	else if (k->c->verbose)
		cli_outf("%.8s is there already, as %.8s\n", from, to);
}

static void
on_copied(void *arg, const struct snapshot *s, const struct id *as)
{
	tell(arg, "copied", s, as);
}

static void
on_bad(void *arg, const struct snapshot *s, const struct err *why)
{
	struct copying *k = arg;
	char brief[ID_SHORT];
	struct err e = *why;

	progress_end(&k->progress);
	id_short(&s->id, brief);
	err_wrap_text(&e, "snapshot %s is not copied", brief);
	cli_fail(k->c, &e);
	k->failed++;
}

static void
summary(const struct copying *k, const struct copy_totals *t)
{
	CLEAN_BUF struct buf b = {0};

	if (k->c->json) {
		cli_outf("{\"message_type\":\"summary\",\"copied\":%" PRIu64
		    ",\"skipped\":%zu,\"failed\":%zu,\"blobs\":%" PRIu64
		    ",\"bytes\":%" PRIu64 "}\n", t->snapshots, k->skipped,
		    k->failed, t->blobs, t->bytes);
		return;
	}
	buf_addf(&b, "copied %" PRIu64 " snapshot%s, ", t->snapshots,
	    t->snapshots == 1 ? "" : "s");
	size_print(&b, t->bytes);
	buf_addf(&b, " in %" PRIu64 " pieces; %zu were there already",
	    t->blobs, k->skipped);
	cli_say(k->c, "%s", buf_str(&b));
}

static int
copy(struct copying *k)
{
	const struct copy_watch w = { .step = on_step, .copied = on_copied,
	    .bad = on_bad, .arg = k };
	CLEAN_FREE const struct snapshot **v = xallocn(k->l.n + 1, sizeof(*v));
	const struct snapshot *as;
	struct copy_totals t;
	struct err e = {0};
	size_t i, n = 0;
	int r;

	progress_start(&k->progress, k->c);
	for (i = 0; i < k->l.n; i++) {
		as = copy_find(&k->there, &k->l.v[i]);
		if (as == NULL) {
			v[n++] = &k->l.v[i];
			continue;
		}
		tell(k, "skipped", &k->l.v[i], &as->id);
		k->skipped++;
	}
	r = copy_run(k->from, k->a.repo, v, n, &w, &t, &e);
	progress_end(&k->progress);
	if (r < 0)
		return cli_fail(k->c, &e);
	summary(k, &t);
	return k->failed > 0 ? EXIT_FAILED : EXIT_DONE;
}

static void
bad_snapshot(void *arg, const struct id *id, const struct err *why)
{
	const struct copying *k = arg;
	char brief[ID_SHORT];

	id_short(id, brief);
	cli_say(k->c, "fettle: snapshot %s cannot be read: %s", brief,
	    why->text);
}

/* From first: its snapshots are listed before its index is read, so what they
 * need is in it. */
static int
open_from(struct copying *k, int no_lock)
{
	struct snapshot_filter filter;
	struct err e = {0};
	int status = about_from(k->c, k->o, &k->from);

	if (status == EXIT_DONE && !no_lock)
		status = about_lock(k->c, k->from, 0, &k->from_lock);
	if (status != EXIT_DONE)
		return status;
	show_filter(k->o, &filter);
	status = show_find_named(k->c, k->from,
	    (const char *const *)k->o->args, k->o->n_args, &filter, 0, &k->l);
	if (status == EXIT_DONE && (repo_load_index(k->from, &e) < 0 ||
	    snapshots_load(k->a.repo, NULL, bad_snapshot, k, &k->there,
	    &e) < 0))
		status = cli_fail(k->c, &e);
	return status;
}

/* --no-lock is about the one that is only read. */
static int
run(struct cli *c, const struct opts *o)
{
	struct copying k = { .c = c, .o = o };
	int no_lock = c->repo.no_lock, status;

	c->repo.no_lock = 0;
	status = about_open(c, ABOUT_SHARED | ABOUT_INDEX | ABOUT_WRITES, &k.a);
	if (status != EXIT_DONE)
		return status;
	status = open_from(&k, no_lock);
	if (status == EXIT_DONE)
		status = copy(&k);
	snapshots_fini(&k.l);
	snapshots_fini(&k.there);
	lock_release(k.from_lock);
	repo_close(k.from);
	return about_close(&k.a, status);
}

const struct command cmd_copy = {
	"copy", "--from-repo REPO [SNAPSHOT...]",
	"Copy snapshots from another repository",
	"Those named, or all that fit; what is there already is passed over.  Between\n"
	"repositories that cut files alike (init --copy-chunker-params) nothing is stored\n"
	"twice.", opts, run, COMMAND_REPO,
};
