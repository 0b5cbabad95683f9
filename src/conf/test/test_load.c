/* test_load.c -- which files are believed, and how they become one tree. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "conf/env.h"
#include "conf/show.h"
#include "testing/scratch.h"
#include "util/buf.h"
#include "util/clean.h"
#include "util/fd.h"

#define STRANGER	((uid_t)54321)

/* A folder of its own for each test, and the world as it sees it. */
struct world {
	struct scratch	 s;
	char		 file[300];
	struct conf_env	 env;
	bool		 is_private;
};

static bool
is_private(void *arg, uid_t uid, gid_t gid)
{
	const struct world *w = arg;

	(void)uid;
	(void)gid;
	return w->is_private;
}

static int
set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->s = scratch_new();
	assert_int_equal(fchmod(w->s.fd, 0700), 0);
	snprintf(w->file, sizeof(w->file), "%s/fettle.yaml", w->s.path);
	conf_env_system(&w->env);
	w->env.arg = w;
	w->env.is_private = is_private;
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	scratch_free(&w->s);
	free(w);
	return 0;
}

static void
put(struct world *w, const char *name, const char *text)
{
	CLEAN_FD int fd = openat(w->s.fd, name, O_WRONLY | O_CREAT | O_TRUNC |
	    O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

/*
 * Load, and compare what is shown or, if there are faults, what is told; "@"
 * in it stands for the folder.
 */
static void
assert_loads(struct world *w, const char *wanted)
{
	static const char *const lists[] = { "rules", "backups", NULL };
	CLEAN_BUF struct buf out = {0}, exact = {0};
	struct conf_faults *f = conf_faults_new();
	struct conf *c;
	struct err e = {0};
	int r = conf_load(w->file, lists, &w->env, f, &c, &e);

	for (; *wanted != '\0'; wanted++)
		if (*wanted == '@')
			buf_adds(&exact, w->s.path);
		else
			buf_addc(&exact, *wanted);
	conf_faults_print(f, &out);
	if (r == 0)
		conf_show(conf_root(c), false, &out);
	else
		buf_addf(&out, "%d %s\n", (int)e.kind, e.text);
	assert_string_equal(buf_str(&out), buf_str(&exact));
	conf_free(c);
	conf_faults_free(f);
}

static void
no_file_is_noent_and_no_fault(void **state)
{
	struct world *w = *state;

	assert_loads(w, "3 @/fettle.yaml: no such file\n");
}

static void
the_folder_joins_in_the_order_of_names(void **state)
{
	struct world *w = *state;

	put(w, "fettle.yaml", "schedule: daily\nrules:\n  - name: a\n");
	assert_int_equal(mkdirat(w->s.fd, "fettle.d", 0700), 0);
	put(w, "fettle.d/20-b.yaml", "rules: {name: c}\nallow: [x]\n");
	put(w, "fettle.d/10-a.yaml", "rules: [{name: b}]\nbackups:\n");
	put(w, "fettle.d/.hidden.yaml", "no: [yaml\n");
	put(w, "fettle.d/README", "no: [yaml\n");
	assert_loads(w, "schedule: daily\nrules:\n  - name: a\n  - name: b\n"
	    "  - name: c\nbackups: null\nallow:\n  - x\n");
}

static void
other_keys_must_not_repeat(void **state)
{
	struct world *w = *state;

	put(w, "fettle.yaml", "x-a: &a {b: c}\nschedule: daily\nlog: *a\n");
	assert_int_equal(mkdirat(w->s.fd, "fettle.d", 0700), 0);
	put(w, "fettle.d/10-a.yaml", "x-a: 1\n\nschedule: weekly\n");
	put(w, "fettle.d/20-b.yaml", "log: {}\n");
	assert_loads(w,
	    "@/fettle.d/10-a.yaml:3:1: key 'schedule' is there already, in "
	    "@/fettle.yaml:2\n    schedule: weekly\n    ^~~~~~~~\n"
	    "@/fettle.d/20-b.yaml:1:1: key 'log' is there already, in "
	    "@/fettle.yaml:3\n    log: {}\n    ^~~\n"
	    "x-a:\n  b: c\nschedule: daily\nlog:\n  b: c\n");
}

static void
faults_of_all_files_are_told(void **state)
{
	struct world *w = *state;

	put(w, "fettle.yaml", "a: [\n");
	assert_int_equal(mkdirat(w->s.fd, "fettle.d", 0700), 0);
	put(w, "fettle.d/10-a.yaml", "b: {\n");
	put(w, "fettle.d/20-b.yaml", "c: 'd\n");
	put(w, "fettle.d/c.yml", "");
	assert_loads(w,
	    "@/fettle.d: warning: 'c.yml' is not read\n"
	    "  its name must end in .yaml\n"
	    "@/fettle.yaml:1:4: this bracket is never closed\n    a: [\n       ^\n"
	    "@/fettle.d/10-a.yaml:1:4: this bracket is never closed\n"
	    "    b: {\n       ^\n"
	    "@/fettle.d/20-b.yaml:1:4: this quote is never closed\n"
	    "    c: 'd\n       ^\n"
	    "2 @/fettle.yaml: 3 faults\n");
}

static void
what_others_may_write_is_refused(void **state)
{
	struct world *w = *state;

	put(w, "fettle.yaml", "a: 1\n");
	assert_int_equal(fchmodat(w->s.fd, "fettle.yaml", 0644, 0), 0);
	assert_loads(w, "a: 1\n");
	assert_int_equal(fchmodat(w->s.fd, "fettle.yaml", 0646, 0), 0);
	assert_loads(w, "@/fettle.yaml: everybody may write it; do: chmod "
	    "go-w\n2 @/fettle.yaml: 1 fault\n");
	assert_int_equal(fchmodat(w->s.fd, "fettle.yaml", 0664, 0), 0);
	w->is_private = true;
	assert_loads(w, "a: 1\n");
}

static void
a_group_with_other_members_is_refused(void **state)
{
	struct world *w = *state;
	CLEAN_BUF struct buf wanted = {0};
	struct stat st;

	put(w, "fettle.yaml", "a: 1\n");
	assert_int_equal(fchmodat(w->s.fd, "fettle.yaml", 0664, 0), 0);
	assert_int_equal(fstatat(w->s.fd, "fettle.yaml", &st, 0), 0);
	buf_addf(&wanted, "@/fettle.yaml: group %u may write it, and has other "
	    "members; do: chmod g-w\n2 @/fettle.yaml: 1 fault\n",
	    (unsigned)st.st_gid);
	assert_loads(w, buf_str(&wanted));
}

/* Who runs this test owns the file; the world says that is a stranger. */
static void
a_file_of_a_stranger_is_refused(void **state)
{
	struct world *w = *state;
	CLEAN_BUF struct buf wanted = {0};
	uid_t owner = getuid();

	put(w, "fettle.yaml", "a: 1\n");
	if (owner == 0) {
		owner = STRANGER;
		assert_int_equal(fchownat(w->s.fd, "fettle.yaml", owner,
		    (gid_t)-1, 0), 0);
	} else {
		w->env.uid = STRANGER;
	}
	buf_addf(&wanted, "@/fettle.yaml: it belongs to user %u, and must "
	    "belong to you or root\n2 @/fettle.yaml: 1 fault\n",
	    (unsigned)owner);
	assert_loads(w, buf_str(&wanted));
}

static void
only_links_of_ones_own_are_followed(void **state)
{
	struct world *w = *state;

	put(w, "real.yaml", "a: 1\n");
	assert_int_equal(symlinkat("./real.yaml", w->s.fd, "fettle.yaml"), 0);
	assert_loads(w, "a: 1\n");
	if (getuid() != 0)
		return;		/* needs root to give a link away */
	assert_int_equal(fchownat(w->s.fd, "fettle.yaml", STRANGER, (gid_t)-1,
	    AT_SYMLINK_NOFOLLOW), 0);
	assert_loads(w, "@/fettle.yaml: a symlink of user 54321 leads to it, "
	    "and only your own and root's are followed\n"
	    "2 @/fettle.yaml: 1 fault\n");
}

static void
links_in_a_ring_end(void **state)
{
	struct world *w = *state;

	assert_int_equal(symlinkat("fettle.yaml", w->s.fd, "fettle.yaml"), 0);
	assert_loads(w, "@/fettle.yaml: @/fettle.yaml: Too many levels of "
	    "symbolic links\n2 @/fettle.yaml: 1 fault\n");
}

/* A pipe would block us, a folder is none of ours. */
static void
only_regular_files_are_read(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkfifoat(w->s.fd, "fettle.yaml", 0600), 0);
	assert_loads(w, "@/fettle.yaml: this is a pipe, not a file\n"
	    "2 @/fettle.yaml: 1 fault\n");
	assert_int_equal(unlinkat(w->s.fd, "fettle.yaml", 0), 0);
	assert_int_equal(mkdirat(w->s.fd, "fettle.yaml", 0700), 0);
	assert_loads(w, "@/fettle.yaml: this is a folder, not a file\n"
	    "2 @/fettle.yaml: 1 fault\n");
}

/* Endless to read, though its size is 0. */
static void
files_without_end_are_refused(void **state)
{
	struct world *w = *state;
	struct conf_faults *f = conf_faults_new();
	struct err e = {0};
	struct conf *c;

	assert_int_equal(conf_load("/dev/zero", NULL, &w->env, f, &c, &e), -1);
	assert_int_equal(e.kind, ERR_CONF);
	assert_int_equal(conf_load("/proc/self/maps", NULL, &w->env, f, &c, &e),
	    -1);
	assert_int_equal(e.kind, ERR_CONF);
	assert_int_equal(conf_faults_count(f, CONF_FAULT), 2);
	conf_faults_free(f);
}

static void
an_open_folder_is_refused(void **state)
{
	struct world *w = *state;

	put(w, "fettle.yaml", "a: 1\n");
	assert_int_equal(mkdirat(w->s.fd, "fettle.d", 0700), 0);
	assert_int_equal(fchmodat(w->s.fd, "fettle.d", 0777, 0), 0);
	assert_loads(w, "@/fettle.d: everybody may write it; do: chmod go-w\n"
	    "2 @/fettle.yaml: 1 fault\n");
}

static void
a_key_that_others_can_read_gets_a_warning(void **state)
{
	struct world *w = *state;
	struct conf_faults *f = conf_faults_new();
	struct conf_mark nowhere = {0};
	char path[96];

	snprintf(path, sizeof(path), "%s/key", w->s.path);
	conf_check_private(path, &nowhere, &w->env, f);
	put(w, "key", "x");
	conf_check_private(path, &nowhere, &w->env, f);
	assert_int_equal(conf_faults_count(f, CONF_WARNING), 0);
	assert_int_equal(fchmodat(w->s.fd, "key", 0640, 0), 0);
	conf_check_private(path, &nowhere, &w->env, f);
	assert_int_equal(conf_faults_count(f, CONF_WARNING), 1);
	assert_int_equal(conf_faults_count(f, CONF_FAULT), 0);
	conf_faults_free(f);
}

/* The real world: who runs this has a home, and root's group is known. */
static void
the_system_answers(void **state)
{
	CLEAN_BUF struct buf b = {0};
	struct conf_env env;

	(void)state;
	conf_env_system(&env);
	assert_int_equal(env.uid, geteuid());
	assert_int_equal(env.home(env.arg, 0, "root", &b), 0);
	assert_int_equal(env.home(env.arg, 0, "no-such-user-here", &b), -1);
	assert_int_equal(env.hostname(env.arg, &b), 0);
	assert_false(env.is_private(env.arg, 0, (gid_t)987654));
}

#define WITH_FOLDER(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(no_file_is_noent_and_no_fault),
		WITH_FOLDER(the_folder_joins_in_the_order_of_names),
		WITH_FOLDER(other_keys_must_not_repeat),
		WITH_FOLDER(faults_of_all_files_are_told),
		WITH_FOLDER(what_others_may_write_is_refused),
		WITH_FOLDER(a_group_with_other_members_is_refused),
		WITH_FOLDER(a_file_of_a_stranger_is_refused),
		WITH_FOLDER(only_links_of_ones_own_are_followed),
		WITH_FOLDER(links_in_a_ring_end),
		WITH_FOLDER(only_regular_files_are_read),
		WITH_FOLDER(files_without_end_are_refused),
		WITH_FOLDER(an_open_folder_is_refused),
		WITH_FOLDER(a_key_that_others_can_read_gets_a_warning),
		cmocka_unit_test(the_system_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
