/* backup.c -- a snapshot, from its paths to its record. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/buffers.h"
#include "backup/checkpoint.h"
#include "backup/exclude.h"
#include "backup/impl.h"
#include "backup/lexical.h"
#include "backup/links.h"
#include "backup/moves.h"
#include "backup/parent.h"
#include "backup/stdin.h"
#include "backup/target.h"
#include "backup/tasks.h"
#include "backup/walk.h"
#include "repo/repo.h"
#include "store/dry.h"
#include "util/clean.h"
#include "util/quote.h"
#include "util/time.h"
#include "util/xalloc.h"

#define WORKERS_MAX	64

static void
run_init(struct run *r)
{
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->tell, NULL);
	pthread_mutex_init(&r->fatal_lock, NULL);
	pthread_mutex_init(&r->zero_lock, NULL);
	pthread_cond_init(&r->turned, NULL);
	owners_init(&r->owners);
	r->me.r = r;
	r->me.hand = repo_hand_new(r->repo);
	r->buffers = buffers_new();
	r->links = links_new();
}

static void
run_fini(struct run *r)
{
	tasks_stop(r->tasks);
	moves_close(r->moves, NULL);
	saver_free(r->saver);
	chunker_free(r->chunker);
	links_free(r->links);
	worker_fini(&r->me);
	buffers_free(r->buffers);
	owners_fini(&r->owners);
	map_fini(&r->devices);
	arena_fini(&r->arena);
	free(r->left_out);
	free(r->current);
	pthread_cond_destroy(&r->turned);
	pthread_mutex_destroy(&r->zero_lock);
	pthread_mutex_destroy(&r->fatal_lock);
	pthread_mutex_destroy(&r->tell);
	pthread_mutex_destroy(&r->lock);
}

/* ---- paths ---- */

/* What is at a path that was asked for; symlinks on the way are followed. */
static int
look_path(const char *path, struct look *l)
{
	return look_at(AT_FDCWD, path, l);
}

/*
 * Those that are there, as typed (typed) and absolute (r->paths).  One that is
 * not is told.
 */
static int
find_paths(struct run *r, const char *dir, const char **typed, struct err *e)
{
	const char *const *p;
	size_t n = 0;

	for (p = r->o->paths; *p != NULL; p++) {
		CLEAN_FREE char *abs = lexical_abs(dir, *p);
		struct err why = {0};
		struct look l;

		if (**p == '\0')
			return err_set(e, ERR_USAGE, "a path is empty");
		if (look_path(abs, &l) < 0 &&
		    (errno == ENOENT || errno == ENOTDIR)) {
			err_set(&why, ERR_NOENT, "does not exist, skipping");
			run_problem(r, abs, &why);
			continue;
		}
		r->paths[n] = arena_str(&r->arena, abs);
		map_put(&r->devices, abs, strlen(abs), l.dev);
		typed[n++] = *p;
	}
	if (n == 0)
		return err_set(e, ERR_NOENT,
		    "all source directories/files do not exist");
	return 0;
}

/* What fettle leaves out by itself, by identity. */
static void
find_left_out(struct run *r)
{
	const char *const *p = r->o->leave_out;
	struct look l;

	for (; p != NULL && *p != NULL; p++) {
		if (look_path(*p, &l) < 0)
			continue;
		XGROW(r->left_out, r->n_left_out, r->cap_left_out);
		r->left_out[r->n_left_out++] = l;
	}
}

static int
count_paths(const char *const *p)
{
	int n = 0;

	while (p != NULL && p[n] != NULL)
		n++;
	return n;
}

/* The tree of what is to be saved; *t is to be freed.  For --stdin just the
 * path's name. */
