/* disk.c -- the disk as a source of names. */
#include <stdlib.h>

#include "util/err.h"
#include "util/quote.h"
#include "util/xalloc.h"
#include "walk/walk.h"

/*
 * Make names into entries in the same memory, from the end on: a million of
 * them are not held twice.
 */
static struct walk_entry *
widen(struct fs_names *l)
{
	struct walk_entry *v = xrealloc(l->v, l->n, sizeof(*v));
	const struct fs_name *names = (const void *)v;
	struct fs_name name;
	size_t i;

	for (i = l->n; i-- > 0;) {
		name = names[i];
		v[i] = (struct walk_entry){ name.name, name.type, NULL };
	}
	return v;
}

static int
disk_list(struct walk_source *s, const struct fs_dir *dir, const char *path,
    struct walk_list *out, struct err *e)
{
	char q[QUOTE_SIZE];
	struct fs_names l;

	(void)s;
	*out = (struct walk_list){0};
	if (dir == NULL)
		return err_set(e, ERR_NOENT, "%s is not there",
		    quote_to(q, sizeof(q), path));
	if (fs_list(dir, &l, e) < 0)
		return -1;
	*out = (struct walk_list){ .v = widen(&l), .n = l.n, .own = l.own };
	return 0;
}

static void
disk_release(struct walk_source *s, struct walk_list *l)
{
	struct fs_names names = { .own = l->own };

	(void)s;
	fs_names_free(&names);
	free(l->v);
	*l = (struct walk_list){0};
}

struct walk_source walk_disk = { disk_list, disk_release };
