/*
 * What rules make of a real folder: sorting, the order of things, what later
 * rules see, and what is left alone.
 */
#include "organize/organize_impl.h"
#include "organize/test/world.h"

#define SORT	"- {locations: '~/', actions: [sort: by-type]}"

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

static void
sorting_puts_types_into_folders(void **state)
{
	struct world *w = *state;

	world_files(w, "a.jpg B.PNG c.tar.gz d.txt e.mp4 f README .hidden.jpg "
	    "g.unknownext sub/x.jpg thumbs.db");
	world_link(w, "a.jpg", "link.jpg");
	assert_int_equal(mkfifoat(w->s.fd, "fifo.jpg", 0600), 0);
	world_makes(w, SORT,
	    "skipped move .hidden.jpg: hidden file\n"
	    "skipped move f: unknown type\n"
	    "skipped move g.unknownext: unknown type\n"
	    "skipped move README: unknown type\n"
	    "planned move a.jpg > Images/a.jpg (extension is jpg)\n"
	    "planned move B.PNG > Images/B.PNG (extension is png)\n"
	    "planned move c.tar.gz > Archives/c.tar.gz (extension is tar.gz)\n"
	    "planned move d.txt > Documents/d.txt (extension is txt)\n"
	    "planned move e.mp4 > Videos/e.mp4 (extension is mp4)\n");
	assert_int_equal(plan_job(w->plan, 0)->files, 10);
	world_do(w);
	world_makes(w, SORT,
	    "skipped move .hidden.jpg: hidden file\n"
	    "skipped move f: unknown type\n"
	    "skipped move g.unknownext: unknown type\n"
	    "skipped move README: unknown type\n");
}

/* Each before the next, and the other way round. */
static void
names_are_in_natural_order(void **state)
{
	static const char *const names[] = { "", "1", "1.txt", "2", "010", "10a",
	    "A", "a", "a.txt", "A 2.txt", "a 2b.txt", "a 10.txt",
	    "a-1.tar.gz", "a-02.tar.gz", "a-2 x.tar.gz", "b", "file.txt",
	    "file2.txt", "file 99999999999999999999.txt",
	    "file 100000000000000000000.txt", "fileb.txt", "\xc3\xa4", "\xff" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			int c = order_compare(names[i], names[k]);

			if ((c > 0) - (c < 0) != (i > k) - (i < k))
				fail_msg("'%s' and '%s': %d", names[i],
				    names[k], c);
		}
}

static void
nothing_is_made_while_planning(void **state)
{
	struct world *w = *state;
	char *p = world_path(w, "Images");
	struct stat st;

	world_files(w, "a.jpg");
	world_makes(w, SORT,
	    "planned move a.jpg > Images/a.jpg (extension is jpg)\n");
	assert_int_equal(stat(p, &st), -1);
	free(p);
}

static void
a_folder_of_another_case_serves(void **state)
{
	struct world *w = *state;

	world_files(w, "a.jpg b.pdf images/ IMAGES/ Documents/ documents/");
	world_makes(w, SORT,
	    "planned move a.jpg > IMAGES/a.jpg (extension is jpg)\n"
	    "planned move b.pdf > Documents/b.pdf (extension is pdf)\n");
	world_makes(w, "- {locations: '~/', actions: [sort: {into: ~/images, "
	    "categories: {IMAGES: [.jpg]}}]}",
	    "planned move a.jpg > images/IMAGES/a.jpg (extension is jpg)\n"
	    "planned move b.pdf > images/Documents/b.pdf (extension is pdf)\n");
}

static void
a_file_in_the_way_of_a_folder_is_an_error_of_each(void **state)
{
	struct world *w = *state;

	world_files(w, "a.jpg b.txt Images");
	world_makes(w, SORT,
	    "skipped move Images: unknown type\n"
	    "failed move a.jpg (extension is jpg): open ~/Images: Not a "
	    "directory\n"
	    "planned move b.txt > Documents/b.txt (extension is txt)\n");
}

