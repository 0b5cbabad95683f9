/* What a job's name holds cannot end a label, a line or the text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "metrics/metrics.h"
#include "util/buf.h"

static void
test_family(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	metrics_family(&b, "a_total", METRICS_COUNTER, "So many.");
	metrics_sample(&b, "a_total", NULL, 3);
	metrics_sample(&b, "a_total", (const char *const[]){ "job", "x", "state",
	    "done", NULL }, 0.25);
	metrics_time(&b, "t", NULL, 1700000000000001);
	assert_string_equal(buf_str(&b),
	    "# HELP a_total So many.\n# TYPE a_total counter\na_total 3\n"
	    "a_total{job=\"x\",state=\"done\"} 0.25\n"
	    "t 1700000000.000001\n");
}

static void
test_hostile(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	metrics_sample(&b, "a", (const char *const[]){ "job",
	    "a\"} 1\nb\\c\x1b[2J\xff\xc3\xa4", NULL }, 1);
	assert_string_equal(buf_str(&b), "a{job=\"a\\\"} 1\\nb\\\\c?[2J"
	    "\xef\xbf\xbd\xc3\xa4\"} 1\n");
}

static void
test_values(void **state)
{
	CLEAN_BUF struct buf b = {0};

	(void)state;
	metrics_sample(&b, "a", NULL, 123456789012345);
	metrics_sample(&b, "a", NULL, -1);
	metrics_sample(&b, "a", NULL, (double)NAN);
	metrics_sample(&b, "a", NULL, (double)INFINITY);
	assert_string_equal(buf_str(&b),
	    "a 123456789012345\na -1\na NaN\na +Inf\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_family), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
