/*
 * A name that is taken: every conflict mode against everything that can have
 * the name, and the losses that other programs are known for.
 */
#include "organize/test/world.h"
#include "plan/conflict.h"

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

enum kind { OTHER, SAME, FOLDER, LINK, DANGLING, INODE, KINDS };

static void
prepare(const struct world *w, enum kind k)
{
	world_file(w, "in/f.tar.gz", "AAAA");
	world_file(w, "out/", "");
	if (k == OTHER)
		world_file(w, "out/f.tar.gz", "BBBB");
	else if (k == SAME)
		world_file(w, "out/f.tar.gz", "AAAA");
	else if (k == FOLDER)
		world_file(w, "out/f.tar.gz/deep/precious.txt", "x");
	else if (k == LINK)
		world_link(w, "../in/f.tar.gz", "out/f.tar.gz");
	else if (k == DANGLING)
		world_link(w, "nowhere", "out/f.tar.gz");
	else
		assert_int_equal(linkat(w->s.fd, "in/f.tar.gz", w->s.fd,
		    "out/f.tar.gz", 0), 0);
}

#define WHY	" (the rule has no filters)"
#define NUMBER	"planned %s in/f.tar.gz > out/f 2.tar.gz" WHY "\n"
#define STAYS	"skipped %s in/f.tar.gz" WHY ": its name is taken there\n"
#define REPLACE	"planned trash out/f.tar.gz (it is replaced)\n" \
		"planned %s in/f.tar.gz > out/f.tar.gz replaces" WHY "\n"
#define GIVE	"planned rename out/f.tar.gz > out/f 2.tar.gz (its name is " \
		"wanted)\n" \
		"planned %s in/f.tar.gz > out/f.tar.gz replaces" WHY "\n"
#define NEVER	"failed %s in/f.tar.gz" WHY ": a folder has the name " \
		"f.tar.gz there, and folders are never replaced\n"
#define EQUAL	"skipped %s in/f.tar.gz" WHY ": the same bytes are there " \
		"already\n"
#define ITSELF	"skipped %s in/f.tar.gz" WHY ": it is there already: the " \
		"same file under two names\n"

#define NEWER	"skipped %s in/f.tar.gz" WHY ": the one that is there is as " \
		"new\n"
#define LARGER	"skipped %s in/f.tar.gz" WHY ": the one that is there is as " \
		"large\n"
#define NOFILE	"skipped %s in/f.tar.gz" WHY ": its name is taken there by " \
		"what is no file\n"

static const struct {
	const char	*mode;
	const char	*want[KINDS];
} modes[] = {
	{ "skip", { STAYS, STAYS, STAYS, STAYS, STAYS, ITSELF } },
	{ "overwrite", { REPLACE, REPLACE, NEVER, REPLACE, REPLACE, ITSELF } },
	{ "trash", { REPLACE, REPLACE, NEVER, REPLACE, REPLACE, ITSELF } },
	{ "deduplicate", { NUMBER, EQUAL, NUMBER, NUMBER, NUMBER, ITSELF } },
	{ "rename_new", { NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, ITSELF } },
	{ "rename_existing", { GIVE, GIVE, NEVER, GIVE, GIVE, ITSELF } },
	{ "keep_newer", { NEWER, NEWER, NEVER, NOFILE, NOFILE, ITSELF } },
	{ "keep_larger", { LARGER, LARGER, NEVER, NOFILE, NOFILE, ITSELF } },
};

/* want with the action's name in the place of %s. */
static void
check(struct world *w, const char *action, const char *mode, const char *want)
{
	char rule[300], text[500];
	const char *at = strstr(want, "%s");
	const char *op = strstr(action, "link") != NULL &&
	    strcmp(action, "symlink") != 0 ? "link" : action;

	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - want), want, op,
	    at + 2);
	snprintf(rule, sizeof(rule), "- {locations: ~/in, actions: [%s: {dest: "
	    "~/out/, on_conflict: %s}]}", action, mode);
	world_makes(w, rule, text);
}

