/* tell.c -- what a backup tells while it runs, and how it ends early. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/checkpoint.h"
#include "backup/impl.h"
#include "repo/lock.h"
#include "util/time.h"
#include "util/xalloc.h"

#define PROGRESS_EVERY	((int64_t)100 * 1000)	/* µs */

void
run_progress(struct run *r)
{
	struct backup_progress p = {
		.total_files = r->total_files, .total_bytes = r->total_bytes,
	};
	int64_t now;

	if (r->ev->progress == NULL)
		return;
	now = time_mono();
	if (now - r->said < PROGRESS_EVERY)
		return;
	r->said = now;
	p.files = r->files;
	p.bytes = r->bytes;
	pthread_mutex_lock(&r->tell);
	p.problems = r->problems;
	p.current = r->current;
	r->ev->progress(r->ev->arg, &p);
	pthread_mutex_unlock(&r->tell);
}

void
run_problem(struct run *r, const char *path, const struct err *why)
{
	pthread_mutex_lock(&r->tell);
	r->problems++;
	if (r->ev->problem != NULL)
		r->ev->problem(r->ev->arg, path, why);
	pthread_mutex_unlock(&r->tell);
}

void
run_changed(struct run *r, const char *path)
{
	pthread_mutex_lock(&r->tell);
	r->changed++;
	if (r->ev->changed != NULL)
		r->ev->changed(r->ev->arg, path);
	pthread_mutex_unlock(&r->tell);
}

void
run_note(struct run *r, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (r->ev->note == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&r->tell);
	r->ev->note(r->ev->arg, text);
	pthread_mutex_unlock(&r->tell);
}

void
run_item(struct run *r, const struct backup_item *i)
{
	if (r->ev->item == NULL)
		return;
	pthread_mutex_lock(&r->tell);
	r->ev->item(r->ev->arg, i);
	pthread_mutex_unlock(&r->tell);
}

void
run_current(struct run *r, const char *path)
{
	if (r->ev->progress == NULL)
		return;
	pthread_mutex_lock(&r->tell);
	free(r->current);
	r->current = xstrdup(path);
	pthread_mutex_unlock(&r->tell);
}

int
run_fail(struct run *r, const struct err *why)
{
	pthread_mutex_lock(&r->fatal_lock);
	if (!atomic_load(&r->over)) {
		r->fatal = *why;
		atomic_store(&r->over, 1);
	}
	pthread_mutex_unlock(&r->fatal_lock);
	return -1;
}

int
run_check(struct run *r)
{
	struct err e = {0};

	if (run_over(r))
		return 1;
	if (r->o->stop != NULL && r->o->stop(r->o->stop_arg)) {
		checkpoint_now(r);
		err_set(&e, ERR_STOPPED, "stopped");
	} else if (r->o->lock != NULL && lock_lost(r->o->lock)) {
		err_set(&e, ERR_LOCKED, "the lock was lost: it could not be "
		    "refreshed in time");
	} else {
		return 0;
	}
	run_fail(r, &e);
	return 1;
}

int
run_save(struct run *r, struct repo_hand *hand, enum blob_type t,
    const void *data, size_t len, struct id *id, struct saved *how)
{
	struct err e = {0};

	if (saver_save(r->saver, hand, t, data, len, id, how, &e) < 0)
		return run_fail(r, &e);
	return 0;
}
