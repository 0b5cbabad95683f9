/* cmd_backup.c -- a snapshot, as restic's backup makes one. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/entry.h"
#include "cli/about.h"
#include "cli/progress.h"
#include "cli/repo_show.h"
#include "repo/node.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/proc.h"
#include "util/quote.h"
#include "util/size.h"
#include "util/span.h"
#include "util/time.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ "tag", 0, "TAG,...", "tags of the new snapshot", 1 },
	{ "host", 'H', "HOST", "its host (default: this one, $RESTIC_HOST)", 0 },
	{ "time", 0, "TIME", "its time (default: now)", 0 },
	{ "parent", 0, "SNAPSHOT", "compare with this one", 0 },
	{ "group-by", 'g', "WHAT", "what a parent must have in common", 0 },
	{ "force", 'f', NULL, "read every file again", 0 },
	{ "exclude", 'e', "PATTERN", "leave these out", 1 },
	{ "iexclude", 0, "PATTERN", "the same, without case", 1 },
	{ "exclude-file", 0, "FILE", "patterns from a file", 1 },
	{ "iexclude-file", 0, "FILE", "the same, without case", 1 },
	{ "exclude-if-present", 0, "NAME[:HEADER]", "folders that have this file", 1 },
	{ "exclude-caches", 0, NULL, "folders with a CACHEDIR.TAG", 0 },
	{ "exclude-larger-than", 0, "SIZE", "larger files (10M, 2G)", 0 },
	{ "one-file-system", 'x', NULL, "stay on the file systems of the paths", 0 },
	{ "files-from", 0, "FILE", "patterns of what to back up, a line each", 1 },
	{ "files-from-verbatim", 0, "FILE", "paths, a line each", 1 },
	{ "files-from-raw", 0, "FILE", "paths, each ended by a NUL", 1 },
	{ "stdin", 0, NULL, "back up what comes on standard input", 0 },
	{ "stdin-filename", 0, "NAME", "and call it so (default: stdin)", 0 },
	{ "stdin-from-command", 0, NULL, "the arguments are a command: its output", 0 },
	{ "ignore-inode", 0, NULL, "another inode or ctime is no change", 0 },
	{ "ignore-ctime", 0, NULL, "another ctime is no change", 0 },
	{ "with-atime", 0, NULL, "keep access times", 0 },
	{ "no-move-detection", 0, NULL, "read moved files again", 0 },
	{ "no-scan", 0, NULL, "as ever: there is no second scan", 0 },
	{ "dry-run", 'n', NULL, "write nothing", 0 },
	{ "skip-if-unchanged", 0, NULL, "no snapshot if nothing changed", 0 },
	{ "read-concurrency", 0, "N", "files that are read at a time", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

struct backing {
	struct cli		*c;
	const struct opts	*o;
	struct about		 a;
	struct backup_options	 bo;
	struct backup_paths	 paths;
	struct backup_exclude	*exclude;
	const char		**tags;
	char			*tag_text;
	char			*host, *own_tag;
	struct progress		 progress;
	struct proc		 child;
};

/* ---- what is told ---- */
static void
status_json(const struct backup_progress *p, double took)
{
	CLEAN_BUF struct buf b = {0};

	buf_addf(&b, "{\"message_type\":\"status\",\"seconds_elapsed\":%.0f,"
	    "\"percent_done\":%.6f,\"total_files\":%" PRIu64
	    ",\"files_done\":%" PRIu64 ",\"total_bytes\":%" PRIu64
	    ",\"bytes_done\":%" PRIu64, took, p->total_bytes > 0 ?
	    (double)p->bytes / (double)p->total_bytes : 0., p->total_files,
	    p->files, p->total_bytes, p->bytes);
	if (p->problems > 0)
		buf_addf(&b, ",\"error_count\":%" PRIu64, p->problems);
	if (p->current != NULL) {
		buf_adds(&b, ",\"current_files\":[");
		node_string(&b, p->current, strlen(p->current));
		buf_addc(&b, ']');
	}
	buf_addc(&b, '}');
	cli_line(&b);
}

static void
on_progress(void *arg, const struct backup_progress *p)
{
	struct backing *k = arg;
	const struct progress_state s = { p->files, p->total_files, p->bytes,
	    p->total_bytes, p->problems, p->current };

	if (k->c->json && !k->c->quiet)
		status_json(p, progress_seconds(&k->progress));
	else if (progress_due(&k->progress))
		progress_show(&k->progress, &s);
}