static int
prepare(struct run *r, struct target **t, struct err *e)
{
	CLEAN_FREE char *here = NULL, *name = NULL;
	CLEAN_FREE const char **typed = NULL;
	const char *dir = r->o->dir;
	int n = count_paths(r->o->paths);

	if (r->o->stdin_name != NULL) {
		r->paths = arena_alloc(&r->arena, 2 * sizeof(*r->paths));
		name = lexical_join("/", r->o->stdin_name);
		r->paths[0] = arena_str(&r->arena, name);
		return 0;
	}
	if (n == 0)
		return err_set(e, ERR_USAGE, "nothing to back up: no paths");
	if (dir == NULL && (dir = here = getcwd(NULL, 0)) == NULL)
		return err_sys(e, "the working folder");
	r->paths = arena_alloc(&r->arena, (size_t)(n + 1) * sizeof(*r->paths));
	typed = xallocn((size_t)n + 1, sizeof(*typed));
	if (find_paths(r, dir, typed, e) < 0)
		return -1;
	find_left_out(r);
	return target_tree(typed, dir, t, e);
}

/* ---- the work ---- */

static unsigned
n_workers(const struct backup_options *o)
{
	long n = o->read_concurrency > 0 ? (long)o->read_concurrency :
	    sysconf(_SC_NPROCESSORS_ONLN);

	/* One that waits for the disk leaves the processor to the other. */
	return n < 2 ? 2 : n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

static void
take_parents(struct run *r)
{
	char hex[ID_SHORT];

	if (!r->parents.has) {
		run_note(r, "no parent snapshot found, will read all files");
		return;
	}
	id_short(&r->parents.id, hex);
	run_note(r, "using parent snapshot %s", hex);
	if (r->parents.has_summary) {
		r->total_files = r->parents.summary.total_files;
		r->total_bytes = r->parents.summary.total_bytes;
	}
}

/* All of the trees are saved; or the run is over. */
static int
save_trees(struct run *r, const struct target *t, struct err *e)
{
	if (r->o->stdin_name != NULL) {
		if (stdin_save(r, &r->root_tree, e) < 0) {
			if (run_over(r) && e != NULL)
				*e = r->fatal;
			return -1;
		}
	} else {
		walk(r, t);
		tasks_drain(r->tasks);
		walk_abandon(r);
	}
	if (run_over(r)) {
		if (e != NULL)
			*e = r->fatal;
		return -1;
	}
	if (r->root_empty)
		return err_set(e, ERR_NOENT, "snapshot is empty");
	return r->o->dry_run ? 0 : saver_flush(r->saver, e);
}

static void
count(struct run *r, struct snapshot_summary *s)
{
	struct saver_totals t;

	saver_totals(r->saver, &t);
	*s = (struct snapshot_summary){
		.files_new = r->n_files[BACKUP_NEW],
		.files_changed = r->n_files[BACKUP_CHANGED],
		.files_unmodified = r->n_files[BACKUP_UNMODIFIED],
		.dirs_new = r->n_dirs[BACKUP_NEW],
		.dirs_changed = r->n_dirs[BACKUP_CHANGED],
		.dirs_unmodified = r->n_dirs[BACKUP_UNMODIFIED],
		.data_blobs = t.blobs[BLOB_DATA],
		.tree_blobs = t.blobs[BLOB_TREE],
		.data_added = t.plain[BLOB_DATA] + t.plain[BLOB_TREE],
		.data_added_packed = t.packed[BLOB_DATA] + t.packed[BLOB_TREE],
		.total_bytes = r->sum,
	};
	s->total_files = s->files_new + s->files_changed + s->files_unmodified;
	node_time_local(r->start / 1000000,
	    (int32_t)(r->start % 1000000 * 1000), &s->start);
	r->start += time_mono() - r->began;
	node_time_local(r->start / 1000000,
	    (int32_t)(r->start % 1000000 * 1000), &s->end);
}

static char *
user_name(struct arena *a)
{
	const struct passwd *pw = getpwuid(getuid());

	return arena_str(a, pw != NULL ? pw->pw_name : "");
}

/* Copies of the strings, since a snapshot's are its own to change. */
static char **
copy_list(struct arena *a, const char *const *v)
{
	size_t n = (size_t)count_paths(v), i;
	char **copy;

	if (n == 0)
		return NULL;
	copy = arena_alloc(a, (n + 1) * sizeof(*copy));
	for (i = 0; i < n; i++)
		copy[i] = arena_str(a, v[i]);
	return copy;
}

void
run_snapshot(struct run *r, struct snapshot *s)
{
	const struct backup_exclude *x = r->o->exclude;
	struct arena *a = &r->arena;

	*s = (struct snapshot){
		.paths = copy_list(a, r->paths),
		.tags = copy_list(a, r->o->tags),
		.excludes = x != NULL && x->n_patterns > 0 ?
		    copy_list(a, (const char *const *)x->patterns) : NULL,
		.hostname = arena_str(a, r->o->host),
		.username = user_name(a),
		.program = arena_str(a, r->o->program),
		.uid = getuid(), .gid = getgid(),
	};
	node_time_local(r->time / 1000000, (int32_t)(r->time % 1000000 * 1000),
	    &s->time);
}

static int
save_snapshot(struct run *r, struct err *e)
{
	struct backup_result *out = r->out;
	struct snapshot s;

	out->tree = r->root_tree;
	count(r, &out->summary);
	if (r->o->skip_if_unchanged && r->parents.has &&
	    id_equal(&r->parents.tree, &r->root_tree))
		return 0;
	if (r->o->dry_run)
		return 0;
	run_snapshot(r, &s);
	s.tree = r->root_tree;
	s.has_parent = r->parents.has;
	s.parent = r->parents.id;
	s.has_summary = 1;
	s.summary = out->summary;
	if (snapshot_save(r->repo, &s, e) < 0)
		return err_wrap(e, "save the snapshot");
	out->saved = 1;
	out->snapshot = s.id;
	return 0;
}

static int
run(struct run *r, struct err *e)
{
	struct target *t = NULL;
	int rc;

	if (prepare(r, &t, e) < 0)
		return -1;
	if (parents_find(r, &r->parents, e) < 0 ||
	    chunker_new(r->repo->polynomial, &r->chunker, e) < 0 ||
	    saver_new(r->repo, &r->saver, e) < 0 ||
	    tasks_start(r, n_workers(r->o), &r->tasks, e) < 0) {
		target_free(t);
		return -1;
	}
	take_parents(r);
	r->moves = moves_open(r);
	if (r->o->dry_run)	/* what is not written is not to be found there */
		r->repo->cache = NULL;
	r->checkpoint_at = time_mono();
	rc = save_trees(r, t, e);
	target_free(t);
	if (rc < 0 || save_snapshot(r, e) < 0)
		return -1;
	if (!r->o->dry_run) {
		checkpoint_clear(r);
		moves_close(r->moves, &r->root_tree);
		r->moves = NULL;
	}
	return 0;
}

static void
tell_result(struct run *r)
{
	struct backup_result *out = r->out;

	out->has_parent = r->parents.has;
	out->parent = r->parents.id;
	out->problems = r->problems;
	out->changed = r->changed;
	out->moved = r->moved;
}

int
backup_run(struct repo *repo, const struct backup_options *o,
    const struct backup_events *ev, struct backup_result *out, struct err *e)
{
	static const struct backup_events quiet;
	struct store *real = repo->store;
	struct cache *cache = repo->cache;
	struct run r = {
		.repo = repo, .o = o, .ev = ev != NULL ? ev : &quiet,
		.out = out, .time = o->time != 0 ? o->time : time_now(),
		.start = time_now(), .began = time_mono(),
	};
	int rc;

	*out = (struct backup_result){0};
	if (o->dry_run)
		repo->store = store_dry(real);
	run_init(&r);
	rc = run(&r, e);
	tell_result(&r);
	run_fini(&r);
	if (o->dry_run) {
		store_close(repo->store);
		repo->store = real;
		repo->cache = cache;
	}
	return rc;
}
