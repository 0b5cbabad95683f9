/* restore_look.c -- what is there already; see restore_look.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/lay.h"
#include "backup/restore_folder.h"
#include "backup/restore_impl.h"
#include "backup/restore_look.h"
#include "backup/restore_open.h"
#include "backup/restore_record.h"
#include "backup/restore_small.h"
#include "backup/restore_window.h"
#include "crypto/sha256.h"
#include "util/clean.h"
#include "util/fd.h"
#include "util/xalloc.h"

#define PIECE	((size_t)256 << 10)

/* ---- by its name ---- */
static int
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static int
is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec :
	    a->tv_nsec > b->tv_nsec;
}

/* By --overwrite alone: does what is there stay? */
static int
stays(const struct rworker *w, const struct record *rec, const struct stat *st)
{
	return w->r->o->overwrite == RESTORE_NEVER ||
	    (w->r->o->overwrite == RESTORE_IF_NEWER &&
	    !is_newer(&rec->meta.mtime, &st->st_mtim));
}

static enum there_is
clear(struct rworker *w, int at, const char *name, struct err *e)
{
	return w->r->o->dry_run || lay_clear(at, name, w->r->o->delete, e) >= 0 ?
	    THERE_NOT : THERE_ERROR;
}

enum there_is
look_at_name(struct rworker *w, const struct rfolder *f,
    const struct record *rec, uint64_t size, struct there *out, struct err *e)
{
	int at;

	if (f->made)
		return THERE_NOT;
	if (rworker_at(w, f, &at, e) < 0)
		return THERE_ERROR;
	if (fstatat(at, rec->name, &out->st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return THERE_NOT;
		err_sys(e, "look at what is there");
		return THERE_ERROR;
	}
	if (stays(w, rec, &out->st))
		return THERE_LEFT;
	if (!S_ISREG(out->st.st_mode))
		return clear(w, at, rec->name, e);
	out->believed = w->r->o->overwrite == RESTORE_IF_CHANGED &&
	    (uint64_t)out->st.st_size == size &&
	    same_time(&out->st.st_mtim, &rec->meta.mtime);
	return THERE_FILE;
}

enum there_is
look_make_way(struct rworker *w, const struct rfolder *f,
    const struct record *rec, int at, struct err *e)
{
	struct stat st;

	if (f->made || fstatat(at, rec->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return THERE_NOT;
	return stays(w, rec, &st) ? THERE_LEFT : clear(w, at, rec->name, e);
}

/* ---- by its bytes ---- */
static int
is_blob(struct rworker *w, int fd, const struct window *win,
    const struct use *u)
{
	uint32_t left = use_plain(u);
	uint64_t at = u->at;
	struct id got;
	size_t n;

	if (w->piece == NULL)
		w->piece = xalloc(PIECE);
	sha256_start(w->sha);
	for (; left > 0; left -= (uint32_t)n, at += n) {
		n = left < PIECE ? left : PIECE;
		if (fd_pread_full(fd, w->piece, n, at) != (ssize_t)n)
			return 0;
		sha256_add(w->sha, w->piece, n);
	}
	sha256_end(w->sha, got.b);
	return id_equal(&got, &win->ids[u->id]);
}

static int
are_all(struct rworker *w, int fd, const struct window *win,
    const struct rfile *f)
{
	uint32_t i;

	for (i = f->first; i < f->first + f->n; i++)
		if (!is_blob(w, fd, win, &win->uses[i]))
			return 0;
	return 1;
}

static uint64_t
plain_of(const struct window *win, const struct rfile *f)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = f->first; i < f->first + f->n; i++)
		sum += use_plain(&win->uses[i]);
	return sum;
}

/* Its blobs are not to be fetched. */
static void
drop(struct window *win, const struct rfile *f)
{
	uint32_t i;

	for (i = f->first; i < f->first + f->n; i++)
		win->uses[i].pack = USE_NOT;
}

static int
open_there(struct rworker *w, const struct rfolder *f, const char *name)
{
	int at;

	if (rworker_at(w, f, &at, NULL) < 0)
		return -1;
	return openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/* ---- small files ---- */
static void
small_same(struct rworker *w, struct rfile *f, const struct record *rec, int fd,
    uint64_t size)
{
	struct err e = {0};

	if (!w->r->o->dry_run && lay_dress(fd, &rec->meta, &e) < 0)
		restore_problem(w, f->folder, rec->name, &e);
	restore_whole(w->r, f->number);
	atomic_fetch_add(&w->r->skipped_bytes, size);
	restore_item(w, f->folder, rec->name, RESTORE_UNCHANGED, size);
	small_end(w, f);
}

/* 1 it is right as it is; 0 its state says what to do with it; -1. */
static int
look_small_file(struct rworker *w, struct window *win, struct rfile *f,
    const struct record *rec, const struct there *t, struct err *e)
{
	CLEAN_FD int fd = open_there(w, f->folder, rec->name);
	uint64_t size = plain_of(win, f);
	int at;

	if (fd >= 0 && (uint64_t)t->st.st_size == size &&
	    (t->believed || are_all(w, fd, win, f))) {
		small_same(w, f, rec, fd, size);
		return 1;
	}
	f->state = RFILE_OVER;
	if (t->st.st_nlink <= 1)
		return 0;
	f->state = RFILE_NEW;	/* its other names keep what it had */
	return rworker_at(w, f->folder, &at, e) < 0 ||
	    clear(w, at, rec->name, e) == THERE_ERROR ? -1 : 0;
}

static void
look_small(struct rworker *w, struct window *win, struct rfile *f,
    const struct record *rec)
{
	uint64_t size = plain_of(win, f);
	struct err e = {0};
	struct there t;
	int r = 0;

	f->state = RFILE_NEW;
	switch (look_at_name(w, f->folder, rec, size, &t, &e)) {
	case THERE_NOT:
		break;
	case THERE_LEFT:
		atomic_fetch_add(&w->r->skipped_bytes, size);
		restore_item(w, f->folder, rec->name, RESTORE_UNCHANGED, size);
		small_end(w, f);
		r = 1;
		break;
	case THERE_FILE:
		r = look_small_file(w, win, f, rec, &t, &e);
		break;
	case THERE_ERROR:
		r = -1;
	}
	if (r < 0)
		small_fail(w, f, rec, &e);
	else if (r == 0 && (f->n == 0 || w->r->o->dry_run))
		small_put(w, f, rec, NULL, (size_t)size);
	if (f->state == RFILE_DONE)
		drop(win, f);
}

/* ---- slices of large ones ---- */
/* Those that are in place are not fetched: how many. */
static size_t
drop_same(struct rworker *w, struct window *win, const struct rfile *f, int fd)
{
	struct ropen *o = f->open;
	size_t n = 0;
	uint32_t i;

	for (i = f->first; i < f->first + f->n && !restore_over(w->r); i++) {
		struct use *u = &win->uses[i];

		if (o->believed || is_blob(w, fd, win, u)) {
			atomic_fetch_add(&w->r->skipped_bytes, use_plain(u));
			u->pack = USE_NOT;
			n++;
		}
	}
	return n;
}

/* It has other names: all of it is right, or those keep what they have. */
static size_t
look_many(struct rworker *w, struct window *win, const struct rfile *f,
    const struct record *rec, int fd)
{
	struct ropen *o = f->open;
	struct err e = {0};
	int at;

	if (o->believed || (o->was == o->size && are_all(w, fd, win, f)))
		return drop_same(w, win, f, fd);
	o->state = ROPEN_NEW;
	o->sized = 0;
	if (rworker_at(w, f->folder, &at, &e) < 0 ||
	    clear(w, at, rec->name, &e) == THERE_ERROR) {
		o->state = ROPEN_FAILED;
		restore_problem(w, f->folder, rec->name, &e);
	}
	return 0;
}

static size_t
look_over(struct rworker *w, struct window *win, const struct rfile *f,
    const struct record *rec)
{
	CLEAN_FD int fd = open_there(w, f->folder, rec->name);
	struct ropen *o = f->open;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != o->dev ||
	    st.st_ino != o->ino)
		return 0;	/* writing to it will tell */
	return o->many ? look_many(w, win, f, rec, fd) :
	    drop_same(w, win, f, fd);
}

static void
look_slice(struct rworker *w, struct window *win, const struct rfile *f,
    const struct record *rec)
{
	struct ropen *o = f->open;
	enum ropen_state state = ropen_decide(w, o);
	size_t n = 0;

	if (state == ROPEN_OVER) {
		n = look_over(w, win, f, rec);
		state = (enum ropen_state)o->state;
	}
	if (w->r->o->dry_run && n < f->n)
		o->wrote = 1;
	if (state == ROPEN_LEFT)
		atomic_fetch_add(&w->r->skipped_bytes, plain_of(win, f));
	if (w->r->o->dry_run || state == ROPEN_LEFT || state == ROPEN_FAILED) {
		drop(win, f);
		n = f->n;
	}
	if (n > 0)
		ropen_put(w, o, n);
}

void
look_files(struct rworker *w, struct window *win, size_t from, size_t to)
{
	struct record rec;
	struct rfile *f;

	for (; from < to && !restore_over(w->r); from++) {
		f = &win->files[from];
		record_read(win->records.data + f->record, f->record_len,
		    &w->arena, w->r->pick, &rec);
		if (f->open != NULL)
			look_slice(w, win, f, &rec);
		else if (f->folder->made && f->n > 0 && !w->r->o->dry_run)
			f->state = RFILE_NEW;
		else
			look_small(w, win, f, &rec);
	}
}

/* ---- --verify ---- */
static int
prove(struct rworker *w, const struct window *win, const struct rfile *f,
    const char *name, struct err *e)
{
	CLEAN_FD int fd = open_there(w, f->folder, name);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "read it back");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CHANGED, "read it back: it is no file");
	/* From the disk, not from memory. */
	if (f->n > 0 && win->uses[f->first].at == 0)
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if ((f->alone && (uint64_t)st.st_size != plain_of(win, f)) ||
	    !are_all(w, fd, win, f))
		return err_set(e, ERR_CORRUPT, "read it back: it is not what was "
		    "written");
	return 0;
}

void
look_prove(struct rworker *w, struct window *win, size_t from, size_t to)
{
	struct record rec;
	struct err e = {0};
	struct rfile *f;

	for (; from < to && !restore_over(w->r); from++) {
		f = &win->files[from];
		record_read(win->records.data + f->record, f->record_len, NULL,
		    w->r->pick, &rec);
		if (prove(w, win, f, rec.name, &e) < 0)
			restore_problem(w, f->folder, rec.name, &e);
		else if (f->n == 0 || win->uses[f->first].at == 0)
			atomic_fetch_add(&w->r->verified, 1);
		small_end(w, f);
	}
}
