/*
 * drive.c -- one plan with every kind of operation, for tests that kill it.
 *
 *	apply-drive make TOP FAR	the files
 *	apply-drive run TOP FAR		the plan, as a run
 *	apply-drive near TOP FAR	one move on the file system
 *	apply-drive far TOP FAR		one move to the other
 *	apply-drive tree TOP FAR	a tree made beside, as a backup
 *	apply-drive recover TOP FAR	what is left open is finished; told
 *	apply-drive undo TOP FAR	the last run is taken back
 *	apply-drive pending TOP FAR	how many batches are open
 *
 * FAR is a folder on another file system, or on the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/apply.h"
#include "apply/tree.h"
#include "catalog/catalog.h"
#include "catalog/entry.h"
#include "fs/dir.h"
#include "plan/conflict.h"
#include "testing/scratch.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/xalloc.h"

static const char *top, *far;

static _Noreturn void
die(const char *what, const struct err *e)
{
	fprintf(stderr, "%s: %s\n", what, e != NULL ? e->text : strerror(errno));
	exit(1);
}

/* "+x" lies in FAR, "x" in TOP. */
static char *
path_of(const char *rel)
{
	return *rel == '+' ? xasprintf("%s/%s", far, rel + 1) :
	    xasprintf("%s/%s", top, rel);
}

static void
put(const char *rel, const char *text)
{
	struct scratch s = scratch_at(*rel == '+' ? far : top);
	const char *name = *rel == '+' ? rel + 1 : rel;

	if (name[strlen(name) - 1] == '/')
		scratch_dir(&s, name);
	else
		scratch_file(&s, name, text);
	scratch_leave(&s);
}

static void
make(void)
{
	static const char *const files[] = { "w/in/a", "w/in/c", "w/in/d",
	    "w/in/far1", "w/in/far2", "w/in/k", "w/in/l", "w/in/del",
	    "w/in/taken.txt", "w/d/x", "w/d/y", "w/out/d", "w/out/taken.txt",
	    "w/dir/f", "w/old/one/two", "+far/there", "w/in/e", "w/out/e",
	    "w/fardir/a/f", "w/fardir/g", "w/b/1", "w/b/2", "w/b/3" };
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(text, sizeof(text), "content of %s", files[i]);
		put(files[i], text);
	}
	put("w/in/empty/", "");
}

static struct catalog *
open_catalog(void)
{
	CLEAN_FREE char *state = xasprintf("%s/state", top);
	struct catalog_options o = { .state_dir = state, .role = CATALOG_RUN,
	    .what = "drive" };
	struct catalog *c;
	struct err e = {0};

	if (catalog_open(&o, &c, &e) < 0)
		die("catalog", &e);
	return c;
}

static uint32_t
split(struct plan *p, const char *rel, char name[256], struct fs_id *id)
{
	CLEAN_FREE char *path = path_of(rel);
	char *slash = strrchr(path, '/');
	struct fs_dir *d;

	snprintf(name, 256, "%s", slash + 1);
	*slash = '\0';
	if (id != NULL && fs_dir_open(path, &d, NULL) == 0) {
		if (fs_stat(d, name, id, NULL) < 0)
			*id = (struct fs_id){0};
		fs_dir_free(d);
	}
	return plan_add_dir(p, path);
}

static void
add(struct plan *p, enum op_kind kind, const char *from, const char *to,
    uint32_t flags, const char *source)
{
	char from_name[256] = "", to_name[256] = "", none[256];
	struct conflict c = { CONFLICT_RENAME, to_name, " ", "", 0, 2 };
	CLEAN_BUF struct buf extra = {0};
	struct op op = { .kind = kind, .from = from_name, .to = to_name,
	    .from_dir = PLAN_NONE, .to_dir = PLAN_NONE, .flags = flags,
	    .why = plan_add_text(p, "drive") };
	struct err e = {0};

	if (from != NULL)
		op.from_dir = split(p, from, from_name, &op.id);
	if (source != NULL)	/* it comes from there, by an earlier one */
		split(p, source, none, &op.id);
	if (to != NULL)
		op.to_dir = split(p, to, to_name, NULL);
	if (kind == OP_MOVE || kind == OP_COPY) {
		conflict_pack(&extra, &c);
		op.extra = extra.data;
		op.extra_len = extra.len;
	}
	op.done_key = op.id.ino;
	if (plan_add(p, &op, &e) < 0)
		die("plan", &e);
}

