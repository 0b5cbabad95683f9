/*
 * test_lock.c -- restic's locks: who excludes whom, what is stale, what becomes of
 * one that could not be refreshed.  Times are shortened (struct lock_pace);
 * where a lock's age matters, its file is written with an old time in it.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/lock_impl.h"
#include "repo/repo_impl.h"
#include "repo/test/scene.h"
#include "store/fault.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/time.h"

#define MS	((int64_t)1000)
#define MINUTE	((int64_t)60 * 1000000)

/* Everything at once, but never refreshed. */
static const struct lock_pace quick = {
	.settle = MS, .refresh = 1000 * MINUTE, .overdue = 2000 * MINUTE,
	.step = MS, .again = MS, .bad = { MS, MS, MS },
	.retry_first = MS, .retry_most = 4 * MS,
};

static struct repo *
memory(void)
{
	struct repo_options o = { .password = "x", .password_len = 1 };
	const struct scrypt weak = { 16, 8, 1 };
	struct repo *r;
	struct err e = {0};

	assert_int_equal(repo_init_with(store_mem(), &o, 2, 0, &weak, &r, &e),
	    0);
	return r;
}

/* A lock of somebody, `old` µs ago. */
static struct id
foreign(struct repo *r, const char *host, int64_t pid, int exclusive,
    int64_t old)
{
	CLEAN_BUF struct buf text = {0};
	struct who w;
	struct id id;
	struct err e = {0};

	who_am_i(&w);
	if (host != NULL)
		snprintf(w.hostname, sizeof(w.hostname), "%s", host);
	w.pid = pid;
	lock_file_write(&text, &w, exclusive, time_now() - old);
	assert_int_equal(repo_put(r, STORE_LOCK, text.data, text.len, &id, &e),
	    0);
	return id;
}

static size_t
count(struct repo *r)
{
	struct lock_ids l = {0};

	assert_int_equal(lock_ids(r, &l, NULL), 0);
	free(l.v);
	return l.n;
}

/* Was it granted?  And if so, it is given back. */
static int
granted(struct repo *r, int exclusive)
{
	struct lock *l;
	struct err e = {0};

	if (lock_take_with(r, exclusive, 0, &quick, &l, &e) < 0) {
		assert_int_equal(e.kind, ERR_LOCKED);
		return 0;
	}
	assert_false(lock_lost(l));
	lock_release(l);
	return 1;
}

static void
many_share_and_one_is_alone(void **state)
{
	struct repo *r = memory();
	struct lock *a, *b, *c;
	struct err e = {0};

	(void)state;
	assert_int_equal(lock_take_with(r, 0, 0, &quick, &a, &e), 0);
	assert_int_equal(lock_take_with(r, 0, 0, &quick, &b, &e), 0);
	assert_int_equal(count(r), 2);
	assert_int_equal(lock_take_with(r, 1, 0, &quick, &c, &e), -1);
	assert_int_equal(e.kind, ERR_LOCKED);
	assert_int_equal(count(r), 2);
	lock_release(a);
	lock_release(b);
	lock_release(NULL);
	assert_int_equal(count(r), 0);
	assert_int_equal(lock_take_with(r, 1, 0, &quick, &c, &e), 0);
	assert_int_equal(lock_take_with(r, 0, 0, &quick, &a, &e), -1);
	assert_int_equal(lock_take_with(r, 1, 0, &quick, &a, &e), -1);
	lock_release(c);
	assert_true(granted(r, 1));
	repo_close(r);
}

/* Somebody came between our first look and our file: found at the second. */
struct late {
	struct repo	*r;
	int		 calls;
};

static int
come_late(void *arg)
{
	struct late *l = arg;

	/* Asked while settling, when our own file is there already. */
	if (l->calls++ == 0 && count(l->r) == 1)
		foreign(l->r, "elsewhere", 1, 1, 0);
	return 0;
}

static void
of_two_at_once_one_sees_the_other(void **state)
{
	struct repo *r = memory();
	struct late late = { .r = r };
	struct lock *l;
	struct err e = {0};

	(void)state;
	r->options.stop = come_late;
	r->options.stop_arg = &late;
	assert_int_equal(lock_take_with(r, 0, 0, &quick, &l, &e), -1);
	assert_int_equal(e.kind, ERR_LOCKED);
	assert_non_null(strstr(e.text, "elsewhere"));
	assert_int_equal(count(r), 1);		/* ours is gone again */
	repo_close(r);
}

