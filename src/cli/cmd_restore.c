/* cmd_restore.c -- files back from a snapshot, or from a plain copy. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/restore.h"
#include "cli/about.h"
#include "cli/copies_cmds.h"
#include "cli/progress.h"
#include "cli/repo_show.h"
#include "cli/runs.h"
#include "repo/node.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "util/buf.h"
#include "util/quote.h"
#include "util/size.h"
#include "util/span.h"

static const struct opt_def opts[] = {
	SNAPSHOT_FILTER_OPTS,
	{ "target", 't', "DIR", "put it there", 0 },
	{ "include", 'i', "PATTERN", "only what matches", 1 },
	{ "iinclude", 0, "PATTERN", "the same, without case", 1 },
	{ "exclude", 'e', "PATTERN", "not what matches", 1 },
	{ "iexclude", 0, "PATTERN", "the same, without case", 1 },
	{ "include-file", 0, "FILE", "only what patterns in this file match", 1 },
	{ "iinclude-file", 0, "FILE", "the same, without case", 1 },
	{ "exclude-file", 0, "FILE", "not what patterns in this file match", 1 },
	{ "iexclude-file", 0, "FILE", "the same, without case", 1 },
	{ "include-xattr", 0, "PATTERN", "only these extended attributes", 1 },
	{ "exclude-xattr", 0, "PATTERN", "not these extended attributes", 1 },
	{ "overwrite", 0, "WHEN", "always, if-changed, if-newer or never", 0 },
	{ "delete", 0, NULL, "what the snapshot does not have goes", 0 },
	{ "sparse", 0, NULL, "blocks of zeroes become holes", 0 },
	{ "verify", 0, NULL, "read everything back", 0 },
	{ "ownership-by-name", 0, NULL, "owners by name, not by number", 0 },
	{ "dry-run", 0, NULL, "write nothing", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

struct restoring {
	struct cli		*c;
	const struct opts	*o;
	struct about		 a;
	struct restore_options	 ro;
	struct backup_paths	 patterns[4];	/* as words[] of take_patterns */
	struct progress		 progress;
};

/* ---- what is told ---- */
static void
counts_json(struct buf *b, const struct restore_progress *p, double took)
{
	buf_addf(b, ",\"seconds_elapsed\":%.0f,\"percent_done\":%.6f"
	    ",\"total_files\":%" PRIu64 ",\"files_restored\":%" PRIu64
	    ",\"files_skipped\":%" PRIu64 ",\"files_deleted\":%" PRIu64
	    ",\"total_bytes\":%" PRIu64 ",\"bytes_restored\":%" PRIu64
	    ",\"bytes_skipped\":%" PRIu64 "}", took, p->total_bytes > 0 ?
	    (double)(p->bytes + p->skipped_bytes) / (double)p->total_bytes : 1.,
	    p->total_files, p->files, p->skipped, p->deleted, p->total_bytes,
	    p->bytes, p->skipped_bytes);
}

static void
on_progress(void *arg, const struct restore_progress *p)
{
	struct restoring *k = arg;
	const struct progress_state s = { p->files, p->total_files, p->bytes,
	    p->total_bytes, 0, NULL };
	CLEAN_BUF struct buf b = {0};

	if (k->c->json && !k->c->quiet) {
		buf_adds(&b, "{\"message_type\":\"status\"");
		counts_json(&b, p, progress_seconds(&k->progress));
		cli_line(&b);
	} else if (progress_due(&k->progress))
		progress_show(&k->progress, &s);
}

static void
on_problem(void *arg, const char *path, const struct err *why)
{
	struct restoring *k = arg;

	progress_end(&k->progress);
	show_problem(k->c, "restore", path, why);
}

static void
on_item(void *arg, const char *path, enum restore_what what, uint64_t size)
{
	static const char *const words[] = { "restored", "updated", "unchanged",
	    "deleted" };
	struct restoring *k = arg;
	CLEAN_BUF struct buf b = {0};

	if (!k->c->verbose)
		return;
	if (k->c->json) {
		buf_addf(&b, "{\"message_type\":\"verbose_status\","
		    "\"action\":\"%s\",\"item\":", words[what]);
		node_string(&b, path, strlen(path));
		buf_addf(&b, ",\"size\":%" PRIu64 "}", size);
	} else {
		progress_end(&k->progress);
		buf_addf(&b, "%-9s  ", words[what]);
		cli_path(k->c, &b, path);
	}
	cli_line(&b);
}

