/* cmd_ls.c -- what a snapshot, or a plain copy, holds. */
#include <stdlib.h>
#include <string.h>

#include "cli/about.h"
#include "cli/copies_cmds.h"
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
	{ NULL, 0, NULL, NULL, 0 },
};

struct listing {
	const struct cli	*c;
	const struct opts	*o;
	const char		*top;		/* "", or "/home/me" */
	char			**dirs;		/* absolute; NULL: everything */
	struct buf		 path, line;
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

static int
each(void *arg, const char *path, const struct node *n)
{
	struct listing *l = arg;

	if (cli_stopped(NULL))
		return 2;
	buf_reset(&l->path);
	buf_addf(&l->path, "%s/%s", l->top, path);
	path = buf_str(&l->path);
	if (is_wanted(l, path)) {
		buf_reset(&l->line);
		if (l->c->json) {
			show_node_json(&l->line, path, n);
			cli_line(&l->line);
		} else if (opt_given(l->o, "long"))
			show_node(l->c, path, n, opt_given(l->o,
			    "human-readable"));
		else {
			cli_path(l->c, &l->line, path);
			cli_line(&l->line);
		}
	}
	return n->type != NODE_DIR || is_on_the_way(l, path);
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

static int
list(struct about *a, const struct opts *o)
{
	struct listing l = { .c = a->c, .o = o, .top = "" };
	struct tree_walk w = { .each = each, .arg = &l };
	struct repo_hand *h = repo_hand_new(a->repo);
	struct snapshot_filter f;
	struct snapshot s = {0};
	struct err e = {0};
	struct id root;
	int status = EXIT_DONE;

	show_filter(o, &f);
	if (o->n_args > 1)
		l.dirs = o->args + 1;
	if (show_root(a->repo, o->args[0], &f, &s, &root, &e) < 0)
		status = cli_fail(a->c, &e);
	else {
		head(a->c, &s);
		if (tree_walk(a->repo, h, &root, &w, &e) < 0)
			status = cli_fail(a->c, &e);
	}
	snapshot_fini(&s);
	repo_hand_free(h);
	buf_fini(&l.path);
	buf_fini(&l.line);
	return status;
}

static int
run(struct cli *c, const struct opts *o)
{
	struct about a;
	size_t i;
	int status = about_open(c, ABOUT_PLAIN_TOO | ABOUT_SHARED | ABOUT_INDEX,
	    &a);

	if (status != EXIT_DONE)
		return status;
	if (a.kind == ABOUT_COPIES)
		return about_close(&a, copies_cmd_ls(&a, o));
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
