/*
 * Reading rules: organize's keys and defaults, every fault told with the
 * nearest word, and what an action intends with a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rules/test/rule_of.h"
#include "util/err.h"

static void
defaults_are_organizes(void **state)
{
	CLEAN_RULE_OF struct rule_of x = rule_of("rules:\n"
	    "- locations: ~/Downloads/\n  actions: [sort: by-type]\n");
	const struct location *l;

	(void)state;
	assert_non_null(x.rule);
	assert_string_equal(x.rule->name, "rule 1");
	assert_true(x.rule->enabled);
	assert_false(x.rule->dirs);
	assert_int_equal(x.rule->filters.mode, FILTER_ALL);
	assert_null(x.rule->tags[0]);
	assert_null(x.rule->schedule);
	assert_int_equal(x.rule->n_locations, 1);
	l = &x.rule->locations[0];
	assert_string_equal(l->path, "/home/me/Downloads");
	assert_int_equal(l->min_depth, 0);
	assert_int_equal(l->max_depth, 0);
	assert_false(l->ignore_errors);
	assert_string_equal(location_skips_file(l, "desktop.ini", 11),
	    "desktop.ini");
	assert_string_equal(location_skips_file(l, "~$a.docx", 8), "~$*");
	assert_string_equal(location_skips_file(l, ".DS_Store", 9),
	    ".DS_Store");
	assert_null(location_skips_file(l, "a.jpg", 5));
	assert_string_equal(location_skips_dir(l, ".git", 4), ".git");
	assert_null(location_skips_dir(l, "src", 3));
}

static void
every_key_is_read(void **state)
{
	CLEAN_RULE_OF struct rule_of x = rule_of_nth("rules:\n- actions: [echo]\n"
	    "- name: 'my rule'\n  enabled: no\n  targets: dirs\n"
	    "  subfolders: true\n  filter_mode: any\n  tags: [a, [b]]\n"
	    "  schedule: every day at 01:00\n"
	    "  filters: [empty, not name: x]\n"
	    "  locations:\n"
	    "    - path: [/a, [$BOX/b, '{env.BOX}']]\n"
	    "      min_depth: 1\n      max_depth: 3\n      search: depth\n"
	    "      exclude_files: ['*.tmp']\n      exclude_dirs: Invoices\n"
	    "      system_exclude_files: []\n      system_exclude_dirs: []\n"
	    "      ignore_errors: yes\n      filter: '*.py'\n"
	    "      filter_dirs: [src, lib]\n"
	    "    - [rel, [{path: /d, max_depth: null}]]\n"
	    "  actions: [echo: hi]\n", 1, "/cwd");
	const struct location *l;

	(void)state;
	if (x.rule == NULL)
		fail_msg("%s", buf_str(&x.faults));
	assert_string_equal(x.rule->name, "my rule");
	assert_false(x.rule->enabled);
	assert_true(x.rule->dirs);
	assert_int_equal(x.rule->filters.mode, FILTER_ANY);
	assert_int_equal(x.rule->filters.n, 2);
	assert_true(x.rule->filters.v[1].negated);
	assert_string_equal(x.rule->tags[0], "a");
	assert_string_equal(x.rule->tags[1], "b");
	assert_null(x.rule->tags[2]);
	assert_non_null(x.rule->schedule);
	assert_int_equal(x.rule->n_locations, 5);
	l = x.rule->locations;
	assert_string_equal(l[0].path, "/a");
	assert_string_equal(l[1].path, "/srv/box/b");
	assert_string_equal(l[2].path, "/srv/box");
	assert_string_equal(l[3].path, "/cwd/rel");
	assert_string_equal(l[4].path, "/d");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(l[i].min_depth, 1);
		assert_int_equal(l[i].max_depth, 3);
		assert_true(l[i].ignore_errors);
		assert_null(location_skips_file(&l[i], "desktop.py", 10));
		assert_string_equal(location_skips_file(&l[i], "a.c", 3), "");
		assert_string_equal(location_skips_file(&l[i], "a.tmp", 5),
		    "*.tmp");
		assert_string_equal(location_skips_dir(&l[i], "Invoices", 8),
		    "Invoices");
		assert_string_equal(location_skips_dir(&l[i], ".git", 4), "");
		assert_null(location_skips_dir(&l[i], "lib", 3));
	}
	assert_int_equal(l[3].max_depth, -1);
	assert_int_equal(l[4].max_depth, -1);
}

static void
a_rule_without_locations_runs_once(void **state)
{
	CLEAN_RULE_OF struct rule_of x = rule_of(
	    "rules:\n- locations: []\n  actions: [echo: Hello]\n");

	(void)state;
	assert_non_null(x.rule);
	assert_int_equal(x.rule->n_locations, 0);
}

/* Each is a rule's lines; the fault has this word in it. */
static const struct { const char *rule, *word; } faulty[] = {
	{ "locations: /a", "actions" },
	{ "locations: /a\n  actions: []", "action" },
	{ "loctions: /a\n  actions: [echo]", "did you mean 'locations'" },
	{ "locations: /a\n  actions: [mve: /x]", "did you mean 'move'" },
	{ "locations: /a\n  filters: [extnsion: x]\n  actions: [echo]",
	    "did you mean 'extension'" },
	{ "locations: /a\n  filters: [not siez: 1]\n  actions: [echo]",
	    "did you mean 'size'" },
	{ "locations: /a\n  filters: [any]\n  actions: [echo]",
	    "needs a list of filters" },
	{ "locations: /a\n  filters: [any: []]\n  actions: [echo]",
	    "needs a list of filters" },
	{ "locations: /a\n  filters: [any: [all: [extnsion: x]]]\n"
	    "  actions: [echo]", "did you mean 'extension'" },
	{ "locations: /a\n  filters: [ayn: [empty]]\n  actions: [echo]",
	    "did you mean 'any'" },
	{ "locations: /a\n  actions: [echo: '{hash}']",
	    "needs 'hash' among the filters" },
	{ "locations: /a\n  filters: [name]\n  actions: [echo: '{exif.x}']",
	    "needs 'exif' among the filters" },
	{ "locations: /a\n  filters: [filecontent: '(?P<number>x)']\n"
	    "  actions: [echo: '{filecontent.nmber}']", "did you mean 'number'" },
	{ "locations: /a\n  filters: [duplicate: oldest]\n  actions: [echo]",
	    "first_seen" },
	{ "locations: /a\n  filters: [hash: sha265]\n  actions: [echo]",
	    "sha2" },
	{ "locations: /a\n  filters: [hash: shake_128]\n  actions: [echo]",
	    "no length" },
	{ "locations: /a\n  filters: [filecontent: '(']\n  actions: [echo]",
	    "regular expression" },
	{ "locations: /a\n  filters: [mimetype: {by: size}]\n  actions: [echo]",
	    "content" },
	{ "locations: /a\n  targets: dirs\n  filters: [exif]\n"
	    "  actions: [echo]", "not for folders" },
	{ "locations: /a\n  filters: [date_added: {mode: old}]\n"
	    "  actions: [echo]", "older" },
	{ "locations: /a\n  filters: [python: x]\n  actions: [echo]",
	    "runs no Python" },
	{ "locations: /a\n  actions: [macos_tags: x]", "macOS" },
	{ "locations: /a\n  actions: [shell]", "needs a command" },
	{ "locations: /a\n  actions: [shell: {cmd: ls, run_in_simulation: "
	    "true}]", "a plan runs nothing" },
	{ "locations: /a\n  actions: [shell: 'echo {nmae}']",
	    "did you mean 'name'" },
	{ "locations: /a\n  actions: [write: x]", "a text and a file" },
	{ "locations: /a\n  actions: [write: {text: x}]", "outfile" },
	{ "locations: /a\n  actions: [write: {text: x, outfile: /y, mode: "
	    "apend}]", "did you mean 'append'" },
	{ "locations: /a\n  actions: [confirm: {defalt: x}]",
	    "did you mean 'default'" },
	{ "locations: /a\n  actions: [symlink]", "destination" },
	{ "locations: /a\n  watch: {settle: 2}\n  actions: [echo]",
	    "unit" },
	{ "locations: /a\n  watch: {setle: 2s}\n  actions: [echo]",
	    "did you mean 'settle'" },
	{ "locations: /a\n  targets: dirs\n  watch: true\n"
	    "  actions: [echo]", "not for folders" },
	{ "watch: true\n  actions: [{echo: x}]", "nothing to watch" },
	{ "locations: /a\n  filters: {extension: a, size: 1}\n"
	    "  actions: [echo]", "each filter an item" },
	{ "locations: /a\n  filters: [size: big]\n  actions: [echo]",
	    "no size" },
	{ "locations: /a\n  filters: [size: '><1']\n  actions: [echo]",
	    "no size" },
	{ "locations: /a\n  filters: [size: '1 apple']\n"
	    "  actions: [echo]", "no size" },
	{ "locations: /a\n  filters: [regex: '(']\n  actions: [echo]",
	    "regex" },
	{ "locations: /a\n  filters: [regex]\n  actions: [echo]",
	    "needs an expression" },
	{ "locations: /a\n  filters: [name: '{a b}']\n"
	    "  actions: [echo]", "no group's name" },
	{ "locations: /a\n  filters: [name: '{a:itn}']\n"
	    "  actions: [echo]", "did you mean 'int'" },
	{ "locations: /a\n  filters: [empty: x]\n  actions: [echo]",
	    "takes no value" },
	{ "locations: /a\n  filters: [lastmodified: {dys: 1}]\n"
	    "  actions: [echo]", "did you mean 'days'" },
	{ "locations: /a\n  filters: [lastmodified: {days: -1}]\n"
	    "  actions: [echo]", "days" },
	{ "locations: /a\n  filters: [created: {mode: old}]\n"
	    "  actions: [echo]", "older" },
	{ "filters: [empty]\n  actions: [echo]", "no locations" },
	{ "actions: [move: /x]", "needs a file" },
	{ "locations: /a\n  targets: dirs\n  filters: [extension: x]\n"
	    "  actions: [echo]", "not for folders" },
	{ "locations: /a\n  targets: dirs\n  actions: [sort: by-type]",
	    "not for folders" },
	{ "locations: /a\n  targets: dirs\n  actions: [hardlink: /x/]",
	    "not for folders" },
	{ "locations: /a\n  actions: [trash, move: /x]",
	    "no file to work on" },
	{ "locations: /a\n  actions: [move]", "destination" },
	{ "locations: /a\n  actions: [move: {to: /x}]", "dest" },
	{ "locations: /a\n  actions: [move: '']", "empty" },
	{ "locations: /a\n  actions: [move: /x/$NOPE/]", "NOPE" },
	{ "locations: /a\n  actions: [move: '/x/{nmae}/']",
	    "did you mean 'name'" },
	{ "locations: /a\n  actions: [move: '/x/{regex.y}/']",
	    "the regex filters of this rule" },
	{ "locations: /a\n  actions: [move: {dest: /x, on_conflict: "
	    "ovrwrite}]", "overwrite" },
	{ "locations: /a\n  actions: [move: {dest: /x, on_conflict: "
	    "keep_nwer}]", "did you mean 'keep_newer'" },
	{ "locations: /a\n  actions: [move: {dest: /x, rename_template: "
	    "'{name}'}]", "{counter}" },
	{ "locations: /a\n  actions: [rename]", "new name" },
	{ "locations: /a\n  actions: [copy: {dest: /x, continue_with: "
	    "both}]", "original" },
	{ "locations: /a\n  actions: [delete: {permanent: true}]",
	    "did you mean 'permanently'" },
	{ "locations: /a\n  actions: [sort: by-tpe]", "by-type" },
	{ "locations: /a\n  actions: [sort: {categories: [jpg]}]",
	    "map" },
	{ "locations: /a\n  actions: [sort: {categories: {a/b: [x]}}]",
	    "category" },
	{ "locations: /a\n  actions: [sort: {categories: {A: ['.']}}]",
	    "no extension" },
	{ "locations: ~\n  actions: [echo]", "quotes" },
	{ "locations: '/a/{x}'\n  actions: [echo]", "placeholder" },
	{ "locations: {pth: /a}\n  actions: [echo]", "path" },
	{ "locations: {path: /a, max_depth: x}\n  actions: [echo]",
	    "max_depth" },
	{ "locations: /a\n  targets: both\n  actions: [echo]", "dirs" },
	{ "locations: /a\n  enabled: maybe\n  actions: [echo]",
	    "enabled" },
};

