/* test_open.c -- one owner at a time, in a folder of its own, and words for
 * everybody who cannot be it. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalog/db.h"
#include "catalog/frame.h"
#include "catalog/impl.h"
#include "catalog/test/common.h"
#include "testing/scratch.h"
#include "util/buf.h"
#include "util/xalloc.h"

static unsigned
mode_of(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct stat st = {0};

	assert_int_equal(stat(path, &st), 0);
	free(path);
	return st.st_mode & 07777;
}

static void
only_we_can_read_it(void **state)
{
	struct test_place *h = *state;
	mode_t old = umask(0);
	struct catalog *c = test_open(h->state, CATALOG_RUN, "run");
	struct err e = {0};

	OK(catalog_serve(c, &e));
	test_run(c);
	assert_int_equal(mode_of(h->state, "."), 0700);
	assert_int_equal(mode_of(h->state, "catalog.db"), 0600);
	assert_int_equal(mode_of(h->state, "catalog.db-wal"), 0600);
	assert_int_equal(mode_of(h->state, "lock"), 0600);
	assert_int_equal(mode_of(h->state, "control"), 0600);
	assert_int_equal(mode_of(h->state, "ballast"), 0600);
	catalog_close(c);
	umask(old);
}

static void
bad_state_folders_are_refused(void **state)
{
	struct test_place *h = *state;
	char *deep = xasprintf("%s/no/state", h->dir);
	struct err e = {0};

	assert_int_equal(test_refused(deep, CATALOG_RUN, "r", &e), ERR_NOENT);
	assert_non_null(strstr(e.text, deep));
	assert_int_equal(test_refused("rel", CATALOG_RUN, "r", &e), ERR_USAGE);
	test_make(h->dir, "state");
	test_mode(h->dir, "state", 0770);
	assert_int_equal(test_refused(h->state, CATALOG_RUN, "r", &e),
	    ERR_DENIED);
	assert_non_null(strstr(e.text, "chmod go-w"));
	test_mode(h->dir, "state", 0702);
	assert_int_equal(test_refused(h->state, CATALOG_ASK, "r", &e),
	    ERR_DENIED);
	test_mode(h->dir, "state", 0700);
	if (geteuid() == 0) {
		struct scratch s = scratch_at(h->state);

		assert_int_equal(fchown(s.fd, 65534, 65534), 0);
		scratch_leave(&s);
		assert_int_equal(test_refused(h->state, CATALOG_RUN, "r", &e),
		    ERR_DENIED);
		assert_non_null(strstr(e.text, "65534"));
	}
	free(deep);
}

static void
a_read_only_state_folder_is_refused(void **state)
{
	struct test_place *h = *state;
	struct err e = {0};

	test_make(h->dir, "state");
	if (geteuid() != 0)
		test_mode(h->dir, "state", 0500);
	else if (mount("none", h->state, "tmpfs", MS_RDONLY, "mode=0700") != 0)
		skip();
	assert_int_equal(test_refused(h->state, CATALOG_RUN, "r", &e),
	    ERR_DENIED);
	assert_non_null(strstr(e.text, "cannot be written"));
	if (geteuid() == 0)
		assert_int_equal(umount(h->state), 0);
}

/* A child that opens the catalog, says so, and ends when told. */
struct child {
	pid_t		 pid;
	int		 to, from;
};

static struct child
child_start(const char *state, enum catalog_role role, const char *what,
    int serve, int grandchild)
{
	struct child ch;
	int to[2], from[2];
	char word = 'x';

	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	ch.pid = fork();
	assert_true(ch.pid >= 0);
	if (ch.pid == 0) {
		struct catalog *c = test_open(state, role, what);
		int ok = 1;

		close(to[1]);
		close(from[0]);
		if (serve)
			ok = catalog_serve(c, NULL) == 0;
		/* One that may touch files and outlives its parent. */
		if (grandchild && fork() == 0) {
			ok = write(from[1], &word, 1) == 1;
			ok = read(to[0], &word, 1) == 1;
			_exit(ok ? 0 : 1);
		}
		if (!grandchild)
			ok = write(from[1], &word, 1) == 1;
		if (read(to[0], &word, 1) < 0)
			ok = 0;
		catalog_close(c);
		_exit(ok ? 0 : 1);
	}
	close(to[0]);
	close(from[1]);
	ch.to = to[1];
	ch.from = from[0];
	assert_int_equal(read(ch.from, &word, 1), 1);
	return ch;
}

