/*
 * lock.c -- see lock.h.  Taking one, as restic does it:
 *
 *	1. read all locks: if one excludes us, or we exclude it, end
 *	2. write ours
 *	3. wait 200 ms, unless whoever comes now is sure to see ours
 *	4. read all others again; if there is a conflict, remove ours and end
 *
 * Of two who come at the same time at least one sees the other in step 4.
 * Refreshing is a new file and the old one's removal, so there is one at any
 * instant.  All ages are by the wall clock, which goes on while the machine
 * sleeps: after a long sleep others may have taken our lock for stale, and
 * removed it.  Then it is lost; it is kept only if our file was there before and
 * after we wrote another.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "repo/lock_impl.h"
#include "repo/repo.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/thread.h"
#include "util/time.h"
#include "util/xalloc.h"

#define SECOND		((int64_t)1000000)
#define BAD_TRIES	4

const struct lock_pace lock_pace = {
	.settle = SECOND / 5,
	.refresh = LOCK_REFRESH,
	.overdue = LOCK_STALE - LOCK_REFRESH * 3 / 2,
	.step = SECOND,
	.again = 30 * SECOND,
	.bad = { 5 * SECOND, 10 * SECOND, 20 * SECOND },
	.retry_first = 5 * SECOND,
	.retry_most = 60 * SECOND,
};

/* What the holder and the refreshing thread share. */
struct state {
	struct repo		*r;
	struct who		 who;
	int			 exclusive;
	struct lock_pace	 pace;
	struct id		 id;		/* of our file; the thread's own */
	pthread_t		 thread;

	pthread_mutex_t		 mutex;
	pthread_cond_t		 changed;
	int64_t			 refreshed;	/* wall clock */
	int			 end, lost;
};

struct lock {
	struct state	*s;
};

/* ---- SIGHUP, which restic's unlock sends to a lock's process ---- */

static pthread_mutex_t hup_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned hup_holders;
static struct sigaction hup_was;

static void
hup_ignore(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	pthread_mutex_lock(&hup_mutex);
	if (hup_holders++ == 0)
		sigaction(SIGHUP, &ignore, &hup_was);
	pthread_mutex_unlock(&hup_mutex);
}

static void
hup_restore(void)
{
	pthread_mutex_lock(&hup_mutex);
	if (--hup_holders == 0)
		sigaction(SIGHUP, &hup_was, NULL);
	pthread_mutex_unlock(&hup_mutex);
}

/* ---- looking at the others ---- */

static int
told_to_stop(const struct repo *r)
{
	return r->options.stop != NULL && r->options.stop(r->options.stop_arg);
}

/* 0, or -1 and ERR_STOPPED. */
static int
pause_for(const struct repo *r, int64_t us, struct err *e)
{
	int64_t part;
	struct timespec t;

	for (; us > 0; us -= part) {
		if (told_to_stop(r))
			return err_set(e, ERR_STOPPED, "asked to stop");
		part = us < SECOND / 5 ? us : SECOND / 5;
		t = (struct timespec){ .tv_nsec = part * 1000 };
		nanosleep(&t, NULL);
	}
	return 0;
}

static int
tell_conflict(const struct lock_info *l, struct err *e)
{
	CLEAN_BUF struct buf when = {0};
	char hex[ID_SHORT];

	id_short(&l->id, hex);
	time_local(&when, l->time);
	return err_set(e, ERR_LOCKED, "the repository is locked%s by process "
	    "%lld of %s on %s since %s (lock %s%s)",
	    l->exclusive ? " exclusively" : "", (long long)l->pid, l->username,
	    l->hostname, buf_str(&when), hex,
	    l->stale ? ", stale: unlock removes it" : "");
}

/*
 * Stale ones of this host go by the way: nobody else can know of them.  Those
 * of other hosts stay in the way until somebody says unlock: their clock may be
 * wrong, or ours.
 */
static int
gone_by_the_way(struct repo *r, const struct lock_info *l)
{
	return l->stale && lock_file_here(l) &&
	    repo_remove(r, STORE_LOCK, &l->id, NULL) == 0;
}

