/* test_systemd.c -- what a service manager hears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/systemd.h"

#define PID	4711

static const char *vars[3];	/* NOTIFY_SOCKET, WATCHDOG_USEC, _PID */

static const char *
var(const char *name)
{
	return vars[strcmp(name, "NOTIFY_SOCKET") == 0 ? 0 :
	    strcmp(name, "WATCHDOG_USEC") == 0 ? 1 : 2];
}

/* A manager's socket with an abstract name; *name as in the environment. */
static int
manager(char name[32])
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(sa_family_t);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
	size = sizeof(a);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	snprintf(name, 32, "@%.*s", (int)(size - offsetof(struct sockaddr_un,
	    sun_path) - 1), a.sun_path + 1);
	return fd;
}

static void
it_hears_what_is_told(void **state)
{
	char name[32], got[256];
	int fd = manager(name);
	struct systemd s;
	ssize_t n;

	(void)state;
	vars[0] = name;
	vars[1] = "3000000";
	vars[2] = "4711";
	systemd_open(&s, var, PID);
	assert_true(s.fd >= 0);
	assert_int_equal(s.watchdog, 3000000);
	systemd_tell(&s, "READY=1");
	n = recv(fd, got, sizeof(got), 0);
	assert_int_equal(n, 7);
	assert_memory_equal(got, "READY=1", 7);
	systemd_reloading(&s);
	n = recv(fd, got, sizeof(got) - 1, 0);
	assert_true(n > 0);
	got[n] = '\0';
	assert_non_null(strstr(got, "RELOADING=1\nMONOTONIC_USEC="));
	systemd_close(&s);
	close(fd);
}

static void
anothers_watchdog_is_not_ours(void **state)
{
	char name[32];
	int fd = manager(name);
	struct systemd s;

	(void)state;
	vars[0] = name;
	vars[1] = "3000000";
	vars[2] = "1";
	systemd_open(&s, var, PID);
	assert_int_equal(s.watchdog, 0);
	systemd_close(&s);
	vars[2] = NULL;
	vars[1] = "3000000x";
	systemd_open(&s, var, PID);
	assert_int_equal(s.watchdog, 0);
	systemd_close(&s);
	close(fd);
}

static void
nobody_there_is_no_failure(void **state)
{
	static const char *const places[] = { NULL, "", "relative",
	    "@fettle-test-nobody", "/nonexistent/socket" };
	struct systemd s;
	size_t i;

	(void)state;
	vars[1] = vars[2] = NULL;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		vars[0] = places[i];
		systemd_open(&s, var, PID);
		assert_int_equal(s.fd, -1);
		systemd_tell(&s, "READY=1");
		systemd_close(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_hears_what_is_told),
		cmocka_unit_test(anothers_watchdog_is_not_ours),
		cmocka_unit_test(nobody_there_is_no_failure),
	};

	return cmocka_run_group_tests_name("systemd", tests, NULL, NULL);
}