static int
child_end(struct child *ch)
{
	int status;

	close(ch->to);
	assert_int_equal(waitpid(ch->pid, &status, 0), ch->pid);
	close(ch->from);
	return status;
}

static void
a_second_owner_is_told_who_is_first(void **state)
{
	struct test_place *h = *state;
	struct child ch = child_start(h->state, CATALOG_RUN,
	    "run 12: sort\ndownloads", 1, 0);
	struct err e = {0};
	char pid[32];

	snprintf(pid, sizeof(pid), "pid %ld ", (long)ch.pid);
	assert_int_equal(test_refused(h->state, CATALOG_RUN, "r", &e),
	    ERR_LOCKED);
	assert_non_null(strstr(e.text, pid));
	assert_non_null(strstr(e.text, "run 12: sort?downloads"));
	assert_int_equal(test_refused(h->state, CATALOG_DAEMON, "d", &e),
	    ERR_LOCKED);
	assert_non_null(strstr(e.text, pid));
	assert_int_equal(child_end(&ch), 0);
	catalog_close(test_open(h->state, CATALOG_DAEMON, "d"));
}

/* The same words from the lock alone, when nobody answers. */
static void
an_owner_that_does_not_serve_is_named_too(void **state)
{
	struct test_place *h = *state;
	struct child ch = child_start(h->state, CATALOG_RUN, "run 3", 0, 0);
	struct err e = {0};
	char want[64];

	snprintf(want, sizeof(want), "pid %ld (run 3)", (long)ch.pid);
	assert_int_equal(test_refused(h->state, CATALOG_RUN, "r", &e),
	    ERR_LOCKED);
	assert_non_null(strstr(e.text, want));
	assert_int_equal(child_end(&ch), 0);
}

static void
what_it_does_now_is_told(void **state)
{
	struct test_place *h = *state;
	struct catalog *c = test_open(h->state, CATALOG_RUN, "run");
	struct err e = {0};

	OK(catalog_serve(c, &e));
	catalog_tell(c, "run 7: put away");
	assert_int_equal(test_refused(h->state, CATALOG_RUN, "r", &e),
	    ERR_LOCKED);
	assert_non_null(strstr(e.text, "run 7: put away"));
	catalog_close(c);
}

