/* cmd_recover.c -- what no snapshot names any more, in a new one. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/about.h"
#include "cli/progress.h"
#include "repo/recover.h"
#include "repo/repair.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/quote.h"

static const struct opt_def opts[] = {
	{ NULL, 0, NULL, NULL, 0 },
};

struct recovering {
	struct cli	*c;
	struct progress	 progress;
};

static void
on_told(void *arg, const char *text)
{
	struct recovering *k = arg;
	char q[QUOTE_SIZE];

	progress_end(&k->progress);
	if (!k->c->json)
		cli_say(k->c, "%s", quote_to(q, sizeof(q), text));
}

static void
on_trees(void *arg, uint64_t done, uint64_t total)
{
	struct recovering *k = arg;

	if (progress_due(&k->progress))
		progress_step(&k->progress, "reading folders", done, total);
}

static void
show(const struct cli *c, const struct recover *x, const struct id *snapshot)
{
	char hex[ID_HEX] = "";

	if (x->n > 0)
		id_hex(snapshot, hex);
	if (c->json && x->n > 0)
		cli_outf("{\"message_type\":\"summary\",\"trees\":%" PRIu64
		    ",\"unreadable\":%" PRIu64 ",\"roots\":%zu,"
		    "\"snapshot_id\":\"%s\"}\n", x->trees, x->bad, x->n, hex);
	else if (c->json)
		cli_outf("{\"message_type\":\"summary\",\"trees\":%" PRIu64
		    ",\"unreadable\":%" PRIu64 ",\"roots\":0}\n", x->trees,
		    x->bad);
	else if (x->n > 0)
		cli_outf("%zu folder%s that no snapshot names: they are in "
		    "snapshot %.8s now\n", x->n, x->n == 1 ? "" : "s", hex);
	else
		cli_say(c, "every folder is in a snapshot: there is nothing to "
		    "recover");
	if (x->bad > 0)
		cli_say(c, "%" PRIu64 " folders cannot be read", x->bad);
}

static int
recover(struct recovering *k, struct about *a)
{
	const struct repair_watch w = { .lock = a->lock, .told = on_told,
	    .arg = k };
	struct recover x = {0};
	struct repair_index index;
	struct id snapshot = {{0}};
	struct err e = {0};
	int r;

	r = repair_index(a->repo, 0, &w, &index, &e);
	if (r == 0)
		r = recover_find(a->repo, on_trees, k, &x, &e);
	progress_end(&k->progress);
	if (r == 0 && x.n > 0)
		r = recover_save(a->repo, &x, k->c->now, &snapshot, &e);
	if (r == 0)
		show(k->c, &x, &snapshot);
	free(x.roots);
	return r < 0 ? cli_fail(k->c, &e) : EXIT_DONE;
}

/* The index is mended first, and not by what a cache says is in it. */
static int
run(struct cli *c, const struct opts *o)
{
	struct recovering k = { .c = c };
	struct about a;
	int status;

	if (o->n_args > 0)
		return cli_usage(c, "recover takes no names");
	c->repo.no_cache = 1;
	status = about_open(c, ABOUT_EXCLUSIVE | ABOUT_WRITES, &a);
	if (status != EXIT_DONE)
		return status;
	progress_start(&k.progress, c);
	return about_close(&a, recover(&k, &a));
}

const struct command cmd_recover = {
	"recover", "", "What no snapshot names any more, in a new one",
	"Folders of snapshots that were forgotten or lost, as long as 'prune' has not\n"
	"removed them.  The new snapshot holds each by the beginning of its id.",
	opts, run, COMMAND_REPO,
};
