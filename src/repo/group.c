/* group.c -- snapshots by host, paths and tags. */
#include <stdlib.h>
#include <string.h>

#include "repo/group.h"
#include "repo/node.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

/* The word, or the word and an s: restic takes "host" and "hosts". */
static int
is_word(const char *by, size_t n, const char *word)
{
	size_t len = strlen(word);

	return (n == len || (n == len + 1 && by[len] == 's')) &&
	    memcmp(by, word, len) == 0;
}

static int
parse_by(const char *by, struct group *key, struct err *e)
{
	size_t n;

	for (; *by != '\0'; by += n + (by[n] == ',')) {
		n = strcspn(by, ",");
		if (is_word(by, n, "host"))
			key->by_host = 1;
		else if (is_word(by, n, "path"))
			key->by_paths = 1;
		else if (is_word(by, n, "tag"))
			key->by_tags = 1;
		else if (n > 0)
			return err_set(e, ERR_USAGE, "--group-by is host, paths or "
			    "tags, not '%.*s'", (int)(n > 40 ? 40 : n), by);
	}
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The strings of a list, sorted, in a list of our own; the strings are not. */
static char **
sorted(char **list)
{
	size_t n = 0;
	char **v;

	while (list != NULL && list[n] != NULL)
		n++;
	v = xallocn(n + 1, sizeof(*v));
	if (n > 0)
		memcpy(v, list, n * sizeof(*v));
	qsort(v, n, sizeof(*v), by_text);
	return v;
}

static int
cmp_lists(char **a, char **b)
{
	int r = 0;

	for (; *a != NULL && *b != NULL && r == 0; a++, b++)
		r = strcmp(*a, *b);
	return r != 0 ? r : (*a != NULL) - (*b != NULL);
}

static int
cmp_groups(const void *x, const void *y)
{
	const struct group *a = x, *b = y;
	int r = a->by_host ? strcmp(a->host, b->host) : 0;

	if (r == 0 && a->by_paths)
		r = cmp_lists(a->paths, b->paths);
	if (r == 0 && a->by_tags)
		r = cmp_lists(a->tags, b->tags);
	return r;
}

static void
add(struct groups *g, const struct group *key, const struct snapshot *s)
{
	struct group mine = *key;
	size_t i;

	mine.host = s->hostname != NULL ? s->hostname : "";
	mine.paths = sorted(s->paths);
	mine.tags = sorted(s->tags);
	for (i = 0; i < g->n && cmp_groups(&g->v[i], &mine) != 0;)
		i++;
	if (i == g->n) {
		g->v = xrealloc(g->v, g->n + 1, sizeof(*g->v));
		g->v[g->n++] = mine;
	} else {
		free(mine.paths);
		free(mine.tags);
	}
	g->v[i].members.v = xrealloc(g->v[i].members.v,
	    g->v[i].members.n + 1, sizeof(*s));
	g->v[i].members.v[g->v[i].members.n++] = *s;
}

int
groups_make(const struct snapshots *l, const char *by, struct groups *out,
    struct err *e)
{
	struct group key = {0};
	size_t i;

	*out = (struct groups){0};
	if (parse_by(by, &key, e) < 0)
		return -1;
	for (i = 0; i < l->n; i++)
		add(out, &key, &l->v[i]);
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), cmp_groups);
	return 0;
}

void
groups_fini(struct groups *g)
{
	size_t i;

	for (i = 0; i < g->n; i++) {
		free(g->v[i].paths);
		free(g->v[i].tags);
		free(g->v[i].members.v);
	}
	free(g->v);
	*g = (struct groups){0};
}

static int
is_newer(const struct snapshot *a, const struct snapshot *b)
{
	return a->time.sec != b->time.sec ? a->time.sec > b->time.sec :
	    a->time.nsec > b->time.nsec;
}

int
groups_rank(const struct groups *g, const struct snapshot *s, size_t *rank)
{
	const struct snapshots *m;
	size_t i, k, n;
	int in;

	for (i = 0; i < g->n; i++) {
		m = &g->v[i].members;
		for (k = n = 0, in = 0; k < m->n; k++) {
			in |= id_equal(&m->v[k].id, &s->id);
			n += (size_t)is_newer(&m->v[k], s);
		}
		*rank = n;
		if (in)
			return 1;
	}
	return 0;
}

static void
list_json(struct buf *out, char **v, int there)
{
	if (!there || *v == NULL) {
		buf_adds(out, "null");
		return;
	}
	buf_addc(out, '[');
	for (; *v != NULL; v++) {
		node_string(out, *v, strlen(*v));
		if (v[1] != NULL)
			buf_addc(out, ',');
	}
	buf_addc(out, ']');
}

void
group_key_json(struct buf *out, const struct group *g)
{
	const char *host = g->by_host ? g->host : "";

	buf_adds(out, "{\"hostname\":");
	node_string(out, host, strlen(host));
	buf_adds(out, ",\"paths\":");
	list_json(out, g->paths, g->by_paths);
	buf_adds(out, ",\"tags\":");
	list_json(out, g->tags, g->by_tags);
	buf_addc(out, '}');
}

void
group_members_json(struct buf *out, const struct group *g)
{
	const char *host = g->by_host ? g->host : "";

	buf_adds(out, "\"tags\":");
	list_json(out, g->tags, g->by_tags);
	buf_adds(out, ",\"host\":");
	node_string(out, host, strlen(host));
	buf_adds(out, ",\"paths\":");
	list_json(out, g->paths, g->by_paths);
}

static void
list_text(struct buf *out, const char *what, char **v)
{
	buf_addf(out, "%s [", what);
	for (; *v != NULL; v++)
		buf_addf(out, "%s%s", *v, v[1] != NULL ? ", " : "");
	buf_addc(out, ']');
}

void
group_key_text(struct buf *out, const struct group *g)
{
	const char *between = "";

	buf_addc(out, '(');
	if (g->by_host) {
		buf_addf(out, "host [%s]", g->host);
		between = ", ";
	}
	if (g->by_tags) {
		buf_adds(out, between);
		list_text(out, "tags", g->tags);
		between = ", ";
	}
	if (g->by_paths) {
		buf_adds(out, between);
		list_text(out, "paths", g->paths);
	}
	buf_addc(out, ')');
}
