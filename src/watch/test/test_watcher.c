/* test_watcher.c -- real folders, and the kernel's own word about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/dir.h"
#include "testing/scratch.h"
#include "util/clean.h"
#include "util/err.h"
#include "util/xalloc.h"
#include "watch/watcher.h"

static struct scratch s;
static char *top;
static struct watcher *w;

/* What was told: "came a/b\n" ... */
static char told[65536];
static int ours;		/* folders that come are */
static int only_found;		/* the rest is not noted */

static void
note(const char *what, const char *path)
{
	size_t n = strlen(told);

	assert_true(strncmp(path, top, strlen(top)) == 0);
	if (only_found && strcmp(what, "found") != 0)
		return;
	path += strlen(top);
	snprintf(told + n, sizeof(told) - n, "%s %s\n", what,
	    path + (*path == '/'));
}

static int
on_wanted(void *arg, const char *path)
{
	(void)arg;
	return strstr(path, "/skip") == NULL;
}

static void
on_file(void *arg, enum watch_how how, const char *path)
{
	static const char *const words[] = { "closed", "came", "made",
	    "found" };

	(void)arg;
	note(words[how], path);
}

static int
on_folder(void *arg, const char *path)
{
	(void)arg, (void)path;
	return !ours;
}

static void
on_gone(void *arg, const char *path, int is_folder)
{
	(void)arg;
	note(is_folder ? "folder gone" : "gone", path);
}

static void
on_say(void *arg, int level, const char *text)
{
	(void)arg, (void)level;
	snprintf(told + strlen(told), sizeof(told) - strlen(told),
	    "said %s\n", text);
}

static int
setup(void **state)
{
	static const struct watch_sink sink = { on_wanted, on_file, on_folder,
	    on_gone, on_say, NULL };
	struct err e;

	(void)state;
	s = scratch_new();
	top = fs_real_path(s.path);
	scratch_must(watcher_new(&sink, &w, &e) == 0, "watch");
	told[0] = '\0';
	ours = only_found = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	watcher_free(w);
	free(top);
	scratch_free(&s);
	return 0;
}

static void
heard(const char *what)
{
	while (!watcher_read(w))
		continue;
	assert_string_equal(told, what);
	told[0] = '\0';
}

static void
rename_in(const char *a, const char *b)
{
	assert_int_equal(renameat(s.fd, a, s.fd, b), 0);
}

/* Among others: what a mark tells of a new folder is also found in it. */
static void
heard_of(const char *what)
{
	while (!watcher_read(w))
		continue;
	assert_non_null(strstr(told, what));
	told[0] = '\0';
}

static void
files_come_and_go(void **state)
{
	(void)state;
	scratch_file(&s, "old", "1");
	scratch_dir(&s, "skip");
	scratch_file(&s, "skip/x", "1");
	watcher_add(w, top);
	heard("found old\n");
	scratch_file(&s, "a", "1");
	heard("made a\nclosed a\n");
	rename_in("skip/x", "b");
	rename_in("b", "c");
	heard("came b\ngone b\ncame c\n");
	assert_int_equal(unlinkat(s.fd, "c", 0), 0);
	heard("gone c\n");
	scratch_file(&s, ".fettle-12.part", "1");
	scratch_file(&s, "skip/y", "1");
	heard("");
}

/* A folder is filled before we know of it: nothing falls between. */
static void
a_folder_made_and_filled_at_once(void **state)
{
	(void)state;
	watcher_add(w, top);
	scratch_dir(&s, "n");
	scratch_dir(&s, "n/m");
	scratch_file(&s, "n/m/a", "1");
	heard("came n/m/a\n");
	scratch_file(&s, "n/m/b", "1");
	heard("made n/m/b\nclosed n/m/b\n");
	assert_true(watcher_has(w, top));
	ours = 1;
	scratch_dir(&s, "skip");
	scratch_dir(&s, "skip/f");
	scratch_file(&s, "skip/f/x", "1");
	rename_in("skip/f", "f");
	heard("");
	scratch_file(&s, "f/y", "1");
	heard("made f/y\nclosed f/y\n");
}

