/* restore_open.c -- files of several blobs; see restore_open.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "apply/lay.h"
#include "backup/restore_folder.h"
#include "backup/restore_impl.h"
#include "backup/restore_look.h"
#include "backup/restore_open.h"
#include "backup/restore_record.h"
#include "util/clean.h"
#include "util/xalloc.h"

#define OPEN_MAX_	512
#define OPEN_MIN	16

struct open_files {
	struct restore	*r;
	pthread_mutex_t	 lock;		/* of all below, and of fds */
	struct ropen	*newest, *oldest;
	size_t		 n_open, max;
	struct ropen	*all;
};

struct open_files *
open_files_new(struct restore *r)
{
	struct open_files *of = xalloc(sizeof(*of));
	struct rlimit l;

	of->r = r;
	pthread_mutex_init(&of->lock, NULL);
	of->max = OPEN_MIN;
	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur / 2 > OPEN_MIN)
		of->max = l.rlim_cur / 2 > OPEN_MAX_ ? OPEN_MAX_ :
		    (size_t)(l.rlim_cur / 2);
	return of;
}

struct ropen *
ropen_new(struct open_files *of, struct rfolder *f, const void *record,
    size_t len, uint64_t size, uint32_t number)
{
	struct ropen *o = xalloc(sizeof(*o) + len);

	rfolder_ref(f);
	o->folder = f;
	o->size = size;
	o->number = number;
	o->left = 1;
	o->fd = -1;
	o->record_len = len;
	memcpy(o->record, record, len);
	pthread_mutex_lock(&of->lock);
	o->next = of->all;
	if (of->all != NULL)
		of->all->prev = o;
	of->all = o;
	pthread_mutex_unlock(&of->lock);
	return o;
}

static const char *
name_of(const struct ropen *o, struct record *rec)
{
	record_read(o->record, o->record_len, NULL, NULL, rec);
	return rec->name;
}

/* ---- which are open, under the lock ---- */
static void
unlist(struct open_files *of, struct ropen *o)
{
	*(o->newer != NULL ? &o->newer->older : &of->newest) = o->older;
	*(o->older != NULL ? &o->older->newer : &of->oldest) = o->newer;
	o->newer = o->older = NULL;
	of->n_open--;
}

static void
list_newest(struct open_files *of, struct ropen *o)
{
	o->older = of->newest;
	*(of->newest != NULL ? &of->newest->newer : &of->oldest) = o;
	of->newest = o;
	of->n_open++;
}

static void
shut(struct open_files *of, struct ropen *o)
{
	if (o->fd < 0)
		return;
	unlist(of, o);
	close(o->fd);
	o->fd = -1;
}

static void
make_room(struct open_files *of)
{
	struct ropen *o = of->oldest, *newer;

	for (; o != NULL && of->n_open >= of->max; o = newer) {
		newer = o->newer;
		if (o->users == 0)
			shut(of, o);
	}
}

/* It is the file that was looked at, or made: somebody may have put another into
 * its place while it was closed. */
static int
is_it(const struct ropen *o, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_dev == o->dev && st.st_ino == o->ino)
		return 0;
	return err_set(e, ERR_CHANGED, "another file took its place");
}

static int
open_new(struct rworker *w, struct ropen *o, int at, const char *name, int *fd,
    struct err *e)
{
	char part[TOKEN_NAME];
	struct stat st;

	lay_part(name, part);
	if (o->made)
		return lay_reopen(at, part, fd, e);
	if (lay_create_part(at, part, fd, e) < 0)
		return -1;
	if (fstat(*fd, &st) < 0 ||
	    lay_size(*fd, o->size, !w->r->o->sparse, e) < 0) {
		close(*fd);
		lay_drop(at, part);
		return -1;
	}
	o->dev = st.st_dev;
	o->ino = st.st_ino;
	o->made = o->sized = 1;
	return 0;
}

