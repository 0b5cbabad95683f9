/* test_report.c -- how far each one is: one report each, gone with its maker. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "catalog/catalog.h"
#include "catalog/impl.h"
#include "catalog/report.h"

struct seen {
	size_t		 n;
	pid_t		 pid;
	char		 text[16];
};

static void
see(void *arg, pid_t pid, const void *data, size_t len)
{
	struct seen *s = arg;

	s->n++;
	s->pid = pid;
	assert_true(len < sizeof(s->text));
	memcpy(s->text, data, len);
	s->text[len] = '\0';
}

static void
one_each(void **state)
{
	struct reports rs = {0};

	(void)state;
	reports_put(&rs, 1, 10, "a", 1);
	reports_put(&rs, 2, 20, "bb", 2);
	reports_put(&rs, 1, 10, "ccc", 3);
	assert_int_equal(rs.n, 2);
	reports_put(&rs, 2, 20, NULL, 0);
	reports_put(&rs, 3, 30, NULL, 0);
	assert_int_equal(rs.n, 1);
	assert_int_equal(rs.v[0].who, 1);
	assert_memory_equal(rs.v[0].data, "ccc", 3);
	reports_fini(&rs);
}

static void
the_owners_own(void **state)
{
	struct catalog *c = catalog_in_memory();
	struct seen s = {0};
	char large[CATALOG_REPORT_MAX + 1] = "";

	(void)state;
	catalog_report(c, "plan", 4);
	catalog_report(c, "do", 2);
	catalog_report(c, large, sizeof(large));	/* is left out */
	catalog_reports(c, see, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.pid, getpid());
	assert_string_equal(s.text, "do");
	catalog_report(c, NULL, 0);
	s = (struct seen){0};
	catalog_reports(c, see, &s);
	assert_int_equal(s.n, 0);
	catalog_report(c, "left behind", 11);
	catalog_close(c);
}

static void
it_goes_with_its_connection(void **state)
{
	struct catalog *c = catalog_in_memory();
	CLEAN_BUF struct buf req = {0}, reply = {0};
	struct seen s = {0};
	struct err e = {0};

	(void)state;
	c->asker = 7;
	c->asker_pid = 70;
	pack_bytes(&req, "x", 1);
	assert_int_equal(catalog_do(c, CATALOG_ASK, VERB_REPORT, req.data,
	    req.len, &reply, &e), -1);	/* not for who only asks */
	assert_int_equal(catalog_do(c, CATALOG_WORK, VERB_REPORT, req.data,
	    req.len, &reply, &e), 0);
	catalog_reports(c, see, &s);
	assert_int_equal(s.pid, 70);
	report_ends(c, 7);
	s = (struct seen){0};
	catalog_reports(c, see, &s);
	assert_int_equal(s.n, 0);
	catalog_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_each),
		cmocka_unit_test(the_owners_own),
		cmocka_unit_test(it_goes_with_its_connection),
	};

	return cmocka_run_group_tests_name("catalog-report", tests, NULL, NULL);
}
