/* cmd_rewrite.c -- snapshots without some of their files, or of another host or
 * time. */
#include <stdlib.h>
#include <string.h>

#include "backup/exclude.h"
#include "cli/repo_show.h"
#include "cli/rewrite_go.h"
#include "glob/glob.h"
#include "util/buf.h"
#include "util/time.h"

static const struct opt_def opts[] = {
	{ "exclude", 'e', "PATTERN", "leave these out", 1 },
	{ "iexclude", 0, "PATTERN", "the same, without case", 1 },
	{ "exclude-file", 0, "FILE", "patterns from a file", 1 },
	{ "iexclude-file", 0, "FILE", "the same, without case", 1 },
	{ "exclude-larger-than", 0, "SIZE", "larger files (10M, 2G)", 0 },
	{ "include", 'i', "PATTERN", "only these", 1 },
	{ "iinclude", 0, "PATTERN", "the same, without case", 1 },
	{ "include-file", 0, "FILE", "patterns from a file", 1 },
	{ "iinclude-file", 0, "FILE", "the same, without case", 1 },
	{ "new-host", 0, "HOST", "its host from now on", 0 },
	{ "new-time", 0, "TIME", "its time from now on", 0 },
	{ "snapshot-summary", 's', NULL, "how many files and bytes it holds", 0 },
	{ "forget", 0, NULL, "those that were made anew go", 0 },
	{ "dry-run", 'n', NULL, "only tell what would be done", 0 },
	SNAPSHOT_FILTER_OPTS,
	{ NULL, 0, NULL, NULL, 0 },
};

struct rewriting {
	struct cli		*c;
	const struct opts	*o;
	struct backup_exclude	*exclude, *include;	/* or NULL */
	struct node_time	 time;
};

/* ---- what of a tree stays ---- */
static void
tell(const struct rewriting *k, const char *what, const char *path)
{
	CLEAN_BUF struct buf b = {0};

	if (k->c->verbose < 1 || k->c->json)
		return;
	buf_addf(&b, "%s ", what);
	cli_path(k->c, &b, path);
	cli_line(&b);
}

static int
each_excluded(void *arg, const char *path, struct node *n)
{
	const struct rewriting *k = arg;

	if (!exclude_path(k->exclude, path, strlen(path)) &&
	    !(n->type == NODE_FILE && n->size > k->exclude->larger))
		return REWRITE_KEEP;
	tell(k, "without", path);
	return REWRITE_DROP;
}

static int
may_hold(const struct glob_list *l, const char *path)
{
	return l != NULL && glob_list_below(l, path, strlen(path));
}

static int
each_included(void *arg, const char *path, struct node *n)
{
	const struct rewriting *k = arg;

	if (exclude_path(k->include, path, strlen(path)) ||
	    (n->type == NODE_DIR && (may_hold(k->include->list, path) ||
	    may_hold(k->include->nocase, path))))
		return REWRITE_KEEP;
	tell(k, "without", path);
	return REWRITE_DROP;
}

static int
stays_empty(void *arg, const char *path)
{
	const struct rewriting *k = arg;

	return exclude_path(k->include, path, strlen(path));
}

/* ---- what is asked for ---- */
static int
patterns(struct backup_exclude **x, const char *const *v, int file, int nocase,
    struct err *e)
{
	int r = 0;

	for (; v != NULL && *v != NULL && r == 0; v++) {
		if (*x == NULL)
			*x = backup_exclude_new();
		r = file ? backup_exclude_file(*x, *v, nocase, e) :
		    backup_exclude_pattern(*x, *v, nocase, e);
	}
	return r;
}

