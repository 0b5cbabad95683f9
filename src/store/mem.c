/* mem.c -- a store in memory, for tests: whole files in an array. */
#include <stdlib.h>
#include <string.h>

#include "store/store_impl.h"
#include "util/xalloc.h"

struct file {
	struct store_name	 name;
	unsigned char		*data;
	size_t			 len;
};

struct mem {
	struct store		 base;
	pthread_mutex_t		 mutex;
	struct file		*v;
	size_t			 n, cap;
};

/* With the mutex held: the file, or NULL. */
static struct file *
find(struct mem *m, const struct store_name *n)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->v[i].name.kind == n->kind && (n->kind == STORE_CONFIG ||
		    memcmp(m->v[i].name.id, n->id, STORE_ID_LEN) == 0))
			return &m->v[i];
	return NULL;
}

static int
mem_put(struct store *s, const struct store_name *n, const void *data,
    size_t len, struct err *e)
{
	struct mem *m = (struct mem *)s;
	struct file f = { .name = *n, .len = len };
	int there;

	pthread_mutex_lock(&m->mutex);
	there = find(m, n) != NULL;
	if (!there) {
		f.data = xalloc(len + 1);
		if (len > 0)
			memcpy(f.data, data, len);
		XGROW(m->v, m->n, m->cap);
		m->v[m->n++] = f;
	}
	pthread_mutex_unlock(&m->mutex);
	if (there && n->kind == STORE_CONFIG)
		return err_set(e, ERR_EXISTS, "write config: it is there "
		    "already");
	return 0;
}

static int
absent(const struct store_name *n, struct err *e)
{
	return err_set(e, ERR_NOENT, "read %s: no such file",
	    store_kind_name(n->kind));
}

static int
mem_get(struct store *s, const struct store_name *n, uint64_t at, void *out,
    size_t len, struct err *e)
{
	struct mem *m = (struct mem *)s;
	const struct file *f;
	int there, long_enough = 0;

	pthread_mutex_lock(&m->mutex);
	f = find(m, n);
	there = f != NULL;
	if (there)
		long_enough = at <= f->len && len <= f->len - at;
	if (long_enough && len > 0)
		memcpy(out, f->data + at, len);
	pthread_mutex_unlock(&m->mutex);
	if (!there)
		return absent(n, e);
	if (!long_enough)
		return err_set(e, ERR_CORRUPT, "read %s: it is too short",
		    store_kind_name(n->kind));
	return 0;
}

static int
mem_size(struct store *s, const struct store_name *n, uint64_t *size,
    struct err *e)
{
	struct mem *m = (struct mem *)s;
	const struct file *f;

	pthread_mutex_lock(&m->mutex);
	f = find(m, n);
	if (f != NULL)
		*size = f->len;
	pthread_mutex_unlock(&m->mutex);
	return f != NULL ? 0 : absent(n, e);
}

static int
mem_list(struct store *s, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e)
{
	struct mem *m = (struct mem *)s;
	size_t i;
	int r = 0;

	(void)e;
	pthread_mutex_lock(&m->mutex);
	for (i = 0; i < m->n && r == 0; i++)
		if (m->v[i].name.kind == kind)
			r = each(arg, &m->v[i].name, m->v[i].len);
	pthread_mutex_unlock(&m->mutex);
	return r;
}

static int
mem_remove(struct store *s, const struct store_name *n, struct err *e)
{
	struct mem *m = (struct mem *)s;
	struct file *f;

	(void)e;
	pthread_mutex_lock(&m->mutex);
	f = find(m, n);
	if (f != NULL) {
		free(f->data);
		*f = m->v[--m->n];
	}
	pthread_mutex_unlock(&m->mutex);
	return 0;
}

static void
mem_close(struct store *s)
{
	struct mem *m = (struct mem *)s;
	size_t i;

	for (i = 0; i < m->n; i++)
		free(m->v[i].data);
	free(m->v);
	pthread_mutex_destroy(&m->mutex);
	store_fini(s);
	free(m);
}

static const struct store_ops mem_ops = {
	.scheme	= "mem",
	.put	= mem_put,
	.get	= mem_get,
	.size	= mem_size,
	.list	= mem_list,
	.remove	= mem_remove,
	.close	= mem_close,
};

struct store *
store_mem(void)
{
	struct mem *m = xalloc(sizeof(*m));

	store_init(&m->base, &mem_ops, "memory", NULL, 64);
	m->base.caps.near = 1;
	if (pthread_mutex_init(&m->mutex, NULL) != 0)
		abort();
	return &m->base;
}
