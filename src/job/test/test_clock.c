/*
 * test_clock.c -- jobs and their memory through years of a life that nobody
 * plans: daylight saving, sleep, a clock that is set, reboots, kills, failures.
 *
 * There is a true time, which only goes forward, and the clock, which may be
 * anywhere.  A reboot needs no event of its own: nothing is kept but in the
 * catalog, and the queue is made anew at each look.  Whatever happens, no job may stop, and none may storm.
 *
 * FETTLE_SEED	repeats a life; FETTLE_SLOW=1 makes it longer
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "catalog/catalog.h"
#include "catalog/impl.h"
#include "conf/faults.h"
#include "job/due.h"
#include "job/job.h"
#include "testing/scratch.h"
#include "util/err.h"

#define SECOND	INT64_C(1000000)
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)
/* Mon 2026-11-23 00:00:00 UTC */
#define MONDAY	(INT64_C(1795392000) * SECOND)

static const char text[] =
"schedule: {at: every day at 02:30, timezone: Europe/Berlin}\n"
"rules:\n"
"  - {name: daily, locations: ~/a, actions: [echo: x]}\n"
"  - {name: six, locations: ~/b, actions: [echo: x],\n"
"     schedule: {at: '*-*-* 00/6:00:00', timezone: Europe/Berlin}}\n"
"  - {name: jitter, locations: ~/c, actions: [echo: x],\n"
"     schedule: {at: every day at 00:00, jitter: 3h, timezone: Europe/Berlin}}\n"
"  - {name: weekly, locations: ~/d, actions: [echo: x],\n"
"     schedule: {at: every monday at 09:30, timezone: Europe/Berlin}}\n"
"  - {name: flaky, locations: ~/e, actions: [echo: x], retry: 3 every 10min}\n";

/* What is promised of each: its period, and retries. */
static const struct promise {
	const char	*name;
	int64_t		 period;
	int		 fails;		/* one time in so many */
	int		 hole;		/* 02:30 is not there once a year */
} promises[] = {
	{ "daily", DAY, 0, 1 }, { "six", 6 * HOUR, 0, 0 },
	{ "jitter", DAY, 0, 0 }, { "weekly", 7 * DAY, 0, 0 },
	{ "flaky", DAY, 3, 1 },
};
#define JOBS	(sizeof(promises) / sizeof(promises[0]))

struct life {
	struct settings	*s;
	struct hall	 h;
	uint64_t	 random;
	int64_t		 truth;		/* only forward */
	int64_t		 off;		/* the clock says truth + off */
	int64_t		 last[JOBS];	/* truth of the last run */
	int64_t		 excuse[JOBS];	/* sleep and turned clocks since then */
	uint64_t	 runs[JOBS], retries, events;
};

static struct scratch top;

static const char *
variable(void *arg, const char *name)
{
	(void)arg;
	return strncmp(name, "XDG_", 4) == 0 || strcmp(name, "HOME") == 0 ?
	    top.path : NULL;
}

static struct settings *
load(void)
{
	const struct whereabouts w = { .config = "conf.yaml",
	    .working_dir = "", .getenv = variable, .uid = getuid() };
	struct conf_faults *f = conf_faults_new();
	struct whereabouts where = w;
	struct settings *s;
	struct err e = {0};

	top = scratch_new();
	scratch_file(&top, "conf.yaml", text);
	where.config = scratch_path(&top, "conf.yaml");
	if (settings_load(&where, f, &s, &e) < 0)
		fail_msg("%s", e.text);
	conf_faults_free(f);
	return s;
}

static uint64_t
some(struct life *l, uint64_t n)
{
	l->random ^= l->random << 13;
	l->random ^= l->random >> 7;
	l->random ^= l->random << 17;
	return l->random % n;
}

static int64_t
clock_of(const struct life *l)
{
	return l->truth + l->off;
}

static void
excuse(struct life *l, int64_t us)
{
	size_t i;

	l->events++;
	for (i = 0; i < JOBS; i++)
		l->excuse[i] += us;
}

