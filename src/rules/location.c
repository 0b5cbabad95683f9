#include <stdlib.h>
#include <string.h>

#include "rules/location.h"
#include "rules/reader.h"
#include "util/pack.h"
#include "util/xalloc.h"

#define DEPTH_MOST	100000

static const char *const system_files[] = { "thumbs.db", "desktop.ini", "~$*",
    ".DS_Store", ".localized", NULL };
static const char *const system_dirs[] = { ".git", ".svn", NULL };

struct reading {
	struct location	*v;
	size_t		 n, cap;
	int		 depth;		/* what `subfolders` says */
	struct rule_reader *r;
};

/* Add a list of patterns, or nothing; *p is made if there is a list at all. */
static int
add_patterns(struct patterns **p, const struct conf_node *n,
    struct rule_reader *r)
{
	struct conf_strs list = {0};
	int rc = 0;

	if (n == NULL)
		return 0;
	if (*p == NULL)
		*p = patterns_new();
	if (n->kind == CONF_NULL)
		return 0;
	if (conf_strs(n, r->arena, &list, r->f) < 0)
		return -1;
	for (size_t i = 0; i < list.n; i++)
		if (patterns_add(*p, list.text[i]) < 0) {
			(void)conf_bad(list.node[i], "the pattern is too long",
			    r->f);
			rc = -1;
		}
	return rc;
}

/* The system's excludes, unless the key is there and says others. */
static int
add_system(struct patterns **p, const struct conf_node *n,
    const char *const *usual, struct rule_reader *r)
{
	*p = patterns_new();
	if (n != NULL)
		return add_patterns(p, n, r);
	for (; *usual != NULL; usual++)
		(void)patterns_add(*p, *usual);
	return 0;
}

static int
read_depths(struct location *l, const struct conf_node *map,
    struct rule_reader *r)
{
	const struct conf_node *max = conf_get(map, "max_depth");
	const struct conf_node *min = conf_get(map, "min_depth");
	int64_t n = l->max_depth, least = 0;

	if (max != NULL && max->kind == CONF_NULL)
		n = -1;
	else if (max != NULL && !conf_is(max, "inherit") &&
	    conf_int(max, 0, DEPTH_MOST, &n, r->f) < 0)
		return -1;
	if (!reader_nothing(min) &&
	    conf_int(min, 0, DEPTH_MOST, &least, r->f) < 0)
		return -1;
	l->max_depth = (int)n;
	l->min_depth = (int)least;
	return 0;
}

static int
read_options(struct location *l, const struct conf_node *map,
    struct rule_reader *r)
{
	static const char *const known[] = { "path", "min_depth", "max_depth",
	    "search", "exclude_files", "exclude_dirs", "system_exclude_files",
	    "system_exclude_dirs", "ignore_errors", "filter", "filter_dirs",
	    NULL };
	static const char *const searches[] = { "breadth", "depth", NULL };
	static const struct conf_keys keys = { .what = "a location",
	    .known = known };
	unsigned search;
	bool ignore = false;
	int rc = conf_map_check(map, &keys, r->f) < 0 ? -1 : 0;

	rc |= read_depths(l, map, r);
	/* Accepted; both give files in the same order, as in organize. */
	if (conf_enum(conf_get(map, "search"), searches, NULL, &search,
	    r->f) < 0)
		rc = -1;
	if (conf_bool(conf_get(map, "ignore_errors"), &ignore, r->f) < 0)
		rc = -1;
	l->ignore_errors = ignore;
	rc |= add_system(&l->exclude_files, conf_get(map,
	    "system_exclude_files"), system_files, r);
	rc |= add_system(&l->exclude_dirs, conf_get(map,
	    "system_exclude_dirs"), system_dirs, r);
	rc |= add_patterns(&l->exclude_files, conf_get(map, "exclude_files"), r);
	rc |= add_patterns(&l->exclude_dirs, conf_get(map, "exclude_dirs"), r);
	if (!reader_nothing(conf_get(map, "filter")))
		rc |= add_patterns(&l->only_files, conf_get(map, "filter"), r);
	if (!reader_nothing(conf_get(map, "filter_dirs")))
		rc |= add_patterns(&l->only_dirs, conf_get(map, "filter_dirs"),
		    r);
	return rc;
}

