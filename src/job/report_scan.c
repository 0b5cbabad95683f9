/* report_scan.c -- all folders that the configuration speaks of, looked
 * through once. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/archive.h"
#include "backup/entry.h"
#include "copies/copies.h"
#include "fs/dir.h"
#include "job/report_impl.h"
#include "rules/category.h"
#include "rules/rule.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/map.h"
#include "util/path.h"
#include "util/set64.h"
#include "util/span.h"
#include "util/xalloc.h"
#include "walk/walk.h"

#define NAMES_MAX	(UINT32_MAX - 4096)	/* bytes of all names */

static const struct {
	const char	*name;
	int64_t		 us;
} ages[REPORT_AGES] = {
	{ "this month", SPAN_MONTH }, { "1 to 3 months", 3 * SPAN_MONTH },
	{ "3 to 12 months", SPAN_YEAR }, { "1 to 2 years", 2 * SPAN_YEAR },
	{ "2 to 5 years", 5 * SPAN_YEAR }, { "older", INT64_MAX },
};

struct looking {
	struct report_scan	*s;
	struct categories	*types;
	struct report_sum	*by_type;	/* the last is of no type */
	size_t			 n_types;
	struct map		 folders;	/* path -> index into by_folder */
	struct report_place	*by_folder;
	size_t			 n_folders, cap_folders;
	struct report_place	 top[REPORT_TOP];	/* the largest files */
	size_t			 n_top;
	struct set64		 linked;	/* files of several names */
	const char		*root;
	int64_t			 now_ns;
};

/* ---- which folders ---- */

struct paths {
	char	**v;
	size_t	 n, cap;
};

static void
add_path(struct paths *p, const char *path)
{
	if (path == NULL || *path != '/')
		return;
	XGROW(p->v, p->n, p->cap);
	p->v[p->n++] = fs_real_path(path);
}

static void
add_paths(struct paths *p, const char *const *list)
{
	for (; list != NULL && *list != NULL; list++)
		add_path(p, *list);
}

