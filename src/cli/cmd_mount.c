/* cmd_mount.c -- a repository as a folder. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/about.h"
#include "cli/repo_show.h"
#include "mount/mount.h"
#include "repo/repo.h"
#include "store/store.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	{ "allow-other", 0, NULL, "other users may look, too", 0 },
	{ "no-default-permissions", 0, NULL, "and at everything, whatever its mode", 0 },
	{ "owner-root", 0, NULL, "everything belongs to root", 0 },
	{ "path-template", 0, "PATH", "where a snapshot is shown: %i %I %u %h %t %T", 1 },
	{ "time-template", 0, "TIME", "how %T looks: 2006-01-02_15-04-05", 0 },
	SNAPSHOT_FILTER_OPTS,
	{ NULL, 0, NULL, NULL, 0 },
};

struct mounting {
	struct cli	*c;
	const char	*where;
};

static void
on_ready(void *arg)
{
	const struct mounting *k = arg;
	char q[QUOTE_SIZE];

	cli_say(k->c, "the repository is at %s now, until Ctrl-C or umount",
	    quote_to(q, sizeof(q), k->where));
}

static void
on_problem(void *arg, const struct err *why)
{
	const struct mounting *k = arg;
	CLEAN_BUF struct buf b = {0};

	quote_text(&b, why->text, strlen(why->text));
	cli_say(k->c, "fettle: %s", buf_str(&b));
}

static int
lies_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' ||
	    path[n] == '\0' || strcmp(dir, "/") == 0);
}

/* A repository that is read through itself waits for itself for ever. */
static int
check_place(const struct mounting *k, const struct repo *r)
{
	CLEAN_FREE char *there = realpath(store_place(r->store), NULL);
	struct stat st;

	if (stat(k->where, &st) < 0 || !S_ISDIR(st.st_mode))
		return cli_usage(k->c, "%.300s is no folder", k->where);
	if (there != NULL && (lies_in(there, k->where) ||
	    lies_in(k->where, there)))
		return cli_usage(k->c, "the repository and the folder lie in one "
		    "another");
	return EXIT_DONE;
}

static int
show_it(struct mounting *k, const struct opts *o, struct about *a)
{
	struct snapshot_filter filter;
	const struct mount_options m = {
		.filter = &filter, .paths = opt_values(o, "path-template"),
		.time = opt_value(o, "time-template"),
		.allow_other = opt_given(o, "allow-other"),
		.owner_root = opt_given(o, "owner-root"),
		.no_permissions = opt_given(o, "no-default-permissions"),
		.ready = on_ready, .problem = on_problem, .arg = k,
	};
	struct err e = {0};
	int status = check_place(k, a->repo);

	show_filter(o, &filter);
	if (status == EXIT_DONE && mount_run(a->repo, k->where, &m, &e) < 0)
		status = cli_fail(k->c, &e);
	return status;
}

static int
run(struct cli *c, const struct opts *o)
{
	CLEAN_FREE char *path = NULL, *real = NULL;
	struct mounting k = { .c = c };
	struct about a;
	int status;

	if (o->n_args != 1)
		return cli_usage(c, "at which folder?");
	if (!mount_is_built())
		return cli_usage(c, "this fettle was built without mount "
		    "(libfuse3)");
	path = o->args[0][0] == '/' ? xstrdup(o->args[0]) :
	    xasprintf("%s/%s", c->working_dir, o->args[0]);
	real = realpath(path, NULL);
	if (real == NULL)
		return cli_usage(c, "%.300s is no folder", path);
	k.where = real;
	status = about_open(c, ABOUT_SHARED | ABOUT_INDEX, &a);
	return status != EXIT_DONE ? status :
	    about_close(&a, show_it(&k, o, &a));
}

const struct command cmd_mount = {
	"mount", "FOLDER", "Show a repository as a folder",
	"Read-only, until Ctrl-C or umount.  Snapshots are in ids/, snapshots/, hosts/ and\n"
	"tags/, or where templates say: %i is the short id, %I the id, %u the user, %h the\n"
	"host, %t each tag, %T the time as --time-template has it (a sample, as in Go).",
	opts, run, COMMAND_REPO,
};
