#include <stdlib.h>
#include <string.h>

#include "fs/id.h"
#include "util/map.h"
#include "util/xalloc.h"
#include "watch/ours.h"

struct mine {
	char		*path;
	int64_t		 batch;
	size_t		 entry;
	uint64_t	 ino, size;
	int64_t		 mtime;
	size_t		 next;		/* of the same path: index + 1 */
	unsigned char	 any;		/* whatever comes is ours */
	unsigned char	 ended;
	unsigned char	 taken;		/* something was taken for it */
};

struct ours {
	struct mine	*v;
	size_t		 n, cap;
	struct map	 paths;		/* path: index + 1 of its first */
};

struct ours *
ours_new(void)
{
	return xalloc(sizeof(struct ours));
}

static void
index_one(struct ours *o, size_t i)
{
	uint64_t *first = map_add(&o->paths, o->v[i].path,
	    strlen(o->v[i].path), NULL);

	o->v[i].next = (size_t)*first;
	*first = i + 1;
}

/* Drop what is marked, and find the rest anew. */
static void
keep(struct ours *o, int (*stays)(const struct mine *m))
{
	size_t i, n = 0;

	for (i = 0; i < o->n; i++) {
		if (stays != NULL && stays(&o->v[i]))
			o->v[n++] = o->v[i];
		else
			free(o->v[i].path);
	}
	if (n == o->n)
		return;
	o->n = n;
	map_fini(&o->paths);
	o->paths = (struct map){0};
	for (i = 0; i < n; i++)
		index_one(o, i);
}

void
ours_clear(struct ours *o)
{
	keep(o, NULL);
}

void
ours_free(struct ours *o)
{
	if (o == NULL)
		return;
	ours_clear(o);
	map_fini(&o->paths);
	free(o->v);
	free(o);
}

void
ours_expect(struct ours *o, int64_t batch, size_t i, const char *path,
    const struct fs_id *id)
{
	struct mine *m;

	XGROW(o->v, o->n, o->cap);
	m = &o->v[o->n];
	*m = (struct mine){ .path = xstrdup(path), .batch = batch, .entry = i,
	    .any = id == NULL };
	if (id != NULL) {
		m->ino = id->ino;
		m->size = id->size;
		m->mtime = id->mtime;
	}
	index_one(o, o->n++);
}

void
ours_ended(struct ours *o, int64_t batch,
    int (*done)(void *arg, size_t i, const char *path),
    void (*again)(void *arg, const char *path), void *arg)
{
	struct mine *m;

	for (m = o->v; m < o->v + o->n; m++) {
		if (m->batch != batch || m->ended)
			continue;
		m->ended = 1;
		if (done(arg, m->entry, m->path))
			continue;
		/* Nothing more is ours there. */
		if (m->any && m->taken)
			again(arg, m->path);
		m->any = 0;
		m->ino = 0;
	}
}

static int
goes_on(const struct mine *m)
{
	return !m->ended;
}

void
ours_drained(struct ours *o)
{
	if (o->n > 0)
		keep(o, goes_on);
}

int
ours_has(struct ours *o, const char *path, const struct fs_id *now)
{
	const uint64_t *first = map_get(&o->paths, path, strlen(path));
	struct mine *m;
	size_t i;

	for (i = first != NULL ? (size_t)*first : 0; i > 0; i = m->next) {
		m = &o->v[i - 1];
		if (m->any) {
			m->taken = 1;
			return 1;
		}
		if (m->ino != 0 && m->ino == now->ino &&
		    m->size == now->size && m->mtime == now->mtime)
			return 1;
	}
	return 0;
}

int
ours_has_path(const struct ours *o, const char *path)
{
	return map_get(&o->paths, path, strlen(path)) != NULL;
}

size_t
ours_len(const struct ours *o)
{
	return o->n;
}