static void
faults_say_what_and_where(void **state)
{
	char yaml[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++) {
		snprintf(yaml, sizeof(yaml), "rules:\n- %s\n", faulty[i].rule);
		CLEAN_RULE_OF struct rule_of x = rule_of(yaml);

		if (x.rule != NULL)
			fail_msg("no fault in:\n%s", yaml);
		if (strstr(buf_str(&x.faults), faulty[i].word) == NULL)
			fail_msg("%s\n%s", yaml, buf_str(&x.faults));
		if (strstr(buf_str(&x.faults), "test.yaml:") == NULL)
			fail_msg("without a place: %s", buf_str(&x.faults));
	}
}

static void
all_faults_are_told_at_once(void **state)
{
	CLEAN_RULE_OF struct rule_of x = rule_of("rules:\n"
	    "- lcations: /a\n  enabled: maybe\n  locations: '/{x}'\n"
	    "  filters: [siez: 1, regex: '(']\n"
	    "  actions: [mve: x, rename: '{nmae}']\n");

	(void)state;
	assert_null(x.rule);
	assert_int_equal(conf_faults_count(x.f, CONF_FAULT), 7);
}

static void
relative_paths_are_refused_without_a_folder(void **state)
{
	static const char *const v[] = {
		"rules:\n- locations: rel\n  actions: [echo]\n",
		"rules:\n- locations: /a\n  actions: [move: rel/]\n",
		"rules:\n- locations: /a\n  actions: [sort: {into: rel}]\n",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		CLEAN_RULE_OF struct rule_of x = rule_of_nth(v[i], 0, NULL);

		assert_null(x.rule);
		assert_non_null(strstr(buf_str(&x.faults), "relative"));
	}
}

