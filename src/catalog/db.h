#ifndef CATALOG_DB_H
#define CATALOG_DB_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/*
 * The database file: one connection, opened with every guard SQLite has, that
 * writes and checkpoints.  This header is the only one with sqlite3.h in it.
 *
 * Statements are kept by the address of their text, so sql must be a literal.
 * Binding follows a format, a letter a parameter:
 *	i int64_t	u uint64_t	b const void *, size_t (NULL: SQL NULL)
 *	s const char * (stored as bytes)	t the same, as text
 */
struct db {
	sqlite3		*h;
	struct {
		const char	*sql;
		sqlite3_stmt	*st;
	}		 kept[96];
	size_t		 n_kept;
	char		*dir;		/* the state folder, for messages */
	int		 dir_fd;	/* borrowed */
	int		 dirty;		/* the clean mark is taken away */
	int		 in_txn;
	int		 wal_pages;
	struct err	 broken;	/* a write failed: only reads from here on */
};

#define DB_FILE		"catalog.db"
#define DB_CHECKPOINT	((int)((16 << 20) / 4096))	/* pages of WAL */

/* A new file gets its schema, an old one is copied and migrated, one that
 * ended uncleanly is checked.  In memory: for tests. */
int db_open(int dir_fd, const char *dir, int in_memory, struct db **out,
    struct err *e);
/* Look through the whole file: ERR_CORRUPT if it is damaged. */
int db_check(struct db *d, struct err *e);
/* Marks it clean, checkpoints, closes.  NULL is fine. */
void db_close(struct db *d);

/* Several statements, no parameters, no rows. */
int db_exec(struct db *d, const char *sql, struct err *e);
/* Prepare (or take from the kept ones) and bind; NULL on failure. */
sqlite3_stmt *db_query(struct db *d, struct err *e, const char *sql,
    const char *fmt, ...);
/* 1 a row, 0 the end, -1; at the end and on failure it is reset. */
int db_step(struct db *d, sqlite3_stmt *st, struct err *e);
/* A query that gives no rows. */
int db_run(struct db *d, struct err *e, const char *sql, const char *fmt, ...);
/* The first column of the first row: 1 and *v, 0 no row or NULL, -1. */
int db_number(struct db *d, int64_t *v, struct err *e, const char *sql,
    const char *fmt, ...);

/* Columns; bytes are borrowed until the next step. */
int64_t db_i64(sqlite3_stmt *st, int col);
const void *db_bytes(sqlite3_stmt *st, int col, size_t *len);
/* As a C string to be freed; "" for NULL. */
char *db_str(sqlite3_stmt *st, int col);

/*
 * Transactions.  begin refuses (with the old reason) once a write has failed;
 * a failure by want of room or I/O is noted in broken by db_fail, which the
 * caller may clear once after making room.
 */
int db_begin(struct db *d, struct err *e);
int db_commit(struct db *d, struct err *e);
void db_rollback(struct db *d);

/* Tell what SQLite said of sql; always -1. */
int db_fail(struct db *d, struct err *e, const char *sql);

/* A whole copy as a new file, flushed; ERR_EXISTS if the name is taken. */
int db_copy(struct db *d, const char *path, struct err *e);

/*
 * Schemas: steps[i] brings a database from version i to i + 1.  A file with
 * something in it is copied beside (catalog.db.v<old>) before.
 */
int db_migrate(struct db *d, const char *const *steps, int n, struct err *e);
extern const char *const db_schema[];
extern const int db_schema_len;

#endif