static void
a_symlinked_folder_is_where_it_leads(void **state)
{
	struct world *w = *state;

	/* Pictures is the location itself: nothing is to be moved. */
	world_files(w, "in/a.jpg else/");
	world_link(w, ".", "in/Images");
	world_makes(w, "- {locations: ~/in, actions: [sort: by-type]}",
	    "skipped move in/a.jpg (extension is jpg): it is there already\n");
	world_makes(w, "- {locations: ~/in, actions: [move: ~/in/Images/]}",
	    "skipped move in/a.jpg (the rule has no filters): it is there "
	    "already\n");
	world_link(w, "../else", "in/Out");
	world_makes(w, "- {locations: ~/in, actions: [move: ~/in/Out/]}",
	    "planned move in/a.jpg > else/a.jpg (the rule has no filters)\n");
	world_link(w, "nowhere", "in/Dead");
	world_makes(w, "- {locations: ~/in, actions: [move: ~/in/Dead/]}",
	    "failed move in/a.jpg (the rule has no filters): open ~/in/Dead: "
	    "a symlink leads nowhere: No such file or directory\n");
}

static void
subfolders_are_walked_if_asked(void **state)
{
	struct world *w = *state;

	world_files(w, "a.jpg s/b.jpg s/t/c.jpg .git/d.jpg s/.svn/e.jpg "
	    "skip/f.jpg");
	world_makes(w, "- {locations: '~/', subfolders: true, filters: "
	    "[extension: jpg], actions: [echo: '{relative_path}']}",
	    "planned echo a.jpg \"a.jpg\" (extension is jpg)\n"
	    "planned echo s/b.jpg \"s/b.jpg\" (extension is jpg)\n"
	    "planned echo s/t/c.jpg \"s/t/c.jpg\" (extension is jpg)\n"
	    "planned echo skip/f.jpg \"skip/f.jpg\" (extension is jpg)\n");
	world_makes(w, "- {locations: {path: ~/, max_depth: 1, min_depth: 1, "
	    "exclude_dirs: sk*}, filters: [extension], actions: [echo]}",
	    "planned echo s/b.jpg (extension is jpg)\n");
	world_makes(w, "- {locations: {path: ~/s, filter_dirs: [t], "
	    "max_depth: null, filter: 'c*'}, actions: [echo]}",
	    "planned echo s/t/c.jpg (the rule has no filters)\n");
	assert_int_equal(plan_job(w->plan, 0)->files, 2);
}

static void
a_later_rule_sees_what_an_earlier_one_will_have_moved(void **state)
{
	struct world *w = *state;

	world_files(w, "in/a.txt in/b.txt out/c.txt");
	world_makes(w,
	    "- {locations: ~/in, filters: [name: a], actions: [move: ~/out/]}\n"
	    "- {locations: ~/out, actions: [rename: 'x-{path.name}']}\n"
	    "- {locations: ~/in, actions: [move: ~/out/a.txt]}\n"
	    "- {locations: ~/out, actions: [echo: '{path.name} {size.bytes}']}",
	    "planned move in/a.txt > out/a.txt (name matches 'a')\n"
	    "planned rename out/a.txt > out/x-a.txt chained (the rule has no "
	    "filters)\n"
	    "planned rename out/c.txt > out/x-c.txt (the rule has no filters)\n"
	    "planned move in/b.txt > out/a.txt (the rule has no filters)\n"
	    "planned echo out/a.txt \"a.txt 8\" chained (the rule has no "
	    "filters)\n"
	    "planned echo out/x-a.txt \"x-a.txt 8\" chained (the rule has no "
	    "filters)\n"
	    "planned echo out/x-c.txt \"x-c.txt 9\" chained (the rule has no "
	    "filters)\n");
}

static void
two_files_that_want_one_name_are_told_apart(void **state)
{
	struct world *w = *state;

	world_files(w, "a/x.tar.gz b/x.tar.gz c/x.tar.gz out/");
	world_makes(w, "- {locations: [~/a, ~/b, ~/c], actions: [move: ~/out/]}",
	    "planned move a/x.tar.gz > out/x.tar.gz (the rule has no filters)\n"
	    "planned move b/x.tar.gz > out/x 2.tar.gz (the rule has no "
	    "filters)\n"
	    "planned move c/x.tar.gz > out/x 3.tar.gz (the rule has no "
	    "filters)\n");
}

