/*
 * undo_made.c -- the folders that a run made on the way: they go when they are
 * empty, at the end, or when what had the name before comes back.
 */
#include <stdlib.h>
#include <string.h>

#include "apply/undo.h"
#include "apply/undo_impl.h"
#include "util/clean.h"
#include "util/xalloc.h"

void
undo_note_made(struct undoing *u, const struct entry *en)
{
	CLEAN_FREE char *path = xstrdup(en->to_dir);
	uint32_t i;
	char *slash;

	for (i = 0; i < en->made; i++) {
		intern_add(&u->made, path);
		if ((slash = strrchr(path, '/')) == NULL || slash == path)
			return;
		*slash = '\0';
	}
}

int
undo_remove_folder(struct undoing *u, const struct entry *en, const char *path)
{
	CLEAN_FREE char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');
	struct inverse v = { .kind = OP_RMDIR };
	struct fs_id id;

	if (slash == NULL || slash == dir)
		return 0;
	*slash = '\0';
	/* What the undo has put there is none of these. */
	if (mirror_look(&u->mirror, dir, slash + 1, NULL, &id, NULL) ==
	    MIRROR_MOVED || !mirror_empty(&u->mirror, path, &id))
		return 0;
	v.from_dir = dir;
	v.from = slash + 1;
	v.id = &id;
	mirror_vacate(&u->mirror, v.from_dir, v.from);
	return undo_add(u, en, &v);
}

static int
longer_first(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	size_t n = strlen(*x), m = strlen(*y);

	return n < m ? 1 : n > m ? -1 : strcmp(*x, *y);
}

int
undo_remove_made(struct undoing *u, const char *path)
{
	const struct entry none = {0};
	const char **v = xallocn(u->made.n + 1, sizeof(*v));
	size_t i, n = 0, len = path != NULL ? strlen(path) : 0;
	int r = 0;

	for (i = 0; i < u->made.n; i++)
		if (path == NULL || (strncmp(u->made.v[i], path, len) == 0 &&
		    (u->made.v[i][len] == '\0' || u->made.v[i][len] == '/')))
			v[n++] = u->made.v[i];
	qsort(v, n, sizeof(*v), longer_first);
	for (i = 0; i < n && r == 0; i++)
		r = undo_remove_folder(u, &none, v[i]);
	free(v);
	return r;
}

int
undo_remove_made_at(struct undoing *u, const char *dir, const char *name)
{
	CLEAN_FREE char *path = xasprintf("%s/%s", dir, name);
	struct fs_id id;

	return undo_remove_made(u, path) == 0 && mirror_look(&u->mirror, dir,
	    name, NULL, &id, NULL) == MIRROR_NOTHING;
}