static void
who_asks_is_answered_while_another_runs(void **state)
{
	struct test_place *h = *state;
	struct child ch = child_start(h->state, CATALOG_RUN, "run", 1, 0);
	struct catalog *c = test_open(h->state, CATALOG_ASK, "where");
	struct catalog *worker = test_open(h->state, CATALOG_WORK, "worker");
	struct err e = {0};
	int64_t n;

	assert_false(catalog_is_owner(c));
	/* Asking is not doing: only who holds the lock may journal. */
	assert_int_equal(catalog_run_begin(c, "hand", "", 0, 1, &n, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	OK(catalog_run_begin(worker, "hand", "", 0, 1, &n, &e));
	assert_int_equal(kill(ch.pid, SIGKILL), 0);
	assert_int_equal(WTERMSIG(child_end(&ch)), SIGKILL);
	/* Its worker is told, again and again, and does not hang. */
	assert_int_equal(catalog_run_begin(worker, "hand", "", 0, 1, &n, &e),
	    -1);
	assert_int_equal(e.kind, ERR_IO);
	assert_non_null(strstr(e.text, "gone"));
	assert_int_equal(catalog_run_begin(worker, "hand", "", 0, 1, &n, &e),
	    -1);
	catalog_close(c);
	catalog_close(worker);
}

static void
who_asks_alone_owns_it_for_a_moment(void **state)
{
	struct test_place *h = *state;
	struct catalog *c = test_open(h->state, CATALOG_ASK, "where");
	struct err e = {0};
	int64_t n;

	assert_true(catalog_is_owner(c));
	assert_int_equal(catalog_run_begin(c, "hand", "", 0, 1, &n, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	catalog_close(c);
}

static void
a_worker_needs_an_owner(void **state)
{
	struct test_place *h = *state;
	struct err e = {0};

	assert_int_equal(test_refused(h->state, CATALOG_WORK, "w", &e),
	    ERR_NOENT);
}

static void *
close_it(void *arg)
{
	catalog_close(arg);
	return NULL;
}

static void
one_who_only_asks_is_waited_for(void **state)
{
	struct test_place *h = *state;
	struct catalog *c = test_open(h->state, CATALOG_ASK, "where");
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, close_it, c), 0);
	catalog_close(test_open(h->state, CATALOG_RUN, "run"));
	pthread_join(t, NULL);
}

struct waiter {
	const char	*state;
	struct catalog	*c;
	struct err	 e;
};

static void *
open_waiting(void *arg)
{
	struct waiter *w = arg;
	struct catalog_options o = { .state_dir = w->state,
	    .role = CATALOG_RUN, .what = "run", .wait = 1 };

	catalog_open(&o, &w->c, &w->e);
	return NULL;
}

/* Until somebody waits for a lock of ours. */
static void
until_blocked(void)
{
	CLEAN_BUF struct buf b = {0};
	char line[256];
	FILE *f;

	while (b.len == 0) {
		f = fopen("/proc/locks", "r");
		assert_non_null(f);
		while (fgets(line, sizeof(line), f) != NULL)
			if (strstr(line, "->") && strstr(line, "OFDLCK"))
				buf_adds(&b, line);
		fclose(f);
		sched_yield();
	}
}

static void
a_run_may_wait_for_another(void **state)
{
	struct test_place *h = *state;
	struct child ch = child_start(h->state, CATALOG_RUN, "run", 1, 0);
	struct waiter w = { .state = h->state };
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, open_waiting, &w), 0);
	until_blocked();
	assert_int_equal(child_end(&ch), 0);
	pthread_join(t, NULL);
	assert_non_null(w.c);
	assert_true(catalog_is_owner(w.c));
	catalog_close(w.c);
}

/* The owner is killed, a child of it may still be moving files. */
static void
the_lock_lives_as_long_as_a_child(void **state)
{
	struct test_place *h = *state;
	struct child ch = child_start(h->state, CATALOG_RUN, "run 5", 1, 1);
	struct err e = {0};
	char c;
	int status;

	assert_int_equal(kill(ch.pid, SIGKILL), 0);
	assert_int_equal(waitpid(ch.pid, &status, 0), ch.pid);
	assert_int_equal(test_refused(h->state, CATALOG_RUN, "r", &e),
	    ERR_LOCKED);
	assert_non_null(strstr(e.text, "still at work"));
	assert_non_null(strstr(e.text, "run 5"));
	close(ch.to);
	assert_int_equal(read(ch.from, &c, 1), 0);	/* it has ended */
	close(ch.from);
	catalog_close(test_open(h->state, CATALOG_RUN, "run"));
}

/* A socket left by one who was killed is in nobody's way. */
static void
a_stale_socket_is_replaced(void **state)
{
	struct test_place *h = *state;
	struct child ch = child_start(h->state, CATALOG_RUN, "run", 1, 0);
	struct catalog *c, *ask;
	struct err e = {0};

	assert_int_equal(kill(ch.pid, SIGKILL), 0);
	child_end(&ch);
	assert_int_equal(mode_of(h->state, "control"), 0600);
	c = test_open(h->state, CATALOG_RUN, "run");
	OK(catalog_serve(c, &e));
	ask = test_open(h->state, CATALOG_ASK, "where");
	assert_false(catalog_is_owner(ask));
	catalog_close(ask);
	catalog_close(c);
}

