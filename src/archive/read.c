/* read.c -- one entry of `archives:`. */
#include <stdlib.h>
#include <string.h>

#include "archive/impl.h"
#include "conf/conf.h"
#include "conf/get.h"
#include "fs/dir.h"
#include "glob/glob.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/xalloc.h"

#define NS_PER_US	1000

static const char *const known[] = {
	"name", "locations", "subfolders", "older_than", "by", "to", "bundle",
	"empty_folders", "keep_metadata", "exclude_files", "exclude_dirs",
	"min_free", "tags", "schedule", "enabled", "retry", "before", "after",
	"on_error", NULL,
};
static const char *const later[] = { "after_backup", "max_age", NULL };

void
archive_dir_clean(struct fs_dir **d)
{
	fs_dir_free(*d);
}

/* Without symlinks, and without a slash at its end. */
static const char *
without_slash(struct archive *a, const char *path)
{
	CLEAN_FREE char *real = fs_real_path(path);
	char *p = arena_str(&a->mem, real);
	size_t n;

	for (n = strlen(p); n > 1 && p[n - 1] == '/';)
		p[--n] = '\0';
	return p;
}

static void
read_locations(struct archive *a, const struct conf_node *n,
    const struct conf_where *w, struct conf_faults *f)
{
	struct conf_strs s = {0};
	size_t i;

	if (conf_path_list(n, w, &a->mem, &s, f) != 1)
		return;
	a->locations = arena_alloc(&a->mem, (s.n + 1) * sizeof(*a->locations));
	for (i = 0; i < s.n; i++)
		a->locations[a->n_locations++] = without_slash(a, s.text[i]);
}

static struct glob **
read_globs(struct archive *a, const struct conf_node *n, size_t *count,
    struct conf_faults *f)
{
	struct conf_strs s = {0};
	struct err e = {0};
	struct glob **v;
	size_t i;

	*count = 0;
	if (conf_strs(n, &a->mem, &s, f) != 1)
		return NULL;
	v = arena_alloc(&a->mem, (s.n + 1) * sizeof(*v));
	for (i = 0; i < s.n; i++) {
		if (glob_new(s.text[i], 0, &v[*count], &e) == 0)
			(*count)++;
		else
			conf_bad(s.node[i], e.text, f);
	}
	return v;
}

static void
read_words(struct archive *a, const struct conf_node *n, struct conf_faults *f)
{
	static const char *const bys[] = { "mtime", "added", "atime", "ctime",
	    "birth", NULL };
	static const char *const bundles[] = { "tar.zst", NULL };
	static const char *const empties[] = { "keep", "remove", NULL };
	static const char *const metas[] = { "always", "when_possible", NULL };
	unsigned v;

	if (conf_enum(conf_get(n, "by"), bys, NULL, &v, f) == 1)
		a->by = (enum archive_by)v;
	a->bundle = conf_enum(conf_get(n, "bundle"), bundles, NULL, &v, f) == 1;
	if (conf_enum(conf_get(n, "empty_folders"), empties, NULL, &v, f) == 1)
		a->remove_empty = v == 1;
	if (conf_enum(conf_get(n, "keep_metadata"), metas, NULL, &v, f) == 1)
		a->loose_meta = v == 1;
}

/* A destination inside a location would be put away again and again. */
static void
check_inside(const struct archive *a, const struct conf_node *to,
    struct conf_faults *f)
{
	size_t i, n;

	for (i = 0; i < a->n_locations; i++) {
		n = strlen(a->locations[i]);
		if (a->to != NULL && strncmp(a->to, a->locations[i], n) == 0 &&
		    (a->to[n] == '\0' || (a->to[n] == '/' && a->subfolders)))
			conf_bad(to, "it lies inside a location of the same "
			    "archive", f);
	}
}

static uint64_t
definition_hash(const struct archive *a)
{
	uint64_t h = hash_fixed(1, a->name, strlen(a->name));
	size_t i;

	h = hash_fixed(h, a->to, strlen(a->to));
	for (i = 0; i < a->n_locations; i++)
		h = hash_fixed(h, a->locations[i], strlen(a->locations[i]));
	return hash_fixed(h, &a->older_than, sizeof(a->older_than));
}

static void
read_entry(struct archive *a, const struct conf_node *n,
    const struct conf_where *w, struct conf_faults *f)
{
	const struct conf_node *to = conf_need(n, "to", "an archive", f);
	const char *text = "";
	int64_t ns = 0;

	conf_str(conf_need(n, "name", "an archive", f), &text, f);
	a->name = arena_str(&a->mem, text);
	conf_bool(conf_get(n, "subfolders"), &a->subfolders, f);
	read_locations(a, conf_need(n, "locations", "an archive", f), w, f);
	if (conf_path(to, w, &a->mem, &text, f) == 1)
		a->to = without_slash(a, text);
	conf_span(conf_need(n, "older_than", "an archive", f), "days", &ns, f);
	a->older_than = ns / NS_PER_US;
	a->min_free_percent = 5;
	conf_min_free(conf_get(n, "min_free"), &a->min_free, &a->min_free_percent,
	    f);
	read_words(a, n, f);
	a->exclude_files = read_globs(a, conf_get(n, "exclude_files"),
	    &a->n_files, f);
	a->exclude_dirs = read_globs(a, conf_get(n, "exclude_dirs"), &a->n_dirs,
	    f);
	check_inside(a, to, f);
}

struct archive *
archive_read(const struct conf_node *entry, const struct conf_where *where,
    struct conf_faults *faults)
{
	const struct conf_keys keys = { .what = "an archive", .known = known,
	    .later = later };
	size_t before = conf_faults_count(faults, CONF_FAULT);
	struct archive *a = xalloc(sizeof(*a));

	if (conf_map_check(entry, &keys, faults) == 1)
		read_entry(a, entry, where, faults);
	if (conf_faults_count(faults, CONF_FAULT) > before) {
		archive_free(a);
		return NULL;
	}
	a->hash = definition_hash(a);
	return a;
}

void
archive_free(struct archive *a)
{
	size_t i;

	if (a == NULL)
		return;
	for (i = 0; i < a->n_files; i++)
		glob_free(a->exclude_files[i]);
	for (i = 0; i < a->n_dirs; i++)
		glob_free(a->exclude_dirs[i]);
	arena_fini(&a->mem);
	free(a);
}

const char *
archive_name(const struct archive *a)
{
	return a->name;
}

const char *const *
archive_locations(const struct archive *a)
{
	return (const char *const *)a->locations;
}

const char *
archive_to(const struct archive *a)
{
	return a->to;
}

void
archive_min_free(const struct archive *a, uint64_t *bytes, unsigned *percent)
{
	*bytes = a->min_free;
	*percent = a->min_free_percent;
}

uint64_t
archive_hash(const struct archive *a)
{
	return a->hash;
}