/* 0: nobody is in the way; -1: ERR_LOCKED, ERR_CORRUPT for a lock that cannot
 * be read, or what the store says. */
static int
look_around(struct repo *r, int exclusive, const struct id *mine,
    struct err *e)
{
	struct lock_ids l = {0};
	struct lock_info info;
	struct err why;
	size_t i;
	int bad = 0;

	if (lock_ids(r, &l, e) < 0)
		return -1;
	for (i = 0; i < l.n && !bad; i++) {
		if (mine != NULL && id_equal(&l.v[i], mine))
			continue;
		why = (struct err){0};
		if (lock_file_load(r, &l.v[i], time_now(), &info, &why) < 0) {
			bad = why.kind != ERR_NOENT;
			if (bad && e != NULL)
				*e = why;
			continue;
		}
		if (!gone_by_the_way(r, &info) && (exclusive || info.exclusive))
			bad = tell_conflict(&info, e) < 0;
	}
	free(l.v);
	return bad ? -1 : 0;
}

/* The same, and again while a lock cannot be read: it may be half written where
 * writing is not atomic. */
static int
look(struct repo *r, int exclusive, const struct id *mine,
    const struct lock_pace *pace, struct err *e)
{
	struct err why;
	int i;

	for (i = 0;; i++) {
		why = (struct err){0};
		if (look_around(r, exclusive, mine, &why) == 0)
			return 0;
		if (why.kind != ERR_CORRUPT || i + 1 == BAD_TRIES)
			break;
		if (pause_for(r, pace->bad[i], e) < 0)
			return -1;
	}
	if (e != NULL)
		*e = why;
	return why.kind == ERR_CORRUPT ? err_wrap(e, "a lock cannot be read, so "
	    "nobody knows whether the repository is in use (if it is not: "
	    "unlock --remove-all)") : -1;
}

/* ---- our own file ---- */

static int
write_file(const struct state *s, int64_t now, struct id *id, struct err *e)
{
	CLEAN_BUF struct buf text = {0};

	lock_file_write(&text, &s->who, s->exclusive, now);
	return repo_put(s->r, STORE_LOCK, text.data, text.len, id, e);
}

static int
is_there(const struct state *s)
{
	struct store_name n = { .kind = STORE_LOCK };
	uint64_t size;

	memcpy(n.id, s->id.b, ID_LEN);
	return store_size(s->r->store, &n, &size, NULL) == 0;
}

static int
take_once(struct state *s, struct err *e)
{
	struct store_caps caps;
	int64_t now;

	if (look(s->r, s->exclusive, NULL, &s->pace, e) < 0)
		return -1;
	now = time_now();
	if (write_file(s, now, &s->id, e) < 0) {
		/* It may be there all the same: an answer was lost. */
		(void)repo_remove(s->r, STORE_LOCK, &s->id, NULL);
		return -1;
	}
	s->refreshed = now;
	store_caps(s->r->store, &caps);
	if (pause_for(s->r, caps.coherent ? 0 : s->pace.settle, e) == 0 &&
	    look(s->r, s->exclusive, &s->id, &s->pace, e) == 0)
		return 0;
	(void)repo_remove(s->r, STORE_LOCK, &s->id, NULL);
	return -1;
}

/* For so long as retry allows: 5 s, 10 s, 20 s, 40 s, then every minute. */
static int
take(struct state *s, int64_t retry, struct err *e)
{
	int64_t until = time_mono() + retry, delay = s->pace.retry_first, left;
	struct err why;

	for (;;) {
		why = (struct err){0};
		if (take_once(s, &why) == 0)
			return 0;
		left = until - time_mono();
		if (why.kind != ERR_LOCKED || left <= 0)
			break;
		if (pause_for(s->r, delay < left ? delay : left, e) < 0)
			return -1;
		delay = delay * 2 < s->pace.retry_most ? delay * 2 :
		    s->pace.retry_most;
	}
	if (e != NULL)
		*e = why;
	return -1;
}

