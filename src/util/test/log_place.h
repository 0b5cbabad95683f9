#ifndef UTIL_TEST_LOG_PLACE_H
#define UTIL_TEST_LOG_PLACE_H

/* log_place.h -- for the tests of the log: a folder for it, and what to read. */
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "testing/scratch.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/log.h"

#define T	1795305600123456	/* 2026-11-22 01:00:00.123456 in Berlin */

struct place {
	struct scratch	 s;
	int		 dir;		/* its descriptor */
	struct log_options o;
	int		 troubles;
	struct err	 trouble;
};

static inline int64_t
fixed_now(void)
{
	return T;
}

static inline void
on_trouble(void *arg, const struct err *e)
{
	struct place *p = arg;

	p->troubles++;
	p->trouble = *e;
}

static inline int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	p->s = scratch_new();
	p->dir = p->s.fd;
	p->o = (struct log_options){ .level = LOG_INFO, .dir = p->dir,
	    .name = "fettle.log", .fd = -1, .now = fixed_now,
	    .trouble = on_trouble, .arg = p };
	*state = p;
	return 0;
}

static inline int
teardown(void **state)
{
	struct place *p = *state;

	scratch_free(&p->s);
	free(p);
	return 0;
}

/* Append a file of the place; 1 if it is there, else 0. */
static inline int
read_file(const struct place *p, const char *name, struct buf *out)
{
	int fd = openat(p->dir, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	assert_int_equal(fd_read_all(fd, (size_t)64 << 20, out), 0);
	close(fd);
	return 1;
}

static inline struct log *
start(struct place *p)
{
	struct log *l = NULL;
	struct err e = {0};

	if (log_open(&p->o, &l, &e) < 0)
		fail_msg("%s", e.text);
	return l;
}

#define EACH_TEST(fn)	cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