static void
every_mode_meets_every_kind(void **state)
{
	for (enum kind k = OTHER; k < KINDS; k++) {
		struct world *w = world_new();

		prepare(w, k);
		for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
			check(w, "move", modes[m].mode, modes[m].want[k]);
			check(w, "copy", modes[m].mode, modes[m].want[k]);
			check(w, "hardlink", modes[m].mode, modes[m].want[k]);
			check(w, "symlink", modes[m].mode, modes[m].want[k]);
		}
		world_free(w);
	}
	(void)state;
}

static void
the_newer_or_the_larger_one_stays(void **state)
{
	struct world *w = *state;
	char *to;

	prepare(w, OTHER);
	world_file(w, "in/f.tar.gz", "much longer");
	to = world_path(w, "out/f.tar.gz");
	assert_int_equal(utimensat(AT_FDCWD, to, (struct timespec[2]){
	    { 1, 0 }, { 1, 0 } }, 0), 0);
	free(to);
	check(w, "move", "keep_newer", REPLACE);
	check(w, "move", "keep_larger", REPLACE);
	check(w, "hardlink", "keep_newer", REPLACE);
}

static void
renaming_meets_them_as_well(void **state)
{
	struct world *w = *state;

	world_files(w, "a.txt b.txt d/x");
	world_makes(w, "- {locations: '~/', filters: [name: a], actions: "
	    "[rename: b.txt]}",
	    "planned rename a.txt > b 2.txt (name matches 'a')\n");
	world_makes(w, "- {locations: '~/', filters: [name: a], actions: "
	    "[rename: {new_name: b.txt, on_conflict: overwrite}]}",
	    "planned trash b.txt (it is replaced)\n"
	    "planned rename a.txt > b.txt replaces (name matches 'a')\n");
	world_makes(w, "- {locations: '~/', filters: [name: a], actions: "
	    "[rename: d]}",
	    "planned rename a.txt > d 2 (name matches 'a')\n");
	world_makes(w, "- {locations: '~/', filters: [name: a], actions: "
	    "[rename: {new_name: d, on_conflict: overwrite}]}",
	    "failed rename a.txt (name matches 'a'): a folder has the name d "
	    "there, and folders are never replaced\n");
	world_makes(w, "- {locations: '~/', filters: [name: a], actions: "
	    "[rename: a.txt]}",
	    "skipped rename a.txt (name matches 'a'): it is there already\n");
}

/* A swap and a chain: what moves away first makes room, nothing is lost. */
static void
chains_and_swaps_lose_nothing(void **state)
{
	struct world *w = *state;

	world_files(w, "a b");
	world_makes(w, "- {locations: '~/', filters: [name: a], actions: [rename: "
	    "tmp]}\n- {locations: '~/', filters: [name: b], actions: [rename: "
	    "a]}\n- {locations: '~/', filters: [name: tmp], actions: [rename: "
	    "b]}",
	    "planned rename a > tmp (name matches 'a')\n"
	    "planned rename b > a (name matches 'b')\n"
	    "planned rename tmp > b chained (name matches 'tmp')\n");
	world_makes(w, "- {locations: '~/', actions: [rename: {new_name: one, "
	    "on_conflict: overwrite}]}",
	    "planned rename a > one (the rule has no filters)\n"
	    "planned trash one chained (it is replaced)\n"
	    "planned rename b > one replaces (the rule has no filters)\n");
}

/* A number that is free now is no number that was given out before. */
static void
numbers_are_given_out_once(void **state)
{
	struct world *w = *state;

	world_files(w, "a/f.txt b/f.txt c/f.txt out/f.txt");
	world_file(w, "out/f 3.txt", "");
	world_makes(w, "- {locations: [~/a, ~/b, ~/c], actions: [move: ~/out/]}",
	    "planned move a/f.txt > out/f 2.txt (the rule has no filters)\n"
	    "planned move b/f.txt > out/f 4.txt (the rule has no filters)\n"
	    "planned move c/f.txt > out/f 5.txt (the rule has no filters)\n");
	world_makes(w, "- {locations: [~/a, ~/b], actions: [move: {dest: ~/out/, "
	    "rename_template: \"{name}_{'%03d' % counter}{extension}\"}]}",
	    "planned move a/f.txt > out/f_002.txt (the rule has no filters)\n"
	    "planned move b/f.txt > out/f_003.txt (the rule has no filters)\n");
}

