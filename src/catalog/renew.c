/*
 * renew.c -- a catalog that is damaged or gone, made anew from a copy.
 *
 * The new database is made and checked in a folder of its own, below the state
 * folder.  Then the old write-ahead log goes aside, since it must never meet a
 * database that it was not written for, and the two change places in one step:
 * a crash leaves the damaged one or the new one, never none.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/db.h"
#include "catalog/impl.h"
#include "catalog/lock.h"
#include "catalog/state.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define FOLDER		"rebuild"
#define WAL		DB_FILE "-wal"
#define CHUNK		((size_t)1 << 20)

struct renewing {
	int		 dir, sub;	/* the state folder; the one below it */
	char		*path;		/* of sub */
	int		 had;		/* there was a database */
};

/* Is what lies there whole?  1 yes, 0 no or nothing, -1. */
static int
is_whole(const char *state_dir, int dir, int *had, struct err *e)
{
	struct db *d = NULL;
	struct stat st;
	int r;

	*had = fstatat(dir, DB_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!*had || st.st_size == 0)
		return 0;
	r = db_open(dir, state_dir, 0, &d, e);
	if (r == 0)
		r = db_check(d, e);
	db_close(d);
	/* A newer fettle's, or one that cannot be looked at, is not damaged. */
	if (r < 0 && (e->kind == ERR_USAGE || e->kind == ERR_DENIED ||
	    e->kind == ERR_FULL))
		return -1;
	return r == 0;
}

static void
empty_sub(int sub)
{
	unlinkat(sub, DB_FILE, 0);
	unlinkat(sub, WAL, 0);
}

static int
open_sub(struct renewing *r, const char *state_dir, struct err *e)
{
	r->path = xasprintf("%s/" FOLDER, state_dir);
	if (mkdirat(r->dir, FOLDER, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "make %s", r->path);
	r->sub = openat(r->dir, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (r->sub < 0)
		return err_sys(e, "open %s", r->path);
	empty_sub(r->sub);
	return 0;
}

static int
copy_in(struct renewing *r, int from, struct err *e)
{
	CLEAN_FD int fd = openat(r->sub, DB_FILE, O_WRONLY | O_CREAT | O_EXCL |
	    O_CLOEXEC | O_NOFOLLOW, 0600);
	CLEAN_FREE char *b = xalloc(CHUNK);
	off_t at = 0;
	ssize_t n;

	if (fd < 0)
		return err_sys(e, "make %s/" DB_FILE, r->path);
	while ((n = pread(from, b, CHUNK, at)) > 0) {
		if (fd_write_all(fd, b, (size_t)n) < 0)
			return err_sys(e, "write %s/" DB_FILE, r->path);
		at += n;
	}
	if (n < 0)
		return err_sys(e, "read the copy of the catalog");
	return fsync(fd) < 0 ? err_sys(e, "flush %s/" DB_FILE, r->path) : 0;
}

/* Numbers of runs that the log knows are not given again. */
static int
number_from(struct db *d, int64_t first_run, struct err *e)
{
	if (db_begin(d, e) < 0)
		return -1;
	if (db_run(d, e, "INSERT INTO sqlite_sequence(name, seq) SELECT 'run', 0 "
	    "WHERE NOT EXISTS(SELECT 1 FROM sqlite_sequence WHERE name = 'run')",
	    "") == 0 && db_run(d, e, "UPDATE sqlite_sequence SET seq = "
	    "max(seq, ?) WHERE name = 'run'", "i", first_run - 1) == 0 &&
	    db_commit(d, e) == 0)
		return 0;
	db_rollback(d);
	return -1;
}

static int
make_new(struct renewing *r, int from, int64_t first_run, struct err *e)
{
	struct db *d = NULL;
	int ret;

	if (from >= 0 && copy_in(r, from, e) < 0)
		return -1;
	ret = db_open(r->sub, r->path, 0, &d, e);
	if (ret == 0)
		ret = db_check(d, e);
	if (ret == 0 && first_run > 1)
		ret = number_from(d, first_run, e);
	db_close(d);
	return ret;
}

/* A name for what is damaged that nothing has yet. */
static int
put_aside(struct renewing *r, const char *name, int from_dir, char *aside,
    struct err *e)
{
	unsigned i;

	for (i = 1; i < 10000; i++) {
		snprintf(aside, CATALOG_ASIDE, "%s.old-%u", name, i);
		if (renameat2(from_dir, name, r->dir, aside,
		    RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return err_sys(e, "put %s aside", name);
}

static int
change_places(struct renewing *r, char *aside, struct err *e)
{
	char wal[CATALOG_ASIDE];

	*aside = '\0';
	if (put_aside(r, WAL, r->dir, wal, e) < 0 && e->sys != ENOENT)
		return -1;
	*e = (struct err){0};
	if (renameat2(r->sub, DB_FILE, r->dir, DB_FILE,
	    r->had ? RENAME_EXCHANGE : RENAME_NOREPLACE) < 0)
		return err_sys(e, "put the new catalog in its place");
	if (r->had && put_aside(r, DB_FILE, r->sub, aside, e) < 0)
		return -1;
	return fsync(r->dir) < 0 ? err_sys(e, "flush the state folder") : 0;
}

static int
renew(struct renewing *r, const char *state_dir, int from, int anyway,
    int64_t first_run, char *aside, struct err *e)
{
	CLEAN_FD int lock = lock_open(r->dir, e);
	struct err why = {0};
	int got = lock < 0 ? -1 : lock_try(lock, e), whole;

	if (got <= 0)
		return got < 0 ? -1 : lock_refused(lock, 0, e);
	whole = is_whole(state_dir, r->dir, &r->had, &why);
	if (whole < 0) {
		*e = why;
		return -1;
	}
	if (whole && !anyway)
		return err_set(e, ERR_EXISTS, "the catalog is whole");
	if (open_sub(r, state_dir, e) < 0 ||
	    make_new(r, from, first_run, e) < 0)
		return -1;
	return change_places(r, aside, e);
}

int
catalog_renew(const char *state_dir, int from, int anyway,
    int64_t first_run, char aside[CATALOG_ASIDE], struct err *e)
{
	struct renewing r = { .dir = -1, .sub = -1 };
	int ret = state_open(state_dir, &r.dir, e);

	if (ret == 0)
		ret = renew(&r, state_dir, from, anyway, first_run, aside, e);
	if (r.sub >= 0) {
		empty_sub(r.sub);
		close(r.sub);
		unlinkat(r.dir, FOLDER, AT_REMOVEDIR);
	}
	if (r.dir >= 0)
		close(r.dir);
	free(r.path);
	return ret;
}