static struct plan *
make_plan(void)
{
	struct plan *p = plan_new(-1);

	plan_add_job(p, "drive", "rule", 7);
	add(p, OP_MOVE, "w/in/a", "w/new/deep/a", 0, NULL);
	add(p, OP_RENAME, "w/d/x", "w/d/t", 0, NULL);
	add(p, OP_RENAME, "w/d/y", "w/d/x", 0, NULL);
	add(p, OP_RENAME, "w/d/t", "w/d/y", OP_CHAINED, "w/d/x");
	add(p, OP_TRASH, "w/in/c", NULL, 0, NULL);
	add(p, OP_TRASH, "w/out/d", NULL, 0, NULL);
	add(p, OP_MOVE, "w/in/d", "w/out/d", OP_REPLACES, NULL);
	add(p, OP_MOVE, "w/in/far1", "+far/sub/far1", 0, NULL);
	add(p, OP_MOVE, "w/in/far2", "+far/sub/far2", 0, NULL);
	add(p, OP_MOVE, "+far/there", "w/here/there", 0, NULL);
	add(p, OP_COPY, "w/in/k", "w/copies/k", 0, NULL);
	add(p, OP_COPY, "w/in/k", "+far/copies/k", 0, NULL);
	add(p, OP_MOVE, "w/in/taken.txt", "w/out/taken.txt", 0, NULL);
	add(p, OP_MOVE, "+far/sub/far1", "+far/moved/far1", OP_CHAINED,
	    "w/in/far1");
	add(p, OP_LINK, "w/in/l", "w/copies/l", 0, NULL);
	add(p, OP_SYMLINK, "w/in/l", "w/copies/sym", 0, NULL);
	add(p, OP_DELETE, "w/in/del", NULL, OP_IRREVERSIBLE, NULL);
	add(p, OP_RMDIR, "w/in/empty", NULL, 0, NULL);
	add(p, OP_PURGE, "w/old", NULL, OP_DIR | OP_IRREVERSIBLE, NULL);
	add(p, OP_MOVE, "w/dir", "w/new/dir", OP_DIR, NULL);
	add(p, OP_MOVE, "w/fardir", "+far/dir", OP_DIR, NULL);
	add(p, OP_BUNDLE, "w/b/1", "+far/bundle.tar.zst", 0, NULL);
	add(p, OP_BUNDLE, "w/b/2", "+far/bundle.tar.zst", 0, NULL);
	add(p, OP_BUNDLE, "w/b/3", "w/bundles/bundle.tar.zst", 0, NULL);
	add(p, OP_TRASH, "w/out/e", NULL, 0, NULL);
	add(p, OP_MOVE, "w/in/e", "w/out/e", OP_REPLACES, NULL);
	return p;
}

/* One move, of w/in/a or a large file. */
static struct plan *
one_move(int distant)
{
	struct plan *p = plan_new(-1);
	CLEAN_FREE char *big = NULL;

	plan_add_job(p, "drive", "rule", 7);
	if (distant) {
		CLEAN_FREE char *path = path_of("w/in/big");

		big = xalloc((3 << 20) + 1);
		memset(big, 'x', 3 << 20);
		if (access(path, F_OK) < 0)	/* a test may limit what we write */
			put("w/in/big", big);
		add(p, OP_MOVE, "w/in/big", "+far/big", 0, NULL);
	} else
		add(p, OP_MOVE, "w/in/a", "w/new/deep/a", 0, NULL);
	return p;
}

static void
told(void *arg, const struct op *op, const char *from, const char *to,
    const char *error)
{
	(void)arg;
	printf("%s %s %s -> %s: %s\n", op_state_name(op->state),
	    op_kind_name(op->kind), from, to, error);
}