/* organize called 'AAAA' and 'BBBB' duplicates: same size, same mtime. */
static void
duplicates_are_the_same_bytes(void **state)
{
	struct world *w = *state;
	struct timespec t[2] = { { 5, 0 }, { 5, 0 } };
	char *a, *b;

	world_file(w, "in/f.txt", "AAAA");
	world_file(w, "out/f.txt", "BBBB");
	a = world_path(w, "in/f.txt");
	b = world_path(w, "out/f.txt");
	utimensat(AT_FDCWD, a, t, 0);
	utimensat(AT_FDCWD, b, t, 0);
	world_makes(w, "- {locations: ~/in, actions: [move: {dest: ~/out/, "
	    "on_conflict: deduplicate}]}",
	    "planned move in/f.txt > out/f 2.txt" WHY "\n");
	/* The copy under a number counts too, or each run would add one. */
	world_file(w, "out/f 2.txt", "AAAA");
	world_makes(w, "- {locations: ~/in, actions: [move: {dest: ~/out/, "
	    "on_conflict: deduplicate}, trash]}",
	    "skipped move in/f.txt" WHY ": the same bytes are there already\n");
	world_makes(w, "- {locations: ~/in, actions: [copy: {dest: ~/out/, "
	    "on_conflict: deduplicate}, trash]}",
	    "skipped copy in/f.txt" WHY ": the same bytes are there already\n"
	    "planned trash in/f.txt" WHY "\n");
	free(a);
	free(b);
}

/* Also against what an earlier operation of the same plan will put there. */
static void
duplicates_within_a_plan_are_seen(void **state)
{
	struct world *w = *state;

	world_file(w, "a/f.txt", "same");
	world_file(w, "b/f.txt", "same");
	world_file(w, "c/f.txt", "else");
	world_makes(w, "- {locations: [~/a, ~/b, ~/c], actions: [move: {dest: "
	    "~/out/, on_conflict: deduplicate}]}",
	    "planned move a/f.txt > out/f.txt" WHY "\n"
	    "skipped move b/f.txt" WHY ": the same bytes are there already\n"
	    "planned move c/f.txt > out/f 2.txt" WHY "\n");
}

/* What was skipped is not trashed for having been copied. */
static void
a_skip_ends_the_row(void **state)
{
	struct world *w = *state;

	world_file(w, "in/f.txt", "AAAA");
	world_file(w, "out/f.txt", "BBBB");
	world_makes(w, "- {locations: ~/in, actions: [copy: {dest: ~/out/, "
	    "on_conflict: skip}, trash]}",
	    "skipped copy in/f.txt" WHY ": its name is taken there\n");
	world_makes(w, "- {locations: ~/in, actions: [copy: ~/in/, trash]}",
	    "skipped copy in/f.txt" WHY ": it is there already\n");
	world_makes(w, "- {locations: ~/in, actions: [move: ~/in/, rename: "
	    "f.txt, move: ~/new/]}",
	    "skipped move in/f.txt" WHY ": it is there already\n"
	    "skipped rename in/f.txt" WHY ": it is there already\n"
	    "planned move in/f.txt > new/f.txt" WHY "\n");
}