/* A folder that moves takes its watches along: no word under its old name. */
static void
a_folder_moves(void **state)
{
	(void)state;
	scratch_dir(&s, "n");
	scratch_dir(&s, "n/m");
	watcher_add(w, top);
	heard("");
	rename_in("n", "o");
	heard("folder gone n\n");
	scratch_file(&s, "o/m/a", "1");
	heard("made o/m/a\nclosed o/m/a\n");
	rename_in("o", "skip");
	heard("folder gone o\n");
	scratch_file(&s, "skip/m/b", "1");
	heard("");
}

static void
a_symlink_is_not_followed(void **state)
{
	CLEAN_FREE char *link = xasprintf("%s/link", top);

	(void)state;
	scratch_dir(&s, "skip");
	scratch_file(&s, "skip/x", "1");
	watcher_add(w, top);
	heard("");
	scratch_link(&s, "skip", "link");
	heard("made link\n");
	assert_false(watcher_has(w, link));
	scratch_file(&s, "skip/y", "1");
	heard("");
}

static void
reading_all_anew(void **state)
{
	struct watch_count c;

	(void)state;
	scratch_dir(&s, "n");
	scratch_file(&s, "n/a", "1");
	watcher_add(w, top);
	heard("found n/a\n");
	watcher_rescan(w);
	heard("found n/a\n");
	watcher_count(w, &c);
	assert_int_equal(c.folders, 2);
	scratch_file(&s, "n/b", "1");
	heard("made n/b\nclosed n/b\n");
}

/* More than the kernel remembers, for real: all is read anew, and it is said. */
static void
the_queue_overflows(void **state)
{
	struct watch_count c;
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
	int most = 0, i;

	(void)state;
	if (f == NULL || fscanf(f, "%d", &most) != 1 || most > 100000)
		most = 0;
	if (f != NULL)
		fclose(f);
	if (most == 0)
		skip();
	watcher_add(w, top);
	scratch_file(&s, "last", "1");
	for (i = 0; i <= most / 2; i++) {
		rename_in("last", "x");
		rename_in("x", "last");
	}
	only_found = 1;
	while (!watcher_read(w))
		continue;
	only_found = 0;
	assert_non_null(strstr(told, "said more happened"));
	assert_non_null(strstr(told, "found last\n"));
	watcher_count(w, &c);
	assert_int_equal(c.overflows, 1);
	told[0] = '\0';
	scratch_file(&s, "a", "1");
	heard("made a\nclosed a\n");
}

/* Watches are all used up: it is said, and the rest is read now and then. */
static void
no_more_watches(void **state)
{
	int64_t next;

	(void)state;
	scratch_dir(&s, "n");
	watcher_limit(w, 1);
	watcher_no_marks(w);
	watcher_add(w, top);
	assert_non_null(strstr(told, "max_user_watches"));
	told[0] = '\0';
	next = watcher_tick(w, 1000000);
	heard("");
	scratch_file(&s, "n/a", "1");
	heard("");
	assert_true(next <= 1000000 + WATCH_POLL);
	watcher_tick(w, next);
	heard("came n/a\n");
	watcher_tick(w, next + WATCH_POLL);
	heard("");
}

