/*
 * choice.c -- which entries of a run an undo of some paths means.
 *
 * An entry is meant if its file came from or went to such a path, or from or
 * to something below it; and with it those by which the same file had come
 * there or went on, for a file can only go back the way it came.
 */
#include <string.h>

#include "apply/undo.h"
#include "util/hash.h"

static uint64_t
print_of(const char *dir, const char *name)
{
	return hash_keyed(hash_keyed(3, dir, strlen(dir)), name, strlen(name));
}

/* Is dir/name path, or below it? */
static int
lies_at(const char *dir, const char *name, const char *path)
{
	size_t n = strlen(dir), len = strlen(path);

	if (*name == '\0')
		return 0;
	if (len <= n)
		return strncmp(dir, path, len) == 0 &&
		    (dir[len] == '\0' || dir[len] == '/' || len == 1);
	return strncmp(path, dir, n) == 0 && path[n] == '/' &&
	    strcmp(path + n + 1, name) == 0;
}

static int
asked(const struct choice *c, const struct entry *en)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (lies_at(en->from_dir, en->from, c->paths[i]) ||
		    lies_at(en->to_dir, en->to, c->paths[i]))
			return 1;
	return 0;
}

void
choice_forward(struct choice *c, const struct entry *en)
{
	if (c->n == 0)
		return;
	if (asked(c, en) || set64_has(&c->linked,
	    print_of(en->from_dir, en->from)))
		set64_add(&c->linked, print_of(en->to_dir, en->to));
}

int
choice_back(struct choice *c, const struct entry *en)
{
	if (c->n == 0)
		return 1;
	if (!asked(c, en) && !set64_has(&c->linked,
	    print_of(en->to_dir, en->to)))
		return 0;
	set64_add(&c->linked, print_of(en->from_dir, en->from));
	return 1;
}
