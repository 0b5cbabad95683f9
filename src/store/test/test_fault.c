/*
 * test_fault.c -- what the wrapper that fails promises (fault.h), and what
 * store.c sees to before a back end is asked.
 */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/fault.h"
#include "store/store_impl.h"
#include "store/test/texts.h"
#include "testing/scratch.h"
#include "util/buf.h"
#include "util/proc.h"

struct seen {
	struct store	*s;
	size_t		 n;
};

static int
see(void *arg, const struct store_name *n, uint64_t size)
{
	(void)n;
	(void)size;
	((struct seen *)arg)->n++;
	return 0;
}

/* ---- a back end that counts who is in it ---- */
struct counting {
	struct store	 base;
	atomic_uint	 in, most;
};

static int
counting_size(struct store *s, const struct store_name *n, uint64_t *size,
    struct err *e)
{
	struct counting *c = (struct counting *)s;
	unsigned now = atomic_fetch_add(&c->in, 1) + 1;
	unsigned most = atomic_load(&c->most);

	(void)n;
	(void)e;
	while (now > most && !atomic_compare_exchange_weak(&c->most, &most, now))
		continue;
	*size = 0;
	sched_yield();
	atomic_fetch_sub(&c->in, 1);
	return 0;
}

static const struct store_ops counting_ops = { .size = counting_size };

static void *
ask(void *arg)
{
	struct store_name n = { .kind = STORE_PACK };
	uint64_t size;
	int i;

	for (i = 0; i < 500; i++)
		if (store_size(arg, &n, &size, NULL) < 0)
			return arg;
	return NULL;
}

static int
stop_now(void *arg)
{
	(void)arg;
	return 1;
}

static void
no_more_are_busy_than_connections(void **state)
{
	struct store_options o = { .connections = 2 };
	struct counting c = {0};
	struct store_name pack = { .kind = STORE_PACK };
	struct store_name lock = { .kind = STORE_LOCK };
	pthread_t t[6];
	struct err e = {0};
	uint64_t size;
	unsigned i;
	void *bad;

	(void)state;
	store_init(&c.base, &counting_ops, "here", &o, 5);
	for (i = 0; i < 6; i++)
		assert_int_equal(pthread_create(&t[i], NULL, ask, &c.base), 0);
	for (i = 0; i < 6; i++) {
		assert_int_equal(pthread_join(t[i], &bad), 0);
		assert_null(bad);
	}
	assert_true(atomic_load(&c.most) <= 2);
	/* All are taken: who is asked to stop does not wait, locks pass by. */
	c.base.busy = 2;
	c.base.stop = stop_now;
	assert_int_equal(store_size(&c.base, &pack, &size, &e), -1);
	assert_int_equal(e.kind, ERR_STOPPED);
	assert_int_equal(store_size(&c.base, &lock, &size, &e), 0);
	store_fini(&c.base);
}

