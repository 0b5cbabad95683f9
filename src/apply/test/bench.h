#ifndef APPLY_TEST_BENCH_H
#define APPLY_TEST_BENCH_H

/* A folder to work in, a catalog, and plans made of short lines. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "apply/apply.h"
#include "catalog/catalog.h"
#include "plan/plan.h"
#include "testing/scratch.h"
#include "util/buf.h"
#include "util/err.h"

struct told {		/* what the report said, one an operation */
	enum op_kind	 kind;
	enum op_state	 state;
	char		*from, *to, *error;
};

struct bench {
	struct scratch	 s;		/* everything lies below it */
	const char	*top;		/* its path */
	struct catalog	*catalog;
	int64_t		 run;
	int		 undoing;
	uint64_t	 min_free;
	int		 (*stop)(void *arg);
	void		*stop_arg;
	struct plan	*plan;
	uint32_t	 job;
	struct told	*told;
	size_t		 n_told, cap_told;
	struct err	 e;
};

void bench_open(struct bench *b);
void bench_close(struct bench *b);	/* and the folder goes */

/* For cmocka: a bench with an empty plan as the test's state, and its end. */
int bench_enter(void **state);
int bench_exit(void **state);

/* Paths are relative to top; an absolute one is taken as it is.  What a test
 * changes besides is changed by scratch_*(&b->s, ...). */
char *bench_path(struct bench *b, const char *rel);
void bench_mkdir(struct bench *b, const char *rel);	/* and parents */
void bench_put(struct bench *b, const char *rel, const char *text);
int bench_is(struct bench *b, const char *rel, const char *text);
int bench_there(struct bench *b, const char *rel);
/* All names below rel with what files hold, sorted, a line each. */
char *bench_tree(struct bench *b, const char *rel);
/* Names of ours (.fettle-*) that lie about. */
size_t bench_litter(struct bench *b, const char *rel);

/* A new plan; operations are added with their source's identity as it is. */
void bench_plan(struct bench *b);
void bench_op(struct bench *b, enum op_kind kind, const char *from,
    const char *to, uint32_t flags);
/* The same, taking identity id and with the next-name policy. */
void bench_op_as(struct bench *b, enum op_kind kind, const char *from,
    const char *to, uint32_t flags, const struct fs_id *id, int rename);
struct fs_id bench_id(struct bench *b, const char *rel);

/* Do the plan as a new run: apply_plan's answer. */
int bench_run(struct bench *b);
/* How the n-th operation ended, with words in its error. */
void bench_ended(struct bench *b, size_t n, enum op_state state,
    const char *words);
/* Plan the undo of a run, and do it. */
void bench_undo(struct bench *b, int64_t run);
/* Recover; what was said comes back in lines. */
char *bench_recover(struct bench *b);

#endif