static void
on_problem(void *arg, const char *path, const struct err *why)
{
	struct backing *k = arg;

	progress_end(&k->progress);
	show_problem(k->c, "archival", path, why);
}

static void
on_item(void *arg, const struct backup_item *i)
{
	static const char *const words[] = { "new", "modified", "unchanged" };
	struct backing *k = arg;
	CLEAN_BUF struct buf b = {0};

	if (!k->c->verbose)
		return;
	if (k->c->json) {
		buf_addf(&b, "{\"message_type\":\"verbose_status\","
		    "\"action\":\"%s\",\"item\":", words[i->what]);
		node_string(&b, i->path, strlen(i->path));
		buf_addf(&b, ",\"duration\":%.6f,\"data_size\":%" PRIu64
		    ",\"data_size_in_repo\":%" PRIu64 ",\"metadata_size\":%" PRIu64
		    ",\"metadata_size_in_repo\":%" PRIu64 ",\"total_files\":0}",
		    (double)i->took / 1e6, i->dir ? 0 : i->added,
		    i->dir ? 0 : i->packed, i->dir ? i->added : 0,
		    i->dir ? i->packed : 0);
		cli_line(&b);
		return;
	}
	progress_end(&k->progress);
	buf_addf(&b, "%-9s  ", i->moved ? "moved" : words[i->what]);
	cli_path(k->c, &b, i->path);
	cli_line(&b);
}

static void
on_note(void *arg, const char *text)
{
	struct backing *k = arg;

	if (k->c->json)
		return;
	progress_end(&k->progress);
	cli_say(k->c, "%s", text);
}

static void
summary_json(const struct backing *k, const struct backup_result *r)
{
	const struct snapshot_summary *s = &r->summary;
	CLEAN_BUF struct buf b = {0};
	char hex[ID_HEX];

	buf_adds(&b, "{\"message_type\":\"summary\"");
	if (k->bo.dry_run)
		buf_adds(&b, ",\"dry_run\":true");
	buf_addf(&b, ",\"files_new\":%" PRIu64 ",\"files_changed\":%" PRIu64
	    ",\"files_unmodified\":%" PRIu64 ",\"dirs_new\":%" PRIu64
	    ",\"dirs_changed\":%" PRIu64 ",\"dirs_unmodified\":%" PRIu64,
	    s->files_new, s->files_changed, s->files_unmodified, s->dirs_new,
	    s->dirs_changed, s->dirs_unmodified);
	buf_addf(&b, ",\"data_blobs\":%" PRIu64 ",\"tree_blobs\":%" PRIu64
	    ",\"data_added\":%" PRIu64 ",\"data_added_packed\":%" PRIu64
	    ",\"total_files_processed\":%" PRIu64
	    ",\"total_bytes_processed\":%" PRIu64, s->data_blobs, s->tree_blobs,
	    s->data_added, s->data_added_packed, s->total_files,
	    s->total_bytes);
	buf_addf(&b, ",\"total_duration\":%.9f,\"backup_start\":\"",
	    progress_seconds(&k->progress));
	node_time_text(&b, &s->start);
	buf_adds(&b, "\",\"backup_end\":\"");
	node_time_text(&b, &s->end);
	buf_addc(&b, '"');
	if (r->saved) {
		id_hex(&r->snapshot, hex);
		buf_addf(&b, ",\"snapshot_id\":\"%s\"", hex);
	}
	buf_addc(&b, '}');
	cli_line(&b);
}

/* Where the server cannot flush what it is given, "saved" says less. */
static void
say_if_unsure(const struct backing *k)
{
	struct store_caps caps;

	store_caps(k->a.repo->store, &caps);
	if (caps.unsure)
		cli_say(k->c, "not known to be durable: this server cannot flush "
		    "(fsync@openssh.com); a power cut over there may lose it");
}