static void
actions_follow_the_file(void **state)
{
	struct world *w = *state;

	world_files(w, "in/a.txt");
	world_makes(w, "- {locations: ~/in, actions: [move: ~/out/, "
	    "rename: '{path.stem}-2{path.suffix}', copy: ~/copies/, "
	    "echo: '{path} {name}']}",
	    "planned move in/a.txt > out/a.txt (the rule has no filters)\n"
	    "planned rename out/a.txt > out/a-2.txt chained (the rule has no "
	    "filters)\n"
	    "planned copy out/a-2.txt > copies/a-2.txt chained (the rule has no "
	    "filters)\n"
	    "planned echo copies/a-2.txt \"~/copies/a-2.txt a\" chained (the "
	    "rule has no filters)\n");
	world_makes(w, "- {locations: ~/in, actions: [copy: {dest: ~/copies/, "
	    "continue_with: original}, trash, echo: gone]}",
	    "planned copy in/a.txt > copies/a.txt (the rule has no filters)\n"
	    "planned trash in/a.txt (the rule has no filters)\n"
	    "planned echo in/a.txt \"gone\" (the rule has no filters)\n");
	world_makes(w, "- {locations: ~/in, actions: [delete: {permanently: "
	    "true}]}",
	    "planned delete in/a.txt irreversible (the rule has no filters)\n");
}

static void
an_error_ends_the_row_of_its_file_only(void **state)
{
	struct world *w = *state;

	world_files(w, "a-1.txt b.txt");
	world_makes(w, "- {locations: '~/', filter_mode: any, filters: [extension: "
	    "txt, regex: '-(?P<n>\\d)'], actions: [move: '~/out/{regex.n}/', "
	    "echo: moved]}",
	    "planned move a-1.txt > out/1/a-1.txt (extension is txt, name "
	    "matches the regex '-(?P<n>\\d)')\n"
	    "planned echo out/1/a-1.txt \"moved\" chained (extension is txt, "
	    "name matches the regex '-(?P<n>\\d)')\n"
	    "failed move b.txt (extension is txt): move: missing value for "
	    "{regex.n}\n");
}

static void
a_rule_without_locations_runs_once(void **state)
{
	struct world *w = *state;

	world_makes(w, "- {actions: [echo: Hello, echo: '{rule}']}",
	    "planned echo  \"Hello\" (the rule has no locations)\n"
	    "planned echo  \"rule 1\" (the rule has no locations)\n");
	world_makes(w, "- {actions: [echo: '{path}']}",
	    "failed echo  (the rule has no locations): echo: missing value for "
	    "{path}\n");
}

static void
an_absent_location_is_told_and_counted(void **state)
{
	struct world *w = *state;

	world_files(w, "a.txt f.txt");
	world_makes(w, "- {locations: [~/nope, ~/, ~/f.txt/x], filters: [name: "
	    "a], actions: [echo]}",
	    "failed echo nope: the location is not there\n"
	    "planned echo a.txt (name matches 'a')\n"
	    "failed echo f.txt/x: the location is not there\n");
	assert_int_equal(w->locations, 3);
	assert_int_equal(w->absent, 2);
}

static void
a_location_may_be_one_file(void **state)
{
	struct world *w = *state;

	world_files(w, "in/a.txt in/b.txt");
	world_makes(w, "- {locations: ~/in/a.txt, actions: [move: "
	    "'~/out/{relative_path}']}",
	    "planned move in/a.txt > out/a.txt (the rule has no filters)\n");
	assert_int_equal(w->absent, 0);
}

static void
a_location_may_be_a_symlink(void **state)
{
	struct world *w = *state;

	world_files(w, "real/a.txt real/s/b.txt");
	world_link(w, "real", "in");
	world_makes(w, "- {locations: ~/in, subfolders: true, actions: [move: "
	    "'~/in/out/{relative_path}']}",
	    "planned move real/a.txt > real/out/a.txt (the rule has no "
	    "filters)\n"
	    "planned move real/s/b.txt > real/out/s/b.txt (the rule has no "
	    "filters)\n");
	world_makes(w, "- {locations: ~/real, filters: [name: a], actions: "
	    "[move: ~/in/new/]}\n- {locations: ~/in/new, actions: [move: "
	    "~/real/new/x/]}",
	    "planned move real/a.txt > real/new/a.txt (name matches 'a')\n"
	    "planned move real/new/a.txt > real/new/x/a.txt chained (the rule "
	    "has no filters)\n");
}

