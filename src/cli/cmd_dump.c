/* cmd_dump.c -- a file of a snapshot or a plain copy, or a folder as an archive,
 * to stdout. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "backup/lexical.h"
#include "backup/restore.h"
#include "cli/about.h"
#include "cli/repo_show.h"
#include "copies/copies.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "util/clean.h"
#include "util/quote.h"

static const struct opt_def opts[] = {
	SNAPSHOT_FILTER_OPTS,
	{ "archive", 'a', "FORMAT", "of a folder: tar (default) or zip", 0 },
	{ "target", 't', "FILE", "write it there instead of to stdout", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

struct dumping {
	struct cli	*c;
	const struct opts *o;
	struct about	 a;
	enum restore_archive format;
};

static int
open_target(struct dumping *k, int is_folder, int *fd)
{
	const char *target = opt_value(k->o, "target");
	char q[QUOTE_SIZE];
	struct err e = {0};

	if (is_folder && target == NULL && isatty(STDOUT_FILENO))
		return cli_usage(k->c, "an archive is nothing for a terminal: "
		    "--target FILE, or a pipe");
	if (target != NULL)
		*fd = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		    0666);
	else
		*fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (*fd >= 0)
		return EXIT_DONE;
	err_sys(&e, "write %s", target != NULL ?
	    quote_to(q, sizeof(q), target) : "to stdout");
	return cli_fail(k->c, &e);
}

/* An archive without a word about what it lacks would be taken for whole. */
static void
tell_left(void *arg, const char *path, const struct node *n)
{
	const struct dumping *k = arg;
	char q[QUOTE_SIZE];

	cli_say(k->c, "left out of the archive: %s (%s)",
	    quote_to(q, sizeof(q), path), show_type(n));
}

static int
dump(struct dumping *k, const struct node *n, const char *path)
{
	const struct restore_left left = { tell_left, k };
	CLEAN_FD int fd = -1;
	struct err e = {0};
	int status, ret;

	if ((status = open_target(k, n->type == NODE_DIR, &fd)) != EXIT_DONE)
		return status;
	ret = n->type == NODE_DIR ? restore_dump_tree(k->a.repo, &n->subtree,
	    path, k->format, fd, &left, &e) : restore_dump_file(k->a.repo, n,
	    fd, &e);
	return ret < 0 ? cli_fail(k->c, &e) : EXIT_DONE;
}

/* The node at a path below the snapshot's, or its part's, root. */
static int
find(struct dumping *k, const struct snapshot *s, const char *sub,
    const char *path, struct arena *mem, struct node *n, struct err *e)
{
	struct repo_hand *h = repo_hand_new(k->a.repo);
	struct node top = { .type = NODE_DIR, .subtree = s->tree,
	    .has_subtree = 1 };
	char q[QUOTE_SIZE];
	int r = 0;

	if (sub != NULL)
		r = tree_find(k->a.repo, h, &s->tree, sub, mem, &top, e);
	if (r == 0 && !top.has_subtree)
		r = err_set(e, ERR_USAGE, "%s is no folder",
		    quote_to(q, sizeof(q), sub));
	if (r == 0)
		r = tree_find(k->a.repo, h, &top.subtree, path, mem, n, e);
	repo_hand_free(h);
	if (r == 0 && n->type != NODE_FILE && !(n->type == NODE_DIR &&
	    n->has_subtree))
		r = err_set(e, ERR_USAGE, "%s is a %s, which cannot be dumped",
		    quote_to(q, sizeof(q), path), show_type(n));
	return r;
}

/* "/a" of "./a", "b/../a" and "//a", as restic takes them; to be freed.  NULL: it
 * leads above the root. */
static char *
path_within(const char *given)
{
	CLEAN_FREE char *clean = lexical_clean(given);

	if (strncmp(clean, "..", 2) == 0 && (clean[2] == '/' || clean[2] == '\0'))
		return NULL;
	return lexical_join("/", clean);
}

static int
run_repo(struct dumping *k)
{
	CLEAN_FREE char *path = path_within(k->o->args[1]);
	const char *sub;
	CLEAN_ARENA struct arena mem = {0};
	struct snapshot_filter f;
	struct snapshot s;
	struct node n = {0};
	struct err e = {0};
	int status;

	if (path == NULL)
		return cli_usage(k->c, "that path leads out of the snapshot");
	show_filter(k->o, &f);
	if (snapshot_named(k->a.repo, k->o->args[0], &f, &s, &sub, &e) < 0)
		return cli_fail(k->c, &e);
	status = find(k, &s, sub, path, &mem, &n, &e) < 0 ?
	    cli_fail(k->c, &e) : dump(k, &n, path);
	snapshot_fini(&s);
	return status;
}

static int
run_copies(struct dumping *k)
{
	const struct copies *c = k->a.job->copies;
	const char *name = k->o->args[0], *path = k->o->args[1];
	CLEAN_FD int fd = -1;
	struct err e = {0};
	char kind;
	int status;

	if (*path != '/')
		return cli_usage(k->c, "of plain copies a path is absolute: where "
		    "it came from");
	if (copies_kind(c, name, path, &kind, &e) < 0)
		return cli_fail(k->c, &e);
	if ((status = open_target(k, kind == 'd', &fd)) != EXIT_DONE)
		return status;
	return copies_dump(c, name, path, k->format == RESTORE_ZIP ? COPIES_ZIP :
	    COPIES_TAR, fd, &e) < 0 ? cli_fail(k->c, &e) : EXIT_DONE;
}

static int
run(struct cli *c, const struct opts *o)
{
	const char *format = opt_value(o, "archive");
	struct dumping k = { .c = c, .o = o };
	int status;

	if (o->n_args != 2)
		return cli_usage(c, "dump wants a snapshot and a path in it");
	if (*o->args[1] == '\0')	/* a variable that was not set */
		return cli_usage(c, "dump wants a path; all of it is /");
	if (format != NULL && strcmp(format, "zip") == 0)
		k.format = RESTORE_ZIP;
	else if (format != NULL && strcmp(format, "tar") != 0)
		return cli_usage(c, "--archive is tar or zip, not '%.40s'",
		    format);
	status = about_open(c, ABOUT_PLAIN_TOO | ABOUT_SHARED | ABOUT_INDEX, &k.a);
	if (status != EXIT_DONE)
		return status;
	return about_close(&k.a, k.a.kind == ABOUT_COPIES ? run_copies(&k) :
	    run_repo(&k));
}

const struct command cmd_dump = {
	"dump", "SNAPSHOT PATH", "Print a file of a snapshot, or a folder as an archive",
	"A folder comes as a tar archive with extended attributes, '/' is all of it.",
	opts, run, COMMAND_REPO,
};
