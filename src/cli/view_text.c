/*
 * view_text.c -- plans and runs for people: operations grouped by job and
 * destination, ten lines each (all of them with --all or -v), then what stays
 * and why, then totals and what to type next.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/view_impl.h"
#include "job/tell.h"
#include "util/buf.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"

#define LINES	10

struct group {
	char		*job;
	char		*where;		/* destination folder, or the reason */
	enum op_kind	 kind;
	enum op_state	 state;
	uint64_t	 n;
	struct buf	 lines;
};

static const char *
verb(const struct view *v, const struct group *g)
{
	static const char *const plain[OP_KINDS] = {
		[OP_MOVE] = "move", [OP_RENAME] = "rename", [OP_COPY] = "copy",
		[OP_LINK] = "link", [OP_SYMLINK] = "link",
		[OP_TRASH] = "put into the trash", [OP_DELETE] = "delete",
		[OP_WRITE] = "write", [OP_ECHO] = "say", [OP_SHELL] = "run",
		[OP_ARCHIVE] = "put away", [OP_BACKUP] = "back up",
		[OP_RMDIR] = "remove empty folder", [OP_UNTRASH] = "take back",
		[OP_MKDIR] = "make folder", [OP_BUNDLE] = "pack",
		[OP_UNBUNDLE] = "unpack", [OP_PURGE] = "let go",
		[OP_CONFIRM] = "ask", [OP_XATTR] = "mark",
	};

	return v->what == VIEW_PLAN || g->state != OP_DONE ? plain[g->kind] :
	    tell_past(g->kind);
}

/* What an operation's group says of where: the destination folder (of a
 * backup the destination itself), or why the file stays. */
static const char *
where_of(const struct op_told *t, size_t *len)
{
	const char *slash = strrchr(t->to, '/');

	if (t->op->state != OP_PLANNED && t->op->state != OP_DONE &&
	    t->op->state != OP_HELD) {
		*len = strlen(t->error);
		return t->error;
	}
	if (t->op->kind == OP_BACKUP || slash == NULL)
		*len = strlen(t->to);
	else
		*len = slash == t->to ? 1 : (size_t)(slash - t->to);
	return t->to;
}

static int
same(const struct group *g, const struct op_told *t, const char *where,
    size_t len)
{
	return g->state == t->op->state && g->kind == t->op->kind &&
	    strncmp(g->where, where, len) == 0 && g->where[len] == '\0' &&
	    strcmp(g->job, t->job) == 0;
}

/* Most operations are of the last one's group; there may be as many groups as
 * files, so the others are found by a key. */
static struct group *
find_group(struct view *v, const struct op_told *t)
{
	size_t len;
	const char *where = where_of(t, &len);
	uint64_t *at;
	int added;

	if (v->n_groups > 0 && same(&v->groups[v->last], t, where, len))
		return &v->groups[v->last];
	buf_reset(&v->line);
	buf_addc(&v->line, (char)t->op->state);
	buf_addc(&v->line, (char)t->op->kind);
	buf_add(&v->line, t->job, strlen(t->job) + 1);
	buf_add(&v->line, where, len);
	at = map_add(&v->by_key, v->line.data, v->line.len, &added);
	if (added) {
		XGROW(v->groups, v->n_groups, v->cap_groups);
		*at = v->n_groups;
		v->groups[v->n_groups++] = (struct group){
			.job = xstrdup(t->job), .where = xstrndup(where, len),
			.kind = t->op->kind, .state = t->op->state,
		};
	}
	v->last = *at;
	return &v->groups[v->last];
}

/* Reasons and errors may hold what somebody else named. */
static void
add_why(struct buf *b, const char *why)
{
	buf_adds(b, "   (");
	quote_text(b, why, strlen(why));
	buf_addc(b, ')');
}

/* Is it told by its words, and not by a path? */
static int
is_words(const struct op *op)
{
	return *op->text != '\0' && op->state != OP_FAILED &&
	    (op->kind == OP_ECHO || op->kind == OP_SHELL ||
	    op->kind == OP_CONFIRM);
}

