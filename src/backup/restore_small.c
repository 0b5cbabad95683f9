/* restore_small.c -- files of one blob or none; most files are. */
#include <unistd.h>

#include "apply/lay.h"
#include "backup/restore_folder.h"
#include "backup/restore_impl.h"
#include "backup/restore_record.h"
#include "backup/restore_small.h"
#include "backup/restore_window.h"
#include "util/clean.h"

void
small_end(struct rworker *w, struct rfile *f)
{
	struct rfolder *folder = f->folder;

	f->state = RFILE_DONE;
	f->folder = NULL;
	rfolder_unref(w, folder);
}

void
small_fail(struct rworker *w, struct rfile *f, const struct record *rec,
    const struct err *why)
{
	restore_problem(w, f->folder, rec->name, why);
	small_end(w, f);
}

static int
fill(struct rworker *w, int fd, const void *data, size_t len, int is_new,
    struct err *e)
{
	enum lay_holes holes = !w->r->o->sparse ? LAY_WRITE :
	    is_new ? LAY_SKIP : LAY_PUNCH;

	if (len > 0 && lay_write(fd, 0, data, len, holes, e) < 0)
		return -1;
	return is_new && !w->r->o->sparse ? 0 : lay_size(fd, len, 0, e);
}

/* 0, 1 not all metadata, -1. */
static int
put(struct rworker *w, const struct rfile *f, const struct record *rec,
    const void *data, size_t len, struct err *e)
{
	int is_new = f->state == RFILE_NEW, at, r;
	CLEAN_FD int fd = -1;

	if (rworker_at(w, f->folder, &at, e) < 0)
		return -1;
	r = is_new ? lay_create(at, rec->name, &fd, e) :
	    lay_reopen(at, rec->name, &fd, e);
	if (r < 0)
		return -1;
	if (fill(w, fd, data, len, is_new, e) < 0) {
		if (is_new)
			lay_drop(at, rec->name);
		return -1;
	}
	return lay_dress(fd, &rec->meta, e) < 0;
}

void
small_put(struct rworker *w, struct rfile *f, const struct record *rec,
    const void *data, size_t len)
{
	enum restore_what what = f->state == RFILE_NEW ? RESTORE_MADE :
	    RESTORE_UPDATED;
	struct err e = {0};
	int r;

	if (restore_over(w->r))
		return;
	r = w->r->o->dry_run ? 0 : put(w, f, rec, data, len, &e);
	atomic_fetch_add(&w->r->bytes, len);
	if (r != 0)
		restore_problem(w, f->folder, rec->name, &e);
	if (r >= 0) {
		restore_whole(w->r, f->number);
		restore_item(w, f->folder, rec->name, what, len);
	}
	small_end(w, f);
}
