/* cmd_ls.c -- what a snapshot, or a plain copy, holds. */
#include <stdlib.h>
#include <string.h>

#include "cli/about.h"
#include "cli/copies_cmds.h"
#include "cli/ls_ncdu.h"
#include "cli/ls_sort.h"
#include "cli/repo_show.h"
#include "repo/repo.h"
#include "repo/tree.h"
#include "util/buf.h"
#include "util/xalloc.h"

static const struct opt_def opts[] = {
	SNAPSHOT_FILTER_OPTS,
	{ "long", 'l', NULL, "with mode, owner, size and time", 0 },
	{ "human-readable", 0, NULL, "sizes in KiB, MiB ...", 0 },
	{ "recursive", 0, NULL, "with the folders: what is below them, too", 0 },
	{ "sort", 's', "HOW", "by name, size, time, atime, ctime or extension", 0 },
	{ "reverse", 0, NULL, "the other way round", 0 },
	{ "ncdu", 0, NULL, "as ncdu loads it: ... | ncdu -f -", 0 },
	{ NULL, 0, NULL, NULL, 0 },
};

struct listing {
	const struct cli	*c;
	const struct opts	*o;
	const char		*top;		/* "", or "/home/me" */
	char			**dirs;		/* absolute; NULL: everything */
	struct buf		 path, line;
	struct ls_ncdu		 ncdu;
	struct ls_sort		*sort;		/* NULL: as it comes */
};