/* ---- the wrapper ---- */
static void
the_nth_call_fails(void **state)
{
	struct store *s = store_fault(store_mem(), FAULT_FAIL, 2);
	struct store_name n = text_must_put(s, STORE_PACK, "one");
	struct err e = {0};
	uint64_t size;

	(void)state;
	assert_int_equal(store_size(s, &n, &size, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	assert_int_equal(store_size(s, &n, &size, &e), 0);
	assert_int_equal(store_fault_calls(s), 3);
	store_close(s);
}

static void
a_lost_answer_was_done(void **state)
{
	struct store *s = store_fault(store_mem(), FAULT_LOST_ANSWER, 1);
	struct store_name n = bytes_name(STORE_PACK, "x", 1);
	struct err e = {0};

	(void)state;
	assert_int_equal(store_put(s, &n, "x", 1, &e), -1);
	assert_int_equal(e.kind, ERR_NET);
	text_must_be(s, &n, "x");
	store_close(s);
}

static void
reads_are_cut_or_turned(void **state)
{
	struct store *s = store_fault(store_mem(), FAULT_CUT, 2);
	struct store_name n = text_must_put(s, STORE_PACK, "12345678");
	char back[9] = "--------";
	struct err e = {0};

	(void)state;
	assert_int_equal(store_get(s, &n, 0, back, 8, &e), -1);
	assert_int_equal(e.kind, ERR_CORRUPT);
	assert_string_equal(back, "1234----");
	store_close(s);
	s = store_fault(store_mem(), FAULT_FLIP, 2);
	text_must_put(s, STORE_PACK, "12345678");
	assert_int_equal(store_get(s, &n, 0, back, 8, &e), 0);
	assert_string_not_equal(back, "12345678");
	assert_int_equal(store_get(s, &n, 0, back, 8, &e), 0);
	assert_string_equal(back, "12345678");
	store_close(s);
}

/* A failure of add is told again by finish, and by every add between. */
static void
a_failed_upload_stays_failed(void **state)
{
	struct store *s = store_fault(store_mem(), FAULT_FAIL, 2);
	struct seen v = { .s = s };
	struct store_upload *u;
	struct err e = {0};
	struct store_name n = bytes_name(STORE_PACK, "ab", 2);

	(void)state;
	assert_int_equal(store_start(s, STORE_PACK, 0, &u, &e), 0);
	assert_int_equal(store_add(u, "a", 1, &e), -1);
	e = (struct err){0};
	assert_int_equal(store_add(u, "b", 1, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	e = (struct err){0};
	assert_int_equal(store_finish(u, n.id, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	assert_int_equal(store_list(s, STORE_PACK, see, &v, &e), 0);
	assert_int_equal(v.n, 0);
	store_close(s);
}

static void
the_dead_stay_dead(void **state)
{
	struct store *s = store_fault(store_mem(), FAULT_DEAD, 2);
	struct store_name n = text_must_put(s, STORE_PACK, "one");
	struct err e = {0};
	uint64_t size;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(store_size(s, &n, &size, &e), -1);
	store_close(s);
}

/* Kill before: the name is not there.  After: it is, and whole. */
static void
killed_it_is_there_or_not(void **state)
{
	struct scratch dir = scratch_new();
	struct store *local;
	enum store_fault kinds[] = { FAULT_KILL, FAULT_KILL_AFTER };
	struct store_name n;
	struct err e = {0};
	uint64_t size;
	int i, status;
	pid_t pid;

	(void)state;
	assert_int_equal(store_open(dir.path, NULL, &local, &e), 0);
	for (i = 0; i < 2; i++) {
		n = bytes_name(STORE_PACK, i == 0 ? "0" : "1", 1);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct store *s = store_fault(local, kinds[i], 1);

			store_put(s, &n, i == 0 ? "0" : "1", 1, &e);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGKILL);
		assert_int_equal(store_size(local, &n, &size, &e),
		    i == 0 ? -1 : 0);
	}
	store_close(local);
	scratch_free(&dir);
}

static void
places_are_read_as_restic_reads_them(void **state)
{
	struct store *s;
	struct err e = {0};

	(void)state;
	assert_int_equal(store_open("b2:bucket:x", NULL, &s, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.text, "not yet in this version"));
	assert_int_equal(store_open("foo:bar", NULL, &s, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(store_open("", NULL, &s, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_int_equal(store_open("/does/not/exist", NULL, &s, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_int_equal(store_create("/does/not/exist", NULL, &s, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_non_null(strstr(e.text, "/does/not/exist"));
}

static int
count_one(void *arg, const struct store_name *n, uint64_t size)
{
	(void)n;
	(void)size;
	++*(unsigned *)arg;
	return 0;
}

/* One like those over HTTP, whose calls are counted; the n-th fails. */
static struct store *
far_store(unsigned n)
{
	struct store *s = store_fault(store_mem(), FAULT_FAIL, n);

	s->caps.near = 0;
	s->caps.flows = 1;
	return s;
}

static void
a_list_ahead_is_one_call_and_serves_one_list(void **state)
{
	struct store *s = far_store(1000);
	struct err e = {0};
	unsigned n = 0;

	(void)state;
	text_must_put(s, STORE_KEY, "a");
	store_list_ahead(s, STORE_KEY);
	assert_int_equal(store_list(s, STORE_KEY, count_one, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_int_equal(store_fault_calls(s), 2);
	text_must_put(s, STORE_KEY, "b");
	n = 0;
	assert_int_equal(store_list(s, STORE_KEY, count_one, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_int_equal(store_fault_calls(s), 4);
	/* Nobody wanted these. */
	store_list_ahead(s, STORE_LOCK);
	store_list_ahead(s, STORE_LOCK);
	store_list_ahead(s, STORE_SNAPSHOT);
	store_close(s);
}

static void
a_list_ahead_that_fails_is_told_once(void **state)
{
	struct store *s = far_store(2);
	struct err e = {0};
	unsigned n = 0;

	(void)state;
	text_must_put(s, STORE_KEY, "a");
	store_list_ahead(s, STORE_KEY);
	assert_int_equal(store_list(s, STORE_KEY, count_one, &n, &e), -1);
	assert_int_equal(e.kind, ERR_IO);
	assert_int_equal(n, 0);
	assert_int_equal(store_list(s, STORE_KEY, count_one, &n, &e), 0);
	assert_int_equal(n, 1);
	store_close(s);
}

static void
where_it_saves_nothing_nothing_is_ahead(void **state)
{
	struct store *s = far_store(1000);
	struct err e = {0};
	unsigned n = 0;

	(void)state;
	s->caps.near = 1;
	store_list_ahead(s, STORE_KEY);
	assert_int_equal(store_fault_calls(s), 0);
	text_must_put(s, STORE_KEY, "a");
	assert_int_equal(store_list(s, STORE_KEY, count_one, &n, &e), 0);
	assert_int_equal(n, 1);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_more_are_busy_than_connections),
		cmocka_unit_test(the_nth_call_fails),
		cmocka_unit_test(a_lost_answer_was_done),
		cmocka_unit_test(reads_are_cut_or_turned),
		cmocka_unit_test(a_failed_upload_stays_failed),
		cmocka_unit_test(the_dead_stay_dead),
		cmocka_unit_test(killed_it_is_there_or_not),
		cmocka_unit_test(places_are_read_as_restic_reads_them),
		cmocka_unit_test(a_list_ahead_is_one_call_and_serves_one_list),
		cmocka_unit_test(a_list_ahead_that_fails_is_told_once),
		cmocka_unit_test(where_it_saves_nothing_nothing_is_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