static void
a_folder_that_cannot_be_read_is_told(void **state)
{
	struct world *w = *state;
	uid_t me = geteuid();

	world_files(w, "s/locked/a.txt s/b.txt");
	scratch_mode(&w->s, "s/locked", 0);
	if (me == 0) {		/* nothing is locked to root */
		assert_int_equal(fchown(w->s.fd, 65534, 65534), 0);
		assert_int_equal(fchownat(w->s.fd, "s", 65534, 65534, 0), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	world_makes(w, "- {locations: ~/s, subfolders: true, actions: [echo]}",
	    "planned echo s/b.txt (the rule has no filters)\n"
	    "failed echo s/locked: open ~/s/locked: Permission denied\n");
	world_makes(w, "- {locations: {path: ~/s, max_depth: null, "
	    "ignore_errors: true}, actions: [echo]}",
	    "planned echo s/b.txt (the rule has no filters)\n");
	assert_int_equal(seteuid(me), 0);
	scratch_mode(&w->s, "s/locked", 0700);
}

static void
what_is_fettles_own_is_left_out(void **state)
{
	struct world *w = *state;
	char *state_dir = world_path(w, "state");

	world_files(w, "a.txt state/log.txt .Trash-1000/files/b.txt "
	    ".fettle-0011.part s/.fettle/x.txt s/.fettle-77.gone/y.txt");
	w->leave_out[0] = state_dir;
	world_makes(w, "- {locations: '~/', subfolders: true, actions: [echo]}",
	    "planned echo a.txt (the rule has no filters)\n");
	world_makes(w, "- {locations: ~/state, actions: [echo]}", "");
	/* Nor does a folder go away that holds them. */
	world_makes(w, "- {targets: dirs, locations: '~/', actions: [trash]}",
	    "skipped trash state: files of fettle itself lie in it\n"
	    "planned trash s (the rule has no filters)\n");
	free(state_dir);
}

static void
a_file_being_written_waits(void **state)
{
	struct world *w = *state;
	char *p;
	int fd;

	world_files(w, "a.txt b.txt c.txt c.txt.part d.txt.crdownload");
	p = world_path(w, "b.txt");
	fd = open(p, O_WRONLY);
	world_makes(w, "- {locations: '~/', filters: [name: '*'], actions: [move: "
	    "~/out/]}",
	    "planned move a.txt > out/a.txt (name is any)\n"
	    "skipped move b.txt (name is any): still being written: "
	    "somebody has it open for writing\n"
	    "skipped move c.txt (name is any): still being written: a side "
	    "file lies beside it\n"
	    "skipped move c.txt.part (name is any): still being written: its "
	    "name is a partial download's\n"
	    "skipped move d.txt.crdownload (name is any): still being "
	    "written: its name is a partial download's\n");
	/* Also with filters that need a look; and words hurt nobody. */
	world_makes(w, "- {locations: '~/', filters: [size: '<10', name: b], "
	    "actions: [echo: x, trash]}",
	    "planned echo b.txt \"x\" (size is <10, name matches 'b')\n"
	    "skipped trash b.txt (size is <10, name matches 'b'): still being "
	    "written: somebody has it open for writing\n");
	close(fd);
	free(p);
}

static void
filters_that_need_a_look_get_one(void **state)
{
	struct world *w = *state;
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	char *p;

	world_file(w, "big.txt", "0123456789");
	world_file(w, "small.txt", "1");
	world_file(w, "old.txt", "12");
	world_file(w, "none.txt", "");
	p = world_path(w, "old.txt");
	utimensat(AT_FDCWD, p, old, 0);
	world_makes(w, "- {locations: '~/', filters: [size: '>5'], actions: [move: "
	    "'~/{size.bytes}/']}",
	    "planned move big.txt > 10/big.txt (size is >5)\n");
	world_makes(w, "- {locations: '~/', filters: [lastmodified: {years: 1}], "
	    "actions: [move: '~/{lastmodified.year}/']}",
	    "planned move old.txt > 1970/old.txt (lastmodified is older than 1 "
	    "year)\n");
	world_makes(w, "- {locations: '~/', filters: [empty], actions: [trash]}",
	    "planned trash none.txt (file is empty)\n");
	world_makes(w, "- {locations: '~/', filter_mode: none, filters: [size: "
	    "'>1', empty], actions: [trash]}",
	    "planned trash small.txt (size is not >1, file is not empty)\n");
	free(p);
}

static void
groups_reach_the_destination(void **state)
{
	struct world *w = *state;

	world_files(w, "Invoice_RE1_2021_01_31.txt x.txt");
	world_makes(w, "- {locations: '~/', filters: [name: "
	    "'Invoice_*_{year:int}_{month}_{day}', size], actions: [move: "
	    "'~/{name.year}/{name.month}/{name.day}/']}",
	    "planned move Invoice_RE1_2021_01_31.txt > "
	    "2021/01/31/Invoice_RE1_2021_01_31.txt (name matches "
	    "'Invoice_*_{year:int}_{month}_{day}', size is any)\n");
}

static void
awkward_names_stay_themselves(void **state)
{
	struct world *w = *state;

	world_file(w, "in/$HOME.txt", "");
	world_file(w, "in/-rf.txt", "");
	world_file(w, "in/\xff\xfe.txt", "");
	world_file(w, "in/a\nb.txt", "");
	world_file(w, "in/{x}.txt", "");
	world_makes(w, "- {locations: ~/in, actions: [copy: "
	    "'~/out/{extension}/{path.stem}.bak']}",
	    "planned copy in/$HOME.txt > out/txt/$HOME.bak (the rule has no "
	    "filters)\n"
	    "planned copy in/-rf.txt > out/txt/-rf.bak (the rule has no "
	    "filters)\n"
	    "planned copy in/a\nb.txt > out/txt/a\nb.bak (the rule has no "
	    "filters)\n"
	    "planned copy in/{x}.txt > out/txt/{x}.bak (the rule has no "
	    "filters)\n"
	    "planned copy in/\xff\xfe.txt > out/txt/\xff\xfe.bak (the rule has "
	    "no filters)\n");
}

static void
folders_are_targets_too(void **state)
{
	struct world *w = *state;

	world_files(w, "full/x.txt empty/ deep/a/b/");
	world_makes(w, "- {targets: dirs, locations: '~/', filters: [empty], "
	    "actions: [trash]}",
	    "planned trash empty (folder is empty)\n");
	world_makes(w, "- {targets: dirs, locations: {path: ~/, max_depth: "
	    "null}, filters: [not empty, size: '>1'], actions: [move: "
	    "~/out/]}",
	    "planned move full > out/full (folder is not empty, size is >1)\n");
	world_makes(w, "- {targets: dirs, locations: '~/', filters: [name: deep], "
	    "actions: [move: ~/deep/a/]}",
	    "failed move deep (name matches 'deep'): the destination lies inside "
	    "the folder itself\n");
	world_makes(w, "- {targets: dirs, locations: '~/', filters: [name: "
	    "'[ef]*', regex: '^[ef]'], actions: [rename: 'x-{path.name}']}", "");
	world_makes(w, "- {targets: dirs, locations: '~/', subfolders: true, "
	    "filters: [regex: '^[efd]'], actions: [rename: 'x-{path.name}']}",
	    "planned rename deep > x-deep (name matches the regex '^[efd]')\n"
	    "planned rename empty > x-empty (name matches the regex "
	    "'^[efd]')\n"
	    "planned rename full > x-full (name matches the regex '^[efd]')\n");
}

static void
a_disabled_rule_does_nothing(void **state)
{
	struct world *w = *state;

	world_files(w, "a.txt");
	world_makes(w, "- {enabled: false, locations: '~/', actions: [trash]}", "");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(sorting_puts_types_into_folders),
		cmocka_unit_test(names_are_in_natural_order),
		T(nothing_is_made_while_planning),
		T(a_folder_of_another_case_serves),
		T(a_file_in_the_way_of_a_folder_is_an_error_of_each),
		T(a_symlinked_folder_is_where_it_leads),
		T(subfolders_are_walked_if_asked),
		T(a_later_rule_sees_what_an_earlier_one_will_have_moved),
		T(two_files_that_want_one_name_are_told_apart),
		T(actions_follow_the_file),
		T(an_error_ends_the_row_of_its_file_only),
		T(a_rule_without_locations_runs_once),
		T(an_absent_location_is_told_and_counted),
		T(a_location_may_be_one_file),
		T(a_location_may_be_a_symlink),
		T(a_folder_that_cannot_be_read_is_told),
		T(what_is_fettles_own_is_left_out),
		T(a_file_being_written_waits),
		T(filters_that_need_a_look_get_one),
		T(groups_reach_the_destination),
		T(awkward_names_stay_themselves),
		T(folders_are_targets_too),
		T(a_disabled_rule_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
