/* test_queue.c -- nothing is sent twice within an hour, and nothing that is
 * known stays untold: time is handed in. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "notify/queue.h"
#include "util/buf.h"
#include "util/span.h"
#include "util/time.h"

#define T0	(INT64_C(1795305600) * 1000000)

static const struct notify mail = { .kind = NOTIFY_MAIL, .id = 7,
	.events = 0xff, .digest = -1 };
static const struct notify ping = { .kind = NOTIFY_PING, .id = 8,
	.events = 0xff, .digest = -1 };

static struct notify_news
news(int64_t at)
{
	static char job[] = "home", none[] = "";

	return (struct notify_news){ .time = at, .job = job, .kind = none,
	    .text = none, .log = none };
}

static void
trouble_is_told_once_an_hour(void **state)
{
	struct notify_told told = {0};
	int put_off;

	(void)state;
	assert_int_equal(notify_due(&mail, NOTIFY_FAILURE, &told, T0, &put_off),
	    T0);
	notify_told_note(&told, NOTIFY_FAILURE, T0);
	assert_true(notify_due(&mail, NOTIFY_FAILURE, &told, T0 + SPAN_MINUTE,
	    &put_off) == T0 + NOTIFY_APART);
	assert_int_equal(put_off, 1);
	assert_true(notify_due(&mail, NOTIFY_FAILURE, &told, T0 + NOTIFY_APART,
	    &put_off) == T0 + NOTIFY_APART);
	assert_int_equal(put_off, 0);
	/* Something else is something else. */
	assert_true(notify_due(&mail, NOTIFY_HELD, &told, T0 + 1, &put_off) ==
	    T0 + 1);
	/* A clock set back puts nothing off for years. */
	assert_true(notify_due(&mail, NOTIFY_FAILURE, &told, T0 - SPAN_YEAR,
	    &put_off) == T0 - SPAN_YEAR);
	/* Each ping is one of its own. */
	assert_true(notify_due(&ping, NOTIFY_FAILURE, &told, T0 + 1, &put_off) ==
	    T0 + 1);
}

/* What the queue does with one address, in the small. */
struct box {
	struct notify_entry	 v[8];
	size_t			 n, sent;
	struct notify_told	 told;
	enum notify_event	 last;
	int64_t			 at[NOTIFY_EVENTS];
};

static void
post(struct box *b, enum notify_event ev, int64_t now)
{
	struct notify_news w = news(now);
	struct notify_entry x = { .to = mail.id, .ev = ev, .first = now,
	    .news = w };
	size_t i, n = 0;

	for (i = 0; i < b->n; i++)
		if (notify_old(&mail, ev, &w, &b->v[i], &x.news.again) ==
		    NOTIFY_STAYS)
			b->v[n++] = b->v[i];
	b->n = n;
	if (ev == NOTIFY_RECOVERED && !b->told.trouble)
		return;
	x.due = notify_due(&mail, ev, &b->told, now, &x.put_off);
	b->v[b->n++] = x;
}

static void
deliver(struct box *b, int64_t now)
{
	size_t i, n = 0;

	for (i = 0; i < b->n; i++) {
		if (!notify_is_due(&b->v[i], now)) {
			b->v[n++] = b->v[i];
			continue;
		}
		/* The promise. */
		assert_true(b->at[b->v[i].ev] == 0 ||
		    now - b->at[b->v[i].ev] >= NOTIFY_APART);
		b->at[b->v[i].ev] = now;
		b->last = b->v[i].ev;
		b->sent++;
		notify_told_note(&b->told, b->v[i].ev, now);
	}
	b->n = n;
}

/* A job that fails and works again every other minute: a mail or two an hour,
 * and what was said last is true. */
static void
a_flapping_job(void **state)
{
	struct box b = {0};
	int64_t now = T0;
	int i, failed = 0;

	(void)state;
	for (i = 0; i < 24 * 60; i++, now += SPAN_MINUTE) {
		failed = i % 4 < 2;
		if (i % 2 == 0 && i < 23 * 60)
			post(&b, failed ? NOTIFY_FAILURE : NOTIFY_RECOVERED, now);
		deliver(&b, now);
		assert_true(b.n <= 2);
	}
	assert_true(b.sent >= 24 && b.sent <= 2 * 25);
	assert_int_equal(b.last, NOTIFY_RECOVERED);
	assert_int_equal(b.told.trouble, 0);
}

