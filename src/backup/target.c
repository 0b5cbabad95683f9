/* target.c -- the folders above what was asked for. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backup/lexical.h"
#include "backup/target.h"
#include "fs/dir.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/map.h"
#include "util/quote.h"
#include "util/xalloc.h"

void
target_free(struct target *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++)
		target_free(t->kids[i]);
	map_fini(&t->by_name);
	free(t->kids);
	free(t->name);
	free(t->path);
	free(t->meta);
	free(t->root);
	free(t);
}

static struct target *
find(const struct target *t, const char *name)
{
	const uint64_t *i = map_get(&t->by_name, name, strlen(name));

	return i != NULL ? t->kids[*i] : NULL;
}

static struct target *
add(struct target *t, const char *name)
{
	struct target *kid = xalloc(sizeof(*kid));

	kid->name = xstrdup(name);
	XGROW(t->kids, t->n, t->cap);
	map_put(&t->by_name, name, strlen(name), t->n);
	t->kids[t->n++] = kid;
	return kid;
}

/* "." and its "..": the folder where the first named component lies. */
static char *
root_of(const char *path)
{
	const char *p = path;

	if (*path == '/')
		return xstrdup("/");
	while (strncmp(p, "../", 3) == 0)
		p += 3;
	return p == path ? xstrdup(".") : xstrndup(path, (size_t)(p - path) - 1);
}

/* Behind the root: "b/c" of "../../b/c"; "" if there is nothing. */
static const char *
named_part(const char *path)
{
	while (*path == '/' || strncmp(path, "../", 3) == 0)
		path += *path == '/' ? 1 : 3;
	if (strcmp(path, "..") == 0 || strcmp(path, ".") == 0)
		return "";
	return path;
}

/* The kid of the root that takes this first component. */
static struct target *
first(struct target *t, const char *name, const char *root)
{
	CLEAN_FREE char *tried = xstrdup(name);
	struct target *kid;
	int i;

	for (i = 1; (kid = find(t, tried)) != NULL; i++) {
		if (strcmp(kid->root, root) == 0)
			return kid;
		free(tried);
		tried = xasprintf("%s-%d", name, i);
	}
	kid = add(t, tried);
	kid->root = xstrdup(root);
	return kid;
}

/* path is cleaned, dir absolute. */
static int
put(struct target *t, const char *path, const char *dir, struct err *e)
{
	const char *rest = named_part(path);
	CLEAN_FREE char *root = root_of(path), *at = NULL, *name = NULL;
	struct target *kid;
	char q[QUOTE_SIZE], *next;
	size_t n;

	at = lexical_abs(dir, root);
	while (*rest != '\0') {
		n = strcspn(rest, "/");
		free(name);
		name = xstrndup(rest, n);
		next = lexical_join(at, name);
		free(at);
		at = next;
		rest += rest[n] == '/' ? n + 1 : n;
		if (t->name == NULL)
			kid = first(t, name, root);
		else if ((kid = find(t, name)) == NULL)
			kid = add(t, name);
		t = kid;
		if (*rest != '\0' && t->meta == NULL)
			t->meta = xstrdup(at);
	}
	if (t->path != NULL && strcmp(t->path, at) != 0)
		return err_set(e, ERR_USAGE, "%s cannot be in one snapshot with "
		    "the other paths", quote_to(q, sizeof(q), path));
	free(t->path);
	t->path = xstrdup(at);
	return 0;
}

/* What is in a folder, by its path: each name to fn, in order. */
static int
each_name(const char *path, int (*fn)(void *arg, const char *name),
    void *arg, struct err *e)
{
	struct fs_names l;
	struct fs_dir *d;
	size_t i;
	int rc = 0;

	if (fs_dir_look(path, &d, e) < 0)
		return -1;
	rc = fs_list(d, &l, e);
	fs_dir_free(d);
	if (rc < 0)
		return -1;
	for (i = 0; i < l.n && rc == 0; i++)
		rc = fn(arg, l.v[i].name);
	fs_names_free(&l);
	return rc;
}

/* One that is asked for as a whole and has another in it: its kids are named. */
static int
unroll_name(void *arg, const char *name)
{
	struct target *t = arg, *kid = find(t, name);
	CLEAN_FREE char *path = lexical_join(t->path, name);

	if (kid == NULL)
		kid = add(t, name);
	if (kid->path == NULL)
		kid->path = xstrdup(path);
	return 0;
}

static int
by_name(const void *va, const void *vb)
{
	const struct target *const *a = va, *const *b = vb;

	return strcmp((*a)->name, (*b)->name);
}

static int
unroll(struct target *t, struct err *e)
{
	size_t i;

	if (t->path != NULL && t->n > 0) {
		if (each_name(t->path, unroll_name, t, e) < 0)
			return -1;
		if (t->meta == NULL)
			t->meta = xstrdup(t->path);
		free(t->path);
		t->path = NULL;
	}
	for (i = 0; i < t->n; i++)
		if (unroll(t->kids[i], e) < 0)
			return -1;
	if (t->n > 1)
		qsort(t->kids, t->n, sizeof(*t->kids), by_name);
	return 0;
}

struct putting {
	struct target	*root;
	const char	*path, *dir;
	struct err	*e;
};

static int
put_name(void *arg, const char *name)
{
	struct putting *p = arg;
	CLEAN_FREE char *path = lexical_join(p->path, name);

	return put(p->root, path, p->dir, p->e);
}

/* A path with no name of its own ("/", ".", "../.."): what is in it. */
static int
put_contents(struct target *root, const char *path, const char *dir,
    struct err *e)
{
	struct putting p = { root, path, dir, e };
	CLEAN_FREE char *abs = lexical_abs(dir, path);

	return each_name(abs, put_name, &p, e);
}

int
target_tree(const char *const *paths, const char *dir, struct target **out,
    struct err *e)
{
	struct target *root = xalloc(sizeof(*root));
	CLEAN_MAP struct map seen = {0};
	CLEAN_FREE char *only = NULL;
	int rc = 0;

	if (paths[0] != NULL && paths[1] == NULL) {
		only = lexical_clean(paths[0]);
		if (*named_part(only) == '\0') {
			root->path = lexical_abs(dir, only);
			*out = root;
			return 0;
		}
	}
	for (; *paths != NULL && rc == 0; paths++) {
		CLEAN_FREE char *path = lexical_clean(*paths);

		if (!map_put(&seen, path, strlen(path), 0))
			continue;
		rc = *named_part(path) == '\0' ?
		    put_contents(root, path, dir, e) :
		    put(root, path, dir, e);
	}
	if (rc < 0 || unroll(root, e) < 0) {
		target_free(root);
		return -1;
	}
	*out = root;
	return 0;
}
