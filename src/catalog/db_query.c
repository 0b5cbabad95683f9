/* db_query.c -- statements: prepared once, bound by a format, stepped. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/db.h"
#include "util/xalloc.h"

static enum err_kind
kind_of(struct db *d, int rc)
{
	int sys = d->h ? sqlite3_system_errno(d->h) : 0;

	switch (rc & 0xff) {
	case SQLITE_FULL:
		return ERR_FULL;
	case SQLITE_IOERR:
		return sys == ENOSPC || sys == EDQUOT ? ERR_FULL : ERR_IO;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
	case SQLITE_AUTH:
		return ERR_DENIED;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_LOCKED;
	case SQLITE_TOOBIG:
		return ERR_USAGE;
	default:
		return ERR_IO;
	}
}

int
db_fail(struct db *d, struct err *e, const char *sql)
{
	int rc = d->h ? sqlite3_extended_errcode(d->h) : SQLITE_NOMEM;
	const char *said = d->h ? sqlite3_errmsg(d->h) : "out of memory";
	struct err own;

	rc &= 0xff;
	if (rc == SQLITE_ERROR || rc == SQLITE_MISUSE)
		err_set(&own, ERR_IO, "%s/%s: %s: %.80s", d->dir, DB_FILE,
		    said, sql);
	else
		err_set(&own, kind_of(d, rc), "%s/%s: %s%s", d->dir, DB_FILE,
		    said, rc == SQLITE_BUSY ?
		    " (is it open in another program?)" :
		    rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB ?
		    ": fettle catalog rebuild" : "");
	own.sys = d->h ? sqlite3_system_errno(d->h) : 0;
	if (own.kind == ERR_FULL || rc == SQLITE_IOERR || rc == SQLITE_CORRUPT)
		d->broken = own;
	if (e != NULL)
		*e = own;
	return -1;
}

int
db_exec(struct db *d, const char *sql, struct err *e)
{
	if (sqlite3_exec(d->h, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(d, e, sql);
	return 0;
}

static sqlite3_stmt *
prepare(struct db *d, const char *sql, struct err *e)
{
	sqlite3_stmt *st;
	size_t i;

	for (i = 0; i < d->n_kept; i++)
		if (d->kept[i].sql == sql) {
			sqlite3_reset(d->kept[i].st);
			sqlite3_clear_bindings(d->kept[i].st);
			return d->kept[i].st;
		}
	if (d->n_kept == sizeof(d->kept) / sizeof(d->kept[0])) {
		err_set(e, ERR_IO, "catalog: too many statements");
		return NULL;
	}
	if (sqlite3_prepare_v3(d->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &st,
	    NULL) != SQLITE_OK) {
		db_fail(d, e, sql);
		return NULL;
	}
	d->kept[d->n_kept].sql = sql;
	d->kept[d->n_kept++].st = st;
	return st;
}

static int
bind_bytes(sqlite3_stmt *st, int i, const void *p, size_t len)
{
	if (p == NULL)
		return sqlite3_bind_null(st, i);
	return sqlite3_bind_blob64(st, i, len ? p : "", len, SQLITE_STATIC);
}

static int
bind(sqlite3_stmt *st, const char *fmt, va_list ap)
{
	const void *p;
	int i, rc = SQLITE_OK;

	for (i = 1; *fmt != '\0' && rc == SQLITE_OK; fmt++, i++)
		switch (*fmt) {
		case 'i':
			rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
			break;
		case 'u':
			rc = sqlite3_bind_int64(st, i,
			    (int64_t)va_arg(ap, uint64_t));
			break;
		case 'b':
			p = va_arg(ap, const void *);
			rc = bind_bytes(st, i, p, va_arg(ap, size_t));
			break;
		case 't':
			rc = sqlite3_bind_text(st, i,
			    va_arg(ap, const char *), -1, SQLITE_STATIC);
			break;
		default:
			p = va_arg(ap, const char *);
			rc = bind_bytes(st, i, p, p ? strlen(p) : 0);
		}
	return rc;
}

static sqlite3_stmt *
query(struct db *d, struct err *e, const char *sql, const char *fmt,
    va_list ap)
{
	sqlite3_stmt *st = prepare(d, sql, e);

	if (st != NULL && bind(st, fmt, ap) != SQLITE_OK) {
		db_fail(d, e, sql);
		sqlite3_reset(st);
		return NULL;
	}
	return st;
}

sqlite3_stmt *
db_query(struct db *d, struct err *e, const char *sql, const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;

	va_start(ap, fmt);
	st = query(d, e, sql, fmt, ap);
	va_end(ap);
	return st;
}

int
db_step(struct db *d, sqlite3_stmt *st, struct err *e)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		db_fail(d, e, sqlite3_sql(st));
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

int
db_run(struct db *d, struct err *e, const char *sql, const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int r;

	va_start(ap, fmt);
	st = query(d, e, sql, fmt, ap);
	va_end(ap);
	if (st == NULL)
		return -1;
	while ((r = db_step(d, st, e)) == 1)
		;
	return r;
}

int
db_number(struct db *d, int64_t *v, struct err *e, const char *sql,
    const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int r;

	va_start(ap, fmt);
	st = query(d, e, sql, fmt, ap);
	va_end(ap);
	if (st == NULL)
		return -1;
	if ((r = db_step(d, st, e)) != 1)
		return r;
	r = sqlite3_column_type(st, 0) != SQLITE_NULL;
	if (r)
		*v = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return r;
}

int64_t
db_i64(sqlite3_stmt *st, int col)
{
	return sqlite3_column_int64(st, col);
}

const void *
db_bytes(sqlite3_stmt *st, int col, size_t *len)
{
	const void *p = sqlite3_column_blob(st, col);

	*len = p ? (size_t)sqlite3_column_bytes(st, col) : 0;
	return p ? p : "";
}

char *
db_str(sqlite3_stmt *st, int col)
{
	size_t len;
	const char *p = db_bytes(st, col, &len);

	return xstrndup(p, len);
}
