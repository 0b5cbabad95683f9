/* hand.c -- the folders of a copy, in the order in which files ask for them. */
#include <stdlib.h>
#include <string.h>

#include "copies/impl.h"
#include "fs/dir.h"
#include "util/err.h"
#include "util/xalloc.h"

void
hand_fini(struct hand *h)
{
	fs_dir_free(h->top);
	fs_dir_free(h->sub);
	free(h->path);
	*h = (struct hand){0};
}

const struct fs_dir *
hand_folder(struct hand *h, const char *path, const char **name,
    struct err *e)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	*name = slash ? slash + 1 : path;
	if (len == 0)
		return h->top;
	if (h->path != NULL && strncmp(h->path, path, len) == 0 &&
	    h->path[len] == '\0')
		return h->sub;
	hand_let_go(h);
	h->path = xstrndup(path, len);
	if (fs_dir_below(h->top, h->path, &h->sub, e) == 0)
		return h->sub;
	hand_let_go(h);
	return NULL;
}

void
hand_let_go(struct hand *h)
{
	fs_dir_free(h->sub);
	free(h->path);
	h->sub = NULL;
	h->path = NULL;
}
