/*
 * test_due.c -- due once, on time, whatever the clock does.
 *
 * The small tests name one promise each.  The long ones live through years
 * with a clock that is set, a machine that sleeps and jobs that take their
 * time, and look for two things only: no storm, and no stop.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "schedule/calendar.h"
#include "schedule/due.h"
#include "util/err.h"

#define SECOND	INT64_C(1000000)
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

/* Mon 2026-11-23 00:00:00 UTC */
#define MONDAY	(INT64_C(1795392000) * SECOND)

struct fixture {
	struct sched	*s;
	struct calendar	*c[3];
	size_t		 n;
};

static const struct calendar *
calendar(struct fixture *f, const char *text)
{
	struct err e = {0};

	if (calendar_parse(text, "Europe/Berlin", &f->c[f->n], &e) < 0)
		fail_msg("%s: %s", text, e.text);
	return f->c[f->n++];
}

/* A queue with one job, which comes as `text` says and was first seen then. */
static struct fixture
one_job(const char *text, int64_t first_seen, int catch_up, int64_t jitter)
{
	struct fixture f = { .s = sched_new("machine", 7) };
	const struct calendar *c = calendar(&f, text);
	struct sched_entry entry = {
		.name = "job", .calendars = &c, .n_calendars = 1,
		.enabled = 1, .catch_up = catch_up, .jitter_us = jitter,
		.first_seen_us = first_seen, .last_due_us = SCHED_NONE,
	};

	sched_put(f.s, &entry);
	return f;
}

static void
done(struct fixture *f)
{
	sched_free(f->s);
	while (f->n > 0)
		calendar_free(f->c[--f->n]);
}

/* Take the job and end it at once: its due instant, or SCHED_NONE. */
static int64_t
run(struct fixture *f, int64_t now)
{
	struct sched_due due;

	if (!sched_take(f->s, now, &due))
		return SCHED_NONE;
	sched_done(f->s, due.name);
	return due.due_us;
}

static int64_t
wake(struct fixture *f, int64_t now)
{
	int64_t t;

	return sched_wake(f->s, now, &t) ? t : SCHED_NONE;
}

static void
due_at_its_instant_and_not_before(void **state)
{
	struct fixture f = one_job("01:00 UTC", MONDAY, 1, 0);
	int64_t due = MONDAY + HOUR;

	(void)state;
	assert_true(wake(&f, MONDAY) == due);
	assert_true(run(&f, due - 1) == SCHED_NONE);
	assert_true(run(&f, due) == due);
	assert_true(run(&f, due) == SCHED_NONE);
	assert_true(wake(&f, due) == due + DAY);
	done(&f);
}

static void
nothing_is_missed_before_it_was_first_seen(void **state)
{
	struct fixture f = one_job("01:00 UTC", MONDAY + 2 * HOUR, 1, 0);

	(void)state;
	assert_true(run(&f, MONDAY + 2 * HOUR) == SCHED_NONE);
	assert_true(wake(&f, MONDAY + 2 * HOUR) == MONDAY + 25 * HOUR);
	done(&f);
}

static void
missed_often_is_due_once(void **state)
{
	struct fixture f = one_job("*:0/15 UTC", MONDAY, 1, 0);
	int64_t later = MONDAY + 400 * DAY + 7 * MINUTE;
	struct sched_due due;

	(void)state;
	assert_int_equal(sched_take(f.s, later, &due), 1);
	assert_true(due.due_us == MONDAY + 400 * DAY && due.missed);
	sched_done(f.s, "job");
	assert_true(run(&f, later) == SCHED_NONE);
	assert_true(wake(&f, later) == MONDAY + 400 * DAY + 15 * MINUTE);
	done(&f);
}

static void
without_catching_up_the_missed_is_passed_over(void **state)
{
	struct fixture f = one_job("01:00 UTC", MONDAY, 0, 0);

	(void)state;
	assert_true(run(&f, MONDAY + 9 * HOUR) == SCHED_NONE);
	assert_true(wake(&f, MONDAY + 9 * HOUR) == MONDAY + 25 * HOUR);
	/* A moment too late is still on time. */
	assert_true(run(&f, MONDAY + 25 * HOUR + 59 * SECOND) ==
	    MONDAY + 25 * HOUR);
	/* Asleep over many, awake with one on time. */
	assert_true(run(&f, MONDAY + 73 * HOUR + SECOND) == MONDAY + 73 * HOUR);
	done(&f);
}