static void
destinations_are_folders_or_names(void **state)
{
	static const struct { const char *dest, *to; } v[] = {
		{ "~/out", "out/f.txt" }, { "~/out/", "out/f.txt" },
		{ "~/out.d", "out.d" }, { "~/out.d/", "out.d/f.txt" },
		{ "~/app.d/x", "app.d/x/f.txt" },
		{ "~/there.d", "there.d/f.txt" },
		{ "~/in/../out", "out/f.txt" },
		{ "~/out//a/./b/", "out/a/b/f.txt" },
		{ "out/", "out/f.txt" },
		{ "{dest: ~/out, autodetect_folder: false}", "out" },
		{ "{dest: ~/there.d, autodetect_folder: false}",
		    "there.d/f.txt" },
		{ "'~/{extension}'", "txt/f.txt" },
		{ "'~/{path.name}'", "f.txt" },
	};
	struct world *w = *state;
	char rule[200], want[200];

	world_files(w, "in/f.txt there.d/");
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		snprintf(rule, sizeof(rule),
		    "- {locations: ~/in, actions: [move: %s]}", v[i].dest);
		snprintf(want, sizeof(want), "planned move in/f.txt > %s" WHY
		    "\n", v[i].to);
		world_makes(w, rule, want);
	}
	world_file(w, "taken", "");
	world_makes(w, "- {locations: ~/in, actions: [move: ~/taken/]}",
	    "failed move in/f.txt" WHY ": open ~/taken: Not a directory\n");
	world_makes(w, "- {locations: ~/in, actions: [move: ~/taken]}",
	    "failed move in/f.txt" WHY ": open ~/taken: Not a directory\n");
	world_makes(w, "- {locations: ~/in, actions: [move: ~/nope/../x/]}",
	    "failed move in/f.txt" WHY ": ~/nope/../x: '..' in what is not "
	    "there\n");
}

static void
a_name_that_is_too_long_is_an_error_of_its_file(void **state)
{
	struct world *w = *state;
	char name[300], rule[200];

	memset(name, 'x', 250);
	memcpy(name + 250, ".jpg", 5);
	world_file(w, name, "");
	world_file(w, "short.jpg", "");
	snprintf(rule, sizeof(rule), "- {locations: '~/', filters: [extension: "
	    "jpg], actions: [rename: '{path.stem}-long.jpg']}");
	world_rules(w, rule);
	world_plan(w);
	assert_int_equal(plan_count(w->plan, 0, OP_RENAME, OP_PLANNED), 1);
	assert_int_equal(plan_count(w->plan, 0, OP_RENAME, OP_FAILED), 1);
	/* Taken, its stem gives way to the number. */
	snprintf(name + 250, 10, ".jpg");
	world_file(w, "sub/", "");
	memmove(name + 4, name, 255);
	memcpy(name, "out/", 4);
	world_file(w, name, "");
	world_rules(w, "- {locations: '~/', filters: [name: 'x*'], actions: "
	    "[move: ~/out/]}");
	world_plan(w);
	assert_int_equal(plan_count(w->plan, 0, OP_MOVE, OP_PLANNED), 1);
}

/* What apply is told for a name that is taken by surprise. */
static void
the_next_names_go_along(void **state)
{
	struct world *w = *state;
	struct plan_reader *r;
	struct conflict c;
	struct op op;

	world_files(w, "in/f.tar.gz out/f.tar.gz");
	world_rules(w, "- {locations: ~/in, actions: [move: ~/out/]}\n"
	    "- {locations: ~/out, filters: [name: 'f.tar'], actions: [copy: "
	    "{dest: ~/two/, on_conflict: skip}]}");
	world_plan(w);
	r = plan_read(w->plan);
	assert_int_equal(plan_next(r, &op, NULL), 1);
	assert_string_equal(op.to, "f 2.tar.gz");
	assert_int_equal(conflict_unpack(op.extra, op.extra_len, &c), 0);
	assert_int_equal(c.mode, CONFLICT_RENAME);
	assert_string_equal(c.stem, "f");
	assert_string_equal(c.separator, " ");
	assert_string_equal(c.extension, ".tar.gz");
	assert_int_equal(c.first, 3);
	assert_int_equal(plan_next(r, &op, NULL), 1);
	assert_int_equal(op.kind, OP_COPY);
	assert_int_equal(conflict_unpack(op.extra, op.extra_len, &c), 0);
	assert_int_equal(c.mode, CONFLICT_SKIP);
	plan_reader_free(r);
}