static void
summary_text(const struct backing *k, const struct backup_result *r)
{
	const struct snapshot_summary *s = &r->summary;
	CLEAN_BUF struct buf b = {0};
	char brief[ID_SHORT];

	cli_outf("Files:  %" PRIu64 " new, %" PRIu64 " changed, %" PRIu64
	    " unmodified\n", s->files_new, s->files_changed,
	    s->files_unmodified);
	cli_outf("Dirs:   %" PRIu64 " new, %" PRIu64 " changed, %" PRIu64
	    " unmodified\n", s->dirs_new, s->dirs_changed, s->dirs_unmodified);
	if (r->moved > 0)
		cli_outf("Moved:  %" PRIu64 " files, known by where they were\n",
		    r->moved);
	buf_adds(&b, k->bo.dry_run ? "Would add: " : "Added:  ");
	size_print(&b, s->data_added);
	buf_adds(&b, ", stored as ");
	size_print(&b, s->data_added_packed);
	cli_line(&b);
	buf_addf(&b, "%" PRIu64 " files, ", s->total_files);
	size_print(&b, s->total_bytes);
	buf_adds(&b, " in ");
	progress_took(&k->progress, &b);
	cli_line(&b);
	if (r->changed > 0)
		cli_outf("%" PRIu64 " files changed while they were read\n",
		    r->changed);
	if (r->saved) {
		id_short(&r->snapshot, brief);
		cli_outf("snapshot %s saved\n", brief);
		say_if_unsure(k);
	} else if (!k->bo.dry_run)
		cli_outf("nothing changed: no snapshot was made\n");
}

/* ---- what is asked for ---- */
static int
each_pattern(const struct opts *o, const char *name,
    int (*add)(struct backup_exclude *x, const char *p, int nocase,
    struct err *e), struct backup_exclude *x, int nocase, struct err *e)
{
	const char *const *p;

	for (p = opt_values(o, name); p != NULL && *p != NULL; p++)
		if (add(x, *p, nocase, e) < 0)
			return -1;
	return 0;
}

/* Is it about just what -b's entry names? */
static int
is_entry(const struct backing *k)
{
	return k->a.job != NULL && k->o->n_args == 0 &&
	    !opt_given(k->o, "stdin") && opt_values(k->o, "files-from") == NULL;
}

static int
take_excludes(struct backing *k, struct err *e)
{
	const struct opts *o = k->o;
	const char *const *p;

	k->exclude = is_entry(k) ?
	    backup_entry_exclude(k->a.job->backup, e) : backup_exclude_new();
	if (k->exclude == NULL)
		return -1;
	if (each_pattern(o, "exclude", backup_exclude_pattern, k->exclude, 0,
	    e) < 0 || each_pattern(o, "iexclude", backup_exclude_pattern,
	    k->exclude, 1, e) < 0 || each_pattern(o, "exclude-file",
	    backup_exclude_file, k->exclude, 0, e) < 0 ||
	    each_pattern(o, "iexclude-file", backup_exclude_file, k->exclude, 1,
	    e) < 0)
		return -1;
	for (p = opt_values(o, "exclude-if-present"); p != NULL && *p != NULL;
	    p++)
		if (backup_exclude_if_present(k->exclude, *p, e) < 0)
			return -1;
	if (opt_given(o, "exclude-caches"))
		backup_exclude_caches(k->exclude);
	k->bo.exclude = k->exclude;
	return opt_value(o, "exclude-larger-than") == NULL ? 0 :
	    backup_exclude_larger(k->exclude, opt_value(o,
	    "exclude-larger-than"), e);
}

static void
warn(void *arg, const char *text)
{
	cli_say(arg, "fettle: %s", text);
}

static int
take_lists(struct backing *k, struct err *e)
{
	static const struct { const char *name; enum backup_list how; } lists[] = {
		{ "files-from", BACKUP_LIST_GLOB },
		{ "files-from-verbatim", BACKUP_LIST_VERBATIM },
		{ "files-from-raw", BACKUP_LIST_RAW },
	};
	const char *const *p;
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (p = opt_values(k->o, lists[i].name); p && *p; p++)
			if (backup_paths_read(&k->paths, lists[i].how, *p,
			    STDIN_FILENO, k->c->working_dir, warn, k->c, e) < 0)
				return -1;
	for (i = 0; i < k->o->n_args; i++)
		backup_paths_add(&k->paths, k->o->args[i]);
	k->bo.paths = (const char *const *)k->paths.v;
	k->bo.dir = k->c->working_dir;
	return 0;
}

