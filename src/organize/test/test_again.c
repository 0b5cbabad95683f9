/*
 * Doing it twice is doing it once: by the catalog's memory, by the place, and
 * never by feeding a rule with what it made.
 */
#include "organize/test/world.h"

static int
setup(void **state)
{
	*state = world_new();
	return 0;
}

static int
teardown(void **state)
{
	world_free(*state);
	return 0;
}

#define AGAIN	"already done in an earlier run, taken back or not; " \
    "run --again does it again"

static void
sorting_with_subfolders_empties_them_and_stops(void **state)
{
	struct world *w = *state;
	static const char rule[] =
	    "- {locations: '~/', subfolders: true, actions: [sort: by-type]}";

	world_files(w, "a.jpg s/b.jpg Documents/c.jpg");
	world_makes(w, rule,
	    "planned move a.jpg > Images/a.jpg (extension is jpg)\n"
	    "planned move Documents/c.jpg > Images/c.jpg (extension is jpg)\n"
	    "planned move s/b.jpg > Images/b.jpg (extension is jpg)\n");
	world_do(w);
	world_makes(w, rule,
	    "skipped move Images/a.jpg (extension is jpg): " AGAIN "\n"
	    "skipped move Images/b.jpg (extension is jpg): " AGAIN "\n"
	    "skipped move Images/c.jpg (extension is jpg): " AGAIN "\n");
	/* Without memory it is judged by the place. */
	set64_fini(&w->done);
	w->done = (struct set64){0};
	world_makes(w, rule,
	    "skipped move Images/a.jpg (extension is jpg): it is there "
	    "already\n"
	    "skipped move Images/b.jpg (extension is jpg): it is there "
	    "already\n"
	    "skipped move Images/c.jpg (extension is jpg): it is there "
	    "already\n");
}

static void
a_destination_inside_the_source_does_not_feed_itself(void **state)
{
	struct world *w = *state;
	static const char rule[] = "- {locations: '~/', subfolders: true, "
	    "filters: [extension: txt], actions: [move: '~/out/{path.name}/']}";

	world_files(w, "a.txt s/b.txt");
	world_makes(w, rule,
	    "planned move a.txt > out/a.txt/a.txt (extension is txt)\n"
	    "planned move s/b.txt > out/b.txt/b.txt (extension is txt)\n");
	world_do(w);
	world_makes(w, rule,
	    "skipped move out/a.txt/a.txt (extension is txt): " AGAIN "\n"
	    "skipped move out/b.txt/b.txt (extension is txt): " AGAIN "\n");
}

static void
doing_it_twice_is_doing_it_once(void **state)
{
	struct world *w = *state;
	static const char copy[] = "- {locations: ~/in, actions: [copy: "
	    "~/out/]}";
	static const char dated[] = "- {locations: ~/dated, actions: [rename: "
	    "'day{path.suffix}']}";

	world_files(w, "in/a.txt dated/1.pdf dated/2.pdf");
	world_makes(w, copy,
	    "planned copy in/a.txt > out/a.txt (the rule has no filters)\n");
	world_do(w);
	world_makes(w, copy,
	    "skipped copy in/a.txt (the rule has no filters): already done in "
	    "an earlier run\n");
	/* A changed file is another matter. */
	world_file(w, "in/a.txt", "changed");
	world_makes(w, copy,
	    "skipped copy in/a.txt (the rule has no filters): it is there "
	    "already: the same file under two names\n");

	world_makes(w, dated,
	    "planned rename dated/1.pdf > dated/day.pdf (the rule has no "
	    "filters)\n"
	    "planned rename dated/2.pdf > dated/day 2.pdf (the rule has no "
	    "filters)\n");
	world_do(w);
	set64_fini(&w->done);
	w->done = (struct set64){0};
	world_makes(w, dated,
	    "skipped rename dated/day.pdf (the rule has no filters): it is "
	    "there already\n"
	    "skipped rename dated/day 2.pdf (the rule has no filters): it is "
	    "there already, under the next free name\n");
}

static void
a_done_key_is_of_rule_action_and_file(void **state)
{
	struct fs_id id = { .fs = 1, .ino = 2, .btime = 3, .size = 4,
	    .mtime = 5 };
	uint64_t key = organize_done_key(7, 0, &id);
	struct fs_id other;

	(void)state;
	assert_true(key != 0);
	assert_true(key == organize_done_key(7, 0, &id));
	assert_true(key != organize_done_key(8, 0, &id));
	assert_true(key != organize_done_key(7, 1, &id));
	for (int i = 0; i < 5; i++) {
		other = id;
		if (i == 0) other.fs++;
		if (i == 1) other.ino++;
		if (i == 2) other.btime++;
		if (i == 3) other.size++;
		if (i == 4) other.mtime++;
		assert_true(key != organize_done_key(7, 0, &other));
	}
	other = id;		/* what a rename changes does not count */
	other.ctime++;
	assert_true(key == organize_done_key(7, 0, &other));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(sorting_with_subfolders_empties_them_and_stops),
		T(a_destination_inside_the_source_does_not_feed_itself),
		T(doing_it_twice_is_doing_it_once),
		T(a_done_key_is_of_rule_action_and_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
