/*
 * sight.c -- the record is a row of 24 bytes a file: a hash of its folder and
 * identity, the time, and the day when it was last asked for, all in
 * little-endian order; sorted by the hash.  Which files are asked for depends
 * on the rule's other filters, so a row goes only when nobody has asked for it
 * for KEPT days.
 */
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "fs/id.h"
#include "organize/sight.h"
#include "util/buf.h"
#include "util/hash.h"
#include "util/map.h"
#include "util/xalloc.h"

#define SPACE		"seen"
#define ROW		24
#define KEPT		400		/* days */
#define FRESH		30		/* days: a newer day is not written anew */
#define DAY_NS		(INT64_C(86400) * 1000000000)

struct row {
	uint64_t	 key;
	int64_t		 added;
	int64_t		 day;		/* since 1970 */
};

struct sight {
	struct catalog	*catalog;
	char		*name;		/* of the record */
	struct map	 at;		/* key: index of rows */
	struct row	*rows;
	size_t		 n, cap;
	int64_t		 today;
	int		 news;
};

static uint64_t
get(const unsigned char *p)
{
	uint64_t v = 0;

	for (int i = 8; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static void
put(struct buf *out, uint64_t v)
{
	for (int i = 0; i < 8; i++, v >>= 8)
		buf_addc(out, (char)v);
}

static struct row *
row_of(struct sight *s, uint64_t key, int *added)
{
	uint64_t *at = map_add(&s->at, &key, sizeof(key), added);

	if (*added) {
		XGROW(s->rows, s->n, s->cap);
		s->rows[s->n] = (struct row){ .key = key };
		*at = s->n++;
	}
	return &s->rows[*at];
}

struct sight *
sight_open(struct catalog *c, const char *path, int64_t now)
{
	struct sight *s = xalloc(sizeof(*s));
	CLEAN_BUF struct buf b = {0};
	int added;

	s->catalog = c;
	s->today = now / DAY_NS;
	s->name = xasprintf("%016llx",
	    (unsigned long long)hash_fixed(0, path, strlen(path)));
	if (c == NULL || catalog_get(c, SPACE, s->name, &b, NULL) != 1)
		return s;
	for (size_t i = 0; i + ROW <= b.len; i += ROW) {
		struct row *r = row_of(s, get(b.data + i), &added);

		r->added = (int64_t)get(b.data + i + 8);
		r->day = (int64_t)get(b.data + i + 16);
	}
	return s;
}

int64_t
sight_added(struct sight *s, const char *dir, const struct fs_id *id)
{
	const uint64_t who[] = { id->fs, id->ino, (uint64_t)id->btime,
	    hash_fixed(1, dir, strlen(dir)) };
	struct row *r;
	int added;

	r = row_of(s, hash_fixed(2, who, sizeof(who)), &added);
	if (added)
		r->added = id->ctime;
	if (added || r->day < s->today - FRESH) {
		r->day = s->today;
		s->news = 1;
	}
	return r->added > id->btime ? r->added : id->btime;
}

static int
by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct row *)a)->key,
	    y = ((const struct row *)b)->key;

	return x < y ? -1 : x > y;
}

static void
remember(struct sight *s)
{
	CLEAN_BUF struct buf b = {0};

	if (!s->news || s->catalog == NULL)
		return;
	if (s->n > 1)
		qsort(s->rows, s->n, sizeof(*s->rows), by_key);
	for (size_t i = 0; i < s->n; i++) {
		if (s->rows[i].day < s->today - KEPT)
			continue;
		put(&b, s->rows[i].key);
		put(&b, (uint64_t)s->rows[i].added);
		put(&b, (uint64_t)s->rows[i].day);
	}
	(void)catalog_put(s->catalog, SPACE, s->name, b.data, b.len, NULL);
}

void
sight_close(struct sight *s)
{
	if (s == NULL)
		return;
	remember(s);
	free(s->name);
	map_fini(&s->at);
	free(s->rows);
	free(s);
}