static int
open_it(struct rworker *w, struct ropen *o, int *fd, struct err *e)
{
	struct record rec;
	const char *name = name_of(o, &rec);
	int at;

	if (rworker_at(w, o->folder, &at, e) < 0)
		return -1;
	if (o->state == ROPEN_NEW) {
		if (open_new(w, o, at, name, fd, e) < 0)
			return -1;
	} else if (lay_reopen(at, name, fd, e) < 0)
		return -1;
	if (is_it(o, *fd, e) < 0 ||
	    (!o->sized && lay_size(*fd, o->size, 0, e) < 0)) {
		close(*fd);
		return -1;
	}
	o->sized = 1;
	return 0;
}

static int
acquire(struct rworker *w, struct ropen *o, struct err *e)
{
	struct open_files *of = w->r->open;
	int fd = -1, r = 0;

	pthread_mutex_lock(&of->lock);
	if (o->fd >= 0) {
		unlist(of, o);
		list_newest(of, o);
	} else {
		make_room(of);
		r = open_it(w, o, &fd, e);
		if (r == 0) {
			o->fd = fd;
			list_newest(of, o);
		}
	}
	if (r == 0)
		o->users++;
	pthread_mutex_unlock(&of->lock);
	return r;
}

static void
release(struct rworker *w, struct ropen *o)
{
	struct open_files *of = w->r->open;

	pthread_mutex_lock(&of->lock);
	o->users--;
	pthread_mutex_unlock(&of->lock);
}

/* ---- what is there already ---- */
static void
decide(struct rworker *w, struct ropen *o)
{
	struct record rec;
	struct err e = {0};
	struct there t;

	record_read(o->record, o->record_len, NULL, w->r->pick, &rec);
	switch (look_at_name(w, o->folder, &rec, o->size, &t, &e)) {
	case THERE_NOT:
		o->state = ROPEN_NEW;
		return;
	case THERE_LEFT:
		o->state = ROPEN_LEFT;
		return;
	case THERE_FILE:
		o->state = ROPEN_OVER;
		o->dev = t.st.st_dev;
		o->ino = t.st.st_ino;
		o->was = (uint64_t)t.st.st_size;
		o->many = t.st.st_nlink > 1;
		o->believed = t.believed != 0;
		o->sized = o->was == o->size;
		return;
	case THERE_ERROR:
		o->state = ROPEN_FAILED;
		restore_problem(w, o->folder, rec.name, &e);
	}
}

enum ropen_state
ropen_decide(struct rworker *w, struct ropen *o)
{
	struct open_files *of = w->r->open;

	pthread_mutex_lock(&of->lock);
	if (o->state == ROPEN_UNKNOWN)
		decide(w, o);
	pthread_mutex_unlock(&of->lock);
	return (enum ropen_state)o->state;
}

/* ---- pieces ---- */
void
ropen_write(struct rworker *w, struct ropen *o, uint64_t at, const void *data,
    size_t len)
{
	int is_new = o->state == ROPEN_NEW;
	enum lay_holes holes = w->r->o->sparse ?
	    is_new ? LAY_SKIP : LAY_PUNCH : is_new ? LAY_THERE : LAY_WRITE;
	struct err e = {0};
	int r;

	if (restore_over(w->r) || o->state == ROPEN_FAILED)
		return;
	r = acquire(w, o, &e);
	if (r == 0) {
		r = lay_write(o->fd, at, data, len, holes, &e);
		release(w, o);
	}
	if (r < 0)
		ropen_break(w, o, &e);
	else
		o->wrote = 1;
	atomic_fetch_add(&w->r->bytes, len);
}

void
ropen_break(struct rworker *w, struct ropen *o, const struct err *why)
{
	struct record rec;

	if (atomic_exchange(&o->broken, 1) == 0)
		restore_problem(w, o->folder, name_of(o, &rec), why);
}

/* ---- the end of a file ---- */
/* What is as it should be but for its metadata; it may be readable only. */
static int
dress_there(struct rworker *w, struct ropen *o, const struct record *rec,
    struct err *e)
{
	CLEAN_FD int fd = -1;
	int at;

