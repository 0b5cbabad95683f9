/* cmd_snapshots.c -- the snapshots of a repository, or plain copies. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/about.h"
#include "cli/copies_cmds.h"
#include "cli/repo_show.h"
#include "repo/group.h"
#include "repo/node.h"

static const struct opt_def opts[] = {
	SNAPSHOT_FILTER_OPTS,
	{ "compact", 'c', NULL, "a line each", 0 },
	{ "latest", 0, "N", "only the newest N of each group (host and paths)", 0 },
	{ "group-by", 'g', "WHAT", "by host, paths or tags, and commas between", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

static void
array_json(struct buf *b, const struct snapshots *l)
{
	size_t i;

	buf_addc(b, '[');
	for (i = 0; i < l->n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		show_snapshot_json(b, &l->v[i]);
	}
	buf_addc(b, ']');
}

static void
groups_json(const struct groups *g)
{
	CLEAN_BUF struct buf b = {0};
	size_t i;

	buf_addc(&b, '[');
	for (i = 0; i < g->n; i++) {
		buf_adds(&b, i > 0 ? ",{\"group_key\":" : "{\"group_key\":");
		group_key_json(&b, &g->v[i]);
		buf_adds(&b, ",\"snapshots\":");
		array_json(&b, &g->v[i].members);
		buf_addc(&b, '}');
	}
	buf_addc(&b, ']');
	cli_line(&b);
}

static void
groups_text(const struct cli *c, const struct groups *g, int compact)
{
	CLEAN_BUF struct buf b = {0};
	size_t i;

	for (i = 0; i < g->n; i++) {
		group_key_text(&b, &g->v[i]);
		cli_outf("%ssnapshots for %s:\n", i > 0 ? "\n" : "", buf_str(&b));
		buf_reset(&b);
		show_snapshots(c, &g->v[i].members, compact);
	}
}

/* The newest n of each group, else of each host and paths; the order stays. */
static int
only_latest(struct snapshots *l, const char *by, long n, struct err *e)
{
	struct groups g;
	size_t i, k, kept = 0;

	if (groups_make(l, by, &g, e) < 0)
		return -1;
	for (i = 0; i < l->n; i++) {
		if (groups_rank(&g, &l->v[i], &k) && k < (size_t)n)
			l->v[kept++] = l->v[i];
		else
			snapshot_fini(&l->v[i]);
	}
	l->n = kept;
	groups_fini(&g);
	return 0;
}

static int
show(struct cli *c, const struct opts *o, struct snapshots *l)
{
	const char *by = opt_value(o, "group-by");
	CLEAN_BUF struct buf b = {0};
	struct groups g;
	struct err e = {0};
	long n;
	int r = opt_number(o, "latest", 1, 1000000, &n, &e);

	if (r < 0 || (r == 0 && only_latest(l, by != NULL && *by != '\0' ? by :
	    "host,paths", n, &e) < 0))
		return cli_fail(c, &e);
	if (by != NULL && *by != '\0') {
		if (groups_make(l, by, &g, &e) < 0)
			return cli_fail(c, &e);
		if (c->json)
			groups_json(&g);
		else
			groups_text(c, &g, opt_given(o, "compact"));
		groups_fini(&g);
		return EXIT_DONE;
	}
	if (!c->json) {
		show_snapshots(c, l, opt_given(o, "compact"));
		return EXIT_DONE;
	}
	array_json(&b, l);
	cli_line(&b);
	return EXIT_DONE;
}

static int
snapshots_of_copies(struct about *a, const struct opts *o)
{
	static const char *const known[] = { "compact", NULL };
	int status = copies_cmd_only(a->c, o, opts, known);

	return status == EXIT_DONE ? copies_cmd_snapshots(a) : status;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct snapshot_filter f;
	struct snapshots l = {0};
	struct about a;
	int status = about_open(c, ABOUT_PLAIN_TOO | ABOUT_SHARED, &a);

	if (status != EXIT_DONE)
		return status;
	if (a.kind == ABOUT_COPIES)
		return about_close(&a, snapshots_of_copies(&a, o));
	show_filter(o, &f);
	status = show_find(c, a.repo, o, &f, &l);
	if (status == EXIT_DONE)
		status = show(c, o, &l);
	snapshots_fini(&l);
	return about_close(&a, status);
}

const struct command cmd_snapshots = {
	"snapshots", "[SNAPSHOT...]", "The snapshots there are, oldest first", NULL,
	opts, run, COMMAND_REPO,
};
