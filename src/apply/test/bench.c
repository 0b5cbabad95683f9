#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/test/bench.h"
#include "fs/dir.h"
#include "plan/conflict.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/xalloc.h"

void
bench_open(struct bench *b)
{
	CLEAN_FREE char *state = NULL;
	struct catalog_options o = { .role = CATALOG_RUN, .what = "test" };

	*b = (struct bench){ .s = scratch_new() };
	b->top = b->s.path;
	o.state_dir = state = bench_path(b, "state");
	if (catalog_open(&o, &b->catalog, &b->e) < 0)
		fail_msg("catalog: %s", b->e.text);
}

static void
forget_told(struct bench *b)
{
	while (b->n_told > 0) {
		b->n_told--;
		free(b->told[b->n_told].from);
		free(b->told[b->n_told].to);
		free(b->told[b->n_told].error);
	}
}

void
bench_close(struct bench *b)
{
	forget_told(b);
	free(b->told);
	plan_free(b->plan);
	catalog_close(b->catalog);
	scratch_free(&b->s);
	*b = (struct bench){0};
}

char *
bench_path(struct bench *b, const char *rel)
{
	return *rel == '/' ? xstrdup(rel) : xasprintf("%s%s%s", b->top,
	    *rel != '\0' ? "/" : "", rel);
}

void
bench_mkdir(struct bench *b, const char *rel)
{
	scratch_dir(&b->s, rel);
}

void
bench_put(struct bench *b, const char *rel, const char *text)
{
	scratch_file(&b->s, rel, text);
}

int
bench_is(struct bench *b, const char *rel, const char *text)
{
	CLEAN_FREE char *path = bench_path(b, rel);
	CLEAN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEAN_BUF struct buf got = {0};

	return fd >= 0 && fd_read_all(fd, 1 << 26, &got) == 0 &&
	    got.len == strlen(text) && memcmp(got.data, text, got.len) == 0;
}

int
bench_there(struct bench *b, const char *rel)
{
	CLEAN_FREE char *path = bench_path(b, rel);
	struct stat st;

	return lstat(path, &st) == 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
describe(const char *path, const char *name, int depth, struct buf *out)
{
	CLEAN_FD int fd = -1;
	struct stat st;

	if (lstat(path, &st) < 0)
		return;
	buf_addf(out, "%*s%s", depth * 2, "", name);
	if (S_ISREG(st.st_mode)) {
		CLEAN_BUF struct buf text = {0};

		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && st.st_size < 64 &&
		    fd_read_all(fd, 64, &text) == 0)
			buf_addf(out, " = %s", buf_str(&text));
		buf_addf(out, " %o %lld.%ld", st.st_mode & 07777,
		    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	}
	buf_addc(out, '\n');
}

static void
list(const char *path, int depth, struct buf *out)
{
	DIR *d = opendir(path);
	char **names = NULL;
	size_t n = 0, cap = 0, i;
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		XGROW(names, n, cap);
		names[n++] = xstrdup(de->d_name);
	}
	if (d != NULL)
		closedir(d);
	if (n > 0)
		qsort(names, n, sizeof(*names), by_name);
	for (i = 0; i < n; i++) {
		CLEAN_FREE char *below = xasprintf("%s/%s", path, names[i]);
		struct stat st;

		describe(below, names[i], depth, out);
		if (lstat(below, &st) == 0 && S_ISDIR(st.st_mode))
			list(below, depth + 1, out);
		free(names[i]);
	}
	free(names);
}

char *
bench_tree(struct bench *b, const char *rel)
{
	CLEAN_FREE char *path = bench_path(b, rel);
	struct buf out = {0};

	list(path, 0, &out);
	return buf_steal(&out);
}

size_t
bench_litter(struct bench *b, const char *rel)
{
	CLEAN_FREE char *tree = bench_tree(b, rel);
	const char *p = tree;
	size_t n = 0;

	while ((p = strstr(p, ".fettle-")) != NULL) {
		n++;
		p++;
	}
	return n;
}

void
bench_plan(struct bench *b)
{
	plan_free(b->plan);
	b->plan = plan_new(-1);
	b->job = plan_add_job(b->plan, "test", "rule", 4711);
}

/* "a/b/c" as a folder of the plan and a name. */
static uint32_t
split(struct bench *b, const char *rel, char name[256])
{
	CLEAN_FREE char *path = bench_path(b, rel);
	char *slash = strrchr(path, '/');

	snprintf(name, 256, "%s", slash + 1);
	*slash = '\0';
	return plan_add_dir(b->plan, slash == path ? "/" : path);
}

