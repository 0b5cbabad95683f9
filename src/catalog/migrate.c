/*
 * migrate.c -- the schema, and how an old one becomes today's.
 *
 * Never change a step that was released: add one.  Before a file that holds
 * something is migrated it is copied whole beside itself, so the older program
 * can be brought back together with the copy.
 *
 * The tables:
 *	run		a run, as `fettle runs` tells it
 *	run_job		its jobs, by the numbers that entries use
 *	batch		a packed batch of intents: phase, and results when ended
 *	batch_data	its bytes, apart, so that ending it does not rewrite them
 *	done		fingerprints of what a rule has done, 8 bytes each
 *	event		`where`: a row an entry that was done, unpacked later;
 *			id is (batch << 20 | place in it)
 *	text		folders and reasons of events, told once
 *	kv, kv_part	small things by name; large ones in parts
 * Names and paths are BLOBs: they are bytes, not text.
 */
#include <stdio.h>
#include <unistd.h>

#include "catalog/db.h"
#include "util/clean.h"
#include "util/xalloc.h"

static const char first[] =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value ANY)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE run(number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " started INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0,"
    " cause BLOB NOT NULL, command BLOB NOT NULL,"
    " state INTEGER NOT NULL DEFAULT 0,"
    " undoes INTEGER NOT NULL DEFAULT 0,"
    " undone_by INTEGER NOT NULL DEFAULT 0,"
    " done INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0,"
    " failed INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0,"
    " waiting INTEGER NOT NULL DEFAULT 0,"
    " changes INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX run_going ON run(number) WHERE state = 0;"
    "CREATE TABLE run_job(run INTEGER NOT NULL, job INTEGER NOT NULL,"
    " name BLOB NOT NULL, kind BLOB NOT NULL, hash INTEGER NOT NULL,"
    " PRIMARY KEY(run, job)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE batch(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " run INTEGER NOT NULL, time INTEGER NOT NULL,"
    " phase INTEGER NOT NULL DEFAULT 0, n INTEGER NOT NULL,"
    " done INTEGER NOT NULL DEFAULT 0,"
    " unpacked INTEGER NOT NULL DEFAULT 0, results BLOB) STRICT;"
    "CREATE INDEX batch_run ON batch(run);"
    "CREATE INDEX batch_pending ON batch(id) WHERE phase < 2;"
    "CREATE INDEX batch_packed ON batch(id)"
    " WHERE phase = 2 AND unpacked = 0;"
    "CREATE INDEX batch_damaged ON batch(run) WHERE unpacked = 2;"
    "CREATE TABLE batch_data(id INTEGER PRIMARY KEY,"
    " bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE done(id INTEGER PRIMARY KEY, rule INTEGER NOT NULL,"
    " keys BLOB NOT NULL) STRICT;"
    "CREATE INDEX done_rule ON done(rule);"
    "CREATE TABLE text(id INTEGER PRIMARY KEY,"
    " bytes BLOB NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE event(id INTEGER PRIMARY KEY, run INTEGER NOT NULL,"
    " job INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " event INTEGER NOT NULL, from_dir INTEGER, from_name BLOB,"
    " to_dir INTEGER, to_name BLOB, why INTEGER,"
    " fs INTEGER NOT NULL, ino INTEGER NOT NULL, btime INTEGER NOT NULL,"
    " fs2 INTEGER, ino2 INTEGER, btime2 INTEGER) STRICT;"
    "CREATE INDEX event_from ON event(from_name)"
    " WHERE from_name IS NOT NULL;"
    "CREATE INDEX event_to ON event(to_name) WHERE to_name IS NOT NULL;"
    "CREATE INDEX event_ino ON event(ino) WHERE ino <> 0;"
    "CREATE INDEX event_ino2 ON event(ino2) WHERE ino2 IS NOT NULL;"
    "CREATE TABLE kv(id INTEGER PRIMARY KEY, space BLOB NOT NULL,"
    " name BLOB NOT NULL, data BLOB, parts INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE(space, name)) STRICT;"
    "CREATE TABLE kv_part(id INTEGER NOT NULL, part INTEGER NOT NULL,"
    " data BLOB NOT NULL, PRIMARY KEY(id, part)) STRICT;";

const char *const db_schema[] = {
	first,
};
const int db_schema_len = sizeof(db_schema) / sizeof(db_schema[0]);

#define APPLICATION_ID	"PRAGMA application_id=0x66746c65;"

static int
step(struct db *d, const char *sql, int to, struct err *e)
{
	char version[64];

	snprintf(version, sizeof(version), "PRAGMA user_version=%d;", to);
	if (db_exec(d, "BEGIN IMMEDIATE", e) < 0)
		return -1;
	d->in_txn = 1;
	if (db_exec(d, sql, e) < 0 || db_exec(d, APPLICATION_ID, e) < 0 ||
	    db_exec(d, version, e) < 0 || db_exec(d, "COMMIT", e) < 0) {
		db_rollback(d);
		return -1;
	}
	d->in_txn = 0;
	return 0;
}

/* A copy left by an earlier try, which may be half, is replaced. */
static int
copy_before(struct db *d, int version, struct err *e)
{
	CLEAN_FREE char *name = xasprintf("%s.v%d", DB_FILE, version);
	CLEAN_FREE char *path = xasprintf("%s/%s", d->dir, name);

	unlinkat(d->dir_fd, name, 0);
	if (db_copy(d, path, e) < 0)
		return err_wrap(e, "the catalog is copied before it is "
		    "migrated");
	return 0;
}

int
db_migrate(struct db *d, const char *const *steps, int n, struct err *e)
{
	int64_t version = 0;
	int i;

	if (db_number(d, &version, e, "PRAGMA user_version", "") < 0)
		return -1;
	if (version > 0 && version < n &&
	    copy_before(d, (int)version, e) < 0)
		return -1;
	for (i = (int)version; i < n; i++)
		if (step(d, steps[i], i + 1, e) < 0)
			return -1;
	return 0;
}
