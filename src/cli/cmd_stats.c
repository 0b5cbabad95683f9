/* cmd_stats.c -- how much is in the snapshots? */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/about.h"
#include "cli/progress.h"
#include "cli/repo_show.h"
#include "repo/stats.h"
#include "util/buf.h"
#include "util/size.h"

static const struct opt_def opts[] = {
	{ "mode", 0, "HOW", "restore-size (default), files-by-contents, "
	    "blobs-per-file, raw-data", 0 },
	SNAPSHOT_FILTER_OPTS,
	{ NULL, 0, NULL, NULL, 0 },
};

static void
on_step(void *arg, uint64_t snapshots, uint64_t trees)
{
	struct progress *p = arg;

	(void)snapshots;
	if (progress_due(p))
		progress_step(p, "reading folders", trees, 0);
}

static void
number(struct buf *b, const char *key, uint64_t v)
{
	if (v != 0)
		buf_addf(b, ",\"%s\":%" PRIu64, key, v);
}

/* The shortest digits that are read as the same number. */
static void
real(struct buf *b, const char *key, double v)
{
	char text[512];
	int digits;

	if (v == 0)
		return;
	/* From all that stand before the point: 100 is not to be 1e+02. */
	digits = snprintf(text, sizeof(text), "%.0f", v);
	for (digits = digits < 15 ? digits : 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) >= v && strtod(text, NULL) <= v)
			break;
	}
	buf_addf(b, ",\"%s\":%s", key, text);
}

static double
ratio(const struct stats *s)
{
	return s->zipped ? (double)s->zipped_plain / (double)s->zipped : 0;
}

static double
compressed(const struct stats *s)
{
	return s->uncompressed ? (double)s->zipped_plain /
	    (double)s->uncompressed * 100 : 0;
}

static double
saving(const struct stats *s)
{
	return s->uncompressed ? (1 - (double)s->size /
	    (double)s->uncompressed) * 100 : 0;
}

static void
show_json(const struct stats *s)
{
	CLEAN_BUF struct buf b = {0};

	buf_addf(&b, "{\"total_size\":%" PRIu64, s->size);
	number(&b, "total_uncompressed_size", s->uncompressed);
	real(&b, "compression_ratio", ratio(s));
	real(&b, "compression_progress", compressed(s));
	real(&b, "compression_space_saving", saving(s));
	number(&b, "total_file_count", s->files);
	number(&b, "total_blob_count", s->blobs);
	buf_addf(&b, ",\"snapshots_count\":%" PRIu64 "}", s->snapshots);
	cli_line(&b);
}

static void
size_line(const char *what, uint64_t bytes)
{
	CLEAN_BUF struct buf b = {0};

	buf_addf(&b, "%-22s", what);
	size_print(&b, bytes);
	cli_line(&b);
}

static void
show_text(const struct stats *s, enum stats_mode mode)
{
	cli_outf("%-22s%s\n", "counted:", stats_mode_name(mode));
	cli_outf("%-22s%" PRIu64 "\n", "snapshots:", s->snapshots);
	if (s->files > 0)
		cli_outf("%-22s%" PRIu64 "\n", "files:", s->files);
	if (s->blobs > 0)
		cli_outf("%-22s%" PRIu64 "\n", "pieces:", s->blobs);
	size_line("size:", s->size);
	if (s->uncompressed > 0) {
		size_line("without compression:", s->uncompressed);
		cli_outf("%-22s%.2f %%\n", "of it compressed:", compressed(s));
		cli_outf("%-22s%.2f\n", "ratio of that:", ratio(s));
		cli_outf("%-22s%.2f %%\n", "saved in all:", saving(s));
	}
}

static int
stats(struct about *a, const struct opts *o, enum stats_mode mode)
{
	struct progress p;
	const struct stats_options so = { .mode = mode, .step = on_step,
	    .arg = &p };
	struct snapshot_filter filter;
	struct snapshots l = {0};
	struct stats s;
	struct err e = {0};
	int status;

	show_filter(o, &filter);
	status = show_find_named(a->c, a->repo, (const char *const *)o->args,
	    o->n_args, &filter, 0, &l);
	progress_start(&p, a->c);
	if (status == EXIT_DONE && stats_count(a->repo, &l, &so, &s, &e) < 0) {
		progress_end(&p);
		status = cli_fail(a->c, &e);
	} else if (status == EXIT_DONE) {
		progress_end(&p);
		if (a->c->json)
			show_json(&s);
		else
			show_text(&s, mode);
	}
	snapshots_fini(&l);
	return status;
}

static int
run(struct cli *c, const struct opts *o)
{
	const char *word = opt_value(o, "mode");
	enum stats_mode mode = STATS_RESTORE_SIZE;
	struct about a;
	struct err e = {0};
	int status;

	if (word != NULL && stats_parse_mode(word, &mode, &e) < 0)
		return cli_fail(c, &e);
	status = about_open(c, ABOUT_SHARED | ABOUT_INDEX, &a);
	return status != EXIT_DONE ? status :
	    about_close(&a, stats(&a, o, mode));
}

const struct command cmd_stats = {
	"stats", "[SNAPSHOT...]", "How much is in them?",
	"restore-size: what a restore of each would take.  files-by-contents: files that\n"
	"differ.  blobs-per-file: their pieces.  raw-data: what they take in the\n"
	"repository.", opts, run, COMMAND_REPO,
};