static int
apply_it(struct catalog *c, struct plan *p, int64_t undoes)
{
	CLEAN_FREE char *trash = xasprintf("%s/w/Trash", top);
	struct apply_options o = { .catalog = c, .home_trash = trash,
	    .undoing = undoes != 0 };
	struct apply_report r = { .op = told };
	struct run end = { .state = RUN_DONE, .ended = 2 };
	struct err e = {0};
	int ret;

	if (catalog_run_begin(c, "hand", "drive", undoes, 1, &o.run, &e) < 0)
		die("run", &e);
	ret = apply_plan(p, &o, &r, &e);
	if (ret < 0)
		fprintf(stderr, "apply: %s\n", e.text);
	end.number = o.run;
	catalog_run_end(c, &end, NULL);
	plan_free(p);
	return ret < 0;
}

static void
say(void *arg, const char *line)
{
	(void)arg;
	puts(line);
}

static int
recover(struct catalog *c)
{
	CLEAN_FREE char *trash = xasprintf("%s/w/Trash", top);
	struct err e = {0};

	if (apply_recover(c, trash, say, NULL, &e) < 0)
		die("recover", &e);
	return 0;
}

static int
newest(void *arg, const struct run *r)
{
	if (r->undoes == 0 && r->undone_by == 0)
		*(int64_t *)arg = r->number;
	return *(int64_t *)arg != 0;
}

static int
undo(struct catalog *c)
{
	struct plan *p = plan_new(-1);
	struct err e = {0};
	int64_t run = 0;

	if (catalog_runs(c, 0, 0, newest, &run, &e) < 0 || run == 0)
		die("nothing to undo", &e);
	if (apply_plan_undo(c, run, NULL, 0, p, &e) < 0)
		die("undo", &e);
	return apply_it(c, p, run);
}

static int
one_more(void *arg, const struct catalog_batch *b)
{
	(void)b;
	(*(int *)arg)++;
	return 0;
}

static int
pending(struct catalog *c)
{
	struct err e = {0};
	int n = 0;

	if (catalog_pending(c, 0, one_more, &n, &e) < 0)
		die("pending", &e);
	printf("%d\n", n);
	return n > 0;
}

static int
tree(struct catalog *c)
{
	CLEAN_FREE char *dest = path_of("+"), *src = path_of("w/in/k");
	struct tree_options o = { .catalog = c, .why = "drive",
	    .event = EVENT_BACKED_UP };
	CLEAN_FD int fd = open(src, O_RDONLY | O_CLOEXEC);
	struct err e = {0};
	struct fs_dir *d;
	struct fs_id id;
	struct tree *t;

	if (fs_dir_open(dest, &d, &e) < 0 || fs_stat_fd(d, fd, &id, &e) < 0 ||
	    catalog_run_begin(c, "hand", "drive", 0, 1, &o.run, &e) < 0 ||
	    catalog_run_job(c, o.run, "drive", "backup", 7, &o.job, &e) < 0 ||
	    tree_start(d, "copy", &o, &t, &e) < 0)
		die("tree", &e);
	if (tree_folder(t, "a", &e) < 0 ||
	    tree_file(t, "a/k", fd, &id, NULL, &e) < 0 ||
	    tree_write(t, "manifest", "k", 1, &e) < 0 ||
	    tree_commit(t, &e) < 0)
		fprintf(stderr, "tree: %s\n", e.text);
	tree_free(t);
	fs_dir_free(d);
	return e.kind != ERR_NONE;
}

int
main(int argc, char **argv)
{
	struct catalog *c;
	int r = 2;

	if (argc != 4) {
		fprintf(stderr, "apply-drive WHAT TOP FAR\n");
		return 2;
	}
	top = argv[2];
	far = argv[3];
	if (strcmp(argv[1], "make") == 0) {
		make();
		return 0;
	}
	c = open_catalog();
	if (strcmp(argv[1], "run") == 0)
		r = apply_it(c, make_plan(), 0);
	else if (strcmp(argv[1], "near") == 0)
		r = apply_it(c, one_move(0), 0);
	else if (strcmp(argv[1], "far") == 0)
		r = apply_it(c, one_move(1), 0);
	else if (strcmp(argv[1], "recover") == 0)
		r = recover(c);
	else if (strcmp(argv[1], "undo") == 0)
		r = undo(c);
	else if (strcmp(argv[1], "pending") == 0)
		r = pending(c);
	else if (strcmp(argv[1], "tree") == 0)
		r = tree(c);
	catalog_close(c);
	return r;
}
