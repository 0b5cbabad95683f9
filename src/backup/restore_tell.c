/* restore_tell.c -- what a restore tells while it runs, and how it ends early. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backup/restore_folder.h"
#include "backup/restore_impl.h"
#include "util/time.h"
#include "util/xalloc.h"

#define PROGRESS_EVERY	((int64_t)100 * 1000)	/* µs */

int
restore_fail(struct restore *r, const struct err *why)
{
	pthread_mutex_lock(&r->fatal_lock);
	if (!atomic_load(&r->over)) {
		r->fatal = *why;
		atomic_store(&r->over, 1);
	}
	pthread_mutex_unlock(&r->fatal_lock);
	return -1;
}

void
restore_tick(struct restore *r)
{
	struct restore_progress p = {0};
	struct err e = {0};
	int64_t now;

	if (r->o->stop != NULL && !restore_over(r) &&
	    r->o->stop(r->o->stop_arg)) {
		err_set(&e, ERR_STOPPED, "stopped");
		restore_fail(r, &e);
	}
	if (r->ev->progress == NULL || r->proving)
		return;
	now = time_mono();
	if (now - r->said < PROGRESS_EVERY)
		return;
	r->said = now;
	p.files = r->files;
	p.total_files = r->total_files;
	p.bytes = r->bytes;
	p.total_bytes = r->total_bytes;
	p.skipped = r->skipped;
	p.skipped_bytes = r->skipped_bytes;
	p.deleted = r->deleted;
	pthread_mutex_lock(&r->tell);
	r->ev->progress(r->ev->arg, &p);
	pthread_mutex_unlock(&r->tell);
}

/* Its path in the snapshot, in w->path. */
static const char *
path_of(struct rworker *w, const struct rfolder *f, const char *name)
{
	size_t at;

	buf_reset(&w->path);
	buf_adds(&w->path, w->r->top);
	buf_addc(&w->path, '/');
	at = w->path.len;
	rfolder_path(f, &w->path);
	if (w->path.len > at && *name != '\0')
		buf_addc(&w->path, '/');
	buf_adds(&w->path, name);
	if (w->path.len > 1 && w->path.data[w->path.len - 1] == '/')
		w->path.len--;
	return buf_str(&w->path);
}

void
restore_problem(struct rworker *w, const struct rfolder *f, const char *name,
    const struct err *why)
{
	struct restore *r = w->r;
	const char *path;

	if (restore_over(r))
		return;
	if (why->sys == ENOSPC || why->sys == EDQUOT) {
		restore_fail(r, why);
		return;
	}
	path = path_of(w, f, name);
	atomic_fetch_add(&r->problems, 1);
	if (r->ev->problem == NULL)
		return;
	pthread_mutex_lock(&r->tell);
	r->ev->problem(r->ev->arg, path, why);
	pthread_mutex_unlock(&r->tell);
}

void
restore_item(struct rworker *w, const struct rfolder *f, const char *name,
    enum restore_what what, uint64_t size)
{
	struct restore *r = w->r;
	const char *path;

	if (what == RESTORE_DELETED)
		atomic_fetch_add(&r->deleted, 1);
	else if (what == RESTORE_UNCHANGED)
		atomic_fetch_add(&r->skipped, 1);
	else
		atomic_fetch_add(&r->files, 1);
	if (r->ev->item == NULL)
		return;
	path = path_of(w, f, name);
	pthread_mutex_lock(&r->tell);
	r->ev->item(r->ev->arg, path, what, size);
	pthread_mutex_unlock(&r->tell);
}

void
restore_whole(struct restore *r, uint32_t number)
{
	size_t at = number / 8, had;

	if (!r->o->verify)
		return;
	pthread_mutex_lock(&r->tell);
	if (at >= r->whole_cap) {
		had = r->whole_cap;
		r->whole_cap = at * 2 + 4096;
		r->whole = xrealloc(r->whole, r->whole_cap, 1);
		memset(r->whole + had, 0, r->whole_cap - had);
	}
	r->whole[at] |= (unsigned char)(1u << number % 8);
	pthread_mutex_unlock(&r->tell);
}

int
restore_is_whole(struct restore *r, uint32_t number)
{
	size_t at = number / 8;

	return at < r->whole_cap && (r->whole[at] >> number % 8 & 1);
}