static uint64_t
hash(const char *rule)
{
	char yaml[1024];

	snprintf(yaml, sizeof(yaml), "rules:\n- %s\n", rule);
	CLEAN_RULE_OF struct rule_of x = rule_of(yaml);
	if (x.rule == NULL)
		fail_msg("%s", buf_str(&x.faults));
	return x.rule->hash;
}

static void
the_hash_changes_with_what_the_rule_does(void **state)
{
	uint64_t h = hash("locations: ~/a\n  filters: [extension: jpg]\n"
	    "  actions: [move: /x/]");
	static const char *const same[] = {
		"locations: ['~/a']\n  filters:\n  - extension: ['jpg']\n"
		    "  actions: # words\n  - move: \"/x/\"",
		"name: x\n  tags: [a]\n  enabled: false\n  schedule: daily\n"
		    "  locations: /home/me/a/\n  filters: {extension: jpg}\n"
		    "  actions: {move: /x/}",
	};
	static const char *const other[] = {
		"locations: ~/b\n  filters: [extension: jpg]\n"
		    "  actions: [move: /x/]",
		"locations: ~/a\n  filters: [extension: png]\n"
		    "  actions: [move: /x/]",
		"locations: ~/a\n  filters: [not extension: jpg]\n"
		    "  actions: [move: /x/]",
		"locations: ~/a\n  filters: [extension: jpg]\n"
		    "  actions: [move: /y/]",
		"locations: ~/a\n  filters: [extension: jpg]\n"
		    "  actions: [copy: /x/]",
		"locations: ~/a\n  filters: [extension: jpg]\n"
		    "  actions: [move: /x/, echo]",
		"locations: ~/a\n  subfolders: true\n"
		    "  filters: [extension: jpg]\n  actions: [move: /x/]",
		"locations: {path: ~/a, exclude_files: x}\n"
		    "  filters: [extension: jpg]\n  actions: [move: /x/]",
		"locations: {path: ~/a, filter: []}\n"
		    "  filters: [extension: jpg]\n  actions: [move: /x/]",
		"locations: ~/a\n  filter_mode: none\n"
		    "  filters: [extension: jpg]\n  actions: [move: /x/]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_true(hash(same[i]) == h);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (hash(other[i]) == h)
			fail_msg("the same hash: %s", other[i]);
}

static void
intends(const char *action, const char *name, enum intent_kind kind,
    const char *text, enum intent_folder folder)
{
	char yaml[512];
	struct fs_id id = { .size = 7, .mtime = 1, .btime = 1 };
	CLEAN_BUF struct buf b = {0};
	struct subject s = { .dir = "/in", .name = name,
	    .name_len = strlen(name), .first = name, .first_len = strlen(name),
	    .location = "/in", .id = &id, .size = 7, .rule = "r" };
	struct intent in;
	struct err e = {0};

	snprintf(yaml, sizeof(yaml),
	    "rules:\n- locations: /in\n  actions: [%s]\n", action);
	CLEAN_RULE_OF struct rule_of x = rule_of(yaml);
	if (x.rule == NULL)
		fail_msg("%s", buf_str(&x.faults));
	if (action_intend(&x.rule->actions.v[0], &s, &in, &b, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(in.kind, kind);
	assert_string_equal(buf_str(&b), text);
	assert_int_equal(in.folder, folder);
}

static void
actions_say_what_they_intend(void **state)
{
	(void)state;
	intends("move: ~/x/", "a.jpg", INTENT_MOVE, "/home/me/x/",
	    FOLDER_GUESS);
	intends("move: '$BOX/{extension.upper()}/'", "a.jpg", INTENT_MOVE,
	    "/srv/box/JPG/", FOLDER_GUESS);
	intends("move: {dest: out, autodetect_folder: false}", "a", INTENT_MOVE,
	    "/cwd/out", FOLDER_SLASH);
	intends("copy: '/x/{relative_path}'", "a.jpg", INTENT_COPY, "/x/a.jpg",
	    FOLDER_GUESS);
	intends("rename: '{path.stem}.{extension.lower()}'", "A.JPG",
	    INTENT_RENAME, "A.jpg", FOLDER_NEVER);
	intends("trash", "a", INTENT_TRASH, "", FOLDER_SLASH);
	intends("delete", "a", INTENT_TRASH, "", FOLDER_SLASH);
	intends("delete: {permanently: true}", "a", INTENT_DELETE, "",
	    FOLDER_SLASH);
	intends("echo: 'Found {size.bytes} $5'", "a", INTENT_ECHO, "Found 7 $5",
	    FOLDER_SLASH);
	intends("echo", "a", INTENT_ECHO, "", FOLDER_SLASH);
	intends("sort: by-type", "a.tar.gz", INTENT_MOVE, "/in/Archives",
	    FOLDER_ANY_CASE);
	intends("sort", "a.JPG", INTENT_MOVE, "/in/Images", FOLDER_ANY_CASE);
	intends("sort: by-type", ".bashrc", INTENT_STAY, "hidden file",
	    FOLDER_SLASH);
	intends("sort: by-type", "README", INTENT_STAY, "unknown type",
	    FOLDER_SLASH);
	intends("sort: {categories: {Pics: [.jpg]}, into: ~/Sorted}", "a.jpg",
	    INTENT_MOVE, "/home/me/Sorted/Pics", FOLDER_ANY_CASE);
	intends("sort: {categories: {Images: .jpg}}", "a.png", INTENT_STAY,
	    "unknown type", FOLDER_SLASH);
	intends("sort: {by: type, into: /x/}", "a.png", INTENT_MOVE,
	    "/x/Images", FOLDER_ANY_CASE);
}

static void
conflict_options_are_read(void **state)
{
	static const struct { const char *word; enum on_conflict mode; } v[] = {
		{ "skip", ON_CONFLICT_SKIP },
		{ "overwrite", ON_CONFLICT_OVERWRITE },
		{ "deduplicate", ON_CONFLICT_DEDUPLICATE },
		{ "rename_new", ON_CONFLICT_RENAME_NEW },
		{ "rename_existing", ON_CONFLICT_RENAME_EXISTING },
		{ "trash", ON_CONFLICT_TRASH },
		{ "keep_newer", ON_CONFLICT_KEEP_NEWER },
		{ "keep_larger", ON_CONFLICT_KEEP_LARGER },
	};
	static const char *const actions[] = { "move: {dest: /x/,",
	    "copy: {dest: /x/,", "rename: {new_name: b,", "sort: {by: type,",
	    "hardlink: {dest: /x/,", "symlink: {dest: /x/," };
	struct subject s = { .dir = "/in", .name = "a.jpg", .name_len = 5,
	    .first = "a.jpg", .first_len = 5, .location = "/in", .rule = "r" };
	char yaml[512], out[NAME_BYTES + 1];

	(void)state;
	for (size_t a = 0; a < 6; a++)
		for (size_t i = 0; i < 8; i++) {
			CLEAN_BUF struct buf b = {0};
			struct intent in;

			snprintf(yaml, sizeof(yaml), "rules:\n- locations: /in\n"
			    "  actions: [%s on_conflict: %s, rename_template: "
			    "'{name}_{counter}{extension}'}]\n", actions[a],
			    v[i].word);
			CLEAN_RULE_OF struct rule_of x = rule_of(yaml);
			assert_non_null(x.rule);
			assert_int_equal(action_intend(
			    &x.rule->actions.v[0], &s, &in, &b, NULL), 0);
			assert_int_equal(in.taken->mode, v[i].mode);
			assert_string_equal(on_conflict_name(in.taken->mode),
			    v[i].word);
			assert_int_equal(name_numbered(in.taken->rename,
			    "f.txt", 5, 3, out), 0);
			assert_string_equal(out, "f_3.txt");
		}
}

/* What organize's manual shows, as far as this version has its words. */
static void
organizes_ways_of_writing_load(void **state)
{
	static const char *const v[] = {
		"locations: ~/Desktop\n  filter_mode: 'none'\n  filters:\n"
		    "    - empty\n    - name:\n        endswith: '2022'\n"
		    "  actions:\n    - echo: '{name}'",
		"locations: ~/Documents\n  filters:\n    - extension: pdf\n"
		    "    - created\n  actions:\n"
		    "    - move: '~/Documents/PDF/{created.year}/'",
		"locations:\n  - path: ~/Pictures\n    max_depth: null\n"
		    "  filters:\n    - extension:\n      - jpg\n      - jpeg\n"
		    "    - size: '>1mb, <10mb'\n  actions:\n"
		    "    - move: '~/Pictures/sorted/{relative_path}/'",
		"locations: ~/Desktop\n  filters:\n"
		    "    - regex: '^RG(?P<the_number>\\d{12})-sig\\.pdf$'\n"
		    "  actions:\n"
		    "    - move: ~/Invoices/1und1/{regex.the_number}.pdf",
		"locations: ~/Desktop\n  filters:\n    - name\n"
		    "    - extension: PDF\n  actions:\n    - rename: '{name}.pdf'",
		"targets: dirs\n  locations:\n    - path: '~/Downloads'\n"
		    "      max_depth: null\n  filters:\n    - empty\n"
		    "  actions:\n    - delete",
		"locations:\n    - '{env.BOX}'\n    - '$BOX'\n"
		    "    - path: '{env.BOX}/Inbox'\n      max_depth: null\n"
		    "  actions:\n    - echo: '{path}'",
		"locations: docs\n  filters:\n    - extension\n    - name\n"
		    "  actions:\n    - echo: 'Found a {extension.upper()}: "
		    "\"{name}\"'",
	};
	char yaml[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		snprintf(yaml, sizeof(yaml), "rules:\n- %s\n", v[i]);
		CLEAN_RULE_OF struct rule_of x = rule_of(yaml);

		if (x.rule == NULL)
			fail_msg("%s\n%s", yaml, buf_str(&x.faults));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_organizes),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(a_rule_without_locations_runs_once),
		cmocka_unit_test(faults_say_what_and_where),
		cmocka_unit_test(all_faults_are_told_at_once),
		cmocka_unit_test(relative_paths_are_refused_without_a_folder),
		cmocka_unit_test(the_hash_changes_with_what_the_rule_does),
		cmocka_unit_test(actions_say_what_they_intend),
		cmocka_unit_test(conflict_options_are_read),
		cmocka_unit_test(organizes_ways_of_writing_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