static void
it_is_tried_again_later_each_time(void **state)
{
	struct notify_entry x = { .to = mail.id, .ev = NOTIFY_FAILURE,
	    .first = T0, .due = T0, .news = news(T0) };
	int64_t now = T0, last = 0, wait;
	int tries;

	(void)state;
	for (tries = 0;; tries++) {
		assert_true(notify_is_due(&x, now));
		notify_try(&x, now);
		assert_false(notify_is_due(&x, now + NOTIFY_APART - 1));
		if (!notify_failed(&mail, &x, 0, now))
			break;
		wait = x.due - now;
		assert_true(wait >= last && wait >= SPAN_MINUTE &&
		    wait <= NOTIFY_APART);
		last = wait;
		now = x.due;
	}
	assert_true(now - T0 > 3 * SPAN_DAY && tries > 70);
}

static void
what_may_have_arrived_waits_an_hour(void **state)
{
	struct notify_entry x = { .to = mail.id, .first = T0, .due = T0 };

	(void)state;
	notify_try(&x, T0);
	assert_int_equal(notify_failed(&mail, &x, 1, T0 + SPAN_SECOND), 1);
	assert_true(x.due >= T0 + NOTIFY_APART);
}

static void
only_the_newest_ping_counts(void **state)
{
	struct notify_news w = news(T0);
	struct notify_entry x = { .to = ping.id, .ev = NOTIFY_START,
	    .news = w };
	uint64_t again = 0;

	(void)state;
	assert_int_equal(notify_old(&ping, NOTIFY_SUCCESS, &w, &x, &again),
	    NOTIFY_REPLACED);
	assert_int_equal(notify_old(&mail, NOTIFY_SUCCESS, &w, &x, &again),
	    NOTIFY_STAYS);
}

static void
a_digest_goes_out_once_a_day(void **state)
{
	struct notify n = mail;
	struct notify_told told = {0};
	int64_t now = T0, due;
	struct tm tm;
	int put_off, i;

	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	n.digest = 8 * SPAN_HOUR;
	for (i = 0; i < 400 * 24; i++, now += SPAN_HOUR + 7 * SPAN_MINUTE) {
		due = notify_due(&n, NOTIFY_FAILURE, &told, now, &put_off);
		assert_true(due > now && due - now <= 25 * SPAN_HOUR);
		time_to_tm(due, &tm);
		assert_int_equal(tm.tm_hour, 8);
		assert_int_equal(tm.tm_min, 0);
	}
}

static void
entries_come_back(void **state)
{
	struct notify_entry x = { .to = 1, .ev = NOTIFY_LATE, .first = -1,
	    .due = T0, .tries = 3, .put_off = 1, .news = news(T0) }, y;
	CLEAN_BUF struct buf b = {0};
	struct err e = {0};
	size_t i;

	(void)state;
	x.news.bytes = UINT64_MAX;
	notify_entry_pack(&x, &b);
	assert_int_equal(notify_entry_unpack(b.data, b.len, &y, &e), 0);
	assert_string_equal(y.news.job, "home");
	assert_true(y.due == T0 && y.ev == NOTIFY_LATE && y.put_off &&
	    y.news.bytes == UINT64_MAX);
	notify_entry_fini(&y);
	for (i = 0; i < b.len; i++)
		assert_int_equal(notify_entry_unpack(b.data, i, &y, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trouble_is_told_once_an_hour),
		cmocka_unit_test(a_flapping_job),
		cmocka_unit_test(it_is_tried_again_later_each_time),
		cmocka_unit_test(what_may_have_arrived_waits_an_hour),
		cmocka_unit_test(only_the_newest_ping_counts),
		cmocka_unit_test(a_digest_goes_out_once_a_day),
		cmocka_unit_test(entries_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
