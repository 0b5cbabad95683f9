/* ls_sort.c -- see ls_sort.h. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/ls_sort.h"
#include "repo/node.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/xalloc.h"

struct item {
	const char	*path;
	struct node_time time;		/* or 0 */
	uint64_t	 size;
	const char	*line;
	size_t		 len;
};

struct ls_sort {
	enum ls_order	 by;
	int		 reverse;
	struct arena	 mem;
	struct item	*v;
	size_t		 n, cap;
};

int
ls_order_parse(const char *word, enum ls_order *out)
{
	static const struct {
		const char	*word;
		enum ls_order	 order;
	} words[] = {
		{ "name", LS_BY_NAME }, { "size", LS_BY_SIZE },
		{ "time", LS_BY_TIME }, { "mtime", LS_BY_TIME },
		{ "atime", LS_BY_ATIME }, { "ctime", LS_BY_CTIME },
		{ "extension", LS_BY_EXTENSION },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0) {
			*out = words[i].order;
			return 0;
		}
	return -1;
}

struct ls_sort *
ls_sort_new(enum ls_order by, int reverse)
{
	struct ls_sort *s = xalloc(sizeof(*s));

	s->by = by;
	s->reverse = reverse;
	return s;
}

void
ls_sort_free(struct ls_sort *s)
{
	if (s == NULL)
		return;
	arena_fini(&s->mem);
	free(s->v);
	free(s);
}

static struct node_time
time_of(enum ls_order by, const struct node *n)
{
	switch (by) {
	case LS_BY_TIME:
		return n->mtime;
	case LS_BY_ATIME:
		return n->atime;
	case LS_BY_CTIME:
		return n->ctime;
	default:
		return (struct node_time){0};
	}
}

void
ls_sort_add(struct ls_sort *s, const char *path, const struct node *n,
    const char *line, size_t len)
{
	XGROW(s->v, s->n, s->cap);
	s->v[s->n++] = (struct item){
		.path = arena_str(&s->mem, path), .time = time_of(s->by, n),
		.size = n->size, .line = arena_dup(&s->mem, line, len),
		.len = len,
	};
}

/* What stands behind the last dot of the name, with the dot, as Go's. */
static const char *
extension(const char *path)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');

	return dot != NULL && (slash == NULL || dot > slash) ? dot : "";
}

static int
compare(const void *pa, const void *pb, void *arg)
{
	const struct item *a = pa, *b = pb;
	const struct ls_sort *s = arg;
	int r = 0;

	if (s->by == LS_BY_SIZE)
		r = (a->size > b->size) - (a->size < b->size);
	else if (s->by == LS_BY_EXTENSION)
		r = strcmp(extension(a->path), extension(b->path));
	if (r == 0)
		r = (a->time.sec > b->time.sec) - (a->time.sec < b->time.sec);
	if (r == 0)
		r = (a->time.nsec > b->time.nsec) -
		    (a->time.nsec < b->time.nsec);
	if (r == 0)
		r = strcmp(a->path, b->path);
	return s->reverse ? -r : r;
}

void
ls_sort_show(struct ls_sort *s)
{
	size_t i;

	if (s->n > 1)
		qsort_r(s->v, s->n, sizeof(*s->v), compare, s);
	for (i = 0; i < s->n; i++)
		cli_out(s->v[i].line, s->v[i].len);
}
