#ifndef ORGANIZE_TEST_WORLD_H
#define ORGANIZE_TEST_WORLD_H

/*
 * A real folder under mktemp, rules over it, and the plan they make as lines:
 *
 *	planned move a.jpg > Images/a.jpg (extension is jpg)
 *	skipped move b > (the rule has no filters): unknown type
 *
 * Paths are below the folder; {root} in a rule is the folder itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/env.h"
#include "conf/get.h"
#include "organize/organize.h"
#include "plan/overlay.h"
#include "rules/rule.h"
#include "testing/scratch.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/set64.h"
#include "util/xalloc.h"

#define WORLD_NOW	(INT64_C(1711846800) * 1000000)	/* 2024-03-31 */

struct world {
	struct scratch	 s;
	const char	*root;		/* its path */
	struct conf_faults *faults;
	struct conf	*conf;
	struct rule	*rules[16];
	size_t		 n;
	struct plan	*plan;
	struct overlay	*overlay;
	struct set64	 done;
	size_t		 locations, absent;
	const char	*leave_out[4];
};

static inline struct world *
world_new(void)
{
	struct world *w = xalloc(sizeof(*w));

	w->s = scratch_new();
	w->root = w->s.path;
	return w;
}

static inline char *
world_path(const struct world *w, const char *path)
{
	return xasprintf("%s/%s", w->root, path);
}

/* A file with these contents, and the folders it needs; "x/" is a folder. */
static inline void
world_file(const struct world *w, const char *path, const char *text)
{
	if (path[strlen(path) - 1] == '/')
		scratch_dir(&w->s, path);
	else
		scratch_file(&w->s, path, text);
}

/* Some at once: "a.jpg b/c.txt" (no blanks in names), each with its path. */
static inline void
world_files(const struct world *w, const char *paths)
{
	char *copy = xstrdup(paths), *rest = copy, *p;

	while ((p = strsep(&rest, " ")) != NULL)
		world_file(w, p, p);
	free(copy);
}

static inline void
world_link(const struct world *w, const char *to, const char *path)
{
	scratch_link(&w->s, to, path);
}

static inline void
world_forget_rules(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		rule_free(w->rules[i]);
	w->n = 0;
	conf_free(w->conf);
	conf_faults_free(w->faults);
	plan_free(w->plan);
	overlay_free(w->overlay);
	w->conf = NULL;
	w->faults = NULL;
	w->plan = NULL;
	w->overlay = NULL;
}

static inline void
world_free(struct world *w)
{
	scratch_free(&w->s);
	world_forget_rules(w);
	set64_fini(&w->done);
	free(w);
}

static inline const char *
world_var(void *arg, const char *name)
{
	(void)arg, (void)name;
	return NULL;
}

static inline int
world_home(void *arg, uid_t uid, const char *user, struct buf *out)
{
	(void)uid, (void)user;
	buf_adds(out, ((struct world *)arg)->root);
	return 0;
}

static inline int
world_host(void *arg, struct buf *out)
{
	(void)arg, (void)out;
	return -1;
}

/* rules is a YAML list; "~" is the folder. */
static inline void
world_rules(struct world *w, const char *rules)
{
	struct conf_env env = { .arg = w, .var = world_var,
	    .home = world_home, .hostname = world_host };
	struct conf_where where = { .env = &env, .dir = w->root };
	CLEAN_BUF struct buf b = {0}, said = {0};
	const struct conf_node *list;

	world_forget_rules(w);
	buf_addf(&b, "rules:\n%s\n", rules);
	w->faults = conf_faults_new();
	if (conf_parse("test", buf_str(&b), b.len, w->faults, &w->conf) == 0) {
		list = conf_get(conf_root(w->conf), "rules");
		for (size_t i = 0; i < list->n && i < 16; i++)
			w->rules[w->n++] = rule_read(list->items[i],
			    (unsigned)i, &where, w->faults);
	}
	conf_faults_print(w->faults, &said);
	if (said.len > 0)
		fail_msg("%s", buf_str(&said));
}

/* Plan all rules over one overlay. */
static inline void
world_plan(struct world *w)
{
	struct organize_env env = { .now = WORLD_NOW, .done = &w->done,
	    .leave_out = w->leave_out };
	struct err e = {0};

	plan_free(w->plan);
	overlay_free(w->overlay);
	w->plan = plan_new(-1);
	w->overlay = overlay_new();
	for (size_t i = 0; i < w->n; i++)
		organize_watch(w->rules[i], i == 0, w->overlay);
	for (size_t i = 0; i < w->n; i++) {
		uint32_t job = plan_add_job(w->plan, w->rules[i]->name, "rule",
		    w->rules[i]->hash);

		if (organize_plan(w->rules[i], &env, w->overlay, w->plan, job,
		    &w->locations, &w->absent, &e) < 0)
			fail_msg("%s", e.text);
	}
}

