/* prune_go.c -- plan, show and do a prune. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/progress.h"
#include "cli/prune_go.h"
#include "cli/repo_show.h"
#include "repo/prune.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/size.h"

struct stepping {
	struct progress	 progress;
	int		 last;
};

static const char *const words[] = {
	[PRUNE_TREES] = "looking for what is needed",
	[PRUNE_INDEX] = "counting", [PRUNE_PACKS] = "listing packs",
	[PRUNE_UNREFERENCED] = "removing packs that nothing names",
	[PRUNE_REPACK] = "writing packs again",
	[PRUNE_REWRITE] = "writing the index",
	[PRUNE_REMOVE] = "removing old packs",
};

static void
on_step(void *arg, enum prune_step step, uint64_t done, uint64_t total)
{
	struct stepping *s = arg;

	if (progress_due(&s->progress))
		progress_step(&s->progress, words[step], done, total);
}

static int
size_of(const struct about *a, const struct opts *o, const char *name,
    uint64_t *out, int *status)
{
	struct err e = {0};

	if (opt_value(o, name) == NULL ||
	    show_size(opt_value(o, name), out, &e) == 0)
		return 0;
	*status = cli_usage(a->c, "--%s: %s", name, e.text);
	return -1;
}

static int
take(const struct about *a, const struct opts *o, struct prune_options *p)
{
	const char *unused = opt_value(o, "max-unused");
	struct err e = {0};
	int status = EXIT_DONE;

	p->small = prune_small(a->repo, opt_given(o, "repack-small"));
	p->cacheable_only = opt_given(o, "repack-cacheable-only");
	p->uncompressed = opt_given(o, "repack-uncompressed");
	if (prune_parse_unused(unused ? unused : "5%", p, &e) < 0)
		return cli_fail(a->c, &e);
	if (p->uncompressed && a->repo->options.compression == REPO_COMPRESS_OFF)
		return cli_usage(a->c, "--repack-uncompressed, and not to "
		    "compress: that is not both");
	if (size_of(a, o, "max-repack-size", &p->max_repack, &status) < 0 ||
	    size_of(a, o, "repack-smaller-than", &p->small, &status) < 0)
		return status;
	return EXIT_DONE;
}

static void
amount(const char *what, uint64_t blobs, uint64_t bytes)
{
	CLEAN_BUF struct buf b = {0};

	buf_addf(&b, "%-14s %10" PRIu64 " pieces, ", what, blobs);
	size_print(&b, bytes);
	cli_line(&b);
}

static void
show_text(const struct prune_stats *s)
{
	uint64_t blobs = s->used.blobs + s->unused.blobs + s->duplicate.blobs;
	uint64_t bytes = s->used.bytes + s->unused.bytes + s->duplicate.bytes +
	    s->unreferenced;
	uint64_t gone = s->repack_removes.bytes + s->remove.bytes +
	    s->unreferenced;

	amount("needed:", s->used.blobs, s->used.bytes);
	if (s->duplicate.blobs > 0)
		amount("kept twice:", s->duplicate.blobs, s->duplicate.bytes);
	amount("not needed:", s->unused.blobs, s->unused.bytes);
	if (s->unreferenced > 0)
		amount("unknown:", 0, s->unreferenced);
	amount("in all:", blobs, bytes);
	amount("written again:", s->repack.blobs, s->repack.bytes);
	amount("that saves:", s->repack_removes.blobs, s->repack_removes.bytes);
	amount("removed:", s->remove.blobs, s->remove.bytes + s->unreferenced);
	amount("remaining:", blobs - s->repack_removes.blobs - s->remove.blobs,
	    bytes - gone);
	cli_outf("packs: %" PRIu64 " stay, %" PRIu64 " are written again, %" PRIu64
	    " go\n", s->packs.keep, s->packs.repack,
	    s->packs.remove + s->packs.unreferenced);
}

static void
show_json(const struct prune_stats *s)
{
	CLEAN_BUF struct buf b = {0};
	uint64_t blobs = s->used.blobs + s->unused.blobs + s->duplicate.blobs;
	uint64_t bytes = s->used.bytes + s->unused.bytes + s->duplicate.bytes +
	    s->unreferenced;
	uint64_t gone = s->repack_removes.blobs + s->remove.blobs;
	uint64_t freed = s->repack_removes.bytes + s->remove.bytes +
	    s->unreferenced;

	buf_addf(&b, "{\"message_type\":\"summary\",\"blobs\":{\"used\":%" PRIu64
	    ",\"duplicate\":%" PRIu64 ",\"unused\":%" PRIu64 ",\"total\":%" PRIu64
	    ",\"repack\":%" PRIu64 ",\"repack_remove\":%" PRIu64
	    ",\"remove\":%" PRIu64 ",\"remove_total\":%" PRIu64
	    ",\"remaining\":%" PRIu64 "}", s->used.blobs, s->duplicate.blobs,
	    s->unused.blobs, blobs, s->repack.blobs, s->repack_removes.blobs,
	    s->remove.blobs, gone, blobs - gone);
	buf_addf(&b, ",\"sizes\":{\"used\":%" PRIu64 ",\"duplicate\":%" PRIu64
	    ",\"unused\":%" PRIu64 ",\"unreferenced\":%" PRIu64
	    ",\"uncompressed\":%" PRIu64 ",\"total\":%" PRIu64
	    ",\"repack\":%" PRIu64 ",\"repack_remove\":%" PRIu64
	    ",\"remove\":%" PRIu64 ",\"remove_total\":%" PRIu64
	    ",\"remaining\":%" PRIu64 "}", s->used.bytes, s->duplicate.bytes,
	    s->unused.bytes, s->unreferenced, s->uncompressed, bytes,
	    s->repack.bytes, s->repack_removes.bytes, s->remove.bytes, freed,
	    bytes - freed);
	buf_addf(&b, ",\"packfiles\":{\"used\":%" PRIu64 ",\"unused\":%" PRIu64
	    ",\"partly_used\":%" PRIu64 ",\"unreferenced\":%" PRIu64
	    ",\"total\":%" PRIu64 ",\"keep\":%" PRIu64 ",\"repack\":%" PRIu64
	    ",\"remove\":%" PRIu64 ",\"remove_total\":%" PRIu64 "}}",
	    s->packs.used, s->packs.unused, s->packs.partly,
	    s->packs.unreferenced, s->packs.used + s->packs.unused +
	    s->packs.partly + s->packs.unreferenced, s->packs.keep,
	    s->packs.repack, s->packs.remove,
	    s->packs.remove + s->packs.unreferenced);
	cli_line(&b);
}

int
prune_go(struct about *a, const struct opts *o, int dry_run,
    const struct id *without, size_t n_without)
{
	struct stepping s = {0};
	struct prune_options po = { .without = without, .n_without = n_without,
	    .step = on_step, .arg = &s };
	struct prune_stats stats;
	struct prune *p = NULL;
	struct err e = {0};
	int status = take(a, o, &po), r;

	if (status != EXIT_DONE)
		return status;
	progress_start(&s.progress, a->c);
	r = repo_load_index(a->repo, &e);
	if (r == 0)
		r = prune_plan(a->repo, &po, &p, &e);
	progress_end(&s.progress);
	if (r == 0) {
		prune_stats(p, &stats);
		if (a->c->json)
			show_json(&stats);
		else if (!a->c->quiet)
			show_text(&stats);
		if (!dry_run && prune_needed(p))
			r = prune_do(p, &e);
		progress_end(&s.progress);
	}
	prune_free(p);
	return r < 0 ? cli_fail(a->c, &e) : EXIT_DONE;
}
