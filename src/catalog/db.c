/*
 * db.c -- the connection and its guards.
 *
 * WAL with synchronous=FULL: measured, NORMAL loses acknowledged commits at a
 * power cut, DELETE+FULL loses the last one.  locking_mode=EXCLUSIVE keeps
 * other programs out and needs no -shm.  Checkpoints are ours, from this one
 * connection: with two, 3.40 has a race that corrupts.
 *
 * The clean mark (meta.clean) is taken away in the first transaction that
 * changes something and set again at the end, so a mere look writes nothing.
 * Where it is missing at the start, the last owner was killed: SQLite repairs
 * by its WAL, and we check the whole file before believing it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/db.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define APPLICATION_ID	0x66746c65	/* "ftle" */
#define BLOB_LIMIT	(64 << 20)

static const char pragmas[] =
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON;"
    "PRAGMA mmap_size=0;"
    "PRAGMA foreign_keys=OFF;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA secure_delete=OFF;";

static const char journal[] =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA wal_autocheckpoint=0;";

static int
note_wal(void *arg, sqlite3 *h, const char *name, int pages)
{
	struct db *d = arg;

	(void)h;
	(void)name;
	d->wal_pages = pages;
	return SQLITE_OK;
}

/* SQLite would make it with the umask's mode. */
static int
make_file(struct db *d)
{
	CLEAN_FD int fd = openat(d->dir_fd, DB_FILE,
	    O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -1 : 0;
	fd = openat(d->dir_fd, DB_FILE,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -1 : fsync(d->dir_fd);
}

static int
open_file(struct db *d, int in_memory, struct err *e)
{
	CLEAN_FREE char *path = xasprintf("%s/%s", d->dir, DB_FILE);

	if (!in_memory && make_file(d) < 0)
		return err_sys(e, "open %s", path);
	if (sqlite3_open_v2(in_memory ? ":memory:" : path, &d->h,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return db_fail(d, e, "open");
	sqlite3_extended_result_codes(d->h, 1);
	sqlite3_busy_timeout(d->h, 2000);
	sqlite3_limit(d->h, SQLITE_LIMIT_LENGTH, BLOB_LIMIT);
	sqlite3_db_config(d->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(d->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return db_exec(d, pragmas, e);
}

/* A file that is not ours, or of a time to come, is not touched. */
static int
check_whose(struct db *d, struct err *e)
{
	int64_t id, version, things;

	if (db_number(d, &id, e, "PRAGMA application_id", "") < 0 ||
	    db_number(d, &version, e, "PRAGMA user_version", "") < 0 ||
	    db_number(d, &things, e,
	    "SELECT count(*) FROM sqlite_schema", "") < 0)
		return -1;
	if (id != APPLICATION_ID && (id != 0 || things != 0))
		return err_set(e, ERR_CORRUPT,
		    "%s/%s is not a catalog of fettle", d->dir, DB_FILE);
	if (version > db_schema_len)
		return err_set(e, ERR_USAGE, "%s/%s was written by a newer "
		    "fettle (its schema is %lld, this one knows %d): "
		    "use that one", d->dir, DB_FILE, (long long)version,
		    db_schema_len);
	return 0;
}

int
db_check(struct db *d, struct err *e)
{
	sqlite3_stmt *st = db_query(d, e, "PRAGMA quick_check(1)", "");
	CLEAN_FREE char *word = NULL;

	if (st == NULL || db_step(d, st, e) != 1)
		return -1;
	word = db_str(st, 0);
	sqlite3_reset(st);
	if (strcmp(word, "ok") != 0)
		return err_set(e, ERR_CORRUPT, "%s/%s is damaged (%.200s): "
		    "fettle catalog rebuild", d->dir, DB_FILE, word);
	return 0;
}

static void
boot_id(char out[40])
{
	CLEAN_FD int fd = open("/proc/sys/kernel/random/boot_id",
	    O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, 36);

	out[n > 0 ? n : 0] = '\0';
}

/* Keep when it was, until somebody has looked (catalog_cut). */
static int
note_cut(struct db *d, const char *old_boot, struct err *e)
{
	char boot[40];

	boot_id(boot);
	if (db_begin(d, e) < 0)
		return -1;
	if ((strcmp(boot, old_boot) != 0 && db_run(d, e,
	    "INSERT OR IGNORE INTO meta SELECT 'cut', t FROM "
	    "(SELECT max(time) AS t FROM batch) WHERE t IS NOT NULL",
	    "") < 0) || db_commit(d, e) < 0) {
		db_rollback(d);
		return -1;
	}
	return 0;
}

/* The last owner did not say goodbye. */
static int
after_crash(struct db *d, struct err *e)
{
	CLEAN_FREE char *boot = NULL;
	sqlite3_stmt *st;
	struct err ignored;

	if (db_check(d, e) < 0 || (st = db_query(d, e,
	    "SELECT value FROM meta WHERE name = 'boot'", "")) == NULL)
		return -1;
	boot = db_step(d, st, e) == 1 ? db_str(st, 0) : xstrdup("");
	sqlite3_reset(st);
	/* With no room to write, reading must still be possible. */
	note_cut(d, boot, &ignored);
	return 0;
}

static int
start(struct db *d, int in_memory, struct err *e)
{
	int64_t clean = 1;

	if (open_file(d, in_memory, e) < 0 || check_whose(d, e) < 0 ||
	    db_exec(d, journal, e) < 0)
		return -1;
	sqlite3_wal_hook(d->h, note_wal, d);
	if (db_migrate(d, db_schema, db_schema_len, e) < 0 ||
	    db_number(d, &clean, e,
	    "SELECT value FROM meta WHERE name = 'clean'", "") < 0)
		return -1;
	return clean ? 0 : after_crash(d, e);
}

int
db_open(int dir_fd, const char *dir, int in_memory, struct db **out,
    struct err *e)
{
	struct db *d = xalloc(sizeof(*d));

	d->dir = xstrdup(dir);
	d->dir_fd = dir_fd;
	if (start(d, in_memory, e) < 0) {
		db_close(d);
		return -1;
	}
	*out = d;
	return 0;
}

void
db_close(struct db *d)
{
	struct err e = {0};
	size_t i;

	if (d == NULL)
		return;
	db_rollback(d);
	if (d->dirty && !d->broken.kind && db_begin(d, &e) == 0 &&
	    (db_run(d, &e, "INSERT OR REPLACE INTO meta VALUES('clean', 1)",
	    "") < 0 || db_commit(d, &e) < 0))
		db_rollback(d);
	for (i = 0; i < d->n_kept; i++)
		sqlite3_finalize(d->kept[i].st);
	sqlite3_close(d->h);	/* the last one checkpoints by itself */
	free(d->dir);
	free(d);
}

int
db_begin(struct db *d, struct err *e)
{
	char boot[40];

	if (d->broken.kind != ERR_NONE) {
		if (e != NULL)
			*e = d->broken;
		return -1;
	}
	if (db_run(d, e, "BEGIN IMMEDIATE", "") < 0)
		return -1;
	d->in_txn = 1;
	if (d->dirty)
		return 0;
	boot_id(boot);
	if (db_run(d, e, "INSERT OR REPLACE INTO meta VALUES('clean', 0)",
	    "") < 0 || db_run(d, e,
	    "INSERT OR REPLACE INTO meta VALUES('boot', ?)", "s", boot) < 0) {
		db_rollback(d);
		return -1;
	}
	return 0;
}

static void
checkpoint(struct db *d)
{
	int rc = sqlite3_wal_checkpoint_v2(d->h, NULL,
	    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	/* Want of room leaves all in the WAL; a bad disk ends the writing. */
	if (rc != SQLITE_OK && (rc & 0xff) == SQLITE_IOERR)
		db_fail(d, NULL, "checkpoint");
	d->wal_pages = 0;
}

int
db_commit(struct db *d, struct err *e)
{
	if (db_run(d, e, "COMMIT", "") < 0)
		return -1;
	d->in_txn = 0;
	d->dirty = 1;
	if (d->wal_pages > DB_CHECKPOINT)
		checkpoint(d);
	return 0;
}

void
db_rollback(struct db *d)
{
	if (d->in_txn && !sqlite3_get_autocommit(d->h))
		sqlite3_exec(d->h, "ROLLBACK", NULL, NULL, NULL);
	d->in_txn = 0;
}

int
db_copy(struct db *d, const char *path, struct err *e)
{
	CLEAN_FREE char *dir = xstrdup(path);
	char *name = strrchr(dir, '/');
	CLEAN_FD int dir_fd = -1, fd = -1;

	if (*path != '/' || name[1] == '\0')
		return err_set(e, ERR_USAGE, "%s: not an absolute path", path);
	*name++ = '\0';
	dir_fd = open(*dir ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return err_sys(e, "open %s", dir);
	/* Ours from the first moment on, and never somebody's old file. */
	fd = openat(dir_fd, name,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, "copy the catalog to %s", path);
	if (db_run(d, e, "VACUUM INTO ?", "t", path) == 0) {
		if (fsync(fd) == 0 && fsync(dir_fd) == 0)
			return 0;
		err_sys(e, "flush %s", path);
	}
	unlinkat(dir_fd, name, 0);
	return -1;
}