static int
connect_to(const char *state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/control", state);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static void
another_version_says_restart(void **state)
{
	struct test_place *h = *state;
	struct catalog *c = test_open(h->state, CATALOG_DAEMON, "daemon");
	int fd;
	CLEAN_BUF struct buf b = {0};
	struct unpack u;
	struct err e = {0};
	size_t start;

	OK(catalog_serve(c, &e));
	fd = connect_to(h->state);
	start = frame_begin(&b);
	pack_str(&b, FRAME_HELLO);
	pack_str(&b, "999.0");
	pack_str(&b, "whatever that version says then");
	frame_end(&b, start);
	assert_int_equal(write(fd, b.data, b.len), b.len);
	buf_reset(&b);
	b.len = (size_t)read(fd, buf_room(&b, 4096), 4096);
	assert_in_range(b.len, FRAME_HEAD + 2, 4096);
	u = unpack_start(b.data + FRAME_HEAD + 1, b.len - FRAME_HEAD - 1);
	assert_int_equal(b.data[FRAME_HEAD], FRAME_ERROR);
	assert_int_equal(frame_get_error(&u, &e), -1);
	assert_non_null(strstr(e.text, "restart fettle"));
	close(fd);
	catalog_close(c);
}

static void
change_db(const char *state, const char *sql)
{
	char *path = xasprintf("%s/%s", state, DB_FILE);
	sqlite3 *h;

	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(h);
	free(path);
}

static void
a_newer_catalog_is_refused_in_words(void **state)
{
	struct test_place *h = *state;
	struct err e = {0};

	catalog_close(test_open(h->state, CATALOG_RUN, "run"));
	change_db(h->state, "PRAGMA user_version = 99");
	assert_int_equal(test_refused(h->state, CATALOG_RUN, "r", &e),
	    ERR_USAGE);
	assert_non_null(strstr(e.text, "newer fettle"));
	assert_int_equal(test_refused(h->state, CATALOG_ASK, "r", &e),
	    ERR_USAGE);
	change_db(h->state, "PRAGMA user_version = 1");
	catalog_close(test_open(h->state, CATALOG_RUN, "run"));
}

static void
a_foreign_database_is_refused(void **state)
{
	struct test_place *h = *state;
	struct err e = {0};

	test_make(h->dir, "state");
	change_db(h->state, "CREATE TABLE bookmarks(url)");
	assert_int_equal(test_refused(h->state, CATALOG_RUN, "r", &e),
	    ERR_CORRUPT);
	assert_non_null(strstr(e.text, "not a catalog of fettle"));
}

static void
an_old_catalog_is_copied_before_it_is_migrated(void **state)
{
	static const char *const bad[] = { NULL,
	    "CREATE TABLE half(x INTEGER); nonsense;" };
	static const char *const good[] = { NULL,
	    "CREATE TABLE later(x INTEGER);",
	    "ALTER TABLE run ADD later INTEGER;" };
	struct test_place *h = *state;
	int64_t v = 0;
	struct db *d;
	struct err e = {0};
	int fd;

	catalog_close(test_open(h->state, CATALOG_RUN, "run"));
	fd = open(h->state, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	OK(db_open(fd, h->state, 0, &d, &e));
	/* A step that fails leaves all as it was before it. */
	assert_int_equal(db_migrate(d, bad, 2, &e), -1);
	OK(db_number(d, &v, &e, "PRAGMA user_version", ""));
	assert_int_equal(v, 1);
	assert_int_equal(mode_of(h->state, "catalog.db.v1"), 0600);
	OK(db_migrate(d, good, 3, &e));
	OK(db_number(d, &v, &e, "PRAGMA user_version", ""));
	assert_int_equal(v, 3);
	db_close(d);
	assert_int_equal(test_refused(h->state, CATALOG_RUN, "r", &e),
	    ERR_USAGE);
	/* The copy is today's, and opens. */
	assert_int_equal(renameat(fd, "catalog.db.v1", fd, DB_FILE), 0);
	catalog_close(test_open(h->state, CATALOG_RUN, "run"));
	close(fd);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, test_enter, test_leave)
	const struct CMUnitTest tests[] = {
		T(only_we_can_read_it),
		T(bad_state_folders_are_refused),
		T(a_read_only_state_folder_is_refused),
		T(a_second_owner_is_told_who_is_first),
		T(an_owner_that_does_not_serve_is_named_too),
		T(what_it_does_now_is_told),
		T(who_asks_is_answered_while_another_runs),
		T(who_asks_alone_owns_it_for_a_moment),
		T(a_worker_needs_an_owner),
		T(one_who_only_asks_is_waited_for),
		T(a_run_may_wait_for_another),
		T(the_lock_lives_as_long_as_a_child),
		T(a_stale_socket_is_replaced),
		T(another_version_says_restart),
		T(a_newer_catalog_is_refused_in_words),
		T(a_foreign_database_is_refused),
		T(an_old_catalog_is_copied_before_it_is_migrated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