/* The command whose output is backed up; read from *fd. */
static int
start_command(struct backing *k, int *fd, struct err *e)
{
	struct proc_spec spec = { PROC_NULL,
	    .argv = (const char *const *)k->o->args, .die_with_us = 1 };
	int ends[2];

	if (k->o->n_args == 0)
		return err_set(e, ERR_USAGE, "--stdin-from-command wants a "
		    "command");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "make a pipe");
	spec.out = ends[1];
	spec.err = STDERR_FILENO;
	if (proc_start(&spec, &k->child, e) < 0) {
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	close(ends[1]);
	*fd = ends[0];
	return 0;
}

static int
take_source(struct backing *k, struct err *e)
{
	const char *name = opt_value(k->o, "stdin-filename");

	if ((opt_given(k->o, "stdin") || opt_given(k->o, "stdin-from-command")) &&
	    (opt_values(k->o, "files-from") != NULL ||
	    opt_values(k->o, "files-from-verbatim") != NULL ||
	    opt_values(k->o, "files-from-raw") != NULL))
		return err_set(e, ERR_USAGE, "--stdin and --files-from do not go "
		    "together");
	if (!opt_given(k->o, "stdin") && !opt_given(k->o, "stdin-from-command"))
		return take_lists(k, e);
	k->bo.stdin_name = name != NULL ? name : "stdin";
	k->bo.stdin_fd = STDIN_FILENO;
	if (opt_given(k->o, "stdin-from-command"))
		return start_command(k, &k->bo.stdin_fd, e);
	return k->o->n_args == 0 ? 0 : err_set(e, ERR_USAGE, "--stdin takes no "
	    "paths");
}

/* "a,b" and "c" become one list. */
static void
take_tags(struct backing *k)
{
	const char *const *p;
	struct buf all = {0};
	size_t n = 0;
	char *s, *rest = NULL;

	for (p = opt_values(k->o, "tag"); p != NULL && *p != NULL; p++)
		buf_addf(&all, "%s,", *p);
	k->tag_text = buf_steal(&all);
	k->tags = xallocn(strlen(k->tag_text) + 2, sizeof(*k->tags));
	for (s = strtok_r(k->tag_text, ",", &rest); s != NULL;
	    s = strtok_r(NULL, ",", &rest))
		k->tags[n++] = s;
	if (k->a.job != NULL)
		k->tags[n++] = k->own_tag = backup_entry_tag(k->a.job->backup);
	k->bo.tags = k->tags;
}

static int
group_by(const char *s, unsigned *out, struct err *e)
{
	static const struct { const char *word; unsigned bit; } words[] = {
		{ "host", BACKUP_BY_HOST }, { "paths", BACKUP_BY_PATHS },
		{ "tags", BACKUP_BY_TAGS },
	};
	size_t n, i;

	*out = 0;
	for (; *s != '\0'; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		for (i = 0; i < 3 && (strlen(words[i].word) != n ||
		    memcmp(words[i].word, s, n) != 0);)
			i++;
		if (i == 3)
			return err_set(e, ERR_USAGE, "--group-by is host, paths or "
			    "tags");
		*out |= words[i].bit;
	}
	return 0;
}

static int
is_true(const char *s)
{
	return s != NULL && (strcmp(s, "1") == 0 || strcasecmp(s, "t") == 0 ||
	    strcasecmp(s, "true") == 0);
}

static int
take_options(struct backing *k, struct err *e)
{
	const struct opts *o = k->o;
	const char *host = opt_value(o, "host"), *by = opt_value(o, "group-by");
	const char *n = getenv("RESTIC_READ_CONCURRENCY");
	long readers = n != NULL ? strtol(n, NULL, 10) : 0;

	if (host == NULL && (host = getenv("RESTIC_HOST")) != NULL &&
	    *host == '\0')
		host = NULL;
	if (host == NULL && k->a.job != NULL)
		host = k->a.job->backup->host;
	k->host = host != NULL ? xstrdup(host) : backup_host();
	k->bo.host = k->host;
	k->bo.program = "fettle " FETTLE_VERSION;
	k->bo.parent = opt_value(o, "parent");
	k->bo.group_by = BACKUP_BY_DEFAULT;
	k->bo.force = opt_given(o, "force");
	k->bo.one_file_system = opt_given(o, "one-file-system");
	k->bo.ignore_inode = opt_given(o, "ignore-inode") ||
	    is_true(getenv("RESTIC_IGNORE_INODE"));
	k->bo.ignore_ctime = opt_given(o, "ignore-ctime") ||
	    is_true(getenv("RESTIC_IGNORE_CTIME"));
	k->bo.with_atime = opt_given(o, "with-atime");
	k->bo.no_move_detection = opt_given(o, "no-move-detection");
	k->bo.dry_run = opt_given(o, "dry-run");
	k->bo.skip_if_unchanged = opt_given(o, "skip-if-unchanged");
	k->bo.stop = cli_stopped;
	if (opt_number(o, "read-concurrency", 1, 256, &readers, e) < 0 ||
	    (by != NULL && group_by(by, &k->bo.group_by, e) < 0) ||
	    (opt_value(o, "time") != NULL && time_parse_user(opt_value(o,
	    "time"), k->c->now, &k->bo.time, e) < 0))
		return -1;
	k->bo.read_concurrency = readers > 0 ? (unsigned)readers : 0;
	return take_excludes(k, e);
}