/* The same where marks are permitted: all is told at once, as by watches. */
static void
no_more_watches_but_marks(void **state)
{
	struct watch_count c;

	(void)state;
	scratch_dir(&s, "n");
	scratch_file(&s, "n/old", "1");
	watcher_limit(w, 1);
	watcher_add(w, top);
	watcher_count(w, &c);
	if (c.marked == 0)
		skip();
	heard_of("by a mark on its file system instead\n");
	scratch_file(&s, "n/a", "1");
	heard("closed n/a\n");
	rename_in("n/a", "n/b");
	heard("gone n/a\ncame n/b\n");
	scratch_dir(&s, "n/m");
	scratch_dir(&s, "n/m/o");
	scratch_file(&s, "n/m/o/x", "1");
	heard_of("came n/m/o/x\n");
	scratch_file(&s, "n/m/o/y", "1");
	heard("closed n/m/o/y\n");
	rename_in("n/m", "n/skip");
	heard("folder gone n/m\n");
	scratch_file(&s, "n/skip/o/z", "1");
	scratch_dir(&s, "skip");
	scratch_file(&s, "skip/z", "1");
	heard("");
	rename_in("n/skip", "n/back");
	heard_of("came n/back/o/z\n");
	watcher_rescan(w);
	told[0] = '\0';
	scratch_file(&s, "n/back/o/q", "1");
	heard("closed n/back/o/q\n");
}

static void
polled_as_on_a_network(void **state)
{
	CLEAN_FREE char *mine = xasprintf("%s/n/ours", top);
	int64_t next;

	(void)state;
	scratch_dir(&s, "n");
	scratch_file(&s, "n/old", "1");
	watcher_poll_all(w);
	watcher_add(w, top);
	heard("found n/old\n");
	next = watcher_tick(w, 1000000);
	heard("");
	scratch_file(&s, "n/a", "1");
	next = watcher_tick(w, next + WATCH_POLL);
	heard("came n/a\n");
	scratch_file(&s, "n/ours", "1");
	watcher_seen(w, mine);
	scratch_file(&s, "n/a", "12");
	next = watcher_tick(w, next + WATCH_POLL);
	heard("came n/a\n");
	watcher_tick(w, next + WATCH_POLL);
	heard("");
}

/* A disk that is not there yet, that goes, and comes back. */
static void
a_top_comes_and_goes(void **state)
{
	CLEAN_FREE char *disk = xasprintf("%s/skip", top);
	int64_t now = 1000000;
	struct watch_count c;

	(void)state;
	watcher_add(w, disk);
	watcher_count(w, &c);
	assert_int_equal(c.missing, 1);
	now = watcher_tick(w, now);
	scratch_dir(&s, "skip");
	scratch_file(&s, "skip/a", "1");
	now = watcher_tick(w, now);
	heard("found skip/a\n");
	rename_in("skip", "away");
	heard("");
	scratch_dir(&s, "skip");
	now = watcher_tick(w, now + 60000000);
	scratch_file(&s, "skip/b", "1");
	heard("made skip/b\nclosed skip/b\n");
	scratch_file(&s, "away/c", "1");
	heard("");
}

/* Nothing is held while nothing happens, so a disk can be unmounted. */
static void
nothing_is_held(void **state)
{
	CLEAN_FREE char *path = NULL;
	char link[4096];
	ssize_t n;
	int fd;

	(void)state;
	scratch_dir(&s, "n");
	scratch_file(&s, "n/a", "1");
	watcher_add(w, top);
	heard("found n/a\n");
	scratch_file(&s, "n/b", "1");
	heard("made n/b\nclosed n/b\n");
	watcher_tick(w, 100000000);
	for (fd = 3; fd < 64; fd++) {
		free(path);
		path = xasprintf("/proc/self/fd/%d", fd);
		n = readlink(path, link, sizeof(link) - 1);
		if (n < 0 || fd == s.fd)
			continue;
		link[n] = '\0';
		assert_null(strstr(link, top));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(files_come_and_go),
		T(a_folder_made_and_filled_at_once),
		T(a_folder_moves),
		T(a_symlink_is_not_followed),
		T(reading_all_anew),
		T(the_queue_overflows),
		T(no_more_watches),
		T(no_more_watches_but_marks),
		T(polled_as_on_a_network),
		T(a_top_comes_and_goes),
		T(nothing_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
