#ifndef CATALOG_TEST_COMMON_H
#define CATALOG_TEST_COMMON_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <sys/types.h>

#include <cmocka.h>

#include "catalog/catalog.h"
#include "util/err.h"

/* A folder of its own for every test, and what tests do again and again. */
char *test_dir(void);			/* to be ended by test_dir_free */
void test_dir_free(char *dir);
char *test_state(const char *dir);	/* dir/state, not made yet; free it */

/* A folder in it, ours alone (0700); and the mode of one of its names. */
void test_make(const char *dir, const char *name);
void test_mode(const char *dir, const char *name, mode_t mode);

/* For cmocka: a folder with no state yet as the test's state, and its end. */
struct test_place {
	char		*dir, *state;
};

int test_enter(void **state);
int test_leave(void **state);

/* Open or fail the test. */
struct catalog *test_open(const char *state, enum catalog_role role,
    const char *what);
/* Fail to open: the kind of error; its text goes to e. */
enum err_kind test_refused(const char *state, enum catalog_role role,
    const char *what, struct err *e);

/* Fail the test with the error's words. */
#define OK(call) test_ok((call), &e, #call, __FILE__, __LINE__)
int test_ok(int r, const struct err *e, const char *call, const char *file,
    int line);

int64_t test_run(struct catalog *c);	/* begin a run with one job, "sort" */

/* A batch of n moves of /d/in/<prefix><i> to /d/out, inode numbers from ino
 * on.  Free *bytes. */
size_t test_moves(const char *prefix, size_t n, uint64_t ino, void **bytes);
/* One entry as a batch. */
size_t test_batch(const struct entry *en, void **bytes);
/* Commit a batch of one, ended at once with this result. */
int64_t test_event(struct catalog *c, int64_t run, const struct entry *en,
    const struct result *res);

#endif
