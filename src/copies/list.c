/* list.c -- which copies there are: folders of a place that have a manifest. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "copies/impl.h"
#include "fs/dir.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

static int
by_time(const void *a, const void *b)
{
	const struct copy_name *x = a, *y = b;

	if (x->info.time != y->info.time)
		return x->info.time < y->info.time ? -1 : 1;
	return strcmp(x->name, y->name);
}

int
copies_names(const struct fs_dir *place, struct copy_names *out, struct err *e)
{
	struct fs_names names;
	struct manifest m;
	struct err skip = {0};
	size_t i;

	if (fs_list(place, &names, e) < 0)
		return -1;
	for (i = 0; i < names.n; i++) {
		if (names.v[i].name[0] == '.' || names.v[i].type != DT_DIR)
			continue;
		m = (struct manifest){0};
		if (manifest_glance(place, names.v[i].name, &m, &skip) == 0) {
			XGROW(out->v, out->n, out->cap);
			out->v[out->n] = (struct copy_name){
				.name = xstrdup(names.v[i].name),
				.info = { .time = m.time, .files = m.files,
					.bytes = m.bytes, .partial = m.partial },
			};
			out->v[out->n].info.name = out->v[out->n].name;
			out->n++;
		}
		manifest_fini(&m);
	}
	fs_names_free(&names);
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), by_time);
	return 0;
}

void
copies_names_free(struct copy_names *n)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		free(n->v[i].name);
	free(n->v);
	*n = (struct copy_names){0};
}

int
copies_hold(const struct copies *c, struct fs_dir **place, struct err *e)
{
	CLEAN_BUF struct buf why = {0};
	int r = copies_open_place(c, NULL, 0, place, &why, e);

	if (r == 0)
		return err_set(e, ERR_ABSENT, "%s: %s", c->name, buf_str(&why));
	return r < 0 ? -1 : 0;
}

int
copies_each(const struct copies *c,
    int (*each)(void *arg, const struct copy_info *i), void *arg, struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *place = NULL;
	struct copy_names names = {0};
	size_t i;
	int r;

	if (copies_hold(c, &place, e) < 0)
		return -1;
	r = copies_names(place, &names, e);
	for (i = 0; r == 0 && i < names.n; i++)
		if (each(arg, &names.v[i].info))
			break;
	copies_names_free(&names);
	return r;
}

int
copies_pick(const struct copies *c, const struct fs_dir *place,
    const char *name, int64_t as_of, char **out, struct err *e)
{
	struct copy_names names = {0};
	size_t i;

	*out = NULL;
	if (copies_names(place, &names, e) < 0)
		return -1;
	for (i = names.n; i-- > 0 && *out == NULL;) {
		if (as_of != 0 && names.v[i].info.time > as_of)
			continue;
		if (name == NULL || strcmp(name, COPIES_LATEST) == 0 ||
		    strcmp(name, names.v[i].name) == 0)
			*out = xstrdup(names.v[i].name);
	}
	copies_names_free(&names);
	if (*out != NULL)
		return 0;
	if (name == NULL || strcmp(name, COPIES_LATEST) == 0)
		return err_set(e, ERR_NOENT, "%s has no copy%s", c->name,
		    as_of ? " of that time" : " yet");
	return err_set(e, ERR_NOENT, "%s has no copy %.200s", c->name, name);
}

int
copies_ls(const struct copies *c, const char *name,
    int (*each)(void *arg, const struct copy_entry *en), void *arg,
    struct err *e)
{
	__attribute__((cleanup(copies_dir_clean))) struct fs_dir *place = NULL;
	__attribute__((cleanup(manifest_fini))) struct manifest m = {0};
	char *which;
	size_t i;
	int r;

	if (copies_hold(c, &place, e) < 0 ||
	    copies_pick(c, place, name, 0, &which, e) < 0)
		return -1;
	r = manifest_load(place, which, &m, e);
	free(which);
	for (i = 0; r == 0 && i < m.n; i++)
		if (each(arg, &m.v[i].en))
			break;
	return r;
}
