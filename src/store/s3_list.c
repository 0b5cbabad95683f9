/*
 * s3_list.c -- the names in an S3 repository, a page of at most a thousand at a
 * time.
 *
 * A server that never ends is ended: pages must lead on, and no kind has more
 * than FAR_LIST_MAX files.  Keys that are not ours are passed over.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/s3.h"
#include "store/s3_xml.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define PAGE_MAX	((size_t)8 << 20)	/* bytes */
#define KEY_MAX		((size_t)8192)
#define NUMBER_MAX	((size_t)24)
#define EMPTY_PAGES	1000			/* of a server that tells none */

struct listing {
	struct s3	*s;
	enum store_kind	 kind;
	int (*each)(void *arg, const struct store_name *n, uint64_t size);
	void		*arg;
	char		*prefix;	/* "PREFIX/data/" */
	char		*next;		/* token or marker; NULL: the first page */
	size_t		 files, empty;
};

/* "PREFIX/data/4f/4f2a...": the id; -1: it is no file of ours. */
static int
id_of_key(const struct listing *l, const char *key, unsigned char *id)
{
	size_t n = strlen(l->prefix);
	const char *name;

	if (strncmp(key, l->prefix, n) != 0)
		return -1;
	name = key + n;
	if (l->kind == STORE_PACK) {
		/* The folder is the name's own beginning. */
		if (strlen(name) < 4 || name[2] != '/' ||
		    strncmp(name, name + 3, 2) != 0)
			return -1;
		name += 3;
	}
	return far_id(name, strlen(name), id);
}

static int
number_of(const char *s, uint64_t *v)
{
	char *end;

	if (*s < '0' || *s > '9')
		return -1;
	errno = 0;
	*v = strtoull(s, &end, 10);
	return errno == 0 && *end == '\0' ? 0 : -1;
}

static int
wrong(const struct listing *l, const char *what, struct err *e)
{
	return err_set(e, ERR_CORRUPT, "list %s: %s", store_kind_name(l->kind),
	    what);
}

/* One page's files.  0, -1, or each's answer; last is the last key. */
static int
read_files(struct listing *l, struct s3_xml page, struct buf *last,
    struct err *e)
{
	CLEAN_BUF struct buf size = {0};
	struct store_name n = { .kind = l->kind };
	struct s3_xml one, part;
	uint64_t bytes;
	int r, was_empty = 1;

	while ((r = s3_xml_span(&page, "Contents", &one)) == 1) {
		was_empty = 0;
		part = one;
		if (s3_xml_next(&part, "Key", KEY_MAX, last) != 1)
			return wrong(l, "a file without a key", e);
		part = one;
		if (s3_xml_next(&part, "Size", NUMBER_MAX, &size) != 1 ||
		    number_of(buf_str(&size), &bytes) < 0)
			return wrong(l, "a file without a size", e);
		if (id_of_key(l, buf_str(last), n.id) < 0)
			continue;
		if (++l->files > FAR_LIST_MAX)
			return wrong(l, "more files than any repository has", e);
		if ((r = l->each(l->arg, &n, bytes)) != 0)
			return r;
	}
	l->empty += (size_t)was_empty;
	return r < 0 ? wrong(l, "the answer is cut off", e) : 0;
}

/* Where to go on: 1, 0 if that was the last page, -1. */
static int
go_on(struct listing *l, struct s3_xml page, struct buf *last, struct err *e)
{
	CLEAN_BUF struct buf b = {0};
	struct s3_xml x = page;
	int r;

	if (s3_xml_next(&x, "IsTruncated", NUMBER_MAX, &b) != 1)
		return wrong(l, "the answer is no list of files", e);
	if (strcmp(buf_str(&b), "true") != 0)
		return 0;
	x = page;
	r = s3_xml_next(&x, l->s->place.list_v1 ? "NextMarker" :
	    "NextContinuationToken", KEY_MAX, &b);
	if (r == 0 && l->s->place.list_v1)
		buf_adds(&b, buf_str(last));
	if (r < 0 || b.len == 0)
		return wrong(l, "a page does not tell how to go on", e);
	if ((l->next != NULL && strcmp(l->next, buf_str(&b)) == 0) ||
	    l->empty > EMPTY_PAGES)
		return wrong(l, "the server goes round in circles", e);
	free(l->next);
	l->next = buf_steal(&b);
	return 1;
}

static int
ask_page(struct listing *l, struct http_answer *got, struct err *e)
{
	int v1 = l->s->place.list_v1;
	struct s3_pair query[3];
	struct s3_ask a = { .method = "GET", .what = "list",
	    .path = l->s->place.bucket, .query = query,
	    .q = { .max = PAGE_MAX, .holds_on = l->kind == STORE_LOCK,
	    .total = far_total(PAGE_MAX) } };

	query[a.n_query++] = (struct s3_pair){ "prefix", l->prefix };
	if (!v1)
		query[a.n_query++] = (struct s3_pair){ "list-type", "2" };
	if (l->next != NULL)
		query[a.n_query++] = (struct s3_pair){ v1 ? "marker" :
		    "continuation-token", l->next };
	if (s3_do(l->s, &a, got, e) < 0)
		return -1;
	return got->status == 200 ? 0 : s3_told(got, "list", e);
}

/* 1: there is another; 0: that was the last one; else -1 or each's answer, and
 * then *ended. */
static int
one_page(struct listing *l, int *ended, struct err *e)
{
	CLEAN_HTTP_ANSWER struct http_answer got = {0};
	CLEAN_BUF struct buf last = {0};
	struct s3_xml page;
	int r;

	*ended = 1;
	if (ask_page(l, &got, e) < 0)
		return err_wrap(e, "%s", store_kind_name(l->kind));
	page.at = buf_str(&got.body);
	page.end = page.at + got.body.len;
	if ((r = read_files(l, page, &last, e)) != 0)
		return r;
	r = go_on(l, page, &last, e);
	*ended = r != 1;
	return r;
}

int
s3_list(struct store *base, enum store_kind kind,
    int (*each)(void *arg, const struct store_name *n, uint64_t size),
    void *arg, struct err *e)
{
	struct s3 *s = (struct s3 *)base;
	struct listing l = { .s = s, .kind = kind, .each = each, .arg = arg };
	int r, ended;

	l.prefix = xasprintf("%s%s/", s->place.prefix,
	    store_kind_folder(kind));
	do
		r = one_page(&l, &ended, e);
	while (!ended);
	free(l.prefix);
	free(l.next);
	return r;
}