static void
summary(const struct restoring *k, const struct restore_result *r)
{
	CLEAN_BUF struct buf b = {0};

	if (k->c->json) {
		buf_adds(&b, "{\"message_type\":\"summary\"");
		counts_json(&b, &r->done, progress_seconds(&k->progress));
		cli_line(&b);
		return;
	}
	buf_addf(&b, "%s %" PRIu64 " of %" PRIu64 " files and folders, ",
	    k->ro.dry_run ? "would restore" : "restored", r->done.files,
	    r->done.total_files);
	size_print(&b, r->done.bytes);
	buf_adds(&b, " in ");
	progress_took(&k->progress, &b);
	cli_line(&b);
	if (r->done.skipped > 0)
		cli_outf("%" PRIu64 " were there and left alone\n",
		    r->done.skipped);
	if (r->done.deleted > 0)
		cli_outf("%" PRIu64 " that the snapshot does not have %s\n",
		    r->done.deleted, k->ro.dry_run ? "would go" : "are gone");
	if (k->ro.verify && !k->ro.dry_run)
		cli_outf("%" PRIu64 " files were read back\n", r->verified);
}

/* ---- what is asked for ---- */
static int
take_overwrite(struct restoring *k)
{
	static const char *const words[] = { "always", "if-changed", "if-newer",
	    "never", NULL };
	const char *s = opt_value(k->o, "overwrite");
	int i;

	k->ro.overwrite = k->a.job != NULL ? RESTORE_NEVER : RESTORE_ALWAYS;
	if (s == NULL)
		return EXIT_DONE;
	for (i = 0; words[i] != NULL && strcmp(words[i], s) != 0;)
		i++;
	if (words[i] == NULL)
		return cli_usage(k->c, "--overwrite is always, if-changed, "
		    "if-newer or never, not '%.40s'", s);
	k->ro.overwrite = (enum restore_overwrite)i;
	return EXIT_DONE;
}

/* Those that were given, and those of files: 0 or -1. */
static int
take_list(struct backup_paths *to, const struct opts *o, const char *word,
    int includes, struct err *e)
{
	const char *const *v = opt_values(o, word);
	char file[32];

	for (; v != NULL && *v != NULL; v++)
		backup_paths_add(to, *v);
	snprintf(file, sizeof(file), "%s-file", word);
	for (v = opt_values(o, file); v != NULL && *v != NULL; v++)
		if (backup_patterns_read(to, *v, e) < 0)
			return -1;
	/* To include nothing is not to include everything. */
	if (to->n == 0 && includes && opt_given(o, file))
		return err_set(e, ERR_USAGE, "--%s: there is no pattern in it",
		    file);
	return 0;
}

static int
take_patterns(struct restoring *k)
{
	static const char *const words[] = { "include", "iinclude", "exclude",
	    "iexclude" };
	const char *const **const to[] = { &k->ro.include, &k->ro.iinclude,
	    &k->ro.exclude, &k->ro.iexclude };
	struct err e = {0};
	size_t i;

	for (i = 0; i < 4; i++) {
		if (take_list(&k->patterns[i], k->o, words[i], i < 2, &e) < 0)
			return cli_fail(k->c, &e);
		*to[i] = (const char *const *)k->patterns[i].v;
	}
	k->ro.include_xattr = opt_values(k->o, "include-xattr");
	k->ro.exclude_xattr = opt_values(k->o, "exclude-xattr");
	return k->ro.include_xattr == NULL || k->ro.exclude_xattr == NULL ?
	    EXIT_DONE : cli_usage(k->c, "--include-xattr or --exclude-xattr");
}

