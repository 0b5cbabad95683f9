/* test_crew.c -- every piece is done once, by one at a time, before the call
 * returns; and a crew of one does as well. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/crew.h"

#define PIECES	3000

struct job {
	atomic_uint	 times[PIECES];
	atomic_uint	 inside[CREW_MAX];
	atomic_uint	 calls, overlaps, open_signals;
	unsigned	 size;
};

static void
piece(void *arg, size_t i, unsigned who)
{
	struct job *j = arg;

	if (who >= j->size || atomic_fetch_add(&j->inside[who], 1) != 0)
		atomic_fetch_add(&j->overlaps, 1);
	atomic_fetch_add(&j->times[i], 1);
	atomic_fetch_sub(&j->inside[who], 1);
}

static void
each_piece_is_done_once(void **state)
{
	static const unsigned sizes[] = { 0, 1, 2, 4, 99 };
	static const size_t counts[] = { 0, 1, 2, 7, PIECES };
	struct crew *c;
	size_t s, k, i;
	unsigned round;

	(void)state;
	for (s = 0; s < 5; s++) {
		c = crew_new(sizes[s]);
		for (k = 0; k < 5; k++) {
			for (round = 0; round < 3; round++) {
				static struct job j;

				j = (struct job){ .size = sizes[s] > CREW_MAX ?
				    CREW_MAX : sizes[s] < 1 ? 1 : sizes[s] };
				crew_run(c, counts[k], piece, &j);
				for (i = 0; i < PIECES; i++)
					assert_int_equal(j.times[i],
					    i < counts[k]);
				assert_int_equal(j.overlaps, 0);
			}
		}
		crew_free(c);
	}
	crew_free(NULL);
}

static void
call(void *arg, unsigned who)
{
	struct job *j = arg;
	sigset_t now;

	atomic_fetch_add(&j->calls, 1);
	atomic_fetch_add(&j->inside[who], 1);
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	if (who > 0 && !sigismember(&now, SIGTERM))
		atomic_fetch_add(&j->open_signals, 1);
}

static void
each_member_is_called_once_and_hears_no_signal(void **state)
{
	static struct job j;
	unsigned i;

	(void)state;
	crew_once(5, call, &j);
	assert_in_range(j.calls, 1, 5);
	for (i = 0; i < CREW_MAX; i++)
		assert_int_equal(j.inside[i], i < j.calls);
	assert_int_equal(j.open_signals, 0);
}

static void
as_many_as_are_of_use(void **state)
{
	(void)state;
	assert_int_equal(crew_fit(0), 1);
	assert_int_equal(crew_fit(1), 1);
	assert_in_range(crew_fit(8), 1, 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_piece_is_done_once),
		cmocka_unit_test(each_member_is_called_once_and_hears_no_signal),
		cmocka_unit_test(as_many_as_are_of_use),
	};

	return cmocka_run_group_tests_name("crew", tests, NULL, NULL);
}