static int
take_patterns(struct rewriting *k, struct err *e)
{
	const struct opts *o = k->o;
	const char *larger = opt_value(o, "exclude-larger-than");

	if (patterns(&k->exclude, opt_values(o, "exclude"), 0, 0, e) < 0 ||
	    patterns(&k->exclude, opt_values(o, "iexclude"), 0, 1, e) < 0 ||
	    patterns(&k->exclude, opt_values(o, "exclude-file"), 1, 0, e) < 0 ||
	    patterns(&k->exclude, opt_values(o, "iexclude-file"), 1, 1, e) < 0 ||
	    patterns(&k->include, opt_values(o, "include"), 0, 0, e) < 0 ||
	    patterns(&k->include, opt_values(o, "iinclude"), 0, 1, e) < 0 ||
	    patterns(&k->include, opt_values(o, "include-file"), 1, 0, e) < 0 ||
	    patterns(&k->include, opt_values(o, "iinclude-file"), 1, 1, e) < 0)
		return -1;
	if (larger == NULL)
		return 0;
	if (k->exclude == NULL)
		k->exclude = backup_exclude_new();
	return backup_exclude_larger(k->exclude, larger, e);
}

static int
take_time(struct rewriting *k, struct rewrite_options *ro, struct err *e)
{
	const char *s = opt_value(k->o, "new-time");
	int64_t us, sec;

	if (s == NULL)
		return 0;
	if (time_parse_user(s, k->c->now, &us, e) < 0)
		return err_wrap(e, "--new-time");
	sec = us / 1000000 - (us % 1000000 < 0);
	node_time_local(sec, (int32_t)(us - sec * 1000000) * 1000, &k->time);
	ro->new_time = &k->time;
	return 0;
}

static int
take(struct rewriting *k, struct rewrite_watch *w, struct rewrite_options *ro)
{
	struct err e = {0};

	if (take_patterns(k, &e) < 0 || take_time(k, ro, &e) < 0)
		return cli_fail(k->c, &e);
	ro->new_host = opt_value(k->o, "new-host");
	if (k->exclude != NULL && k->include != NULL)
		return cli_usage(k->c, "--exclude or --include");
	if (k->exclude == NULL && k->include == NULL && !ro->summary &&
	    ro->new_host == NULL && ro->new_time == NULL)
		return cli_usage(k->c, "nothing to do: --exclude, --include, "
		    "--new-host, --new-time or --snapshot-summary");
	if (ro->new_host != NULL && *ro->new_host == '\0')
		return cli_usage(k->c, "--new-host wants a name");
	*w = (struct rewrite_watch){ .by_path = 1, .arg = k,
	    .node = k->include ? each_included : each_excluded,
	    .empty = k->include ? stays_empty : NULL };
	if (k->exclude != NULL || k->include != NULL)
		ro->tree = w;
	return EXIT_DONE;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct rewriting k = { .c = c, .o = o };
	struct rewrite_watch w;
	struct rewrite_options ro = { .tag = "rewrite",
	    .forget = opt_given(o, "forget"),
	    .dry_run = opt_given(o, "dry-run"),
	    .summary = opt_given(o, "snapshot-summary") };
	struct snapshot_filter filter;
	struct about a;
	int status = take(&k, &w, &ro);

	if (status == EXIT_DONE)
		status = about_open(c, (ro.forget ? ABOUT_EXCLUSIVE :
		    ABOUT_SHARED) | (ro.dry_run ? 0 : ABOUT_WRITES), &a);
	if (status == EXIT_DONE) {
		ro.lock = a.lock;
		show_filter(o, &filter);
		status = about_close(&a, rewrite_go(&a, o->args, o->n_args,
		    &filter, &ro, 0));
	}
	backup_exclude_free(k.exclude);
	backup_exclude_free(k.include);
	return status;
}

const struct command cmd_rewrite = {
	"rewrite", "[SNAPSHOT...]", "Snapshots without some of their files",
	"Those named, or all that fit, are made anew, with the tag 'rewrite'; with --forget\n"
	"they take the place of the old ones.  What only those held stays in the repository\n"
	"until 'prune'.", opts, run, COMMAND_REPO,
};
