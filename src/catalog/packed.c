#include <stdlib.h>

#include "catalog/impl.h"
#include "catalog/packed.h"
#include "util/xalloc.h"

#define COLUMNS	"b.id, run, n, results, bytes, time FROM batch b " \
	"JOIN batch_data d ON d.id = b.id "

static const char next[] = "SELECT " COLUMNS
    "WHERE phase = 2 AND unpacked = 0 AND b.id > ? ORDER BY b.id LIMIT 1";
static const char by_id[] = "SELECT " COLUMNS
    "WHERE b.id = ? AND phase = 2 AND unpacked = 0";

void
packed_fini(struct packed *p)
{
	batch_reader_free(p->reader);
	free(p->en);
	free(p->res);
	*p = (struct packed){0};
}

static int
read_row(sqlite3_stmt *st, struct packed *p, struct err *e)
{
	size_t n = (size_t)db_i64(st, 2), len;
	const void *bytes;
	int more = 1;

	p->res = xallocn(n + 1, sizeof(*p->res));
	p->en = xallocn(n + 1, sizeof(*p->en));
	bytes = db_bytes(st, 3, &len);
	if (len > 0 && results_unpack(bytes, len, p->res, n, e) < 0)
		return -1;
	bytes = db_bytes(st, 4, &len);
	if (batch_read(bytes, len, &p->reader, e) < 0)
		return -1;
	while (p->n < n &&
	    (more = batch_next(p->reader, &p->en[p->n], e)) == 1)
		p->n++;
	return more < 0 ? -1 : 0;
}

static int
take(struct db *d, const char *sql, int64_t id, struct packed *p,
    struct err *e)
{
	sqlite3_stmt *st = db_query(d, e, sql, "i", id);
	int r;

	*p = (struct packed){0};
	if (st == NULL || (r = db_step(d, st, e)) < 0)
		return -1;
	if (r == 0)
		return 0;
	p->id = db_i64(st, 0);
	p->run = db_i64(st, 1);
	p->time = db_i64(st, 5);
	r = read_row(st, p, e);
	sqlite3_reset(st);
	return r < 0 ? -1 : 1;
}

int
packed_next(struct db *d, int64_t after, struct packed *p, struct err *e)
{
	return take(d, next, after, p, e);
}

int
packed_get(struct db *d, int64_t id, struct packed *p, struct err *e)
{
	return take(d, by_id, id, p, e);
}

int
packed_is_told(const struct packed *p, size_t i)
{
	return p->res[i].outcome == OUTCOME_DONE && p->en[i].event != 0;
}

/* As a row has it: without a name of its own, that of before. */
const char *
packed_to(const struct entry *en)
{
	return *en->to != '\0' || *en->to_dir == '\0' ? en->to : en->from;
}

int
packed_is_anew(const struct packed *p, size_t i)
{
	return p->res[i].id.ino != 0 &&
	    !fs_id_same(&p->res[i].id, &p->en[i].id);
}