static void
a_restart_goes_on_from_the_last_run(void **state)
{
	struct fixture f = { .s = sched_new("machine", 7) };
	const struct calendar *c = calendar(&f, "01:00 UTC");
	struct sched_entry entry = {
		.name = "job", .calendars = &c, .n_calendars = 1,
		.enabled = 1, .catch_up = 1, .first_seen_us = MONDAY - 90 * DAY,
		.last_due_us = MONDAY + HOUR,
	};

	(void)state;
	sched_put(f.s, &entry);
	assert_true(run(&f, MONDAY + 2 * HOUR) == SCHED_NONE);
	assert_true(run(&f, MONDAY + 26 * HOUR) == MONDAY + 25 * HOUR);
	done(&f);
}

static void
what_was_taken_is_not_due_again_before_it_is_done(void **state)
{
	struct fixture f = one_job("minutely", MONDAY, 1, 0);
	struct sched_due due;

	(void)state;
	assert_int_equal(sched_take(f.s, MONDAY + MINUTE, &due), 1);
	assert_int_equal(sched_take(f.s, MONDAY + 90 * MINUTE, &due), 0);
	assert_true(wake(&f, MONDAY + 90 * MINUTE) == SCHED_NONE);
	assert_int_equal(sched_peek(f.s, "job", MONDAY + MINUTE, &due), 1);
	assert_true(due.due_us == MONDAY + 2 * MINUTE);
	sched_done(f.s, "job");
	assert_true(run(&f, MONDAY + 90 * MINUTE) == MONDAY + 90 * MINUTE);
	assert_true(run(&f, MONDAY + 90 * MINUTE) == SCHED_NONE);
	done(&f);
}

static void
a_clock_set_back_counts_from_now(void **state)
{
	struct fixture f = one_job("*:0/15 UTC", MONDAY, 1, 0);

	(void)state;
	assert_true(run(&f, MONDAY + HOUR) == MONDAY + HOUR);
	/* A day back: the next quarter of an hour, not that of tomorrow. */
	assert_true(wake(&f, MONDAY - DAY + MINUTE) ==
	    MONDAY - DAY + 15 * MINUTE);
	assert_true(run(&f, MONDAY - DAY + 15 * MINUTE) ==
	    MONDAY - DAY + 15 * MINUTE);
	done(&f);
}

static void
a_small_correction_does_not_run_it_twice(void **state)
{
	struct fixture f = one_job("01:00 UTC", MONDAY, 1, 0);

	(void)state;
	assert_true(run(&f, MONDAY + HOUR) == MONDAY + HOUR);
	assert_true(wake(&f, MONDAY + HOUR - 2 * SECOND) == MONDAY + 25 * HOUR);
	assert_true(run(&f, MONDAY + HOUR) == SCHED_NONE);
	done(&f);
}

static void
a_clock_leaping_far_ahead_and_back_runs_once_and_goes_on(void **state)
{
	struct fixture f = one_job("01:00 UTC", MONDAY, 1, 0);

	(void)state;
	assert_true(run(&f, MONDAY + 4000 * DAY) ==
	    MONDAY + 3999 * DAY + HOUR);
	assert_true(run(&f, MONDAY + 4000 * DAY) == SCHED_NONE);
	assert_true(wake(&f, MONDAY + MINUTE) == MONDAY + HOUR);
	assert_true(run(&f, MONDAY + HOUR) == MONDAY + HOUR);
	assert_true(wake(&f, MONDAY + HOUR) == MONDAY + 25 * HOUR);
	done(&f);
}

/* A machine without a battery: 1970 until the network is there. */
static void
a_clock_that_wakes_in_1970_repeats_nothing(void **state)
{
	struct fixture f = one_job("01:00 UTC", MONDAY, 1, 0);

	(void)state;
	assert_true(run(&f, MONDAY + HOUR) == MONDAY + HOUR);
	assert_true(wake(&f, 20 * SECOND) == HOUR);
	assert_true(run(&f, MONDAY + 2 * HOUR) == SCHED_NONE);
	assert_true(wake(&f, MONDAY + 2 * HOUR) == MONDAY + 25 * HOUR);
	done(&f);
}

static void
jitter_is_stable_and_within_its_bounds(void **state)
{
	char name[32];
	int64_t at[200], t;
	int i, round, different = 0;

	(void)state;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 200; i++) {
			struct fixture f = { .s = sched_new("machine", 7) };
			const struct calendar *c = calendar(&f, "01:00 UTC");
			struct sched_entry entry = {
				.name = name, .calendars = &c,
				.n_calendars = 1, .enabled = 1, .catch_up = 1,
				.jitter_us = 10 * MINUTE,
				.first_seen_us = MONDAY,
				.last_due_us = SCHED_NONE,
			};

			snprintf(name, sizeof(name), "job %d", i);
			sched_put(f.s, &entry);
			t = wake(&f, MONDAY);
			assert_true(t >= MONDAY + HOUR &&
			    t <= MONDAY + HOUR + 10 * MINUTE);
			assert_true(run(&f, t - 1) == SCHED_NONE);
			assert_true(run(&f, t) == MONDAY + HOUR);
			assert_true(wake(&f, t) == t + DAY);
			if (round == 1)
				assert_true(at[i] == t);
			different += round == 0 && i > 0 && at[i - 1] != t;
			at[i] = t;
			done(&f);
		}
	}
	assert_true(different > 190);
}