/* ---- refreshing ---- */

/*
 * Write a new file, then remove the old one.  overdue: others may have thought
 * us gone; only if ours stood there all the time has nobody acted on that.
 */
static int
refresh(struct state *s, int64_t now, int overdue)
{
	struct id id, old = s->id;

	if (overdue && !is_there(s))
		return -1;
	if (write_file(s, now, &id, NULL) < 0) {
		(void)repo_remove(s->r, STORE_LOCK, &id, NULL);
		return -1;
	}
	if (overdue && (pause_for(s->r, s->pace.settle, NULL) < 0 ||
	    !is_there(s))) {
		(void)repo_remove(s->r, STORE_LOCK, &id, NULL);
		return -1;
	}
	s->id = id;
	(void)repo_remove(s->r, STORE_LOCK, &old, NULL);
	return 0;
}

/* With the mutex held: wait a step, or until somebody wants something. */
static void
wait_step(struct state *s)
{
	thread_wait(&s->changed, &s->mutex, s->pace.step);
}

/* With the mutex held: how long ago, by the wall clock.  A clock that was put
 * back makes it due. */
static int64_t
age(const struct state *s, int64_t now)
{
	return now < s->refreshed ? s->pace.refresh : now - s->refreshed;
}

static void *
keep_fresh(void *arg)
{
	struct state *s = arg;
	int64_t now, old, next_try = 0;
	int ok, overdue;

	pthread_mutex_lock(&s->mutex);
	while (!s->end && !s->lost) {
		now = time_now();
		old = age(s, now);
		overdue = old >= s->pace.overdue;
		if (!overdue && (old < s->pace.refresh ||
		    time_mono() < next_try)) {
			wait_step(s);
			continue;
		}
		pthread_mutex_unlock(&s->mutex);
		ok = refresh(s, now, overdue) == 0;
		pthread_mutex_lock(&s->mutex);
		if (ok)
			s->refreshed = now;
		else if (overdue)
			s->lost = 1;
		next_try = ok ? 0 : time_mono() + s->pace.again;
		pthread_cond_broadcast(&s->changed);
	}
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

static void
start_thread(struct state *s)
{
	if (pthread_cond_init(&s->changed, NULL) != 0 ||
	    pthread_mutex_init(&s->mutex, NULL) != 0 ||
	    thread_start(&s->thread, keep_fresh, s) != 0)
		abort();
}

int
lock_take_with(struct repo *r, int exclusive, int64_t retry,
    const struct lock_pace *pace, struct lock **out, struct err *e)
{
	struct state *s = xalloc(sizeof(*s));

	s->r = r;
	s->exclusive = exclusive;
	s->pace = *pace;
	who_am_i(&s->who);
	hup_ignore();
	if (take(s, retry, e) < 0) {
		hup_restore();
		free(s);
		return -1;
	}
	start_thread(s);
	*out = xalloc(sizeof(**out));
	(*out)->s = s;
	return 0;
}

int
lock_take(struct repo *r, int exclusive, int64_t retry, struct lock **out,
    struct err *e)
{
	return lock_take_with(r, exclusive, retry, &lock_pace, out, e);
}

int
lock_lost(const struct lock *l)
{
	struct state *s = l->s;
	int lost;

	pthread_mutex_lock(&s->mutex);
	/* After a long sleep of the machine the thread has yet to find out. */
	while (!s->lost && age(s, time_now()) >= s->pace.overdue) {
		pthread_cond_broadcast(&s->changed);
		pthread_cond_wait(&s->changed, &s->mutex);
	}
	lost = s->lost;
	pthread_mutex_unlock(&s->mutex);
	return lost;
}

void
lock_release(struct lock *l)
{
	struct state *s;

	if (l == NULL)
		return;
	s = l->s;
	pthread_mutex_lock(&s->mutex);
	s->end = 1;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->thread, NULL);
	(void)repo_remove(s->r, STORE_LOCK, &s->id, NULL);
	hup_restore();
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->mutex);
	free(s);
	free(l);
}
