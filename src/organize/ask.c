/*
 * ask.c -- what filters want to know of folders, as they will be.
 */
#include <dirent.h>

#include "organize/organize_impl.h"
#include "plan/overlay.h"
#include "util/err.h"

#define LOOKED	256		/* at once */

static int
open_walk(struct run *r, const char *dir, const char *name, int depth,
    struct walk **w, struct err *e)
{
	struct walk_options o = { .max_depth = depth };
	CLEAN_BUF struct buf path = {0};

	path_join(&path, dir, name);
	return walk_open(overlay_source(r->overlay), buf_str(&path), &o, w, e);
}

static int
take_error(const struct err *from, struct err *e)
{
	if (e != NULL)
		*e = *from;
	return -1;
}

int
ask_empty(void *run, const char *dir, const char *name, struct err *e)
{
	struct walk *w;
	struct walk_dir d;
	int rc;

	if (open_walk(run, dir, name, 0, &w, e) < 0)
		return -1;
	rc = walk_next(w, &d, e);
	if (rc == 1)
		rc = d.error != NULL ? take_error(d.error, e) : d.list.n == 0;
	else if (rc == 0)
		rc = 1;
	walk_free(w);
	return rc;
}

/* The files of one folder, looked at some hundred at a time. */
static void
add_files(const struct walk_dir *d, uint64_t *bytes)
{
	struct fs_look looks[LOOKED];
	size_t n = 0;

	for (size_t i = 0; i <= d->list.n; i++) {
		if (i == d->list.n || n == LOOKED) {
			if (n > 0 && d->dir != NULL)
				fs_look_many(d->dir, looks, n, 0);
			for (size_t k = 0; d->dir != NULL && k < n; k++)
				*bytes += looks[k].id.size;
			n = 0;
		}
		if (i == d->list.n || d->list.v[i].type != DT_REG)
			continue;
		if (d->list.v[i].note != NULL)
			*bytes += ((const struct overlay_note *)
			    d->list.v[i].note)->id.size;
		else
			looks[n++].name = d->list.v[i].name;
	}
}

int
ask_size(void *run, const char *dir, const char *name, uint64_t *bytes,
    struct err *e)
{
	struct walk *w;
	struct walk_dir d;
	int rc;

	*bytes = 0;
	if (open_walk(run, dir, name, -1, &w, e) < 0)
		return -1;
	while ((rc = walk_next(w, &d, e)) == 1) {
		if (d.error != NULL) {
			rc = take_error(d.error, e);
			break;
		}
		add_files(&d, bytes);
	}
	walk_free(w);
	return rc;
}