static void
of_several_calendars_the_first_counts(void **state)
{
	struct fixture f = { .s = sched_new("machine", 7) };
	const struct calendar *list[3];
	struct sched_entry entry = {
		.name = "job", .calendars = list, .n_calendars = 3,
		.enabled = 1, .catch_up = 1, .first_seen_us = MONDAY,
		.last_due_us = SCHED_NONE,
	};

	(void)state;
	list[0] = calendar(&f, "06:00 UTC");
	list[1] = calendar(&f, "never");
	list[2] = calendar(&f, "02:00 UTC");
	sched_put(f.s, &entry);
	assert_true(run(&f, MONDAY + 2 * HOUR) == MONDAY + 2 * HOUR);
	assert_true(wake(&f, MONDAY + 2 * HOUR) == MONDAY + 6 * HOUR);
	assert_true(run(&f, MONDAY + DAY) == MONDAY + 6 * HOUR);
	entry.enabled = 0;
	sched_put(f.s, &entry);
	assert_true(wake(&f, MONDAY + DAY) == SCHED_NONE);
	sched_remove(f.s, "job");
	sched_remove(f.s, "job");
	assert_int_equal(sched_peek(f.s, "job", MONDAY, &(struct sched_due){0}),
	    0);
	done(&f);
}

static void
never_is_never_due(void **state)
{
	struct fixture f = one_job("never", MONDAY, 1, 10 * MINUTE);

	(void)state;
	assert_true(wake(&f, MONDAY) == SCHED_NONE);
	assert_true(run(&f, MONDAY + 1000 * DAY) == SCHED_NONE);
	done(&f);
}

static void
the_longest_due_is_taken_first(void **state)
{
	struct fixture f = { .s = sched_new("machine", 7) };
	static const char *const names[] = { "a", "b", "c" };
	static const char *const texts[] = { "03:00 UTC", "01:00 UTC",
	    "02:00 UTC" };
	struct sched_entry entry = {
		.n_calendars = 1, .enabled = 1, .catch_up = 1,
		.first_seen_us = MONDAY, .last_due_us = SCHED_NONE,
	};
	struct sched_due due;
	const struct calendar *c;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		c = calendar(&f, texts[i]);
		entry.name = names[i];
		entry.calendars = &c;
		sched_put(f.s, &entry);
	}
	assert_int_equal(sched_take(f.s, MONDAY + 9 * HOUR, &due), 1);
	assert_string_equal(due.name, "b");
	assert_int_equal(sched_take(f.s, MONDAY + 9 * HOUR, &due), 1);
	assert_string_equal(due.name, "c");
	assert_int_equal(sched_take(f.s, MONDAY + 9 * HOUR, &due), 1);
	assert_string_equal(due.name, "a");
	assert_int_equal(sched_take(f.s, MONDAY + 9 * HOUR, &due), 0);
	done(&f);
}

/*
 * A life: time goes on, and something happens to the clock or the machine
 * now and then.  `true_now` is time as it passes, `now` what the clock shows.
 */
struct life {
	struct fixture	 f;
	unsigned	 seed;
	int64_t		 now, true_now;
	int64_t		 period;	/* at most, between two instants */
	int64_t		 last_run;	/* true time */
	int64_t		 awake;		/* true time since the last event */
	int64_t		 last_due;
	int		 set_back;	/* since the last run */
	int		 runs, events;
};

static int64_t
up_to(struct life *l, int64_t most)
{
	uint64_t r = (uint64_t)rand_r(&l->seed) << 31 |
	    (uint64_t)rand_r(&l->seed);

	return (int64_t)(r % (uint64_t)most);
}

static void
pass(struct life *l, int64_t us)
{
	l->now += us;
	l->true_now += us;
}

static void
something_happens(struct life *l)
{
	int64_t leap = up_to(l, 3) ? up_to(l, 10 * DAY) : up_to(l, 3 * MINUTE);

	l->events++;
	switch (up_to(l, 4)) {
	case 0:			/* set back, not before 1971 */
		if (l->now - leap > 365 * DAY)
			l->now -= leap;
		l->set_back = 1;
		break;
	case 1:			/* set forward */
		l->now += leap;
		break;
	default:		/* asleep */
		pass(l, leap);
		break;
	}
	l->awake = l->true_now;
}