static void
why(struct world *w, const char *rule, const char *path, int rc,
    const char *want)
{
	CLEAN_BUF struct buf text = {0}, made = {0};
	char *p = world_path(w, path);
	struct err e = {0};
	int got;

	world_rules(w, rule);
	got = organize_why(w->rules[0], p, WORLD_NOW, &text, &e);
	world_add_text(w, &made, got < 0 ? e.text : buf_str(&text));
	if (got != rc || strcmp(buf_str(&made), want) != 0)
		fail_msg("%s on %s: %d %s", rule, path, got, buf_str(&made));
	free(p);
}

static void
why_names_what_decided(void **state)
{
	struct world *w = *state;

	world_files(w, "in/a.jpg in/s/b.jpg in/.git/c.jpg in/skip.tmp else/d "
	    "in/.fettle-1.part");
	world_link(w, "a.jpg", "in/l.jpg");
	why(w, "- {locations: ~/in, filters: [extension: jpg], actions: [echo]}",
	    "in/a.jpg", 1, "nothing speaks against it");
	why(w, "- {locations: ~/in, filters: [extension: [png, gif], size: "
	    "'>1mb'], actions: [echo]}", "in/a.jpg", 0,
	    "extension is jpg, not png or gif");
	why(w, "- {locations: ~/in, filters: [size: '>1mb'], actions: [echo]}",
	    "in/a.jpg", 0, "size is 8 B, not >1mb");
	why(w, "- {locations: ~/in, actions: [echo]}", "in/s/b.jpg", 0,
	    "it lies in a sub-folder, and the rule looks at none");
	why(w, "- {locations: {path: ~/in, max_depth: 2, min_depth: 1}, "
	    "actions: [echo]}", "in/a.jpg", 0, "it does not lie deep enough");
	why(w, "- {locations: ~/in, subfolders: true, actions: [echo]}",
	    "in/.git/c.jpg", 0, "the folder .git is left out");
	why(w, "- {locations: {path: ~/in, exclude_files: '*.tmp'}, actions: "
	    "[echo]}", "in/skip.tmp", 0, "it is left out by '*.tmp'");
	why(w, "- {locations: {path: ~/in, filter: '*.py'}, actions: [echo]}",
	    "in/a.jpg", 0, "no pattern of 'filter' takes it");
	why(w, "- {locations: ~/in, actions: [echo]}", "else/d", 0,
	    "it does not lie in a location of the rule");
	why(w, "- {actions: [echo]}", "else/d", 0,
	    "the rule has no locations");
	why(w, "- {locations: ~/in, actions: [echo]}", "in/l.jpg", 0,
	    "it is a symlink");
	why(w, "- {locations: ~/in, actions: [echo]}", "in/s", 0,
	    "the rule is for files");
	why(w, "- {targets: dirs, locations: ~/in, actions: [echo]}",
	    "in/a.jpg", 0, "the rule is for folders");
	why(w, "- {targets: dirs, locations: ~/in, filters: [empty], actions: "
	    "[echo]}", "in/s", 0, "folder is not empty");
	why(w, "- {enabled: false, locations: ~/in, actions: [echo]}",
	    "in/a.jpg", 0, "the rule is not enabled");
	why(w, "- {locations: ~/in, actions: [echo]}", "in/.fettle-1.part", 0,
	    "it is fettle's or the trash's own");
	why(w, "- {locations: ~/in/a.jpg, actions: [echo]}", "in/a.jpg", 1,
	    "nothing speaks against it");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mode_meets_every_kind),
		T(the_newer_or_the_larger_one_stays),
		T(renaming_meets_them_as_well),
		T(chains_and_swaps_lose_nothing),
		T(numbers_are_given_out_once),
		T(duplicates_are_the_same_bytes),
		T(duplicates_within_a_plan_are_seen),
		T(a_skip_ends_the_row),
		T(destinations_are_folders_or_names),
		T(a_name_that_is_too_long_is_an_error_of_its_file),
		T(the_next_names_go_along),
		T(why_names_what_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