/* The command's own failure spoils what it gave. */
static int
end_command(struct backing *k, int status)
{
	struct err e = {0};
	int ended;

	if (k->child.pid == 0)
		return status;
	close(k->bo.stdin_fd);
	if (proc_wait(&k->child, -1, &ended, &e) < 0)
		return cli_fail(k->c, &e);
	if (ended == 0)
		return status;
	cli_say(k->c, "fettle: the command ended with %d", ended);
	return EXIT_FAILED;
}

static int
work(struct backing *k)
{
	const struct backup_events ev = { .arg = k, .progress = on_progress,
	    .item = on_item, .problem = on_problem, .note = on_note };
	struct backup_result r = {0};
	struct err e = {0};
	int ret;

	if (take_options(k, &e) < 0 || take_source(k, &e) < 0)
		return cli_fail(k->c, &e);
	take_tags(k);
	k->bo.lock = k->a.lock;
	progress_start(&k->progress, k->c);
	ret = backup_run(k->a.repo, &k->bo, &ev, &r, &e);
	progress_end(&k->progress);
	if (ret < 0)
		return end_command(k, cli_fail(k->c, &e));
	if (k->c->json)
		summary_json(k, &r);
	else if (!k->c->quiet)
		summary_text(k, &r);
	return end_command(k, r.problems > 0 ? EXIT_SOME : EXIT_DONE);
}

/* With -b and no paths it is what `run NAME` does for this entry, so the entry's
 * own paths and excludes are taken. */
static void
entry_paths(struct backing *k)
{
	const char **p;

	for (p = k->a.job->backup->paths; *p != NULL; p++)
		backup_paths_add(&k->paths, *p);
}

/* Is standard input what is backed up, or the list of it? */
static int
takes_stdin(const struct opts *o)
{
	static const char *const lists[] = { "files-from", "files-from-verbatim",
	    "files-from-raw", NULL };
	const char *const *v;
	size_t i;

	for (i = 0; lists[i] != NULL; i++)
		for (v = opt_values(o, lists[i]); v != NULL && *v != NULL; v++)
			if (strcmp(*v, "-") == 0)
				return 1;
	return opt_given(o, "stdin");
}

static int
run(struct cli *c, const struct opts *o)
{
	struct backing k = { .c = c, .o = o, .child = PROC_NONE };
	/* Only then it looks for the snapshot before. */
	int lists = opt_value(o, "parent") == NULL &&
	    !opt_given(o, "force") && !opt_given(o, "stdin") &&
	    !opt_given(o, "stdin-from-command");
	int status;

	c->stdin_taken = takes_stdin(o);
	status = about_open(c, ABOUT_SHARED | ABOUT_INDEX | ABOUT_WRITES |
	    (lists ? ABOUT_SNAPSHOTS : 0), &k.a);

	if (status != EXIT_DONE)
		return status;
	if (is_entry(&k))
		entry_paths(&k);
	status = about_close(&k.a, work(&k));
	backup_exclude_free(k.exclude);
	backup_paths_fini(&k.paths);
	free(k.tags);
	free(k.tag_text);
	free(k.host);
	free(k.own_tag);
	return status;
}

const struct command cmd_backup = {
	"backup", "[PATH...]", "Make a snapshot of files and folders",
	"As restic's backup.  With -b NAME and no path, of what the entry names; 'fettle\n"
	"run NAME' does the same with its patterns, its retention and the history.",
	opts, run, COMMAND_REPO,
};