/* Take what is due: at most one run, and none a second time. */
static void
take_what_is_due(struct life *l)
{
	struct sched_due due;

	if (!sched_take(l->f.s, l->now, &due))
		return;
	assert_true(due.due_us <= l->now && due.at_us <= l->now);
	if (!l->set_back)
		assert_true(due.due_us > l->last_due);
	assert_int_equal(sched_take(l->f.s, l->now, &due), 0);
	if (up_to(l, 20) == 0)
		pass(l, up_to(l, 3 * l->period));	/* it takes long */
	sched_done(l->f.s, "job");
	l->last_due = due.due_us;
	l->last_run = l->true_now;
	l->set_back = 0;
	l->runs++;
}

static void
live(struct life *l, int64_t days)
{
	int64_t end = l->true_now + days * DAY, wake_us;

	while (l->true_now < end) {
		take_what_is_due(l);
		assert_int_equal(sched_wake(l->f.s, l->now, &wake_us), 1);
		/* No stop: the wait is never longer than the period. */
		assert_true(wake_us >= l->now);
		if (wake_us - l->now > l->period + SCHED_STEP_US)
			fail_msg("waits %lld s", (long long)
			    ((wake_us - l->now) / SECOND));
		if (up_to(l, 6) == 0) {
			pass(l, up_to(l, wake_us - l->now + 1));
			something_happens(l);
		} else {
			pass(l, wake_us - l->now);
		}
		/* Nor is it put off for ever by what happens. */
		if (l->true_now - l->last_run > 2 * l->period + MINUTE &&
		    l->true_now - l->awake > l->period + MINUTE)
			fail_msg("no run for %lld s", (long long)
			    ((l->true_now - l->last_run) / SECOND));
	}
}

static void
lives(const char *text, int64_t period, int catch_up, int64_t jitter,
    int64_t days)
{
	const char *seed_text = getenv("DUE_SEED");
	unsigned seed = seed_text ? (unsigned)strtoul(seed_text, NULL, 10) :
	    (unsigned)time(NULL);
	struct life l = {
		.seed = seed, .now = MONDAY, .true_now = MONDAY,
		.period = period, .last_run = MONDAY, .awake = MONDAY,
		.last_due = SCHED_NONE,
	};

	print_message("# DUE_SEED=%u\n", seed);
	l.f = one_job(text, MONDAY, catch_up, jitter);
	live(&l, days);
	print_message("# %s: %d runs, %d events\n", text, l.runs, l.events);
	/* No storm: a run for an instant, or for an event. */
	assert_true(l.runs <= days * DAY / (period / 2) + l.events + 1);
	assert_true(l.runs > days * DAY / period / 20);
	done(&l.f);
}

static void
thousands_of_days_of_a_daily_job(void **state)
{
	(void)state;
	lives("every day at 01:00", 25 * HOUR, 1, 0, 20000);
	lives("every day at 02:30", 49 * HOUR, 1, 10 * MINUTE, 20000);
	lives("daily", 25 * HOUR, 0, 0, 20000);
}

static void
thousands_of_days_of_frequent_and_rare_jobs(void **state)
{
	(void)state;
	lives("every 15 minutes", 75 * MINUTE, 1, 0, 300);
	lives("hourly", 2 * HOUR, 1, 5 * MINUTE, 2000);
	/* An hour of summer time, and one of jitter. */
	lives("every monday at 09:30", 7 * DAY + 2 * HOUR, 1, HOUR, 20000);
	lives("every month", 31 * DAY + HOUR, 1, 0, 20000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(due_at_its_instant_and_not_before),
		cmocka_unit_test(nothing_is_missed_before_it_was_first_seen),
		cmocka_unit_test(missed_often_is_due_once),
		cmocka_unit_test(without_catching_up_the_missed_is_passed_over),
		cmocka_unit_test(a_restart_goes_on_from_the_last_run),
		cmocka_unit_test(
		    what_was_taken_is_not_due_again_before_it_is_done),
		cmocka_unit_test(a_clock_set_back_counts_from_now),
		cmocka_unit_test(a_small_correction_does_not_run_it_twice),
		cmocka_unit_test(
		    a_clock_leaping_far_ahead_and_back_runs_once_and_goes_on),
		cmocka_unit_test(a_clock_that_wakes_in_1970_repeats_nothing),
		cmocka_unit_test(jitter_is_stable_and_within_its_bounds),
		cmocka_unit_test(of_several_calendars_the_first_counts),
		cmocka_unit_test(never_is_never_due),
		cmocka_unit_test(the_longest_due_is_taken_first),
		cmocka_unit_test(thousands_of_days_of_a_daily_job),
		cmocka_unit_test(thousands_of_days_of_frequent_and_rare_jobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