static void
add_job(struct paths *p, const struct job *j)
{
	size_t i;

	for (i = 0; j->rule != NULL && i < j->rule->n_locations; i++)
		add_path(p, j->rule->locations[i].path);
	if (j->copies != NULL)
		add_paths(p, copies_paths(j->copies));
	if (j->backup != NULL)
		add_paths(p, (const char *const *)j->backup->paths);
	if (j->archive != NULL) {
		add_paths(p, archive_locations(j->archive));
		add_path(p, archive_to(j->archive));
	}
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, each once, and none below another. */
static void
tidy(struct paths *p)
{
	size_t i, k, n = 0;

	if (p->n > 1)
		qsort(p->v, p->n, sizeof(*p->v), by_text);
	for (i = 0; i < p->n; i++) {
		for (k = 0; k < n && !path_is_below(p->v[i], p->v[k]); k++)
			;
		if (k < n)
			free(p->v[i]);
		else
			p->v[n++] = p->v[i];
	}
	p->n = n;
}

static int
is_left_out(const struct settings *s, const char *path)
{
	char **p;

	for (p = s->leave_out; p != NULL && *p != NULL; p++)
		if (strcmp(*p, path) == 0)
			return 1;
	return 0;
}

static int
enter(void *arg, const char *path, const char *name, int depth)
{
	const struct looking *l = arg;
	CLEAN_BUF struct buf b = {0};

	(void)depth;
	if (strcmp(name, ".fettle") == 0)
		return 0;	/* our own: manifests */
	buf_addf(&b, "%s/%s", strcmp(path, "/") == 0 ? "" : path, name);
	return !is_left_out(l->s->h->s, buf_str(&b));
}

/* ---- what is counted ---- */

static void
add(struct report_sum *s, uint64_t bytes)
{
	s->files++;
	s->bytes += bytes;
}

/* The folder, cut to two below the root: where its files are counted. */
static struct report_sum *
folder_of(struct looking *l, const char *path)
{
	const char *p = path + strlen(l->root), *end = p;
	uint64_t *at;
	size_t len;
	int i, added;

	for (i = 0; i < 2 && *end != '\0'; i++)
		end = strchrnul(end + 1, '/');
	len = (size_t)(end - path);
	at = map_add(&l->folders, path, len, &added);
	if (added) {
		XGROW(l->by_folder, l->n_folders, l->cap_folders);
		l->by_folder[l->n_folders] = (struct report_place){ .name =
		    arena_dup(&l->s->r->mem, path, len) };
		*at = l->n_folders++;
	}
	return &l->by_folder[*at].s;
}

/* Keep the largest, sorted, and make no name for the others. */
static void
note_large(struct looking *l, const char *dir, const char *name, uint64_t size)
{
	struct report_place *v = l->top;
	CLEAN_BUF struct buf b = {0};
	size_t i;

	if (size == 0 ||
	    (l->n_top == REPORT_TOP && size <= v[REPORT_TOP - 1].s.bytes))
		return;
	i = l->n_top < REPORT_TOP ? l->n_top++ : REPORT_TOP - 1;
	for (; i > 0 && v[i - 1].s.bytes < size; i--)
		v[i] = v[i - 1];
	buf_addf(&b, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, name);
	v[i] = (struct report_place){ .name = arena_str(&l->s->r->mem,
	    buf_str(&b)), .s = { 1, size } };
}

static size_t
age_of(const struct looking *l, int64_t mtime)
{
	size_t i;

	for (i = 0; i + 1 < REPORT_AGES; i++)
		if ((l->now_ns - mtime) / 1000 < ages[i].us)
			break;
	return i;
}

/* For duplicates. */
static void
remember(struct report_scan *s, const char *name, uint64_t size)
{
	size_t len = strlen(name) + 1;

	if (size == 0 || s->n_names > NAMES_MAX)
		return;
	if (s->n_names + len > s->cap_names) {
		s->cap_names = (s->cap_names + len) * 2;
		s->names = xrealloc(s->names, s->cap_names, 1);
	}
	memcpy(s->names + s->n_names, name, len);
	XGROW(s->found, s->n_found, s->cap_found);
	s->found[s->n_found++] = (struct report_found){ .size = size,
	    .folder = (uint32_t)(s->n_folders - 1),
	    .name = (uint32_t)s->n_names };
	s->n_names += len;
}

static void
count_file(struct looking *l, const struct walk_dir *d, const char *name,
    const struct fs_id *id, struct report_sum *root,
    struct report_sum *folder)
{
	struct report_scan *s = l->s;
	int type;

	if (id->nlink > 1 && !set64_add(&l->linked,
	    hash_fixed(id->fs, &id->ino, sizeof(id->ino))))
		return;
	add(root, id->size);
	add(&s->r->all, id->size);
	if (s->brief)
		return;
	type = categories_find(l->types, name, strlen(name), NULL);
	add(&l->by_type[type >= 0 ? (size_t)type : l->n_types - 1], id->size);
	add(&s->r->ages.v[age_of(l, id->mtime)].s, id->size);
	add(folder, id->size);
	note_large(l, d->path, name, id->size);
	remember(s, name, id->size);
}

static void
count_folder(struct looking *l, const struct walk_dir *d,
    struct report_sum *root)
{
	CLEAN_FREE struct fs_look *looks = xallocn(d->list.n + 1,
	    sizeof(*looks));
	struct report_scan *s = l->s;
	struct report_sum *folder;
	size_t i, n = 0;

	for (i = 0; i < d->list.n; i++)
		if (d->list.v[i].type == DT_REG)
			looks[n++].name = d->list.v[i].name;
	if (n == 0)
		return;
	fs_look_many(d->dir, looks, n, 0);
	XGROW(s->folders, s->n_folders, s->cap_folders);
	s->folders[s->n_folders++] = s->brief ? "" :
	    arena_str(&s->r->mem, d->path);
	folder = folder_of(l, d->path);
	for (i = 0; i < n; i++)
		if (looks[i].error == 0 && S_ISREG(looks[i].id.mode))
			count_file(l, d, looks[i].name, &looks[i].id, root,
			    folder);
}

static int
is_stopped(const struct report_scan *s, struct err *e)
{
	if (s->o->stop == NULL || !s->o->stop(s->o->stop_arg))
		return 0;
	err_set(e, ERR_STOPPED, "stopped");
	return 1;
}

/* A root that cannot be had is told in the report. */
static int
look_through(struct looking *l, struct report_place *root, struct err *e)
{
	struct walk_options o = { .max_depth = -1, .reading = 1,
	    .enter = enter, .arg = l };
	struct walk_dir d;
	struct walk *w;
	struct err why = {0};
	int n = 0, stopped = 0;

	l->root = strcmp(root->name, "/") == 0 ? "" : root->name;
	if (walk_open(&walk_disk, root->name, &o, &w, &why) < 0) {
		root->error = why.kind == ERR_NOENT ? "not there" :
		    arena_str(&l->s->r->mem, why.text);
		return 0;
	}
	while (!(stopped = is_stopped(l->s, e)) &&
	    (n = walk_next(w, &d, &why)) == 1) {
		if (d.error != NULL)
			l->s->r->unreadable++;
		else if (d.dir != NULL)
			count_folder(l, &d, &root->s);
	}
	walk_free(w);
	if (n < 0)
		root->error = arena_str(&l->s->r->mem, why.text);
	return stopped ? -1 : 0;
}

/* ---- what it comes to ---- */

static int
by_bytes(const void *a, const void *b)
{
	const struct report_place *x = a, *y = b;

	if (x->s.bytes != y->s.bytes)
		return x->s.bytes < y->s.bytes ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void
keep(struct report *r, struct report_list *out, struct report_place *v,
    size_t n, size_t most)
{
	if (n > 1)
		qsort(v, n, sizeof(*v), by_bytes);
	while (n > 0 && v[n - 1].s.files == 0)
		n--;
	out->n = n < most ? n : most;
	out->v = arena_alloc(&r->mem, (out->n + 1) * sizeof(*v));
	if (out->n > 0)
		memcpy(out->v, v, out->n * sizeof(*v));
}

static void
finish(struct looking *l)
{
	struct report *r = l->s->r;
	CLEAN_FREE struct report_place *v = xallocn(l->n_types, sizeof(*v));
	size_t i;

	for (i = 0; i < l->n_types; i++)
		v[i] = (struct report_place){ .s = l->by_type[i],
		    .name = i + 1 == l->n_types ? "Other" :
		    arena_str(&r->mem, categories_name(l->types, (int)i)) };
	keep(r, &r->types, v, l->n_types, SIZE_MAX);
	keep(r, &r->folders, l->by_folder, l->n_folders, REPORT_TOP);
	keep(r, &r->files, l->top, l->n_top, REPORT_TOP);
}

static void
begin(struct looking *l, const struct paths *p)
{
	struct report *r = l->s->r;
	size_t i;

	r->roots.n = p->n;
	r->roots.v = arena_alloc(&r->mem, (p->n + 1) * sizeof(*r->roots.v));
	for (i = 0; i < p->n; i++)
		r->roots.v[i].name = arena_str(&r->mem, p->v[i]);
	r->ages.n = REPORT_AGES;
	r->ages.v = arena_alloc(&r->mem, REPORT_AGES * sizeof(*r->ages.v));
	for (i = 0; i < REPORT_AGES; i++)
		r->ages.v[i].name = ages[i].name;
	l->types = categories_new();
	categories_add_builtin(l->types);
	l->n_types = categories_count(l->types) + 1;
	l->by_type = xallocn(l->n_types, sizeof(*l->by_type));
	l->now_ns = r->now > INT64_MAX / 1000 ? INT64_MAX : r->now * 1000;
}

int
report_scan(struct report_scan *s, struct err *e)
{
	struct looking l = { .s = s };
	struct paths p = {0};
	size_t i;
	int ret = 0;

	for (i = 0; i < s->h->s->n_jobs; i++)
		if (s->h->s->jobs[i].enabled)
			add_job(&p, &s->h->s->jobs[i]);
	tidy(&p);
	begin(&l, &p);
	for (i = 0; ret == 0 && i < p.n; i++)
		ret = look_through(&l, &s->r->roots.v[i], e);
	if (ret == 0)
		finish(&l);
	for (i = 0; i < p.n; i++)
		free(p.v[i]);
	free(p.v);
	free(l.by_type);
	free(l.by_folder);
	categories_free(l.types);
	set64_fini(&l.linked);
	map_fini(&l.folders);
	return ret;
}

void
report_scan_fini(struct report_scan *s)
{
	free(s->found);
	free(s->folders);
	free(s->names);
}