/* A '{' in what is written that conf_path does not fill in. */
static int
has_placeholder(const char *s)
{
	for (const char *p = s; (p = strchr(p, '{')) != NULL; p++)
		if (strncmp(p, "{env.", 5) != 0 &&
		    strncmp(p, "{hostname}", 10) != 0 &&
		    !(p > s && p[-1] == '$'))
			return 1;
	return 0;
}

static int
read_path(struct location *l, const struct conf_node *n, struct rule_reader *r)
{
	const char *path = NULL;
	size_t len;

	if (conf_path(n, r->where, r->arena, &path, r->f) != 1)
		return -1;
	if (has_placeholder(n->text)) {
		conf_expected(conf_bad(n, "it has a placeholder", r->f),
		    "in a location only {env.VAR} and {hostname}");
		return -1;
	}
	len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	l->path = arena_dup(r->arena, path, len);
	return 0;
}

/* One path with the options of map, which is NULL where there are none. */
static int
add(struct reading *g, const struct conf_node *path,
    const struct conf_node *map)
{
	struct location l = { .max_depth = g->depth };
	int rc = read_path(&l, path, g->r);

	if (read_options(&l, map, g->r) < 0 || rc < 0) {
		location_fini(&l);
		return -1;
	}
	if (g->n == LOCATIONS_MAX) {
		location_fini(&l);
		(void)conf_bad(path, "there are too many locations", g->r->f);
		return -1;
	}
	XGROW(g->v, g->n, g->cap);
	g->v[g->n++] = l;
	return 0;
}

static int
read_one(struct reading *g, const struct conf_node *n)
{
	const struct conf_node *paths, *path;
	struct conf_each it;
	int rc = 0;

	if (n->kind != CONF_MAP)
		return add(g, n, NULL);
	paths = conf_need(n, "path", "a location", g->r->f);
	if (paths == NULL)
		return -1;
	if (paths->kind == CONF_NULL)
		return add(g, paths, n);	/* which tells the fault */
	it = conf_each(paths);
	while ((path = conf_next(&it)) != NULL)
		rc |= add(g, path, n);
	return rc;
}

int
locations_read(struct location **out, size_t *n,
    const struct conf_node *list, int depth, struct rule_reader *r)
{
	struct reading g = { .depth = depth, .r = r };
	struct conf_each it = conf_each(list);
	const struct conf_node *item;
	int rc = 0;

	/* "locations: ~" is null to YAML, and a home folder to who wrote it. */
	if (list != NULL && list->kind == CONF_NULL &&
	    strcmp(list->text != NULL ? list->text : "", "~") == 0)
		rc = add(&g, list, NULL);
	while ((item = conf_next(&it)) != NULL)
		rc |= read_one(&g, item);
	if (rc < 0) {
		for (size_t i = 0; i < g.n; i++)
			location_fini(&g.v[i]);
		free(g.v);
		return -1;
	}
	*out = g.v;
	*n = g.n;
	return 0;
}

void
location_fini(struct location *l)
{
	patterns_free(l->exclude_files);
	patterns_free(l->exclude_dirs);
	patterns_free(l->only_files);
	patterns_free(l->only_dirs);
}

void
location_pack(const struct location *l, struct buf *out)
{
	pack_str(out, l->path);
	pack_i64(out, l->min_depth);
	pack_i64(out, l->max_depth);
	patterns_pack(l->exclude_files, out);
	patterns_pack(l->exclude_dirs, out);
	pack_u64(out, l->only_files != NULL);
	patterns_pack(l->only_files, out);
	pack_u64(out, l->only_dirs != NULL);
	patterns_pack(l->only_dirs, out);
}

const char *
location_skips_file(const struct location *l, const char *name, size_t len)
{
	const char *p = patterns_find(l->exclude_files, name, len);

	if (p == NULL && l->only_files != NULL &&
	    patterns_find(l->only_files, name, len) == NULL)
		p = "";
	return p;
}

const char *
location_skips_dir(const struct location *l, const char *name, size_t len)
{
	const char *p = patterns_find(l->exclude_dirs, name, len);

	if (p == NULL && l->only_dirs != NULL &&
	    patterns_find(l->only_dirs, name, len) == NULL)
		p = "";
	return p;
}