static void
add_line(struct view *v, struct group *g, const struct op_told *t)
{
	const char *last = strrchr(t->to, '/');

	buf_adds(&g->lines, "    ");
	if (is_words(t->op))
		quote_text(&g->lines, t->op->text, strlen(t->op->text));
	else
		cli_path(v->cli, &g->lines, t->from);
	if (last != NULL && t->op->kind != OP_BACKUP) {
		const char *name = strrchr(t->from, '/');

		if (name == NULL || strcmp(name, last) != 0) {
			buf_adds(&g->lines, "  as  ");
			quote_add(&g->lines, last + 1, strlen(last + 1));
		}
	}
	if (t->op->kind == OP_XATTR && *t->op->text != '\0') {
		buf_adds(&g->lines, "  ");
		quote_text(&g->lines, t->op->text, strlen(t->op->text));
	}
	if (t->op->state == OP_PLANNED || t->op->state == OP_HELD)
		add_why(&g->lines, t->why);
	if (t->op->state == OP_PLANNED && t->op->flags & OP_UNSURE)
		buf_adds(&g->lines, "   if the command leaves it");
	buf_addc(&g->lines, '\n');
}

/* What a run says of single files: all that did not go as it should. */
static int
must_be_told(const struct op_told *t)
{
	switch (t->op->state) {
	case OP_FAILED:
	case OP_HELD:
	case OP_WAITING:
		return 1;
	case OP_DONE:
		return *t->error != '\0';
	default:
		return t->missed;
	}
}

/* A backup that fails or waits does so for each of its paths: once is enough. */
static int
is_told(struct view *v, const struct op_told *t)
{
	CLEAN_BUF struct buf b = {0};
	int same;

	if (t->op->kind != OP_BACKUP || (t->op->state != OP_FAILED &&
	    t->op->state != OP_WAITING))
		return 0;
	buf_addf(&b, "%s\n%s", t->job, t->error);
	same = strcmp(buf_str(&b), buf_str(&v->backup_failed)) == 0;
	buf_reset(&v->backup_failed);
	buf_add(&v->backup_failed, b.data, b.len);
	return same;
}

static void
text_op(struct view *v, const struct op_told *t)
{
	struct group *g;

	/* What a quiet run did is not shown at its end: no groups. */
	if (v->what == VIEW_PLAN || !v->cli->quiet) {
		g = find_group(v, t);
		g->n++;
		if (g->n <= LINES || v->all || v->cli->verbose)
			add_line(v, g, t);
	}
	if (v->what == VIEW_PLAN || !must_be_told(t) || is_told(v, t))
		return;
	view_quiet(v);
	buf_reset(&v->line);
	buf_adds(&v->line, "fettle: ");
	cli_path(v->cli, &v->line, t->from);
	buf_adds(&v->line, ": ");
	quote_text(&v->line, t->error, strlen(t->error));
	buf_addf(&v->line, " (%s)\n", t->job);
	fputs(buf_str(&v->line), stderr);
}

/* Verbs that hold a noun: "removed empty folders 6". */
static const char *
plural(const struct group *g)
{
	return g->n != 1 && (g->kind == OP_RMDIR || g->kind == OP_MKDIR) ?
	    "s" : "";
}

static int
stays(const struct group *g)
{
	return g->state != OP_PLANNED && g->state != OP_DONE &&
	    g->state != OP_HELD;
}

static void
show_group(struct view *v, const struct group *g, int lines)
{
	CLEAN_BUF struct buf b = {0};

	if (stays(g))
		buf_addf(&b, "  %s %" PRIu64, op_state_name(g->state), g->n);
	else
		buf_addf(&b, "  %s%s %" PRIu64, verb(v, g), plural(g), g->n);
	if (stays(g)) {
		buf_adds(&b, ": ");
		quote_text(&b, g->where, strlen(g->where));
	} else if (*g->where != '\0') {
		buf_adds(&b, " to ");
		cli_path(v->cli, &b, g->where);
	}
	if (g->state == OP_HELD)
		buf_adds(&b, "   [held]");
	cli_line(&b);
	if (!lines)
		return;
	cli_out(g->lines.data, g->lines.len);
	if (g->n > LINES && !v->all && !v->cli->verbose)
		cli_outf("    ... and %" PRIu64 " more (--all)\n", g->n - LINES);
}