struct fs_id
bench_id(struct bench *b, const char *rel)
{
	CLEAN_FREE char *path = bench_path(b, rel);
	char *slash = strrchr(path, '/');
	struct fs_id id = {0};
	struct fs_dir *d;

	*slash = '\0';
	if (fs_dir_open(slash == path ? "/" : path, &d, NULL) < 0)
		return id;
	if (fs_stat(d, slash + 1, &id, NULL) < 0)
		id = (struct fs_id){0};
	fs_dir_free(d);
	return id;
}

void
bench_op_as(struct bench *b, enum op_kind kind, const char *from,
    const char *to, uint32_t flags, const struct fs_id *id, int rename)
{
	char from_name[256] = "", to_name[256] = "", stem[256];
	CLEAN_BUF struct buf extra = {0};
	struct conflict c = { CONFLICT_RENAME, stem, " ", "", 0, 2 };
	struct op op = { .kind = kind, .job = b->job, .from = from_name,
	    .to = to_name, .from_dir = PLAN_NONE, .to_dir = PLAN_NONE,
	    .why = plan_add_text(b->plan, "because"), .flags = flags,
	    .id = *id, .done_key = id->ino };
	char *dot;

	if (from != NULL)
		op.from_dir = split(b, from, from_name);
	if (to != NULL)
		op.to_dir = split(b, to, to_name);
	if (rename) {
		snprintf(stem, sizeof(stem), "%s", to_name);
		if ((dot = strchr(stem, '.')) != NULL) {
			c.extension = to_name + (dot - stem);
			*dot = '\0';
		}
		conflict_pack(&extra, &c);
		op.extra = extra.data;
		op.extra_len = extra.len;
	}
	assert_int_equal(plan_add(b->plan, &op, &b->e), 0);
}

void
bench_op(struct bench *b, enum op_kind kind, const char *from, const char *to,
    uint32_t flags)
{
	struct fs_id id = {0};

	if (from != NULL)
		id = bench_id(b, from);
	bench_op_as(b, kind, from, to, flags, &id, 0);
}

static void
on_op(void *arg, const struct op *op, const char *from, const char *to,
    const char *error)
{
	struct bench *b = arg;

	XGROW(b->told, b->n_told, b->cap_told);
	b->told[b->n_told++] = (struct told){ op->kind, op->state,
	    xstrdup(from), xstrdup(to), xstrdup(error) };
}

int
bench_run(struct bench *b)
{
	CLEAN_FREE char *trash = bench_path(b, "home/Trash");
	struct apply_options o = { .home_trash = trash, .min_free = b->min_free,
	    .stop = b->stop, .stop_arg = b->stop_arg, .undoing = b->undoing };
	struct apply_report r = { .op = on_op, .arg = b };
	struct run end = { .state = RUN_DONE, .ended = 2 };
	int ret;

	forget_told(b);
	b->e = (struct err){0};
	o.catalog = b->catalog;
	if (catalog_run_begin(b->catalog, "hand", "test", 0, 1, &b->run,
	    &b->e) < 0)
		fail_msg("%s", b->e.text);
	o.run = b->run;
	ret = apply_plan(b->plan, &o, &r, &b->e);
	end.number = b->run;
	catalog_run_end(b->catalog, &end, NULL);
	return ret;
}

void
bench_ended(struct bench *b, size_t n, enum op_state state, const char *words)
{
	if (n >= b->n_told)
		fail_msg("only %zu operations were told", b->n_told);
	if (b->told[n].state != state ||
	    strstr(b->told[n].error, words) == NULL)
		fail_msg("%s %s: %s, %s (not %s, %s)", op_kind_name(
		    b->told[n].kind), b->told[n].from,
		    op_state_name(b->told[n].state), b->told[n].error,
		    op_state_name(state), words);
}

void
bench_undo(struct bench *b, int64_t run)
{
	plan_free(b->plan);
	b->plan = plan_new(-1);
	b->job = plan_add_job(b->plan, "undo", "undo", 0);
	if (apply_plan_undo(b->catalog, run, NULL, 0, b->plan, &b->e) < 0)
		fail_msg("undo: %s", b->e.text);
	b->undoing = 1;
	if (bench_run(b) < 0)
		fail_msg("undo: %s", b->e.text);
	b->undoing = 0;
}

static void
say(void *arg, const char *line)
{
	buf_addf(arg, "%s\n", line);
}

char *
bench_recover(struct bench *b)
{
	CLEAN_FREE char *trash = bench_path(b, "home/Trash");
	struct buf said = {0};

	if (apply_recover(b->catalog, trash, say, &said, &b->e) < 0)
		fail_msg("recover: %s", b->e.text);
	return buf_steal(&said);
}

int
bench_enter(void **state)
{
	struct bench *b = xalloc(sizeof(*b));

	bench_open(b);
	bench_plan(b);
	*state = b;
	return 0;
}

int
bench_exit(void **state)
{
	bench_close(*state);
	free(*state);
	return 0;
}
