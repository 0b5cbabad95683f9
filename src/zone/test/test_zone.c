/* test_zone.c -- a zone says what libc says, and survives any file. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "zone/zone.h"
#include "zone/zone_rule.h"
#include "util/civil.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/fd.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char *const names[] = {
	"UTC", "Europe/Berlin", "Europe/Dublin", "Europe/Moscow",
	"America/New_York", "America/Havana", "America/Sao_Paulo",
	"America/Nuuk", "Asia/Kathmandu", "Asia/Gaza", "Asia/Tehran",
	"Africa/Casablanca", "Africa/Cairo", "Australia/Lord_Howe",
	"Pacific/Apia", "Pacific/Chatham", "Antarctica/Troll", "EST5EDT",
};

static uint64_t
random_u64(unsigned *seed)
{
	return (uint64_t)rand_r(seed) << 42 ^ (uint64_t)rand_r(seed) << 21 ^
	    (uint64_t)rand_r(seed);
}

static unsigned
seed_from_environment(void)
{
	const char *text = getenv("ZONE_SEED");
	unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) :
	    (unsigned)time(NULL);

	print_message("# ZONE_SEED=%u\n", seed);
	return seed;
}

static void
days_and_dates_are_inverse(void **state)
{
	int64_t day;
	struct civil c;

	(void)state;
	for (day = -1000000; day < 1000000; day += 13) {
		c = civil_date(day);
		assert_true(civil_days(c.year, c.month, c.day) == day);
		assert_true(c.day <= civil_month_days(c.year, c.month));
	}
	assert_true(civil_days(1970, 1, 1) == 0);
	assert_true(civil_days(2000, 2, 29) == 11016);
	assert_int_equal(civil_weekday(civil_days(2026, 11, 23)), 0);
}

static void
same_as_libc(const struct zone *z, const char *name, int64_t t)
{
	struct zone_local l = zone_at(z, t);
	time_t tt = (time_t)t;
	struct tm tm;

	localtime_r(&tt, &tm);
	if (l.offset != tm.tm_gmtoff || l.dst != (tm.tm_isdst > 0) ||
	    strcmp(l.abbr, tm.tm_zone) != 0)
		fail_msg("%s at %lld: %d %d %s, libc has %ld %d %s", name,
		    (long long)t, l.offset, l.dst, l.abbr, tm.tm_gmtoff,
		    tm.tm_isdst, tm.tm_zone);
}

static void
local_time_is_libcs(void **state)
{
	unsigned seed = seed_from_environment();
	struct zone *z;
	int64_t t, change;
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		assert_int_equal(zone_load(names[i], &z, NULL), 0);
		setenv("TZ", names[i], 1);
		tzset();
		for (k = 0; k < 2000; k++) {
			t = (int64_t)(random_u64(&seed) % 9000000000) -
			    1000000000;
			same_as_libc(z, names[i], t);
			if (zone_change(z, t, &change)) {
				same_as_libc(z, names[i], change - 1);
				same_as_libc(z, names[i], change);
			}
		}
		zone_free(z);
	}
	unsetenv("TZ");
}

/* Around each change: every wall is found first where it is first shown. */
static void
a_wall_is_found_where_it_is_first_shown(void **state)
{
	struct zone *z;
	int64_t t = 0, change, u, found, wall;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		assert_int_equal(zone_load(names[i], &z, NULL), 0);
		for (n = 0; n < 150 && zone_change(z, t, &change); n++) {
			for (u = change - 9000; u < change + 9000; u += 299) {
				wall = u + zone_at(z, u).offset;
				assert_int_equal(zone_instant(z, wall, 0, -1,
				    &found), 1);
				assert_true(found <= u && found +
				    zone_at(z, found).offset == wall);
				assert_int_equal(zone_instant(z, wall, u, -1,
				    &found), 1);
				assert_true(found == u);
			}
			t = change;
		}
		t = 0;
		zone_free(z);
	}
}

static void
a_gap_holds_no_instant_and_tells_its_end(void **state)
{
	struct zone *z;
	int64_t t;

	(void)state;
	assert_int_equal(zone_load("Europe/Berlin", &z, NULL), 0);
	/* 2026-03-29 02:30 */
	assert_int_equal(zone_instant(z, 1774751400, 0, -1, &t), 0);
	assert_true(t == 1774746000);
	/* 2026-10-25 02:30, summer and winter */
	assert_int_equal(zone_instant(z, 1792895400, 0, 1, &t), 1);
	assert_true(t == 1792888200);
	assert_int_equal(zone_instant(z, 1792895400, 0, 0, &t), 1);
	assert_true(t == 1792891800);
	zone_free(z);
}