/* Something happens between two looks at the clock. */
static void
fate(struct life *l)
{
	int64_t us;

	switch (some(l, 40)) {
	case 0:				/* it sleeps, or is off */
		us = (int64_t)some(l, 5 * 24) * HOUR + (int64_t)some(l, 3600) *
		    SECOND;
		l->truth += us;
		excuse(l, us);
		break;
	case 1:				/* set back */
		us = (int64_t)some(l, 3 * 86400) * SECOND;
		l->off -= us;
		excuse(l, us);
		break;
	case 2:				/* set forward */
		us = (int64_t)some(l, 3 * 86400) * SECOND;
		l->off += us;
		excuse(l, us);
		break;
	case 3:				/* put right again */
		excuse(l, l->off < 0 ? -l->off : l->off);
		l->off = 0;
		break;
	default:
		break;
	}
}

static size_t
number_of(const char *name)
{
	size_t i;

	for (i = 0; i < JOBS; i++)
		if (strcmp(promises[i].name, name) == 0)
			return i;
	fail_msg("nobody knows %s", name);
	return 0;
}

static void
run(struct life *l, const char *name)
{
	const struct job *j = settings_job(l->s, name);
	size_t i = number_of(name);
	int64_t instant = due_begin(&l->h, j, clock_of(l));
	int64_t waited = l->truth - l->last[i];
	int killed = some(l, 100) == 0;

	assert_true(instant != 0);
	if (l->last[i] != 0 && waited > promises[i].period + 4 * HOUR +
	    promises[i].hole * DAY + l->excuse[i])
		fail_msg("%s waited for %lld min", name,
		    (long long)(waited / MINUTE));
	l->last[i] = l->truth;
	l->excuse[i] = 0;
	l->runs[i]++;
	l->truth += (int64_t)some(l, 20 * 60) * SECOND;
	if (killed)			/* and nobody wrote down how it ended */
		return;
	due_end(&l->h, j, instant, clock_of(l), promises[i].fails > 0 &&
	    some(l, (uint64_t)promises[i].fails) == 0 ? DUE_FAILED : DUE_DONE);
}

/* One look: what is due is run; then on to the next time to look. */
static void
look(struct life *l)
{
	struct err e = {0};
	int64_t next, now = clock_of(l);
	char **names, **n;
	int any = 0;

	if (job_due(&l->h, now, &names, &next, &e) < 0)
		fail_msg("%s", e.text);
	for (n = names; *n != NULL; n++) {
		run(l, *n);
		free(*n);
		any = 1;
	}
	free(names);
	if (any)
		return;			/* asked anew, as the daemon does */
	assert_true(next > now);
	assert_true(next <= now + 8 * DAY);
	/* Mostly the timer comes; now and then somebody asks earlier. */
	l->truth += some(l, 10) == 0 ? (next - now) / 2 + 1 : next - now;
	fate(l);
}

static void
years(struct life *l, int64_t days)
{
	int64_t end = l->truth + days * DAY;
	uint64_t looks = 0;
	size_t i;

	while (l->truth < end) {
		look(l);
		/* No storm: some ten looks a day, and some for each event. */
		if (++looks > (uint64_t)days * 40 + l->events * 40)
			fail_msg("it storms");
	}
	for (i = 0; i < JOBS; i++) {
		uint64_t most = (uint64_t)(days * DAY / promises[i].period);

		most += l->events * 2;
		if (promises[i].fails > 0)
			most *= 4;
		most += most / 50 + 10;	/* the killed ones come twice */
		if (l->runs[i] > most)
			fail_msg("%s ran %llu times", promises[i].name,
			    (unsigned long long)l->runs[i]);
		assert_true(l->runs[i] > 0);
	}
}

static void
no_stop_and_no_storm(void **state)
{
	const char *seed = getenv("FETTLE_SEED");
	struct life l = { .truth = MONDAY };

	(void)state;
	l.random = seed != NULL ? strtoull(seed, NULL, 10) :
	    (uint64_t)time(NULL) * 1000003 + (uint64_t)getpid();
	l.random |= 1;
	print_message("FETTLE_SEED=%llu\n", (unsigned long long)l.random);
	l.s = load();
	l.h = (struct hall){ .s = l.s, .catalog = catalog_in_memory(),
	    .cache = -1, .state = -1, .log_dir = -1 };
	years(&l, getenv("FETTLE_SLOW") != NULL ? 20000 : 1000);
	catalog_close(l.h.catalog);
	settings_free(l.s);
}

static int
teardown(void **state)
{
	(void)state;
	scratch_free(&top);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_stop_and_no_storm),
	};

	return cmocka_run_group_tests_name("job-clock", tests, NULL, teardown);
}
