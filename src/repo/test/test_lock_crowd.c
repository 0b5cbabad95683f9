/*
 * test_lock_crowd.c -- many processes want a repository on a disk at once, some of
 * them alone.  There nobody waits before looking again (lock.c): whoever is
 * alone must be so all the same.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "repo/lock_impl.h"
#include "repo/repo_impl.h"
#include "repo/test/scene.h"
#include "util/clean.h"
#include "util/err.h"

#define MS	((int64_t)1000)
#define MINUTE	((int64_t)60 * 1000000)

static const struct lock_pace quick = {
	.settle = MS, .refresh = 1000 * MINUTE, .overdue = 2000 * MINUTE,
	.step = MS, .again = MS, .bad = { MS, MS, MS },
	.retry_first = MS, .retry_most = 4 * MS,
};

#define CROWD	6
#define TURNS	150

struct room {
	atomic_int	 alone, sharing, met, held[2];
};

/* For a while, in which the others have their turns. */
static void
stay(struct room *room)
{
	int alone, sharing, i;

	for (i = 0; i < 200; i++) {
		alone = atomic_load(&room->alone);
		sharing = atomic_load(&room->sharing);
		if (alone > 1 || (alone == 1 && sharing > 0))
			atomic_store(&room->met, 1);
		sched_yield();
	}
}

/* In a child.  Whoever is alone must be so. */
static void
crowd_in(const char *path, struct room *room, unsigned who)
{
	struct repo *r = scene_open(path, NULL);
	struct lock *l;
	struct err e;
	int turn, exclusive;

	for (turn = 0; turn < TURNS; turn++) {
		exclusive = (turn + (int)who) % 3 == 0;
		if (lock_take_with(r, exclusive, 0, &quick, &l, &e) < 0)
			continue;
		atomic_fetch_add(exclusive ? &room->alone : &room->sharing, 1);
		stay(room);
		atomic_fetch_add(&room->held[exclusive], 1);
		atomic_fetch_sub(exclusive ? &room->alone : &room->sharing, 1);
		lock_release(l);
	}
	repo_close(r);
}

static void
in_a_crowd_who_is_alone_is_alone(void **state)
{
	struct scene *s = *state;
	CLEAN_FREE char *path = scene_path(s, "crowd");
	struct room *room = mmap(NULL, sizeof(*room), PROT_READ | PROT_WRITE,
	    /* cppcheck-suppress invalidFunctionArg ; -1 is what mmap wants */
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid[CROWD];
	int status;
	unsigned i;

	assert_true(room != MAP_FAILED);
	repo_close(scene_make(s, "crowd", 2));
	for (i = 0; i < CROWD; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0) {
			crowd_in(path, room, i);
			_exit(0);
		}
	}
	for (i = 0; i < CROWD; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(atomic_load(&room->met), 0);
	/* It was no test if nobody ever came in. */
	assert_true(atomic_load(&room->held[0]) > 0);
	assert_true(atomic_load(&room->held[1]) > 0);
	munmap(room, sizeof(*room));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    in_a_crowd_who_is_alone_is_alone, scene_setup,
		    scene_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