/* One job's groups: first what happens, then what stays and why. */
static void
show_job(struct view *v, const char *job, char *seen, int lines)
{
	size_t i;
	int pass;

	cli_outf("%s%s%s\n", v->cli->colour ? "\033[1m" : "", job,
	    v->cli->colour ? "\033[0m" : "");
	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < v->n_groups; i++) {
			if (seen[i] || stays(&v->groups[i]) != pass ||
			    strcmp(v->groups[i].job, job) != 0)
				continue;
			seen[i] = 1;
			show_group(v, &v->groups[i], lines);
		}
}

static void
show_groups(struct view *v, int lines)
{
	char *seen = xalloc(v->n_groups);
	size_t i;

	for (i = 0; i < v->n_groups; i++)
		if (!seen[i])
			show_job(v, v->groups[i].job, seen, lines);
	free(seen);
}

static void
add_count(struct buf *b, uint64_t n, const char *word)
{
	if (n > 0)
		buf_addf(b, "%s%" PRIu64 " %s", b->len ? ", " : "", n, word);
}

static void
text_plan_end(struct view *v, const struct parts *p, const struct job_totals *t)
{
	CLEAN_BUF struct buf b = {0};
	size_t i;

	show_groups(v, 1);
	for (i = 0; i < p->n; i++) {
		if (p->v[i].failed != NULL)
			cli_outf("%s\n  cannot be planned: %s\n", p->v[i].name,
			    p->v[i].failed);
		else if (p->v[i].absent > 0)
			cli_outf("%s\n  %zu of %zu locations %s not there\n",
			    p->v[i].name, p->v[i].absent, p->v[i].locations,
			    p->v[i].absent == 1 ? "is" : "are");
		if (p->v[i].held != NULL)
			cli_outf("%s\n  would be held: %s\n", p->v[i].name,
			    p->v[i].held);
	}
	add_count(&b, t->planned, "to do");
	add_count(&b, t->held, "held");
	add_count(&b, t->waiting, "waiting");
	add_count(&b, t->skipped, t->skipped == 1 ? "stays as it is" :
	    "stay as they are");
	add_count(&b, t->failed, "cannot be done");
	if (b.len == 0)
		buf_adds(&b, "nothing to do");
	cli_line(&b);
}

static void
text_run_end(struct view *v, const struct job_done *d)
{
	CLEAN_BUF struct buf b = {0};

	if (!v->cli->quiet)
		show_groups(v, v->cli->verbose);
	add_count(&b, d->totals.done, "done");
	add_count(&b, d->totals.skipped, d->totals.skipped == 1 ?
	    "left as it is" : "left as they are");
	add_count(&b, d->totals.failed, "failed");
	add_count(&b, d->totals.held, "held");
	add_count(&b, d->totals.waiting, "waiting");
	if (b.len == 0)
		buf_adds(&b, "nothing to do");
	cli_outf("run %" PRId64 ": ", d->run);
	cli_line(&b);
	if (d->totals.changes > 0)
		cli_say(v->cli, "take it back: fettle undo %" PRId64, d->run);
}

static void
text_free(struct view *v)
{
	size_t i;

	for (i = 0; i < v->n_groups; i++) {
		free(v->groups[i].job);
		free(v->groups[i].where);
		buf_fini(&v->groups[i].lines);
	}
	free(v->groups);
	map_fini(&v->by_key);
	buf_fini(&v->backup_failed);
}

const struct view_ops view_text = {
	.op = text_op, .plan_end = text_plan_end, .run_end = text_run_end,
	.free = text_free,
};