/* Is path in the folder dir: 1 the folder itself or right in it, 2 deeper? */
static int
is_in(const char *dir, const char *path)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	if (strncmp(path, dir, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return 0;
	return path[n] == '\0' || strchr(path + n + 1, '/') == NULL ? 1 : 2;
}

static int
is_wanted(const struct listing *l, const char *path)
{
	char **d;
	int in;

	if (l->dirs == NULL)
		return 1;
	for (d = l->dirs; *d != NULL; d++) {
		in = is_in(*d, path);
		if (in == 1 || (in == 2 && opt_given(l->o, "recursive")))
			return 1;
	}
	return 0;
}

/* May something that is wanted lie in this folder? */
static int
is_on_the_way(const struct listing *l, const char *path)
{
	char **d;

	if (l->dirs == NULL)
		return 1;
	for (d = l->dirs; *d != NULL; d++)
		if (is_in(path, *d) || (is_in(*d, path) &&
		    (strcmp(*d, path) == 0 || opt_given(l->o, "recursive"))))
			return 1;
	return 0;
}

/* A node as a line of its own. */
static void
show(struct listing *l, const char *path, const struct node *n)
{
	buf_reset(&l->line);
	if (l->c->json)
		show_node_json(&l->line, path, n);
	else if (opt_given(l->o, "long"))
		show_node_line(l->c, &l->line, path, n, opt_given(l->o,
		    "human-readable"));
	else
		show_path(l->c, &l->line, path);
	if (l->sort == NULL) {
		cli_line(&l->line);
		return;
	}
	buf_addc(&l->line, '\n');
	ls_sort_add(l->sort, path, n, buf_str(&l->line), l->line.len);
}

static const char *
whole_path(struct listing *l, const char *path)
{
	buf_reset(&l->path);
	buf_addf(&l->path, "%s/%s", l->top, path);
	return buf_str(&l->path);
}

static int
each(void *arg, const char *path, const struct node *n)
{
	struct listing *l = arg;
	int wanted, enter;

	if (cli_stopped(NULL))
		return TREE_END;
	path = whole_path(l, path);
	wanted = is_wanted(l, path);
	enter = n->type == NODE_DIR && is_on_the_way(l, path);
	/* Without the folders above it a file would lie elsewhere in ncdu. */
	wanted |= enter && l->ncdu.depth > 0;
	if (wanted && l->ncdu.depth > 0) {
		ls_ncdu_add(&l->ncdu, n);
		if (n->type == NODE_DIR && !enter)
			ls_ncdu_leave(&l->ncdu);
	} else if (wanted)
		show(l, path, n);
	return enter ? TREE_ENTER : TREE_PASS;
}

static int
leave(void *arg, const char *path, const struct node *n)
{
	struct listing *l = arg;

	(void)path;
	(void)n;
	if (l->ncdu.depth > 0)
		ls_ncdu_leave(&l->ncdu);
	return TREE_PASS;
}

static void
head(const struct cli *c, const struct snapshot *s)
{
	CLEAN_BUF struct buf b = {0};
	char brief[ID_SHORT];
	char **p;

	if (c->json) {
		show_snapshot_json(&b, s);
		b.len--;
		buf_adds(&b, ",\"message_type\":\"snapshot\","
		    "\"struct_type\":\"snapshot\"}");
		cli_line(&b);
		return;
	}
	id_short(&s->id, brief);
	buf_addf(&b, "snapshot %s of", brief);
	for (p = s->paths; p != NULL && *p != NULL; p++) {
		buf_addc(&b, ' ');
		cli_path(c, &b, *p);
	}
	buf_adds(&b, " at ");
	show_time(&b, &s->time);
	cli_say(c, "%s", buf_str(&b));
}

/* In which order: an exit status. */
static int
take_order(struct cli *c, const struct opts *o, struct ls_sort **out)
{
	const char *word = opt_value(o, "sort");
	int reverse = opt_given(o, "reverse");
	enum ls_order by = LS_BY_NAME;

	*out = NULL;
	if (word != NULL && ls_order_parse(word, &by) < 0)
		return cli_usage(c, "--sort is name, size, time, atime, ctime or "
		    "extension, not '%.40s'", word);
	if (opt_given(o, "ncdu") && (word != NULL || reverse || c->json))
		return cli_usage(c, "--ncdu knows no --sort, --reverse or "
		    "--json");
	if (word != NULL || reverse)
		*out = ls_sort_new(by, reverse);
	return EXIT_DONE;
}

static int
list(struct about *a, const struct opts *o)
{
	struct listing l = { .c = a->c, .o = o, .top = "" };
	struct tree_walk w = { .each = each, .leave = leave, .arg = &l };
	struct repo_hand *h = repo_hand_new(a->repo);
	struct snapshot_filter f;
	struct snapshot s = {0};
	struct err e = {0};
	struct id root;
	int status = take_order(a->c, o, &l.sort);

	show_filter(o, &f);
	if (o->n_args > 1)
		l.dirs = o->args + 1;
	if (status == EXIT_DONE &&
	    show_root(a->repo, o->args[0], &f, &s, &root, &e) < 0)
		status = cli_fail(a->c, &e);
	if (status == EXIT_DONE) {
		if (opt_given(o, "ncdu"))
			ls_ncdu_begin(&l.ncdu, &s);
		else
			head(a->c, &s);
		if (tree_walk(a->repo, h, &root, &w, &e) < 0)
			status = cli_fail(a->c, &e);
		if (l.ncdu.depth > 0)
			ls_ncdu_end(&l.ncdu);
		if (l.sort != NULL)
			ls_sort_show(l.sort);
	}
	ls_sort_free(l.sort);
	snapshot_fini(&s);
	repo_hand_free(h);
	buf_fini(&l.path);
	buf_fini(&l.line);
	return status;
}

static int
run(struct cli *c, const struct opts *o)
{
	static const char *const none[] = { NULL };
	struct about a;
	size_t i;
	int status = about_open(c, ABOUT_PLAIN_TOO | ABOUT_SHARED | ABOUT_INDEX,
	    &a);

	if (status != EXIT_DONE)
		return status;
	if (a.kind == ABOUT_COPIES) {
		status = copies_cmd_only(c, o, opts, none);
		return about_close(&a, status == EXIT_DONE ?
		    copies_cmd_ls(&a, o) : status);
	}
	if (o->n_args == 0)
		status = cli_usage(c, "which snapshot?  An id, or 'latest'");
	for (i = 1; i < o->n_args && status == EXIT_DONE; i++)
		if (o->args[i][0] != '/')
			status = cli_usage(c, "folders are named by absolute paths, "
			    "not '%.200s'", o->args[i]);
	if (status == EXIT_DONE)
		status = list(&a, o);
	return about_close(&a, status);
}

const struct command cmd_ls = {
	"ls", "[SNAPSHOT [DIR...]]", "What a snapshot holds",
	"With folders, only what is right in them.  Of plain copies the latest, unless\n"
	"another is named.", opts, run, COMMAND_REPO,
};