	if (rworker_at(w, o->folder, &at, e) < 0)
		return -1;
	fd = openat(at, rec->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open it");
	return is_it(o, fd, e) < 0 ? -1 : lay_dress(fd, &rec->meta, e);
}

/* Metadata, and of a new one its name: 0, 1 but not all metadata, -1. */
static int
complete(struct rworker *w, struct ropen *o, const struct record *rec,
    struct err *e)
{
	char part[TOKEN_NAME];
	int at, bad;

	if (acquire(w, o, e) < 0)
		return -1;
	bad = lay_dress(o->fd, &rec->meta, e) < 0;
	pthread_mutex_lock(&w->r->open->lock);
	o->users--;
	shut(w->r->open, o);
	pthread_mutex_unlock(&w->r->open->lock);
	if (o->state != ROPEN_NEW)
		return bad;
	if (rworker_at(w, o->folder, &at, e) < 0)
		return -1;
	lay_part(rec->name, part);
	return lay_show(at, part, rec->name, e) < 0 ? -1 : bad;
}

/* Nothing of it is worth a name, or it all ends. */
static void
forget(struct rworker *w, struct ropen *o)
{
	char part[TOKEN_NAME];
	struct record rec;
	int at;

	if (o->state != ROPEN_NEW || !o->made ||
	    rworker_at(w, o->folder, &at, NULL) < 0)
		return;
	lay_part(name_of(o, &rec), part);
	lay_drop(at, part);
}

static int
is_touched(const struct ropen *o)
{
	return o->state == ROPEN_NEW || o->wrote || o->was != o->size;
}

static void
finish(struct rworker *w, struct ropen *o)
{
	struct restore *r = w->r;
	struct record rec;
	struct err e = {0};
	int rc;

	record_read(o->record, o->record_len, &w->arena, w->r->pick, &rec);
	if (o->state == ROPEN_LEFT)
		restore_item(w, o->folder, rec.name, RESTORE_UNCHANGED, o->size);
	if (o->state != ROPEN_NEW && o->state != ROPEN_OVER)
		return;
	if (o->broken && !o->wrote) {
		forget(w, o);
		return;
	}
	rec.meta.no_times = o->broken;
	rc = r->o->dry_run ? 0 : is_touched(o) ? complete(w, o, &rec, &e) :
	    dress_there(w, o, &rec, &e);
	if (rc != 0)
		restore_problem(w, o->folder, rec.name, &e);
	if (rc < 0)
		forget(w, o);
	if (rc < 0 || o->broken)
		return;
	restore_whole(r, o->number);
	restore_item(w, o->folder, rec.name, !is_touched(o) ?
	    RESTORE_UNCHANGED : o->state == ROPEN_NEW ? RESTORE_MADE :
	    RESTORE_UPDATED, o->size);
}

static void
end(struct rworker *w, struct ropen *o)
{
	struct open_files *of = w->r->open;

	pthread_mutex_lock(&of->lock);
	shut(of, o);
	*(o->prev != NULL ? &o->prev->next : &of->all) = o->next;
	if (o->next != NULL)
		o->next->prev = o->prev;
	pthread_mutex_unlock(&of->lock);
	rfolder_unref(w, o->folder);
	free(o);
}

void
ropen_put(struct rworker *w, struct ropen *o, size_t n)
{
	if (atomic_fetch_sub(&o->left, n) != n)
		return;
	if (restore_over(w->r))
		forget(w, o);
	else if (!w->r->proving)
		finish(w, o);
	end(w, o);
}

void
open_files_free(struct open_files *of, struct rworker *w)
{
	struct ropen *o, *next;

	if (of == NULL)
		return;
	for (o = of->all; o != NULL; o = next) {
		next = o->next;
		forget(w, o);
		end(w, o);
	}
	pthread_mutex_destroy(&of->lock);
	free(of);
}
