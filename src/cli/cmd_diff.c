/* cmd_diff.c -- what changed from one snapshot to another. */
#include <inttypes.h>
#include <string.h>

#include "cli/about.h"
#include "cli/repo_show.h"
#include "repo/diff.h"
#include "repo/node.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/quote.h"
#include "util/size.h"

static const struct opt_def opts[] = {
	{ "metadata", 0, NULL, "also what changed in owners, modes and times", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

struct showing {
	struct cli	*c;
	int		 bad;
};

static int
each(void *arg, const char *path, const char *modifier)
{
	struct showing *s = arg;
	CLEAN_BUF struct buf b = {0};

	if (s->c->json) {
		buf_adds(&b, "{\"message_type\":\"change\",\"path\":");
		node_string(&b, path, strlen(path));
		buf_addf(&b, ",\"modifier\":\"%s\"}", modifier);
		cli_line(&b);
	} else if (!s->c->quiet) {
		buf_addf(&b, "%-5s", modifier);
		show_path(s->c, &b, path);
		cli_line(&b);
	}
	return cli_stopped(NULL);
}

static void
bad(void *arg, const char *path, const struct err *why)
{
	struct showing *s = arg;
	char q[QUOTE_SIZE];

	s->bad = 1;
	cli_say(s->c, "fettle: %s: %s", quote_to(q, sizeof(q), path), why->text);
}

static void
side_json(struct buf *b, const char *name, const struct diff_side *s)
{
	buf_addf(b, ",\"%s\":{\"files\":%" PRIu64 ",\"dirs\":%" PRIu64
	    ",\"others\":%" PRIu64 ",\"data_blobs\":%" PRIu64
	    ",\"tree_blobs\":%" PRIu64 ",\"bytes\":%" PRIu64 "}", name,
	    s->files, s->dirs, s->others, s->data_blobs, s->tree_blobs,
	    s->bytes);
}

/* In restic's words: scripts read them. */
static void
line_text(const char *what, uint64_t added, uint64_t removed)
{
	cli_outf("%-12s %5" PRIu64 " new, %5" PRIu64 " removed\n", what, added,
	    removed);
}

static void
totals(const struct cli *c, const struct opts *o, const struct diff_totals *t)
{
	CLEAN_BUF struct buf b = {0};

	if (c->json) {
		buf_adds(&b, "{\"message_type\":\"statistics\","
		    "\"source_snapshot\":");
		node_string(&b, o->args[0], strlen(o->args[0]));
		buf_adds(&b, ",\"target_snapshot\":");
		node_string(&b, o->args[1], strlen(o->args[1]));
		buf_addf(&b, ",\"changed_files\":%" PRIu64, t->changed_files);
		side_json(&b, "added", &t->added);
		side_json(&b, "removed", &t->removed);
		buf_addc(&b, '}');
		cli_line(&b);
		return;
	}
	cli_outf("\nFiles:       %5" PRIu64 " new, %5" PRIu64 " removed, %5" PRIu64
	    " changed\n", t->added.files, t->removed.files, t->changed_files);
	line_text("Dirs:", t->added.dirs, t->removed.dirs);
	line_text("Others:", t->added.others, t->removed.others);
	line_text("Data Blobs:", t->added.data_blobs, t->removed.data_blobs);
	line_text("Tree Blobs:", t->added.tree_blobs, t->removed.tree_blobs);
	buf_adds(&b, "  Added:   ");
	size_print(&b, t->added.bytes);
	cli_line(&b);
	buf_adds(&b, "  Removed: ");
	size_print(&b, t->removed.bytes);
	cli_line(&b);
}

static int
run(struct cli *c, const struct opts *o)
{
	struct showing s = { .c = c };
	struct diff_options d = { .metadata = opt_given(o, "metadata"),
	    .each = each, .bad = bad, .arg = &s };
	struct diff_totals t;
	struct about a;
	struct err e = {0};
	struct id x, y;
	int status;

	if (o->n_args != 2)
		return cli_usage(c, "which two snapshots?");
	status = about_open(c, ABOUT_SHARED | ABOUT_INDEX, &a);
	if (status != EXIT_DONE)
		return status;
	if (show_root(a.repo, o->args[0], NULL, NULL, &x, &e) < 0 ||
	    show_root(a.repo, o->args[1], NULL, NULL, &y, &e) < 0 ||
	    diff_trees(a.repo, &x, &y, &d, &t, &e) < 0)
		status = cli_fail(c, &e);
	else {
		totals(c, o, &t);
		status = s.bad ? EXIT_FAILED : EXIT_DONE;
	}
	return about_close(&a, status);
}

const struct command cmd_diff = {
	"diff", "SNAPSHOT[:PATH] SNAPSHOT[:PATH]", "What changed from one to another",
	"+ new, - gone, M other contents, T another type, U other metadata (--metadata),\n"
	"? other contents though nothing else changed: the disk may be failing.",
	opts, run, COMMAND_REPO,
};