static int
take_options(struct restoring *k)
{
	const struct opts *o = k->o;
	int status = take_patterns(k);

	if (status != EXIT_DONE)
		return status;
	k->ro.delete = opt_given(o, "delete");
	k->ro.sparse = opt_given(o, "sparse");
	k->ro.verify = opt_given(o, "verify");
	k->ro.by_name = opt_given(o, "ownership-by-name");
	k->ro.dry_run = opt_given(o, "dry-run");
	k->ro.stop = cli_stopped;
	if (k->ro.delete && strcmp(k->ro.target, "/") == 0 &&
	    k->ro.include == NULL && k->ro.iinclude == NULL)
		return cli_usage(k->c, "--delete with --target / wants --include");
	return take_overwrite(k);
}

static int
restore(struct restoring *k, const struct snapshot *s, const char *sub)
{
	const struct restore_events ev = { .arg = k, .progress = on_progress,
	    .item = on_item, .problem = on_problem };
	CLEAN_ARENA struct arena mem = {0};
	struct repo_hand *h = repo_hand_new(k->a.repo);
	struct restore_result r = {0};
	struct node n = { .subtree = s->tree, .has_subtree = 1 };
	struct err e = {0};
	int ret = sub == NULL ? 0 : tree_find(k->a.repo, h, &s->tree, sub, &mem,
	    &n, &e);

	repo_hand_free(h);
	if (ret == 0 && !n.has_subtree)
		ret = err_set(&e, ERR_USAGE, "%.300s is no folder; restore its "
		    "folder with --include", sub);
	k->ro.tree = n.subtree;
	k->ro.top = sub != NULL ? sub : "";
	progress_start(&k->progress, k->c);
	if (ret == 0)
		ret = restore_run(k->a.repo, &k->ro, &ev, &r, &e);
	progress_end(&k->progress);
	if (ret < 0 && e.kind == ERR_STOPPED && !k->ro.dry_run)
		cli_say(k->c, "to go on: the same with --overwrite if-changed");
	if (ret < 0)
		return cli_fail(k->c, &e);
	if (!k->c->quiet || k->c->json)
		summary(k, &r);
	return r.problems > 0 ? EXIT_SOME : EXIT_DONE;
}

static int
run_repo(struct restoring *k)
{
	const char *target = opt_value(k->o, "target"), *sub;
	struct snapshot_filter f;
	struct snapshot s;
	struct err e = {0};
	char *abs;
	size_t i;
	int status;

	if (k->o->n_args > 1)
		return cli_usage(k->c, "one snapshot at a time");
	if (target == NULL)
		return cli_usage(k->c, "where to?  --target DIR ('/' for where it "
		    "came from)");
	if (k->o->n_args == 0 && k->a.job == NULL)
		return cli_usage(k->c, "which snapshot?  An id, or 'latest'");
	show_filter(k->o, &f);
	if (snapshot_named(k->a.repo, k->o->n_args > 0 ? k->o->args[0] :
	    "latest", &f, &s, &sub, &e) < 0)
		return cli_fail(k->c, &e);
	k->ro.target = abs = runs_absolute(k->c, target);
	status = take_options(k);
	if (status == EXIT_DONE)
		status = restore(k, &s, sub);
	snapshot_fini(&s);
	free(abs);
	for (i = 0; i < 4; i++)
		backup_paths_fini(&k->patterns[i]);
	return status;
}

static int
run(struct cli *c, const struct opts *o)
{
	static const char *const known[] = { "target", "include", "overwrite",
	    NULL };
	struct restoring k = { .c = c, .o = o };
	int status = about_open(c, ABOUT_PLAIN_TOO | ABOUT_CHANGES |
	    ABOUT_SHARED | ABOUT_INDEX | ABOUT_SNAPSHOTS, &k.a);

	if (status != EXIT_DONE)
		return status;
	if (k.a.kind != ABOUT_COPIES)
		return about_close(&k.a, run_repo(&k));
	status = copies_cmd_only(c, o, opts, known);
	return about_close(&k.a, status == EXIT_DONE ?
	    copies_cmd_restore(&k.a, o) : status);
}

const struct command cmd_restore = {
	"restore", "[SNAPSHOT[:PATH]]", "Bring back what a snapshot holds",
	"With -b NAME what is there is left alone, unless --overwrite says otherwise; of\n"
	"plain copies nothing is ever overwritten.  With -r it is as restic's: files that\n"
	"are there get the snapshot's contents.", opts, run, COMMAND_REPO,
};