/* A pid that is surely gone: a child's that was waited for. */
static pid_t
dead_pid(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void
our_own_stale_ones_go_and_only_those(void **state)
{
	struct repo *r = memory();

	(void)state;
	foreign(r, NULL, dead_pid(), 1, 0);
	assert_true(granted(r, 0));
	assert_int_equal(count(r), 0);
	foreign(r, NULL, dead_pid(), 0, 0);
	assert_true(granted(r, 0));		/* also if it is not in the way */
	assert_int_equal(count(r), 0);
	foreign(r, NULL, getpid(), 1, 31 * MINUTE);
	assert_true(granted(r, 1));
	assert_int_equal(count(r), 0);
	/* Alive, and young enough. */
	foreign(r, NULL, getpid(), 1, 29 * MINUTE);
	assert_false(granted(r, 0));
	assert_int_equal(count(r), 1);
	repo_close(r);

	/* Another host's stays, however old. */
	r = memory();
	foreign(r, "elsewhere", dead_pid(), 0, 1000 * MINUTE);
	assert_true(granted(r, 0));
	assert_false(granted(r, 1));
	assert_int_equal(count(r), 1);
	repo_close(r);
}

static int
see(void *arg, const struct lock_info *l)
{
	size_t *n = arg;

	n[0]++;
	n[1] += (size_t)l->stale;
	n[2] += (size_t)l->exclusive;
	return 0;
}

static void
unlock_takes_the_stale_or_all(void **state)
{
	struct repo *r = memory();
	size_t n[3] = {0}, removed;
	struct err e = {0};

	(void)state;
	foreign(r, "elsewhere", 1, 1, 31 * MINUTE);
	foreign(r, "elsewhere", 2, 0, 29 * MINUTE);
	foreign(r, NULL, dead_pid(), 0, 0);
	foreign(r, NULL, getpid(), 0, 0);
	/* From a clock ahead of ours. */
	foreign(r, "elsewhere", 3, 0, -100 * MINUTE);
	assert_int_equal(lock_each(r, see, n, &e), 0);
	assert_int_equal(n[0], 5);
	assert_int_equal(n[1], 2);
	assert_int_equal(n[2], 1);
	assert_int_equal(lock_unlock(r, 0, &removed, &e), 0);
	assert_int_equal(removed, 2);
	assert_int_equal(count(r), 3);
	assert_int_equal(lock_unlock(r, 1, &removed, &e), 0);
	assert_int_equal(removed, 3);
	assert_int_equal(count(r), 0);
	repo_close(r);
}

/* What cannot be read may be a lock: nobody passes, but unlock --all. */
static void
a_lock_that_cannot_be_read_is_in_the_way(void **state)
{
	struct repo *r = memory();
	size_t n[3] = {0}, removed;
	struct store_name name = { .kind = STORE_LOCK };
	struct lock *l;
	struct err e = {0};

	(void)state;
	sha256_of("garbage", 7, name.id);
	assert_int_equal(store_put(r->store, &name, "garbage", 7, &e), 0);
	assert_int_equal(lock_take_with(r, 0, 0, &quick, &l, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_int_equal(lock_each(r, see, n, &e), -1);
	assert_int_equal(lock_unlock(r, 0, &removed, &e), 0);
	assert_int_equal(removed, 0);
	assert_int_equal(lock_unlock(r, 1, &removed, &e), 0);
	assert_int_equal(removed, 1);
	/* Empty ones are nobody's, but go with all. */
	sha256_of("", 0, name.id);
	assert_int_equal(store_put(r->store, &name, "", 0, &e), 0);
	assert_true(granted(r, 1));
	assert_int_equal(lock_unlock(r, 0, &removed, &e), 0);
	assert_int_equal(removed, 0);
	assert_int_equal(lock_unlock(r, 1, &removed, &e), 0);
	assert_int_equal(removed, 1);
	repo_close(r);
}

/* stop is asked while waiting: after some times the one in the way goes. */
struct patience {
	struct repo	*r;
	struct id	 id;
	int		 left;
};

static int
go_away(void *arg)
{
	struct patience *p = arg;

	if (p->left > 0 && --p->left == 0)
		repo_remove(p->r, STORE_LOCK, &p->id, NULL);
	return 0;
}

static int
stop_now(void *arg)
{
	(void)arg;
	return 1;
}

static void
it_is_tried_again_for_as_long_as_wished(void **state)
{
	struct repo *r = memory();
	struct patience p = { .r = r, .left = 5 };
	struct lock *l;
	struct err e = {0};

	(void)state;
	p.id = foreign(r, "elsewhere", 1, 1, 0);
	r->options.stop = go_away;
	r->options.stop_arg = &p;
	assert_int_equal(lock_take_with(r, 0, MINUTE, &quick, &l, &e), 0);
	assert_int_equal(p.left, 0);
	lock_release(l);
	foreign(r, "elsewhere", 1, 1, 0);
	r->options.stop = NULL;
	assert_int_equal(lock_take_with(r, 0, 20 * MS, &quick, &l, &e), -1);
	assert_int_equal(e.kind, ERR_LOCKED);
	r->options.stop = stop_now;
	assert_int_equal(lock_take_with(r, 0, MINUTE, &quick, &l, &e), -1);
	assert_int_equal(e.kind, ERR_STOPPED);
	repo_close(r);
}

static struct id
only_one(struct repo *r)
{
	struct lock_ids l = {0};
	struct id id;

	assert_int_equal(lock_ids(r, &l, NULL), 0);
	assert_true(l.n >= 1);
	id = l.v[0];
	free(l.v);
	return id;
}

static void
wait_ms(void)
{
	struct timespec t = { .tv_nsec = 1000000 };

	nanosleep(&t, NULL);
}

/* A new file comes, the old one goes, and there is one at any time. */
static void
it_is_refreshed(void **state)
{
	struct lock_pace pace = quick;
	struct repo *r = memory();
	struct lock *l;
	struct id first, now;
	struct err e = {0};
	int i, changes = 0;

	(void)state;
	pace.refresh = 2 * MS;
	assert_int_equal(lock_take_with(r, 0, 0, &pace, &l, &e), 0);
	first = only_one(r);
	for (i = 0; i < 20000 && changes < 3; i++) {
		assert_true(count(r) >= 1);
		now = only_one(r);
		changes += !id_equal(&now, &first);
		first = now;
		wait_ms();
	}
	assert_int_equal(changes, 3);
	assert_false(lock_lost(l));
	lock_release(l);
	assert_int_equal(count(r), 0);
	repo_close(r);
}

/*
 * Overdue at once, as if the machine had slept: if the file stood there all the
 * time the lock is kept, if somebody took it away it is lost.
 */
static void
after_a_long_sleep_the_file_decides(void **state)
{
	struct lock_pace pace = quick;
	struct repo *r = memory();
	struct lock *l;
	struct id id, again;
	struct err e = {0};

	(void)state;
	pace.refresh = pace.overdue = 20 * MS;
	assert_int_equal(lock_take_with(r, 0, 0, &pace, &l, &e), 0);
	id = only_one(r);
	do
		again = only_one(r);
	while (id_equal(&id, &again));
	assert_false(lock_lost(l));
	/* Whichever file it is now: all go, until none comes back. */
	while (!lock_lost(l)) {
		size_t n;

		assert_int_equal(lock_unlock(r, 1, &n, &e), 0);
	}
	assert_true(lock_lost(l));
	lock_release(l);
	assert_int_equal(count(r), 0);
	repo_close(r);
}

/* A store that is gone: not lost at once, but when it is overdue. */
static void
a_store_that_is_gone_loses_it(void **state)
{
	struct repo_options o = { .password = "x", .password_len = 1 };
	const struct scrypt weak = { 16, 8, 1 };
	struct lock_pace pace = quick;
	struct store *counter = store_fault(store_mem(), FAULT_FAIL, 0);
	struct repo *r;
	struct lock *l;
	struct err e = {0};
	uint64_t calls;

	(void)state;
	assert_int_equal(repo_init_with(counter, &o, 2, 0, &weak, &r, &e), 0);
	assert_int_equal(lock_take_with(r, 0, 0, &pace, &l, &e), 0);
	calls = store_fault_calls(r->store);
	lock_release(l);
	repo_close(r);

	assert_int_equal(repo_init_with(store_fault(store_mem(), FAULT_DEAD,
	    calls + 1), &o, 2, 0, &weak, &r, &e), 0);
	pace.refresh = 5 * MS;
	pace.overdue = 100 * MS;
	assert_int_equal(lock_take_with(r, 0, 0, &pace, &l, &e), 0);
	while (!lock_lost(l))
		wait_ms();
	lock_release(l);
	repo_close(r);
}

/* Whatever call fails on the way: an error, or a lock, and no file left. */
static void
no_failure_leaves_a_lock(void **state)
{
	static const enum store_fault kinds[] = { FAULT_FAIL,
	    FAULT_LOST_ANSWER, FAULT_CUT };
	struct repo_options o = { .password = "x", .password_len = 1 };
	const struct scrypt weak = { 16, 8, 1 };
	struct store *s;
	struct repo *r;
	struct lock *l;
	struct err e = {0};
	uint64_t before, n;
	size_t k;

	(void)state;
	for (k = 0; k < 3; k++) {
		for (n = 0; n < 8; n++) {
			/* init takes so many calls of its own. */
			s = store_fault(store_mem(), FAULT_FAIL, 0);
			assert_int_equal(repo_init_with(s, &o, 2, 0, &weak, &r,
			    &e), 0);
			before = store_fault_calls(s);
			repo_close(r);
			s = store_fault(store_mem(), kinds[k], before + 2 + n);
			assert_int_equal(repo_init_with(s, &o, 2, 0, &weak, &r,
			    &e), 0);
			foreign(r, "elsewhere", 1, 0, 0);
			if (lock_take_with(r, 0, 0, &quick, &l, &e) == 0)
				lock_release(l);
			/* The eighth call is the one that removes it. */
			assert_true(count(r) == 1 || n == 7);
			repo_close(r);
		}
	}
}

static atomic_int hups;

static void
on_hup(int sig)
{
	(void)sig;
	atomic_fetch_add(&hups, 1);
}

/* restic's unlock asks by SIGHUP whether a lock's process lives. */
static void
a_hangup_does_not_kill_who_holds_one(void **state)
{
	struct sigaction mine = { .sa_handler = on_hup }, was;
	struct repo *r = memory();
	struct lock *a, *b;
	struct err e = {0};

	(void)state;
	sigaction(SIGHUP, &mine, &was);
	assert_int_equal(lock_take_with(r, 0, 0, &quick, &a, &e), 0);
	assert_int_equal(lock_take_with(r, 0, 0, &quick, &b, &e), 0);
	raise(SIGHUP);
	lock_release(a);
	raise(SIGHUP);
	assert_int_equal(atomic_load(&hups), 0);
	lock_release(b);
	raise(SIGHUP);
	assert_int_equal(atomic_load(&hups), 1);
	sigaction(SIGHUP, &was, NULL);
	repo_close(r);
}

static void
lock_files_are_restics(void **state)
{
	struct who w = { .hostname = "a<b", .username = "u", .pid = 7 };
	CLEAN_BUF struct buf out = {0};
	struct lock_info l = {0};
	struct err e = {0};

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	lock_file_write(&out, &w, 0, 1700000000123456);
	assert_string_equal(buf_str(&out), "{\"time\":\"2023-11-14T22:13:20.12345"
	    "6Z\",\"exclusive\":false,\"hostname\":\"a\\u003cb\",\"username\":"
	    "\"u\",\"pid\":7}");
	buf_reset(&out);
	w.uid = 5;
	w.gid = 6;
	lock_file_write(&out, &w, 1, 1700000000000000);
	assert_string_equal(buf_str(&out), "{\"time\":\"2023-11-14T22:13:20Z\","
	    "\"exclusive\":true,\"hostname\":\"a\\u003cb\",\"username\":\"u\","
	    "\"pid\":7,\"uid\":5,\"gid\":6}");
	assert_int_equal(lock_file_read(out.data, out.len, &l, &e), 0);
	assert_int_equal(l.time, 1700000000000000);
	assert_true(l.exclusive);
	assert_string_equal(l.hostname, "a<b");
	assert_int_equal(l.pid, 7);
	assert_int_equal(l.uid, 5);
	assert_int_equal(l.gid, 6);
}

#define T(f) cmocka_unit_test(f)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(many_share_and_one_is_alone),
		T(of_two_at_once_one_sees_the_other),
		T(our_own_stale_ones_go_and_only_those),
		T(unlock_takes_the_stale_or_all),
		T(a_lock_that_cannot_be_read_is_in_the_way),
		T(it_is_tried_again_for_as_long_as_wished),
		T(it_is_refreshed),
		T(after_a_long_sleep_the_file_decides),
		T(a_store_that_is_gone_loses_it),
		T(no_failure_leaves_a_lock),
		T(a_hangup_does_not_kill_who_holds_one),
		T(lock_files_are_restics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