static void
names_cannot_climb(void **state)
{
	static const char *const bad[] = {
		"", "/etc/localtime", "../../../etc/passwd", "Europe/../UTC",
		"Europe", "Europe/", "Europe//Berlin", "Nowhere", "a b",
		"zone.tab", "\xff", "./UTC",
	};
	struct zone *z;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		e = (struct err){0};
		assert_int_equal(zone_load(bad[i], &z, &e), -1);
		assert_int_equal(e.kind, ERR_NOENT);
	}
	if (zone_load("right/Europe/Berlin", &z, &e) == 0)
		fail_msg("leap seconds were taken");
}

static void
the_environment_names_the_local_zone(void **state)
{
	static const struct {
		const char *tz;
		int offset;
	} cases[] = {
		{ "Europe/Berlin", 3600 }, { ":Europe/Berlin", 3600 },
		{ "/usr/share/zoneinfo/Asia/Tokyo", 32400 }, { "", 0 },
		{ "IST-1GMT-0,M10.5.0/1,M3.5.0/1", 0 }, { "<+0330>-3:30", 12600 },
	};
	struct zone *z;
	struct err e = {0};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		setenv("TZ", cases[i].tz, 1);
		assert_int_equal(zone_load(NULL, &z, &e), 0);
		assert_int_equal(zone_at(z, 1800000000).offset, cases[i].offset);
		zone_free(z);
	}
	setenv("TZ", "Nowhere/At_All", 1);
	assert_int_equal(zone_load(NULL, &z, &e), -1);
	unsetenv("TZ");
	assert_int_equal(zone_load(NULL, &z, &e), 0);
	zone_free(z);
}

static void
rules_are_posixs(void **state)
{
	static const char *const good[] = {
		"UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT", "<-00>0",
		"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
		"XXX3YYY4:30:15,J60/-167,J365/167:59:59", "AAA-24BBB,0,365",
	};
	static const char *const bad[] = {
		"", "UTC", "U0", "UTC25", "UTC0:60", "CET-1CEST,M3.5.0",
		"CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.0.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J365",
		"CET-1CEST,366,0", "CET-1CEST,M3.5.0/168,M10.5.0", "<UTC0",
		"CET-1CEST,M3.5.0,M10.5.0,", "CET-1CEST,M3.5.0,M10.5.0 ",
		"<ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ>0",
	};
	struct zone_rule r;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		if (zone_rule_parse(good[i], &r) < 0)
			fail_msg("\"%s\" was refused", good[i]);
	for (i = 0; i < COUNT(bad); i++)
		if (zone_rule_parse(bad[i], &r) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
}

static void
read_zone_file(const char *path, struct buf *b)
{
	CLEAN_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, ZONE_FILE_MAX, b), 0);
}

static void
every_cut_of_a_file_is_refused(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct zone *z;
	struct err e;
	size_t cut;

	(void)state;
	read_zone_file("/usr/share/zoneinfo/Europe/Berlin", &b);
	for (cut = 0; cut < b.len; cut++) {
		unsigned char *copy = malloc(cut + 1);

		memcpy(copy, b.data, cut);
		e = (struct err){0};
		assert_int_equal(zone_read(copy, cut, &z, &e), -1);
		assert_int_equal(e.kind, ERR_CORRUPT);
		free(copy);
	}
	assert_int_equal(zone_read(b.data, b.len, &z, NULL), 0);
	zone_free(z);
}

static void
damaged_bytes_never_reach_beyond(void **state)
{
	unsigned seed = seed_from_environment();
	CLEAN_BUF struct buf b = {0};
	unsigned char *copy;
	struct zone *z;
	int64_t t;
	size_t n, flips;

	(void)state;
	read_zone_file("/usr/share/zoneinfo/America/Nuuk", &b);
	copy = malloc(b.len);
	for (n = 0; n < 20000; n++) {
		memcpy(copy, b.data, b.len);
		for (flips = 0; flips <= n % 4; flips++)
			copy[random_u64(&seed) % b.len] =
			    (unsigned char)rand_r(&seed);
		if (zone_read(copy, b.len, &z, NULL) < 0)
			continue;
		t = (int64_t)(random_u64(&seed) % 9000000000);
		assert_true(strlen(zone_at(z, t).abbr) < 600);
		zone_instant(z, t, 0, (int)(n % 3) - 1, &t);
		zone_free(z);
	}
	free(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_and_dates_are_inverse),
		cmocka_unit_test(local_time_is_libcs),
		cmocka_unit_test(a_wall_is_found_where_it_is_first_shown),
		cmocka_unit_test(a_gap_holds_no_instant_and_tells_its_end),
		cmocka_unit_test(names_cannot_climb),
		cmocka_unit_test(the_environment_names_the_local_zone),
		cmocka_unit_test(rules_are_posixs),
		cmocka_unit_test(every_cut_of_a_file_is_refused),
		cmocka_unit_test(damaged_bytes_never_reach_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
