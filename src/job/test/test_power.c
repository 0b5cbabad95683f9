/*
 * test_power.c -- what counts as running on battery, and what `retry:` and
 * `daemon:` may say.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "conf/faults.h"
#include "job/power.h"
#include "testing/scratch.h"

static struct scratch top;

static void
put(const char *supply, const char *file, const char *text)
{
	char path[100], line[100];

	snprintf(path, sizeof(path), "%s/%s", supply, file);
	snprintf(line, sizeof(line), "%s\n", text);
	scratch_file(&top, path, line);
}

static void
on_battery_only_without_mains(void **state)
{
	(void)state;
	top = scratch_new();
	assert_false(power_on_battery("/nowhere/at/all"));
	assert_false(power_on_battery(top.path));
	put("mouse", "type", "Battery");
	put("mouse", "scope", "Device");
	put("mouse", "status", "Discharging");
	assert_false(power_on_battery(top.path));
	put("BAT0", "type", "Battery");
	put("BAT0", "status", "Discharging");
	assert_true(power_on_battery(top.path));
	put("AC", "type", "Mains");
	put("AC", "online", "0");
	assert_true(power_on_battery(top.path));
	put("AC", "online", "1");
	assert_false(power_on_battery(top.path));
	put("AC", "online", "0");
	put("BAT0", "status", "Charging");
	assert_false(power_on_battery(top.path));
}

static int
clear(void **state)
{
	(void)state;
	scratch_free(&top);
	return 0;
}

static size_t
faults(const char *text, struct job *j, struct daemon_settings *d)
{
	struct conf_faults *f = conf_faults_new();
	struct conf *c = NULL;
	size_t n;

	*j = (struct job){0};
	*d = (struct daemon_settings){0};
	if (conf_parse("test", text, strlen(text), f, &c) == 0) {
		read_retry(conf_get(conf_root(c), "retry"), j, f);
		read_daemon(conf_get(conf_root(c), "daemon"), d, f);
	}
	n = conf_faults_count(f, CONF_FAULT);
	conf_free(c);
	conf_faults_free(f);
	return n;
}

static void
retry_is_read(void **state)
{
	struct daemon_settings d;
	struct job j;

	(void)state;
	assert_int_equal(faults("retry: 3 every 10min\n", &j, &d), 0);
	assert_int_equal(j.retry, 3);
	assert_int_equal(j.retry_every, INT64_C(600000000));
	assert_int_equal(faults("retry: 5\n", &j, &d), 0);
	assert_int_equal(j.retry, 5);
	assert_int_equal(j.retry_every, RETRY_EVERY);
	assert_int_equal(faults("retry: 3 every\n", &j, &d), 1);
	assert_int_equal(faults("retry: 3x\n", &j, &d), 1);
	assert_int_equal(faults("retry: -3\n", &j, &d), 1);
	assert_int_equal(faults("retry: 101\n", &j, &d), 1);
	assert_int_equal(faults("retry: 3 every 10\n", &j, &d), 1);
	assert_int_equal(faults("retry: 99999999999999999999\n", &j, &d), 1);
}

static void
manners_are_read(void **state)
{
	struct daemon_settings d;
	struct job j;

	(void)state;
	assert_int_equal(faults("daemon: {nice: 10, ioprio: idle, "
	    "on_battery: pause, on_metered: run}\n", &j, &d), 0);
	assert_int_equal(d.nice, 10);
	assert_int_equal(d.ioprio, IOPRIO_IDLE);
	assert_true(d.pause_on_battery);
	assert_false(d.pause_on_metered);
	assert_int_equal(faults("daemon: {nice: 20}\n", &j, &d), 1);
	assert_int_equal(faults("daemon: {nice: -1, ioprio: none, "
	    "on_battery: yes}\n", &j, &d), 3);
	assert_int_equal(faults("daemon: {x: y}\n", &j, &d), 1);
}

static void
others_go_first(void **state)
{
	struct daemon_settings d = { .nice = 7, .ioprio = IOPRIO_IDLE };
	int before = getpriority(PRIO_PROCESS, 0);
	int lower = before > 7 ? before : 7;	/* the tests may be niced */

	(void)state;
	power_yield(&d);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), lower);
	d.nice = 3;			/* only ever lower */
	power_yield(&d);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), lower);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(on_battery_only_without_mains, clear),
		cmocka_unit_test(retry_is_read),
		cmocka_unit_test(manners_are_read),
		cmocka_unit_test(others_go_first),
	};

	return cmocka_run_group_tests_name("job-power", tests, NULL, NULL);
}
