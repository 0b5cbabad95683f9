/*
 * restore_pick.c -- what is restored, by include and exclude.
 *
 * As restic: what an include matches, and all below it; what lies above is made
 * when something in it is.  An exclude takes itself and all below it away.  Where
 * restic wants one kind or the other, both together mean what is included and
 * not excluded.
 */
#include <stdlib.h>
#include <string.h>

#include "backup/restore.h"
#include "backup/restore_pick.h"
#include "glob/glob.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"

enum {
	INCLUDE, IINCLUDE, EXCLUDE, IEXCLUDE, INCLUDE_XATTR, EXCLUDE_XATTR, LISTS
};

struct pick {
	struct glob_list *lists[LISTS];		/* NULL: none given */
};

int
pick_new(const struct restore_options *o, struct pick **out, struct err *e)
{
	const char *const *const given[LISTS] = { o->include, o->iinclude,
	    o->exclude, o->iexclude, o->include_xattr, o->exclude_xattr };
	struct pick *p = xalloc(sizeof(*p));
	size_t i, k;

	for (i = 0; i < LISTS; i++) {
		if (given[i] == NULL || given[i][0] == NULL)
			continue;
		p->lists[i] = glob_list_new(i == IINCLUDE || i == IEXCLUDE ?
		    GLOB_NOCASE : 0);
		for (k = 0; given[i][k] != NULL; k++)
			if (glob_list_add(p->lists[i], given[i][k], e) < 0) {
				pick_free(p);
				return -1;
			}
	}
	*out = p;
	return 0;
}

void
pick_free(struct pick *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < LISTS; i++)
		glob_list_free(p->lists[i]);
	free(p);
}

int
pick_all_xattrs(const struct pick *p)
{
	return p->lists[INCLUDE_XATTR] == NULL &&
	    p->lists[EXCLUDE_XATTR] == NULL;
}

int
pick_xattr(const struct pick *p, const char *name)
{
	const struct glob_list *in = p->lists[INCLUDE_XATTR];
	const struct glob_list *out = p->lists[EXCLUDE_XATTR];
	CLEAN_FREE char *path = NULL;

	if (pick_all_xattrs(p))
		return 1;
	path = xasprintf("/%s", name);
	return (in == NULL || glob_list_match(in, path, strlen(path))) &&
	    (out == NULL || !glob_list_match(out, path, strlen(path)));
}

struct picked
pick_path(const struct pick *p, const char *path, size_t len)
{
	struct picked is = { 1, 1 };
	size_t i;

	if (p->lists[INCLUDE] != NULL || p->lists[IINCLUDE] != NULL)
		is = (struct picked){ 0, 0 };
	for (i = INCLUDE; i <= IINCLUDE; i++)
		if (p->lists[i] != NULL) {
			is.itself |= glob_list_match(p->lists[i], path, len);
			is.below |= glob_list_below(p->lists[i], path, len);
		}
	for (i = EXCLUDE; i <= IEXCLUDE; i++)
		if (p->lists[i] != NULL &&
		    glob_list_match(p->lists[i], path, len))
			is = (struct picked){ 0, 0 };
	return is;
}