static inline void
world_add_path(const struct world *w, struct buf *out, const char *path)
{
	size_t n = strlen(w->root);

	if (strncmp(path, w->root, n) == 0 && path[n] == '/')
		buf_adds(out, path + n + 1);
	else if (strcmp(path, w->root) == 0)
		buf_addc(out, '.');
	else
		buf_adds(out, path);
}

/* Texts with the root in them are made the same everywhere. */
static inline void
world_add_text(const struct world *w, struct buf *out, const char *text)
{
	const char *at;

	while ((at = strstr(text, w->root)) != NULL) {
		buf_add(out, text, (size_t)(at - text));
		buf_adds(out, "~");
		text = at + strlen(w->root);
	}
	buf_adds(out, text);
}

static inline void
world_add_op(const struct world *w, struct buf *out, const struct op *op)
{
	CLEAN_BUF struct buf from = {0}, to = {0};

	plan_from(w->plan, op, &from);
	plan_to(w->plan, op, &to);
	buf_addf(out, "%s %s ", op_state_name(op->state),
	    op_kind_name(op->kind));
	world_add_path(w, out, buf_str(&from));
	if (to.len > 0) {
		buf_adds(out, " > ");
		world_add_path(w, out, buf_str(&to));
	}
	if (op->kind == OP_ECHO && *op->text != '\0') {
		buf_adds(out, " \"");
		world_add_text(w, out, op->text);
		buf_addc(out, '"');
	}
	if (op->flags & OP_REPLACES)
		buf_adds(out, " replaces");
	if (op->flags & OP_CHAINED)
		buf_adds(out, " chained");
	if (op->flags & OP_IRREVERSIBLE)
		buf_adds(out, " irreversible");
	if (*plan_text(w->plan, op->why) != '\0') {
		buf_adds(out, " (");
		world_add_text(w, out, plan_text(w->plan, op->why));
		buf_addc(out, ')');
	}
	if (op->error != 0) {
		buf_adds(out, ": ");
		world_add_text(w, out, plan_text(w->plan, op->error));
	}
	buf_addc(out, '\n');
}

static inline void
world_print(const struct world *w, struct buf *out)
{
	struct plan_reader *r = plan_read(w->plan);
	struct op op;

	while (plan_next(r, &op, NULL) == 1)
		world_add_op(w, out, &op);
	plan_reader_free(r);
}

/* The rules make exactly this plan. */
static inline void
world_makes(struct world *w, const char *rules, const char *want)
{
	CLEAN_BUF struct buf got = {0};

	world_rules(w, rules);
	world_plan(w);
	world_print(w, &got);
	if (strcmp(buf_str(&got), want) != 0)
		fail_msg("%s\nmakes:\n%sand not:\n%s", rules, buf_str(&got),
		    want);
}

/*
 * Do what the plan says, by plain renames and copies, and remember what was
 * done: as a run would, for the next plan.
 */
static inline void
world_do(struct world *w)
{
	struct plan_reader *r = plan_read(w->plan);
	struct op op;

	while (plan_next(r, &op, NULL) == 1) {
		CLEAN_BUF struct buf from = {0}, to = {0};
		int top = w->s.fd;

		if (op.state != OP_PLANNED)
			continue;
		plan_from(w->plan, &op, &from);
		plan_to(w->plan, &op, &to);
		if (op.done_key != 0)
			set64_add(&w->done, op.done_key);
		if (op.kind == OP_TRASH || op.kind == OP_DELETE) {
			scratch_remove(&w->s, buf_str(&from));
			continue;
		}
		if (op.kind != OP_MOVE && op.kind != OP_RENAME &&
		    op.kind != OP_COPY)
			continue;
		scratch_dir(&w->s, plan_dir(w->plan, op.to_dir));
		if (op.kind == OP_COPY ?
		    linkat(top, buf_str(&from), top, buf_str(&to), 0) :
		    renameat2(top, buf_str(&from), top, buf_str(&to),
		    RENAME_NOREPLACE))
			fail_msg("do %s > %s", buf_str(&from), buf_str(&to));
	}
	plan_reader_free(r);
}

#endif
